//! Bills: sales, their returns, redemptions, and the card that a first purchase leads to.

mod absorb;
mod bill;
mod cancel;
mod catalogue;
mod closing;
mod confirmation;
pub(crate) mod counted;
mod earn;
mod ends;
mod expiry;
mod explain;
mod hand_over;
mod issue;
mod kept;
mod kinds;
mod late;
mod opening;
mod people;
mod plan;
mod pool;
mod preview;
mod record;
mod redemption;
mod refund;
mod renewal;
mod returns;
pub(crate) mod sell;
mod spend;
mod terms_row;
mod value;

pub use crate::ledger::SpentMove;
pub use absorb::{
    AbsorbArgs, Absorbed, Absorbing, InTheWay, Lots, MovedDebt, SeparateArgs, Taken, decide_absorb, decide_separate,
};
pub use bill::{
    AttrValue, Bill, Line, MAX_LINES, MAX_TENDERS, Tender, check_occurred_at, is_backdated, opened_by, spread_unpaid,
};
pub use cancel::{CancelAnswer, CancelArgs, decide_cancel};
pub use catalogue::{ClaimState, Collect, Collector, RewardRules};
pub use closing::decide_give_up;
pub use confirmation::{Confirmed, ConfirmedUse, Demand, Requirement, check_confirmed};
pub use counted::decide_matured;
pub use earn::{TOO_MANY_POINTS, too_many_points};
pub use ends::{EndRuling, Ends, Fate, expire_lots, expire_membership};
pub use expiry::{Expiry, LotEnd};
pub(crate) use explain::end_undone;
pub use hand_over::{HandOverArgs, decide_hand_over};
pub(crate) use issue::unearned;
pub use issue::{AddCardArgs, IssueAnswer, IssueArgs, Qualifying, decide_add_card, decide_issue, decide_named};
pub use kinds::{CardUse, HolderRule, Issuing, KindTerms};
pub use late::{LateAnswer, LateArgs, decide_late};
pub use opening::{Brought, OpeningAnswer, OpeningArgs, decide_opening, decide_opening_undo};
pub use people::{
    AdjustArgs, AdjustLimit, Booked, Captured, HOLD_MINUTES, Handed, check_hold, decide_adjustment, decide_capture,
    decide_transfer, decide_write_off, needs_second_person, plan_transfer,
};
pub use pool::{AsOf as PoolAsOf, FromPool, Lent, LentFor, Pool, PoolDraw, PoolPart, lendable, take_home};
pub use record::{IntroducerBonus, RecordedDraw, RecordedLine, RecordedTender, SaleRecord};
pub use redemption::{MOST_PIECES, Permit, RedemptionAnswer, RedemptionArgs, Reward, RewardView, decide_redemption};
pub use renewal::{
    RenewalAnswer, RenewalArgs, RenewalTerms, by_terms as renewed_by_terms, decide_renewal, endless as renewal_endless,
    never as renewal_never,
};
pub use returns::{ReturnAnswer, ReturnArgs, ReturnLine, ReturnedMoney, ReturnedPoints, ReturnedTender, decide_return};
pub use sell::{SaleAnswer, SaleArgs, decide_sale};
pub use spend::points_wanted;
pub use value::{Draw, ValueTerms, resolve_value};

use crate::calendar::{Day, Instant, Zone};
use crate::error::Text;
use crate::id::*;
use crate::ledger::{Asset, EntryKind, Member};
use crate::money::{Minor, Points, Ppm};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BillKind {
    Sale,
    Return,
    Redemption,
    /// Of a redemption.
    Cancellation,
    /// Money that is paid in.
    TopUp,
    /// Of a top-up, as money.
    TopUpRefund,
    /// Sessions of a pass used.
    PassUse,
    /// Sessions given back, for the use was called off.
    PassUseCancellation,
    /// Of a pass, as money.
    PassRefund,
}

