//! The end of a card in the holder's own wish, or of an application that isn't granted (D-CARD-2, -9).

use super::card_ops::{Frame, find, permit};
use super::desk::{Desk, check_reason, no_such_card, stale};
use crate::error::Result;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, LedgerCommand, Needs, State};
use cardea_domain::Refusal;
use cardea_domain::card::{Card, CardOp, CardOperation, operation};
use cardea_domain::id::*;
use cardea_domain::sale::{Context, decide_give_up};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// A card that its holder gives back for good.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardReturn {
    #[schema(example = "顾客退卡")]
    pub reason: String,
    /// The store that takes the card.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// The holder's identity document was seen; a return demands it.
    pub identity_checked: Option<bool>,
}

/// Returns a card, or rejects the application for one. With the last card the membership ends.
#[derive(Clone, Debug)]
pub struct GiveUp {
    pub card: CardId,
    /// `Return` or `Reject`.
    pub op: CardOp,
    /// Where it is done; None: in the issuing store.
    pub store: Option<StoreId>,
    pub operation: CardOperation,
}

impl GiveUp {
    pub fn returned(card: CardId, returned: CardReturn) -> Self {
        Self {
            card,
            op: CardOp::Return,
            store: Some(returned.store_id),
            operation: CardOperation {
                reason: returned.reason,
                identity_checked: returned.identity_checked,
                ..CardOperation::default()
            },
        }
    }

    pub(super) fn name(&self) -> &'static str {
        operation(self.op).name
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let card = find(desk, self.card)?.card;
        let store = self.store.unwrap_or(card.store);
        permit(desk, self.op, store)?;
        check_reason(&self.operation.reason)?;
        let now = desk.now(None);
        let member = desk.member_head(card.membership)?;
        let configuration = desk.configuration(member.program, now)?;
        Ok(Box::new(GivingUp {
            frame: Frame::new(desk, &card)?,
            context: desk.context(desk.store(store)?, Some(&configuration), now),
            command: self.clone(),
        }))
    }
}

struct GivingUp {
    frame: Frame,
    context: Context,
    command: GiveUp,
}

impl LedgerCommand for GivingUp {
    fn needs(&self) -> Needs {
        Needs {
            cards_of: Some(self.frame.membership),
            ..self.frame.needs()
        }
    }

    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let GiveUp {
            op, operation: told, ..
        } = &self.command;
        let mut card = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?.card;
        let others: Vec<Card> = state.cards.values().map(|loaded| loaded.card.clone()).collect();
        let mut member = state.take(Some(self.frame.membership)).ok_or_else(stale)?;
        let from = card.state;
        let rows = decide_give_up(&mut card, *op, &others, &mut member, &self.context, ids)?;
        operation(*op).check(told, self.frame.now)?;
        let detail = json!({ "identity_checked": told.identity_checked, "membership_closed": !member.open });
        let mut event = self
            .frame
            .event(*op, from, &card, told.reason.trim().to_owned(), detail);
        event.store = Some(self.context.store);
        state.members.insert(member.id, member);
        self.frame.decision(state, (*op, rows), &card, Answer::ok, event)
    }
}
