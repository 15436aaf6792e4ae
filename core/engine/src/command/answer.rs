//! A card as a command answers it: stored for replays, so the holder is an id only.

use crate::query;
use cardea_domain::Instant;
use cardea_domain::card::{Card, allowed};
use cardea_domain::id::CustomerId;
use cardea_domain::ledger::Member;
use cardea_domain::tier::Ladder;
use serde::{Deserialize, Serialize};

/// What a stored answer tells of a card's holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HolderId {
    pub id: CustomerId,
}

pub type CardAnswer = query::Card<HolderId>;

/// A card as its membership stands after the command.
pub(super) fn answered(card: &Card, member: &Member, ladder: &Ladder, now: Instant) -> CardAnswer {
    CardAnswer {
        id: card.id,
        number: card.number.to_string(),
        kind: card.kind,
        state: card.state,
        blocks: card.blocks.clone(),
        membership_id: member.id,
        program_id: member.program,
        store_id: card.store,
        customer: member.customer.map(|id| HolderId { id }),
        tier: ladder.view(&member.tier),
        valid_through: card.valid_through,
        balances: member.balances(now),
        replaced_by: card.replaced_by,
        replaced_by_last_four: None,
        staff_id: card.holder_staff,
        allowed: allowed(card.at()),
        entries: Vec::new(),
    }
}
