//! Decimals as files write them, read exactly: `2,55` with a comma, `4.440892e-16` as some exports write what another
//! program's floating point left over. No floating point here.

pub use cardea_domain::money::Decimal;

/// The largest scale read: deeper digits can't be summed exactly any more.
const MAX_SCALE: u32 = 30;
/// More digits than any amount has.
const MAX_DIGITS: usize = 24;

/// 0
pub const ZERO: Decimal = Decimal { value: 0, scale: 0 };

/// Reads `[+-]digits[mark digits][e[+-]digits]`; surrounding blanks are ignored, anything else is None.
pub fn parse(text: &str, mark: char) -> Option<Decimal> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once(mark).unwrap_or((digits, ""));
    let length = whole.len() + fraction.len();
    if length == 0 || length > MAX_DIGITS {
        return None;
    }
    let mut value = 0_i128;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 10 + sign * i128::from(digit.to_digit(10)?);
    }
    let scale = i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
    match u32::try_from(scale) {
        Ok(scale) => Some(Decimal { value, scale }).filter(|_| scale <= MAX_SCALE),
        Err(_) => Some(Decimal {
            value: value.checked_mul(10_i128.checked_pow(scale.unsigned_abs())?)?,
            scale: 0,
        }),
    }
}

/// The difference, exactly; None on overflow.
pub fn minus(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.plus(Decimal {
        value: b.value.checked_neg()?,
        scale: b.scale,
    })
}

/// The product, exactly; None on overflow.
pub fn times(a: Decimal, b: Decimal) -> Option<Decimal> {
    Some(Decimal {
        value: a.value.checked_mul(b.value)?,
        scale: a.scale.checked_add(b.scale)?,
    })
}

/// The same number without trailing zeros, so that equal numbers are equal keys.
#[must_use]
pub fn canonical(mut number: Decimal) -> Decimal {
    while number.scale > 0 && number.value % 10 == 0 {
        number.value /= 10;
        number.scale -= 1;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        parse(text, '.').unwrap()
    }

    #[test]
    fn reads_what_files_write_and_nothing_else() {
        assert_eq!(parse("2,55", ',').unwrap().round_half_even(2), Ok(255));
        assert_eq!(decimal(" -12 ").round_half_even(2), Ok(-1200));
        assert_eq!(decimal("1.5E2").round_half_even(0), Ok(150));
        assert_eq!(decimal("4.440892e-16").round_half_even(2), Ok(0));
        assert_ne!(decimal("4.440892e-16").value, 0);
        for wrong in [
            "", "-", ".", "1.2.3", "1,2", "NA", "1e", "0x1", "٣", "1e-40", "9e99", "--1", "1 000",
        ] {
            assert_eq!(parse(wrong, '.'), None, "{wrong}");
        }
    }

    #[test]
    fn computes_exactly() {
        assert_eq!(
            times(decimal("6"), decimal("2.55")).unwrap().round_half_even(2),
            Ok(1530)
        );
        assert_eq!(
            minus(decimal("3"), decimal("7.99")).unwrap().round_half_even(2),
            Ok(-499)
        );
        assert_eq!(canonical(decimal("2.10")), decimal("2.1"));
        assert_eq!(
            times(
                Decimal {
                    value: i128::MAX,
                    scale: 0
                },
                decimal("2")
            ),
            None
        );
    }
}
