//! Nightly jobs, one file each. All are idempotent, book through the bulk queue, so that tills don't wait, and go by
//! each chain's business now.

pub mod classes;
pub mod expiry;
pub mod judge;
pub mod retention;
pub mod review;

use crate::Engine;
use crate::store_admin::chain_ids;
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// [`judge`]
    Judge,
    /// [`expiry`]
    Expiry,
    /// [`review`]
    Review,
    /// [`classes`]
    Classes,
    /// [`retention`]
    Retention,
}

impl Job {
    /// In the order in which they are done.
    pub const ALL: &'static [Job] = &[Job::Judge, Job::Expiry, Job::Review, Job::Classes, Job::Retention];

    /// Stable, for the log.
    pub fn name(self) -> &'static str {
        match self {
            Job::Judge => "judge",
            Job::Expiry => "expiry",
            Job::Review => "review",
            Job::Classes => "classes",
            Job::Retention => "retention",
        }
    }

    /// Does the job in one chain, as of its business now.
    ///
    /// # Errors
    /// The job's refusals; what was done before one stays.
    pub async fn run(self, engine: &Engine, chain: ChainId) -> Result<(), Refusal> {
        match self {
            Job::Judge => judge::run(engine, chain).await.map(|_| ()),
            Job::Expiry => expiry::run(engine, chain).await.map(|_| ()),
            Job::Review => review::run(engine, chain).await.map(|_| ()),
            Job::Classes => classes::run(engine, chain).await,
            Job::Retention => retention::run(engine, chain).await,
        }
    }
}

/// Does every job in every chain, and seals the audit log over all of them. The schedule's hook: to be called every
/// night, or more often; what is done already isn't done again.
///
/// # Errors
/// The first refusal, after the other jobs and chains had their turn.
pub async fn run_all(engine: &Engine) -> Result<(), Refusal> {
    let mut first = Ok(());
    for chain in chain_ids(engine)? {
        for job in Job::ALL {
            if let Err(refusal) = job.run(engine, chain).await {
                tracing::error!(job = job.name(), %chain, code = refusal.code.as_str(), "a job failed: {}", refusal.detail.en);
                first = first.and(Err(refusal));
            }
        }
    }
    if let Err(refusal) = engine.seal_audit().await {
        tracing::error!(
            code = refusal.code.as_str(),
            "the audit log isn't sealed: {}",
            refusal.detail.en
        );
        first = first.and(Err(refusal));
    }
    first
}
