//! What follows an entry, which itself never changes: how it was answered, and a supervisor's verdict on that (D-ARC-4).

use super::JournalEntry;
use super::row::{self, JournalRow};
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, exists, not_found};
use crate::keys::PersonKey;
use crate::store::schema::journal_answers;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, JournalId, StaffId};
use cardea_domain::{Code, Instant, Refusal, named};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use zeroize::Zeroizing;

named! {
/// What follows an entry.
pub enum AnswerKind {
    Resolution = "resolution",
    Verdict = "verdict",
}
}

named! {
/// What a supervisor says of an answer.
pub enum Verdict {
    Approved = "approved",
    /// It is to be done better: with a new entry.
    Redo = "redo",
}
}

/// How an entry was answered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    #[schema(min_length = 1, max_length = 2000)]
    pub resolution: String,
}

/// A verdict on an answered entry.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVerdict {
    pub verdict: Verdict,
    #[schema(min_length = 1, max_length = 500)]
    pub remark: Option<String>,
}

/// A verdict as it is shown.
#[derive(Clone, Serialize, ToSchema)]
pub struct GivenVerdict {
    pub verdict: Verdict,
    pub remark: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub given_at: Instant,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = journal_answers)]
pub(super) struct AnswerRow {
    chain_id: Id,
    entry_id: Id,
    kind: Name<AnswerKind>,
    texts: Vec<u8>,
    staff_id: Option<Id>,
    written_at: i64,
}

/// The document that is sealed: of a resolution its text, of a verdict all three.
#[derive(Default, Serialize, Deserialize)]
struct Content {
    text: Option<String>,
    verdict: Option<Verdict>,
}

/// Bound to the entry and the kind.
pub(crate) fn purpose(entry: Id, kind: AnswerKind) -> Vec<u8> {
    [
        b"journal/".as_slice(),
        kind.as_str().as_bytes(),
        b"/",
        entry.0.as_bytes(),
    ]
    .concat()
}

/// What followed some entries.
pub(super) fn of(conn: &mut Conn, chain: ChainId, entries: &[Id]) -> Result<HashMap<Id, Vec<AnswerRow>>> {
    let rows: Vec<AnswerRow> = each!(conn, c => journal_answers::table
        .select(AnswerRow::as_select())
        .filter(journal_answers::chain_id.eq(Id::from(chain)).and(journal_answers::entry_id.eq_any(entries)))
        .load(c)?);
    let mut found: HashMap<Id, Vec<AnswerRow>> = HashMap::new();
    for row in rows {
        found.entry(row.entry_id).or_default().push(row);
    }
    Ok(found)
}

impl AnswerRow {
    fn content(&self, key: Option<&PersonKey>) -> Result<Content> {
        let Some(key) = key else {
            return Ok(Content::default());
        };
        let opened = key.open_as(&purpose(self.entry_id, self.kind.0), &self.texts);
        Ok(serde_json::from_slice(&opened.map_err(Error::internal)?)?)
    }

    /// Adds what it says to the entry.
    pub fn tell(&self, entry: &mut JournalEntry, key: Option<&PersonKey>) -> Result<()> {
        let content = self.content(key)?;
        match self.kind.0 {
            AnswerKind::Resolution => {
                entry.open = false;
                entry.resolution = content.text;
            }
            AnswerKind::Verdict => {
                entry.verdict = content.verdict.map(|verdict| GivenVerdict {
                    verdict,
                    remark: content.text,
                    staff_id: self.staff_id.map(Id::typed),
                    given_at: Instant(self.written_at),
                });
            }
        }
        Ok(())
    }
}

