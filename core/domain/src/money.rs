//! Money, points and rates as integers, and the few ways to divide them. No floating point anywhere.

use std::fmt;

/// Money in minor units (cents, 分) of the chain's currency, within ±[`LIMIT`].
pub type Minor = i64;
/// Whole points, within ±[`LIMIT`].
pub type Points = i64;
/// Parts per million: 1 200 000 is × 1.2, or 1.2 points.
pub type Ppm = i64;

/// Largest magnitude of an amount (2^53 − 1): every JSON reader keeps it exactly.
pub const LIMIT: i64 = (1 << 53) - 1;
/// One, in parts per million.
pub const ONE: Ppm = 1_000_000;

/// Decimal places of a currency by ISO 4217 (three capitals): 2 for CNY, HUF and IDR, 0 for JPY, 3 for KWD and IQD. None
/// for what is no money in circulation, such as gold.
pub fn minor_units(currency: &str) -> Option<u32> {
    let known = iso_currency::Currency::from_code(currency).filter(|known| known.code() == currency)?;
    known.exponent().map(u32::from)
}

/// Why a decimal can't be read as an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("not a decimal number such as 1234.56")]
    NotDecimal,
    #[error("more decimal places than the currency has")]
    TooPrecise,
    #[error("beyond ±(2^53 − 1) minor units")]
    OutOfRange,
}

/// An exact decimal number: `value` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    pub value: i128,
    pub scale: u32,
}

/// Longest decimal fraction that is read.
const MAX_SCALE: u32 = 12;

impl Decimal {
    /// Reads `-1234.5`, strictly: ASCII digits, at most one point with digits on both sides, no sign but a leading
    /// minus, no separators, no exponent (a spreadsheet's `1.38E+10` is refused, never guessed).
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(MoneyError::NotDecimal),
            None => (digits, ""),
        };
        let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(MoneyError::NotDecimal);
        }
        // 18 + 12 digits: far below i128, so sums of a million such numbers can't overflow either.
        if whole.len() > 18 || fraction.len() > MAX_SCALE as usize {
            return Err(MoneyError::OutOfRange);
        }
        let magnitude = whole
            .bytes()
            .chain(fraction.bytes())
            .fold(0i128, |n, b| n * 10 + i128::from(b - b'0'));
        Ok(Self {
            value: if negative { -magnitude } else { magnitude },
            scale: fraction.len() as u32,
        })
    }

    /// The product with a whole number, exactly; none on overflow.
    pub fn times(self, factor: i64) -> Option<Self> {
        Some(Self {
            value: self.value.checked_mul(i128::from(factor))?,
            scale: self.scale,
        })
    }

    /// The sum, exactly; none on overflow.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let lift = |d: Self| d.value.checked_mul(10i128.checked_pow(scale - d.scale)?);
        Some(Self {
            value: lift(self)?.checked_add(lift(other)?)?,
            scale,
        })
    }

    /// Minor units of a currency with `scale` decimal places, ties to the even neighbour.
    pub fn round_half_even(self, scale: u32) -> Result<Minor, MoneyError> {
        let rounded = if scale >= self.scale {
            10i128
                .checked_pow(scale - self.scale)
                .and_then(|factor| self.value.checked_mul(factor))
        } else {
            let unit = 10i128.checked_pow(self.scale - scale).ok_or(MoneyError::OutOfRange)?;
            let (floor, rest) = (self.value.div_euclid(unit), self.value.rem_euclid(unit));
            let up = match (rest * 2).cmp(&unit) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => floor.rem_euclid(2),
                std::cmp::Ordering::Greater => 1,
            };
            Some(floor + up)
        };
        rounded
            .and_then(|n| i64::try_from(n).ok())
            .filter(|n| in_range(*n))
            .ok_or(MoneyError::OutOfRange)
    }

    /// Minor units of a currency with `scale` decimal places, exactly: `TooPrecise` where digits would be lost.
    pub fn exact(self, scale: u32) -> Result<Minor, MoneyError> {
        let rounded = self.round_half_even(scale)?;
        let back = Self {
            value: i128::from(rounded),
            scale,
        };
        let same = back
            .plus(Self {
                value: -self.value,
                scale: self.scale,
            })
            .is_some_and(|d| d.value == 0);
        if same { Ok(rounded) } else { Err(MoneyError::TooPrecise) }
    }
}

