//! Two bounded queues in front of the writer: interactive commands first, bulk work in between.

use super::{Job, Work};
use cardea_domain::{Code, Refusal};
use parking_lot::{Condvar, Mutex};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Whether a person waits for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    Interactive,
    /// Imports, jobs, demo: in slices of at most [`SLICE`], so that tills don't feel them.
    Bulk,
}

/// Longest time that bulk work holds the writer while nobody else wants it: what the first till after a pause may wait for.
/// The longer, the fewer times a page is written that many commands change.
pub(super) const SLICE: Duration = Duration::from_millis(100);
/// The same while tills are at work: what one of them may wait for in addition to its own sale.
pub(super) const SHORT_SLICE: Duration = Duration::from_millis(3);
/// Bulk commands, by their weight, that go along with people's in one transaction: its flush is paid for anyway, and they take about a
/// millisecond.
const COMPANIONS: usize = 8;
/// From the last turn of bulk work to its next short slice: in between tills find the writer, and a processor, free.
const SHORT_SLICE_EVERY: Duration = Duration::from_millis(16);
/// Tills are at work as long after their last command.
const AT_WORK: Duration = Duration::from_secs(2);
/// Longest time that bulk work waits behind a stream of interactive commands.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many of these go along with people's commands.
fn companions(bulk: &VecDeque<Job>) -> usize {
    let weights = bulk.iter().map(Job::weight).scan(0, |sum, weight| {
        *sum += weight;
        Some(*sum)
    });
    weights.take_while(|sum| *sum <= COMPANIONS).count()
}

/// Commands for one transaction.
pub(super) struct Batch {
    pub jobs: Vec<Job>,
    /// How long to go on with them; the rest is handed back.
    pub budget: Option<Duration>,
}

struct Waiting {
    interactive: VecDeque<Job>,
    bulk: VecDeque<Job>,
    /// When bulk work had its last turn, or the queue was last empty.
    bulk_since: Instant,
    /// When a till's last command came.
    till_at: Option<Instant>,
    closed: bool,
}

pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    ready: Condvar,
    limit: usize,
}

impl Queue {
    pub fn new(limit: usize) -> Self {
        let waiting = Waiting {
            interactive: VecDeque::new(),
            bulk: VecDeque::new(),
            bulk_since: Instant::now(),
            till_at: None,
            closed: false,
        };
        Self {
            waiting: Mutex::new(waiting),
            ready: Condvar::new(),
            limit,
        }
    }

    /// Queues a command.
    ///
    /// # Errors
    /// `busy` when the queue is full or the writer has stopped; the web layer answers it with Retry-After.
    pub fn push(&self, lane: Lane, job: Job) -> Result<(), Refusal> {
        let mut waiting = self.waiting.lock();
        let closed = waiting.closed;
        let queue = match lane {
            Lane::Interactive => &mut waiting.interactive,
            Lane::Bulk => &mut waiting.bulk,
        };
        if closed || queue.len() >= self.limit {
            return Err(Refusal::new(
                Code::Busy,
                "系统繁忙，请稍后重试",
                "Too many commands are waiting; try again shortly",
            ));
        }
        let at_a_till = lane == Lane::Interactive && matches!(job.work, Work::Ledger(_));
        queue.push_back(job);
        if at_a_till {
            waiting.till_at = Some(Instant::now());
        }
        drop(waiting);
        self.ready.notify_one();
        Ok(())
    }

    /// What is waiting now, at most `max`; sleeps while nothing is. None when closed and empty.
    pub fn take(&self, max: usize) -> Option<Batch> {
        let mut waiting = self.waiting.lock();
        loop {
            let starving = !waiting.bulk.is_empty() && waiting.bulk_since.elapsed() > PATIENCE;
            if !waiting.interactive.is_empty() && !starving {
                let count = waiting.interactive.len().min(max);
                let mut jobs: Vec<Job> = waiting.interactive.drain(..count).collect();
                let companions = companions(&waiting.bulk).min(max - count);
                if companions > 0 {
                    waiting.bulk_since = Instant::now();
                    jobs.extend(waiting.bulk.drain(..companions));
                }
                return Some(Batch { jobs, budget: None });
            }
            if !waiting.bulk.is_empty() {
                let at_work = waiting.till_at.is_some_and(|at| at.elapsed() < AT_WORK);
                let pause = SHORT_SLICE_EVERY.saturating_sub(waiting.bulk_since.elapsed());
                if at_work && !starving && !waiting.closed && !pause.is_zero() {
                    self.ready.wait_for(&mut waiting, pause);
                    continue;
                }
                waiting.bulk_since = Instant::now();
                let count = waiting.bulk.len().min(max);
                return Some(Batch {
                    jobs: waiting.bulk.drain(..count).collect(),
                    budget: Some(if at_work { SHORT_SLICE } else { SLICE }),
                });
            }
            if waiting.closed {
                return None;
            }
            self.ready.wait(&mut waiting);
            waiting.bulk_since = Instant::now();
        }
    }

    /// Puts back what a slice had no time for, in front and in order.
    pub fn hand_back(&self, jobs: Vec<Job>) {
        let mut waiting = self.waiting.lock();
        for job in jobs.into_iter().rev() {
            waiting.bulk.push_front(job);
        }
    }

    /// Takes no more, and lets go of what is waiting: whoever waits for its answer learns that none will come.
    pub fn abandon(&self) {
        let mut waiting = self.waiting.lock();
        waiting.closed = true;
        let jobs = (
            std::mem::take(&mut waiting.interactive),
            std::mem::take(&mut waiting.bulk),
        );
        drop(waiting);
        drop(jobs);
    }

    /// Takes no more; what is waiting is still done.
    pub fn close(&self) {
        self.waiting.lock().closed = true;
        self.ready.notify_all();
    }
}
