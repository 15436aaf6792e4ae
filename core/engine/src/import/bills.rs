//! A file's rows as bills: rows of one number that stand together. A bill with a row at fault can't be booked in part,
//! for the corrected file would meet another bill under its number: it is held back whole.

use super::ImportError;
use super::mapping::Mapping;
use super::records::Records;
use super::row::{self, BadRow, Place, Reason, Row};
use cardea_domain::sale::MAX_LINES;
use std::collections::{HashSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

/// Rows of one bill.
#[derive(Debug, Default)]
pub struct Group {
    /// Among the file's, from 0.
    pub number: u32,
    pub receipt: String,
    /// Those that can be read and fit to the first.
    pub rows: Vec<Row>,
    /// Store and time of the first row that says both.
    pub place: Option<Place>,
    /// The first row at fault.
    pub fault: Option<Fault>,
}

/// Why a bill isn't booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub reason: Reason,
}

/// What a file consists of, in an order that is always the same.
#[derive(Debug)]
pub enum Item {
    Bad(BadRow),
    /// After all of its bad rows.
    Bill(Group),
}

/// Reads a file bill by bill.
pub struct Bills<'a> {
    mapping: &'a Mapping,
    records: Records,
    current: Option<Group>,
    /// Rows since the current bill that don't say for sure which bill is theirs: what they seem to say.
    between: Vec<(String, Fault)>,
    ready: VecDeque<Item>,
    bills: u32,
    /// Rows read so far, good and bad.
    pub rows_read: u64,
    ended: bool,
}

impl<'a> Bills<'a> {
    pub fn open(path: &Path, mapping: &'a Mapping) -> Result<Self, ImportError> {
        Ok(Self {
            mapping,
            records: Records::open(path, mapping)?,
            current: None,
            between: Vec::new(),
            ready: VecDeque::new(),
            bills: 0,
            rows_read: 0,
            ended: false,
        })
    }

    /// The next bad row or bill, or None at the end.
    pub fn next(&mut self) -> Result<Option<Item>, ImportError> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            self.read()?;
        }
    }

    /// SHA-256 of the file.
    pub fn into_hash(self) -> Result<[u8; 32], ImportError> {
        self.records.into_hash().map_err(|e| ImportError::File(e.to_string()))
    }

    fn read(&mut self) -> Result<(), ImportError> {
        let record = self.records.next().map_err(|e| ImportError::File(e.to_string()))?;
        let Some(record) = record else {
            self.ended = true;
            self.close();
            return Ok(());
        };
        self.rows_read += 1;
        match row::read(&record, self.mapping) {
            Ok(row) => {
                let bad = self.bill(&row.receipt).take(row);
                self.ready.extend(bad.map(Item::Bad));
            }
            Err(unread) => {
                let fault = unread.row.fault();
                let current = self.current.as_ref().map(|bill| &bill.receipt);
                if unread.certain || current == Some(&unread.row.receipt) {
                    let bill = self.bill(&unread.row.receipt);
                    bill.fault.get_or_insert(fault);
                    bill.place = bill.place.take().or(unread.place);
                } else {
                    self.between.push((unread.row.receipt.clone(), fault));
                }
                self.ready.push_back(Item::Bad(unread.row));
            }
        }
        Ok(())
    }

    /// The bill of this number: the current one, or the next.
    fn bill(&mut self, receipt: &str) -> &mut Group {
        let same = self.current.as_ref().is_some_and(|bill| bill.receipt == receipt);
        let fault = if same {
            self.between.drain(..).next().map(|(_, fault)| fault)
        } else {
            let own: Vec<_> = self.between.extract_if(.., |(seems, _)| seems == receipt).collect();
            let either = self.between.first().map(|(_, fault)| *fault);
            self.close();
            self.bills += 1;
            self.current = Some(Group {
                number: self.bills - 1,
                receipt: receipt.to_owned(),
                ..Group::default()
            });
            own.first().map(|(_, fault)| *fault).or(either)
        };
        let bill = self.current.get_or_insert_default();
        bill.fault = bill.fault.or(fault);
        bill
    }

    /// Ends the current bill; what stands behind it may be a part of it.
    fn close(&mut self) {
        let behind = self.between.first().map(|(_, fault)| *fault);
        self.between.clear();
        if let Some(mut bill) = self.current.take() {
            bill.fault = bill.fault.or(behind);
            self.ready.push_back(Item::Bill(bill));
        }
    }
}

impl Group {
    /// Adds a row, or says why it doesn't belong to the bill.
    fn take(&mut self, row: Row) -> Option<BadRow> {
        self.place.get_or_insert_with(|| row.place.clone());
        let other = |first: &&Row| first.place.store != row.place.store || first.member != row.member;
        let (reason, detail) = match self.rows.first().filter(other) {
            Some(first) => (
                Reason::MixedBill,
                format!(
                    "line {} says store {}, member {}",
                    first.line, first.place.store, first.member
                ),
            ),
            None if self.rows.len() < MAX_LINES => {
                self.rows.push(row);
                return None;
            }
            None => (Reason::TooLong, format!("above {MAX_LINES} rows")),
        };
        let bad = row.bad(reason, detail);
        self.fault.get_or_insert(bad.fault());
        Some(bad)
    }
}

/// Which bills stand in the file more than once.
#[derive(Default)]
pub struct Places {
    /// Hash of store, day and number; hash of the number; the bill.
    bills: Vec<(u64, u32, u32)>,
    /// Hashes of the numbers of bills without a row that says where they belong.
    placeless: HashSet<u32>,
}

impl Places {
    /// Notes a bill; the same number on another day is another bill, as in the ledger.
    pub fn add(&mut self, bill: &Group, mapping: &Mapping) {
        let number = hash(&bill.receipt);
        let place = match &bill.place {
            Some(place) => hash(&(&place.store, mapping.store.time_zone.day_of(place.at).0, number)),
            None => {
                self.placeless.insert(number as u32);
                number
            }
        };
        self.bills.push((place, number as u32, bill.number));
    }

    /// The bills whose rows stand in more than one place.
    pub fn split(mut self) -> HashSet<u32> {
        self.bills.sort_unstable();
        let twice = self.bills.chunk_by(|a, b| a.0 == b.0).filter(|same| same.len() > 1);
        let mut split: HashSet<u32> = twice.flatten().map(|(.., bill)| *bill).collect();
        for number in &self.placeless {
            let same = self.bills.iter().filter(|(_, of, _)| of == number);
            if same.clone().nth(1).is_some() {
                split.extend(same.map(|(.., bill)| *bill));
            }
        }
        split
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
