//! Writing into a customer's journal, corrections included.

use super::row::{self, JournalRow, Texts};
use super::{JournalEntry, category};
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_living_customer};
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, erased, exists, field, not_found};
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::stores;
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::words::{self, Gram, Source};
use crate::{Engine, each};
use cardea_domain::id::{CustomerId, JournalId};
use cardea_domain::journal::JournalCategory;
use cardea_domain::{Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJournalEntry {
    /// Code of one of the chain's categories that isn't archived, or that of what is corrected.
    #[schema(example = "complaint")]
    pub category: String,
    /// Absent: now. Not later than that.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    #[schema(min_length = 1, max_length = 2000)]
    pub description: String,
    #[schema(min_length = 1, max_length = 200)]
    pub summary: Option<String>,
    /// How it was answered: with it the entry isn't open.
    #[schema(min_length = 1, max_length = 2000)]
    pub resolution: Option<String>,
    /// In the chain's minor units.
    pub amount: Option<i64>,
    /// In thousandths.
    pub quantity: Option<i64>,
    /// An entry of this customer in whose place this one stands; it stays readable.
    #[schema(value_type = Option<Uuid>)]
    pub corrects: Option<JournalId>,
}

impl NewJournalEntry {
    fn texts(&self) -> Result<Texts, Refusal> {
        let given = |text: &Option<String>, longest, pointer| {
            let checked = text.as_deref().map(|text| input::lines(text, longest, pointer));
            checked.transpose()
        };
        Ok(Texts {
            description: input::lines(&self.description, 2000, "/description")?,
            summary: given(&self.summary, 200, "/summary")?,
            resolution: given(&self.resolution, 2000, "/resolution")?,
        })
    }
}

/// What is corrected: an entry of this customer in whose place no other stands yet. Its category.
fn check_corrected(tx: &mut Tx<'_>, customer: CustomerId, entry: JournalId) -> Result<String> {
    let chain = tx.chain();
    let found = row::find(tx.conn(), chain, entry.into())?;
    let Some(found) = found.filter(|row| row.customer_id == customer.into()) else {
        return Err(field("/corrects", "没有这条日志", "There is no such entry").into());
    };
    if row::is_corrected(tx.conn(), chain, entry.into())? {
        return Err(exists("/corrects").into());
    }
    Ok(found.category)
}

fn zone(tx: &mut Tx<'_>, store: Id) -> Result<Zone> {
    let row = stores::table.find((Id::from(tx.chain()), store));
    let name = each!(tx.conn(), c => row.select(stores::time_zone).get_result::<String>(c)?);
    name.parse().map_err(crate::Error::internal)
}

/// An entry to write.
struct Entry {
    category: String,
    occurred: Instant,
    texts: Texts,
    due: Option<Day>,
    amount: Option<i64>,
    quantity: Option<i64>,
    corrects: Option<Id>,
}

/// Writes an entry and what it is found by.
fn enter(
    tx: &mut Tx<'_>,
    customer: &CustomerRow,
    (keys, person): (&ChainKeys, &PersonKey),
    entry: Entry,
) -> Result<JournalId> {
    let id: JournalId = tx.new_id();
    let row = JournalRow {
        chain_id: customer.chain_id,
        id: id.into(),
        customer_id: customer.id,
        category: entry.category,
        occurred_at: entry.occurred.0,
        due_on: entry.due.map(|day| day.0),
        resolved: entry.texts.resolution.is_some(),
        amount: entry.amount,
        quantity: entry.quantity,
        corrects: entry.corrects,
        texts: entry.texts.seal(person, id.into())?,
        staff_id: tx.actor().staff.map(Id::from),
        written_at: tx.business_now().0,
    };
    row::insert(tx.conn(), &row)?;
    let found_by: Vec<Gram> = words::of(keys, Source::Journal, entry.texts.all())
        .into_iter()
        .collect();
    words::write(tx.conn(), customer.chain_id.typed(), row.id, &found_by)?;
    Ok(id)
}

fn told(tx: &Tx<'_>, category: String, texts: Texts, due: Option<Day>) -> Entry {
    Entry {
        category,
        occurred: tx.business_now(),
        texts,
        due,
        amount: None,
        quantity: None,
        corrects: None,
    }
}

/// What the program notes of a customer within another command; it waits for no answer.
///
/// # Errors
/// Those of the database.
pub(crate) fn note(
    tx: &mut Tx<'_>,
    customer: &CustomerRow,
    keys: (&ChainKeys, &PersonKey),
    category: JournalCategory,
    description: String,
) -> Result<()> {
    let texts = Texts {
        description,
        ..Texts::default()
    };
    let entry = told(tx, category.as_str().into(), texts, None);
    enter(tx, customer, keys, entry).map(|_| ())
}

/// What another subject tells the journal, now: it is to be answered as its category says.
pub(crate) struct Told {
    /// Code of the category; None: a service visit.
    pub category: Option<String>,
    pub description: String,
    pub summary: Option<String>,
}

/// Writes what another subject tells, in its transaction; None for a customer who was erased.
///
/// # Errors
/// `field_invalid` at `/category` for one that isn't there or is archived.
pub(crate) fn tell(tx: &mut Tx<'_>, keys: &ChainKeys, customer: &CustomerRow, new: Told) -> Result<Option<JournalId>> {
    let Some(person) = customer.person(keys)? else {
        return Ok(None);
    };
    let today = zone(tx, customer.store_id)?.day_of(tx.business_now());
    let texts = Texts {
        description: new.description,
        summary: new.summary,
        resolution: None,
    };
    let category = new
        .category
        .unwrap_or_else(|| JournalCategory::ServiceVisit.as_str().into());
    let chain = tx.chain();
    let categories = category::of(tx.conn(), chain)?;
    category::check(&categories, &category, None)?;
    let due = categories.due(&category, today);
    let entry = told(tx, category, texts, due);
    enter(tx, customer, (keys, &person), entry).map(Some)
}

impl Engine {
    /// Writes an entry into a customer's journal.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `already_exists` if what it corrects was corrected before.
    pub async fn write_journal(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        customer_id: CustomerId,
        new: NewJournalEntry,
    ) -> Result<Written<JournalEntry>, Refusal> {
        actor.scope(Action::JournalWrite)?;
        let (texts, keys) = (new.texts()?, std::sync::Arc::new(self.keys().chain(actor.chain)));
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (tx.chain(), tx.business_now());
            let customer = find_living_customer(tx.conn(), chain, customer_id)?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::JournalWrite, Some(customer.store_id.typed()))?;
            let person = customer.person(&keys)?.ok_or_else(erased)?;
            let occurred = new.occurred_at.unwrap_or(now);
            if occurred > now {
                return Err(field("/occurred_at", "不能晚于现在", "Not later than now").into());
            }
            let corrected = new.corrects.map(|entry| check_corrected(tx, customer_id, entry));
            let corrected = corrected.transpose()?;
            let categories = category::of(tx.conn(), chain)?;
            category::check(&categories, &new.category, corrected.as_deref())?;
            let due = categories.due(&new.category, zone(tx, customer.store_id)?.day_of(occurred));
            let entry = Entry {
                category: new.category.clone(),
                occurred,
                texts: texts.clone(),
                due,
                amount: new.amount,
                quantity: new.quantity,
                corrects: new.corrects.map(Id::from),
            };
            let id = enter(tx, &customer, (&keys, &person), entry)?;
            let detail = json!({ "customer_id": customer_id, "category": new.category, "corrects": new.corrects });
            tx.audit("journal.write", id.0, detail);
            tx.publish("journal.written", json!({ "id": id, "customer_id": customer_id }));
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "journal.write", work).await?;
        Written::read(answered, |id| self.journal_entry(actor, Id(id)))
    }
}
