//! Raises tiers that stand on points, on the first day on which they can be spent (D-TIER-2).

use super::{Every, Job, Turn, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::command::told;
use crate::error::{Error, Result};
use crate::lanes::Lanes;
use crate::store::schema::{chains, job_runs};
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, Failure, Work};
use crate::store::{Answer, Id, Lane};
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::decide_matured;
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Day, Instant, Refusal};
use diesel::dsl::max;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use parking_lot::Mutex;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "matured",
    title: ["积分生效后升级", "Tiers reached by points that can be spent now"],
    every: Every::Day,
    by: Where::Stores,
    run: |engine, turn| Box::pin(run(engine, turn)),
};

/// Commands in flight: enough to fill the writer's slices.
const IN_FLIGHT: usize = 32;

/// Days that the first run looks back: longer than any return window.
const FIRST: i32 = 92;

statements! {
    SelectMatured -> (Binary, Binary) =
        "SELECT m.id, m.program_id FROM measures x \
         JOIN memberships m ON m.chain_id = x.chain_id AND m.id = x.membership_id \
         JOIN stores s ON s.chain_id = m.chain_id AND s.id = m.store_id \
         WHERE x.chain_id = ? AND x.measure = 'points' AND x.day > ? AND x.day <= ? AND s.time_zone = ? AND m.open \
         AND m.id > ? GROUP BY m.id, m.program_id ORDER BY m.id LIMIT 500";
}

/// Looks at whoever has points that count since the last run. Answers how many were raised; a second run raises nobody.
async fn run(engine: &Engine, turn: Turn) -> Result<u64, Refusal> {
    let chain = turn.chain;
    let (minor_units, since) = engine.read(chain, |conn| {
        let minor_units: i32 = crate::each!(conn, c => chains::table
            .find(Id::from(chain))
            .select(chains::minor_units)
            .get_result(c)?);
        let since: Option<i32> = crate::each!(conn, c => job_runs::table
            .filter(job_runs::chain_id.eq(Id::from(chain)).and(job_runs::job.eq(JOB.name)))
            .filter(job_runs::zone.eq(turn.zone.name()).and(job_runs::state.eq("done")).and(job_runs::day.lt(turn.day.0)))
            .select(max(job_runs::day))
            .get_result(c)?);
        Ok((minor_units, since.unwrap_or(turn.day.0 - FIRST)))
    })?;
    let (actor, tally) = (Arc::new(Actor::system(chain)), Arc::new(Mutex::new((0, None))));
    let lanes = {
        let (engine, tally) = (engine.clone(), tally.clone());
        Lanes::open(IN_FLIGHT, move |raising: Raising| {
            let (engine, actor, tally) = (engine.clone(), actor.clone(), tally.clone());
            async move {
                let done = book(&engine, &actor, raising).await;
                let mut tally = tally.lock();
                match done {
                    Ok(raised) => tally.0 += raised,
                    Err(refusal) => {
                        tally.1.get_or_insert(refusal);
                    }
                }
            }
        })
    };
    let mut after = Id(Uuid::nil());
    loop {
        let found = engine.read(chain, |conn| {
            let zone = turn.zone.name();
            Ok(fetch!(conn, SelectMatured, [chain, since, turn.day, zone, after.0] => (Id, Id))?)
        })?;
        let Some(last) = found.last() else { break };
        after = last.0;
        for (id, program) in found {
            let ladder = engine.ladder_at(chain, program.typed(), turn.now)?;
            if ladder.wanted(turn.day).is_some_and(|wanted| wanted.all) {
                let membership: MembershipId = id.typed();
                let raising = Raising {
                    membership,
                    ladder,
                    today: turn.day,
                    now: turn.now,
                    minor_units: minor_units.unsigned_abs(),
                };
                lanes.add(&membership, raising).await;
            }
        }
    }
    lanes.close().await.map_err(Error::internal)?;
    let mut tally = tally.lock();
    tally.1.take().map_or(Ok(tally.0), Err)
}

async fn book(engine: &Engine, actor: &Arc<Actor>, raising: Raising) -> Result<u64, Refusal> {
    let work = Work::Ledger(Box::new(raising));
    match engine.submit(Lane::Bulk, actor.clone(), None, JOB.name, work).await {
        Ok(answered) => Ok(serde_json::from_str(&answered.json).map_err(Error::from)?),
        Err(Failure::Refused(refusal)) => Err(*refusal),
        Err(Failure::Stale) => Err(Refusal::new(Code::Busy, "系统繁忙，请稍后重试", "Busy; try again")),
    }
}

/// One membership whose points count from today on.
struct Raising {
    membership: MembershipId,
    ladder: Ladder,
    today: Day,
    now: Instant,
    minor_units: u32,
}

impl LedgerCommand for Raising {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: self.ladder.wanted(self.today),
                upgrades: false,
            }],
            ..Needs::default()
        }
    }

    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let Some(mut member) = state.take(Some(self.membership)) else {
            return Ok(Decision::new(Rows::default(), Answer::ok(&0)?));
        };
        let rows = decide_matured(&mut member, &self.ladder, (self.today, self.now), self.minor_units);
        let mut decision = Decision::new(rows, Answer::ok(&0)?);
        decision.answer = Answer::ok(&decision.rows.tier_changes.len())?;
        decision.notes.notices = told::of_tiers(&self.ladder, &member, &decision.rows.tier_changes);
        for change in &decision.rows.tier_changes {
            decision.notes.audit.push(AuditRow {
                action: "tier.upgrade",
                subject: Some(self.membership.0),
                detail: json!({ "from": change.from, "to": change.to, "day": change.day, "figures": change.measured }),
            });
        }
        Ok(decision)
    }
}
