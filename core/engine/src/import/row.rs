//! One record as a row with meaning, or the reason why it has none.

use super::bills::Fault;
use super::column::Column;
use super::decimal::{self, Decimal};
use super::mapping::{Formula, Mapping};
use super::records::Record;
use super::time;
use crate::input;
use cardea_domain::Instant;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters of a receipt number, a member's key or name; bytes of a sku or category.
const LONGEST_TEXT: usize = 64;

/// Why a row or bill isn't booked. The names are what reports and their readers use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More or fewer fields than the header.
    WrongColumns,
    /// Bytes that aren't text in the file's encoding.
    NotText,
    /// A field that every row needs is empty.
    Missing,
    NotANumber,
    /// A key that a spreadsheet has turned into 1.38E+10: which one it was can't be known.
    Spoilt,
    NotATime,
    /// Negative quantity or price outside a cancellation.
    Negative,
    /// A cancellation's row that isn't negative.
    NotNegative,
    /// Another store or member than the bill's first row.
    MixedBill,
    /// The bill's rows don't stand together.
    SplitBill,
    /// Beyond the largest number of lines of one bill.
    TooLong,
    /// A cancellation of nothing that was bought earlier, or of more.
    NoOriginal,
    /// More than 64 characters, or not what the ledger takes there.
    Unfit,
    /// Nothing is wrong with it, but with another row of its bill.
    HeldBack,
    /// Read, but refused when it was booked.
    Refused,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongColumns => "wrong_columns",
            Self::NotText => "not_text",
            Self::Missing => "missing",
            Self::NotANumber => "not_a_number",
            Self::Spoilt => "spoilt_by_spreadsheet",
            Self::NotATime => "not_a_time",
            Self::Negative => "negative",
            Self::NotNegative => "not_negative",
            Self::MixedBill => "mixed_bill",
            Self::SplitBill => "split_bill",
            Self::TooLong => "too_long",
            Self::NoOriginal => "no_original",
            Self::Unfit => "unfit",
            Self::HeldBack => "held_back",
            Self::Refused => "refused",
        })
    }
}

/// A row that isn't booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRow {
    /// In the file, the header being line 1.
    pub line: u64,
    pub receipt: String,
    pub reason: Reason,
    pub detail: String,
}

/// A row that means something. Amounts are exact and not rounded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub receipt: String,
    pub cancels: bool,
    /// Empty: nobody.
    pub member: String,
    pub place: Place,
    pub sku: String,
    pub category: String,
    /// Thousandths, ≥ 0 (of a cancellation too).
    pub quantity: i64,
    pub amount: Decimal,
    pub list_amount: Decimal,
    /// Canonical; 0 where the mapping knows no cancellations.
    pub price: Decimal,
}

/// Where and when a row was rung up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub store: String,
    pub at: Instant,
}

/// A row that can't be read.
#[derive(Debug)]
pub struct Unread {
    pub row: BadRow,
    /// Whether its bill number is certain. If it is empty, or too many or too few fields stand before it, it isn't.
    pub certain: bool,
    pub place: Option<Place>,
}

impl BadRow {
    pub(super) fn fault(&self) -> Fault {
        Fault {
            line: self.line,
            reason: self.reason,
        }
    }
}

impl Row {
    /// The row as one that isn't booked.
    pub fn bad(&self, reason: Reason, detail: String) -> BadRow {
        BadRow {
            line: self.line,
            receipt: self.receipt.clone(),
            reason,
            detail,
        }
    }
}

/// Reads one record.
pub fn read(record: &Record<'_>, mapping: &Mapping) -> Result<Row, Unread> {
    let fields = Fields { record, mapping };
    let receipt = record.field(&mapping.bill.column).unwrap_or_default();
    let place = fields.place();
    let known = place.as_ref().ok().filter(|_| record.complete()).cloned();
    let meaning = match fields.needed_key(&mapping.bill.column) {
        _ if !record.complete() => Err((
            Reason::WrongColumns,
            "fields of the row and of the header differ in number".into(),
        )),
        Err(fault) => Err(fault),
        Ok(receipt) => place.and_then(|place| meaning(&fields, receipt, place)),
    };
    meaning.map_err(|(reason, detail)| Unread {
        certain: !receipt.is_empty() && record.reliable(&mapping.bill.column),
        place: known,
        row: BadRow {
            line: record.line,
            receipt,
            reason,
            detail,
        },
    })
}

type Why = (Reason, String);

struct Fields<'a> {
    record: &'a Record<'a>,
    mapping: &'a Mapping,
}

