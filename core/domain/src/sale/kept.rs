//! What is kept of a sale: exact sums of parts, so that nothing depends on in how many steps a return comes.

use super::Rounding;
use crate::money::{LIMIT, ONE, Points};

/// Beyond this common denominator a part is cut off at a whole unit, so that no step can overflow.
const MAX_DENOMINATOR: i128 = 1 << 60;

/// An exact sum of `amount × kept / quantity`: a whole part and one fraction, 0 ≤ `numerator` < `denominator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartSum {
    whole: i128,
    numerator: i128,
    denominator: i128,
}

impl PartSum {
    pub(super) const ZERO: PartSum = PartSum {
        whole: 0,
        numerator: 0,
        denominator: 1,
    };

    /// Adds `amount` × `kept` / `quantity`, unrounded.
    pub(super) fn add_part(&mut self, amount: i64, kept: i64, quantity: i64) {
        if quantity <= 0 {
            return;
        }
        let (product, quantity) = (i128::from(amount) * i128::from(kept), i128::from(quantity));
        self.whole += product.div_euclid(quantity);
        let rest = product.rem_euclid(quantity);
        let shared = gcd(rest, quantity);
        let (rest, part) = (rest / shared, quantity / shared);
        let factor = part / gcd(self.denominator, part);
        if self.denominator * factor > MAX_DENOMINATOR {
            return;
        }
        self.numerator = self.numerator * factor + rest * (self.denominator * factor / part);
        self.denominator *= factor;
        self.whole += self.numerator / self.denominator;
        self.numerator %= self.denominator;
    }

    pub(super) fn add_whole(&mut self, amount: i64) {
        self.whole += i128::from(amount);
    }

    pub(super) fn at_least(&self, amount: i64) -> bool {
        self.whole >= i128::from(amount)
    }

    /// Whole points of a sum in parts per million.
    pub(super) fn points(&self, rounding: Rounding) -> Points {
        let one = i128::from(ONE);
        let points = match rounding {
            Rounding::Floor => self.whole.div_euclid(one),
            Rounding::HalfUp => (self.whole + one / 2).div_euclid(one),
            Rounding::Ceil => (self.whole + i128::from(self.numerator > 0) + one - 1).div_euclid(one),
        };
        points.clamp(i128::from(-LIMIT), i128::from(LIMIT)) as Points
    }

    /// The sum in parts per million, cut off: for sentences.
    pub(super) fn ppm(&self) -> i64 {
        self.whole.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// Whether it is a whole number of points.
    pub(super) fn is_whole(&self) -> bool {
        self.numerator == 0 && self.whole % i128::from(ONE) == 0
    }
}

/// How much of `amount` belongs to `part` of `quantity` (0 ≤ part ≤ quantity): the floor, and all of it at the end, so
/// that parts taken one after another add up.
pub(super) fn part_of(amount: i64, part: i64, quantity: i64) -> i64 {
    if part >= quantity || quantity <= 0 {
        return amount;
    }
    (i128::from(amount) * i128::from(part)).div_euclid(i128::from(quantity)) as i64
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// Greatest common divisor of two positive numbers.
pub(super) fn gcd64(a: i64, b: i64) -> i64 {
    gcd(i128::from(a), i128::from(b)) as i64
}
