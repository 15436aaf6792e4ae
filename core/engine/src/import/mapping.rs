//! What a file means, said by a small TOML document instead of code: which column is what, how numbers and times are
//! written, which rows make a bill, and the chain, program and stores that receive them.

use super::ImportError;
use super::column::Column;
use cardea_domain::{Zone, money};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use utoipa::ToSchema;

/// A mapping, read and checked. Its TOML form is described in `web/mappings/README.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    pub file: FileFormat,
    pub time: TimeFormat,
    pub chain: Chain,
    pub store: Store,
    pub member: Member,
    pub program: Program,
    pub bill: Bill,
    pub line: Line,
    pub cancellation: Option<Cancellation>,
    /// SHA-256 of the document.
    #[serde(skip)]
    pub hash: [u8; 32],
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFormat {
    /// One ASCII character, or `whitespace`: columns aligned by blanks.
    #[serde(default = "comma")]
    pub delimiter: Delimiter,
    /// Whether the first row names the columns; without it they are known by position.
    #[serde(default = "yes")]
    pub header: bool,
    /// None: found out from the file's beginning.
    pub encoding: Option<Encoding>,
    #[serde(default = "point")]
    pub decimal_mark: char,
}

/// What stands between fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Delimiter {
    Sign(u8),
    Whitespace,
}

impl TryFrom<String> for Delimiter {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match *text.as_bytes() {
            [sign] if sign.is_ascii() => Ok(Self::Sign(sign)),
            _ if text == "whitespace" => Ok(Self::Whitespace),
            _ => Err("one ASCII character, or `whitespace`"),
        }
    }
}

/// How bytes become text. A byte order mark before UTF-8 is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "latin-1")]
    Latin1,
    /// As Chinese Excel saves CSV; GBK is a part of it.
    #[serde(rename = "gb18030", alias = "gbk")]
    Gb18030,
    /// A byte order mark says which half comes first; without one it is the lower.
    #[serde(rename = "utf-16")]
    Utf16,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeFormat {
    pub column: Column,
    /// Of `%Y %m %d %H %M %S` and literal characters; leading zeros may be missing.
    pub format: String,
    /// The zone that the file's times are written in: `UTC` or an IANA name.
    pub zone: Zone,
}

/// The chain that receives the sales; created if its code is new.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    pub code: String,
    pub name: String,
    /// ISO 4217
    pub currency: String,
    /// What the mapping believes the currency's minor unit to be, in digits: checked against ISO 4217.
    pub minor_units: Option<u32>,
    /// Digits of a minor unit.
    #[serde(skip)]
    pub digits: u32,
    pub time_zone: Zone,
}

/// Stores are created at their first sale.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Where a store's code stands; without it every bill is of the store `code`.
    pub column: Option<Column>,
    pub code: Option<String>,
    /// `{}` is the code.
    pub name: String,
    pub time_zone: Zone,
}

/// Members get a membership and a card at their first sale, which earns.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Where a member's key stands; a bill without one is a sale of nobody.
    pub column: Column,
    /// What people write there for nobody.
    #[serde(default = "nobody")]
    pub nobody: HashSet<String>,
    /// `{}` is the key.
    pub name: String,
    /// Card numbers follow from this and the member's key, so that a repeated import finds the same cards. Who knows
    /// it can compute the numbers: keep a real chain's mapping like a key.
    pub card_seed: String,
}

/// The program that judges the sales; created with the chain.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    pub code: String,
    pub name: cardea_domain::Text,
    pub plugin: String,
    /// Checked against the plugin's own schema.
    pub plugin_config: serde_json::Value,
    /// As in the HTTP interface.
    pub ladder: cardea_domain::tier::Ladder,
    /// As in the HTTP interface; what is left out has its default.
    #[serde(default, deserialize_with = "over_defaults")]
    pub points: cardea_domain::sale::Terms,
}

