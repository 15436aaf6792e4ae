//! What is printed of blanks: their numbers as codes for scanners.

use crate::card::CardNumber;
use serde::Serialize;

/// A sheet of labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelSheet {
    pub title: String,
    /// At the foot of every page: who took it away, and when.
    pub mark: String,
    pub labels: Vec<Label>,
}

/// One blank's label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Its place in the batch.
    pub serial: i32,
    pub number: CardNumber,
}
