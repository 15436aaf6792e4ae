//! Rows that stand together as one bill.

use super::decimal;
use super::row::Row;
use cardea_domain::money::spread;
use cardea_domain::{Instant, Minor};

/// Rows with quantity 0 (a coupon of its own, a void) stay lines of their bill; the ledger's smallest quantity stands
/// for theirs.
const LEAST: i64 = 1;

/// A sale as it goes to the till's own command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleBill {
    /// Of its first row in the file.
    pub line: u64,
    pub receipt: String,
    pub store: String,
    /// Empty: nobody.
    pub member: String,
    pub at: Instant,
    /// Σ line amounts; what was paid.
    pub total: Minor,
    /// Number 1 is the first.
    pub lines: Vec<SaleLine>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleLine {
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    pub amount: Minor,
    /// ≥ `amount`
    pub list_amount: Minor,
}

/// What a cancellation takes back of one earlier sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnBill {
    /// Of the cancellation's first row in the file.
    pub line: u64,
    /// The cancellation's number; from the second sale on that it takes back, `number/2`, `number/3` …
    pub receipt: String,
    pub store: String,
    pub member: String,
    pub at: Instant,
    pub original: Original,
    /// Line number of the sale and thousandths taken back, by line number.
    pub lines: Vec<(i32, i64)>,
}

/// Where the sale is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    pub receipt: String,
    pub store: String,
    pub at: Instant,
}

/// Makes a sale of rows: their exact sum, half to even to minor units of `digits` digits, not below 0, shared out so
/// that lines and total agree. Without a line below 0 every line keeps its own amount; a coupon above its line's value
/// is carried by the other lines, by money. None if a figure doesn't fit.
pub fn sale(rows: &[Row], digits: u32) -> Option<SaleBill> {
    let first = rows.first()?;
    let mut sum = decimal::ZERO;
    let mut weights = Vec::with_capacity(rows.len());
    for row in rows {
        sum = sum.plus(row.amount)?;
        weights.push(row.amount.round_half_even(digits).ok()?.max(0));
    }
    let total = sum.round_half_even(digits).ok()?.max(0);
    if weights.iter().all(|w| *w == 0) {
        // Fractions of a cent that only together make one.
        weights[0] = total;
    }
    let mut lines = Vec::with_capacity(rows.len());
    for (row, amount) in rows.iter().zip(spread(total, &weights)) {
        lines.push(SaleLine {
            sku: row.sku.clone(),
            category: row.category.clone(),
            quantity: row.quantity.max(LEAST),
            amount,
            list_amount: row.list_amount.round_half_even(digits).ok()?.max(amount),
        });
    }
    let (receipt, place, member) = (first.receipt.clone(), first.place.clone(), first.member.clone());
    Some(SaleBill {
        line: first.line,
        receipt,
        store: place.store,
        member,
        at: place.at,
        total,
        lines,
    })
}
