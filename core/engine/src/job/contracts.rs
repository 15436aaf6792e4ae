//! Contracts begin, end and expire by the calendar of their stores; requests for approval that nobody decided end.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::contract::zone::days;
use crate::contract::{Coming, bring_about, coming, due, expire_approvals, milestones, remind};
use crate::error::{Error, Result};
use crate::store::{Answer, Id, Lane, Tx};
use cardea_domain::id::ChainId;
use cardea_domain::{Day, Instant, Refusal};
use std::sync::Arc;
use uuid::Uuid;

/// Reminders of one transaction.
const SOME: usize = 100;

pub(super) const JOB: Job = Job {
    name: "contracts",
    title: ["合同生效与到期", "Contracts that begin and end"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain, turn.now)),
};

/// Answers how many steps were taken.
///
/// # Errors
/// The first refusal; what was done before stays done.
async fn run(engine: &Engine, chain: ChainId, now: Instant) -> Result<u64, Refusal> {
    let (system, mut done) = (Actor::system(chain), 0);
    for (today, stores) in engine.read(chain, |conn| days(conn, chain, now))? {
        done += bring_all_about(engine, chain, today, &stores).await?;
    }
    let work = |tx: &mut Tx<'_>| Answer::ok(&expire_approvals(tx)?);
    let ended = engine
        .transact_in(Lane::Bulk, &system, None, "approval.expire", work)
        .await?;
    Ok(done + serde_json::from_str::<u64>(&ended.json).map_err(Error::from)?)
}

/// All steps of some stores' contracts on the day that it is there.
async fn bring_all_about(engine: &Engine, chain: ChainId, today: Day, stores: &[Id]) -> Result<u64, Refusal> {
    let (system, mut done) = (Actor::system(chain), 0);
    loop {
        let ids = engine.read(chain, |conn| due(conn, chain, today, stores))?;
        if ids.is_empty() {
            return Ok(done);
        }
        let work = move |tx: &mut Tx<'_>| Answer::ok(&bring_about(tx, &ids, today)?);
        let taken = engine
            .transact_in(Lane::Bulk, &system, None, "contract.turn", work)
            .await?;
        done += serde_json::from_str::<u64>(&taken.json).map_err(Error::from)?;
    }
}

/// Reminds of contracts that end and of milestones.
pub(super) const REMINDERS: Job = Job {
    name: "contract_reminders",
    title: ["合同到期与约定事项提醒", "Reminders of contracts"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(remind_all(engine, turn.chain, turn.day)),
};

/// Answers how many tasks were made; a second run makes none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn remind_all(engine: &Engine, chain: ChainId, today: Day) -> Result<u64, Refusal> {
    let (mut after, mut made) = (Id(Uuid::nil()), 0);
    loop {
        let (near, next) = engine.read(chain, |conn| coming(conn, chain, today, after))?;
        made += remind_some(engine, chain, near, today).await?;
        match next {
            Some(next) => after = next,
            None => break,
        }
    }
    let near = engine.read(chain, |conn| milestones(conn, chain, today))?;
    for some in near.chunks(SOME) {
        made += remind_some(engine, chain, some.to_vec(), today).await?;
    }
    Ok(made)
}

async fn remind_some(engine: &Engine, chain: ChainId, near: Vec<Coming>, today: Day) -> Result<u64, Refusal> {
    if near.is_empty() {
        return Ok(0);
    }
    let keys = Arc::new(engine.keys().chain(chain));
    let work = move |tx: &mut Tx<'_>| Answer::ok(&remind(tx, &keys, &near, today)?);
    let system = Actor::system(chain);
    let made = engine
        .transact_in(Lane::Bulk, &system, None, "contract.remind", work)
        .await?;
    Ok(serde_json::from_str::<u64>(&made.json).map_err(Error::from)?)
}
