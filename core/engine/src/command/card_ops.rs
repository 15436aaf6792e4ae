//! What people do to a card: freeze, report a loss, cancel it, void it, replace it (D-CARD-4, -5, -6).

use super::answer::{CardAnswer, answered as shown};
use super::desk::{Desk, check_reason, new_number, no_such_card, stale};
use super::told;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::store::Answer;
use crate::store::writer::ledger::{CardEvent, Decision, LedgerCommand, LoadedCard, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, save};
use cardea_domain::card::{Block, Card, CardNumber, CardOp, ReplaceArgs, decide_card, decide_replace};
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Refusal};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

// The reason has 1–200 characters.
/// Why an operation on a card is done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardOperation {
    #[schema(example = "钱包丢失")]
    pub reason: String,
    /// By phone: the call-back questions were answered; `report-loss` by phone demands it.
    pub caller_verified: Option<bool>,
    /// The identity document was seen; `cancel-loss` demands it, `report-loss` at the counter says true or false.
    pub identity_checked: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardReplacement {
    #[schema(example = "补卡")]
    pub reason: String,
    /// The store that hands out the new card.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
}

/// Freeze, unfreeze, report or cancel a loss, void.
#[derive(Clone, Debug)]
pub struct Operate {
    pub card: CardId,
    /// Anything but `Replace`, which is a command of its own.
    pub op: CardOp,
    pub operation: CardOperation,
}

/// A new number of the same membership, for a lost or damaged card.
#[derive(Clone, Debug)]
pub struct Replace {
    pub card: CardId,
    pub replacement: CardReplacement,
    /// Import and demo choose; None: a random one.
    pub number: Option<CardNumber>,
}

impl Operate {
    pub(super) fn name(&self) -> &'static str {
        match self.op {
            CardOp::Freeze => "card.freeze",
            CardOp::Unfreeze => "card.unfreeze",
            CardOp::ReportLoss => "card.report_loss",
            CardOp::CancelLoss => "card.cancel_loss",
            CardOp::Replace => "card.replace",
            CardOp::Cancel => "card.cancel",
        }
    }

    fn action(&self) -> Action {
        match self.op {
            CardOp::Freeze => Action::CardFreeze,
            CardOp::Unfreeze => Action::CardUnfreeze,
            CardOp::ReportLoss => Action::CardReportLoss,
            CardOp::CancelLoss => Action::CardCancelLoss,
            CardOp::Replace => Action::CardReplace,
            CardOp::Cancel => Action::CardCancel,
        }
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let card = find(desk, self.card)?;
        desk.actor.require(self.action(), Some(card.card.store))?;
        check_reason(&self.operation.reason)?;
        if self.op == CardOp::Replace {
            return Err(Error::internal("a replacement is a command of its own"));
        }
        Ok(Box::new(Operating {
            frame: Frame::new(desk, &card.card)?,
            command: self.clone(),
        }))
    }
}

impl Operate {
    /// What must have been asked before: who is on the telephone, whose card was found. At the counter a loss is taken
    /// with or without a document; either is recorded (D-CARD-5).
    fn check_confirmed(&self) -> Result<(), Refusal> {
        let at = |pointer, zh: &str, en: &str| Err(Refusal::new(Code::FieldInvalid, zh, en).at(pointer));
        match (self.op, self.operation.caller_verified, self.operation.identity_checked) {
            (CardOp::CancelLoss, _, Some(true)) => Ok(()),
            (CardOp::CancelLoss, ..) => at(
                "/identity_checked",
                "解挂须先核对持卡人身份证件",
                "Check the holder's identity document first",
            ),
            (CardOp::ReportLoss, None | Some(false), None) => at(
                "/caller_verified",
                "电话挂失须先按预留问题核对来电人；在柜台挂失请注明是否核对了证件",
                "By phone, ask the call-back questions first; at the counter, say whether the document was seen",
            ),
            _ => Ok(()),
        }
    }
}

impl Replace {
    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        desk.actor
            .require(Action::CardReplace, Some(self.replacement.store_id))?;
        check_reason(&self.replacement.reason)?;
        desk.store(self.replacement.store_id)?;
        let card = find(desk, self.card)?;
        Ok(Box::new(Replacing {
            frame: Frame::new(desk, &card.card)?,
            chosen: self.number.is_some(),
            number: self.number.clone().map_or_else(new_number, Ok)?,
            new: CardId(Uuid::now_v7()),
            command: self.clone(),
        }))
    }
}

fn find(desk: &Desk, id: CardId) -> Result<LoadedCard> {
    let card = desk
        .engine
        .read(desk.chain(), |conn| load::card(conn, desk.chain(), id))?;
    Ok(card.ok_or_else(no_such_card)?)
}

