//! Cards: by number, phone, last four digits or name.

use super::{CustomerBrief, not_found};
use crate::actor::Actor;
use crate::{Engine, Page, PageArgs};
use cardea_domain::card::{Block, CardKind, CardState};
use cardea_domain::id::{CardId, MembershipId, ProgramId, StoreId};
use cardea_domain::ledger::Balance;
use cardea_domain::tier::TierView;
use cardea_domain::{Day, Refusal};
use serde::Serialize;

/// A card as the till shows it, as of the chain's business time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CardView {
    pub id: CardId,
    pub number: String,
    pub kind: CardKind,
    pub state: CardState,
    /// Sorted; `expired` too where the validity is over.
    pub blocks: Vec<Block>,
    pub membership_id: MembershipId,
    pub program_id: ProgramId,
    /// The issuing store.
    pub store_id: StoreId,
    pub customer: Option<CustomerBrief>,
    pub tier: TierView,
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    pub replaced_by: Option<CardId>,
}

impl Engine {
    /// Cards found by a whole number (14 digits), a whole phone number, the last four digits of a phone or a card, or
    /// a name; newest first. A whole number finds a card of any store, the rest stays within the actor's own.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn cards(&self, _actor: &Actor, _code: &str, page: &PageArgs) -> Result<Page<CardView>, Refusal> {
        page.limit()?;
        Err(not_found())
    }

    /// One card, with balances as of business now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn card(&self, _actor: &Actor, _id: CardId) -> Result<CardView, Refusal> {
        Err(not_found())
    }
}
