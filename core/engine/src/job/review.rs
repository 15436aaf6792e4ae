//! Reviews tiers whose time is over (D-TIER-2): kept where the figures still reach the threshold, else down by the
//! ladder's rule.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::command::told;
use crate::error::{Error, Result};
use crate::lanes::Lanes;
use crate::store::schema::chains;
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, Failure, Work};
use crate::store::{Answer, Id, Lane};
use cardea_domain::id::*;
use cardea_domain::review::{ReviewArgs, review};
use cardea_domain::rows::Rows;
use cardea_domain::tier::{Below, Ladder};
use cardea_domain::{Code, Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{Binary, Integer, Nullable, Text};
use parking_lot::Mutex;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "review",
    title: ["等级复核", "Review of tiers"],
    every: Every::Day,
    by: Where::Stores,
    run: |engine, turn| {
        Box::pin(async move {
            let due = count(engine, turn.chain, turn.now)?;
            super::hold::tiers(engine, turn, JOB.name, due).await?;
            run_at(engine, turn.chain, turn.now).await
        })
    },
};

/// Commands in flight: enough to fill the writer's slices.
const IN_FLIGHT: usize = 32;

statements! {
    SelectRaised -> Columns =
        "SELECT m.id, m.program_id, m.tier, m.tier_until, m.own_tier, m.own_until, s.time_zone, MAX(t.day) \
         FROM tier_changes t JOIN memberships m ON m.chain_id = t.chain_id AND m.id = t.membership_id \
         JOIN stores s ON s.chain_id = m.chain_id AND s.id = m.store_id \
         WHERE t.chain_id = ? AND t.membership_id > ? AND m.open \
         GROUP BY m.id, m.program_id, m.tier, m.tier_until, m.own_tier, m.own_until, s.time_zone ORDER BY m.id LIMIT 500";
}

type Columns = (
    Binary,
    Binary,
    Text,
    Nullable<Integer>,
    Nullable<Text>,
    Nullable<Integer>,
    Text,
    Nullable<Integer>,
);
type Row = (
    Id,
    Id,
    String,
    Option<i32>,
    Option<String>,
    Option<i32>,
    String,
    Option<i32>,
);

/// A membership whose tier has changed at some time.
struct Raised {
    id: MembershipId,
    ladder: Ladder,
    /// The earliest day that a review may look at.
    first: Day,
    today: Day,
    due: bool,
}

impl Raised {
    fn of(engine: &Engine, chain: ChainId, now: Instant, row: Row) -> Result<Self> {
        let (id, program, tier, until, own, own_until, zone, since) = row;
        let zone: Zone = zone.parse().map_err(Error::internal)?;
        let (ladder, today) = (engine.ladder_at(chain, program.typed(), now)?, zone.day_of(now));
        let below = own.map(|tier| Below {
            tier,
            until: own_until.map(Day),
        });
        let days = [until, own_until, since].into_iter().flatten().map(Day);
        Ok(Self {
            id: id.typed(),
            due: ladder.is_over((&tier, until.map(Day)), below.as_ref(), since.map(Day), today),
            first: days.chain([today]).min().unwrap_or(today),
            ladder,
            today,
        })
    }
}

/// How many tiers are due, of how many that have changed at some time.
fn count(engine: &Engine, chain: ChainId, now: Instant) -> Result<(i64, i64)> {
    let (mut due, mut all, mut after) = (0, 0, Id(Uuid::nil()));
    loop {
        let found = engine.read(chain, |conn| Ok(fetch!(conn, SelectRaised, [chain, after.0] => Row)?))?;
        let Some(last) = found.last() else { break };
        after = last.0;
        for row in found {
            all += 1;
            due += i64::from(Raised::of(engine, chain, now, row)?.due);
        }
    }
    Ok((due, all))
}

/// Reviews what is due in a chain by its business now. Answers how many reviews there were; a second run finds none.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`), after everything else had its turn.
pub async fn run(engine: &Engine, chain: ChainId) -> Result<u64, Refusal> {
    run_at(engine, chain, engine.clock().business(chain)).await
}

