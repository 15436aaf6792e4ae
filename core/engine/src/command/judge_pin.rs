//! Whether a PIN is right: a try is counted, judged, and noted.

use super::Command;
use super::desk::{Desk, no_such_card};
use super::pin::Pin;
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::writer::ledger::{CardEvent, Decision, LedgerCommand, Needs, State};
use crate::store::writer::{AuditRow, Failure, Work, credentials, load, save};
use crate::store::{Answer, IdempotencyKey, Lane};
use cardea_domain::card::{At, Block, Card, CardState, lock, usable};
use cardea_domain::id::*;
use cardea_domain::rows::{PinRow, Rows};
use cardea_domain::{Code, Instant, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;

/// Wrong ones in a row until the card is locked.
pub const MOST_TRIES: i64 = 5;

/// A PIN that came with the use of a card.
pub(super) struct Used<'a> {
    pub card: CardId,
    pub pin: &'a Pin,
}

/// What the writer says of a try.
#[derive(Serialize, Deserialize)]
struct Counted {
    /// No try is left: nothing is judged.
    locked: bool,
    tries: i64,
}

impl Engine {
    /// A command whose PIN was found right, if it has one; None: it has none, or is known and gets its first answer.
    ///
    /// # Errors
    /// `pin_wrong` with the tries that are left, `card_blocked` once there are none; `field_invalid` for a PIN without a
    /// card, or of a card that has none.
    pub(super) async fn with_judged_pin(
        &self,
        actor: &Arc<Actor>,
        key: Option<&IdempotencyKey>,
        command: &Command,
    ) -> Result<Option<Command>, Refusal> {
        // The desk isn't for other threads: it goes before anything is waited for.
        let (card, pin, pointer) = {
            let desk = Desk::new(self, actor, super::Purpose::Post);
            if !command.carries_pin() || self.known(&desk, key, command)?.is_some() {
                return Ok(None);
            }
            let Some((used, pointer)) = command.pin(&desk)? else {
                return Ok(None);
            };
            (used.card, used.pin.clone(), pointer)
        };
        let pin_of = |conn: &mut _| credentials::pin(conn, actor.chain, card);
        let Some(kept) = self.read(actor.chain, pin_of)? else {
            return Err(Refusal::new(Code::FieldInvalid, "此卡未设密码", "The card has no PIN").at(pointer));
        };
        let counted: Counted = self.pin_step(actor, card, Step::Try(kept.hash.clone())).await?;
        if counted.locked {
            return Err(locked());
        }
        let peppered = self.keys().chain(actor.chain).pepper(card, pin.as_str());
        let right = self.identity().passwords.verify(&peppered, Some(&kept.hash)).await?;
        let noted: Counted = self.pin_step(actor, card, Step::Verdict(right)).await?;
        if right {
            return Ok(Some(command.judged(card)));
        }
        let left = (MOST_TRIES - counted.tries.max(noted.tries)).max(0);
        let (zh, en) = match left {
            0 => (
                "卡密码不对，此卡已锁定；核对持卡人证件后可解锁。".to_owned(),
                "The PIN is wrong, and the card is locked now; unlock it after an identity check.".to_owned(),
            ),
            _ => (
                format!("卡密码不对，还可再试 {left} 次。"),
                format!("The PIN is wrong; {left} tries are left."),
            ),
        };
        Err(Refusal::new(Code::PinWrong, zh, en)
            .at(pointer)
            .with(|facts| facts.tries_left = Some(left)))
    }

    async fn pin_step(&self, actor: &Arc<Actor>, card: CardId, step: Step) -> Result<Counted, Refusal> {
        let now = self.clock().business(actor.chain);
        let work = Work::Ledger(Box::new(Judging { card, step, now }));
        match self
            .submit(Lane::Interactive, actor.clone(), None, "card.judge_pin", work)
            .await
        {
            Ok(answered) => serde_json::from_str(&answered.json).map_err(|e| Error::from(e).into()),
            Err(Failure::Refused(refusal)) => Err(*refusal),
            Err(Failure::Stale) => Err(super::desk::stale()),
        }
    }
}

/// As of a card whose tries are used up, whether or not the block is written already.
fn locked() -> Refusal {
    let blocks = [Block::Pin];
    match usable(At::new(CardState::Active, &blocks), false, None) {
        Err(refusal) => refusal,
        Ok(()) => Error::internal("a locked card works").into(),
    }
}

enum Step {
    /// Counts a try at this hash.
    Try(String),
    /// It was right, or wrong.
    Verdict(bool),
}

struct Judging {
    card: CardId,
    step: Step,
    now: Instant,
}

impl Judging {
    fn lock(&self, card: &mut Card, rows: &mut Rows) -> Option<CardEvent> {
        let from = card.state;
        rows.card_updates.push(lock(card)?);
        Some(CardEvent {
            card: card.id,
            operation: "lock_pin",
            store: None,
            reason: None,
            finder: None,
            detail: json!({}),
            at: self.now,
            from: from.as_str(),
            to: card.state.as_str(),
            blocks: save::blocks_text(&card.blocks),
        })
    }
}

impl LedgerCommand for Judging {
    fn needs(&self) -> Needs {
        Needs {
            cards: vec![self.card],
            pin_of: Some(self.card),
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let loaded = state.cards.remove(&self.card).ok_or_else(no_such_card)?;
        let pin = state.pin.take().ok_or_else(super::desk::stale)?;
        let mut rows = Rows::default();
        let mut event = None;
        let mut tries = pin.tries;
        let exhausted = tries >= MOST_TRIES;
        match &self.step {
            Step::Try(_) => loaded.check_usable(self.now)?,
            Step::Verdict(_) => {}
        }
        let mut card = loaded.card;
        match &self.step {
            // Another PIN has been set meanwhile.
            Step::Try(hash) if *hash != pin.hash => return Err(super::desk::stale()),
            Step::Try(_) if exhausted => event = self.lock(&mut card, &mut rows),
            Step::Try(_) => tries += 1,
            Step::Verdict(true) => tries = 0,
            Step::Verdict(false) if exhausted => event = self.lock(&mut card, &mut rows),
            Step::Verdict(false) => {}
        }
        if tries != pin.tries {
            rows.pins.push(PinRow { tries, ..pin });
        }
        let locked = matches!(self.step, Step::Try(_)) && exhausted;
        let mut decision = Decision::new(rows, Answer::ok(&Counted { locked, tries })?);
        if let Some(event) = event {
            decision.notes.audit.push(AuditRow {
                action: "card.lock_pin",
                subject: Some(self.card.0),
                detail: json!({ "tries": tries }),
            });
            decision.card_events.push(event);
        }
        Ok(decision)
    }
}

/// The card that a number or a code stands for, if there is one.
pub(super) fn card_at_hand(desk: &Desk, shown: &str) -> Result<Option<CardId>> {
    let chain = desk.chain();
    if let Some(code) = super::code::parse(shown) {
        return Ok(Some(super::code::resolve(desk, &code)?.card.card.id));
    }
    let card = desk
        .engine
        .read(chain, |conn| load::card_by_number(conn, chain, shown))?;
    Ok(card.map(|card| card.card.id))
}