/// What every operation on a card shares.
struct Frame {
    card: CardId,
    membership: MembershipId,
    customer: Option<CustomerId>,
    ladder: Ladder,
    now: Instant,
}

impl Frame {
    fn new(desk: &Desk, card: &Card) -> Result<Self> {
        let now = desk.now(None);
        let head = desk.member_head(card.membership)?;
        let ladder = desk.configuration(head.program, now)?.ladder.clone();
        Ok(Self {
            card: card.id,
            membership: card.membership,
            customer: head.customer,
            ladder,
            now,
        })
    }

    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: None,
                upgrades: false,
            }],
            cards: vec![self.card],
            ..Needs::default()
        }
    }

    /// The decision, with its event and audit row; `answered` is the card that is shown.
    fn decision(
        &self,
        state: &mut State,
        rows: Rows,
        answered: &Card,
        status: fn(&CardAnswer) -> Result<Answer>,
        event: CardEvent,
    ) -> Result<Decision, Refusal> {
        let member = state.take(Some(self.membership)).ok_or_else(stale)?;
        let answer = status(&shown(answered, &member, &self.ladder, self.now))?;
        let mut decision = Decision::new(rows, answer);
        let action = action_of(event.operation);
        // The reason is free text, which may name people: it stands with the card's event, which can be scrubbed.
        let detail = json!({ "detail": event.detail, "blocks": event.blocks });
        decision.notes.audit.push(AuditRow {
            action,
            subject: Some(self.card.0),
            detail,
        });
        if let Some(customer) = self.customer {
            decision.notes.notices.extend(told::of_card(&event, answered, customer));
        }
        decision.card_events.push(event);
        Ok(decision)
    }
}

fn action_of(operation: &str) -> &'static str {
    match operation {
        "freeze" => "card.freeze",
        "unfreeze" => "card.unfreeze",
        "report_loss" => "card.report_loss",
        "cancel_loss" => "card.cancel_loss",
        "cancel" => "card.cancel",
        _ => "card.replace",
    }
}

struct Operating {
    frame: Frame,
    command: Operate,
}

impl LedgerCommand for Operating {
    fn needs(&self) -> Needs {
        self.frame.needs()
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut card = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?.card;
        let from = card.state.as_str();
        let rows = decide_card(&mut card, self.command.op)?;
        self.command.check_confirmed()?;
        let event = CardEvent {
            card: card.id,
            operation: self.command.op.as_str(),
            store: None,
            reason: Some(self.command.operation.reason.trim().to_owned()),
            detail: json!({
                "caller_verified": self.command.operation.caller_verified,
                "identity_checked": self.command.operation.identity_checked,
            }),
            at: self.frame.now,
            from,
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        };
        self.frame.decision(state, rows, &card, Answer::ok, event)
    }
}

struct Replacing {
    frame: Frame,
    command: Replace,
    number: CardNumber,
    /// Whether the caller chose the number.
    chosen: bool,
    new: CardId,
}

impl LedgerCommand for Replacing {
    fn needs(&self) -> Needs {
        Needs {
            number: Some(self.number.clone()),
            ..self.frame.needs()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        check_number(state, self.chosen)?;
        let loaded = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?;
        let expired = loaded.expired(self.frame.now);
        let mut card = loaded.card;
        // An end that no job has booked yet is an end all the same.
        if expired {
            card.blocks.push(Block::Expired);
        }
        let from = card.state.as_str();
        let args = ReplaceArgs {
            id: self.new,
            number: self.number.clone(),
            store: self.command.replacement.store_id,
            now: self.frame.now,
        };
        let (rows, new) = decide_replace(&mut card, &args)?;
        let event = CardEvent {
            card: card.id,
            operation: CardOp::Replace.as_str(),
            store: Some(self.command.replacement.store_id),
            reason: Some(self.command.replacement.reason.trim().to_owned()),
            detail: json!({ "replaced_by": new.id }),
            at: self.frame.now,
            from,
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        };
        self.frame.decision(state, rows, &new, Answer::created, event)
    }
}

/// # Errors
/// `already_exists` for a number the caller chose; a random one is drawn again.
pub(super) fn check_number(state: &State, chosen: bool) -> Result<(), Refusal> {
    match (state.number_taken, chosen) {
        (false, _) => Ok(()),
        (true, true) => {
            Err(Refusal::new(Code::AlreadyExists, "卡号已被使用", "The card number is in use").at("/number"))
        }
        (true, false) => Err(stale()),
    }
}
