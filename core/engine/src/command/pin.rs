//! PINs of cards (D-CARD-10): set, changed, reset, and judged.
//!
//! Judging takes three steps, so that no number of wrong ones at once gets more than five answers: the writer counts a try
//! before it is judged and refuses the sixth, argon2 judges off the request threads, and the writer notes how it went.

use super::Command;
use super::card_ops::{CardOperation, Frame, find, permit};
use super::desk::{Desk, check_reason, no_such_card, stale};
use super::judge_pin::Used;
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::store::writer::ledger::{Decision, LedgerCommand, Needs, State};
use crate::store::{Answer, Answered, IdempotencyKey};
use cardea_domain::card::{CardOp, decide_card, operation};
use cardea_domain::id::*;
use cardea_domain::rows::PinRow;
use cardea_domain::{Code, Refusal};
use serde::Deserialize;
use serde_json::json;
use std::fmt;
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// Six digits. Kept nowhere, and never shown.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pin(Zeroizing<String>);

impl Pin {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// # Errors
    /// `field_invalid` for one that anybody would try first.
    fn check_new(&self) -> Result<(), Refusal> {
        let digits = self.0.as_bytes();
        let steps: Vec<i16> = digits
            .windows(2)
            .map(|two| i16::from(two[1]) - i16::from(two[0]))
            .collect();
        if steps.windows(2).all(|two| two[0] == two[1]) && steps[0].abs() <= 1 {
            let zh = "密码过于简单，不能用相同或连续的数字";
            let en = "The PIN is too easy: not one digit six times, nor six in a row";
            return Err(Refusal::new(Code::FieldInvalid, zh, en).at("/pin"));
        }
        Ok(())
    }
}

impl TryFrom<String> for Pin {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = Zeroizing::new(text);
        match text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
            true => Ok(Self(text)),
            false => Err("a PIN has six digits"),
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// A card's PIN, typed by its holder: the first one, or another one in the place of `old_pin`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPin {
    /// Six digits, not all alike nor in a row.
    #[schema(value_type = String, example = "471902")]
    pub pin: Pin,
    /// To change it.
    #[schema(value_type = Option<String>, example = "820416")]
    pub old_pin: Option<Pin>,
    /// The holder's identity document was seen; the first PIN demands it.
    pub identity_checked: Option<bool>,
}

/// Another PIN for a holder who doesn't know the old one.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinReset {
    #[schema(value_type = String, example = "471902")]
    pub pin: Pin,
    #[schema(example = "忘记密码")]
    pub reason: String,
    /// The holder's identity document was seen; it is demanded.
    pub identity_checked: Option<bool>,
}

/// A PIN to be set.
#[derive(Clone, Debug)]
pub struct SetPin {
    pub card: CardId,
    /// `SetPin`, `ChangePin` or `ResetPin`.
    op: CardOp,
    pin: Pin,
    old: Option<Pin>,
    operation: CardOperation,
    /// Once it was made.
    hash: Option<String>,
}

impl SetPin {
    pub fn new(card: CardId, new: NewPin) -> Self {
        Self {
            card,
            op: if new.old_pin.is_some() {
                CardOp::ChangePin
            } else {
                CardOp::SetPin
            },
            pin: new.pin,
            old: new.old_pin,
            operation: CardOperation {
                identity_checked: new.identity_checked,
                ..CardOperation::default()
            },
            hash: None,
        }
    }

    pub fn reset(card: CardId, reset: PinReset) -> Self {
        Self {
            card,
            op: CardOp::ResetPin,
            pin: reset.pin,
            old: None,
            operation: CardOperation {
                reason: reset.reason,
                identity_checked: reset.identity_checked,
                ..CardOperation::default()
            },
            hash: None,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        operation(self.op).name
    }

    /// What is to be judged before.
    pub(super) fn old(&self) -> Option<Used<'_>> {
        self.old.as_ref().map(|pin| Used { card: self.card, pin })
    }

    pub(super) fn propose(&self, desk: &Desk) -> Result<Box<dyn LedgerCommand>> {
        let card = find(desk, self.card)?.card;
        permit(desk, self.op, card.store)?;
        if self.op == CardOp::ResetPin {
            check_reason(&self.operation.reason)?;
        }
        Ok(Box::new(Setting {
            frame: Frame::new(desk, &card)?,
            hash: self
                .hash
                .clone()
                .ok_or_else(|| crate::error::Error::internal("a PIN without its hash"))?,
            command: self.clone(),
        }))
    }
}

impl Engine {
    /// Sets, changes or resets a PIN.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`, `card_state`; `already_exists` for a first PIN where there is one; `pin_wrong`,
    /// `card_blocked` for the old one.
    pub async fn set_pin(&self, actor: &Actor, key: IdempotencyKey, mut setting: SetPin) -> Result<Answered, Refusal> {
        setting.pin.check_new()?;
        // Whoever may not do it gets no PIN hashed or judged.
        {
            let desk = Desk::new(self, actor, super::Purpose::Post);
            permit(&desk, setting.op, find(&desk, setting.card)?.card.store)?;
        }
        let peppered = self
            .keys()
            .chain(actor.chain)
            .pepper(setting.card, setting.pin.as_str());
        setting.hash = Some(self.identity().passwords.hash_pin(&peppered).await?);
        self.execute(actor, Some(key), &Command::SetPin(setting)).await
    }
}

struct Setting {
    frame: Frame,
    hash: String,
    command: SetPin,
}

impl LedgerCommand for Setting {
    fn needs(&self) -> Needs {
        Needs {
            pin_of: Some(self.frame.card),
            ..self.frame.needs()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let SetPin {
            op, operation: told, ..
        } = &self.command;
        let mut card = state.cards.remove(&self.frame.card).ok_or_else(no_such_card)?.card;
        let from = card.state;
        let mut rows = decide_card(&mut card, *op, None)?;
        operation(*op).check(told, self.frame.now)?;
        match (op, &state.pin) {
            (CardOp::SetPin, Some(_)) => {
                return Err(Refusal::new(
                    Code::AlreadyExists,
                    "此卡已设密码；修改须输入原密码，忘记密码请核对证件后重置。",
                    "The card has a PIN; to change it, give the old one, or reset it after an identity check.",
                ));
            }
            // It was judged right, and is gone.
            (CardOp::ChangePin, None) => return Err(stale()),
            _ => {}
        }
        rows.pins.push(PinRow {
            card: card.id,
            hash: self.hash.clone(),
            tries: 0,
            set_at: self.frame.now,
        });
        let detail = json!({ "identity_checked": told.identity_checked });
        let event = self
            .frame
            .event(*op, from, &card, told.reason.trim().to_owned(), detail);
        self.frame.decision(state, (*op, rows), &card, Answer::ok, event)
    }
}
