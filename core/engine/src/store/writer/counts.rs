//! What the writer has done since it started, for the operator's figures.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper bounds of the batch sizes that are counted apart.
pub const BATCH_BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

#[derive(Debug, Default)]
pub(super) struct Counters {
    commands: AtomicU64,
    lost: AtomicU64,
    /// Batches by [`BATCH_BOUNDS`], each in the first that it fits; larger ones in the last place.
    batches: [AtomicU64; BATCH_BOUNDS.len() + 1],
}

/// The writer's counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterCounts {
    /// Commands in committed batches, refused ones included.
    pub commands: u64,
    /// Commands answered `storage_unavailable` or `internal` because their transaction failed.
    pub lost: u64,
    /// Committed batches of at most as many commands as [`BATCH_BOUNDS`] says, and larger ones.
    pub batches: [u64; BATCH_BOUNDS.len() + 1],
}

impl Counters {
    pub fn committed(&self, commands: usize) {
        let commands = commands as u64;
        let place = BATCH_BOUNDS.partition_point(|bound| *bound < commands);
        self.batches[place].fetch_add(1, Ordering::Relaxed);
        self.commands.fetch_add(commands, Ordering::Relaxed);
    }

    pub fn lost(&self, commands: usize) {
        self.lost.fetch_add(commands as u64, Ordering::Relaxed);
    }

    pub fn read(&self) -> WriterCounts {
        WriterCounts {
            commands: self.commands.load(Ordering::Relaxed),
            lost: self.lost.load(Ordering::Relaxed),
            batches: std::array::from_fn(|place| self.batches[place].load(Ordering::Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_counted_by_size() {
        let counters = Counters::default();
        for size in [1, 1, 2, 3, 512, 513] {
            counters.committed(size);
        }
        counters.lost(2);
        let counts = counters.read();
        assert_eq!((counts.commands, counts.lost), (1032, 2));
        assert_eq!(counts.batches, [2, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]);
    }
}
