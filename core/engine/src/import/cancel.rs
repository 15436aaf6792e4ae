//! Cancellations look for the purchases they take back. Only purchases that some cancellation of the file may want
//! are remembered, so memory grows with the cancellations, not with the sales.

use super::bill::{Original, ReturnBill, SaleBill};
use super::row::{BadRow, Reason, Row};
use cardea_domain::Instant;
use std::collections::HashMap;

/// Member, sku, and the canonical price.
type Key = (String, String, (i128, u32));

/// The purchases that may still be taken back.
#[derive(Debug, Default)]
pub struct Purchases(HashMap<Key, Vec<Purchase>>);

#[derive(Debug)]
struct Purchase {
    bill: Original,
    line: i32,
    left: i64,
}

fn key(row: &Row) -> Key {
    (row.member.clone(), row.sku.clone(), (row.price.value, row.price.scale))
}

impl Purchases {
    /// Says that a cancellation will look for such a purchase.
    pub fn want(&mut self, row: &Row) {
        if row.cancels && !row.member.is_empty() {
            self.0.entry(key(row)).or_default();
        }
    }

    /// Remembers what was sold, as far as anybody wants it. `rows` are the sale's, in its order.
    pub fn sold(&mut self, sale: &SaleBill, rows: &[Row]) {
        for (number, row) in (1..).zip(rows) {
            if let Some(purchases) = self.0.get_mut(&key(row)) {
                let bill = Original {
                    receipt: sale.receipt.clone(),
                    store: sale.store.clone(),
                    at: sale.at,
                };
                purchases.push(Purchase {
                    bill,
                    line: number,
                    left: row.quantity,
                });
            }
        }
    }

    /// What a cancellation takes back: from the latest earlier purchase with something left, then the one before it,
    /// and so on; one return per sale. What no purchase covers is `no_original`.
    pub fn cancel(&mut self, rows: &[Row]) -> (Vec<ReturnBill>, Vec<BadRow>) {
        let (mut returns, mut bad) = (Vec::<ReturnBill>::new(), Vec::new());
        let Some(first) = rows.first() else {
            return (returns, bad);
        };
        for row in rows {
            let mut missing = row.quantity;
            while missing > 0 {
                let Some((original, line, taken)) = self.take(row, first.at, missing) else {
                    break;
                };
                missing -= taken;
                let at = returns.iter().position(|r| r.original == original).unwrap_or_else(|| {
                    returns.push(part(first, original, returns.len() + 1));
                    returns.len() - 1
                });
                add(&mut returns[at].lines, line, taken);
            }
            if missing > 0 {
                let detail = format!("{} {}: {missing} of {} thousandths", row.member, row.sku, row.quantity);
                bad.push(BadRow {
                    line: row.line,
                    receipt: row.receipt.clone(),
                    reason: Reason::NoOriginal,
                    detail,
                });
            }
        }
        (returns, bad)
    }

    fn take(&mut self, row: &Row, at: Instant, wanted: i64) -> Option<(Original, i32, i64)> {
        let earlier = self
            .0
            .get_mut(&key(row))?
            .iter_mut()
            .filter(|p| p.left > 0 && p.bill.at <= at);
        // Of equally late ones the last in the file.
        let purchase = earlier.max_by_key(|p| p.bill.at)?;
        let taken = purchase.left.min(wanted);
        purchase.left -= taken;
        Some((purchase.bill.clone(), purchase.line, taken))
    }
}

fn part(first: &Row, original: Original, part: usize) -> ReturnBill {
    let receipt = if part == 1 {
        first.receipt.clone()
    } else {
        format!("{}/{part}", first.receipt)
    };
    let (store, member) = (first.store.clone(), first.member.clone());
    ReturnBill {
        line: first.line,
        receipt,
        store,
        member,
        at: first.at,
        original,
        lines: Vec::new(),
    }
}

fn add(lines: &mut Vec<(i32, i64)>, line: i32, quantity: i64) {
    match lines.binary_search_by_key(&line, |l| l.0) {
        Ok(at) => lines[at].1 += quantity,
        Err(at) => lines.insert(at, (line, quantity)),
    }
}
