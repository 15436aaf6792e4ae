//! Paper originals that somebody takes out of the cabinet: who has them, until when, and whether they are back. Signed
//! contracts are among them (D-CON-4).

use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, find_living_customer, people};
use crate::contract::custody::{self, Told};
use crate::error::{Error, Result};
use crate::identity::{Action, StoreScope};
use crate::input::{self, Stored, Written, erased, field, not_found};
use crate::keys::ChainKeys;
use crate::look::{NewLook, Why};
use crate::page::{Page, PageArgs};
use crate::store::schema::{contract_originals, contracts, customers, lendings, staff};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::task::row::{Draft, make};
use crate::{Engine, contract, each};
use cardea_domain::confidential::{LookKind, Purpose, decided};
use cardea_domain::contract::CustodyStep;
use cardea_domain::id::{ChainId, ContractId, CustomerId, LendingId, StaffId};
use cardea_domain::task::{TaskKind, TaskSource};
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Days for which a paper may be away.
const LONGEST: i32 = 366;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLending {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Whose signed original it is.
    #[schema(value_type = Option<Uuid>)]
    pub contract_id: Option<ContractId>,
    /// Which paper.
    #[schema(min_length = 1, max_length = 200)]
    pub what: String,
    /// Who takes it; absent: who writes this.
    #[schema(value_type = Option<Uuid>)]
    pub borrower_id: Option<StaffId>,
    /// The last day on which it may be away: within a year.
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    pub purpose: Purpose,
}

/// Nothing needs to be said of a return.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LendingReturn {}

/// A paper that is or was away.
#[derive(Clone, Serialize, ToSchema)]
pub struct Lending {
    #[schema(value_type = Uuid)]
    pub id: LendingId,
    /// Of its row in the access log; to be written on the slip in the paper's place.
    pub number: String,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    /// Whose signed original it is.
    #[schema(value_type = Option<Uuid>)]
    pub contract_id: Option<ContractId>,
    /// Gone once the customer is erased.
    pub what: Option<String>,
    #[schema(value_type = Uuid)]
    pub borrower_id: StaffId,
    #[schema(value_type = String, format = DateTime)]
    pub lent_at: Instant,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// Not back, and the last day is over.
    pub overdue: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub returned_at: Option<Instant>,
    /// Who took it back.
    #[schema(value_type = Option<Uuid>)]
    pub returned_to: Option<StaffId>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LendingQuery {
    /// true: only what is overdue.
    pub overdue: Option<bool>,
    /// true: only what is away, false: only what is back.
    pub open: Option<bool>,
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// true: only signed originals of contracts, false: only other papers.
    pub original: Option<bool>,
    /// Whose signed original it is.
    #[param(value_type = Option<Uuid>)]
    pub contract_id: Option<ContractId>,
    /// Who has it.
    #[param(value_type = Option<Uuid>)]
    pub borrower_id: Option<StaffId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = lendings)]
struct LendingRow {
    chain_id: Id,
    id: Id,
    customer_id: Id,
    what: Option<Vec<u8>>,
    number: String,
    borrower_id: Id,
    lent_at: i64,
    due_on: i32,
    returned_at: Option<i64>,
    returned_to: Option<Id>,
    contract_id: Option<Id>,
}

/// Bound to the row: moved to another one, it doesn't open.
pub(crate) fn purpose_of(lending: Id) -> Vec<u8> {
    [b"lending/".as_slice(), lending.0.as_bytes()].concat()
}

impl LendingRow {
    /// What the history of the contract says.
    fn told(&self, step: CustodyStep) -> Told {
        let borrower = Some(self.borrower_id);
        let (from, to) = if step == CustodyStep::Lent {
            (None, borrower)
        } else {
            (borrower, None)
        };
        Told {
            from,
            to,
            lending: Some(self.id),
            ..Told::new(step)
        }
    }

