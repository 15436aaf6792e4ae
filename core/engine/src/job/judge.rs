//! Judges sales later whose plugin failed when they were rung up, oldest first.

use crate::Engine;
use crate::actor::Actor;
use crate::command::{Command, JudgeLate};
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Id, Lane};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Refusal};
use diesel::sql_types::Binary;
use std::sync::Arc;
use uuid::Uuid;

/// A plugin that fails so many times in a row is left alone until the next run.
const PATIENCE: u32 = 8;

statements! {
    SelectUnjudged -> (Binary,) =
        "SELECT u.bill_id FROM unjudged u JOIN bills b ON b.chain_id = u.chain_id AND b.id = u.bill_id \
         JOIN memberships m ON m.chain_id = b.chain_id AND m.id = b.membership_id \
         WHERE u.chain_id = ? AND u.bill_id > ? AND m.open ORDER BY u.bill_id LIMIT 500";
}

/// Judges what can be judged by now. Answers how many sales were.
///
/// # Errors
/// The last refusal, after every sale had its turn, or after a plugin that keeps failing was given up for this time.
pub async fn run(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let actor = Arc::new(Actor::system(chain));
    let (mut judged, mut failed, mut last) = (0, 0, Ok(()));
    let mut after = Id(Uuid::nil());
    loop {
        let found = engine.read(chain, |conn| {
            Ok(fetch!(conn, SelectUnjudged, [chain, after.0] => (Id,))?)
        })?;
        let Some((end,)) = found.last() else { break };
        after = *end;
        for (sale,) in found {
            let command = Command::JudgeLate(JudgeLate { sale: sale.typed() });
            match engine.execute_in(Lane::Bulk, &actor, None, &command).await {
                Ok(_) => (judged, failed) = (judged + 1, 0),
                // Another run was faster, or the membership has ended since.
                Err(refusal) if matches!(refusal.code, Code::NotFound | Code::MembershipClosed) => {}
                Err(refusal) => (failed, last) = (failed + 1, Err(refusal)),
            }
            if failed == PATIENCE {
                return last.map(|()| judged);
            }
        }
    }
    last.map(|()| judged)
}
