//! Card numbers (D-CARD-14).

use serde::{Deserialize, Serialize};
use std::fmt;

/// 14 digits: a 9, twelve random ones and a Luhn check digit.
///
/// By its length and first digit it can't be taken for an identity number (15 or 18 digits), a mobile phone (11 digits
/// from 1, 13 with 86), or a payment code (16–24 digits from 10–15, 25–30 or 62).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CardNumber(String);

/// Not a card number: not 14 digits from 9, or a wrong check digit (a typing error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a card number: 14 digits that begin with 9, the last one a check digit")]
pub struct NotACardNumber;

impl CardNumber {
    /// The number of 64 random bits. Unguessable if the bits are; whether it is taken is the caller's question.
    pub fn from_random(bits: u64) -> Self {
        let mut digits = format!("9{:012}", bits % 1_000_000_000_000);
        let check = (10 - luhn_sum(digits.bytes().rev(), 1) % 10) % 10;
        digits.push(char::from(b'0' + check as u8));
        Self(digits)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The twelve random digits.
    pub fn serial(&self) -> u64 {
        self.0[1..13]
            .bytes()
            .fold(0, |all, digit| all * 10 + u64::from(digit - b'0'))
    }

    /// What staff may see of a card that isn't on the counter.
    pub fn last_four(&self) -> &str {
        &self.0[10..]
    }
}

/// Luhn's sum over digits from the right; `offset` 0 where the check digit is the first of them, else 1.
pub(super) fn luhn_sum(from_the_right: impl Iterator<Item = u8>, offset: usize) -> u32 {
    let weigh = |(i, byte): (usize, u8)| match (u32::from(byte - b'0'), (i + offset) % 2) {
        (digit, 0) => digit,
        (digit, _) if digit < 5 => digit * 2,
        (digit, _) => digit * 2 - 9,
    };
    from_the_right.enumerate().map(weigh).sum()
}

impl std::str::FromStr for CardNumber {
    type Err = NotACardNumber;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = text.len() == 14 && text.starts_with('9') && text.bytes().all(|b| b.is_ascii_digit());
        if shape && luhn_sum(text.bytes().rev(), 0).is_multiple_of(10) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACardNumber)
        }
    }
}

impl TryFrom<String> for CardNumber {
    type Error = NotACardNumber;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CardNumber> for String {
    fn from(number: CardNumber) -> Self {
        number.0
    }
}

impl fmt::Display for CardNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CardNumber {
    /// Masked: numbers don't belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardNumber(…{})", self.last_four())
    }
}
