//! A contract laid out in blocks for a printer: texts and tables, nothing left to decide.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The language that something is printed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum PrintLanguage {
    #[default]
    #[serde(rename = "zh-CN")]
    Zh,
    #[serde(rename = "en")]
    En,
}

/// What is printed, from the first page to the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sheet {
    pub language: PrintLanguage,
    pub title: String,
    /// Stands above the title at the right, and at the foot of each page: the filing number.
    pub number: Option<String>,
    /// Stands across each page while it isn't signed: 草稿.
    pub mark: Option<String>,
    pub blocks: Vec<Block>,
    /// Beside each other, kept on one page.
    pub signatures: Vec<Signature>,
    /// Listed after the signatures, numbered from 1.
    pub annexes: Vec<String>,
}

/// A part of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// The heading of a clause with its number; never the last line of a page.
    Heading { text: String },
    /// A paragraph; indented in Chinese.
    Paragraph { text: String },
    /// Both parties beside each other: what is said of them.
    Parties { own: Side, other: Side },
    /// Its head is repeated on each page.
    Table(Table),
}

/// A party, as it stands at the head of a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What it is in this contract: 甲方.
    pub role: String,
    /// Label and text.
    pub facts: Vec<(String, String)>,
}

/// A table with a head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<String>>,
    /// Sums below the rows; as many cells as columns.
    pub foot: Option<Vec<String>>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Column {
    pub label: String,
    /// Stands at the right: figures.
    pub figures: bool,
    /// Its part of the width against the others'.
    pub share: u8,
}

/// Where one party signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// 甲方（盖章）
    pub role: String,
    /// Label and what is known; null is a line to write on.
    pub lines: Vec<(String, Option<String>)>,
}
