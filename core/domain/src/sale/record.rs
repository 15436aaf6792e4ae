//! What was recorded of a sale: the only thing a return works from.

use super::{BillKind, Bonus, Judgement, NaturalKey, TenderKind, Terms};
use crate::calendar::Instant;
use crate::id::*;
use crate::ledger::{Asset, SpentMove};
use crate::money::{Minor, Points, Ppm};

/// A sale as it was booked, and how far it has been returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleRecord {
    pub id: BillId,
    pub kind: BillKind,
    pub key: NaturalKey,
    pub occurred_at: Instant,
    pub customer: Option<CustomerId>,
    pub membership: Option<MembershipId>,
    pub total: Minor,
    pub rounding: Minor,
    pub paid: Minor,
    pub judgement: Judgement,
    /// By number.
    pub lines: Vec<RecordedLine>,
    /// By position.
    pub tenders: Vec<RecordedTender>,
    pub bonuses: Vec<Bonus>,
    pub terms: Terms,
    /// Points earned by the bill's member, bonuses included.
    pub earned: Points,
    pub spent: Points,
    /// The entry that earned (or the first bonus), and the one that spent: what reversals point at.
    pub earn_entry: Option<EntryId>,
    pub spend_entry: Option<EntryId>,
    /// The configuration that judged it.
    pub configuration: Option<ConfigurationId>,
    /// Lots the sale opened for its member.
    pub own_lots: Vec<LotId>,
    /// What its spend entry took, in any order.
    pub spent_moves: Vec<SpentMove>,
    /// What of it others in the pool had lent; empty where it took nothing of theirs.
    pub pool_draws: Vec<super::PoolDraw>,
    /// The same of stored value, by asset.
    pub draws: Vec<RecordedDraw>,
    pub introducer: Option<IntroducerBonus>,
    /// As [`crate::rows::BillProgress`], absolute.
    pub returned_money: Minor,
    pub returned_paid: Minor,
    pub clawed_back: Points,
    pub given_back: Points,
    /// What expired unspent of the member's lots above, as far as it is booked.
    pub expired_unspent: Points,
    /// Of `clawed_back`, what earlier returns let be because it had expired unspent.
    pub lapsed: Points,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedLine {
    pub number: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    /// Thousandths returned so far.
    pub returned: i64,
    pub amount: Minor,
    pub list_amount: Minor,
    pub counted: Minor,
    /// Unrounded points, parts per million.
    pub contribution: Ppm,
    /// What its attributes count for, as a whole line.
    pub counts: Vec<(&'static str, i64)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedTender {
    pub position: i32,
    pub kind: TenderKind,
    pub amount: Minor,
    pub points: Points,
    /// Money given back so far.
    pub returned: Minor,
}

/// What a sale took of one kind of stored value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedDraw {
    pub asset: Asset,
    pub entry: EntryId,
    /// In any order.
    pub moves: Vec<SpentMove>,
}

/// What the sale brought the member who introduced its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntroducerBonus {
    pub membership: MembershipId,
    pub entry: EntryId,
    pub earned: Points,
    pub lot: Option<LotId>,
    /// What expired unspent of the lot, as far as it is booked.
    pub expired_unspent: Points,
}
