//! The form of a member's dynamic code (D-CARD-14).

use super::number::luhn_sum;
use std::fmt;

/// 18 digits: 99, fifteen digits that only the server can read, and a Luhn check digit.
///
/// 99 begins no payment code (10–15, 25–30, 62) and no identity number, whose first digits name a province.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MemberCode(String);

/// Not a dynamic code: not 18 digits from 99, or a wrong check digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a dynamic code: 18 digits that begin with 99, the last one a check digit")]
pub struct NotACode;

impl MemberCode {
    /// The code around fifteen digits.
    pub fn around(inner: u64) -> Self {
        let mut digits = format!("99{:015}", inner % 1_000_000_000_000_000);
        let check = (10 - luhn_sum(digits.bytes().rev(), 1) % 10) % 10;
        digits.push(char::from(b'0' + check as u8));
        Self(digits)
    }

    /// The fifteen digits.
    pub fn inner(&self) -> u64 {
        self.0[2..17]
            .bytes()
            .fold(0, |all, digit| all * 10 + u64::from(digit - b'0'))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for MemberCode {
    type Err = NotACode;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = text.len() == 18 && text.starts_with("99") && text.bytes().all(|b| b.is_ascii_digit());
        if shape && luhn_sum(text.bytes().rev(), 0).is_multiple_of(10) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACode)
        }
    }
}

impl fmt::Debug for MemberCode {
    /// Whoever reads it may use it: it doesn't belong in logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberCode(…)")
    }
}
