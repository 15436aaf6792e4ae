//! A bill as a till sends it: lines, tenders, rounding, and whether they add up.

use super::TenderKind;
use crate::calendar::Instant;
use crate::error::Refusal;
use crate::money::Minor;
use serde::{Deserialize, Serialize};

/// A bill. Σ tenders = Σ line amounts − rounding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// 1–500 lines, numbered from 1 without gaps.
    pub lines: Vec<Line>,
    pub tenders: Vec<Tender>,
    /// What is let off (抹零), or negative where it is rounded up.
    pub rounding: Minor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths, ≥ 1.
    pub quantity: i64,
    /// Line total after discount, ≥ 0.
    pub amount: Minor,
    /// Before discount, ≥ 0.
    pub list_amount: Minor,
    /// `list_amount − amount`.
    pub discount: Minor,
    /// Typed attributes that the program's plugin declares.
    pub attributes: Vec<(String, AttrValue)>,
}

/// A typed attribute of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum AttrValue {
    Flag(bool),
    Integer(i64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tender {
    pub kind: TenderKind,
    /// Money for every kind, ≥ 0.
    pub amount: Minor,
}

impl Bill {
    /// Checks ranges, differences and sums.
    ///
    /// # Errors
    /// `field_invalid`, `line_discount_mismatch` or `tenders_mismatch`, each with its pointer.
    pub fn validate(&self) -> Result<(), Refusal> {
        todo!()
    }

    /// What is to be paid: Σ line amounts − rounding. Of a valid bill.
    pub fn total(&self) -> Minor {
        todo!()
    }

    /// 实付: Σ tenders of money. Of a valid bill.
    pub fn paid(&self) -> Minor {
        todo!()
    }
}

/// What of each line counts as paid, in the bill's order: its amount less its share, by money, of what was not paid
/// with money. Of a valid bill.
pub fn spread_unpaid(bill: &Bill) -> Vec<Minor> {
    todo!()
}

/// Business time may lie 7 days back and 5 minutes ahead of `now`; with `privileged` (a manager, an import) further back.
///
/// # Errors
/// `occurred_at_out_of_range`
pub fn check_occurred_at(occurred_at: Instant, now: Instant, privileged: bool) -> Result<(), Refusal> {
    todo!()
}
