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
    /// Its bill is held back: who takes it back waits for it.
    held: bool,
}

/// What a cancellation takes of a purchase; by its place, so that it can be given back.
struct Taken {
    at: usize,
    quantity: i64,
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
                    held: false,
                });
            }
        }
    }

    /// Remembers what a bill that is held back would have sold: a cancellation that takes it back must not take an
    /// earlier purchase instead.
    pub fn held(&mut self, rows: &[Row]) {
        for row in rows.iter().filter(|row| !row.cancels) {
            if let Some(purchases) = self.0.get_mut(&key(row)) {
                let bill = Original {
                    receipt: row.receipt.clone(),
                    store: row.place.store.clone(),
                    at: row.place.at,
                };
                purchases.push(Purchase {
                    bill,
                    line: 0,
                    left: row.quantity,
                    held: true,
                });
            }
        }
    }

    /// What a cancellation takes back: from the latest earlier purchase with something left, then the one before it,
    /// and so on; one return per sale. If a row takes what no purchase covers, nothing is taken: the rows at fault.
    pub fn cancel(&mut self, rows: &[Row]) -> Result<Vec<ReturnBill>, Vec<BadRow>> {
        let (mut returns, mut bad, mut all) = (Vec::<ReturnBill>::new(), Vec::new(), Vec::new());
        let Some(first) = rows.first() else {
            return Ok(returns);
        };
        for row in rows {
            match self.take(row, first.place.at) {
                Err(why) => bad.push(row.bad(Reason::NoOriginal, why)),
                Ok(taken) => {
                    for taken in &taken {
                        let purchase = &self.0[&key(row)][taken.at];
                        let at = returns.iter().position(|r| r.original == purchase.bill);
                        let at = at.unwrap_or_else(|| {
                            returns.push(part(first, purchase.bill.clone(), returns.len() + 1));
                            returns.len() - 1
                        });
                        add(&mut returns[at].lines, purchase.line, taken.quantity);
                    }
                    all.push((row, taken));
                }
            }
        }
        if bad.is_empty() {
            return Ok(returns);
        }
        for (row, taken) in all {
            self.give_back(row, &taken);
        }
        Err(bad)
    }

    /// Takes a row's quantity from earlier purchases, or nothing: why.
    fn take(&mut self, row: &Row, at: Instant) -> Result<Vec<Taken>, String> {
        let (mut taken, mut missing) = (Vec::new(), row.quantity);
        let mut purchases = self.0.get_mut(&key(row));
        let why = loop {
            if missing == 0 {
                return Ok(taken);
            }
            let purchases = purchases.as_deref_mut().into_iter().flatten();
            let earlier = purchases.enumerate().filter(|(_, p)| p.left > 0 && p.bill.at <= at);
            // Of equally late ones the last in the file.
            match earlier.max_by_key(|(_, p)| p.bill.at) {
                None => break format!("{} {}: {missing} of {} thousandths", row.member, row.sku, row.quantity),
                Some((_, purchase)) if purchase.held => {
                    break format!("its bill {} is held back", purchase.bill.receipt);
                }
                Some((at, purchase)) => {
                    let quantity = purchase.left.min(missing);
                    purchase.left -= quantity;
                    missing -= quantity;
                    taken.push(Taken { at, quantity });
                }
            }
        };
        self.give_back(row, &taken);
        Err(why)
    }

    fn give_back(&mut self, row: &Row, taken: &[Taken]) {
        if let Some(purchases) = self.0.get_mut(&key(row)) {
            taken
                .iter()
                .for_each(|taken| purchases[taken.at].left += taken.quantity);
        }
    }
}

fn part(first: &Row, original: Original, part: usize) -> ReturnBill {
    let receipt = if part == 1 {
        first.receipt.clone()
    } else {
        format!("{}/{part}", first.receipt)
    };
    let (place, member) = (first.place.clone(), first.member.clone());
    ReturnBill {
        line: first.line,
        receipt,
        store: place.store,
        member,
        at: place.at,
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
