//! Recomputes what the ledger keeps, and takes a fingerprint of what it says (D-LED-1).
//!
//! Everything is read once, in the order of the memberships' references, a slice of them at a time: memory doesn't
//! grow with the ledger.

mod bills;
mod blanks;
mod campaigns;
mod chain;
mod fingerprint;
mod holdings;
mod inputs;
mod members;
mod merges;
mod openings;
mod orphans;
mod people;
mod pools;
mod prepaid;
mod questions;
mod renewals;
#[cfg(test)]
mod tests;
mod vouchers;

use crate::audit;
use crate::error::Result;
use crate::keys::SealKeys;
use crate::store::{Across, Conn, Id, Scope};
use crate::{Engine, each};
use diesel::prelude::*;
use fingerprint::Fingerprint;
use serde::Serialize;
use std::fmt::Display;

/// Problems named in a report; more are only counted.
const MOST_PROBLEMS: usize = 1000;

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub chains: u64,
    pub entries: u64,
    pub lots: u64,
    pub accounts: u64,
    pub bills: u64,
    /// Entries of the audit log.
    pub audit: u64,
    /// Each names the rows that don't agree; empty for sound books.
    pub problems: Vec<String>,
    /// SHA-256, hexadecimal, over memberships, tiers, balances, lots and entries under natural keys: equal for equal
    /// books, whatever their ids, keys and times of booking.
    pub hash: String,
}

impl Engine {
    /// Verifies the books of every chain and the audit log, on one snapshot; writers go on meanwhile.
    ///
    /// # Errors
    /// The database fails. What is wrong in the books is no error but a problem of the report.
    pub fn verify(&self) -> Result<Report> {
        let keys = self.keys().seals();
        self.database()
            .snapshot(Scope::AllChains(Across::Verification), |conn| verify(conn, &keys))
    }
}

/// Verifies what a connection sees; the caller keeps it from changing meanwhile.
fn verify(conn: &mut Conn, keys: &SealKeys) -> Result<Report> {
    use crate::store::schema::chains;
    let mut books = Books::default();
    let mut found: Vec<(Id, String)> = each!(conn, c => chains::table.select((chains::id, chains::code)).load(c)?);
    // The database's collation is not asked.
    found.sort_by(|a, b| a.1.cmp(&b.1));
    for (id, code) in found {
        chain::verify(conn, &mut books, id, code)?;
    }
    let entries = audit::check(conn, keys, &mut |problem| books.problem(problem))?;
    books.report.audit = entries;
    Ok(books.report())
}

/// What has been read so far.
#[derive(Default)]
struct Books {
    report: Report,
    more_problems: u64,
    fingerprint: Fingerprint,
}

impl Books {
    fn problem(&mut self, text: impl Display) {
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(text.to_string());
        } else {
            self.more_problems += 1;
        }
    }

    /// Adds a problem unless two figures agree.
    fn agree(&mut self, found: i64, expected: i64, what: impl FnOnce() -> String) {
        if found != expected {
            self.problem(format_args!(
                "{} is {found}, but {expected} by the rows below it",
                what()
            ));
        }
    }

    fn report(self) -> Report {
        let mut report = self.report;
        if self.more_problems > 0 {
            report.problems.push(format!("{} more problems", self.more_problems));
        }
        report.hash = self.fingerprint.finish();
        report
    }
}
