//! Exact decimals: configurations write "1.2" or "1000.00", rules count integers.

use crate::{LIMIT, Money, Ppm};

/// Reads an exact decimal as an integer with `digits` decimals: `("1.2", 6)` is 1 200 000.
///
/// Accepts an optional `-`, digits, and optionally a point with more digits; nothing else: no sign `+`, exponent,
/// blank or separator. Decimals beyond `digits` must be zeros, and the result must lie within ±(2^53 − 1).
pub fn parse(text: &str, digits: u8) -> Result<i64, String> {
    let bad = |why: &str| format!("\"{}\" {why}", text.chars().take(40).collect::<String>());
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(bad("has no digit after the point")),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return Err(bad("is not a decimal number"));
    }
    let kept = fraction.len().min(usize::from(digits));
    if fraction.bytes().skip(kept).any(|b| b != b'0') {
        return Err(bad(&format!("has more than {digits} decimals")));
    }
    let padding = usize::from(digits) - kept;
    let figures = whole
        .bytes()
        .chain(fraction.bytes().take(kept))
        .chain(std::iter::repeat_n(b'0', padding));
    let mut value: i64 = 0;
    for figure in figures {
        value = value
            .checked_mul(10)
            .and_then(|v| v.checked_add(i64::from(figure - b'0')))
            .filter(|v| *v <= LIMIT)
            .ok_or_else(|| bad("is too large"))?;
    }
    Ok(if negative { -value } else { value })
}

/// Reads a rate, a multiplier or points as parts per million: "1.2" is 1 200 000.
pub fn ppm(text: &str) -> Result<Ppm, String> {
    parse(text, 6)
}

/// Reads money as minor units of a currency with `minor_digits` decimals: `("1000.00", 2)` is 100 000.
pub fn money(text: &str, minor_digits: u8) -> Result<Money, String> {
    parse(text, minor_digits)
}

/// 10 to the power of `digits`, the minor units of one unit of a currency.
pub fn scale(digits: u8) -> Result<i64, String> {
    10_i64
        .checked_pow(u32::from(digits))
        .filter(|s| *s <= LIMIT)
        .ok_or_else(|| format!("{digits} decimals are too many"))
}

/// Writes an integer with `digits` decimals, all of them: `(34000, 2)` is "340.00".
pub fn format(value: i64, digits: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let width = usize::from(digits) + 1;
    let figures = format!("{:0width$}", value.unsigned_abs());
    let (whole, fraction) = figures.split_at(figures.len() - usize::from(digits));
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

/// Writes parts per million without trailing zeros: 1 200 000 is "1.2".
pub fn format_ppm(value: Ppm) -> String {
    let full = format(value, 6);
    full.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_decimals_become_integers() {
        for (text, digits, expected) in [
            ("1.2", 6, 1_200_000),
            ("0.000001", 6, 1),
            ("1", 6, 1_000_000),
            ("1000.00", 2, 100_000),
            ("1000", 2, 100_000),
            ("1000.00", 0, 1000),
            ("0", 2, 0),
            ("-0.05", 2, -5),
            ("007.50", 2, 750),
            ("90071992547409.91", 2, LIMIT),
        ] {
            assert_eq!(parse(text, digits), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for (text, why) in [
            ("", "not a decimal"),
            (".5", "not a decimal"),
            ("5.", "no digit after"),
            ("+5", "not a decimal"),
            ("1e3", "not a decimal"),
            ("1,000", "not a decimal"),
            (" 1", "not a decimal"),
            ("--1", "not a decimal"),
            ("１", "not a decimal"),
            ("1.005", "more than 2 decimals"),
            ("90071992547409.92", "too large"),
            ("99999999999999999999999999", "too large"),
        ] {
            let error = parse(text, 2).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn what_was_read_is_written_again() {
        for (value, digits, text) in [
            (34_000, 2, "340.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (1200, 0, "1200"),
            (0, 2, "0.00"),
        ] {
            assert_eq!(format(value, digits), text);
            assert_eq!(parse(text, digits), Ok(value));
        }
        assert_eq!(format_ppm(1_200_000), "1.2");
        assert_eq!(format_ppm(2_000_000), "2");
        assert_eq!(format_ppm(10_000_000), "10");
        assert_eq!(format_ppm(0), "0");
    }
}
