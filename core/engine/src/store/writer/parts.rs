//! Lines and tenders of a bill as they stand in its row: JSON, one list of values each, so that a bill is one row to
//! write. What a return takes of them is kept in the same place.

use super::insert::SelectParts;
use crate::error::{Error, Result};
use crate::store::Conn;
use crate::store::statement::fetch;
use cardea_domain::id::{BillId, ChainId};
use cardea_domain::rows::{BillLineRow, BillTenderRow, Rows};
use cardea_domain::sale::AttrValue;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line as it was sold and judged, with how much of it came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "LineValues", into = "LineValues")]
pub(crate) struct Line {
    /// From 1.
    pub number: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    pub amount: i64,
    pub list_amount: i64,
    pub discount: i64,
    pub counted: i64,
    /// Unrounded points, parts per million.
    pub contribution: i64,
    /// JSON object; empty for none.
    attributes: String,
    /// Thousandths.
    pub returned: i64,
}

type LineValues = (i32, String, String, i64, i64, i64, i64, i64, i64, String, i64);

impl From<LineValues> for Line {
    fn from(values: LineValues) -> Self {
        let (
            number,
            sku,
            category,
            quantity,
            amount,
            list_amount,
            discount,
            counted,
            contribution,
            attributes,
            returned,
        ) = values;
        Self {
            number,
            sku,
            category,
            quantity,
            amount,
            list_amount,
            discount,
            counted,
            contribution,
            attributes,
            returned,
        }
    }
}

impl From<Line> for LineValues {
    fn from(l: Line) -> Self {
        (
            l.number,
            l.sku,
            l.category,
            l.quantity,
            l.amount,
            l.list_amount,
            l.discount,
            l.counted,
            l.contribution,
            l.attributes,
            l.returned,
        )
    }
}

impl Line {
    /// By name; what a plugin is told.
    pub fn attributes(&self) -> Result<Vec<(String, AttrValue)>> {
        if self.attributes.is_empty() {
            return Ok(Vec::new());
        }
        let attributes: BTreeMap<String, AttrValue> = serde_json::from_str(&self.attributes)?;
        Ok(attributes.into_iter().collect())
    }
}

/// How a part was paid, with how much of it was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "TenderValues", into = "TenderValues")]
pub(crate) struct Tender {
    pub position: i32,
    pub kind: String,
    pub amount: i64,
    pub points: i64,
    /// Money.
    pub returned: i64,
}

type TenderValues = (i32, String, i64, i64, i64);

impl From<TenderValues> for Tender {
    fn from((position, kind, amount, points, returned): TenderValues) -> Self {
        Self {
            position,
            kind,
            amount,
            points,
            returned,
        }
    }
}

impl From<Tender> for TenderValues {
    fn from(t: Tender) -> Self {
        (t.position, t.kind, t.amount, t.points, t.returned)
    }
}

/// What a plugin was told of a sale beside its lines. With them it makes up the recorded input, whose hash the entries
/// name, so that the input needs no place of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AskedValues", into = "AskedValues")]
pub(crate) struct Asked {
    pub minor_digits: u8,
    /// Days since 1970-01-01.
    pub today: i32,
    pub birthday_month: bool,
    pub tier: String,
    /// Parts per million.
    pub tier_multiplier: i64,
    pub first_purchase: bool,
    pub introduced: bool,
}

type AskedValues = (u8, i32, bool, String, i64, bool, bool);

impl From<AskedValues> for Asked {
    fn from(values: AskedValues) -> Self {
        let (minor_digits, today, birthday_month, tier, tier_multiplier, first_purchase, introduced) = values;
        Self {
            minor_digits,
            today,
            birthday_month,
            tier,
            tier_multiplier,
            first_purchase,
            introduced,
        }
    }
}

impl From<Asked> for AskedValues {
    fn from(a: Asked) -> Self {
        (
            a.minor_digits,
            a.today,
            a.birthday_month,
            a.tier,
            a.tier_multiplier,
            a.first_purchase,
            a.introduced,
        )
    }
}

/// What stands in a bill's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PartValues", into = "PartValues")]
pub(crate) struct Parts {
    pub lines: Vec<Line>,
    pub tenders: Vec<Tender>,
    /// Of a sale that a plugin judged, or was to judge.
    pub asked: Option<Asked>,
}

type PartValues = (Vec<Line>, Vec<Tender>, Option<Asked>);

impl From<PartValues> for Parts {
    fn from((lines, tenders, asked): PartValues) -> Self {
        Self { lines, tenders, asked }
    }
}

impl From<Parts> for PartValues {
    fn from(parts: Parts) -> Self {
        (parts.lines, parts.tenders, parts.asked)
    }
}

