//! Many commands in flight, one holder's in order: work is dealt to lanes by a key, each lane does its own one after
//! the other. Imports and the demo go through here.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Waiting work per lane: enough to keep it busy, little enough to keep memory bounded.
const DEPTH: usize = 16;

/// Lanes of work of one kind.
pub struct Lanes<W> {
    senders: Vec<mpsc::Sender<W>>,
    tasks: JoinSet<()>,
}

impl<W: Send + 'static> Lanes<W> {
    /// Opens `count` lanes (at least one) in which `work` is done.
    pub fn open<F, R>(count: usize, work: F) -> Self
    where
        F: Fn(W) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send,
    {
        let work = Arc::new(work);
        let mut tasks = JoinSet::new();
        let lane = |_| {
            let (sender, mut receiver) = mpsc::channel(DEPTH);
            let work = work.clone();
            tasks.spawn(async move {
                while let Some(item) = receiver.recv().await {
                    work(item).await;
                }
            });
            sender
        };
        Self {
            senders: (0..count.max(1)).map(lane).collect(),
            tasks,
        }
    }

    /// Adds work behind everything of the same key; waits while the lane is full.
    pub async fn add(&self, key: &impl Hash, work: W) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let at = (hasher.finish() % self.senders.len() as u64) as usize;
        // A lane ends only when its work panics, which `close` reports.
        let _ = self.senders[at].send(work).await;
    }

    /// Waits until all is done.
    ///
    /// # Errors
    /// Where the work of a lane panicked.
    pub async fn close(self) -> Result<(), tokio::task::JoinError> {
        let Self { senders, mut tasks } = self;
        drop(senders);
        while let Some(ended) = tasks.join_next().await {
            ended?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    #[test]
    fn keeps_the_order_of_a_key_and_does_everything() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let done = Arc::new(Mutex::new(vec![Vec::new(); 10]));
        runtime.block_on(async {
            let seen = done.clone();
            let lanes = Lanes::open(3, move |(key, number): (usize, u32)| {
                let seen = seen.clone();
                async move {
                    tokio::task::yield_now().await;
                    seen.lock()[key].push(number);
                }
            });
            for number in 0..200 {
                for key in 0..10 {
                    lanes.add(&key, (key, number)).await;
                }
            }
            lanes.close().await.unwrap();
        });
        let expected: Vec<u32> = (0..200).collect();
        assert!(done.lock().iter().all(|numbers| *numbers == expected));
    }
}
