//! One box for everything: customers, cards, journal entries and records, each as far as the actor may see it.

use crate::actor::Actor;
use crate::archive::{CustomerQuery, CustomerView, Lookup};
use crate::identity::Action;
use crate::query::CardView;
use crate::{Engine, PageArgs, journal, record, words};

pub use crate::journal::JournalHit;
pub use crate::record::RecordHit;

use cardea_domain::{Code, Refusal};

/// Most of each sort unless told.
const USUAL: u32 = 10;
const LONGEST: usize = 64;

/// What was found, by sort; newest first in each.
#[derive(Clone)]
pub struct Found {
    pub customers: Vec<CustomerView>,
    pub cards: Vec<CardView>,
    pub journal: Vec<JournalHit>,
    pub records: Vec<RecordHit>,
}

impl Engine {
    /// Looks everywhere: customers by name, sound, phone, last four digits, other numbers; cards by number; journal
    /// entries and records by two characters and more. At most `limit` of each.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit).
    pub fn find_everything(&self, actor: &Actor, text: &str, limit: Option<u32>) -> Result<Found, Refusal> {
        actor.scope(Action::CustomerLookup)?;
        let limit = limit.unwrap_or(USUAL);
        if limit > 50 {
            return Err(Refusal::new(Code::BodyInvalid, "limit 最多 50", "limit is at most 50").at("/limit"));
        }
        let page = PageArgs::new(Some(limit), None);
        let text: String = text.trim().chars().take(LONGEST).collect();
        let wanted = words::normalised(&text);
        let mut found = Found {
            customers: Vec::new(),
            cards: Vec::new(),
            journal: Vec::new(),
            records: Vec::new(),
        };
        if wanted.is_empty() {
            return Ok(found);
        }
        if Lookup::parse(&text).is_some_and(|lookup| lookup.is_exact()) || actor.scope(Action::CustomerRead).is_ok() {
            let asked = CustomerQuery {
                query: Some(text.clone()),
                limit: Some(limit),
                ..CustomerQuery::default()
            };
            found.customers = self.customers(actor, &asked)?.items;
        }
        let number = wanted.len() >= 4 && wanted.chars().all(|c| c.is_ascii_digit());
        if number && actor.scope(Action::CardLookup).is_ok() {
            found.cards = self.cards(actor, &wanted, &page)?.items;
        }
        if let Ok(scope) = actor.scope(Action::JournalRead) {
            found.journal = journal::find(self, (actor.chain, &scope), &wanted, limit as usize)?;
        }
        if let Ok(scope) = actor.scope(Action::RecordRead) {
            found.records = record::find(self, (actor.chain, &scope), &wanted, limit as usize)?;
        }
        Ok(found)
    }
}