/// An entry to follow up, with its customer.
fn open(tx: &mut Tx<'_>, id: JournalId, action: Action) -> Result<(JournalRow, CustomerRow)> {
    let chain = tx.chain();
    let entry = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    let customer = find_customer(tx.conn(), chain, entry.customer_id.typed())?.ok_or_else(not_found)?;
    tx.actor().require(action, Some(customer.store_id.typed()))?;
    if row::is_corrected(tx.conn(), chain, entry.id)? {
        let (zh, en) = (
            "这条日志已有更正，请处理更正后的一条",
            "Another entry stands in its place: answer that one",
        );
        return Err(Refusal::new(Code::InUse, zh, en).into());
    }
    Ok((entry, customer))
}

fn save(tx: &mut Tx<'_>, entry: &JournalRow, key: &PersonKey, kind: AnswerKind, content: &Content) -> Result<()> {
    let document = Zeroizing::new(serde_json::to_vec(content)?);
    let row = AnswerRow {
        chain_id: entry.chain_id,
        entry_id: entry.id,
        kind: Name(kind),
        texts: key
            .seal_as(&purpose(entry.id, kind), &document)
            .map_err(Error::internal)?,
        staff_id: tx.actor().staff.map(Id::from),
        written_at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(journal_answers::table).values(&row).execute(c)?);
    Ok(())
}

fn answered(tx: &mut Tx<'_>, entry: &JournalRow, kind: AnswerKind) -> Result<bool> {
    let chain = tx.chain();
    let all = of(tx.conn(), chain, &[entry.id])?;
    Ok(all.values().flatten().any(|row| row.kind.0 == kind))
}

impl Engine {
    /// Answers an open entry.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `already_exists` for one that was answered; `in_use` for one that was corrected.
    pub async fn resolve_journal(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: JournalId,
        new: NewResolution,
    ) -> Result<Written<JournalEntry>, Refusal> {
        actor.scope(Action::JournalWrite)?;
        let (text, keys) = (
            input::lines(&new.resolution, 2000, "/resolution")?,
            self.keys().chain(actor.chain),
        );
        let work = move |tx: &mut Tx<'_>| {
            let (entry, customer) = open(tx, id, Action::JournalWrite)?;
            if entry.resolved || answered(tx, &entry, AnswerKind::Resolution)? {
                return Err(exists("/resolution").into());
            }
            let person = customer.person(&keys)?.ok_or_else(not_found)?;
            let content = Content {
                text: Some(text.clone()),
                verdict: None,
            };
            save(tx, &entry, &person, AnswerKind::Resolution, &content)?;
            tx.audit("journal.resolve", id.0, json!({}));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "journal.resolve", work).await?;
        Written::read(answered, |id| self.journal_entry(actor, Id(id)))
    }

    /// Gives a verdict on an answered entry.
    ///
    /// # Errors
    /// As [`Engine::resolve_journal`]; `in_use` while it waits for its answer.
    pub async fn judge_journal(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: JournalId,
        new: NewVerdict,
    ) -> Result<Written<JournalEntry>, Refusal> {
        actor.scope(Action::TaskManage)?;
        let remark = new
            .remark
            .as_deref()
            .map(|text| input::lines(text, 500, "/remark"))
            .transpose()?;
        let keys = self.keys().chain(actor.chain);
        let work = move |tx: &mut Tx<'_>| {
            let (entry, customer) = open(tx, id, Action::TaskManage)?;
            if answered(tx, &entry, AnswerKind::Verdict)? {
                return Err(exists("/verdict").into());
            }
            if entry.due_on.is_some() && !entry.resolved && !answered(tx, &entry, AnswerKind::Resolution)? {
                let (zh, en) = ("还没有处理结果", "It hasn't been answered yet");
                return Err(Refusal::new(Code::InUse, zh, en).into());
            }
            let person = customer.person(&keys)?.ok_or_else(not_found)?;
            let content = Content {
                text: remark.clone(),
                verdict: Some(new.verdict),
            };
            save(tx, &entry, &person, AnswerKind::Verdict, &content)?;
            tx.audit("journal.judge", id.0, json!({ "verdict": new.verdict }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "journal.judge", work).await?;
        Written::read(answered, |id| self.journal_entry(actor, Id(id)))
    }
}
