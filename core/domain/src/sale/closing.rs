//! The end of a membership with its last card: the card was given back, or its application rejected (D-CARD-2, -9).

use super::Context;
use super::earn::draft;
use super::ends::end_of;
use crate::card::{Card, CardOp, CardState, decide_card};
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::ledger::{Account, Asset, AssetKind, Balance, Booking, EntryKind, Member};
use crate::money::format_minor;
use crate::rows::Rows;

/// Takes a card back, or rejects its application. With the last card that works or is applied for, the membership is
/// closed: its points are void, one entry per lot. `others` are the membership's further cards.
///
/// # Errors
/// `card_state`; `membership_holds` while the last card's membership has stored value, sessions or debts, with what is
/// left. Nothing has changed then.
pub fn decide_give_up(
    card: &mut Card,
    op: CardOp,
    others: &[Card],
    member: &mut Member,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<Rows, Refusal> {
    let stays = |other: &Card| other.id != card.id && matches!(other.state, CardState::Active | CardState::Applied);
    let last = member.open && !others.iter().any(stays);
    let mut after = card.clone();
    let mut rows = decide_card(&mut after, op, context.staff)?;
    if last {
        check_empty(member, context)?;
        let (rule, zh, en) = match op {
            CardOp::Reject => (
                "core.application_rejected",
                "办卡申请未通过，积分随之作废。",
                "The application for the card was rejected; the points end with it.",
            ),
            _ => (
                "core.card_returned",
                "退卡，会籍随之结束，积分作废。",
                "The card was returned and the membership closed; its points are void.",
            ),
        };
        close(member, (rule, Text::new(zh, en)), context, &mut rows, ids);
    }
    *card = after;
    Ok(rows)
}

fn close(member: &mut Member, (rule, text): (&str, Text), context: &Context, rows: &mut Rows, ids: &mut dyn NewIds) {
    let void = member.accounts.keys().filter(|asset| asset.ends_with_membership());
    let assets: Vec<Asset> = void.cloned().collect();
    for asset in assets {
        let mut booking = Booking::new(member, asset, end_of(context, context.now), rows, ids);
        let lots: Vec<LotId> = booking.account().lots.iter().map(|lot| lot.id).collect();
        for lot in lots {
            booking.expire(draft(EntryKind::Expire, rule.to_owned(), text.clone()), lot);
        }
        booking.finish();
    }
    member.open = false;
    rows.membership_updates.push(member.touch());
}

/// Whether nothing but points would be lost.
fn check_empty(member: &Member, context: &Context) -> Result<(), Refusal> {
    let left = |(asset, account): (&Asset, &Account)| {
        let balance = Balance {
            asset: asset.clone(),
            available: account.available(context.now),
            maturing: account.maturing(context.now),
            held: 0,
        };
        let worth = !asset.ends_with_membership() && account.lots.iter().any(|lot| lot.remaining > 0);
        (worth || account.debt > 0).then_some(balance)
    };
    let left: Vec<Balance> = member.accounts.iter().filter_map(left).collect();
    if left.is_empty() {
        return Ok(());
    }
    let words: Vec<Text> = left
        .iter()
        .map(|balance| in_words(balance, context.minor_units))
        .collect();
    let zh = words.iter().map(|text| text.zh.as_str()).collect::<Vec<_>>().join("、");
    let en = words.iter().map(|text| text.en.as_str()).collect::<Vec<_>>().join(", ");
    Err(Refusal::new(
        Code::MembershipHolds,
        format!("会籍尚有{zh}，不能退最后一张卡；请先退款、用完或结清。"),
        format!(
            "The membership still has {en}, so its last card can't be given back; refund, use up or settle it first."
        ),
    )
    .with(|facts| facts.left = left))
}

/// An amount of an asset: money for stored value, a number for all else.
fn in_words(balance: &Balance, minor_units: u32) -> Text {
    let asset = &balance.asset;
    let held = balance.available + balance.maturing;
    let amount = match asset.is_money() {
        true => format_minor(held.abs(), minor_units),
        false => held.abs().to_string(),
    };
    let service = asset.service().unwrap_or_default();
    let (zh, en) = match asset.kind() {
        AssetKind::Points => ("积分".to_owned(), "points".to_owned()),
        AssetKind::Principal => ("储值本金".to_owned(), "of stored value".to_owned()),
        AssetKind::Bonus => ("赠送金".to_owned(), "of bonus".to_owned()),
        AssetKind::Sessions => (format!("次卡“{service}”次数"), format!("sessions of {service}")),
        AssetKind::Unknown => (asset.0.clone(), asset.0.clone()),
    };
    if held < 0 {
        return Text::new(format!("欠{zh} {amount}"), format!("a debt of {amount} {en}"));
    }
    Text::new(format!("{zh} {amount}"), format!("{amount} {en}"))
}
