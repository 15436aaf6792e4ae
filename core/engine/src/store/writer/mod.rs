//! The one writer: drains what is waiting, decides each command on current state, commits once, answers all.
//!
//! Ledger commands and closures share one queue and are done in order, each batch in one transaction. A lone command
//! commits at once. Idempotency, audit and outbox rows are written here and nowhere else.

pub(crate) mod answers;
mod batch;
pub(crate) mod blanks;
mod campaigns;
pub(crate) mod claims;
mod counts;
pub(crate) mod credentials;
mod due;
mod events;
mod figures;
pub(crate) mod heirs;
mod holds;
pub(crate) mod idempotency;
pub(crate) mod ids;
mod insert;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod parts;
pub(crate) mod pools;
pub(crate) mod prepaid;
mod queue;
mod rare;
pub(crate) mod record;
pub(crate) mod save;
mod standing;
mod sums;
#[cfg(test)]
pub(crate) mod tests;
mod tx;
pub(crate) mod vouchers;
mod wave;

pub use counts::{BATCH_BOUNDS, WriterCounts};
pub use queue::Lane;
pub use tx::{Answer, Answered, AuditRow, Entries, IdempotencyKey, Message, Notes, Notice, Receiver, Tx};

use crate::actor::Actor;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::store::Database;
use batch::Worker;
use cardea_domain::{Code, Refusal};
use counts::Counters;
use ledger::LedgerCommand;
use queue::Queue;
use save::expect;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

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
        Self {
            max_batch: 1024,
            queue: 8192,
        }
    }
}

/// A rare write with the whole query language, in a savepoint of the batch.
pub(crate) type Closure = Box<dyn Fn(&mut Tx) -> Result<Answer> + Send>;

/// What a job does.
pub(crate) enum Work {
    Ledger(Box<dyn LedgerCommand>),
    Closure(Closure),
}

/// Why a job was not done.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Refused(Box<Refusal>),
    /// The proposal's basis has changed: propose again.
    Stale,
}

pub(crate) type Outcome = Result<Answered, Failure>;

/// A command on its way through the writer.
pub(crate) struct Job {
    pub actor: Arc<Actor>,
    pub key: Option<IdempotencyKey>,
    /// Stable name, for the log.
    pub name: &'static str,
    pub work: Work,
    pub reply: oneshot::Sender<Outcome>,
}

impl Job {
    /// How many usual commands it takes as long as.
    fn weight(&self) -> usize {
        match &self.work {
            Work::Ledger(command) => command.weight(),
            Work::Closure(_) => 1,
        }
    }
}

/// However the writer's thread ends, a panic too, nobody goes on waiting for it.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The writer's thread and the way to it.
pub(crate) struct Writer {
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub fn start(database: Arc<Database>, clock: Clock, options: WriterOptions) -> Result<Self> {
        let queue = Arc::new(Queue::new(options.queue));
        let counters = Arc::new(Counters::default());
        let max_batch = options.max_batch.max(1);
        let mut worker = Worker::new(database, clock, queue.clone(), counters.clone(), max_batch)?;
        let at_work = queue.clone();
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || {
                let _ended = Ended(at_work);
                worker.run();
            })
            .map_err(|e| Error::internal(format!("starting the writer: {e}")))?;
        Ok(Self {
            queue,
            counters,
            thread: Some(thread),
        })
    }

    pub fn counts(&self) -> WriterCounts {
        self.counters.read()
    }

    /// Queues a command; the answer comes when its batch is committed.
    pub async fn submit(
        &self,
        lane: Lane,
        actor: Arc<Actor>,
        key: Option<IdempotencyKey>,
        name: &'static str,
        work: Work,
    ) -> Outcome {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            actor,
            key,
            name,
            work,
            reply,
        };
        self.queue
            .push(lane, job)
            .map_err(|refusal| Failure::Refused(Box::new(refusal)))?;
        answer.await.unwrap_or_else(|_| {
            let refusal = Refusal::new(
                Code::StorageUnavailable,
                "写入器已停止，请稍后重试",
                "The writer has stopped; try again",
            );
            Err(Failure::Refused(Box::new(refusal)))
        })
    }
}

impl Drop for Writer {
    /// Finishes what is waiting.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer's thread panicked");
        }
    }
}
