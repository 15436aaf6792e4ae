//! The statement of a card: every movement of its membership, with what decided it.

use super::not_found;
use crate::actor::Actor;
use crate::{Engine, Page, PageArgs};
use cardea_domain::id::{BillId, CardId, EntryId, StoreId};
use cardea_domain::ledger::{Asset, EntryKind};
use cardea_domain::{Instant, Refusal, Text};
use serde::Serialize;

/// A movement, as a statement shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementEntry {
    pub id: EntryId,
    pub occurred_at: Instant,
    pub booked_at: Instant,
    pub asset: Asset,
    pub amount: i64,
    pub kind: EntryKind,
    pub rule: String,
    pub explanation: Text,
    /// Number of the configuration that decided it.
    pub configuration_version: Option<i64>,
    /// SHA-256 of the component that decided it, hexadecimal.
    pub plugin_digest: Option<String>,
    /// The sale it belongs to; for what a return moved, the sale that was returned.
    pub sale_id: Option<BillId>,
    /// Receipt of the bill that booked it.
    pub receipt: Option<String>,
    pub store_id: Option<StoreId>,
}

impl Engine {
    /// Movements of the card's membership, newest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn card_entries(&self, _actor: &Actor, _id: CardId, page: &PageArgs) -> Result<Page<StatementEntry>, Refusal> {
        page.limit()?;
        Err(not_found())
    }
}
