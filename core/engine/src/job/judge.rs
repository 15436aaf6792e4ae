//! Judges sales later whose plugin failed when they were rung up, oldest first.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::command::{Command, JudgeLate};
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Id, Lane};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Refusal};
use diesel::sql_types::Binary;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "judge",
    title: ["补算积分", "Points of sales whose plugin failed"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain)),
};

/// A program whose plugin fails so many times in a row is left alone until the next run; the others have their turn.
const PATIENCE: u32 = 8;

statements! {
    SelectUnjudged -> (Binary, Binary) =
        "SELECT u.bill_id, m.program_id FROM unjudged u JOIN bills b ON b.chain_id = u.chain_id AND b.id = u.bill_id \
         JOIN memberships m ON m.chain_id = b.chain_id AND m.id = b.membership_id \
         WHERE u.chain_id = ? AND u.bill_id > ? AND m.open ORDER BY u.bill_id LIMIT 500";
}

/// Judges what can be judged by now. Answers how many sales were.
///
/// # Errors
/// The last refusal, after every sale had its turn, save those of programs whose plugin keeps failing.
pub async fn run(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let actor = Arc::new(Actor::system(chain));
    let (mut judged, mut last) = (0, Ok(()));
    let mut failed: HashMap<Id, u32> = HashMap::new();
    let mut after = Id(Uuid::nil());
    loop {
        let found = engine.read(chain, |conn| {
            Ok(fetch!(conn, SelectUnjudged, [chain, after.0] => (Id, Id))?)
        })?;
        let Some((end, _)) = found.last() else { break };
        if after.0.is_nil() {
            // What couldn't be loaded an hour ago may be mended.
            engine.components().forget_failures();
        }
        after = *end;
        for (sale, program) in found {
            let failed = failed.entry(program).or_default();
            if *failed == PATIENCE {
                continue;
            }
            let command = Command::JudgeLate(JudgeLate { sale: sale.typed() });
            match engine.execute_in(Lane::Bulk, &actor, None, &command).await {
                Ok(_) => (judged, *failed) = (judged + 1, 0),
                // Another run was faster, or the membership has ended since.
                Err(refusal) if matches!(refusal.code, Code::NotFound | Code::MembershipClosed) => {}
                Err(refusal) => {
                    // What is wrong with one sale says nothing of the plugin.
                    *failed += u32::from(refusal.code == Code::PluginFailed);
                    last = Err(refusal);
                }
            }
        }
    }
    last.map(|()| judged)
}