    fn view(self, keys: &ChainKeys, customer: &CustomerRow, today: Day) -> Result<Lending> {
        let opened = customer.data_key.as_deref().zip(self.what.as_deref());
        let opened = opened.map(|(wrapped, what)| {
            let key = keys.open_person(customer.id.typed(), wrapped)?;
            key.open_as(&purpose_of(self.id), what)
        });
        let what = opened.transpose().map_err(Error::internal)?;
        Ok(Lending {
            id: self.id.typed(),
            number: self.number,
            customer_id: self.customer_id.typed(),
            contract_id: self.contract_id.map(Id::typed),
            customer: customer.form_of_address.0.display(&customer.name),
            what: what.map(|what| String::from_utf8_lossy(&what).into_owned()),
            borrower_id: self.borrower_id.typed(),
            lent_at: Instant(self.lent_at),
            due_on: Day(self.due_on),
            overdue: self.returned_at.is_none() && Day(self.due_on) < today,
            returned_at: self.returned_at.map(Instant),
            returned_to: self.returned_to.map(Id::typed),
        })
    }
}

fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<LendingRow>> {
    let row = lendings::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(LendingRow::as_select()).get_result(c).optional()?))
}

/// What is said of papers goes with the person; that something was lent stays.
pub(crate) fn forget(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    let own = lendings::chain_id
        .eq(Id::from(chain))
        .and(lendings::customer_id.eq(Id::from(customer)));
    each!(conn, c => diesel::update(lendings::table.filter(own)).set(lendings::what.eq(None::<Vec<u8>>)).execute(c)?);
    Ok(())
}

