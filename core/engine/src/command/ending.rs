//! The end of a membership: booked by the nightly job, or before the next membership opens in its place.

use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{CardEvent, State};
use crate::store::writer::save::blocks_text;
use cardea_domain::Instant;
use cardea_domain::card::Card;
use cardea_domain::id::{MembershipId, NewIds};
use cardea_domain::ledger::{EntryKind, Member};
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, expire_membership};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Ends a membership with the cards that were loaded: what to save, and what happened to each card (D-CARD-4).
pub(crate) fn end_membership(
    member: &mut Member,
    state: &State,
    context: &Context,
    ended_at: Instant,
    ids: &mut dyn NewIds,
) -> (Rows, Vec<CardEvent>) {
    let before: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
    let mut after = before.clone();
    let rows = expire_membership(member, &mut after, context, ids);
    let changed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before.version != after.version);
    let event = |(before, after): (&Card, &Card)| CardEvent {
        card: after.id,
        operation: "expire",
        store: Some(context.store),
        reason: None,
        finder: None,
        detail: json!({}),
        at: ended_at,
        from: before.state.as_str(),
        to: after.state.as_str(),
        blocks: blocks_text(&after.blocks),
    };
    let events = changed.map(event).collect();
    (rows, events)
}

/// What an end has booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Booked {
    pub closed: bool,
    pub lots: u64,
}

impl Booked {
    pub fn of(rows: &Rows) -> Self {
        let expired = rows.entries.iter().filter(|entry| entry.kind == EntryKind::Expire);
        Self {
            closed: rows.membership_updates.iter().any(|update| !update.open),
            lots: expired.count() as u64,
        }
    }

    /// Its line in the audit log; None if there was nothing to end.
    pub fn note(self, membership: MembershipId, ended_at: Instant) -> Option<AuditRow> {
        (self != Self::default()).then(|| AuditRow {
            action: "membership.expire",
            subject: Some(membership.0),
            detail: json!({ "closed": self.closed, "lots": self.lots, "ended_at": ended_at }),
        })
    }
}
