//! Names what is past its time (D-ARC-19), once a day. Nothing goes by itself: two people say yes.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::confidential::{
    Before, Past, identities, name_past, old_records, prospects, retention_rules, save_retention,
};
use crate::error::Result;
use crate::store::{Answer, Conn, Lane, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;

pub(super) const JOB: Job = Job {
    name: "retention",
    title: ["到期资料", "What is past its time"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain)),
};

/// Answers how much was named.
///
/// # Errors
/// The first refusal; what was named before stays named.
pub async fn run(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    let (zone, today) = engine.business_day(chain)?;
    let view = engine.read(chain, |conn| retention_rules(conn, chain))?;
    if view.version == 0 || view.looked_on.is_some_and(|day| day >= today) {
        return Ok(0);
    }
    let mut named = 0;
    let before = |years| Before::years(chain, zone, today, years);
    if let Some(before) = view.rules.prospect_years.and_then(before) {
        named += name_all(engine, chain, |conn| prospects(conn, before)).await?;
    }
    if let Some(before) = view.rules.identity_years.and_then(before) {
        named += name_all(engine, chain, |conn| identities(conn, before)).await?;
    }
    for rule in &view.rules.records {
        if let Some(before) = before(rule.years) {
            named += name_all(engine, chain, |conn| old_records(conn, before, rule.type_id.into())).await?;
        }
    }
    let work = move |tx: &mut Tx<'_>| {
        let mut now = retention_rules(tx.conn(), chain)?;
        // Rules that were changed meanwhile are due again.
        if now.version == view.version {
            now.looked_on = Some(today);
            save_retention(tx.conn(), chain, &now)?;
        }
        Answer::ok(&())
    };
    let system = Actor::system(chain);
    let done = engine.transact_in(Lane::Bulk, &system, None, "retention.look", work);
    done.await.map(|_| named)
}

/// Names some at a time until nothing is left to be named; answers how many.
async fn name_all(
    engine: &Engine,
    chain: ChainId,
    find: impl Fn(&mut Conn) -> Result<Vec<Past>>,
) -> Result<u64, Refusal> {
    let mut named = 0;
    loop {
        let found = engine.read(chain, &find)?;
        if found.is_empty() {
            return Ok(named);
        }
        named += found.len() as u64;
        let work = move |tx: &mut Tx<'_>| {
            name_past(tx, &found)?;
            Answer::ok(&())
        };
        let system = Actor::system(chain);
        engine
            .transact_in(Lane::Bulk, &system, None, "retention.name", work)
            .await?;
    }
}
