//! Where a value of a row stands: in a column, by its name or position, or in the mapping itself.

use serde::Deserialize;
use std::fmt;

/// The name of the row's own number, where no column is called that.
pub const ROW: &str = "row";

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    deny_unknown_fields,
    expecting = "a column's name, its position (from 1), or { constant = \"…\" }"
)]
pub enum Column {
    /// By the header; [`ROW`] is the row's number, from 1, unless the header has that name.
    Named(String),
    /// From 1.
    At(usize),
    /// The same in every row.
    Constant { constant: String },
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::At(position) => write!(f, "column {position}"),
            Self::Constant { constant } => write!(f, "the constant {constant}"),
        }
    }
}
