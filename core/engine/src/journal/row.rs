//! The `journal` table.

use super::{JournalEntry, JournalQuery};
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::{journal, journal_answers};
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::journal::JournalCategories;
use cardea_domain::{Day, Instant};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = journal)]
pub(super) struct JournalRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub category: String,
    pub occurred_at: i64,
    pub due_on: Option<i32>,
    pub resolved: bool,
    pub amount: Option<i64>,
    pub quantity: Option<i64>,
    pub corrects: Option<Id>,
    pub texts: Vec<u8>,
    pub staff_id: Option<Id>,
    pub written_at: i64,
}

/// What people wrote: the document that is sealed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Texts {
    pub description: String,
    pub summary: Option<String>,
    pub resolution: Option<String>,
}

/// Bound to the entry: moved to another row, it doesn't open.
pub(crate) fn purpose(entry: Id) -> Vec<u8> {
    [b"journal/".as_slice(), entry.0.as_bytes()].concat()
}

impl Texts {
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let more = [&self.summary, &self.resolution];
        std::iter::once(self.description.as_str()).chain(more.into_iter().flatten().map(String::as_str))
    }

    pub fn seal(&self, key: &PersonKey, entry: Id) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(&purpose(entry), &document).map_err(Error::internal)
    }
}

impl JournalRow {
    /// What people wrote; nothing once the customer is erased.
    pub fn texts(&self, key: Option<&PersonKey>) -> Result<Texts> {
        let Some(key) = key else { return Ok(Texts::default()) };
        let document = key.open_as(&purpose(self.id), &self.texts).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    pub fn view(self, key: Option<&PersonKey>, categories: &JournalCategories) -> Result<JournalEntry> {
        let texts = self.texts(key)?;
        Ok(JournalEntry {
            id: self.id.typed(),
            customer_id: self.customer_id.typed(),
            category_name: categories.name(&self.category),
            category: self.category,
            occurred_at: Instant(self.occurred_at),
            description: texts.description,
            summary: texts.summary,
            resolution: texts.resolution,
            verdict: None,
            due_on: self.due_on.map(Day),
            open: self.due_on.is_some() && !self.resolved,
            amount: self.amount,
            quantity: self.quantity,
            corrects: self.corrects.map(Id::typed),
            staff_id: self.staff_id.map(Id::typed),
            written_at: Instant(self.written_at),
            erased: key.is_none(),
        })
    }
}

pub(super) fn insert(conn: &mut Conn, row: &JournalRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(journal::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<JournalRow>> {
    let row = journal::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(JournalRow::as_select()).get_result(c).optional()?))
}

/// Whether a later entry stands in its place.
pub(super) fn is_corrected(conn: &mut Conn, chain: ChainId, id: Id) -> Result<bool> {
    let later = journal::table.filter(journal::chain_id.eq(Id::from(chain)).and(journal::corrects.eq(id)));
    Ok(each!(conn, c => later.count().get_result::<i64>(c)?) > 0)
}

/// A condition on entries: no other one stands in their place.
macro_rules! standing {
    ($chain:expr) => {{
        let later = diesel::alias!($crate::store::schema::journal as later);
        let corrects = later.field(journal::corrects).eq(journal::id.nullable());
        let corrected = later.filter(later.field(journal::chain_id).eq(Id::from($chain)).and(corrects));
        diesel::dsl::not(diesel::dsl::exists(corrected))
    }};
}

/// A condition on entries: their answer came after them.
macro_rules! answered {
    ($chain:expr) => {{
        let kind = $crate::journal::AnswerKind::Resolution.as_str();
        let mine = journal_answers::entry_id
            .eq(journal::id)
            .and(journal_answers::kind.eq(kind));
        diesel::dsl::exists(journal_answers::table.filter(journal_answers::chain_id.eq(Id::from($chain)).and(mine)))
    }};
}

pub(super) use answered;
pub(crate) use standing;

pub(super) fn select(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    query: &JournalQuery,
    before: Id,
    limit: i64,
) -> Result<Vec<JournalRow>> {
    let (standing, answered) = (standing!(chain), answered!(chain));
    Ok(each!(conn, c => {
        let mut found = journal::table
            .select(JournalRow::as_select())
            .filter(journal::chain_id.eq(Id::from(chain)).and(journal::customer_id.eq(Id::from(customer))))
            .filter(journal::id.lt(before))
            .into_boxed();
        if let Some(category) = &query.category {
            found = found.filter(journal::category.eq(category.as_str()));
        }
        match query.open {
            Some(true) => {
                found = found
                    .filter(journal::due_on.is_not_null().and(journal::resolved.eq(false)))
                    .filter(diesel::dsl::not(answered));
            }
            Some(false) => {
                let settled = journal::due_on.is_null().or(journal::resolved.eq(true));
                found = found.filter(settled.or(answered));
            }
            None => {}
        }
        if query.corrected != Some(true) {
            found = found.filter(standing);
        }
        found.order(journal::id.desc()).limit(limit).load(c)?
    }))
}
