//! A membership goes to another person (D-CARD-13): with its number, points, value and tier, and without what only the one
//! before has known of its cards. Nothing lets a chain forbid it for what was paid for.

use super::Context;
use crate::card::{Card, CardKind, CardState};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::identifier::DocumentKind;
use crate::ledger::Member;
use crate::prepaid::{PrepaidRules, check_member};
use crate::rows::{HandOverRow, Rows};

/// Who gets a membership, and what both have shown.
#[derive(Clone, Debug)]
pub struct HandOverArgs {
    pub id: HolderTransferId,
    pub from: CustomerId,
    pub to: CustomerId,
    pub from_document: DocumentKind,
    pub to_document: DocumentKind,
    pub reason: String,
    /// Sales of the membership whose rules have failed and wait.
    pub unjudged: bool,
    /// The law that holds; None: nothing is known of one.
    pub rules: Option<&'static PrepaidRules>,
    /// Dynamic codes that could be used now, by their steps.
    pub steps: [i64; 2],
}

/// Hands a membership over. The caller knows that the new holder has no open membership in the program; `member` is as
/// afterwards.
///
/// # Errors
/// `membership_closed`; `not_found` where it isn't `from`'s; `card_kind` for staff and suppliers; `card_blocked` while a card
/// is frozen; `membership_holds` with a debt, an open hold or an unjudged sale; `prepaid_rule`. Nothing has changed then.
pub fn decide_hand_over(
    member: &mut Member,
    cards: &[Card],
    args: &HandOverArgs,
    context: &Context,
) -> Result<Rows, Refusal> {
    member.check_open(context.now)?;
    if member.customer != Some(args.from) {
        let (zh, en) = (
            "该会籍已不属于这位顾客。",
            "The membership isn't this customer's any more.",
        );
        return Err(Refusal::new(Code::NotFound, zh, en));
    }
    check_kinds(cards)?;
    check_settled(member, context, args.unjudged)?;
    if cards
        .iter()
        .any(|card| card.blocks.contains(&crate::card::Block::Frozen))
    {
        let zh = "该会籍有冻结中的卡，请先查明并解冻，再办理转让。";
        let en = "A card of the membership is frozen: find out why and unfreeze it, then hand the membership over.";
        return Err(Refusal::new(Code::CardBlocked, zh, en));
    }
    check_member(args.rules, member, 0, context.minor_units)?;
    member.customer = Some(args.to);
    let mut rows = Rows::default();
    for card in cards {
        rows.pins_forgotten.push(card.id);
        rows.codes_ended.extend(args.steps.map(|step| (card.id, step)));
    }
    rows.handed_over.push(HandOverRow {
        id: args.id,
        membership: member.id,
        from: args.from,
        to: args.to,
        store: context.store,
        staff: context.staff,
        from_document: args.from_document,
        to_document: args.to_document,
        reason: args.reason.clone(),
        at: context.now,
    });
    rows.membership_updates.push(member.touch());
    Ok(rows)
}

/// Cards of staff and suppliers come back to the chain (D-CARD-9), whoever would like to have them.
///
/// # Errors
/// `card_kind`
pub(super) fn check_kinds(cards: &[Card]) -> Result<(), Refusal> {
    let recovered = |card: &&Card| {
        matches!(card.kind, CardKind::Employee | CardKind::Supplier)
            && matches!(card.state, CardState::Active | CardState::Applied)
    };
    if !cards.iter().any(|card| recovered(&card)) {
        return Ok(());
    }
    let zh = "员工卡和供应商卡不能转让或合并：请先退卡收回，再为本人另办会员卡。";
    let en = "Cards of staff and suppliers are neither handed over nor merged: take the card back first, and issue a \
              customer's card instead.";
    Err(Refusal::new(Code::CardKind, zh, en))
}

/// Nothing of a membership is open that only its present holder can answer for.
///
/// # Errors
/// `membership_holds`, with what to do first.
fn check_settled(member: &Member, context: &Context, unjudged: bool) -> Result<(), Refusal> {
    check_no_holds(member, context)?;
    let refused = |zh: &str, en: &str| {
        let left = member.balances(context.now);
        Err(Refusal::new(Code::MembershipHolds, zh, en).with(|facts| facts.left = left))
    };
    if member.accounts.values().any(|account| account.debt > 0) {
        return refused(
            "该会籍尚有欠分或欠款：请先还清，再办理转让。",
            "The membership owes something: settle it first, then hand the membership over.",
        );
    }
    check_judged(unjudged)
}

/// # Errors
/// `membership_holds`
pub(super) fn check_no_holds(member: &Member, context: &Context) -> Result<(), Refusal> {
    if !member.holds.iter().any(|hold| context.now < hold.until) {
        return Ok(());
    }
    let zh = "该会籍有未结束的预留：请先扣用或释放预留，再办理。";
    let en = "Something of the membership is on hold: capture or release it first.";
    let left = member.balances(context.now);
    Err(Refusal::new(Code::MembershipHolds, zh, en).with(|facts| facts.left = left))
}

/// # Errors
/// `membership_holds`
pub(super) fn check_judged(unjudged: bool) -> Result<(), Refusal> {
    if !unjudged {
        return Ok(());
    }
    let zh = "该会籍有待补判的消费，积分尚未确定：请待补判后再办理。";
    let en = "A sale of the membership waits to be judged, so its points aren't known yet: wait until it is.";
    Err(Refusal::new(Code::MembershipHolds, zh, en))
}