impl Fields<'_> {
    fn text(&self, column: &Column) -> Result<String, Why> {
        self.record
            .field(column)
            .ok_or_else(|| (Reason::NotText, column.to_string()))
    }

    fn needed(&self, column: &Column) -> Result<String, Why> {
        match self.text(column)? {
            empty if empty.is_empty() => Err((Reason::Missing, column.to_string())),
            text => Ok(text),
        }
    }

    /// What tells one thing from another; empty where nothing stands.
    fn key(&self, column: &Column) -> Result<String, Why> {
        match self.text(column)? {
            spoilt if is_scientific(&spoilt) => Err((Reason::Spoilt, format!("{column}: {spoilt}"))),
            key => Ok(key),
        }
    }

    fn needed_key(&self, column: &Column) -> Result<String, Why> {
        self.needed(column)?;
        self.key(column)
    }

    fn number(&self, column: &Column) -> Result<Decimal, Why> {
        let text = self.needed(column)?;
        let fault = || (Reason::NotANumber, format!("{column}: {text}"));
        decimal::parse(&text, self.mapping.file.decimal_mark).ok_or_else(fault)
    }

    fn formula(&self, formula: &Formula) -> Result<Decimal, Why> {
        let overflow = || (Reason::NotANumber, "too large".to_owned());
        let mut value = decimal::ZERO;
        for column in &formula.add {
            value = value.plus(self.number(column)?).ok_or_else(overflow)?;
        }
        for column in &formula.subtract {
            value = decimal::minus(value, self.number(column)?).ok_or_else(overflow)?;
        }
        let mut factors = formula.multiply.iter();
        if let Some(first) = factors.next() {
            value = self.number(first)?;
            for column in factors {
                value = decimal::times(value, self.number(column)?).ok_or_else(overflow)?;
            }
        }
        Ok(value)
    }

    fn place(&self) -> Result<Place, Why> {
        let (time, store) = (&self.mapping.time, &self.mapping.store);
        let written = self.needed(&time.column)?;
        let at = time::parse(&written, &time.format, time.zone)
            .ok_or_else(|| (Reason::NotATime, format!("{}: {written}", time.column)))?;
        let store = match (&store.column, &store.code) {
            (Some(column), _) => self.needed_key(column)?,
            (None, code) => code.clone().unwrap_or_default(),
        };
        Ok(Place { store, at })
    }

    fn category(&self, sku: &str) -> Result<String, Why> {
        let line = &self.mapping.line;
        for named in &line.category_of {
            let value = if named.column == line.sku {
                sku.to_owned()
            } else {
                self.text(&named.column)?
            };
            if named.values.contains(&value) {
                return Ok(named.category.clone());
            }
        }
        for column in &line.category {
            let value = self.text(column)?;
            if !value.is_empty() {
                return Ok(value);
            }
        }
        Ok(line.default_category.clone())
    }

    /// In thousandths; negative as in the file.
    fn quantity(&self) -> Result<i64, Why> {
        let line = &self.mapping.line;
        let thousandths = match &line.thousandths {
            Some(values) => values.values.contains(&self.text(&values.column)?),
            None => false,
        };
        let number = self.number(&line.quantity)?;
        let exact = number.exact(if thousandths { 0 } else { 3 });
        exact.map_err(|_| {
            (
                Reason::NotANumber,
                format!("{}: more than three decimals, or too large", line.quantity),
            )
        })
    }
}

/// As spreadsheets show long numbers: a digit, decimals, `E+` and two digits or more. Article numbers such as 85E10 aren't.
fn is_scientific(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let Some((mantissa, exponent)) = text.split_once("E+").or_else(|| text.split_once("e+")) else {
        return false;
    };
    let (whole, decimals) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    whole.len() == 1 && digits(whole) && digits(decimals) && digits(exponent)
}

fn meaning(fields: &Fields<'_>, receipt: String, place: Place) -> Result<Row, Why> {
    let mapping = fields.mapping;
    let (cancels, sku) = (mapping.cancels(&receipt), fields.needed_key(&mapping.line.sku)?);
    let (quantity, amount) = (fields.quantity()?, fields.formula(&mapping.line.amount)?);
    let price = match &mapping.cancellation {
        Some(cancellation) => decimal::canonical(fields.number(&cancellation.price)?),
        None => decimal::ZERO,
    };
    let list_amount = match &mapping.line.list_amount {
        Some(formula) => fields.formula(formula)?,
        None => amount,
    };
    if cancels && quantity >= 0 {
        return Err((Reason::NotNegative, mapping.line.quantity.to_string()));
    }
    if price.value < 0 || (!cancels && (quantity < 0 || list_amount.value < 0)) {
        return Err((
            Reason::Negative,
            format!("{} {}", mapping.line.quantity, fields.text(&mapping.line.quantity)?),
        ));
    }
    let category = fields.category(&sku)?;
    let member = match fields.key(&mapping.member.column)? {
        nobody if mapping.member.nobody.contains(&nobody) => String::new(),
        member => member,
    };
    let row = Row {
        line: fields.record.line,
        receipt,
        cancels,
        member,
        place,
        sku,
        category,
        quantity: quantity.abs(),
        amount,
        list_amount,
        price,
    };
    row.fits(mapping)?;
    Ok(row)
}

impl Row {
    /// Whether the ledger takes its texts, so that a dry run promises what the run does.
    fn fits(&self, mapping: &Mapping) -> Result<(), Why> {
        let unfit = |what: &Column, text: &str| Err((Reason::Unfit, format!("{what}: {text}")));
        if input::text(&self.receipt, LONGEST_TEXT, "").is_err() {
            return unfit(&mapping.bill.column, &self.receipt);
        }
        let name = mapping.member.name.replace("{}", &self.member);
        let member = [&self.member, &name].map(|text| input::text(text, LONGEST_TEXT, ""));
        if !self.member.is_empty() && member.iter().any(Result::is_err) {
            return unfit(&mapping.member.column, &self.member);
        }
        match &mapping.store.column {
            Some(column) if input::code(&self.place.store, "").is_err() => return unfit(column, &self.place.store),
            _ => {}
        }
        // The ledger counts these in bytes.
        if self.sku.len() > LONGEST_TEXT {
            return unfit(&mapping.line.sku, &self.sku);
        }
        match mapping.line.category.first() {
            Some(column) if self.category.len() > LONGEST_TEXT => unfit(column, &self.category),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_scientific;

    #[test]
    fn i3_what_a_spreadsheet_has_spoilt_is_told_from_codes() {
        for spoilt in ["1.38123E+10", "1E+10", "1,38e+10"] {
            assert!(is_scientific(spoilt), "{spoilt}");
        }
        for code in ["13812345678", "85123E", "1E5", "E+1", "10.5E+3", "1.E+", "AE+10", ""] {
            assert!(!is_scientific(code), "{code}");
        }
    }
}
