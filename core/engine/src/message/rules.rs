//! When messages go and what they say, as a chain has set it.

use crate::identity::Action;
use crate::settings::Setting;
use cardea_domain::Refusal;
use cardea_domain::message::{MessageRules, MessageWording};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// When messages go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct RulesDocument(pub MessageRules);

impl Setting for RulesDocument {
    const NAME: &'static str = "message_rules";
    const CHANGED: &'static str = "message_rules.update";
    const READ: Action = Action::MessageRead;

    fn check(&self) -> Result<(), Refusal> {
        self.0.check()
    }
}

/// What messages say where it isn't the shipped wording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct WordingDocument(pub MessageWording);

impl Setting for WordingDocument {
    const NAME: &'static str = "message_wording";
    const CHANGED: &'static str = "message_wording.update";
    const READ: Action = Action::MessageRead;

    fn check(&self) -> Result<(), Refusal> {
        self.0.check()
    }
}
