//! Points for rewards of the catalogue.

use super::common::{Balance, Entry, Text};
use cardea_domain::id::{BillId, RewardId, StoreId};
use cardea_domain::{Day, Instant};
use cardea_engine::command;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRedemption {
    /// Number of the card presented.
    pub card: String,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    pub source: Option<String>,
    #[schema(example = "T1")]
    pub till: String,
    #[schema(example = "0003")]
    pub receipt: String,
    #[schema(value_type = Uuid)]
    pub reward_id: RewardId,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub struct RewardShown {
    #[schema(value_type = Uuid)]
    pub id: RewardId,
    pub name: Text,
}

/// What a redemption takes.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct RedemptionAnswer {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    pub reward: RewardShown,
    /// Its price.
    pub points: i64,
    pub entries: Vec<Entry>,
    /// After the redemption.
    pub balances: Vec<Balance>,
    /// Last day on which it can be cancelled; null: never.
    #[schema(value_type = Option<String>, format = Date)]
    pub cancellable_until: Option<Day>,
}

impl NewRedemption {
    pub fn command(self) -> command::Command {
        command::Command::Redemption(command::Redemption {
            card: self.card,
            store: self.store_id,
            source: self.source.unwrap_or_else(|| "till".into()),
            till: self.till,
            receipt: self.receipt,
            reward: self.reward_id,
            occurred_at: self.occurred_at,
            trusted: false,
        })
    }
}
