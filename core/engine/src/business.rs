//! Setting a chain's business clock: demo, import and drills live in another time than the machine.

use crate::actor::Actor;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::store::schema::chains;
use crate::store::{Answer, Conn, Id};
use crate::{Engine, each};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde_json::json;

/// Puts the stored business clocks in force; at start.
pub(crate) fn restore(conn: &mut Conn, clock: &Clock) -> Result<()> {
    let set: Vec<(Id, Option<i64>)> = each!(conn, c => chains::table
        .select((chains::id, chains::business_now))
        .filter(chains::business_now.is_not_null())
        .load(c)?);
    for (chain, now) in set {
        clock.set_business(chain.typed(), now.map(Instant));
    }
    Ok(())
}

impl Engine {
    /// Sets the business clock of the actor's chain, or with None lets it follow the machine's again. It stands still
    /// until it is set anew, and is kept over restarts.
    ///
    /// # Errors
    /// `forbidden`; those of [`Engine::transact`].
    pub async fn set_business_clock(&self, actor: &Actor, now: Option<Instant>) -> Result<(), Refusal> {
        actor.require(Action::JobRun, None)?;
        self.transact(actor, None, "clock.set", move |tx| {
            let chain = tx.chain();
            let to = chains::business_now.eq(now.map(|now| now.0));
            let changed =
                each!(tx.conn(), c => diesel::update(chains::table.find(Id::from(chain))).set(to).execute(c)?);
            if changed != 1 {
                return Err(Error::internal("the chain is missing"));
            }
            tx.audit("clock.set", chain.0, json!({ "business_now": now }));
            Ok(Answer::no_content())
        })
        .await?;
        self.clock().set_business(actor.chain, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::*;
    use crate::fixture::{Backend, both};
    use crate::{Clock, Engine, EngineOptions};
    use cardea_domain::Instant;

    both!(a_business_clock_outlives_a_restart_until_it_is_released);

    async fn a_business_clock_outlives_a_restart_until_it_is_released(on: Backend) {
        let f = Fixture::on(on).await;
        let then = Instant(1_500_000_000_000);
        f.engine.set_business_clock(&f.admin, Some(then)).await.unwrap();
        assert_eq!(
            (f.engine.clock().business(f.chain), f.engine.clock().now()),
            (then, NOW)
        );
        let options = EngineOptions {
            clock: Clock::fixed(NOW),
            ..f.options()
        };
        let (admin, chain) = (f.admin, f.chain);
        drop(f.engine);
        let engine = Engine::start(options).unwrap();
        assert_eq!(engine.clock().business(chain), then);
        engine.set_business_clock(&admin, None).await.unwrap();
        assert_eq!(engine.clock().business(chain), NOW);
    }
}
