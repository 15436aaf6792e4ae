//! How many may share points in one family pool: a document of the chain.

use crate::identity::Action;
use crate::input::field;
use crate::settings::Setting;
use cardea_domain::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rules of family pools (D-LED-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PoolRules {
    /// Most memberships of one pool, its head among them. Who is in already stays.
    #[schema(minimum = 2, maximum = 20, example = 6)]
    pub most_members: i64,
}

impl Default for PoolRules {
    fn default() -> Self {
        Self { most_members: 6 }
    }
}

impl Setting for PoolRules {
    const NAME: &'static str = "pool_rules";
    const CHANGED: &'static str = "pool_rules.update";
    const READ: Action = Action::PoolWrite;

    fn check(&self) -> Result<(), Refusal> {
        if (2..=20).contains(&self.most_members) {
            return Ok(());
        }
        Err(field("/value/most_members", "须为 2–20 个会籍", "2 to 20 memberships"))
    }
}
