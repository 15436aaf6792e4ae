//! Jobs, one file each: what runs by itself, by the business date of a chain. All are idempotent, book through the bulk queue, so
//! that tills don't wait, and do what is due and not done yet: after a time in which nothing ran, the next run catches up.

mod awards;
mod card_batches;
mod claims;
pub mod classes;
mod completeness;
mod contacts;
mod contracts;
pub mod expiry;
mod hold;
mod holds;
mod imports;
pub mod judge;
mod loans;
mod matured;
mod messages;
pub mod retention;
pub mod review;
mod runs;
mod schedule;
pub mod warnings;

pub use runs::{HeldRun, JobRun, JobRunQuery, JobView, RunApproval, RunJob, RunState};
pub use schedule::{go_on, run_all};

use crate::Engine;
use cardea_domain::id::ChainId;
use cardea_domain::{Day, Instant, Refusal, Zone};
use std::pin::Pin;

/// How often a job has its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Every {
    /// Each time the schedule looks: once an hour.
    Hour,
    /// Once on a business date, and again after a run that failed.
    Day,
}

/// Whose days count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    Chain,
    /// Each time zone that a store of the chain is in.
    Stores,
}

/// One turn of a job.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub chain: ChainId,
    /// Whose days count.
    pub zone: Zone,
    /// The business date in it.
    pub day: Day,
    /// The chain's business now.
    pub now: Instant,
}

/// Answers how much was done.
pub(crate) type Doing<'a> = Pin<Box<dyn Future<Output = Result<u64, Refusal>> + 'a>>;

/// A job: a constant in its own file.
pub(crate) struct Job {
    /// Stable: in the database, the log and the interface.
    pub name: &'static str,
    /// zh-CN, English.
    pub title: [&'static str; 2],
    pub every: Every,
    pub by: Where,
    pub run: for<'a> fn(&'a Engine, Turn) -> Doing<'a>,
}

/// In the order in which they are done.
pub(crate) const JOBS: &[Job] = &[
    judge::JOB,
    expiry::JOB,
    holds::JOB,
    matured::JOB,
    review::JOB,
    awards::JOB,
    classes::JOB,
    claims::JOB,
    contacts::JOB,
    contracts::JOB,
    contracts::REMINDERS,
    loans::JOB,
    warnings::JOB,
    completeness::JOB,
    messages::JOB,
    retention::JOB,
    imports::JOB,
    card_batches::JOB,
];