named!(BillKind {
    Sale = "sale",
    Return = "return",
    Redemption = "redemption",
    Cancellation = "cancellation",
    TopUp = "top_up",
    TopUpRefund = "top_up_refund",
    PassUse = "pass_use",
    PassUseCancellation = "pass_use_cancellation",
    PassRefund = "pass_refund",
});

/// The permanent key of a bill: a till that repeats it, however late, changes nothing (D-LED-4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NaturalKey {
    pub store: StoreId,
    pub source: String,
    pub till: String,
    pub business_date: Day,
    pub receipt: String,
    pub kind: BillKind,
}

named! {
#[derive(PartialOrd, Ord)]
pub enum TenderKind {
    Cash = "cash",
    Card = "card",
    Mobile = "mobile",
    Transfer = "transfer",
    /// Loyalty points; the server derives how many.
    Points = "points",
    /// Stored value, as a till asks for it; the server books it as `principal` and `bonus`.
    Value = "value",
    /// Stored value that was paid for.
    Principal = "principal",
    /// Stored value that was given beside it.
    Bonus = "bonus",
    /// A voucher: as a till asks for it, with its code; as it is booked, one that was bought with money.
    Voucher = "voucher",
    /// A voucher that was free; the server tells the two apart.
    Coupon = "coupon",
    Other = "other",
}
}

impl TenderKind {
    /// Whether it counts as paid (实付): points, bonus value and free vouchers don't.
    pub fn is_money(self) -> bool {
        !matches!(self, TenderKind::Points | TenderKind::Bonus | TenderKind::Coupon)
    }

    /// Whether a code pays.
    pub fn is_voucher(self) -> bool {
        matches!(self, TenderKind::Voucher | TenderKind::Coupon)
    }

    /// Whether it is money that changes hands, which alone pays for what is paid in advance.
    pub fn is_cash_like(self) -> bool {
        self.is_money() && self != TenderKind::Value && self.value_asset().is_none() && !self.is_voucher()
    }

    /// The asset that a tender of stored value is taken from.
    pub fn value_asset(self) -> Option<Asset> {
        match self {
            TenderKind::Principal => Some(Asset::principal()),
            TenderKind::Bonus => Some(Asset::bonus()),
            _ => None,
        }
    }
}

named! {
/// How far a sale's points are known.
pub enum Judgement {
    /// No membership: nothing to judge.
    NoMember = "no_member",
    Judged = "judged",
    /// The plugin failed; judged later under the configuration of the sale's date.
    Unjudged = "unjudged",
}
}

named! {
#[derive(Default)]
pub enum Rounding {
    #[default]
    Floor = "floor",
    HalfUp = "half_up",
    Ceil = "ceil",
}
}

named! {
#[derive(Default)]
pub enum ReturnPolicy {
    /// Only points still in their return window are taken back.
    OnlyMaturing = "only_maturing",
    /// Never below zero.
    WithinBalance = "within_balance",
    /// The excess is a debt.
    #[default]
    GoNegative = "go_negative",
}
}

/// Paying a bill with points: `points` points are worth `money`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PointsTender {
    #[schema(value_type = i64, minimum = 1, example = 100)]
    pub points: Points,
    /// Minor units.
    #[schema(value_type = i64, minimum = 1, example = 100)]
    pub money: Minor,
    /// Points are spent in multiples of this.
    #[schema(value_type = i64, minimum = 1, example = 100)]
    pub step: Points,
    /// The least that a bill can be paid with, in points; 0: one step.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(value_type = i64, minimum = 0, example = 500, required = false)]
    pub minimum: Points,
    /// Largest share of a bill, parts per million.
    #[serde(rename = "max_share_ppm")]
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000, example = 500_000)]
    pub max_share: Ppm,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(points: &Points) -> bool {
    *points == 0
}

