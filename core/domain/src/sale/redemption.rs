//! Rewards of the catalogue (D-RWD-1).

use super::{Context, EntryView, NaturalKey};
use crate::calendar::{Day, Instant};
use crate::error::{Refusal, RuleRefusal, Text};
use crate::id::*;
use crate::ledger::{Balance, Member};
use crate::money::Points;
use crate::rows::Rows;
use serde::{Deserialize, Serialize};

/// A reward as it stands, locked for the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reward {
    pub id: RewardId,
    pub program: ProgramId,
    /// None: every store's catalogue.
    pub store: Option<StoreId>,
    pub name: Text,
    /// ≥ 1
    pub points: Points,
    /// None: not counted.
    pub stock: Option<i64>,
    pub active: bool,
}

/// What the plugin says about the exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    Permitted {
        rule: String,
        explanation: Text,
        /// Days within which the exchange may be cancelled; 0: never.
        cancellable_days: u32,
        /// SHA-256 of the recorded input.
        input: Option<[u8; 32]>,
    },
    Refused(Vec<RuleRefusal>),
    /// The plugin failed: spending is refused.
    Failed,
}

/// An exchange to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedemptionArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    pub occurred_at: Instant,
    /// The credential used; the caller has checked that it is usable.
    pub card: Option<CardId>,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RewardView {
    pub id: RewardId,
    pub name: Text,
}

/// What an exchange did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionAnswer {
    pub id: BillId,
    pub reward: RewardView,
    pub points: Points,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// Last day on which it may be cancelled; none: never.
    pub cancellable_until: Option<Day>,
}

/// Exchanges points for a reward. Restrictions are checked before balances.
///
/// # Errors
/// `occurred_at_out_of_range`, `membership_closed`, `reward_unavailable`, `plugin_failed`, `rule_refused`,
/// `out_of_stock`, `insufficient_points`; nothing has changed then.
pub fn decide_redemption(
    member: &mut Member,
    reward: &mut Reward,
    args: &RedemptionArgs,
    permit: &Permit,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, RedemptionAnswer), Refusal> {
    todo!()
}
