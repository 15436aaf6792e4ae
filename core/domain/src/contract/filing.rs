//! Filing numbers of originals (D-CON-4): by category and year, without gaps, `HT-2026-0001`.

use crate::error::WrongField;
use std::fmt;
use std::str::FromStr;

/// Longest code of a category.
pub const LONGEST_CATEGORY: usize = 10;
/// Fewest digits of the number in its year.
const PAD: usize = 4;

/// A filing number. On the wire and in print it has one spelling: category, year in four digits, number in four digits
/// or as many more as it needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilingNumber {
    category: String,
    year: i32,
    number: u32,
}

/// Why a text is no filing number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a filing number such as HT-2026-0001")]
pub struct NotAFilingNumber;

/// Whether a code may stand for a category: 1–[`LONGEST_CATEGORY`] capital letters A–Z and digits, a letter first, so
/// that it can't be read as a year or a number.
pub fn is_category(code: &str) -> bool {
    let permitted = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit();
    (1..=LONGEST_CATEGORY).contains(&code.len())
        && code.bytes().all(permitted)
        && code.starts_with(|first: char| first.is_ascii_uppercase())
}

/// What is wrong with the code of a category at `pointer`.
pub fn category_fault(code: &str, pointer: &str) -> Option<WrongField> {
    (!is_category(code)).then(|| {
        WrongField::new(
            pointer,
            format!("类别代码为 1–{LONGEST_CATEGORY} 位大写字母或数字，以字母开头，例如 HT"),
            format!("A category's code has 1–{LONGEST_CATEGORY} capital letters or digits, a letter first: HT"),
        )
    })
}

impl FilingNumber {
    /// None for a code that isn't one, a year outside 1–9999 or the number 0.
    pub fn new(category: &str, year: i32, number: u32) -> Option<Self> {
        let sound = is_category(category) && (1..=9999).contains(&year) && number > 0;
        sound.then(|| Self {
            category: category.to_owned(),
            year,
            number,
        })
    }

    /// The first of a category in a year, or the one after `last`. None where there is none further, or [`Self::new`]
    /// has none.
    pub fn next(category: &str, year: i32, last: Option<u32>) -> Option<Self> {
        Self::new(category, year, last.unwrap_or(0).checked_add(1)?)
    }

    pub fn category(&self) -> &str {
        &self.category
    }

    pub fn year(&self) -> i32 {
        self.year
    }

    /// From 1 on in each category and year.
    pub fn number(&self) -> u32 {
        self.number
    }
}

/// Numbers that are missing between 1 and the highest of one category and year, as spans, both ends inclusive; a
/// stock-take shows them.
pub fn gaps(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    let mut found = Vec::new();
    let mut last = 0;
    for number in sorted {
        if number - last > 1 {
            found.push((last + 1, number - 1));
        }
        last = number;
    }
    found
}

impl fmt::Display for FilingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:04}-{:0PAD$}", self.category, self.year, self.number)
    }
}

impl FromStr for FilingNumber {
    type Err = NotAFilingNumber;
    /// Reads the one spelling and no other, so that two texts never mean the same original.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('-').collect();
        let [category, year, number] = parts[..] else {
            return Err(NotAFilingNumber);
        };
        let (year, number) = (year.parse().ok(), number.parse().ok());
        year.zip(number)
            .and_then(|(year, number)| Self::new(category, year, number))
            .filter(|read| read.to_string() == text)
            .ok_or(NotAFilingNumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn d_con_4_numbers_count_on_by_category_and_year() {
        let next = |category, year, last| FilingNumber::next(category, year, last).map(|number| number.to_string());
        assert_eq!(next("HT", 2026, None).as_deref(), Some("HT-2026-0001"));
        assert_eq!(next("HT", 2026, Some(41)).as_deref(), Some("HT-2026-0042"));
        assert_eq!(next("HT", 2026, Some(9999)).as_deref(), Some("HT-2026-10000"));
        assert_eq!(next("XS2", 987, None).as_deref(), Some("XS2-0987-0001"));
        assert_eq!(next("HT", 2026, Some(u32::MAX)), None);
        assert_eq!(
            (next("ht", 2026, None), next("HT", 0, None), next("HT", 10_000, None)),
            (None, None, None)
        );
        assert_eq!(FilingNumber::new("HT", 2026, 0), None);
    }

    #[test]
    fn d_con_4_a_number_has_one_spelling() {
        let read: FilingNumber = "DLR-2026-0420".parse().unwrap();
        assert_eq!((read.category(), read.year(), read.number()), ("DLR", 2026, 420));
        for wrong in [
            "",
            "HT",
            "HT-2026",
            "HT-2026-1",
            "HT-2026-00001",
            "HT-2026-0000",
            "HT-26-0001",
            "HT-2026-0001 ",
            "ht-2026-0001",
            "HT-2026-+001",
            "HT-2026--001",
            "HT-2026-0001-A",
            "2026-2026-0001",
            "HT-+026-0001",
            "HT-2026-4294967296",
            "合同-2026-0001",
            "ＨＴ-2026-0001",
        ] {
            assert_eq!(wrong.parse::<FilingNumber>(), Err(NotAFilingNumber), "{wrong:?}");
        }
    }

    #[test]
    fn d_con_4_codes_of_categories_are_short_capitals() {
        for good in ["H", "HT", "HT2", "ABCDEFGHIJ"] {
            assert_eq!(category_fault(good, "/code"), None, "{good}");
        }
        for bad in ["", "ht", "2H", "H-T", "H T", "ABCDEFGHIJK", "合同", "ÄB"] {
            assert_eq!(category_fault(bad, "/code").unwrap().pointer, "/code", "{bad}");
        }
    }

    #[test]
    fn d_con_4_gaps_are_found() {
        assert!(gaps(&[]).is_empty() && gaps(&[1, 2, 3]).is_empty() && gaps(&[2, 1, 2]).is_empty());
        assert_eq!(gaps(&[7, 3, 4]), [(1, 2), (5, 6)]);
        assert_eq!(gaps(&[1, u32::MAX]), [(2, u32::MAX - 1)]);
    }

    proptest! {
        #[test]
        fn d_con_4_numbers_are_read_back(category in "[A-Z][A-Z0-9]{0,9}", year in 1i32..=9999, number in 1u32..) {
            let filed = FilingNumber::new(&category, year, number).unwrap();
            prop_assert_eq!(filed.to_string().parse(), Ok(filed));
        }
    }
}
