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
    /// Pieces of it.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub quantity: i64,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
}

fn one() -> i64 {
    1
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
    /// Pieces of it.
    #[serde(default = "one")]
    pub quantity: i64,
    /// Of all pieces.
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
            quantity: self.quantity,
            occurred_at: self.occurred_at,
            trusted: false,
        })
    }
}

/// Cancels an exchange as a whole. The receipt is the cancelling's own.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCancellation {
    /// The store that takes the reward back.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// Absent: `till`.
    pub source: Option<String>,
    #[schema(example = "T1")]
    pub till: String,
    #[schema(example = "0004")]
    pub receipt: String,
    /// Absent: now.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Instant>,
    #[schema(example = "选错礼品")]
    pub reason: String,
}

/// What cancelling an exchange gives back.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct CancellationAnswer {
    /// null in a preview.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = Uuid)]
    pub redemption_id: BillId,
    /// Points that go back to their old dates.
    pub points: i64,
    /// Of them, to dates that have passed meanwhile: they stay expired.
    pub expired: i64,
    pub entries: Vec<Entry>,
    /// After the cancelling.
    pub balances: Vec<Balance>,
}

impl NewCancellation {
    /// The command, for an exchange.
    pub fn command(self, redemption: BillId) -> command::Command {
        command::Command::CancelRedemption(command::CancelRedemption {
            redemption,
            store: self.store_id,
            source: self.source.unwrap_or_else(|| "till".into()),
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            reason: self.reason,
        })
    }
}
