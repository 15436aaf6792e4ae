//! The one schedule: every job of every chain, by business date and zone. Two servers may run it side by side: who has written a
//! turn's row first does it, the other one goes on.

use super::runs::{self, Begun};
use super::{Every, JOBS, Job, Turn, Where};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::schema::stores;
use crate::store::{Answer, Id, Lane};
use crate::store_admin::chain_ids;
use crate::{Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Refusal, Zone};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// Gives every job its turn in every chain, and seals the audit log over all of them. To be called once an hour, because it is
/// always midnight in some store's zone.
///
/// # Errors
/// The first refusal, after the other jobs and chains had their turn.
pub async fn run_all(engine: &Engine) -> Result<(), Refusal> {
    let mut first = Ok(());
    for chain in chain_ids(engine)? {
        for job in JOBS {
            for zone in zones(engine, chain, job.by)? {
                let done = turn(engine, chain, job, zone, false).await;
                first = first.and(done);
            }
        }
    }
    if let Err(refusal) = engine.seal_audit().await {
        let code = refusal.code.as_str();
        tracing::error!(code, "the audit log isn't sealed: {}", refusal.detail.en);
        first = first.and(Err(refusal));
    }
    first
}

/// Goes on with what a server that stopped had begun for somebody. To be called at the start, beside what people do.
///
/// # Errors
/// The first refusal, after the other chains had their turn.
pub async fn go_on(engine: &Engine) -> Result<(), Refusal> {
    let mut first = Ok(());
    for chain in chain_ids(engine)? {
        first = first.and(crate::intake::go_on(engine, chain).await.map(|_| ()));
        first = first.and(crate::card_stock::go_on(engine, chain).await.map(|_| ()));
    }
    first
}

/// One job's turn, unless somebody else has it; where `again`, also if it was done already.
pub(super) async fn turn(engine: &Engine, chain: ChainId, job: &Job, zone: Zone, again: bool) -> Result<(), Refusal> {
    let now = engine.clock().business(chain);
    let turn = Turn {
        chain,
        zone,
        day: zone.day_of(now),
        now,
    };
    let again = again || job.every == Every::Hour;
    if !begin(engine, turn, job, zone, again).await? {
        return Ok(());
    }
    let done = (job.run)(engine, turn).await;
    let held = done.as_ref().is_err_and(|refusal| refusal.code == Code::ApprovalNeeded);
    if let Err(refusal) = &done {
        let code = refusal.code.as_str();
        tracing::error!(job = job.name, %chain, code, "a job failed: {}", refusal.detail.en);
    }
    let outcome = done.clone();
    let name = job.name;
    let ended = move |tx: &mut crate::store::Tx<'_>| {
        runs::end(tx, name, zone, turn.day, &outcome)?;
        Answer::ok(&true)
    };
    engine
        .transact_in(Lane::Bulk, &Actor::system(chain), None, "job.end", ended)
        .await?;
    // A run that waits for somebody's word hasn't failed.
    if held { Ok(()) } else { done.map(|_| ()) }
}

async fn begin(engine: &Engine, turn: Turn, job: &Job, zone: Zone, again: bool) -> Result<bool, Refusal> {
    let name = job.name;
    let begin = move |tx: &mut crate::store::Tx<'_>| {
        let begun = runs::begin(tx, name, zone, turn.day, again)?;
        Answer::ok(&(begun == Begun::Ours))
    };
    let answered = engine
        .transact_in(Lane::Bulk, &Actor::system(turn.chain), None, "job.begin", begin)
        .await?;
    Ok(serde_json::from_str(&answered.json).map_err(Error::from)?)
}

/// The zones whose days count for a job.
pub(super) fn zones(engine: &Engine, chain: ChainId, by: Where) -> Result<Vec<Zone>> {
    let own = engine.chain(chain)?.time_zone;
    if by == Where::Chain {
        return Ok(vec![own]);
    }
    let names: Vec<String> = engine.read(chain, |conn| {
        Ok(each!(conn, c => stores::table
            .filter(stores::chain_id.eq(Id::from(chain)))
            .select(stores::time_zone)
            .distinct()
            .load(c)?))
    })?;
    let mut zones = BTreeSet::from([own.name().to_owned()]);
    zones.extend(names);
    zones.iter().map(|name| name.parse().map_err(Error::internal)).collect()
}
