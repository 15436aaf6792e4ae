//! A file as a sequence of steps: sales, returns and bad rows, the same sequence each time it is read. An import is
//! this sequence sent to the commands that tills use; a dry run is the sequence alone.

use super::ImportError;
use super::bill::{self, ReturnBill, SaleBill};
use super::cancel::Purchases;
use super::mapping::Mapping;
use super::row::{self, BadRow, Reason, Row};
use super::source::Records;
use cardea_domain::Instant;
use cardea_domain::sale::MAX_LINES;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// How many bills back a second part of a bill is still noticed here; beyond that the ledger refuses it.
const REMEMBERED_BILLS: usize = 262_144;

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
}

/// Reads a file step by step.
pub struct Plan<'a> {
    mapping: &'a Mapping,
    records: Records,
    purchases: Purchases,
    /// Rows of the bill being read.
    rows: Vec<Row>,
    ready: VecDeque<Step>,
    seen: Seen,
    /// Rows read so far, good and bad.
    pub rows_read: u64,
    ended: bool,
}

impl<'a> Plan<'a> {
    /// Reads the file once for its size, its beginning and what its cancellations look for, and opens it again.
    pub fn open(path: &Path, mapping: &'a Mapping) -> Result<(Self, Survey), ImportError> {
        let mut records = Records::open(path, mapping)?;
        let (mut purchases, mut survey) = (Purchases::default(), Survey { rows: 0, since: None });
        while let Some(record) = records.next().map_err(|e| ImportError::file(path, e))? {
            survey.rows += 1;
            if let Ok(row) = row::read(&record, mapping) {
                survey.since = Some(survey.since.map_or(row.at, |since| since.min(row.at)));
                purchases.want(&row);
            }
        }
        let records = Records::open(path, mapping)?;
        let (rows, ready, seen) = (Vec::new(), VecDeque::new(), Seen::default());
        Ok((
            Self {
                mapping,
                records,
                purchases,
                rows,
                ready,
                seen,
                rows_read: 0,
                ended: false,
            },
            survey,
        ))
    }

    /// The next step, or None at the end.
    pub fn next_step(&mut self) -> Result<Option<Step>, ImportError> {
        loop {
            if let Some(step) = self.ready.pop_front() {
                return Ok(Some(step));
            }
            if self.ended {
                return Ok(None);
            }
            self.read()?;
        }
    }

    fn read(&mut self) -> Result<(), ImportError> {
        let record = self.records.next().map_err(|e| ImportError::File(e.to_string()))?;
        let Some(record) = record else {
            self.ended = true;
            self.close_bill();
            return Ok(());
        };
        self.rows_read += 1;
        match row::read(&record, self.mapping) {
            Err(bad) => self.ready.push_back(Step::Bad(bad)),
            Ok(row) => {
                if self.rows.first().is_some_and(|first| first.receipt != row.receipt) {
                    self.close_bill();
                }
                if self.rows.len() < MAX_LINES {
                    self.rows.push(row);
                } else {
                    self.bad(&row, Reason::TooLong, format!("above {MAX_LINES} rows"));
                }
            }
        }
        Ok(())
    }

    fn bad(&mut self, row: &Row, reason: Reason, detail: String) {
        self.ready.push_back(Step::Bad(BadRow {
            line: row.line,
            receipt: row.receipt.clone(),
            reason,
            detail,
        }));
    }

    fn close_bill(&mut self) {
        let (rows, mixed) = bill::of_one_kind(std::mem::take(&mut self.rows));
        self.ready.extend(mixed.into_iter().map(Step::Bad));
        let Some(first) = rows.first() else { return };
        if !self.seen.insert(&(&first.store, &first.receipt)) {
            for row in &rows {
                self.bad(
                    row,
                    Reason::SplitBill,
                    "its other rows stand elsewhere in the file".into(),
                );
            }
        } else if first.cancels {
            let (returns, bad) = self.purchases.cancel(&rows);
            self.ready.extend(
                returns
                    .into_iter()
                    .map(Step::Return)
                    .chain(bad.into_iter().map(Step::Bad)),
            );
        } else if let Some(sale) = bill::sale(&rows, self.mapping.chain.digits) {
            self.purchases.sold(&sale, &rows);
            self.ready.push_back(Step::Sale(sale));
        } else {
            self.bad(first, Reason::NotANumber, "the bill's amounts are too large".into());
        }
    }
}

/// The bills read lately, by hash.
#[derive(Default)]
struct Seen {
    set: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Seen {
    fn insert(&mut self, bill: &impl Hash) -> bool {
        let mut hasher = DefaultHasher::new();
        bill.hash(&mut hasher);
        let hash = hasher.finish();
        if self.order.len() == REMEMBERED_BILLS
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
        self.order.push_back(hash);
        self.set.insert(hash)
    }
}
