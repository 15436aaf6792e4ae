//! What other systems are told of ledger commands: ids and figures, nothing personal.

use super::ledger::{CardEvent, Decision};
use super::tx::Message;
use cardea_domain::rows::{BillMembership, BillRow, HandOverRow, MembershipRow, RenewalRow, Rows, TierChangeRow};
use cardea_domain::sale::BillKind;
use serde_json::json;

/// The events of a decision, in the order in which they are told.
pub(super) fn of(decision: &Decision) -> Vec<Message> {
    let mut told = Vec::new();
    for rows in decision.before.iter().map(|(rows, _)| rows).chain([&decision.rows]) {
        of_rows(rows, &mut told);
    }
    told.extend(decision.card_events.iter().map(card));
    told
}

fn of_rows(rows: &Rows, told: &mut Vec<Message>) {
    told.extend(rows.memberships.iter().map(membership));
    told.extend(rows.renewals.iter().map(renewal));
    told.extend(rows.handed_over.iter().map(handed_over));
    told.extend(rows.bills.iter().map(bill));
    told.extend(rows.bill_memberships.iter().map(judged));
    told.extend(
        rows.tier_changes
            .iter()
            .filter(|change| change.from != change.to)
            .map(tier),
    );
}

fn membership(row: &MembershipRow) -> Message {
    Message {
        topic: "membership.created",
        payload: json!({
            "membership_id": row.id, "program_id": row.program, "customer_id": row.customer, "store_id": row.store,
            "tier": row.tier,
        }),
    }
}

fn handed_over(row: &HandOverRow) -> Message {
    Message {
        topic: "membership.transferred",
        payload: json!({
            "id": row.id, "membership_id": row.membership, "from_customer_id": row.from, "to_customer_id": row.to,
            "store_id": row.store, "at": row.at,
        }),
    }
}

fn renewal(row: &RenewalRow) -> Message {
    Message {
        topic: "membership.renewed",
        payload: json!({
            "id": row.id, "membership_id": row.membership, "store_id": row.store, "at": row.at,
            "was_valid_through": row.was_valid_through, "valid_through": row.valid_through, "reopened": row.reopened,
        }),
    }
}

fn bill(row: &BillRow) -> Message {
    let topic = match row.kind {
        BillKind::Sale => "sale.created",
        BillKind::Return => "return.created",
        BillKind::Redemption => "redemption.created",
        BillKind::Cancellation => "redemption.cancelled",
        BillKind::TopUp => "top_up.created",
        BillKind::TopUpRefund => "top_up.refunded",
        BillKind::PassUse => "pass.used",
        BillKind::PassUseCancellation => "pass.use_cancelled",
        BillKind::PassRefund => "pass.refunded",
    };
    Message {
        topic,
        payload: json!({
            "id": row.id, "store_id": row.key.store, "source": row.key.source, "till": row.key.till,
            "receipt": row.key.receipt, "business_date": row.key.business_date, "occurred_at": row.occurred_at,
            "customer_id": row.customer, "membership_id": row.membership, "original_id": row.original,
            "reward_id": row.reward, "total": row.total, "paid": row.paid, "earned": row.earned, "spent": row.spent,
            "judgement": row.judgement,
        }),
    }
}

fn judged(row: &BillMembership) -> Message {
    Message {
        topic: "sale.judged",
        payload: json!({
            "id": row.bill, "membership_id": row.membership, "earned": row.earned, "judgement": row.judgement,
        }),
    }
}

fn tier(row: &TierChangeRow) -> Message {
    Message {
        topic: "tier.changed",
        payload: json!({
            "membership_id": row.membership, "from": row.from, "to": row.to, "kind": row.kind, "at": row.at,
            "cause_id": row.cause, "valid_through": row.valid_through, "figures": row.measured,
        }),
    }
}

fn card(event: &CardEvent) -> Message {
    Message {
        topic: "card.changed",
        payload: json!({
            "card_id": event.card, "operation": event.operation, "from": event.from, "to": event.to, "at": event.at,
        }),
    }
}
