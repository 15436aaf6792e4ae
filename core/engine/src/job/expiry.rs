//! Books what is over: memberships past their validity (D-RET-4), and lots past their date (D-LED-2). Nothing of it can
//! be used before, booked or not; this job writes it down. Lots end in commands of many memberships, unless their program's
//! plugin may have a say (D-HOT-8): it is asked about one membership at a time.

mod ends;
mod ways;

use super::{Every, Job, Where};
use crate::actor::Actor;
use crate::command::ending::Booked;
use crate::error::{Error, Result};
use crate::lanes::Lanes;
use crate::store::schema::{chains, stores};
use crate::store::statement::{fetch, statements};
use crate::store::writer::{Failure, Work};
use crate::store::{Conn, Id, Lane};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::ledger::Asset;
use cardea_domain::sale::{Context, Terms};
use cardea_domain::tier::Ladder;
use cardea_domain::{Code, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use ends::{Ending, EndingLots};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;
use ways::Ways;

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
/// Lots of one command, those of one membership together: as many rows as one statement writes.
const LOTS: usize = 64;

statements! {
    SelectEnded -> (Binary, Binary, Binary, BigInt) =
        "SELECT id, program_id, store_id, expires_at FROM memberships \
         WHERE chain_id = ? AND open AND expires_at <= ? AND (expires_at, id) > (?, ?) \
         ORDER BY expires_at, id LIMIT 500";
    // In the order of their index: what ends at one midnight is many.
    SelectDue -> (Binary, Binary, Binary, Binary, Text, BigInt) =
        "SELECT l.id, l.membership_id, m.program_id, m.store_id, l.asset, l.expires_at FROM lots l \
         JOIN memberships m ON m.chain_id = l.chain_id AND m.id = l.membership_id \
         WHERE l.chain_id = ? AND NOT l.ended AND l.expires_at <= ? AND (l.expires_at, l.membership_id, l.id) > (?, ?, ?) \
         ORDER BY l.expires_at, l.membership_id, l.id LIMIT 2048";
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
/// The first refusal (`busy`, `plugin_failed`, `storage_unavailable`), after everything else had its turn.
pub async fn run_at(engine: &Engine, chain: ChainId, now: Instant) -> Result<Expired, Refusal> {
    let desk = Arc::new(engine.read(chain, |conn| Desk::load(conn, chain, now))?);
    let ended = Night::begin(engine, &desk);
    let mut after = (i64::MIN, Id(Uuid::nil()));
    loop {
        let found = engine.read(chain, |conn| ended_memberships(conn, chain, now, after))?;
        let Some(last) = found.last() else { break };
        after = (last.ended_at.0, Id(last.membership.0));
        for over in found {
            ended.add(Ends::One(over)).await;
        }
    }
    let ended = ended.end().await?;
    // After the memberships: what ends with one isn't looked for again.
    let due = Night::begin(engine, &desk);
    let mut after = (i64::MIN, Id(Uuid::nil()), Id(Uuid::nil()));
    let (mut known, mut ways) = (Known::default(), Ways::of(engine, chain, now));
    loop {
        let found = engine.read(chain, |conn| due_lots(conn, chain, now, after))?;
        let Some((lot, last)) = found.last() else { break };
        after = (last.ended_at.0, Id(last.membership.0), *lot);
        for some in commands(found, &mut ways, &mut known) {
            due.add(some).await;
        }
    }
    let due = due.end().await?;
    Ok(Expired {
        memberships: ended.memberships,
        lots: ended.lots + due.lots,
    })
}

/// A membership that is over, or one with lots that are.
#[derive(Clone, Debug)]
struct Over {
    membership: MembershipId,
    program: ProgramId,
    store: StoreId,
    /// Of the first lot; None: the membership itself is over.
    asset: Option<Asset>,
    /// The first end among them.
    ended_at: Instant,
    /// How many lots are known to be.
    lots: usize,
}

/// What one command ends.
enum Ends {
    /// What a plugin may have a say in: a membership with its cards and lots, or the lots of one account.
    One(Over),
    /// All lots of memberships, each named once.
    Lots(Vec<Over>),
}

/// What has its command already: one of them books all that is due.
#[derive(Default)]
struct Known {
    memberships: HashSet<MembershipId>,
    accounts: HashSet<(MembershipId, Option<Asset>)>,
}

fn ended_memberships(conn: &mut Conn, chain: ChainId, now: Instant, after: (i64, Id)) -> Result<Vec<Over>> {
    let rows = fetch!(conn, SelectEnded, [chain, now, after.0, after.1.0] => (Id, Id, Id, i64))?;
    let over = |(id, program, store, ended_at): (Id, Id, Id, i64)| Over {
        membership: id.typed(),
        program: program.typed(),
        store: store.typed(),
        asset: None,
        ended_at: Instant(ended_at),
        lots: 0,
    };
    Ok(rows.into_iter().map(over).collect())
}

/// The next page of lots that are past their date, each with its membership.
fn due_lots(conn: &mut Conn, chain: ChainId, now: Instant, after: (i64, Id, Id)) -> Result<Vec<(Id, Over)>> {
    type Row = (Id, Id, Id, Id, String, i64);
    let (at, membership, lot) = (after.0, after.1.0, after.2.0);
    let rows = fetch!(conn, SelectDue, [chain, now, at, membership, lot] => Row)?;
    let over = |(id, membership, program, store, asset, ended_at): Row| {
        let over = Over {
            membership: membership.typed(),
            program: program.typed(),
            store: store.typed(),
            asset: Some(Asset(asset)),
            ended_at: Instant(ended_at),
            lots: 1,
        };
        (id, over)
    };
    Ok(rows.into_iter().map(over).collect())
}

/// The commands of a page of lots; without those of memberships and accounts that had theirs.
fn commands(lots: Vec<(Id, Over)>, ways: &mut Ways<'_>, known: &mut Known) -> Vec<Ends> {
    let (asked, mut plain): (Vec<Over>, Vec<Over>) = lots
        .into_iter()
        .map(|(_, over)| over)
        .partition(|over| ways.may_ask(over));
    let asked = asked
        .into_iter()
        .filter(|over| known.accounts.insert((over.membership, over.asset.clone())));
    let mut commands: Vec<Ends> = asked.map(Ends::One).collect();
    // One command books all due lots of its memberships, which lie in the books by their ids.
    plain.sort_by_key(|over| (over.membership, over.ended_at));
    commands.extend(cut(plain, &mut known.memberships).into_iter().map(Ends::Lots));
    commands
}

/// Cuts lots in the order of their memberships.
fn cut(lots: Vec<Over>, known: &mut HashSet<MembershipId>) -> Vec<Vec<Over>> {
    let (mut commands, mut count) = (Vec::<Vec<Over>>::new(), LOTS);
    for over in lots {
        let last = commands.last_mut().and_then(|command| command.last_mut());
        if let Some(last) = last.filter(|last| last.membership == over.membership) {
            last.lots += 1;
            count += 1;
            continue;
        }
        if !known.insert(over.membership) {
            continue;
        }
        if count >= LOTS {
            commands.push(Vec::new());
            count = 0;
        }
        if let Some(command) = commands.last_mut() {
            command.push(over);
            count += 1;
        }
    }
    commands
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
    fn context(&self, over: &Over, configuration: ConfigurationId, terms: Terms) -> Context {
        Context {
            staff: None,
            now: self.now,
            judged_at: self.now,
            store: over.store,
            zone: self.zones.get(&over.store).copied().unwrap_or(Zone::UTC),
            minor_units: self.minor_units,
            configuration,
            terms,
            ladder: Ladder::default(),
        }
    }

    /// # Errors
    /// `plugin_failed`: the end waits for the next run, and nothing of it can be used meanwhile.
    fn work(&self, engine: &Engine, ends: &Ends) -> Result<Work> {
        let chain = self.actor.chain;
        match ends {
            Ends::One(over) => Ok(Work::Ledger(Box::new(Ending::ask(engine, self, over)?))),
            Ends::Lots(some) => {
                let with_context = |over: &Over| {
                    let configuration = engine.configuration_id_at(chain, over.program, over.ended_at)?;
                    // No terms have a say in what is nobody's decision.
                    let context = self.context(over, configuration, Terms::default());
                    Ok((over.membership, context))
                };
                Ok(Work::Ledger(Box::new(EndingLots {
                    of: some.iter().map(with_context).collect::<Result<_>>()?,
                    lots: some.iter().map(|over| over.lots).sum(),
                    now: self.now,
                })))
            }
        }
    }
}

/// Commands on their way, many at a time, so that the writer can batch them.
struct Night {
    lanes: Lanes<Ends>,
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
        let lanes = Lanes::open(IN_FLIGHT, move |ends: Ends| {
            let (engine, desk, tally) = (engine.clone(), desk.clone(), shared.clone());
            async move {
                let mut waiting = vec![ends];
                while let Some(ends) = waiting.pop() {
                    let booked = book(&engine, &desk, &ends).await;
                    match (booked, ends) {
                        // What is wrong with one membership keeps no other's lots.
                        (Err(_), Ends::Lots(mut some)) if some.len() > 1 => {
                            waiting.push(Ends::Lots(some.split_off(some.len() / 2)));
                            waiting.push(Ends::Lots(some));
                        }
                        (booked, _) => {
                            tally.lock().add(booked);
                        }
                    }
                }
            }
        });
        Self { lanes, tally }
    }

    async fn add(&self, ends: Ends) {
        let first = match &ends {
            Ends::One(over) => Some(over.membership),
            Ends::Lots(some) => some.first().map(|over| over.membership),
        };
        self.lanes.add(&first, ends).await;
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

async fn book(engine: &Engine, desk: &Desk, ends: &Ends) -> Result<Booked, Refusal> {
    for _ in 0..ATTEMPTS {
        let work = desk.work(engine, ends)?;
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

#[cfg(test)]
mod tests;
