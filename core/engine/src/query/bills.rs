//! Bills as they were booked: sales, returns and redemptions.

use super::not_found;
use crate::actor::Actor;
use crate::{Engine, Page, PageArgs};
use cardea_domain::id::{BillId, CustomerId, MembershipId, StoreId};
use cardea_domain::sale::{BillKind, Judgement, TenderKind};
use cardea_domain::{Day, Instant, Minor, Points, Ppm, Refusal};
use serde::Serialize;

/// A bill as it was booked, with how far it has been returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillView {
    pub id: BillId,
    pub kind: BillKind,
    pub store_id: StoreId,
    pub source: String,
    pub till: String,
    pub receipt: String,
    pub business_date: Day,
    pub occurred_at: Instant,
    pub customer_id: Option<CustomerId>,
    pub membership_id: Option<MembershipId>,
    /// For a return: the sale it takes from.
    pub original_id: Option<BillId>,
    pub total: Minor,
    pub rounding: Minor,
    pub paid: Minor,
    pub judged: Judgement,
    pub points_earned: Points,
    pub points_spent: Points,
    pub reason: Option<String>,
    pub lines: Vec<BillLineView>,
    pub tenders: Vec<BillTenderView>,
    /// Returns of this sale, oldest first.
    pub returns: Vec<BillId>,
    /// What was answered when it was booked: JSON.
    pub answer: serde_json::Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillLineView {
    /// From 1.
    pub line: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    pub amount: Minor,
    pub list_amount: Minor,
    pub discount: Minor,
    /// Thousandths returned so far.
    pub returned_quantity: i64,
    /// Points before rounding, parts per million.
    pub points_ppm: Ppm,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BillTenderView {
    pub kind: TenderKind,
    pub amount: Minor,
    /// Points, for kind `points`.
    pub points: Points,
    /// Money given back so far.
    pub returned: Minor,
}

/// Finds sales by what is printed on the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillFilter {
    pub store: StoreId,
    pub till: Option<String>,
    pub receipt: Option<String>,
    pub business_date: Option<Day>,
}

impl Engine {
    /// One bill.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn bill(&self, _actor: &Actor, _id: BillId) -> Result<BillView, Refusal> {
        Err(not_found())
    }

    /// Sales of a store, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn sales(&self, _actor: &Actor, _filter: &BillFilter, page: &PageArgs) -> Result<Page<BillView>, Refusal> {
        page.limit()?;
        Err(not_found())
    }
}
