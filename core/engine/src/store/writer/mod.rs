//! The one writer: drains what is waiting, decides each command on current state, commits once, answers all.

mod tx;

pub use tx::{Answer, Answered, IdempotencyKey, Tx};

/// How the writer batches.
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    /// Most commands in one transaction; 1 for the benchmark's comparison.
    pub max_batch: usize,
    /// Most commands waiting per queue; more are refused `busy`.
    pub queue: usize,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self { max_batch: 512, queue: 8192 }
    }
}
