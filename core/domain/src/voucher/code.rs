//! Codes of vouchers: twenty digits. Digits alone come through every input method, keyboard layout and scanner as they are
//! (a Chinese input method turns letters into suggestions), and none looks like another.

use crate::identifier::{half_width, is_invisible};

/// Numbers that a code is made of: 5 × 10¹⁸, more than 62 bits.
pub const MOST_RANDOM: u128 = 5_000_000_000_000_000_000;
/// The first digit is 5–9: a payment code of a wallet begins with 1, 2 or 3.
const FIRST: u128 = MOST_RANDOM;
const DIGITS: usize = 20;

/// A code in its one form.
#[derive(Clone, PartialEq, Eq)]
pub struct VoucherCode(String);

/// Damm's quasigroup: it finds every wrong digit and every two neighbours that changed places.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// 0 for digits with their check digit.
fn damm(digits: &str) -> u8 {
    let step = |interim: u8, digit: u8| DAMM[usize::from(interim)][usize::from((digit - b'0') % 10)];
    digits.bytes().fold(0, step)
}

impl VoucherCode {
    /// A code of random bits; all 128 of them may be set.
    pub fn from_random(bits: u128) -> Self {
        let digits = (FIRST + bits % MOST_RANDOM).to_string();
        let check = damm(&digits);
        Self(format!("{digits}{check}"))
    }

    /// A code as it was typed or scanned, in groups or not, of whatever width; None for what is no code.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: String = text
            .chars()
            .map(half_width)
            .filter(|c| !c.is_whitespace() && !is_invisible(*c) && *c != '-')
            .take(DIGITS + 1)
            .collect();
        let whole = digits.len() == DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) && digits.as_str() >= "5";
        (whole && damm(&digits) == 0).then_some(Self(digits))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In groups of four, as it is printed: no spreadsheet takes it for a number.
    pub fn grouped(&self) -> String {
        let groups: Vec<&str> = (0..DIGITS).step_by(4).filter_map(|at| self.0.get(at..at + 4)).collect();
        groups.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> impl Iterator<Item = VoucherCode> {
        let seeds = (0..40_u128).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
        seeds.chain([u128::MAX]).map(VoucherCode::from_random)
    }

    #[test]
    fn the_check_digit_is_damms() {
        assert_eq!((damm("572"), damm("5724")), (4, 0), "the example of the thesis");
    }

    #[test]
    fn a_code_is_read_however_it_is_written() {
        for code in some() {
            let grouped = code.grouped();
            assert_eq!(grouped.len(), 24, "{grouped}");
            let wide: String = code
                .as_str()
                .chars()
                .filter_map(|c| char::from_u32(u32::from(c) + 0xfee0))
                .collect();
            for text in [code.as_str(), &grouped, &wide, &grouped.replace(' ', "-")] {
                assert!(VoucherCode::parse(text) == Some(code.clone()), "{text}");
            }
        }
        for wrong in ["", "5", "abc", &"5".repeat(5000), "05391027455186620483"] {
            assert!(VoucherCode::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn every_slip_of_the_finger_is_found() {
        for code in some() {
            let digits = code.as_str().as_bytes();
            for at in 0..DIGITS {
                for digit in b'0'..=b'9' {
                    let mut other = digits.to_vec();
                    other[at] = digit;
                    let read = VoucherCode::parse(std::str::from_utf8(&other).unwrap());
                    assert_eq!(read.is_some(), digits[at] == digit, "digit {at} of {}", code.as_str());
                }
                if at > 0 && digits[at] != digits[at - 1] {
                    let mut swapped = digits.to_vec();
                    swapped.swap(at, at - 1);
                    assert!(VoucherCode::parse(std::str::from_utf8(&swapped).unwrap()).is_none());
                }
            }
        }
    }
}
