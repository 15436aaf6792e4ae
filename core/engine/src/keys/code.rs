//! Dynamic codes of cards (D-CARD-14): 18 digits that only this server can make and read, others every 30 s.
//!
//! Inside are the card's number and three digits under a key of the card; around them a permutation of all numbers of
//! 15 digits under the chain's key and the step. So two codes of a card have nothing in common, and one that is made up
//! is a card's with one chance in 10¹⁵ per card.

use super::chain::{ChainKeys, HmacSha256, MacKey, mac};
use cardea_domain::Instant;
use cardea_domain::card::{CardNumber, MemberCode};
use cardea_domain::id::CardId;
use hmac::Mac;

/// A step in milliseconds.
const STEP: i64 = 30_000;
const LEFT: u64 = 10_000_000;
const RIGHT: u64 = 100_000_000;
const CHECK: u64 = 1000;
/// As many as NIST's FF1 has.
const ROUNDS: u8 = 10;

/// The step of an instant.
pub fn step_of(now: Instant) -> i64 {
    now.0.div_euclid(STEP)
}

/// The first instant of a step.
pub fn begin_of(step: i64) -> Instant {
    Instant(step * STEP)
}

fn number(code: HmacSha256) -> u64 {
    let bytes = code.finalize().into_bytes();
    bytes.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

impl ChainKeys {
    /// The code of a card in a step.
    pub fn member_code(&self, card: CardId, of: &CardNumber, step: i64) -> MemberCode {
        let inner = of.serial() * CHECK + self.check_digits(card, step);
        MemberCode::around(permuted(&self.codes, step, inner))
    }

    /// The number of the card whose code it would be in a step; whether it is that card's, [`ChainKeys::is_code_of`] says.
    pub fn number_in_code(&self, code: &MemberCode, step: i64) -> CardNumber {
        CardNumber::from_random(restored(&self.codes, step, code.inner()) / CHECK)
    }

    pub fn is_code_of(&self, code: &MemberCode, card: CardId, of: &CardNumber, step: i64) -> bool {
        self.member_code(card, of, step) == *code
    }

    fn check_digits(&self, card: CardId, step: i64) -> u64 {
        let key = mac(&self.codes).chain_update(b"card").chain_update(card.0.as_bytes());
        let mut of_card = MacKey::from([0; 64]);
        of_card[..32].copy_from_slice(&key.finalize().into_bytes());
        number(mac(&of_card).chain_update(step.to_be_bytes())) % CHECK
    }
}

/// A round's number from the half that stays.
fn round(key: &MacKey, step: i64, n: u8, half: u64) -> u64 {
    let parts = [&b"round"[..], &[n], &step.to_be_bytes(), &half.to_be_bytes()].concat();
    number(mac(key).chain_update(parts))
}

/// A Feistel network over 7 and 8 digits, which take turns.
fn permuted(key: &MacKey, step: i64, inner: u64) -> u64 {
    let (mut left, mut right) = (inner / RIGHT, inner % RIGHT);
    for n in 0..ROUNDS {
        if n % 2 == 0 {
            left = (left + round(key, step, n, right) % LEFT) % LEFT;
        } else {
            right = (right + round(key, step, n, left) % RIGHT) % RIGHT;
        }
    }
    left * RIGHT + right
}

fn restored(key: &MacKey, step: i64, outer: u64) -> u64 {
    let (mut left, mut right) = (outer / RIGHT, outer % RIGHT);
    for n in (0..ROUNDS).rev() {
        if n % 2 == 0 {
            left = (left + LEFT - round(key, step, n, right) % LEFT) % LEFT;
        } else {
            right = (right + RIGHT - round(key, step, n, left) % RIGHT) % RIGHT;
        }
    }
    left * RIGHT + right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use cardea_domain::id::ChainId;
    use std::collections::HashSet;
    use uuid::Uuid;

    fn keys() -> (tempfile::TempDir, Keys) {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(&dir.path().join("keys"), true).unwrap();
        (dir, keys)
    }

    #[test]
    fn d_card_14_a_code_is_read_back_in_its_step_alone() {
        let (_dir, keys) = keys();
        let chain = keys.chain(ChainId(Uuid::from_u128(1)));
        let other = keys.chain(ChainId(Uuid::from_u128(2)));
        let (mut seen, mut alike) = (HashSet::new(), 0);
        for n in 0..500 {
            let (card, of) = (CardId(Uuid::from_u128(n)), CardNumber::from_random(n as u64 * 7_919));
            for step in [0, 58_000_000, 58_000_001] {
                let code = chain.member_code(card, &of, step);
                assert_eq!(chain.number_in_code(&code, step), of);
                assert!(chain.is_code_of(&code, card, &of, step));
                assert_ne!(chain.number_in_code(&code, step + 1), of);
                assert_ne!(other.number_in_code(&code, step), of);
                alike += i32::from(chain.is_code_of(&code, CardId(Uuid::from_u128(9999)), &of, step));
                assert!(seen.insert(code.as_str().to_owned()), "no two alike");
            }
        }
        // Three digits are the card's own: of 1500, some one or two are another one's by chance.
        assert!(alike < 15, "{alike}");
    }

    #[test]
    fn both_ends_of_the_range_are_permuted() {
        let key = MacKey::from([7; 64]);
        for inner in [0, 1, RIGHT - 1, RIGHT, LEFT * RIGHT - 1] {
            let outer = permuted(&key, 3, inner);
            assert!(outer < LEFT * RIGHT);
            assert_eq!(restored(&key, 3, outer), inner);
        }
    }
}
