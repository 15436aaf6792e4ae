//! UUIDv7 in strictly rising order, without a system call per id.

use crate::clock::Clock;
use cardea_domain::id::NewIds;
use rand::Rng;
use uuid::{Builder, Uuid};

/// A source of ids; the writer has one, so that the rows of a batch lie side by side in the indexes.
pub(crate) struct Ids {
    clock: Clock,
    millis: u64,
    /// Low 72 bits of the last id: random at the start of each millisecond, then counting.
    tail: u128,
}

const TAIL_BITS: u32 = 72;

impl Ids {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            millis: 0,
            tail: 0,
        }
    }
}

impl NewIds for Ids {
    fn next_id(&mut self) -> Uuid {
        let now = self.clock.now().0.max(0) as u64;
        if now > self.millis {
            self.millis = now;
            // The highest bit stays clear: room to count without a carry.
            self.tail = rand::rng().random::<u128>() >> (128 - TAIL_BITS + 1);
        } else {
            self.tail += 1;
            if self.tail >> TAIL_BITS != 0 {
                self.millis += 1;
                self.tail = 0;
            }
        }
        // 10 bytes: 12 bits, then 2 for the variant (overwritten), then 62; spread the tail so that it keeps its order.
        let (high, low) = ((self.tail >> 62) as u16, self.tail as u64 & (u64::MAX >> 2));
        let mut random = [0u8; 10];
        random[..2].copy_from_slice(&high.to_be_bytes());
        random[2..].copy_from_slice(&low.to_be_bytes());
        Builder::from_unix_timestamp_millis(self.millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardea_domain::Instant;

    #[test]
    fn ids_rise_even_when_the_clock_stands_or_goes_back() {
        let clock = Clock::fixed(Instant(1_700_000_000_000));
        let mut ids = Ids::new(clock.clone());
        let mut all: Vec<Uuid> = (0..5000).map(|_| ids.next_id()).collect();
        clock.set(Instant(1_699_999_999_000));
        all.push(ids.next_id());
        clock.set(Instant(1_700_000_000_001));
        all.push(ids.next_id());
        assert!(all.windows(2).all(|w| w[0] < w[1]));
        assert!(all.iter().all(|id| id.get_version_num() == 7));
    }
}
