//! What a decision wants saved: plain rows, one type per table. The writer turns them into statements and adds the
//! idempotency, audit and outbox rows; nothing else writes to these tables.

mod cards;
mod people;
mod prepaid;

pub use cards::{CardRow, CardUpdate, LotExtension, PinRow, RenewalRow};
pub use people::HandOverRow;
pub use prepaid::{PassRow, PassUseRow, RefundRow, TopUpRow};

use crate::calendar::{Day, Instant};
use crate::error::Text;
use crate::id::*;
use crate::ledger::{Asset, CounterAccount, EntryKind};
use crate::measure::Measured;
use crate::money::{Minor, Points, Ppm};
use crate::sale::{BillKind, ClaimState, Judgement, NaturalKey, TenderKind};
use crate::tier::{Below, TierReason};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Everything one command changes. Empty after a refusal or a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// New bills, each with its permanent natural key.
    pub bills: Vec<BillRow>,
    pub lines: Vec<BillLineRow>,
    pub tenders: Vec<BillTenderRow>,
    /// What returns have taken from an earlier bill so far (absolute figures, not differences).
    pub progress: Vec<BillProgress>,
    pub entries: Vec<EntryRow>,
    pub lots: Vec<LotRow>,
    pub lot_moves: Vec<LotMoveRow>,
    /// Earlier lots that are good until another instant now; none: without end.
    pub lot_dates: Vec<(MembershipId, LotId, Option<Instant>)>,
    /// Lots whose end is booked with the command.
    pub lots_ended: Vec<(MembershipId, LotId)>,
    /// Balances after the command (absolute).
    pub accounts: Vec<AccountRow>,
    /// Differences per membership, measure and day.
    pub measures: Vec<MeasureDelta>,
    /// New memberships.
    pub memberships: Vec<MembershipRow>,
    /// State of memberships after the command (absolute), by id.
    pub membership_updates: Vec<MembershipUpdate>,
    /// Memberships that end later now; their state stands in `membership_updates`.
    pub renewals: Vec<RenewalRow>,
    /// Memberships that a plugin lets go on at their end: through which day, and the first instant after it.
    pub membership_ends: Vec<(MembershipId, Day, Instant)>,
    /// Lots that a plugin lets go on at their end; their new dates stand in `lot_dates`.
    pub lot_extensions: Vec<LotExtension>,
    pub cards: Vec<CardRow>,
    pub card_updates: Vec<CardUpdate>,
    /// PINs of cards after the command (absolute).
    pub pins: Vec<PinRow>,
    /// Dynamic codes that are used up: card and step.
    pub codes: Vec<(CardId, i64)>,
    /// Cards whose PIN is forgotten.
    pub pins_forgotten: Vec<CardId>,
    /// Dynamic codes that must not be used any more, used or not: card and step.
    pub codes_ended: Vec<(CardId, i64)>,
    /// Anonymous memberships that become a customer's.
    pub named: Vec<(MembershipId, CustomerId)>,
    /// Memberships that go to another person.
    pub handed_over: Vec<HandOverRow>,
    pub tier_changes: Vec<TierChangeRow>,
    /// Earlier bills of nobody that become a membership's (the purchase that led to a card).
    pub bill_memberships: Vec<BillMembership>,
    /// Sales whose plugin failed, with the hash of what it was asked.
    pub unjudged: Vec<(BillId, [u8; 32])>,
    /// Of them, those that have been judged since.
    pub judged: Vec<BillId>,
    pub top_ups: Vec<TopUpRow>,
    /// Passes that were sold.
    pub passes: Vec<PassRow>,
    pub pass_uses: Vec<PassUseRow>,
    /// Uses that are called off, with the bill that does it.
    pub pass_uses_cancelled: Vec<(BillId, BillId)>,
    /// Top-ups and passes that are paid back.
    pub refunds: Vec<RefundRow>,
    /// Differences in a reward's stock; never below zero, `decide` has checked.
    pub stock: Vec<(RewardId, i64)>,
    /// The same of what stores have of their own.
    pub store_stock: Vec<(RewardId, StoreId, i64)>,
    /// How new exchanges are handed over.
    pub claims: Vec<ClaimRow>,
    /// Earlier exchanges that are cancelled.
    pub claims_cancelled: Vec<BillId>,
    /// What new bills took of others in the pool.
    pub pool_draws: Vec<PoolDrawRow>,
    /// Codes that pay part of a new bill.
    pub voucher_uses: Vec<VoucherUseRow>,
    /// Of a sale that is returned: positions whose codes work once more.
    pub voucher_undone: Vec<(BillId, i32)>,
    /// Codes that a return gives.
    pub vouchers: Vec<VoucherRow>,
    /// What campaigns gave, or took back with a whole bill.
    pub campaign_uses: Vec<CampaignUseRow>,
}

