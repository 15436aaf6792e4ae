//! Sales of other systems, read from files and booked through the till's own commands.
//!
//! A [`Mapping`] says what a file means, a [`Plan`] reads it as a sequence of steps (the same one each time), and
//! [`run`] sends the steps: in order per member, many members at once, at bulk priority, each under a key that follows
//! from the file alone. Sending a step again changes nothing, so an interrupted import just goes on.

pub mod bill;
mod bills;
mod book;
mod cancel;
mod column;
pub mod decimal;
mod dry;
pub mod mapping;
pub mod plan;
mod progress;
mod records;
pub mod row;
mod run;
mod setup;
mod source;
mod state;
#[cfg(test)]
mod tests;
mod time;

pub use dry::{DryRun, dry_run};
pub use mapping::{Encoding, Mapping};
pub use plan::{Plan, Step, Survey};
pub use progress::{Outcome, Progress, Report};
pub use row::{BadRow, Reason};
pub use run::{Finish, Options, run};
pub use setup::{FirstLogin, chain};
pub(crate) use source::decoded;

use cardea_domain::Refusal;
use std::fmt;
use std::path::Path;

/// Why an import stops. Rows that can't be booked don't stop it: they are listed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("mapping: {0}")]
    Mapping(String),
    #[error("{0}")]
    File(String),
    /// The engine refused what every import needs, or can't go on.
    #[error("{}", .0.detail.en)]
    Refused(Refusal),
    #[error(transparent)]
    Engine(#[from] crate::Error),
}

impl From<Refusal> for ImportError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl ImportError {
    fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::File(format!("{}: {error}", path.display()))
    }
}

/// Who looks on: a progress bar, a list of bad rows, a signal to stop.
pub trait Watch {
    /// The file has so many rows.
    fn starts(&mut self, rows: u64);
    /// So many have been read. False: stop here; a later run goes on.
    fn goes_on(&mut self, rows: u64) -> bool;
    fn bad(&mut self, row: &BadRow);
}
