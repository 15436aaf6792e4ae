//! What is open in all journals, and what they add up to (D-ARC-4).

use super::{JournalEntry, category, row};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{find_customer, people};
use crate::each;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs, day_cursor};
use crate::store::Id;
use crate::store::schema::{customers, journal, journal_answers};
use crate::store::statement::{fetch, statements};
use cardea_domain::id::{CustomerId, StaffId};
use cardea_domain::{Day, Refusal, Text};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

statements! {
    SumJournal -> (SqlText, BigInt, BigInt, BigInt, BigInt) =
        "SELECT j.category, COUNT(*), CAST(COALESCE(SUM(CASE WHEN j.due_on IS NOT NULL AND NOT j.resolved AND NOT EXISTS \
         (SELECT 1 FROM journal_answers a WHERE a.chain_id = j.chain_id AND a.entry_id = j.id AND a.kind = 'resolution') \
         THEN 1 ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(j.amount), 0) AS BIGINT), \
         CAST(COALESCE(SUM(j.quantity), 0) AS BIGINT) FROM journal j WHERE j.chain_id = ? AND j.customer_id = ? \
         AND NOT EXISTS (SELECT 1 FROM journal n WHERE n.chain_id = j.chain_id AND n.corrects = j.id) \
         GROUP BY j.category ORDER BY j.category";
}

/// What a customer's entries of a category add up to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JournalTotal {
    /// Code of the category.
    pub category: String,
    /// What that is called.
    pub category_name: Text,
    pub entries: i64,
    pub open: i64,
    /// In the chain's minor units; null where the category sums no amounts.
    pub amount: Option<i64>,
    /// In thousandths; null where it sums no quantities.
    pub quantity: Option<i64>,
}

/// An open entry with its customer.
#[derive(Clone, Serialize, ToSchema)]
pub struct OpenEntry {
    #[schema(value_type = Uuid)]
    pub id: cardea_domain::id::JournalId,
    pub entry: JournalEntry,
    /// 王女士 / Ms Wang.
    pub customer: Option<Text>,
    /// Past its day.
    pub overdue: bool,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpenQuery {
    /// Only of customers of this consultant.
    #[param(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    /// Only of this category: its code.
    pub category: Option<String>,
    /// true: only what is past its day.
    pub overdue: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Engine {
    /// What waits for an answer in the journals of one's stores, the earliest due first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn open_journal(&self, actor: &Actor, query: &OpenQuery) -> Result<Page<OpenEntry>, Refusal> {
        let scope = actor.scope(Action::JournalRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after) = (page.limit()?, page.after_day()?);
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let (_, today) = self.business_day(chain)?;
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, &scope, query, today, after, limit as i64 + 1)?;
            let customers = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
            let categories = category::of(conn, chain)?;
            let view = |row: row::JournalRow| {
                let customer = customers.get(&row.customer_id);
                let key = customer.map(|customer| customer.person(&keys)).transpose()?.flatten();
                let overdue = row.due_on.is_some_and(|day| day < today.0);
                Ok(OpenEntry {
                    id: row.id.typed(),
                    entry: row.view(key.as_ref(), &categories)?,
                    customer: customer.map(|customer| customer.form_of_address.0.display(&customer.name)),
                    overdue,
                })
            };
            rows.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |open| {
            day_cursor(open.entry.due_on.unwrap_or(today), open.id)
        }))
    }

    /// What a customer's journal adds up to, by category; entries that were corrected don't count.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn journal_totals(&self, actor: &Actor, id: CustomerId) -> Result<Vec<JournalTotal>, Refusal> {
        actor.scope(Action::JournalRead)?;
        let chain = actor.chain;
        let (rows, categories) = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::JournalRead, Some(customer.store_id.typed()))?;
            let rows = fetch!(conn, SumJournal, [chain, id] => (String, i64, i64, i64, i64))?;
            Ok((rows, category::of(conn, chain)?))
        })?;
        let total = |(category, entries, open, amount, quantity): (String, i64, i64, i64, i64)| {
            let rule = categories.find(&category);
            JournalTotal {
                category_name: categories.name(&category),
                entries,
                open,
                amount: rule.is_none_or(|rule| rule.amounts).then_some(amount),
                quantity: rule.is_none_or(|rule| rule.quantities).then_some(quantity),
                category,
            }
        };
        Ok(rows.into_iter().map(total).collect())
    }
}

fn select(
    conn: &mut crate::store::Conn,
    chain: cardea_domain::id::ChainId,
    scope: &StoreScope,
    query: &OpenQuery,
    today: Day,
    after: Option<(Day, Uuid)>,
    limit: i64,
) -> Result<Vec<row::JournalRow>> {
    let (day, id) = after.map_or((i32::MIN, Id(Uuid::nil())), |(day, id)| (day.0, Id(id)));
    let (standing, answered) = (row::standing!(chain), row::answered!(chain));
    // What belongs to an erased customer is nobody's to answer.
    let theirs = customers::table.filter(
        customers::chain_id
            .eq(Id::from(chain))
            .and(customers::id.eq(journal::customer_id))
            .and(customers::data_key.is_not_null()),
    );
    Ok(each!(conn, c => {
        let mut found = journal::table
            .select(row::JournalRow::as_select())
            .filter(journal::chain_id.eq(Id::from(chain)).and(journal::due_on.is_not_null()).and(journal::resolved.eq(false)))
            .filter(journal::due_on.gt(day).or(journal::due_on.eq(day).and(journal::id.gt(id))))
            .filter(standing)
            .filter(diesel::dsl::not(answered))
            .filter(diesel::dsl::exists(theirs))
            .into_boxed();
        if let StoreScope::Only(stores) = scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            found = found.filter(diesel::dsl::exists(theirs.filter(customers::store_id.eq_any(stores))));
        }
        if let Some(consultant) = query.consultant_id {
            let consultant = customers::consultant_id.eq(Id::from(consultant));
            found = found.filter(diesel::dsl::exists(theirs.filter(consultant)));
        }
        if let Some(category) = &query.category {
            found = found.filter(journal::category.eq(category.as_str()));
        }
        if query.overdue == Some(true) {
            found = found.filter(journal::due_on.lt(today.0));
        }
        found.order((journal::due_on, journal::id)).limit(limit).load(c)?
    }))
}
