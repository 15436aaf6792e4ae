//! A sale: points spent first, at the old balance, then earned at the old tier.

use super::{Bill, Context, EntryView, Judgement, NaturalKey, Proposal};
use crate::calendar::Instant;
use crate::error::Refusal;
use crate::id::*;
use crate::ledger::{Balance, Member};
use crate::money::{Minor, Points};
use crate::rows::Rows;
use crate::tier::TierView;
use serde::{Deserialize, Serialize};

/// A sale to book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleArgs {
    /// Id of the new bill.
    pub id: BillId,
    pub key: NaturalKey,
    /// Hash of what the till sent.
    pub content: [u8; 32],
    pub bill: Bill,
    pub occurred_at: Instant,
    pub customer: Option<CustomerId>,
    /// The credential used, if any; the caller has checked that it is usable.
    pub card: Option<CardId>,
    /// Lifts the limit on how far back `occurred_at` may lie.
    pub privileged: bool,
}

/// What a sale did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleAnswer {
    pub id: BillId,
    pub points_earned: Points,
    pub points_spent: Points,
    pub paid: Minor,
    pub judged: Judgement,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// The tier at which it was earned.
    pub tier: Option<TierView>,
    /// The tier of the next sale, after an upgrade.
    pub tier_next: Option<TierView>,
}

/// Books a sale. `member` is as afterwards, `introducer` too (who gets the proposal's introducer bonus, if it is open).
///
/// # Errors
/// Those of [`Bill::validate`], `occurred_at_out_of_range`, `membership_closed`, `field_invalid` for a points tender
/// that can't be converted exactly or is beyond its share, `insufficient_points`, and `busy` for a proposal whose
/// [`super::Basis`] is no longer the member's: propose again. Nothing has changed then.
pub fn decide_sale(
    member: Option<&mut Member>,
    introducer: Option<&mut Member>,
    args: &SaleArgs,
    proposal: Option<&Proposal>,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, SaleAnswer), Refusal> {
    todo!()
}
