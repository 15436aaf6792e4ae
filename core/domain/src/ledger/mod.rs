//! Double entry with lots: credits open lots, debits take the lot that expires first, nothing is edited.

mod booking;
mod lot;

pub use booking::{Booking, ClawedBack, EntryDraft, GivenBack, Source};
pub use lot::{Lot, LotTerms, SpentMove};

use crate::calendar::Instant;
use crate::id::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an account counts: `points`; later `principal`, `bonus`, `session:<service>`, `stamp:<…>`, `voucher:<…>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asset(pub String);

impl Asset {
    pub fn points() -> Self {
        Self("points".into())
    }
}

/// What kind of movement an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Points for a sale.
    Earn,
    /// A sale-level bonus, e.g. for an introducer.
    Bonus,
    /// Points paid on a bill.
    Spend,
    /// Points for a reward of the catalogue.
    Redeem,
    /// Spent points given back on a return.
    GiveBack,
    /// Earned points taken back on a return.
    ClawBack,
    /// The part of a claw-back that no lot covers: a debt, or 0 where the policy waives it.
    ClawBackExcess,
    /// A lot's remainder at its end; 0 where nothing is left.
    Expire,
}

named!(EntryKind {
    Earn = "earn",
    Bonus = "bonus",
    Spend = "spend",
    Redeem = "redeem",
    GiveBack = "give_back",
    ClawBack = "claw_back",
    ClawBackExcess = "claw_back_excess",
    Expire = "expire",
});

/// The other side of a membership's posting, per program and asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterAccount {
    /// What the chain has issued (claw-backs return here).
    Issued,
    /// What members have spent on bills and rewards (given-back points leave it again).
    Redeemed,
    Expired,
}

named!(CounterAccount { Issued = "issued", Redeemed = "redeemed", Expired = "expired" });

/// A membership's account of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Σ postings.
    pub balance: i64,
    /// What a reversal took beyond all lots; the next credits fill it first.
    pub debt: i64,
    /// Lots with a remainder, in spend order: soonest expiry, then oldest, then id; no expiry last.
    pub lots: Vec<Lot>,
}

/// A membership with all that a decision about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MembershipId,
    pub program: ProgramId,
    pub customer: Option<CustomerId>,
    pub store: StoreId,
    pub open: bool,
    /// First instant after the membership's validity.
    pub expires_at: Option<Instant>,
    pub tier: String,
    pub purchases: i64,
    pub version: i64,
    pub accounts: BTreeMap<Asset, Account>,
    /// Paid per business day inside the ladder's window, for tiers; may be empty for a one-step ladder. For a return,
    /// also inside the windows of `upgrades`.
    pub paid_by_day: BTreeMap<crate::Day, crate::Minor>,
    /// Upgrades that sales have caused (the rows of kind `upgrade`), oldest first, undone ones too: a return looks at
    /// each as of its day, so `paid_by_day` must reach back to the window of the oldest one.
    pub upgrades: Vec<crate::tier::Upgrade>,
}

/// What a member sees of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    pub asset: Asset,
    /// Can be spent now; negative while in debt.
    pub available: i64,
    /// In the return window.
    pub maturing: i64,
    /// Reserved by open holds.
    pub held: i64,
}

impl Account {
    /// What can be spent now; negative while in debt.
    pub fn available(&self, now: Instant) -> i64 {
        todo!()
    }

    /// What has not matured yet.
    pub fn maturing(&self, now: Instant) -> i64 {
        todo!()
    }
}

impl Member {
    /// Whether the membership can be used at `now`: open, and not past its validity.
    ///
    /// # Errors
    /// `membership_closed`
    pub fn check_open(&self, now: Instant) -> Result<(), crate::Refusal> {
        todo!()
    }

    /// Every account as the member sees it; `points` always.
    pub fn balances(&self, now: Instant) -> Vec<Balance> {
        todo!()
    }
}