/// Reviews what is due at a business time: for demos, which live through the past.
///
/// # Errors
/// As [`run`].
pub async fn run_at(engine: &Engine, chain: ChainId, now: Instant) -> Result<u64, Refusal> {
    let minor_units: i32 = engine.read(chain, |conn| {
        Ok(crate::each!(conn, c => chains::table
            .find(Id::from(chain))
            .select(chains::minor_units)
            .get_result(c)?))
    })?;
    let (actor, tally) = (Arc::new(Actor::system(chain)), Arc::new(Mutex::new((0, None))));
    let lanes = {
        let (engine, tally) = (engine.clone(), tally.clone());
        Lanes::open(IN_FLIGHT, move |reviewing: Reviewing| {
            let (engine, actor, tally) = (engine.clone(), actor.clone(), tally.clone());
            async move {
                let done = book(&engine, &actor, reviewing).await;
                let mut tally = tally.lock();
                match done {
                    Ok(reviews) => tally.0 += reviews,
                    Err(refusal) => {
                        tally.1.get_or_insert(refusal);
                    }
                }
            }
        })
    };
    let mut after = Id(Uuid::nil());
    loop {
        let found = engine.read(chain, |conn| Ok(fetch!(conn, SelectRaised, [chain, after.0] => Row)?))?;
        let Some(last) = found.last() else { break };
        after = last.0;
        for row in found {
            let raised = Raised::of(engine, chain, now, row)?;
            if raised.due {
                let reviewing = Reviewing {
                    membership: raised.id,
                    ladder: raised.ladder,
                    first: raised.first,
                    today: raised.today,
                    now,
                    minor_units: minor_units.unsigned_abs(),
                };
                lanes.add(&raised.id, reviewing).await;
            }
        }
    }
    lanes.close().await.map_err(Error::internal)?;
    let mut tally = tally.lock();
    tally.1.take().map_or(Ok(tally.0), Err)
}

async fn book(engine: &Engine, actor: &Arc<Actor>, reviewing: Reviewing) -> Result<u64, Refusal> {
    let work = Work::Ledger(Box::new(reviewing));
    match engine.submit(Lane::Bulk, actor.clone(), None, "review", work).await {
        Ok(answered) => Ok(serde_json::from_str(&answered.json).map_err(Error::from)?),
        Err(Failure::Refused(refusal)) => Err(*refusal),
        Err(Failure::Stale) => Err(Refusal::new(Code::Busy, "系统繁忙，请稍后重试", "Busy; try again")),
    }
}

/// The review of one membership's tier.
struct Reviewing {
    membership: MembershipId,
    ladder: Ladder,
    /// The earliest day that a review may look at.
    first: Day,
    today: Day,
    now: Instant,
    minor_units: u32,
}

impl LedgerCommand for Reviewing {
    fn needs(&self) -> Needs {
        Needs {
            members: vec![MemberNeed {
                id: self.membership,
                figures: self.ladder.wanted(self.first),
                upgrades: false,
            }],
            tier_of: Some(self.membership),
            ..Needs::default()
        }
    }

    /// A sale that raised it again meanwhile counts: then nothing is due.
    fn decide(&self, state: &mut State, _ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let member = state.take(Some(self.membership)).filter(|member| member.open);
        let Some(mut member) = member else {
            return Ok(Decision::new(Rows::default(), Answer::ok(&0)?));
        };
        let args = ReviewArgs {
            since: state.tier_since,
            today: self.today,
            now: self.now,
            minor_units: self.minor_units,
        };
        let rows = review(&mut member, &self.ladder, args);
        let audit: Vec<AuditRow> = rows
            .tier_changes
            .iter()
            .map(|change| AuditRow {
                action: "tier.review",
                subject: Some(self.membership.0),
                detail: json!({
                    "kind": change.kind, "from": change.from, "to": change.to, "day": change.day,
                    "figure": change.figure, "threshold": change.threshold, "figures": change.measured,
                }),
            })
            .collect();
        let mut decision = Decision::new(rows, Answer::ok(&audit.len())?);
        decision.notes.audit = audit;
        decision.notes.notices = told::of_tiers(&self.ladder, &member, &decision.rows.tier_changes);
        Ok(decision)
    }
}