/// Some of a person's papers that are or were away, newest first; for the file of own data.
pub(crate) fn own(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<(Value, String)>> {
    let before = Id(after.and_then(|text| text.parse().ok()).unwrap_or(Uuid::max()));
    let chain = customer.chain_id.typed();
    let query = LendingQuery {
        customer_id: Some(customer.id.typed()),
        ..LendingQuery::default()
    };
    let rows = select(conn, chain, (&StoreScope::All, &query, Day(0)), before, limit)?;
    let told = |row: LendingRow| {
        let lending = row.view(keys, customer, Day(0))?;
        Ok((serde_json::to_value(&lending)?, lending.id.to_string()))
    };
    rows.into_iter().map(told).collect()
}

fn check_borrower(conn: &mut Conn, chain: ChainId, borrower: StaffId) -> Result<()> {
    let row = staff::table.find((Id::from(chain), Id::from(borrower)));
    let active: Option<bool> = each!(conn, c => row.select(staff::active).get_result(c).optional()?);
    if active == Some(true) {
        return Ok(());
    }
    Err(field("/borrower_id", "没有这位员工", "There is no such staff member").into())
}

impl Engine {
    /// Notes that a paper is taken away, in the access log too.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `customer_merged`, `field_invalid`; `contract_state` for an original that is away
    /// already, is missing, or has no custodian.
    pub async fn lend(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewLending,
    ) -> Result<Written<Lending>, Refusal> {
        actor.scope(Action::LendingWrite)?;
        let what = input::text(&new.what, 200, "/what")?;
        let (_, today) = self.business_day(actor.chain)?;
        if !(today..=today.plus_days(LONGEST).unwrap_or(today)).contains(&new.due_on) {
            return Err(field("/due_on", "须在今天起一年之内", "From today on, within a year"));
        }
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let customer = find_living_customer(tx.conn(), chain, new.customer_id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::LendingWrite, Some(customer.store_id.typed()))?;
            let wrapped = customer.data_key.as_deref().ok_or_else(erased)?;
            let person = keys.open_person(new.customer_id, wrapped).map_err(Error::internal)?;
            let borrower = new.borrower_id.or(tx.actor().staff).ok_or_else(not_found)?;
            check_borrower(tx.conn(), chain, borrower)?;
            let original = new.contract_id;
            let original = original.map(|id| custody::lendable(tx.conn(), chain, id, new.customer_id));
            let original = original.transpose()?;
            let why = Why {
                purpose: new.purpose,
                note: Some(what.clone()),
            };
            let look = NewLook {
                kind: LookKind::Lending,
                customer: Some(new.customer_id),
                subject: Some(borrower.0),
                what: vec!["original"],
                why: Some(&why),
            };
            let look = look.write(tx, Some(&person))?;
            let id: Id = tx.new_id::<LendingId>().into();
            let sealed = person.seal_as(&purpose_of(id), what.as_bytes());
            let row = LendingRow {
                chain_id: chain.into(),
                id,
                customer_id: customer.id,
                what: Some(sealed.map_err(Error::internal)?),
                number: look.number,
                borrower_id: borrower.into(),
                lent_at: tx.business_now().0,
                due_on: new.due_on.0,
                returned_at: None,
                returned_to: None,
                contract_id: new.contract_id.map(Id::from),
            };
            each!(tx.conn(), c => diesel::insert_into(lendings::table).values(&row).execute(c)?);
            if let Some(contract) = &original {
                custody::tell(tx, contract, row.told(CustodyStep::Lent))?;
            }
            let detail = json!({ "customer_id": new.customer_id, "borrower_id": borrower, "due_on": new.due_on });
            tx.audit("lending.lend", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "lending.lend", work).await?;
        Written::read(answered, |id| self.lending(actor, Id(id)))
    }

    /// Notes that a paper is back.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `decided_already` if it was back before.
    pub async fn take_back(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: LendingId,
    ) -> Result<Written<Lending>, Refusal> {
        actor.scope(Action::LendingWrite)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let row = find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let owner = people(tx.conn(), chain, std::iter::once(row.customer_id))?;
            let owner = owner.get(&row.customer_id).ok_or_else(not_found)?;
            tx.actor().require(Action::LendingWrite, Some(owner.store_id.typed()))?;
            if row.returned_at.is_some() {
                return Err(decided().into());
            }
            let back = (
                lendings::returned_at.eq(Some(tx.business_now().0)),
                lendings::returned_to.eq(tx.actor().staff.map(Id::from)),
            );
            each!(tx.conn(), c => diesel::update(lendings::table.find((row.chain_id, row.id))).set(back).execute(c)?);
            if let Some(contract) = row.contract_id {
                let contract = contract::row::find(tx.conn(), chain, contract)?.ok_or_else(not_found)?;
                custody::tell(tx, &contract, row.told(CustodyStep::Returned))?;
                custody::find_again(tx, &contract, None)?;
            }
            tx.audit("lending.return", row.id.0, json!({ "customer_id": row.customer_id.0 }));
            Answer::ok(&Stored::of(row.id))
        };
        let answered = self.transact(actor, key, "lending.return", work).await?;
        Written::read(answered, |id| self.lending(actor, Id(id)))
    }

    /// Papers of customers of the actor's stores, lent last first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn lendings(&self, actor: &Actor, query: &LendingQuery) -> Result<Page<Lending>, Refusal> {
        let scope = actor.scope(Action::LendingRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (_, today) = self.business_day(actor.chain)?;
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, (&scope, query, today), before, limit as i64 + 1)?;
            views(conn, &keys, (chain, today), rows)
        })?;
        Ok(Page::cut(found, limit, |lending| lending.id.to_string()))
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn read_lending(&self, actor: &Actor, id: LendingId) -> Result<Lending, Refusal> {
        actor.scope(Action::LendingRead)?;
        let lending = self.lending(actor, id.into())?;
        let chain = actor.chain;
        let owner = self.read(chain, |conn| {
            people(conn, chain, std::iter::once(lending.customer_id.into()))
        })?;
        let store = owner.into_values().next().map(|row| row.store_id.typed());
        actor.require(Action::LendingRead, store)?;
        Ok(lending)
    }

    fn lending(&self, actor: &Actor, id: Id) -> Result<Lending> {
        let (_, today) = self.business_day(actor.chain)?;
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = find(conn, chain, id)?.ok_or_else(not_found)?;
            let mut shown = views(conn, &keys, (chain, today), vec![row])?;
            shown.pop().ok_or_else(|| not_found().into())
        })
    }
}

