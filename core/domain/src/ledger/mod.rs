//! Double entry with lots: credits open lots, debits take the lot that expires first, nothing is edited.

mod asset;
mod booking;
mod hold;
mod lot;
mod short;

pub use asset::{Asset, AssetKind, CounterAccount, EntryKind};
pub use booking::{Booking, ClawedBack, EntryDraft, GivenBack, Heir, Source, WholeLot};
pub use hold::{Hold, HoldState};
pub use lot::{EndedLot, Lot, LotTerms, SpentMove};
pub(crate) use short::{insufficient, insufficient_value, short};

use crate::calendar::Instant;
use crate::error::{Code, Refusal};
use crate::id::*;
use crate::rows::MembershipUpdate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A membership's account of one asset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Σ entries.
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
    pub opened_at: Instant,
    pub open: bool,
    /// Whether it was when it was loaded or last touched: who is touched after it was opened or closed says so.
    pub was_open: bool,
    /// First instant after the membership's validity.
    pub expires_at: Option<Instant>,
    pub tier: String,
    /// Last day of the tier before its review, or of one that was set by hand; none: no end, or it wasn't kept.
    pub tier_until: Option<crate::Day>,
    /// The tier that figures give, while one that was set by hand is above it.
    pub below: Option<crate::tier::Below>,
    pub purchases: i64,
    pub version: i64,
    pub accounts: BTreeMap<Asset, Account>,
    /// What is counted inside the ladder's windows, for tiers; may be empty for a one-step ladder. For a return, also
    /// inside the windows of `upgrades`.
    pub figures: crate::measure::Figures,
    /// Upgrades that figures have caused (the rows of kind `upgrade`), oldest first, undone ones too: a return looks at
    /// each as of its day, so `figures` must reach back to the windows of the oldest one.
    pub upgrades: Vec<crate::tier::Upgrade>,
    /// Lots of points whose end was booked after the instant as of which it is judged; none where that is now.
    pub ended: Vec<EndedLot>,
    /// What is set aside of its accounts and not ended by anybody; the time of some may be over.
    pub holds: Vec<Hold>,
}

/// What a membership has of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Can be spent now: lots without what is held, less the debt; negative while in debt.
    #[schema(example = 235)]
    pub available: i64,
    /// In the return window; can be spent later.
    #[schema(example = 0)]
    pub maturing: i64,
    /// Reserved by open holds.
    #[schema(example = 0)]
    pub held: i64,
}

impl Account {
    /// What can be spent now: lots that have matured and not expired, whether or not a job has booked it; less the
    /// debt, so negative while in debt.
    pub fn available(&self, now: Instant) -> i64 {
        self.lots
            .iter()
            .filter(|lot| lot.spendable(now))
            .map(|lot| lot.remaining)
            .sum::<i64>()
            - self.debt
    }

    /// What has not matured yet.
    pub fn maturing(&self, now: Instant) -> i64 {
        let waiting = |lot: &&Lot| lot.terms.maturing(now) && !lot.terms.expired(now);
        self.lots.iter().filter(waiting).map(|lot| lot.remaining).sum()
    }
}

impl Member {
    /// Whether the membership can be used at `now`: open, and not past its validity.
    ///
    /// # Errors
    /// `membership_closed`
    pub fn check_open(&self, now: Instant) -> Result<(), Refusal> {
        self.check_open_as_of(now, now)
    }

    /// Whether it could be used at `at`, seen from `now`: an end that has come since doesn't count.
    ///
    /// # Errors
    /// `membership_closed`
    pub fn check_open_as_of(&self, at: Instant, now: Instant) -> Result<(), Refusal> {
        if self.is_open_as_of(at, now) {
            return Ok(());
        }
        Err(Refusal::new(
            Code::MembershipClosed,
            "会籍已结束或已过有效期，不能使用；符合条件时可重新办卡。",
            "The membership has ended, so it can't be used; a new one can be applied for.",
        ))
    }

    pub(crate) fn is_open(&self, now: Instant) -> bool {
        self.is_open_as_of(now, now)
    }

    /// One that is closed before the end of its validity was closed by people, who mean it.
    pub(crate) fn is_open_as_of(&self, at: Instant, now: Instant) -> bool {
        self.expires_at
            .map_or(self.open, |end| at < end && (self.open || now >= end))
    }

    /// What could be spent of an asset at `at`: also what has ended since, but not what is held; less the debt. Negative
    /// only while in debt: where held lots have expired, nothing is left beside them.
    pub fn spendable(&self, asset: &Asset, at: Instant) -> i64 {
        let account = self.accounts.get(asset);
        let (available, debt) = account.map_or((0, 0), |account| (account.available(at), account.debt));
        let ended = self.ended.iter().map(|end| &end.was);
        let ended = ended.filter(|was| asset.kind() == AssetKind::Points && was.spendable(at));
        let lots = available + debt + ended.map(|was| was.remaining).sum::<i64>();
        (lots - self.held(asset, at)).max(0) - debt
    }

    /// Every account as the member sees it, `points` always and first. After the end of the membership nothing is left of what ends with
    /// it, whether or not the end has been booked; what was paid for stays.
    pub fn balances(&self, now: Instant) -> Vec<Balance> {
        let points = Asset::points();
        let nothing = Account::default();
        let first = (&points, self.accounts.get(&points).unwrap_or(&nothing));
        let others = self.accounts.iter().filter(|(asset, _)| **asset != points);
        let view = |(asset, account): (&Asset, &Account)| {
            let open = self.is_open(now) || !asset.ends_with_membership();
            let held = if open { self.held(asset, now) } else { 0 };
            Balance {
                asset: asset.clone(),
                available: if open {
                    account.available(now) - held
                } else {
                    -account.debt
                },
                maturing: if open { account.maturing(now) } else { 0 },
                held,
            }
        };
        std::iter::once(first).chain(others).map(view).collect()
    }

    /// The account of an asset.
    pub fn account(&self, asset: &Asset) -> Option<&Account> {
        self.accounts.get(asset)
    }

    /// Counts a command that touches the membership, and says how it stands afterwards.
    pub(crate) fn touch(&mut self) -> MembershipUpdate {
        self.version += 1;
        let turned = self.open != std::mem::replace(&mut self.was_open, self.open);
        MembershipUpdate {
            id: self.id,
            tier: self.tier.clone(),
            tier_until: self.tier_until,
            below: self.below.clone(),
            open: self.open,
            turned,
            purchases: self.purchases,
            version: self.version,
        }
    }
}
