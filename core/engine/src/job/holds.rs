//! Writes down that the time of holds is over (D-LED-3): nothing is held any more from then on, written down or not.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Error;
use crate::posting::end_late_holds;
use crate::store::{Answer, Lane, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;

/// Holds of one transaction.
const SOME: i64 = 200;

pub(super) const JOB: Job = Job {
    name: "holds",
    title: ["预留超时", "Holds whose time is over"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(end_all(engine, turn.chain)),
};

/// Answers how many were over; a second run finds none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn end_all(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let system = Actor::system(chain);
    let mut done = 0;
    loop {
        let work = |tx: &mut Tx<'_>| Answer::ok(&end_late_holds(tx, SOME)?);
        let ended = engine
            .transact_in(Lane::Bulk, &system, None, "hold.expire", work)
            .await?;
        let ended = serde_json::from_str::<u64>(&ended.json).map_err(Error::from)?;
        done += ended;
        if ended < SOME as u64 {
            return Ok(done);
        }
    }
}
