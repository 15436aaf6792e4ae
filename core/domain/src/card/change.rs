//! What an operation changes.

use super::operations::{CardOp, apply, transition};
use super::{Block, Card, CardNumber, CardState, ReplacementCause};
use crate::calendar::{Day, Instant};
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::rows::{CardRow, CardUpdate, Rows};

/// Any operation but a replacement, which needs a new number ([`decide_replace`]): what is saved. `card` is as
/// afterwards. An approval is `by` somebody else than who entered the application.
///
/// # Errors
/// `card_state`, `second_person_needed`; `card` is then untouched.
pub fn decide_card(card: &mut Card, op: CardOp, by: Option<StaffId>) -> Result<Rows, Refusal> {
    let (state, blocks) = apply(card.at(), op)?;
    if op == CardOp::Approve {
        if card.entered_by.is_some() && card.entered_by == by {
            return Err(Refusal::new(
                Code::SecondPersonNeeded,
                "办卡申请须由录入人以外的人审核。",
                "The application must be approved by somebody else than who entered it.",
            ));
        }
        card.awaits_approval = false;
    }
    card.state = state;
    card.blocks = blocks;
    card.version += 1;
    Ok(Rows {
        card_updates: vec![card.update()],
        ..Rows::default()
    })
}

/// Voids a card with its membership; false for one that is at its end already. Its block `expired` says that its time
/// was over, which nobody's cancelling says.
pub(crate) fn expire(card: &mut Card) -> bool {
    if !void(card) {
        return false;
    }
    if !card.blocks.contains(&Block::Expired) {
        card.blocks.push(Block::Expired);
        card.blocks.sort_unstable();
    }
    true
}

/// Voids a card that should never have been; false for one that is at its end already.
pub(crate) fn void(card: &mut Card) -> bool {
    let Some((state, blocks)) = transition(card.at(), CardOp::Cancel) else {
        return false;
    };
    card.state = state;
    card.blocks = blocks;
    card.version += 1;
    true
}

/// Gives a card that ends with its membership the membership's new end, and undoes what the old one has done to it; false
/// for one with an end of its own, or at its end by other reasons. What people did to it, a loss or a freeze, stays.
pub(crate) fn renew(card: &mut Card, was: Day, until: Day) -> bool {
    let timed_out = card.state == CardState::Void && card.blocks.contains(&Block::Expired);
    let goes_on = matches!(card.state, CardState::Active | CardState::Applied) || timed_out;
    if !goes_on || card.valid_through != Some(was) {
        return false;
    }
    if timed_out {
        card.state = CardState::Active;
    }
    card.blocks.retain(|block| *block != Block::Expired);
    card.valid_through = Some(until);
    card.version += 1;
    true
}

/// Takes a card out of use with its membership, which goes on as another one: it says which card of that works. None for one
/// that is at its end already.
pub(crate) fn merge(card: &mut Card, current: Option<CardId>) -> Option<CardUpdate> {
    if !matches!(card.state, CardState::Active | CardState::Applied) {
        return None;
    }
    card.state = CardState::Merged;
    card.replaced_by = current;
    card.version += 1;
    Some(card.update())
}

/// Gives a merged card the state back that it had, with what people had done to it; None for one that isn't merged.
pub(crate) fn unmerge(card: &mut Card, state: CardState) -> Option<CardUpdate> {
    if card.state != CardState::Merged {
        return None;
    }
    card.state = state;
    card.replaced_by = None;
    card.version += 1;
    Some(card.update())
}

/// Blocks a card after too many wrong PINs; None for one that is blocked so, or at its end.
pub fn lock(card: &mut Card) -> Option<CardUpdate> {
    if card.state != CardState::Active || card.blocks.contains(&Block::Pin) {
        return None;
    }
    card.blocks.push(Block::Pin);
    card.blocks.sort_unstable();
    card.version += 1;
    Some(card.update())
}

/// The new card of a replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceArgs {
    pub id: CardId,
    pub number: CardNumber,
    pub store: StoreId,
    pub cause: ReplacementCause,
    pub now: Instant,
}

/// A new number of the same membership; the old one resolves to `replaced` for ever, each points at the other, and no
/// posting moves (D-CARD-5, -6). A lost card was reported before; a damaged one needs no report.
///
/// # Errors
/// `card_state`; `card` is then untouched.
pub fn decide_replace(card: &mut Card, args: &ReplaceArgs) -> Result<(Rows, Card), Refusal> {
    let (state, blocks) = apply(card.at(), CardOp::Replace)?;
    if args.cause.needs().is_some_and(|block| !card.blocks.contains(&block)) {
        return Err(Refusal::new(
            Code::CardState,
            "此卡尚未挂失，不能按遗失补卡；请先挂失，卡损坏的请选“损坏”。",
            "The loss of the card wasn't reported; report it first, or say that the card is damaged.",
        )
        .with(|facts| {
            facts.state = Some(card.state);
            facts.blocks.clone_from(&card.blocks);
            facts.allowed = vec![CardOp::ReportLoss.to_string()];
        }));
    }
    card.state = state;
    card.blocks = blocks;
    card.replaced_by = Some(args.id);
    card.version += 1;
    let row = CardRow {
        id: args.id,
        membership: card.membership,
        number: args.number.clone(),
        kind: card.kind,
        state: CardState::Active,
        awaits_approval: false,
        entered_by: None,
        store: args.store,
        issued_at: args.now,
        valid_through: card.valid_through,
        replaces: Some(card.id),
        holder_staff: card.holder_staff,
    };
    let new = Card::issued(&row);
    Ok((
        Rows {
            cards: vec![row],
            card_updates: vec![card.update()],
            ..Rows::default()
        },
        new,
    ))
}