fn views(
    conn: &mut Conn,
    keys: &ChainKeys,
    (chain, today): (ChainId, Day),
    rows: Vec<LendingRow>,
) -> Result<Vec<Lending>> {
    let owners: HashMap<Id, CustomerRow> = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let view = |row: LendingRow| {
        let owner = owners.get(&row.customer_id).ok_or_else(not_found)?;
        row.view(keys, owner, today)
    };
    rows.into_iter().map(view).collect()
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (scope, query, today): (&StoreScope, &LendingQuery, Day),
    before: Id,
    limit: i64,
) -> Result<Vec<LendingRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let same = customers::chain_id
        .eq(lendings::chain_id)
        .and(customers::id.eq(lendings::customer_id));
    Ok(each!(conn, c => {
        let mut found = lendings::table
            .inner_join(customers::table.on(same))
            .select(LendingRow::as_select())
            .filter(lendings::chain_id.eq(Id::from(chain)).and(lendings::id.lt(before)))
            .filter(all.into_sql::<Bool>().or(customers::store_id.eq_any(&stores)))
            .into_boxed();
        if query.overdue == Some(true) {
            found = found.filter(lendings::returned_at.is_null().and(lendings::due_on.lt(today.0)));
        }
        match query.open {
            Some(true) => found = found.filter(lendings::returned_at.is_null()),
            Some(false) => found = found.filter(lendings::returned_at.is_not_null()),
            None => {}
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(lendings::customer_id.eq(Id::from(customer)));
        }
        match query.original {
            Some(true) => found = found.filter(lendings::contract_id.is_not_null()),
            Some(false) => found = found.filter(lendings::contract_id.is_null()),
            None => {}
        }
        if let Some(contract) = query.contract_id {
            found = found.filter(lendings::contract_id.eq(Some(Id::from(contract))));
        }
        if let Some(borrower) = query.borrower_id {
            found = found.filter(lendings::borrower_id.eq(Id::from(borrower)));
        }
        found.order(lendings::id.desc()).limit(limit).load(c)?
    }))
}

/// A loan of an original that should be back.
#[derive(Clone, Queryable)]
pub(crate) struct Overdue {
    pub lending: Id,
    customer: Id,
    due_on: i32,
    number: Option<String>,
    custodian: Id,
}

/// Some loans of originals that should be back, after an id.
pub(crate) fn overdue(conn: &mut Conn, chain: ChainId, today: Day, after: Id, limit: i64) -> Result<Vec<Overdue>> {
    let same = contracts::chain_id
        .eq(lendings::chain_id)
        .and(contracts::id.nullable().eq(lendings::contract_id));
    let kept = contract_originals::chain_id
        .eq(lendings::chain_id)
        .and(contract_originals::contract_id.nullable().eq(lendings::contract_id));
    Ok(each!(conn, c => lendings::table
        .inner_join(contracts::table.on(same.assume_not_null()))
        .inner_join(contract_originals::table.on(kept.assume_not_null()))
        .select((
            lendings::id,
            lendings::customer_id,
            lendings::due_on,
            contracts::number,
            contract_originals::custodian_id,
        ))
        .filter(lendings::chain_id.eq(Id::from(chain)).and(lendings::id.gt(after)))
        .filter(lendings::returned_at.is_null().and(lendings::due_on.lt(today.0)))
        .order(lendings::id)
        .limit(limit)
        .load(c)?))
}

/// Makes the tasks that remind custodians of loans, one per loan; answers how many.
pub(crate) fn remind(tx: &mut Tx<'_>, keys: &ChainKeys, loans: &[Overdue], today: Day) -> Result<u64> {
    let (chain, mut made) = (tx.chain(), 0);
    for loan in loans {
        let Some(customer) = find_customer(tx.conn(), chain, loan.customer.typed())? else {
            continue;
        };
        let number = loan.number.as_deref().unwrap_or_default();
        let draft = Draft {
            staff: Some(loan.custodian.typed()),
            kind: TaskKind::FollowUp,
            due_on: today,
            title: format!("合同 {number} 的原件应于 {} 归还，请催还", Day(loan.due_on)),
            source: TaskSource::Contract,
            source_key: Some(format!("loan/{}", loan.lending.0)),
        };
        made += u64::from(make(tx, keys, &customer, draft)?.is_some());
    }
    Ok(made)
}
