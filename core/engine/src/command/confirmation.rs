//! What a till sends to make sure that it is the holder who wants it (D-CARD-10).

use super::desk::Desk;
use super::pin::Pin;
use crate::error::Result;
use crate::identity::Action;
use cardea_domain::Refusal;
use cardea_domain::card::CardKind;
use cardea_domain::id::{CardId, StoreId};
use cardea_domain::sale::{CardUse, Confirmed, KindTerms};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What was made sure of; what the program demands and isn't there is refused `confirmation_needed`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = ConfirmationGiven)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Six digits, as the holder typed them; of the card that is used.
    #[schema(value_type = Option<String>, example = "471902")]
    pub pin: Option<Pin>,
    /// The receipt was signed.
    #[serde(default)]
    pub signed: bool,
    /// The identity document was seen.
    #[serde(default)]
    pub identity_checked: bool,
    /// Who sends it agrees as a manager; it takes the permission `sale.confirm`.
    #[serde(default)]
    pub manager: bool,
    // Of this card the PIN was right. Never a request's.
    #[serde(skip)]
    #[schema(ignore)]
    pub(super) judged: Option<CardId>,
}

impl Confirmation {
    /// What counts, for the card that is used.
    ///
    /// # Errors
    /// `forbidden` for a manager's consent from who isn't one.
    pub(super) fn confirmed(&self, desk: &Desk, store: StoreId, card: Option<CardId>) -> Result<Confirmed, Refusal> {
        if self.manager {
            desk.actor.require(Action::SaleConfirm, Some(store))?;
        }
        Ok(Confirmed {
            pin: card.is_some() && self.judged == card,
            signature: self.signed,
            identity: self.identity_checked,
            manager: self.manager,
        })
    }
}

/// What stands in the audit log of a bill; nothing where nothing was made sure of.
pub(super) fn noted(mut detail: Value, confirmed: Confirmed) -> Value {
    if confirmed != Confirmed::default() {
        detail["confirmation"] = json!(confirmed);
    }
    detail
}

/// Whether a card of a kind, if one is used, serves for something.
///
/// # Errors
/// `card_kind`
pub(super) fn check_use(kinds: &[KindTerms], kind: Option<CardKind>, wanted: CardUse) -> Result<(), Refusal> {
    kind.map_or(Ok(()), |kind| KindTerms::check_use(kinds, kind, wanted))
}
