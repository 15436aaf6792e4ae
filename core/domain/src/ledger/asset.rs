//! What accounts count, and the kinds of movements with the accounts that balance them (D-LED-1).

use serde::{Deserialize, Serialize};

/// What an account counts, by its name on the wire: `points`, `principal` and `bonus` of stored value (minor units),
/// `session:CODE` for sessions of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asset(pub String);

/// What sort of thing an asset is; a new one is a line here and in [`Asset::kind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssetKind {
    Points,
    /// Stored value that was paid for, minor units.
    Principal,
    /// Stored value that was given beside it, minor units.
    Bonus,
    /// Sessions of a service that were paid for.
    Sessions,
    /// One that this version doesn't know: kept as it is.
    Unknown,
}

const SESSION: &str = "session:";

impl Asset {
    pub fn points() -> Self {
        Self("points".into())
    }

    pub fn principal() -> Self {
        Self("principal".into())
    }

    pub fn bonus() -> Self {
        Self("bonus".into())
    }

    /// Sessions of the service with this code.
    pub fn sessions(service: &str) -> Self {
        Self(format!("{SESSION}{service}"))
    }

    pub fn kind(&self) -> AssetKind {
        match self.0.as_str() {
            "points" => AssetKind::Points,
            "principal" => AssetKind::Principal,
            "bonus" => AssetKind::Bonus,
            name if name.starts_with(SESSION) => AssetKind::Sessions,
            _ => AssetKind::Unknown,
        }
    }

    /// The code of the service whose sessions it counts.
    pub fn service(&self) -> Option<&str> {
        self.0.strip_prefix(SESSION)
    }

    /// Whether it counts minor units of the chain's currency.
    pub fn is_money(&self) -> bool {
        matches!(self.kind(), AssetKind::Principal | AssetKind::Bonus)
    }

    /// Whether it is void with its membership. What was paid for never is (D-CARD-7), nor what was given beside it.
    pub fn ends_with_membership(&self) -> bool {
        self.kind() == AssetKind::Points
    }
}

named! {
/// What kind of movement an entry is.
#[derive(PartialOrd, Ord)]
pub enum EntryKind {
    /// Points for a sale.
    Earn = "earn",
    /// A sale-level bonus, e.g. for an introducer.
    Bonus = "bonus",
    /// Points paid on a bill.
    Spend = "spend",
    /// Points for a reward of the catalogue.
    Redeem = "redeem",
    /// Spent points given back on a return.
    GiveBack = "give_back",
    /// Earned points taken back on a return.
    ClawBack = "claw_back",
    /// The part of a claw-back that no lot covers: a debt, or 0 where the policy waives it.
    ClawBackExcess = "claw_back_excess",
    /// A lot's remainder at its end; 0 where nothing is left.
    Expire = "expire",
    /// Stored value or sessions that were paid for.
    TopUp = "top_up",
    /// Bonus value or free sessions beside them.
    Grant = "grant",
    /// Sessions used.
    Use = "use",
    /// What was paid for goes back as money.
    Refund = "refund",
    /// What a refund makes void: its bonus, and the worth of what was used of it.
    Lapse = "lapse",
    /// By people, with a reason.
    Adjust = "adjust",
    TransferIn = "transfer_in",
    TransferOut = "transfer_out",
    /// What a membership that goes on has of one that was merged into it; negative: what that one owed.
    MergeIn = "merge_in",
    /// The other side of it.
    MergeOut = "merge_out",
    /// Brought from another system.
    Opening = "opening",
    /// A debt that is let go.
    WriteOff = "write_off",
}
}

/// The other side of a membership's posting, per program and asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CounterAccount {
    /// What the chain has issued (claw-backs return here).
    Issued,
    /// What members have spent on bills, rewards and services (what is given back leaves it again).
    Redeemed,
    Expired,
    /// What members have paid for (refunds leave it again).
    Received,
    Adjusted,
    /// Nothing in sum: what leaves one membership comes to another.
    Transferred,
    /// What other systems had.
    Opening,
    WrittenOff,
}

named!(CounterAccount {
    Issued = "issued",
    Redeemed = "redeemed",
    Expired = "expired",
    Received = "received",
    Adjusted = "adjusted",
    Transferred = "transferred",
    Opening = "opening",
    WrittenOff = "written_off",
});

impl EntryKind {
    /// The account that a posting of this kind is balanced by.
    pub fn counter(self) -> CounterAccount {
        match self {
            EntryKind::Earn
            | EntryKind::Bonus
            | EntryKind::ClawBack
            | EntryKind::ClawBackExcess
            | EntryKind::Grant
            | EntryKind::Lapse => CounterAccount::Issued,
            EntryKind::Spend | EntryKind::Redeem | EntryKind::Use | EntryKind::GiveBack => CounterAccount::Redeemed,
            EntryKind::Expire => CounterAccount::Expired,
            EntryKind::TopUp | EntryKind::Refund => CounterAccount::Received,
            EntryKind::Adjust => CounterAccount::Adjusted,
            EntryKind::TransferIn | EntryKind::TransferOut | EntryKind::MergeIn | EntryKind::MergeOut => {
                CounterAccount::Transferred
            }
            EntryKind::Opening => CounterAccount::Opening,
            EntryKind::WriteOff => CounterAccount::WrittenOff,
        }
    }
}
