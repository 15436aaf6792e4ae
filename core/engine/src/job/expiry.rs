//! Books what is over: memberships past their validity (D-RET-4), and lots past their date (D-LED-2). Nothing of it can
//! be used before, booked or not; this job writes it down.

use super::{Every, Job, Where};
use crate::actor::Actor;
use crate::command::ending::{self as command, AskedEnds, Booked, end_membership};
use crate::error::{Error, Result};
use crate::lanes::Lanes;
use crate::program::Configuration;
use crate::store::schema::{chains, stores};
use crate::store::statement::{fetch, statements};
use crate::store::writer::ledger::{Decision, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{Failure, Work, load};
use crate::store::{Answer, Conn, Id, Lane};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::ledger::Asset;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, expire_lots};
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use parking_lot::Mutex;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "expiry",
    title: ["会员与积分到期", "Memberships and points that end"],
    every: Every::Hour,
    by: Where::Chain,
    run: |engine, turn| {
        Box::pin(async move {
            super::hold::points(engine, turn, JOB.name).await?;
            let expired = run_at(engine, turn.chain, turn.now).await?;
            Ok(expired.memberships + expired.lots)
        })
    },
};

/// How often an end is proposed again when its membership changes under it.
const ATTEMPTS: usize = 5;
/// Commands in flight: enough to fill the writer's slices.
const IN_FLIGHT: usize = 32;

statements! {
    SelectEnded -> (Binary, Binary, Binary, BigInt) =
        "SELECT id, program_id, store_id, expires_at FROM memberships \
         WHERE chain_id = ? AND open AND expires_at <= ? AND (expires_at, id) > (?, ?) \
         ORDER BY expires_at, id LIMIT 500";
    SelectDue -> (Binary, Binary, Binary, Binary, Text, BigInt) =
        "SELECT l.id, l.membership_id, m.program_id, m.store_id, l.asset, l.expires_at FROM lots l \
         JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.membership_id \
         WHERE l.chain_id = ? AND NOT l.ended AND l.expires_at <= ? AND (l.expires_at, l.id) > (?, ?) \
         ORDER BY l.expires_at, l.id LIMIT 500";
}

/// What a run booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Memberships closed.
    pub memberships: u64,
    /// Entries over lots, those of the memberships included.
    pub lots: u64,
}

/// Books what is over in a chain by its business now. A second run finds nothing.
///
/// # Errors
/// As [`run_at`].
pub async fn run(engine: &Engine, chain: ChainId) -> Result<Expired, Refusal> {
    run_at(engine, chain, engine.clock().business(chain)).await
}

/// Books what is over at a business time: for imports and demos, which live through the past.
///
/// # Errors
/// The first refusal (`busy`, `storage_unavailable`), after everything else had its turn.
pub async fn run_at(engine: &Engine, chain: ChainId, now: Instant) -> Result<Expired, Refusal> {
    let desk = Arc::new(engine.read(chain, |conn| Desk::load(conn, chain, now))?);
    let ended = Night::begin(engine, &desk);
    let mut after = (i64::MIN, Id(Uuid::nil()));
    loop {
        let found = engine.read(chain, |conn| ended_memberships(conn, chain, now, after))?;
        let Some(last) = found.last() else { break };
        after = (last.ended_at.0, last.id);
        for over in found {
            ended.add(over).await;
        }
    }
    let ended = ended.end().await?;
    // After the memberships: what ends with one isn't looked for again.
    let due = Night::begin(engine, &desk);
    let mut after = (i64::MIN, Id(Uuid::nil()));
    let mut known = BTreeSet::new();
    loop {
        let found = engine.read(chain, |conn| due_lots(conn, chain, now, after))?;
        let Some(last) = found.last() else { break };
        after = (last.ended_at.0, last.id);
        for over in found {
            // One command books all due lots of an account.
            if known.insert((over.membership, over.asset.clone())) {
                due.add(over).await;
            }
        }
    }
    let due = due.end().await?;
    Ok(Expired {
        memberships: ended.memberships,
        lots: ended.lots + due.lots,
    })
}

/// A membership that is over, or (with an asset) a lot.
#[derive(Clone, Debug)]
struct Over {
    /// Of the membership or the lot: where the next page begins.
    id: Id,
    membership: MembershipId,
    program: ProgramId,
    store: StoreId,
    asset: Option<Asset>,
    ended_at: Instant,
}

