//! What a closure command sees of the batch's transaction.

use super::ledger::{CardEvent, Decision, Question};
use crate::actor::Actor;
use crate::error::Result;
use crate::store::Conn;
use crate::store::statement::Bind;
use cardea_domain::Instant;
use cardea_domain::id::{ChainId, CustomerId, NewIds, StaffId};
use cardea_domain::message::MessageKind;
use cardea_domain::rows::Rows;
use cardea_domain::sale::EntryView;
use serde::Serialize;
use uuid::Uuid;

/// A client's key and the SHA-256 of what it sent under it (method, path, body).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    pub key: String,
    pub request: [u8; 32],
}

/// What a command answers: the HTTP status and a JSON document. It is stored for replays, so it holds ids and figures,
/// never a name, a phone or other personal data; the web layer adds those to live answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// JSON; empty for 204.
    pub json: String,
    /// Of what books a bill: the answer as it is kept in the bill, with the number of its entries in place of them.
    pub kept: Option<String>,
}

impl Answer {
    pub fn ok(body: &impl Serialize) -> Result<Self> {
        Ok(Self {
            status: 200,
            json: serde_json::to_string(body)?,
            kept: None,
        })
    }

    pub fn created(body: &impl Serialize) -> Result<Self> {
        Ok(Self {
            status: 201,
            json: serde_json::to_string(body)?,
            kept: None,
        })
    }

    /// Of what books a bill: `view` makes the document with its entries, or with their number.
    pub fn booked<'a, V: Serialize>(entries: &'a [EntryView], view: impl Fn(Entries<'a>) -> V) -> Result<Self> {
        Ok(Self {
            kept: Some(serde_json::to_string(&view(Entries::Number(entries.len())))?),
            ..Self::created(&view(Entries::All(entries)))?
        })
    }

    /// What a bill keeps of it.
    pub(super) fn kept(&self) -> &str {
        self.kept.as_deref().unwrap_or(&self.json)
    }

    pub fn no_content() -> Self {
        Self {
            status: 204,
            json: String::new(),
            kept: None,
        }
    }
}

/// The entries of an answer, or how many there are: a bill's stand in the ledger.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Entries<'a> {
    All(&'a [EntryView]),
    Number(usize),
}

/// An answer as the caller gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub status: u16,
    pub json: String,
    /// Answered from an earlier command under the same idempotency or natural key.
    pub replayed: bool,
}

impl From<Answer> for Answered {
    /// The first answer.
    fn from(answer: Answer) -> Self {
        Self {
            status: answer.status,
            json: answer.json,
            replayed: false,
        }
    }
}

/// One row of the audit log, written in the command's transaction.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// A stable name, e.g. `customer.create`.
    pub action: &'static str,
    pub subject: Option<Uuid>,
    /// JSON; personal data only as ciphertext.
    pub detail: serde_json::Value,
}

/// A message for the outbox, written in the command's transaction.
#[derive(Clone, Debug)]
pub struct Message {
    pub topic: &'static str,
    pub payload: serde_json::Value,
}

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    Staff(StaffId),
    Customer(CustomerId),
}

/// A message to a person, queued in the command's transaction and sent after it.
#[derive(Clone, Debug)]
pub struct Notice {
    pub kind: MessageKind,
    pub to: Receiver,
    /// What it is about.
    pub subject: Option<Uuid>,
    /// What its kind tells: texts by the names of its placeholders, without personal data.
    pub details: serde_json::Value,
    /// What it is sent for: a second one for the same isn't queued.
    pub source_key: Option<String>,
}

impl Notice {
    /// As [`super::insert::InsertNotice`] takes it. `at`: business time.
    pub(super) fn row(&self, chain: ChainId, id: Uuid, at: Instant) -> [Bind<'_>; 11] {
        let (staff, customer) = match self.to {
            Receiver::Staff(staff) => (Some(staff.0), None),
            Receiver::Customer(customer) => (None, Some(customer.0)),
        };
        [
            chain.into(),
            id.into(),
            self.kind.as_str().into(),
            customer.into(),
            staff.into(),
            self.subject.into(),
            self.details.to_string().into(),
            self.source_key.as_deref().into(),
            at.into(),
            at.into(),
            at.into(),
        ]
    }
}

/// What goes along with a command's rows, written in its transaction.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    pub audit: Vec<AuditRow>,
    pub outbox: Vec<Message>,
    pub notices: Vec<Notice>,
}

/// A closure command's view: a savepoint in the batch's transaction. An `Err` rolls the savepoint back and
/// writes nothing, no audit and no message either.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    actor: &'a Actor,
    now: Instant,
    business_now: Instant,
    ids: &'a mut dyn NewIds,
    notes: Notes,
    booked: Vec<Decision>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(
        conn: &'a mut Conn,
        actor: &'a Actor,
        now: Instant,
        business_now: Instant,
        ids: &'a mut dyn NewIds,
    ) -> Self {
        Self {
            conn,
            actor,
            now,
            business_now,
            ids,
            notes: Notes::default(),
            booked: Vec::new(),
        }
    }

    /// What goes along with the command's rows, and what it books.
    pub(super) fn into_parts(self) -> (Notes, Vec<Decision>) {
        (self.notes, self.booked)
    }

    /// Where new ids come from, for decisions.
    pub(crate) fn ids(&mut self) -> &mut dyn NewIds {
        self.ids
    }

    /// Rows of the ledger, saved with the command: decide them on what it has loaded itself, and book once for each
    /// membership, for what is booked can't be read before the command ends.
    pub(crate) fn book(&mut self, rows: Rows) {
        self.book_all(Decision::new(rows, Answer::no_content()));
    }

    /// The same with what goes along: what happened to cards, and the blank that one takes out of stock.
    pub(crate) fn book_all(&mut self, decision: Decision) {
        self.booked.push(decision);
    }

    /// The same, with what happened to cards.
    pub(crate) fn book_with(&mut self, rows: Rows, card_events: Vec<CardEvent>) {
        self.booked.push(Decision {
            card_events,
            ..Decision::new(rows, Answer::no_content())
        });
    }

    /// What plugins were asked before this, to be kept with it.
    pub(crate) fn keep(&mut self, questions: Vec<Question>) {
        if !questions.is_empty() {
            let mut decision = Decision::new(Rows::default(), Answer::no_content());
            decision.questions = questions;
            self.booked.push(decision);
        }
    }

    /// For `each!(tx.conn(), c => …)`.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    pub fn chain(&self) -> ChainId {
        self.actor.chain
    }

    pub fn actor(&self) -> &'a Actor {
        self.actor
    }

    /// Technical time (`created_at`, `booked_at`, sessions).
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The chain's business time.
    pub fn business_now(&self) -> Instant {
        self.business_now
    }

    /// A new id: `let id: CustomerId = tx.new_id();`
    pub fn new_id<T: From<Uuid>>(&mut self) -> T {
        self.ids.next_id().into()
    }

    /// Adds a row to the audit log: who (the actor), when and from where are filled in.
    pub fn audit(&mut self, action: &'static str, subject: impl Into<Option<Uuid>>, detail: serde_json::Value) {
        self.notes.audit.push(AuditRow {
            action,
            subject: subject.into(),
            detail,
        });
    }

    /// Adds a message to the outbox.
    pub fn publish(&mut self, topic: &'static str, payload: serde_json::Value) {
        self.notes.outbox.push(Message { topic, payload });
    }

    /// Queues a message to a person; it is sent once this command is committed.
    pub fn notify(&mut self, notice: Notice) {
        self.notes.notices.push(notice);
    }
}
