//! What members had in another system (D-LED-12): a membership with its card and what it brings, and the way back.

use super::issue::decide_issue;
use super::{Context, IssueArgs};
use crate::calendar::Day;
use crate::card::{self, Card};
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, AssetKind, Booking, EntryDraft, EntryKind, LotTerms, Member, Source};
use crate::money::format_minor;
use crate::prepaid::{PassTerms, Payer};
use crate::rows::{PassRow, Rows, TopUpRow};

/// One thing that a membership brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brought {
    pub asset: Asset,
    /// > 0; money in minor units.
    pub amount: i64,
    /// Last valid day, in the zone of the store; none: no end. Of sessions it is the pass's.
    pub through: Option<Day>,
    /// Of sessions: the pass that they are of, `amount` of them left.
    pub pass: Option<PassTerms>,
}

/// A membership of another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningArgs {
    /// Without a qualifying purchase.
    pub issue: IssueArgs,
    /// Since when it has been a membership there, not after today.
    pub joined: Day,
    pub brought: Vec<Brought>,
}

/// What was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningAnswer {
    pub card: Card,
    pub member: Member,
    /// One per thing that was brought, in their order.
    pub entries: Vec<EntryId>,
}

/// Opens a membership with its card and books what it brings, each a lot of its own. No limit of prepaid cards is asked:
/// what another system owes is owed already. Nothing of it counts for tiers, which begin at the ladder's first step.
///
/// # Errors
/// `field_invalid` for a validity that is over. Nothing has changed then.
pub fn decide_opening(
    args: &OpeningArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, OpeningAnswer), Refusal> {
    let (mut rows, issued) = decide_issue(None, &args.issue, context, ids)?;
    for membership in &mut rows.memberships {
        membership.opened_on = args.joined;
        membership.opened_at = context.zone.instant_at(args.joined, 0).unwrap_or(context.now);
    }
    let mut member = issued.member;
    let mut lots = Vec::new();
    for brought in &args.brought {
        let lot = bring(&mut member, (brought, args.joined), context, &mut rows, ids);
        lots.extend(lot.map(|lot| (brought, lot)));
    }
    refundable(&member, &lots, args.joined, (context, &mut rows), ids);
    let entries = rows.entries.iter().map(|entry| entry.id).collect();
    let answer = OpeningAnswer {
        card: issued.card,
        member,
        entries,
    };
    Ok((rows, answer))
}

fn bring(
    member: &mut Member,
    (brought, joined): (&Brought, Day),
    context: &Context,
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Option<LotId> {
    let end = brought.through.filter(|_| brought.pass.is_none());
    let terms = LotTerms {
        matures_at: None,
        expires_at: end.and_then(|last| context.zone.first_instant_after(last)),
    };
    let pass = brought.pass.as_ref().map(|terms| (BillId(ids.next_id()), terms));
    let draft = EntryDraft {
        kind: EntryKind::Opening,
        rule: "core.opening".to_owned(),
        explanation: told(brought, context),
        line: None,
        reverses: None,
    };
    let mut booking = Booking::new(member, brought.asset.clone(), source(context), rows, ids);
    let lot = booking.credit(draft, brought.amount, terms);
    booking.finish();
    if let Some((id, terms)) = pass {
        rows.passes.push(PassRow {
            id,
            membership: member.id,
            store: context.store,
            at: context.now,
            on: joined,
            service: terms.service.clone(),
            name: terms.name.clone(),
            sessions: terms.sessions,
            gifts: terms.gifts,
            paid: terms.paid,
            list: terms.list,
            valid_through: terms.valid_through,
            paid_lot: lot,
            gift_lot: None,
            staff: context.staff,
        });
    }
    lot
}

/// Value that was paid for can be paid back by reason (D-CARD-12): each lot of principal counts as a top-up of what it
/// brings, and takes one lot of bonus along. When it was paid isn't known: as long ago as the membership.
fn refundable(
    member: &Member,
    lots: &[(&Brought, LotId)],
    joined: Day,
    (context, rows): (&Context, &mut Rows),
    ids: &mut dyn NewIds,
) {
    let of = |kind| lots.iter().filter(move |(brought, _)| brought.asset.kind() == kind);
    let mut bonuses = of(AssetKind::Bonus);
    for (principal, lot) in of(AssetKind::Principal) {
        let bonus = bonuses.next();
        rows.top_ups.push(TopUpRow {
            id: BillId(ids.next_id()),
            membership: member.id,
            store: context.store,
            at: context.now,
            on: joined,
            paid: principal.amount,
            granted: bonus.map_or(0, |(brought, _)| brought.amount),
            offer: None,
            principal: Some(*lot),
            bonus: bonus.map(|(_, lot)| *lot),
            payer: Payer::Person,
            payer_id: None,
            staff: context.staff,
        });
    }
}

fn source(context: &Context) -> Source {
    Source {
        bill: None,
        store: Some(context.store),
        occurred_at: context.now,
        booked_at: context.now,
        judged_at: context.now,
        configuration: Some(context.configuration),
        input: None,
    }
}

fn told(brought: &Brought, context: &Context) -> Text {
    let amount = brought.amount;
    let money = || format_minor(amount, context.minor_units);
    let (zh, en) = match brought.asset.kind() {
        AssetKind::Principal => (format!("储值本金 {}", money()), format!("{} of stored value", money())),
        AssetKind::Bonus => (format!("赠送金 {}", money()), format!("{} of bonus value", money())),
        AssetKind::Sessions => {
            let name = brought.pass.as_ref().map_or("", |pass| pass.name.as_str());
            (
                format!("「{name}」{amount} 次"),
                format!("{amount} sessions of “{name}”"),
            )
        }
        AssetKind::Points | AssetKind::Unknown => (format!("{amount} 分"), format!("{amount} points")),
    };
    let (until_zh, until_en) = match brought.through {
        Some(last) => (format!("，有效期至 {last}"), format!(", good through {last}")),
        None => (String::new(), String::new()),
    };
    Text::new(
        format!("由原系统转入：{zh}{until_zh}。"),
        format!("Brought from the system before: {en}{until_en}."),
    )
}

/// Takes back what a membership brought: each lot by an entry that names the one that opened it, its cards void, the
/// membership closed. `opened` are its lots with their entries; whoever calls it has made sure that nothing else moved.
/// `member` and `cards` are as afterwards.
pub fn decide_opening_undo(
    member: &mut Member,
    cards: &mut [Card],
    opened: &[(LotId, EntryId)],
    context: &Context,
    ids: &mut dyn NewIds,
) -> Rows {
    let mut rows = Rows::default();
    let assets: Vec<Asset> = member.accounts.keys().cloned().collect();
    for asset in assets {
        let mut booking = Booking::new(member, asset, source(context), &mut rows, ids);
        let lots: Vec<LotId> = booking.account().lots.iter().map(|lot| lot.id).collect();
        for lot in lots {
            let entry = opened.iter().find(|(id, _)| *id == lot).map(|(_, entry)| *entry);
            let draft = EntryDraft {
                kind: EntryKind::Opening,
                rule: "core.opening_undone".to_owned(),
                explanation: Text::new(
                    "撤销从原系统的转入。",
                    "What was brought from the system before is taken back.",
                ),
                line: None,
                reverses: entry,
            };
            booking.withdraw(draft, lot);
        }
        booking.finish();
    }
    for card in cards.iter_mut() {
        if card::void(card) {
            rows.card_updates.push(card.update());
        }
    }
    member.open = false;
    rows.membership_updates.push(member.touch());
    rows
}