impl Rows {
    /// Puts what was lent for the bill in front: its entries come before those that spend it.
    #[must_use]
    pub fn after(mut self, lent: Rows) -> Self {
        let later = std::mem::take(&mut self.entries);
        self.entries = lent.entries.into_iter().chain(later).collect();
        let later = std::mem::take(&mut self.lots);
        self.lots = lent.lots.into_iter().chain(later).collect();
        let later = std::mem::take(&mut self.lot_moves);
        self.lot_moves = lent.lot_moves.into_iter().chain(later).collect();
        // Absolute figures: of one account or membership the later ones hold.
        let later = std::mem::take(&mut self.accounts);
        let known = |row: &AccountRow| {
            let same = |l: &AccountRow| l.membership == row.membership && l.asset == row.asset;
            later.iter().any(same)
        };
        let first: Vec<AccountRow> = lent.accounts.into_iter().filter(|row| !known(row)).collect();
        self.accounts = first.into_iter().chain(later).collect();
        let later = std::mem::take(&mut self.membership_updates);
        self.membership_updates = lent.membership_updates.into_iter().chain(later).collect();
        self.pool_draws.extend(lent.pool_draws);
        self
    }
}

/// How an exchange reaches its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRow {
    pub bill: BillId,
    pub reward: RewardId,
    pub membership: MembershipId,
    pub store: StoreId,
    /// Pieces.
    pub quantity: i64,
    /// Whether they come from the store's own stock.
    pub from_store: bool,
    pub state: ClaimState,
    pub at: Instant,
}

/// A lot of somebody else in the pool that a bill took, and the spender's lot that came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolDrawRow {
    pub bill: BillId,
    pub lot: LotId,
    pub membership: MembershipId,
    pub lender: MembershipId,
    pub lender_lot: LotId,
    pub amount: Points,
}

/// A code pays part of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherUseRow {
    pub id: Uuid,
    pub voucher: VoucherId,
    pub kind: VoucherKindId,
    pub membership: Option<MembershipId>,
    pub bill: BillId,
    /// Of its tender.
    pub position: i32,
    pub amount: Minor,
}

/// A code that a return gives in place of a bought one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherRow {
    pub id: VoucherId,
    pub kind: VoucherKindId,
    pub digest: [u8; 32],
    pub sealed: Vec<u8>,
    pub membership: Option<MembershipId>,
    pub store: StoreId,
    pub issued_on: Day,
    pub own_amount: Minor,
    pub own_last_day: Option<Day>,
    /// The return.
    pub bill: BillId,
}

/// What a campaign gave to a membership; a bill that comes back whole gives a second row with the negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignUseRow {
    pub id: uuid::Uuid,
    pub campaign: CampaignId,
    pub version: i64,
    pub membership: MembershipId,
    /// The bill; of an award none.
    pub bill: Option<BillId>,
    /// Of an award what it was for, once per campaign and membership: `sign_up`, or the year of a birthday.
    pub occasion: Option<String>,
    pub day: Day,
    pub points: Points,
    pub let_off: Points,
}

/// A sale, a return or a redemption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillRow {
    pub id: BillId,
    pub kind: BillKind,
    pub key: NaturalKey,
    /// Hash of what the till sent, to tell a repeat from a conflict.
    pub content: [u8; 32],
    pub occurred_at: Instant,
    pub booked_at: Instant,
    pub staff: Option<StaffId>,
    pub customer: Option<CustomerId>,
    pub membership: Option<MembershipId>,
    /// The credential used, if any.
    pub card: Option<CardId>,
    /// For a return: the sale it takes from.
    pub original: Option<BillId>,
    pub reward: Option<RewardId>,
    /// Σ line amounts − rounding = Σ tenders.
    pub total: Minor,
    pub rounding: Minor,
    /// 实付: what counts for earning, admission and measures. Negative for a return.
    pub paid: Minor,
    pub judgement: Judgement,
    pub earned: Points,
    pub spent: Points,
    /// Sale-level bonuses with their conditions, as JSON ([`crate::sale::Bonus`]).
    pub bonuses: String,
    /// Rounding and caps as they stood at the sale, JSON ([`crate::sale::Terms`]).
    pub terms: String,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillLineRow {
    pub bill: BillId,
    /// From 1.
    pub number: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    pub amount: Minor,
    pub list_amount: Minor,
    pub discount: Minor,
    /// Amount less the share of what was not paid with money.
    pub counted: Minor,
    /// Unrounded points, parts per million.
    pub contribution: Ppm,
    /// JSON object.
    pub attributes: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillTenderRow {
    pub bill: BillId,
    pub position: i32,
    pub kind: TenderKind,
    pub amount: Minor,
    /// Points, for kind `points`.
    pub points: Points,
}

/// How far a sale has been returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillProgress {
    pub bill: BillId,
    /// Line number and quantity returned so far, for the lines that changed.
    pub lines: Vec<(i32, i64)>,
    /// Position and money given back so far, for the tenders that changed.
    pub tenders: Vec<(i32, Minor)>,
    pub returned_money: Minor,
    pub returned_paid: Minor,
    /// Points taken back of those earned, so far.
    pub clawed_back: Points,
    /// Points given back of those spent, so far.
    pub given_back: Points,
}

