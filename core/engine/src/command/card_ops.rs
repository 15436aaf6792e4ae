//! What people do to a card: freeze, report a loss, cancel it, void it (D-CARD-4, -5).

use super::answer::{CardAnswer, answered as shown};
use super::desk::{Desk, no_such_card, stale};
use super::told;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::keys::ChainKeys;
use crate::store::Answer;
use crate::store::writer::ledger::{CardEvent, Decision, LedgerCommand, LoadedCard, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load, save};
pub use cardea_domain::card::CardOperation;
use cardea_domain::card::{Card, CardOp, CardState, decide_card, operation};
use cardea_domain::id::*;
use cardea_domain::rows::{PinRow, Rows};
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Refusal};
use serde_json::json;

/// Freeze, unfreeze, report or cancel a loss, void.
#[derive(Clone, Debug)]
pub struct Operate {
    pub card: CardId,
    /// Anything but `Replace`, which is a command of its own.
    pub op: CardOp,
    pub operation: CardOperation,
}

impl Operate {
    pub(super) fn name(&self) -> &'static str {
        operation(self.op).name
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let card = find(desk, self.card)?;
        permit(desk, self.op, card.card.store)?;
        if matches!(
            self.op,
            CardOp::Replace | CardOp::Return | CardOp::Reject | CardOp::SetPin | CardOp::ChangePin | CardOp::ResetPin
        ) {
            return Err(Error::internal(format!("{} is a command of its own", self.op)));
        }
        Ok(Box::new(Operating {
            frame: Frame::new(desk, &card.card)?,
            finder: self.finder(desk)?,
            command: self.clone(),
        }))
    }

    /// Of a card that is handed in: by whom, sealed under the chain's key, for a finder is no customer.
    fn finder(&self, desk: &Desk) -> Result<Option<Vec<u8>>> {
        let by = self.operation.handed_in_by.as_deref().map(str::trim);
        let Some(by) = by.filter(|_| self.op == CardOp::HandIn) else {
            return Ok(None);
        };
        let keys = desk.engine.keys().chain(desk.chain());
        let sealed = keys.seal_text(&finder_of(self.card), by.as_bytes());
        Ok(Some(sealed.map_err(Error::internal)?))
    }
}

/// What seals who handed a card in: moved to another card's story, it doesn't open.
fn finder_of(card: CardId) -> Vec<u8> {
    [b"card-finder/".as_slice(), card.0.as_bytes()].concat()
}

/// Who handed a card in, as it was told.
pub(crate) fn open_finder(keys: &ChainKeys, card: CardId, sealed: &[u8]) -> Result<String> {
    let clear = keys.open_text(&finder_of(card), sealed).map_err(Error::internal)?;
    Ok(std::str::from_utf8(&clear).map_err(Error::internal)?.to_owned())
}

/// Demands the permission that the table of operations names.
pub(super) fn permit(desk: &Desk, op: CardOp, store: StoreId) -> Result<()> {
    let name = operation(op).permission;
    let action = Action::named(name).ok_or_else(|| Error::internal(format!("there is no permission {name}")))?;
    Ok(desk.actor.require(action, Some(store))?)
}

pub(super) fn find(desk: &Desk, id: CardId) -> Result<LoadedCard> {
    let card = desk
        .engine
        .read(desk.chain(), |conn| load::card(conn, desk.chain(), id))?;
    Ok(card.ok_or_else(no_such_card)?)
}

/// What every operation on a card shares.
pub(super) struct Frame {
    pub card: CardId,
    pub membership: MembershipId,
    customer: Option<CustomerId>,
    ladder: Ladder,
    staff: Option<StaffId>,
    pub now: Instant,
}

impl Frame {
    pub fn new(desk: &Desk, card: &Card) -> Result<Self> {
        let now = desk.now(None);
        let head = desk.member_head(card.membership)?;
        let ladder = desk.configuration(head.program, now)?.ladder.clone();
        Ok(Self {
            card: card.id,
            membership: card.membership,
            customer: head.customer,
            ladder,
            staff: desk.actor.staff,
            now,
        })
    }

    pub fn needs(&self) -> Needs {
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

    /// What happened to `card`, which stood in `from` before.
    pub fn event(
        &self,
        op: CardOp,
        from: CardState,
        card: &Card,
        reason: String,
        detail: serde_json::Value,
    ) -> CardEvent {
        CardEvent {
            card: card.id,
            operation: op.as_str(),
            store: None,
            reason: Some(reason).filter(|reason| !reason.is_empty()),
            finder: None,
            detail,
            at: self.now,
            from: from.as_str(),
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        }
    }

    /// The decision, with its event and audit row; `answered` is the card that is shown.
    pub fn decision(
        &self,
        state: &mut State,
        (op, rows): (CardOp, Rows),
        answered: &Card,
        status: fn(&CardAnswer) -> Result<Answer>,
        event: CardEvent,
    ) -> Result<Decision, Refusal> {
        let member = state.take(Some(self.membership)).ok_or_else(stale)?;
        let answer = status(&shown(answered, &member, &self.ladder, self.now))?;
        let mut decision = Decision::new(rows, answer);
        // The reason is free text: it stands with the card's event, not in the log.
        let detail = json!({ "detail": event.detail, "blocks": event.blocks });
        decision.notes.audit.push(AuditRow {
            action: operation(op).name,
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

struct Operating {
    frame: Frame,
    command: Operate,
    /// Sealed.
    finder: Option<Vec<u8>>,
}

impl Operating {
    /// What was made sure of; of the call-back questions which were asked, never what was answered.
    fn detail(&self) -> serde_json::Value {
        let told = &self.command.operation;
        let mut detail = json!({
            "caller_verified": told.caller_verified,
            "identity_checked": told.identity_checked,
        });
        match self.command.op {
            CardOp::ReportLoss => {
                if !told.questions.is_empty() {
                    detail["questions"] = json!(told.questions);
                }
                if let Some(lost_at) = told.lost_at {
                    detail["lost_at"] = json!(lost_at);
                }
            }
            CardOp::Collect => {
                detail["handbook_given"] = json!(told.handbook_given);
                detail["use_explained"] = json!(told.use_explained);
            }
            _ => {}
        }
        detail
    }
}

impl LedgerCommand for Operating {
    fn needs(&self) -> Needs {
        Needs {
            pin_of: (self.command.op == CardOp::UnlockPin).then_some(self.frame.card),
            ..self.frame.needs()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let op = self.command.op;
        let mut card = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?.card;
        let from = card.state;
        let mut rows = decide_card(&mut card, op, self.frame.staff)?;
        operation(op).check(&self.command.operation, self.frame.now)?;
        rows.pins.extend(state.pin.take().map(|pin| PinRow { tries: 0, ..pin }));
        let reason = self.command.operation.reason.trim().to_owned();
        let mut event = self.frame.event(op, from, &card, reason, self.detail());
        event.finder.clone_from(&self.finder);
        self.frame.decision(state, (op, rows), &card, Answer::ok, event)
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
