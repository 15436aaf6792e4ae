//! Chance that repeats itself: the same seed gives the same numbers on every machine and in every version.

/// A stream of numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a seed and a path of labels; different paths give unrelated streams.
    pub fn of(seed: u64, path: &[u64]) -> Self {
        let mut dice = Self(seed);
        for label in path {
            dice.0 = dice.roll() ^ label.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        }
        dice
    }

    /// 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 … `end` − 1; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.roll()) * u128::from(end)) >> 64) as u64
    }

    /// `from` … `to`, both included.
    pub fn between(&mut self, from: i64, to: i64) -> i64 {
        from + self.below(to.abs_diff(from) + 1) as i64
    }

    /// True `per_mille` times out of 1000.
    pub fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of them; the earlier, the likelier where `steep` is above 1 (the smallest of that many rolls).
    pub fn pick<'a, T>(&mut self, from: &'a [T], steep: u32) -> &'a T {
        let at = (0..steep.max(1))
            .map(|_| self.below(from.len() as u64))
            .min()
            .unwrap_or(0);
        &from[at as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_itself_and_stays_in_bounds() {
        let rolls = |path: &[u64]| {
            (0..3)
                .scan(Dice::of(7, path), |d, _| Some(d.roll()))
                .collect::<Vec<_>>()
        };
        assert_eq!(rolls(&[1, 2]), rolls(&[1, 2]));
        assert_ne!(rolls(&[1, 2]), rolls(&[2, 1]));
        let mut dice = Dice::of(7, &[]);
        let mut hits = [0; 3];
        for _ in 0..3000 {
            hits[(dice.between(4, 6) - 4) as usize] += 1;
        }
        assert!(hits.iter().all(|n| (900..1100).contains(n)), "{hits:?}");
        assert_eq!((dice.below(0), dice.below(1)), (0, 0));
        assert!((0..1000).filter(|_| dice.chance(100)).count().abs_diff(100) < 40);
    }
}