fn over_defaults<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<cardea_domain::sale::Terms, D::Error> {
    use serde::de::Error;
    let given = serde_json::Map::deserialize(deserializer)?;
    let mut terms = serde_json::to_value(cardea_domain::sale::Terms::default()).map_err(Error::custom)?;
    if let Some(all) = terms.as_object_mut() {
        all.extend(given);
    }
    serde_json::from_value(terms).map_err(Error::custom)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bill {
    /// Rows with the same value here, one after the other, are one bill; the value is its receipt number.
    pub column: Column,
    /// Part of every bill's natural key: where the sales come from.
    pub source: String,
    #[serde(default = "import")]
    pub till: String,
    /// How the bills were paid, as far as the program cares.
    #[serde(default = "other")]
    pub tender: cardea_domain::sale::TenderKind,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub sku: Column,
    /// The first of these columns that isn't empty is the line's category.
    #[serde(default)]
    pub category: Vec<Column>,
    /// The category of lines without one.
    pub default_category: String,
    /// Categories that follow from a value instead, e.g. codes that are no goods. The first that fits wins.
    #[serde(default)]
    pub category_of: Vec<Named>,
    /// Pieces, or whatever unit the file counts in.
    pub quantity: Column,
    /// Rows whose quantity is in thousandths of its unit already.
    pub thousandths: Option<Values>,
    /// What was paid for the line. Of a bill the sum is taken, not below 0, and shared out to its lines.
    pub amount: Formula,
    /// What it would have cost; the amount unless given.
    pub list_amount: Option<Formula>,
}

/// Rows whose `column` has one of `values`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    pub column: Column,
    pub values: HashSet<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub column: Column,
    pub values: HashSet<String>,
    pub category: String,
}

/// The whole language of amounts: a sum of columns less others, or a product of columns; always exact.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formula {
    #[serde(default)]
    pub add: Vec<Column>,
    #[serde(default)]
    pub subtract: Vec<Column>,
    #[serde(default)]
    pub multiply: Vec<Column>,
}

/// Bills that take back earlier ones.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// A bill whose number begins with this is a cancellation; its quantities are negative.
    pub prefix: String,
    /// It takes back the latest earlier purchase of the same member and sku at the same value of this column.
    pub price: Column,
}

fn comma() -> Delimiter {
    Delimiter::Sign(b',')
}

fn yes() -> bool {
    true
}

fn point() -> char {
    '.'
}

fn nobody() -> HashSet<String> {
    ["无", "-", "0"].map(String::from).into()
}

fn import() -> String {
    "import".into()
}

fn other() -> cardea_domain::sale::TenderKind {
    cardea_domain::sale::TenderKind::Other
}

impl Mapping {
    /// Reads and checks a mapping. The error names the field at fault.
    pub fn parse(text: &str) -> Result<Self, ImportError> {
        let mut mapping: Self = toml::from_str(text).map_err(|e| ImportError::Mapping(e.to_string()))?;
        mapping.check().map_err(ImportError::Mapping)?;
        mapping.chain.digits = mapping.chain.digits().map_err(ImportError::Mapping)?;
        mapping.hash = Sha256::digest(text).into();
        Ok(mapping)
    }

    fn check(&self) -> Result<(), String> {
        if !matches!(self.file.decimal_mark, '.' | ',') {
            return Err("file.decimal_mark: \".\" or \",\"".into());
        }
        if self.store.column.is_some() == self.store.code.is_some() {
            return Err("store: either `column` or `code`".into());
        }
        if self.cancellation.as_ref().is_some_and(|c| c.prefix.is_empty()) {
            return Err("cancellation.prefix: not empty".into());
        }
        super::time::check(&self.time.format).map_err(|e| format!("time.format: {e}"))?;
        self.line.amount.check().map_err(|e| format!("line.amount: {e}"))?;
        match &self.line.list_amount {
            Some(list) => list.check().map_err(|e| format!("line.list_amount: {e}")),
            None => Ok(()),
        }
    }

    /// Whether a bill number is a cancellation's.
    pub fn cancels(&self, receipt: &str) -> bool {
        self.cancellation
            .as_ref()
            .is_some_and(|c| receipt.starts_with(&c.prefix))
    }
}

impl Chain {
    fn digits(&self) -> Result<u32, String> {
        let currency = &self.currency;
        let digits =
            money::minor_units(currency).ok_or_else(|| format!("chain.currency: {currency} is not in ISO 4217"))?;
        match self.minor_units {
            Some(wrong) if wrong != digits => Err(format!(
                "chain.minor_units: {currency} has {digits} in ISO 4217, not {wrong}; the line may be left out"
            )),
            _ => Ok(digits),
        }
    }
}

impl Formula {
    fn check(&self) -> Result<(), String> {
        match (
            self.multiply.is_empty(),
            self.add.is_empty() && self.subtract.is_empty(),
        ) {
            (true, false) | (false, true) => Ok(()),
            _ => Err("either `multiply`, or `add` and `subtract`".into()),
        }
    }
}
