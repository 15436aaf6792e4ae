//! Sales of other systems, read from files and booked through the till's own commands.
//!
//! A [`Mapping`] says what a file means, a [`Plan`] reads it as a sequence of steps (the same one each time), and
//! [`run`] sends the steps: in order per member, many members at once, at bulk priority, each under a key that follows
//! from the file alone. Sending a step again changes nothing, so an interrupted import just goes on.

pub mod bill;
mod cancel;
pub mod decimal;
pub mod mapping;
pub mod plan;
mod progress;
pub mod row;
mod source;
#[cfg(test)]
mod tests;
mod time;

pub use mapping::Mapping;
pub use plan::{Plan, Step};
pub use progress::{Outcome, Progress, Report};
pub use row::{BadRow, Reason};
pub use source::hash;

use std::fmt;
use std::path::Path;

/// Why an import stops. Rows that can't be booked don't stop it: they are listed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("mapping: {0}")]
    Mapping(String),
    #[error("{0}")]
    File(String),
}

impl ImportError {
    fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::File(format!("{}: {error}", path.display()))
    }
}
