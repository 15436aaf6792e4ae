//! Every trading customer has a contract in force (D-CON-5): the exceptions.

use crate::actor::Actor;
use crate::archive::{ClassNamed, CustomerRow, people};
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::page::{Page, PageArgs};
use crate::store::schema::{bills, contracts, customer_classes, customers};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::contract::ContractState;
use cardea_domain::id::{ChainId, CustomerId, StoreId};
use cardea_domain::{Refusal, Text};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// How far back a purchase counts as trading, in milliseconds.
const YEAR: i64 = 365 * 86_400_000;

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WithoutContractQuery {
    /// Only who is in this class, as `nature-company`.
    #[param(inline)]
    pub class: Option<ClassNamed>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// A customer who has bought within a year and whom no contract binds.
#[derive(Clone, Serialize, ToSchema)]
pub struct WithoutContract {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

impl Engine {
    /// Customers of the actor's stores who have bought within a year and whom no contract binds, oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn without_contract(
        &self,
        actor: &Actor,
        query: &WithoutContractQuery,
    ) -> Result<Page<WithoutContract>, Refusal> {
        let scope = actor.scope(Action::ContractRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let since = self.clock().business(actor.chain).0 - YEAR;
        let chain = actor.chain;
        let found = self.read(chain, |conn| {
            let ids = select(conn, chain, (&scope, query.class, since), after, limit as i64 + 1)?;
            let people = people(conn, chain, ids.iter().copied())?;
            let view = |row: &CustomerRow| WithoutContract {
                customer_id: row.id.typed(),
                customer: row.form_of_address.0.display(&row.name),
                store_id: row.store_id.typed(),
            };
            Ok(ids.iter().filter_map(|id| people.get(id)).map(view).collect::<Vec<_>>())
        })?;
        Ok(Page::cut(found, limit, |customer| customer.customer_id.to_string()))
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (scope, class, since): (&StoreScope, Option<ClassNamed>, i64),
    after: Id,
    limit: i64,
) -> Result<Vec<Id>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let traded = bills::table.filter(
        bills::chain_id
            .eq(customers::chain_id)
            .and(bills::customer_id.eq(customers::id.nullable()).assume_not_null())
            .and(bills::occurred_at.ge(since)),
    );
    let binding = [Name(ContractState::Signed), Name(ContractState::InForce)];
    let bound = contracts::table.filter(
        contracts::chain_id
            .eq(customers::chain_id)
            .and(contracts::customer_id.eq(customers::id))
            .and(contracts::state.eq_any(binding)),
    );
    Ok(each!(conn, c => {
        let mut found = customers::table
            .select(customers::id)
            .filter(customers::chain_id.eq(Id::from(chain)).and(customers::id.gt(after)))
            .filter(customers::data_key.is_not_null())
            .filter(all.into_sql::<Bool>().or(customers::store_id.eq_any(&stores)))
            .filter(exists(traded).and(not(exists(bound))))
            .into_boxed();
        if let Some(class) = class {
            let within = customer_classes::table.filter(
                customer_classes::chain_id
                    .eq(customers::chain_id)
                    .and(customer_classes::customer_id.eq(customers::id))
                    .and(customer_classes::dimension.eq(class.dimension.as_str()))
                    .and(customer_classes::class.eq(class.class)),
            );
            found = found.filter(exists(within));
        }
        found.order(customers::id).limit(limit).load::<Id>(c)?
    }))
}