fn ended_memberships(conn: &mut Conn, chain: ChainId, now: Instant, after: (i64, Id)) -> Result<Vec<Over>> {
    let rows = fetch!(conn, SelectEnded, [chain, now, after.0, after.1.0] => (Id, Id, Id, i64))?;
    let over = |(id, program, store, ended_at): (Id, Id, Id, i64)| Over {
        id,
        membership: id.typed(),
        program: program.typed(),
        store: store.typed(),
        asset: None,
        ended_at: Instant(ended_at),
    };
    Ok(rows.into_iter().map(over).collect())
}

fn due_lots(conn: &mut Conn, chain: ChainId, now: Instant, after: (i64, Id)) -> Result<Vec<Over>> {
    type Row = (Id, Id, Id, Id, String, i64);
    let rows = fetch!(conn, SelectDue, [chain, now, after.0, after.1.0] => Row)?;
    let over = |(id, membership, program, store, asset, ended_at): Row| Over {
        id,
        membership: membership.typed(),
        program: program.typed(),
        store: store.typed(),
        asset: Some(Asset(asset)),
        ended_at: Instant(ended_at),
    };
    Ok(rows.into_iter().map(over).collect())
}

/// What every command of a night shares.
struct Desk {
    actor: Arc<Actor>,
    now: Instant,
    minor_units: u32,
    zones: HashMap<StoreId, Zone>,
}

impl Desk {
    fn load(conn: &mut Conn, chain: ChainId, now: Instant) -> Result<Self> {
        let minor_units: i32 = each!(conn, c => chains::table
            .find(Id::from(chain))
            .select(chains::minor_units)
            .get_result(c)?);
        let found: Vec<(Id, String)> = each!(conn, c => stores::table
            .select((stores::id, stores::time_zone))
            .filter(stores::chain_id.eq(Id::from(chain)))
            .load(c)?);
        let zone = |(id, name): (Id, String)| Ok((id.typed(), name.parse().map_err(Error::internal)?));
        Ok(Self {
            actor: Arc::new(Actor::system(chain)),
            now,
            minor_units: minor_units.unsigned_abs(),
            zones: found.into_iter().map(zone).collect::<Result<_>>()?,
        })
    }

    /// The configuration that was in force then is named, whether or not its plugin has a say.
    fn context(&self, over: &Over, configuration: &Configuration) -> Context {
        Context {
            staff: None,
            now: self.now,
            judged_at: self.now,
            store: over.store,
            zone: self.zones.get(&over.store).copied().unwrap_or(Zone::UTC),
            minor_units: self.minor_units,
            configuration: configuration.id,
            terms: configuration.terms.clone(),
            ladder: Ladder::default(),
        }
    }

    /// What the plugin says of it; None where it has no say, or nothing is left to ask about.
    ///
    /// # Errors
    /// `plugin_failed`: the end waits for the next run, and nothing of it can be used meanwhile.
    fn ask(&self, engine: &Engine, ending: &Ending, configuration: &Configuration) -> Result<Option<AskedEnds>> {
        let (over, chain) = (&ending.over, self.actor.chain);
        if command::decides_ends(engine, chain, configuration)?.is_none() {
            return Ok(None);
        }
        let state = engine.read(chain, |conn| load::load(conn, chain, &ending.needs()))?;
        let Some(member) = state.members.get(&over.membership) else {
            return Ok(None);
        };
        let zone = ending.context.zone;
        let last = |end: Instant| zone.day_of(Instant(end.0 - 1));
        let (whole, lots) = match &over.asset {
            None if !member.open => return Ok(None),
            None => {
                let ended_on = last(over.ended_at);
                (Some(ended_on), command::Over::with_membership(member, ended_on))
            }
            Some(asset) => {
                let due = state.due_lots.get(asset).map(Vec::as_slice).unwrap_or_default();
                let lots = due.iter().map(|lot| command::LotOver {
                    asset,
                    lot,
                    ended_on: last(lot.terms.expires_at.unwrap_or(self.now)),
                    with_membership: false,
                });
                (None, lots.collect())
            }
        };
        let over = command::Over {
            member,
            zone,
            minor_units: self.minor_units,
            today: zone.day_of(self.now),
            whole,
            lots,
        };
        over.ask(engine, chain, configuration)
    }
}

