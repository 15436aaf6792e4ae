//! A file as a sequence of steps: sales, returns and bad rows, the same sequence each time it is read. An import is
//! this sequence sent to the commands that tills use; a dry run is the sequence alone.

use super::ImportError;
use super::bill::{self, ReturnBill, SaleBill};
use super::bills::{Bills, Fault, Group, Item, Places};
use super::cancel::Purchases;
use super::mapping::Mapping;
use super::row::{BadRow, Reason, Row};
use cardea_domain::Instant;
use std::collections::{HashSet, VecDeque};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Sale(SaleBill),
    Return(ReturnBill),
    Bad(BadRow),
}

/// What a first look at the whole file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    pub rows: u64,
    /// Time of the earliest row that can be read.
    pub since: Option<Instant>,
    /// SHA-256 of the file.
    pub hash: [u8; 32],
}

/// Reads a file step by step.
pub struct Plan<'a> {
    mapping: &'a Mapping,
    bills: Bills<'a>,
    purchases: Purchases,
    /// Bills whose rows stand in more than one place.
    split: HashSet<u32>,
    ready: VecDeque<Step>,
}

impl<'a> Plan<'a> {
    /// Reads the file once for its size, its hash, its beginning, what its cancellations look for and which bills stand
    /// in parts, and opens it again.
    pub fn open(path: &Path, mapping: &'a Mapping) -> Result<(Self, Survey), ImportError> {
        let mut bills = Bills::open(path, mapping)?;
        let (mut purchases, mut places, mut since) = (Purchases::default(), Places::default(), None::<Instant>);
        while let Some(item) = bills.next()? {
            let Item::Bill(bill) = item else { continue };
            places.add(&bill, mapping);
            let times = bill
                .rows
                .iter()
                .map(|row| row.place.at)
                .chain(bill.place.as_ref().map(|place| place.at));
            since = since.into_iter().chain(times).min();
            bill.rows.iter().for_each(|row| purchases.want(row));
        }
        let (rows, hash) = (bills.rows_read, bills.into_hash()?);
        let plan = Self {
            mapping,
            bills: Bills::open(path, mapping)?,
            purchases,
            split: places.split(),
            ready: VecDeque::new(),
        };
        Ok((plan, Survey { rows, since, hash }))
    }

    /// Rows read so far, good and bad.
    pub fn rows_read(&self) -> u64 {
        self.bills.rows_read
    }

    /// The next step, or None at the end.
    pub fn next_step(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(Some(step));
            }
            match self.bills.next()? {
                None => return Ok(None),
                Some(Item::Bad(row)) => return Ok(Some(Step::Bad(row))),
                Some(Item::Bill(bill)) => self.close(bill),
            }
        }
    }

    fn close(&mut self, bill: Group) {
        let rows = bill.rows;
        let Some(first) = rows.first() else { return };
        if self.split.contains(&bill.number) {
            let parts = "rows of this bill stand elsewhere in the file too";
            let bad: Vec<_> = rows
                .iter()
                .map(|row| row.bad(Reason::SplitBill, parts.into()))
                .collect();
            self.hold(&rows, bad);
        } else if let Some(fault) = bill.fault {
            self.hold(&rows, held_back(&rows, fault));
        } else if first.cancels {
            match self.purchases.cancel(&rows) {
                Ok(returns) => self.ready.extend(returns.into_iter().map(Step::Return)),
                Err(bad) => self.refuse(&rows, bad),
            }
        } else if let Some(sale) = bill::sale(&rows, self.mapping.chain.digits) {
            self.purchases.sold(&sale, &rows);
            self.ready.push_back(Step::Sale(sale));
        } else {
            self.refuse(
                &rows,
                vec![first.bad(Reason::NotANumber, "the bill's amounts are too large".into())],
            );
        }
    }

    /// Holds a bill back because of some of its rows.
    fn refuse(&mut self, rows: &[Row], mut bad: Vec<BadRow>) {
        let lines: HashSet<u64> = bad.iter().map(|row| row.line).collect();
        if let Some(fault) = bad.first().map(BadRow::fault) {
            let others: Vec<_> = rows.iter().filter(|row| !lines.contains(&row.line)).cloned().collect();
            bad.extend(held_back(&others, fault));
        }
        self.hold(rows, bad);
    }

    fn hold(&mut self, rows: &[Row], bad: Vec<BadRow>) {
        self.purchases.held(rows);
        self.ready.extend(bad.into_iter().map(Step::Bad));
    }
}

fn held_back(rows: &[Row], fault: Fault) -> Vec<BadRow> {
    let because = format!("line {}: {}", fault.line, fault.reason);
    rows.iter()
        .map(|row| row.bad(Reason::HeldBack, because.clone()))
        .collect()
}
