//! Custodians are reminded of originals that are lent and not back in time (D-CON-4).

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::lending::{overdue, remind};
use crate::store::{Answer, Id, Lane, Tx};
use cardea_domain::id::ChainId;
use cardea_domain::{Day, Refusal};
use std::sync::Arc;
use uuid::Uuid;

/// Loans of one transaction.
const SOME: i64 = 100;

pub(super) const JOB: Job = Job {
    name: "contract_loans",
    title: ["合同原件催还", "Originals that are not back"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(remind_all(engine, turn.chain, turn.day)),
};

/// Answers how many tasks were made; a second run makes none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`).
async fn remind_all(engine: &Engine, chain: ChainId, today: Day) -> Result<u64, Refusal> {
    let keys = Arc::new(engine.keys().chain(chain));
    let (system, mut after, mut done) = (Actor::system(chain), Id(Uuid::nil()), 0);
    loop {
        let loans = engine.read(chain, |conn| overdue(conn, chain, today, after, SOME))?;
        let Some(last) = loans.last() else { return Ok(done) };
        after = last.lending;
        let keys = keys.clone();
        let work = move |tx: &mut Tx<'_>| Answer::ok(&remind(tx, &keys, &loans, today)?);
        let made = engine
            .transact_in(Lane::Bulk, &system, None, "contract.loans", work)
            .await?;
        done += serde_json::from_str::<u64>(&made.json).map_err(Error::from)?;
    }
}
