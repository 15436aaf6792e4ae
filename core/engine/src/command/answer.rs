//! A card as a command answers it: stored for replays, so the holder is an id only.

use cardea_domain::Day;
use cardea_domain::Instant;
use cardea_domain::card::{Block, Card, CardKind, CardState};
use cardea_domain::id::*;
use cardea_domain::ledger::{Balance, Member};
use cardea_domain::sale::EntryView;
use cardea_domain::tier::{Ladder, TierView};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct CardAnswer {
    id: CardId,
    number: String,
    kind: CardKind,
    state: CardState,
    blocks: Vec<Block>,
    membership_id: MembershipId,
    program_id: ProgramId,
    store_id: StoreId,
    customer: Option<Holder>,
    tier: TierView,
    valid_through: Option<Day>,
    balances: Vec<Balance>,
    replaced_by: Option<CardId>,
    /// What the qualifying purchase earned; only after an issue.
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<EntryView>>,
}

#[derive(Serialize)]
pub(super) struct Holder {
    id: CustomerId,
}

impl CardAnswer {
    pub fn new(card: &Card, member: &Member, ladder: &Ladder, now: Instant) -> Self {
        Self {
            id: card.id,
            number: card.number.to_string(),
            kind: card.kind,
            state: card.state,
            blocks: card.blocks.clone(),
            membership_id: member.id,
            program_id: member.program,
            store_id: card.store,
            customer: member.customer.map(|id| Holder { id }),
            tier: ladder.view(&member.tier),
            valid_through: card.valid_through,
            balances: member.balances(now),
            replaced_by: card.replaced_by,
            entries: None,
        }
    }

    pub fn with_entries(mut self, entries: Vec<EntryView>) -> Self {
        self.entries = Some(entries);
        self
    }
}
