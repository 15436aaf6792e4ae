//! Rewards that nobody fetched are cancelled: the pieces are for others again, the points go back (D-RWD-1).

use super::{Every, Job, Turn, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::command::{CancelRedemption, Command, NewCancellation};
use crate::reward::not_fetched;
use crate::store::Lane;
use cardea_domain::{Code, Refusal};
use std::sync::Arc;

pub(super) const JOB: Job = Job {
    name: "reward_claims",
    title: ["逾期未领礼品", "Rewards that were not collected"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(cancel_all(engine, turn)),
};

/// Answers how many were cancelled; a second run cancels none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn cancel_all(engine: &Engine, turn: Turn) -> Result<u64, Refusal> {
    let chain = turn.chain;
    let (system, mut done) = (Arc::new(Actor::system(chain)), 0);
    let over = engine.read(chain, |conn| not_fetched(conn, chain, (turn.day, turn.now)))?;
    for (redemption, store_id) in over {
        let command = Command::CancelRedemption(CancelRedemption {
            redemption,
            cancellation: NewCancellation {
                store_id,
                source: "core".into(),
                till: "claims".into(),
                receipt: redemption.to_string(),
                occurred_at: None,
                reason: "逾期未领取".into(),
            },
            lapsed: true,
        });
        match engine.execute_in(Lane::Bulk, &system, None, &command).await {
            Ok(_) => done += 1,
            Err(refusal) if matches!(refusal.code, Code::Busy | Code::StorageUnavailable) => return Err(refusal),
            // Somebody has fetched or cancelled it meanwhile, or the store is closed: others go on.
            Err(refusal) => {
                tracing::info!(%chain, %redemption, code = refusal.code.as_str(), "an exchange stays as it is");
            }
        }
    }
    Ok(done)
}
