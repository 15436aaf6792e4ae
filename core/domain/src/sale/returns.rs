//! Returns (D-LED-5): from the recorded outcome of the sale, never from today's rules.

use super::{Context, EntryView, NaturalKey, SaleRecord, TenderKind};
use crate::calendar::Instant;
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::ledger::{Balance, Member};
use crate::money::{Minor, Points};
use crate::rows::Rows;
use crate::tier::TierView;
use serde::{Deserialize, Serialize};

/// A return to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    pub content: [u8; 32],
    /// Empty: everything that is left.
    pub lines: Vec<ReturnLine>,
    pub reason: String,
    pub occurred_at: Instant,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnLine {
    pub line: i32,
    /// Thousandths, ≥ 1.
    pub quantity: i64,
}

/// What a return did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnAnswer {
    pub id: BillId,
    pub money: ReturnedMoney,
    pub points: ReturnedPoints,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    pub tier: Option<TierView>,
    /// The tier before, where the return has undone one.
    pub tier_before: Option<TierView>,
    /// What happens, in one sentence.
    pub explanation: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedMoney {
    /// Over all tenders.
    pub total: Minor,
    pub tenders: Vec<ReturnedTender>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedTender {
    pub kind: TenderKind,
    /// Money; for `points` what the points stood for.
    pub amount: Minor,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedPoints {
    /// Spent points that go back to their lots.
    pub given_back: Points,
    /// Of them, to lots that have expired: they stay expired.
    pub expired: Points,
    /// Earned points taken back, those owed included.
    pub taken_back: Points,
    /// Of them, not matured yet.
    pub from_maturing: Points,
    /// Of them, not there any more: a debt.
    pub owed: Points,
}

/// Books a return of `record`. `member` is the sale's, `introducer` the one of its [`super::IntroducerBonus`].
///
/// # Errors
/// `field_invalid`, `already_returned`, `occurred_at_out_of_range`; nothing has changed then.
pub fn decide_return(
    member: Option<&mut Member>,
    introducer: Option<&mut Member>,
    record: &SaleRecord,
    args: &ReturnArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, ReturnAnswer), Refusal> {
    todo!()
}
