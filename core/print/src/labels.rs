//! Labels of blank cards (D-CARD-2): each number as a bar code and in digits.

use crate::{PrintError, code128, prepare, produce, world};
use cardea_domain::card_stock::LabelSheet;
use serde::Serialize;

/// Labels of one sheet.
pub const MAX_LABELS: usize = 1000;

#[derive(Serialize)]
struct Page {
    title: String,
    mark: String,
    labels: Vec<Drawn>,
}

#[derive(Serialize)]
struct Drawn {
    serial: i32,
    /// In groups.
    number: String,
    bars: Vec<(u32, u32)>,
    wide: u32,
}

/// The labels as a PDF of A4 pages. Blocks its thread; several threads may print at once.
///
/// # Errors
/// More than [`MAX_LABELS`].
pub fn labels(sheet: &LabelSheet) -> Result<Vec<u8>, PrintError> {
    if sheet.labels.len() > MAX_LABELS {
        return Err(PrintError::TooLong {
            what: "labels",
            found: sheet.labels.len(),
            most: MAX_LABELS,
        });
    }
    let mut drawn = Vec::with_capacity(sheet.labels.len());
    for label in &sheet.labels {
        let digits = label.number.as_str();
        let (bars, wide) = code128::bars(digits).ok_or_else(|| PrintError::Failed("a number that isn't one".into()))?;
        drawn.push(Drawn {
            serial: label.serial,
            number: grouped(digits),
            bars,
            wide,
        });
    }
    let page = Page {
        title: prepare::plain(&sheet.title),
        mark: prepare::plain(&sheet.mark),
        labels: drawn,
    };
    let json = serde_json::to_vec(&page).map_err(|error| PrintError::Failed(error.to_string()))?;
    produce(&world::Desk::labels(json), &sheet.title)
}

/// Digits as people read them: two, then groups of four.
fn grouped(digits: &str) -> String {
    let (head, rest) = digits.split_at(digits.len() % 4);
    let groups = rest
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned());
    let head = Some(head.to_owned()).filter(|head| !head.is_empty());
    head.into_iter().chain(groups).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups() {
        assert_eq!(grouped("90123456789012"), "90 1234 5678 9012");
        assert_eq!(grouped("1234"), "1234");
    }
}