/// One movement, with its explanation: both sides of a posting. The membership's account gets
/// `amount`, `counter` gets its negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    pub id: EntryId,
    pub membership: MembershipId,
    pub asset: Asset,
    pub kind: EntryKind,
    pub amount: i64,
    pub counter: CounterAccount,
    pub bill: Option<BillId>,
    pub store: Option<StoreId>,
    pub occurred_at: Instant,
    pub booked_at: Instant,
    pub rule: String,
    pub explanation: Text,
    pub line: Option<i32>,
    pub reverses: Option<EntryId>,
    pub configuration: Option<ConfigurationId>,
    /// SHA-256 of the recorded plugin input, if a plugin decided it.
    pub input: Option<[u8; 32]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRow {
    pub id: LotId,
    pub membership: MembershipId,
    pub asset: Asset,
    pub entry: EntryId,
    pub bill: Option<BillId>,
    pub amount: i64,
    pub opened_at: Instant,
    pub matures_at: Option<Instant>,
    /// First instant at which it is no longer valid.
    pub expires_at: Option<Instant>,
}

/// What an entry did to a lot; a lot's remainder is the sum of its moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotMoveRow {
    pub entry: EntryId,
    pub lot: LotId,
    pub delta: i64,
    /// The lot's remainder afterwards.
    pub remaining: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    pub membership: MembershipId,
    pub asset: Asset,
    /// Σ entries = Σ lot remainders − debt.
    pub balance: i64,
    pub debt: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureDelta {
    pub membership: MembershipId,
    /// One of [`crate::measure::names`].
    pub measure: &'static str,
    pub day: Day,
    pub delta: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipRow {
    pub id: MembershipId,
    pub program: ProgramId,
    pub customer: Option<CustomerId>,
    pub store: StoreId,
    pub opened_at: Instant,
    pub opened_on: Day,
    pub valid_through: Option<Day>,
    /// First instant after `valid_through` in the issuing store's zone.
    pub expires_at: Option<Instant>,
    pub tier: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipUpdate {
    pub id: MembershipId,
    pub tier: String,
    /// Its last day; none: no end.
    pub tier_until: Option<Day>,
    /// The tier that figures give, while one that was set by hand is above it.
    pub below: Option<Below>,
    pub open: bool,
    /// Whether it was opened or closed.
    pub turned: bool,
    /// Number of sales so far; the first earns an introducer's reward.
    pub purchases: i64,
    /// Rises with every command that touches the membership.
    pub version: i64,
}

/// What a bill that was booked without a membership becomes when one is opened for it: the bill's membership,
/// judgement, earned, bonuses and terms, and the contributions of its lines, are set to these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillMembership {
    pub bill: BillId,
    pub membership: MembershipId,
    pub judgement: Judgement,
    pub earned: Points,
    /// JSON ([`crate::sale::Bonus`]).
    pub bonuses: String,
    /// JSON ([`crate::sale::Terms`]).
    pub terms: String,
    /// Line number and unrounded points, for every line.
    pub contributions: Vec<(i32, Ppm)>,
}

/// Why a tier changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierChangeKind {
    /// The figures reached the step: at a sale, or when points could be spent.
    Upgrade,
    /// A return took the figure below the threshold of an earlier upgrade.
    Undone,
    /// A review found the threshold reached no longer.
    Downgrade,
    /// A review found it reached; from and to are the same.
    Kept,
    /// Somebody set it, with an end.
    Manual,
    /// What somebody had set is over, or was taken back.
    ManualEnded,
    /// Another membership with a better tier was merged into this one.
    Merged,
    /// That merge was taken back.
    Unmerged,
}

named!(TierChangeKind {
    Upgrade = "upgrade", Undone = "undone", Downgrade = "downgrade", Kept = "kept", Manual = "manual",
    ManualEnded = "manual_ended", Merged = "merged", Unmerged = "unmerged",
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierChangeRow {
    pub membership: MembershipId,
    pub kind: TierChangeKind,
    pub from: String,
    pub to: String,
    pub at: Instant,
    pub day: Day,
    pub cause: Option<BillId>,
    /// First day of the window, which ends with `day`.
    pub since: Day,
    /// The figure that decided it, in its measure's unit.
    pub figure: i64,
    /// What it was held against; of an undone upgrade, what is no longer reached.
    pub threshold: i64,
    /// All conditions with their figures.
    pub measured: Measured,
    /// Last day of `to`; none: no end.
    pub valid_through: Option<Day>,
    /// What figures alone give, before and after, where a tier set by hand was above it.
    pub own: Option<(String, String)>,
    /// Who set it by hand, and why.
    pub staff: Option<StaffId>,
    pub reason: Option<TierReason>,
    pub explanation: Text,
}