/// The text of a new bill's parts, which are among a decision's rows.
pub(super) fn of_bill(bill: BillId, rows: &Rows, asked: Option<&Asked>) -> Result<String> {
    let lines = rows.lines.iter().filter(|line| line.bill == bill);
    let tenders = rows.tenders.iter().filter(|tender| tender.bill == bill);
    text(lines, tenders, asked)
}

fn text<'a>(
    lines: impl Iterator<Item = &'a BillLineRow>,
    tenders: impl Iterator<Item = &'a BillTenderRow>,
    asked: Option<&Asked>,
) -> Result<String> {
    let line = |l: &'a BillLineRow| {
        // Most lines have none.
        let attributes = if l.attributes == "{}" {
            ""
        } else {
            l.attributes.as_str()
        };
        (
            l.number,
            l.sku.as_str(),
            l.category.as_str(),
            l.quantity,
            l.amount,
            l.list_amount,
            l.discount,
            l.counted,
            l.contribution,
            attributes,
            0,
        )
    };
    let tender = |t: &BillTenderRow| (t.position, t.kind.as_str(), t.amount, t.points, 0);
    let (lines, tenders): (Vec<_>, Vec<_>) = (lines.map(line).collect(), tenders.map(tender).collect());
    Ok(serde_json::to_string(&(lines, tenders, asked))?)
}

/// The parts of a bill that was booked earlier.
pub(super) fn parts_of(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<Parts> {
    let found = fetch!(conn, SelectParts, [chain, bill] => (String,))?.pop();
    let (text,) = found.ok_or_else(|| Error::internal(format!("bill {bill} is missing")))?;
    Parts::parse(&text)
}

impl Parts {
    pub fn parse(text: &str) -> Result<Self> {
        Ok(serde_json::from_str(text)?)
    }

    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string(self)?)
    }

    /// Sets what was returned of some lines so far.
    ///
    /// # Errors
    /// A line that isn't there, or less than nothing or more than was sold.
    pub fn lines_returned(&mut self, returned: &[(i32, i64)]) -> Result<()> {
        change(&mut self.lines, returned, |line, (number, quantity)| {
            let hit = line.number == number && (0..=line.quantity).contains(&quantity);
            if hit {
                line.returned = quantity;
            }
            hit
        })
    }

    /// Sets the unrounded points of every line.
    ///
    /// # Errors
    /// A line that isn't there.
    pub fn lines_judged(&mut self, contributions: &[(i32, i64)]) -> Result<()> {
        change(&mut self.lines, contributions, |line, (number, ppm)| {
            let hit = line.number == number;
            if hit {
                line.contribution = ppm;
            }
            hit
        })
    }

    /// Sets what was given back of some tenders so far.
    ///
    /// # Errors
    /// A tender that isn't there.
    pub fn tenders_returned(&mut self, returned: &[(i32, i64)]) -> Result<()> {
        change(&mut self.tenders, returned, |tender, (position, money)| {
            let hit = tender.position == position;
            if hit {
                tender.returned = money;
            }
            hit
        })
    }
}

fn change<T>(parts: &mut [T], changes: &[(i32, i64)], change: impl Fn(&mut T, (i32, i64)) -> bool) -> Result<()> {
    for given in changes {
        if parts
            .iter_mut()
            .map(|part| change(part, *given))
            .filter(|hit| *hit)
            .count()
            != 1
        {
            return Err(Error::internal(format!(
                "part {} of a bill can't become {}",
                given.0, given.1
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_they_were_written_and_changed_within_what_was_sold() {
        let text = r#"[[[1,"tea","drink",2000,700,700,0,700,7000000,"",0],[2,"cup","",1000,9,9,0,9,0,"{\"blue\":true}",0]],[[0,"cash",709,0,0]],[2,20000,false,"gold",1500000,true,false]]"#;
        let mut parts = Parts::parse(text).unwrap();
        assert_eq!(parts.text().unwrap(), text);
        assert_eq!(
            parts.lines[1].attributes().unwrap(),
            [("blue".to_owned(), AttrValue::Flag(true))]
        );
        parts.lines_returned(&[(1, 1500)]).unwrap();
        parts.lines_judged(&[(2, 5)]).unwrap();
        parts.tenders_returned(&[(0, 9)]).unwrap();
        let kept = Parts::parse(&parts.text().unwrap()).unwrap();
        assert_eq!(
            (
                kept.lines[0].returned,
                kept.lines[1].contribution,
                kept.tenders[0].returned
            ),
            (1500, 5, 9)
        );
        for wrong in [(1, 2001), (1, -1), (3, 1)] {
            parts.lines_returned(&[wrong]).unwrap_err();
        }
        parts.tenders_returned(&[(1, 9)]).unwrap_err();
    }
}