/// What the ledger does with the points that the plugin proposes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PointTerms)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// A sale's points are rounded once, at the end.
    pub rounding: Rounding,
    /// Return window in days; 0: spendable at once.
    #[schema(maximum = 90)]
    pub maturing_days: u32,
    pub return_policy: ReturnPolicy,
    /// null: bills can't be paid with points.
    pub tender: Option<PointsTender>,
    /// null: points are good as long as the membership.
    pub expiry: Option<Expiry>,
    /// Whether a membership whose cards are all void earns all the same.
    #[serde(default)]
    pub earn_without_card: bool,
    /// What kinds of cards there are; empty: every kind, for customers and everything.
    #[serde(default)]
    #[schema(required = false)]
    pub kinds: Vec<KindTerms>,
    /// What must be made sure of before a card is used for more than an amount.
    #[serde(default)]
    #[schema(required = false)]
    pub requirements: Vec<Requirement>,
    /// null: the program has no stored value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<ValueTerms>,
    /// null: memberships aren't renewed, unless the plugin has a rule for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalTerms>,
}

/// Points of one line, as a plugin proposed them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    pub line: i32,
    /// Parts per million of a point.
    pub points: Ppm,
    pub rule: String,
    pub explanation: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "holds", content = "amount")]
pub enum Condition {
    Always,
    /// While at least this much of the sale is kept.
    KeptAtLeast(Minor),
    /// While at least this much is kept of these lines.
    LinesKeptAtLeast {
        lines: Vec<i32>,
        amount: Minor,
    },
    /// It brings nothing: it tells what a cap let off.
    LetOff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beneficiary {
    Member,
    Introducer,
}

/// A sale-level bonus, as a plugin proposed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bonus {
    pub id: String,
    pub points: Ppm,
    pub condition: Condition,
    pub beneficiary: Beneficiary,
    pub rule: String,
    pub explanation: Text,
}

/// What a plugin proposed for a sale, and on what basis. The basis is compared with the loaded state: if it has
/// changed, the sale is proposed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub basis: Basis,
    /// None: the plugin failed, the sale is booked `unjudged`.
    pub outcome: Option<Outcome>,
    /// SHA-256 of the recorded input.
    pub input: Option<[u8; 32]>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub contributions: Vec<Contribution>,
    pub bonuses: Vec<Bonus>,
}

/// What the plugin was told about the membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    pub membership: MembershipId,
    pub configuration: ConfigurationId,
    pub tier: String,
    pub first_purchase: bool,
}

/// Who, where and when of a command, for every decision.
#[derive(Clone, Debug)]
pub struct Context {
    pub staff: Option<StaffId>,
    /// Business now: the chain's clock.
    pub now: Instant,
    /// As of when validity is looked at: now, or earlier where a bill is sent later than it was rung up.
    pub judged_at: Instant,
    /// The store that books, and its zone.
    pub store: StoreId,
    pub zone: Zone,
    /// Decimal places of the chain's currency, for sentences that name money.
    pub minor_units: u32,
    /// The effective configuration's id, ladder and terms.
    pub configuration: ConfigurationId,
    pub terms: Terms,
    pub ladder: crate::tier::Ladder,
}

impl Basis {
    /// What a plugin must be told about `member` now.
    pub fn of(member: &Member, context: &Context) -> Self {
        Self {
            membership: member.id,
            configuration: context.configuration,
            tier: member.tier.clone(),
            first_purchase: member.purchases == 0,
        }
    }
}

/// A movement of points with the rule that made it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Entry)]
pub struct EntryView {
    #[schema(value_type = String, example = "points")]
    pub asset: Asset,
    /// Positive: to the member.
    #[schema(example = 235)]
    pub amount: i64,
    pub kind: EntryKind,
    /// Stable name of the rule.
    #[schema(example = "base")]
    pub rule: String,
    /// One sentence for people.
    pub explanation: Text,
    /// Line of the bill, from 1; null where it is about the whole bill.
    pub line: Option<i32>,
}
