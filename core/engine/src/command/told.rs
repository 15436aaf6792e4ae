//! What a customer is told of what happened to their card and their tier.

use crate::store::writer::ledger::CardEvent;
use crate::store::{Notice, Receiver};
use cardea_domain::card::Card;
use cardea_domain::id::CustomerId;
use cardea_domain::ledger::Member;
use cardea_domain::message::MessageKind;
use cardea_domain::rows::TierChangeRow;
use cardea_domain::tier::Ladder;
use serde_json::json;

/// A loss, and a new card in the place of one; `card` is the one that is spoken of.
pub(super) fn of_card(event: &CardEvent, card: &Card, customer: CustomerId) -> Option<Notice> {
    let last = card.number.last_four();
    let (kind, details) = match event.operation {
        "report_loss" => (
            MessageKind::CardLost,
            json!({ "card": last, "time": { "time": event.at.0 } }),
        ),
        "replace" => (
            MessageKind::CardReplaced,
            json!({ "card": last, "day": { "day_of": event.at.0 } }),
        ),
        _ => return None,
    };
    Some(Notice {
        kind,
        to: Receiver::Customer(customer),
        subject: Some(card.membership.0),
        details,
        source_key: None,
    })
}

/// Another tier than before.
pub(crate) fn of_tiers(ladder: &Ladder, member: &Member, changes: &[TierChangeRow]) -> Vec<Notice> {
    let Some(customer) = member.customer else {
        return Vec::new();
    };
    let name = |id: &str| {
        ladder
            .steps
            .iter()
            .find(|step| step.id == id)
            .map(|step| step.name.clone())
    };
    let mine = changes
        .iter()
        .filter(|change| change.membership == member.id && change.from != change.to);
    let notice = |change: &TierChangeRow| Notice {
        kind: MessageKind::TierChanged,
        to: Receiver::Customer(customer),
        subject: Some(member.id.0),
        details: json!({
            "program": { "program": member.program }, "tier": name(&change.to), "before": name(&change.from),
        }),
        source_key: None,
    };
    mine.map(notice).collect()
}
