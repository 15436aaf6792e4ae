//! Dynamic codes (D-CARD-14): shown for a card, and used once in its place.

use super::desk::Desk;
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::{begin_of, step_of};
use crate::store::writer::ledger::{LoadedCard, State};
use crate::store::writer::{credentials, load};
use cardea_domain::card::MemberCode;
use cardea_domain::id::{CardId, ChainId};
use cardea_domain::identifier::grouped_number;
use cardea_domain::rows::Rows;
use cardea_domain::{Code, Instant, Refusal};
use serde::Serialize;
use utoipa::ToSchema;

/// A card's code of now.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardCode {
    /// 18 digits, good for one use.
    #[schema(example = "990000000000000003")]
    pub code: String,
    /// From then on there is another one; this one is still taken for 30 s.
    #[schema(value_type = String, format = DateTime)]
    pub changes_at: Instant,
    /// It was used: there is another one at `changes_at`.
    pub used: bool,
}

/// A card that was shown by its code.
pub(crate) struct ByCode {
    pub card: LoadedCard,
    pub step: i64,
}

/// Every code that can't be used gets this answer, so that none can be guessed.
pub(super) fn unusable() -> Refusal {
    Refusal::new(
        Code::CodeUnusable,
        "此动态码不可用（已用过、已过期或不存在），请会员刷新后重试。",
        "The code can't be used: it was used, is too old, or isn't one. Show a new one.",
    )
}

/// A code, typed or scanned; None for what isn't one by its form.
pub(crate) fn parse(text: &str) -> Option<MemberCode> {
    grouped_number(text).parse().ok()
}

/// The card whose code of now or of the step before it is, and whether it may be used still.
///
/// # Errors
/// `code_unusable`
pub(crate) fn find(engine: &Engine, chain: ChainId, code: &MemberCode) -> Result<ByCode, Refusal> {
    let keys = engine.keys().chain(chain);
    let now = step_of(engine.clock().business(chain));
    for step in [now, now - 1] {
        let number = keys.number_in_code(code, step);
        let card = engine.read(chain, |conn| load::card_by_number(conn, chain, number.as_str()))?;
        let Some(card) = card.filter(|card| keys.is_code_of(code, card.card.id, &number, step)) else {
            continue;
        };
        let used = engine.read(chain, |conn| credentials::code_used(conn, chain, card.card.id, step))?;
        return if used {
            Err(unusable())
        } else {
            Ok(ByCode { card, step })
        };
    }
    Err(unusable())
}

pub(super) fn resolve(desk: &Desk, code: &MemberCode) -> Result<ByCode, Refusal> {
    find(desk.engine, desk.chain(), code)
}

/// Uses a code up, if one was shown; `state` knows whether another till was faster.
///
/// # Errors
/// `code_unusable`
pub(super) fn use_up(code: Option<(CardId, i64)>, state: &State, rows: &mut Rows) -> Result<(), Refusal> {
    if state.code_used {
        return Err(unusable());
    }
    rows.codes.extend(code);
    Ok(())
}

impl Engine {
    /// A card's code of now.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `card_blocked` for a card that doesn't work.
    pub fn card_code(&self, actor: &Actor, id: CardId) -> Result<CardCode, Refusal> {
        let card = self.read(actor.chain, |conn| load::card(conn, actor.chain, id))?;
        let card = card.ok_or_else(not_found)?;
        actor.require(Action::CardCode, Some(card.card.store))?;
        let now = self.clock().business(actor.chain);
        card.check_usable(now)?;
        let step = step_of(now);
        let used = self.read(actor.chain, |conn| credentials::code_used(conn, actor.chain, id, step))?;
        let code = self.keys().chain(actor.chain).member_code(id, &card.card.number, step);
        Ok(CardCode {
            code: code.as_str().to_owned(),
            changes_at: begin_of(step + 1),
            used,
        })
    }
}
