//! Customers' journals (客户日志, D-ARC-4): append-only; a correction names what it corrects, and both stay.

mod answer;
mod category;
mod erase;
mod find;
mod open;
mod row;
mod write;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::find_customer;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::Id;
use cardea_domain::id::{CustomerId, JournalId, StaffId};
use cardea_domain::{Day, Instant, Refusal, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub(crate) use answer::purpose as answer_purpose;
pub use answer::{AnswerKind, GivenVerdict, NewResolution, NewVerdict, Verdict};
pub(crate) use erase::erase;
pub use find::JournalHit;
pub(crate) use find::find;
pub use open::{JournalTotal, OpenEntry, OpenQuery};
pub(crate) use row::{purpose, standing};
pub use write::NewJournalEntry;
pub(crate) use write::{Told, note, tell};

/// An entry as it is shown; what belongs to an erased customer has no texts.
#[derive(Clone, Serialize, ToSchema)]
pub struct JournalEntry {
    #[schema(value_type = Uuid)]
    pub id: JournalId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Code of one of the chain's categories.
    #[schema(example = "complaint")]
    pub category: String,
    /// What that is called.
    pub category_name: Text,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    pub description: String,
    pub summary: Option<String>,
    pub resolution: Option<String>,
    /// What a supervisor says of the answer.
    pub verdict: Option<GivenVerdict>,
    /// The last day for an answer; null: none is needed.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Day>,
    /// An answer is needed and not there yet.
    pub open: bool,
    /// In the chain's minor units.
    pub amount: Option<i64>,
    /// In thousandths.
    pub quantity: Option<i64>,
    /// The entry in whose place this one stands.
    #[schema(value_type = Option<Uuid>)]
    pub corrects: Option<JournalId>,
    /// Who wrote it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Instant,
    /// The customer's data were erased, and what was written with them.
    pub erased: bool,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JournalQuery {
    /// Only of this category: its code.
    pub category: Option<String>,
    /// true: only what waits for an answer, false: only what doesn't.
    pub open: Option<bool>,
    /// true: entries that were corrected as well.
    pub corrected: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Engine {
    /// A customer's journal, what was written last first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn journal(&self, actor: &Actor, id: CustomerId, query: &JournalQuery) -> Result<Page<JournalEntry>, Refusal> {
        actor.scope(Action::JournalRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let customer = find_customer(conn, chain, id)?.ok_or_else(not_found)?;
            actor.require(Action::JournalRead, Some(customer.store_id.typed()))?;
            let rows = row::select(conn, chain, id, query, before, limit as i64 + 1)?;
            let key = customer.person(&keys)?;
            let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
            let (answers, categories) = (answer::of(conn, chain, &ids)?, category::of(conn, chain)?);
            let view = |row: row::JournalRow| {
                let followed = answers.get(&row.id);
                let mut entry = row.view(key.as_ref(), &categories)?;
                for answer in followed.into_iter().flatten() {
                    answer.tell(&mut entry, key.as_ref())?;
                }
                Ok(entry)
            };
            rows.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |entry| entry.id.to_string()))
    }

    /// An entry that was just written or answered.
    fn journal_entry(&self, actor: &Actor, id: Id) -> Result<JournalEntry> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            let (key, answers) = (customer.person(&keys)?, answer::of(conn, chain, &[id])?);
            let categories = category::of(conn, chain)?;
            let mut entry = row.view(key.as_ref(), &categories)?;
            for answer in answers.values().flatten() {
                answer.tell(&mut entry, key.as_ref())?;
            }
            Ok(entry)
        })
    }
}