/// Commands on their way, many at a time, so that the writer can batch them.
struct Night {
    lanes: Lanes<Over>,
    tally: Arc<Mutex<Tally>>,
}

#[derive(Default)]
struct Tally {
    expired: Expired,
    first: Option<Refusal>,
}

impl Night {
    fn begin(engine: &Engine, desk: &Arc<Desk>) -> Self {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let (engine, desk, shared) = (engine.clone(), desk.clone(), tally.clone());
        let lanes = Lanes::open(IN_FLIGHT, move |over: Over| {
            let (engine, desk, tally) = (engine.clone(), desk.clone(), shared.clone());
            async move {
                let booked = book(&engine, &desk, over).await;
                tally.lock().add(booked);
            }
        });
        Self { lanes, tally }
    }

    async fn add(&self, over: Over) {
        self.lanes.add(&over.membership, over.clone()).await;
    }

    async fn end(self) -> Result<Expired, Refusal> {
        self.lanes.close().await.map_err(Error::internal)?;
        let mut tally = self.tally.lock();
        match tally.first.take() {
            Some(refusal) => Err(refusal),
            None => Ok(tally.expired),
        }
    }
}

impl Tally {
    fn add(&mut self, booked: Result<Booked, Refusal>) {
        match booked {
            Ok(booked) => {
                self.expired.memberships += u64::from(booked.closed);
                self.expired.lots += booked.lots;
            }
            Err(refusal) => {
                tracing::error!(
                    code = refusal.code.as_str(),
                    "an end wasn't booked: {}",
                    refusal.detail.en
                );
                self.first.get_or_insert(refusal);
            }
        }
    }
}

async fn book(engine: &Engine, desk: &Desk, over: Over) -> Result<Booked, Refusal> {
    for _ in 0..ATTEMPTS {
        let configuration = engine.configuration_at(desk.actor.chain, over.program, over.ended_at)?;
        let mut ending = Ending {
            context: desk.context(&over, &configuration),
            over: over.clone(),
            asked: None,
        };
        ending.asked = desk.ask(engine, &ending, &configuration)?;
        let work = Work::Ledger(Box::new(ending));
        match engine
            .submit(Lane::Bulk, desk.actor.clone(), None, "expiry", work)
            .await
        {
            Ok(answered) => return Ok(serde_json::from_str(&answered.json).map_err(Error::from)?),
            Err(Failure::Refused(refusal)) => return Err(*refusal),
            // It has changed since the plugin was asked.
            Err(Failure::Stale) => {}
        }
    }
    Err(Refusal::new(Code::Busy, "系统繁忙，请稍后重试", "Busy; try again"))
}

/// The end of a membership with its cards and lots, or of the lots of one account.
struct Ending {
    over: Over,
    context: Context,
    /// None: no plugin has a say.
    asked: Option<AskedEnds>,
}

impl LedgerCommand for Ending {
    fn needs(&self) -> Needs {
        let membership = self.over.membership;
        let whole = self.over.asset.is_none();
        Needs {
            members: vec![MemberNeed {
                id: membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: whole.then_some(membership),
            due_lots: (!whole).then_some((membership, self.context.now)),
            ..Needs::default()
        }
    }

    /// What somebody else has ended meanwhile isn't ended again.
    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let Some(mut member) = state.take(Some(self.over.membership)) else {
            return Ok(Decision::new(Rows::default(), Answer::ok(&Booked::default())?));
        };
        let ends = self.asked.as_ref().map(|asked| &asked.ends);
        if let Some(ends) = ends {
            ends.check(&member)?;
        }
        let (rows, events) = match &self.over.asset {
            Some(asset) => {
                let due = state.due_lots.remove(asset).unwrap_or_default();
                let rows = expire_lots(&mut member, (asset, &due), ends, &self.context, ids);
                (rows, Vec::new())
            }
            None => end_membership(&mut member, (state, ends), &self.context, self.over.ended_at, ids),
        };
        let booked = Booked::of(&rows);
        let mut decision = Decision::new(rows, Answer::ok(&booked)?);
        decision
            .notes
            .audit
            .extend(booked.note(self.over.membership, self.over.ended_at));
        decision.card_events = events;
        if booked != Booked::default() {
            let asked = self.asked.iter().flat_map(|asked| asked.questions.iter().cloned());
            decision.questions.extend(asked);
        }
        Ok(decision)
    }
}

#[cfg(test)]
mod tests;