/// Reads `1234.56` as 123 456 minor units (`scale` 2), exactly.
pub fn parse_minor(text: &str, scale: u32) -> Result<Minor, MoneyError> {
    Decimal::parse(text)?.exact(scale)
}

/// Reads a decimal with any number of places and rounds it half-even to `scale`.
pub fn round_half_even(text: &str, scale: u32) -> Result<Minor, MoneyError> {
    Decimal::parse(text)?.round_half_even(scale)
}

/// Writes 123 456 minor units as `1234.56` (`scale` 2).
pub fn format_minor(amount: Minor, scale: u32) -> String {
    Fixed {
        value: i128::from(amount),
        scale,
        trim: false,
    }
    .to_string()
}

/// Writes parts per million as a decimal without trailing zeros: 1 500 000 is `1.5`.
pub fn format_ppm(ppm: Ppm) -> String {
    Fixed {
        value: i128::from(ppm),
        scale: 6,
        trim: true,
    }
    .to_string()
}

struct Fixed {
    value: i128,
    scale: u32,
    trim: bool,
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = self.scale as usize;
        let digits = format!("{:0>width$}", self.value.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let fraction = if self.trim {
            fraction.trim_end_matches('0')
        } else {
            fraction
        };
        let sign = if self.value < 0 { "-" } else { "" };
        if fraction.is_empty() {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{fraction}")
        }
    }
}

/// Whether an amount lies within ±[`LIMIT`].
pub fn in_range(amount: i64) -> bool {
    (-LIMIT..=LIMIT).contains(&amount)
}

/// floor(`a` × `b` / `c`) without intermediate overflow; none when `c` is 0 or the result is out of range.
pub fn mul_div(a: i64, b: i64, c: i64) -> Option<i64> {
    let (product, divisor) = (i128::from(a) * i128::from(b), i128::from(c));
    if divisor == 0 {
        return None;
    }
    let quotient = product / divisor;
    let below = product % divisor != 0 && ((product < 0) != (divisor < 0));
    i64::try_from(quotient - i128::from(below))
        .ok()
        .filter(|n| in_range(*n))
}

/// `dividend` / `divisor`, ties away from zero, so that a return mirrors its sale; none when `divisor` isn't positive or
/// the result leaves ±[`LIMIT`].
pub fn div_half_up(dividend: i128, divisor: i128) -> Option<i64> {
    if divisor <= 0 {
        return None;
    }
    let (quotient, rest) = (dividend / divisor, (dividend % divisor).abs());
    let away = if rest >= divisor - rest { dividend.signum() } else { 0 };
    i64::try_from(quotient + away).ok().filter(|n| in_range(*n))
}

/// Σ, or none when it leaves ±[`LIMIT`].
pub fn sum(amounts: impl IntoIterator<Item = i64>) -> Option<i64> {
    let total: i128 = amounts.into_iter().map(i128::from).sum();
    i64::try_from(total).ok().filter(|n| in_range(*n))
}

/// Splits `total` in proportion to `weights` (each ≥ 0) so that the parts sum to it exactly: everyone gets the floor
/// of the magnitude, the largest remainders one more, equal ones from the front. All zero when no weight is positive.
pub fn spread(total: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|w| i128::from((*w).max(0))).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let magnitude = i128::from(total.unsigned_abs());
    let mut parts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    for (i, weight) in weights.iter().enumerate() {
        let product = magnitude * i128::from((*weight).max(0));
        parts.push((product / sum) as i64);
        rests.push((product % sum, i));
    }
    let left = (magnitude - parts.iter().map(|p| i128::from(*p)).sum::<i128>()) as usize;
    rests.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, i) in rests.into_iter().take(left) {
        parts[i] += 1;
    }
    if total < 0 {
        for part in &mut parts {
            *part = -*part;
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_away_from_zero() {
        for (dividend, divisor, wanted) in [
            (5, 2, Some(3)),
            (-5, 2, Some(-3)),
            (499, 1000, Some(0)),
            (500, 1000, Some(1)),
            (-499, 1000, Some(0)),
            (1, 3, Some(0)),
            (2, 3, Some(1)),
            (0, 7, Some(0)),
            (1, 0, None),
            (1, -2, None),
            (i128::from(LIMIT), 1, Some(LIMIT)),
            (i128::from(LIMIT) + 1, 1, None),
            (i128::MAX, 1, None),
            (i128::MIN, 1, None),
        ] {
            assert_eq!(div_half_up(dividend, divisor), wanted, "{dividend} / {divisor}");
        }
    }
}
