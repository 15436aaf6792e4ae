//! One batch, one transaction; a batch that fails is cut in half until the command at fault is alone.

use super::counts::Counters;
use super::idempotency::{Asked, Known};
use super::ids::Ids;
use super::ledger::State;
use super::queue::{Batch, Queue, SLICE};
use super::save::Saver;
use super::tx::Tx;
use super::wave::Ready;
use super::{Closure, Failure, Job, Outcome, Work, blanks, events, holds, idempotency, load, wave};
use crate::audit::Trail;
use crate::clock::Clock;
use crate::error::{self, Error, Result};
use crate::store::upkeep::Upkeep;
use crate::store::{Conn, Database, dialect};
use cardea_domain::id::NewIds;
use cardea_domain::{Code, Instant, Refusal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// Attempts at one transaction.
const TRIES: u32 = 4;
/// Pause before the second attempt, doubled before each further one.
const PAUSE: Duration = Duration::from_millis(2);

pub(super) struct Worker {
    database: Arc<Database>,
    conn: Conn,
    /// False once the connection is lost: the next transaction opens another one.
    connected: bool,
    /// Whether this connection's commits wait for the disk.
    flushing: bool,
    /// Whether it has room for many pages.
    wide: bool,
    clock: Clock,
    ids: Ids,
    queue: Arc<Queue>,
    counters: Arc<Counters>,
    max_batch: usize,
    trail: Trail,
    upkeep: Upkeep,
}

/// What stopped a transaction.
enum Broken {
    Failed(Error),
    /// The connection was lost in the commit: it may have happened, only the clients' keys can tell.
    InDoubt(Error),
    Panicked,
    /// Another writer took the lane of the audit log. Nothing was written.
    Fenced,
}

impl Worker {
    pub fn new(
        database: Arc<Database>,
        clock: Clock,
        queue: Arc<Queue>,
        counters: Arc<Counters>,
        max_batch: usize,
    ) -> Result<Self> {
        let conn = database.connect_writer()?;
        Ok(Self {
            upkeep: Upkeep::start(database.clone())?,
            database,
            conn,
            connected: true,
            flushing: true,
            wide: false,
            ids: Ids::new(clock.clone()),
            clock,
            queue,
            counters,
            max_batch,
            trail: Trail::new(),
        })
    }

    pub fn run(&mut self) {
        while let Some(Batch { jobs, budget }) = self.queue.take(self.max_batch) {
            self.make_room(budget == Some(SLICE));
            self.settle(jobs, budget);
        }
        if self.connected {
            self.trail.release(&mut self.conn);
        }
    }

    /// Gives large transactions of bulk work the pages they change, and the memory back once people are at work.
    fn make_room(&mut self, wide: bool) {
        if self.connected && self.wide != wide {
            match dialect::set_room(&mut self.conn, wide) {
                Ok(()) => self.wide = wide,
                // It goes on with what it has; a lost connection shows in the transaction.
                Err(e) => tracing::debug!(error = %e, "the writer's memory stays as it is"),
            }
        }
    }

    /// Does the jobs and answers each, whatever happens.
    fn settle(&mut self, mut jobs: Vec<Job>, budget: Option<Duration>) {
        match self.attempt(&jobs, budget) {
            Ok(outcomes) => {
                self.counters.committed(outcomes.len());
                let rest = jobs.split_off(outcomes.len());
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    // The caller may have gone; what is committed stays.
                    let _ = job.reply.send(outcome);
                }
                if !rest.is_empty() {
                    self.queue.hand_back(rest);
                }
            }
            Err(broken) if jobs.len() > 1 && self.lies_in_one_command(&broken) => {
                let second = jobs.split_off(jobs.len() / 2);
                if budget.is_some() {
                    // Bulk work keeps to its time in parts as well; the rest of the first part goes in front of this.
                    self.queue.hand_back(second);
                    self.settle(jobs, budget);
                } else {
                    self.settle(jobs, None);
                    self.settle(second, None);
                }
            }
            Err(broken) => self.fail(jobs, broken),
        }
    }

    /// A transaction, done again where nothing of it can have stayed: others were in its way, or the connection was
    /// lost before the commit.
    fn attempt(&mut self, jobs: &[Job], budget: Option<Duration>) -> Result<Vec<Outcome>, Broken> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.transaction(jobs, budget) {
                Err(Broken::Failed(Error::Database(e))) if dialect::is_transient(&e) || dialect::is_lost(&e) => {
                    tracing::warn!(error = %e, "a transaction is done again");
                    std::thread::sleep(pause);
                    pause *= 2;
                }
                Err(Broken::Fenced) => tracing::warn!("another server took this lane of the audit log: the next one"),
                done => return done,
            }
        }
        self.transaction(jobs, budget)
    }

    /// One transaction over as many jobs as the budget allows, at least one.
    fn transaction(&mut self, jobs: &[Job], budget: Option<Duration>) -> Result<Vec<Outcome>, Broken> {
        let started = std::time::Instant::now();
        if !self.connected {
            self.conn = self.database.connect_writer().map_err(Broken::without_a_connection)?;
            (self.connected, self.flushing, self.wide) = (true, true, false);
        }
        let flushing = self.database.flushing();
        if self.flushing != flushing {
            dialect::set_flushing(&mut self.conn, flushing).map_err(Broken::Failed)?;
            self.flushing = flushing;
        }
        if let Err(e) = dialect::begin_write(&mut self.conn) {
            return self.abandon(Broken::Failed(e.into()));
        }
        match self.trail.begin(&mut self.conn, self.clock.now()) {
            Ok(true) => {}
            Ok(false) => return self.abandon(Broken::Fenced),
            Err(e) => return self.abandon(Broken::Failed(e)),
        }
        let mut outcomes = Vec::with_capacity(jobs.len());
        while outcomes.len() < jobs.len() {
            let short = budget.is_some_and(|budget| budget < SLICE);
            let most = if short { wave::SHORT } else { wave::MOST };
            match catch_unwind(AssertUnwindSafe(|| self.next(&jobs[outcomes.len()..], most))) {
                Ok(Ok(done)) => outcomes.extend(done),
                Ok(Err(e)) => return self.abandon(Broken::Failed(e)),
                Err(_) => return self.abandon(Broken::Panicked),
            }
            if budget.is_some_and(|budget| started.elapsed() > budget) {
                break;
            }
        }
        match self.trail.end(&mut self.conn, self.clock.now()) {
            Ok(true) => {}
            Ok(false) => return self.abandon(Broken::Fenced),
            Err(e) => return self.abandon(Broken::Failed(e)),
        }
        match dialect::commit(&mut self.conn) {
            Ok(()) => {
                self.trail.committed();
                self.upkeep.written(outcomes.len(), budget.is_none());
                Ok(outcomes)
            }
            Err(e) if dialect::is_lost(&e) => self.abandon(Broken::InDoubt(e.into())),
            Err(e) => self.abandon(Broken::Failed(e.into())),
        }
    }

    fn abandon(&mut self, broken: Broken) -> Result<Vec<Outcome>, Broken> {
        let lost = match &broken {
            Broken::Failed(Error::Database(e)) => dialect::is_lost(e),
            Broken::InDoubt(_) => true,
            Broken::Failed(_) | Broken::Panicked | Broken::Fenced => false,
        };
        self.trail.abandoned();
        // On a lost connection there is nothing to take back, and asking would only fail again.
        self.connected = !lost && dialect::rollback_all(&mut self.conn);
        Err(broken)
    }

    /// Whether halving the batch can find the one at fault.
    fn lies_in_one_command(&self, broken: &Broken) -> bool {
        match broken {
            Broken::Panicked => true,
            Broken::Failed(Error::Database(e)) => self.connected && dialect::may_lie_in_data(&self.conn, e),
            Broken::Failed(Error::Unreachable(_)) | Broken::InDoubt(_) | Broken::Fenced => false,
            Broken::Failed(_) => self.connected,
        }
    }

    /// Answers commands that can't be done. After a failure of the storage the next ones get another connection.
    fn fail(&mut self, jobs: Vec<Job>, broken: Broken) {
        // What was rolled back leaves a sound connection: others of a batch that is cut shall not each open a new one.
        let sound = matches!(&broken, Broken::Failed(Error::Database(e)) if dialect::may_lie_in_data(&self.conn, e));
        let refusal = broken.refusal(jobs.first().map_or("", |job| job.name));
        self.connected &= sound || refusal.code != Code::StorageUnavailable;
        self.counters.lost(jobs.len());
        for job in jobs {
            let _ = job.reply.send(Err(Failure::Refused(Box::new(refusal.clone()))));
        }
    }

    /// The next wave of ledger commands, or the next closure. `Err` only where the whole transaction is lost.
    fn next(&mut self, jobs: &[Job], most: usize) -> Result<Vec<Outcome>> {
        let now = self.clock.now();
        match jobs.first().map(|job| (job, &job.work)) {
            Some((job, Work::Closure(work))) => Ok(vec![self.keyed(job, work, now)?]),
            _ => self.wave(&wave::next(jobs, most), now),
        }
    }

    /// Loads what the commands need, decides each, and saves everything together.
    fn wave(&mut self, wave: &[Ready], now: Instant) -> Result<Vec<Outcome>> {
        let asked: Vec<_> = wave.iter().map(Ready::asked).collect();
        let known = idempotency::known(&mut self.conn, &asked)?;
        let new = || {
            wave.iter()
                .zip(&known)
                .filter(|(_, known)| known.is_none())
                .map(|(ready, _)| ready)
        };
        let needs: Vec<_> = new().map(|ready| (ready.job.actor.chain, &ready.needs)).collect();
        let mut states = load::load_all(&mut self.conn, &needs)?;
        let decide = |(ready, state): (&Ready, &mut State)| ready.command.decide(state, &mut self.ids);
        let decided: Vec<_> = new().zip(&mut states).map(decide).collect();

        let mut saver = Saver::new(now, &mut self.ids, &mut self.trail);
        for (ready, decision) in new().zip(&decided) {
            let Ok(decision) = decision else { continue };
            let actor = &ready.job.actor;
            let at = self.clock.business(actor.chain);
            saver.add(&mut self.conn, (actor, at), decision)?;
            holds::release(&mut self.conn, actor.chain, decision, at)?;
            if self.database.listeners().hear(actor.chain) {
                saver.tell(actor.chain, &events::of(decision));
            }
            if let Some(key) = &ready.job.key {
                let bill = decision.rows.bills.first().map(|bill| bill.id);
                saver.key(ready.job.actor.chain, key, &decision.answer, bill);
            }
        }
        saver.write(&mut self.conn)?;
        for (ready, decision) in new().zip(&decided) {
            let Some(taken) = decision.as_ref().ok().and_then(|decision| decision.blank.as_ref()) else {
                continue;
            };
            let (actor, id) = (&ready.job.actor, self.ids.next_id());
            blanks::issue(&mut self.conn, (actor, self.clock.business(actor.chain)), id, taken)?;
        }

        let mut decided = decided.into_iter();
        let outcome = |known: Known| match known {
            Some(known) => known.map_err(|refusal| Failure::Refused(Box::new(refusal))),
            None => match decided.next() {
                Some(Ok(decision)) => Ok(decision.answer.into()),
                Some(Err(refusal)) if refusal.code != Code::Busy => Err(Failure::Refused(Box::new(refusal))),
                _ => Err(Failure::Stale),
            },
        };
        Ok(known.into_iter().map(outcome).collect())
    }

    /// A closure, unless its key is known.
    fn keyed(&mut self, job: &Job, work: &Closure, now: Instant) -> Result<Outcome> {
        let asked = Asked {
            chain: job.actor.chain,
            key: job.key.as_ref(),
            natural: None,
        };
        match idempotency::known_one(&mut self.conn, asked) {
            Ok(Some(answered)) => Ok(Ok(answered)),
            Ok(None) => self.closure(job, work, now),
            Err(e) => refused(e),
        }
    }

    fn closure(&mut self, job: &Job, work: &Closure, now: Instant) -> Result<Outcome> {
        let business_now = self.clock.business(job.actor.chain);
        dialect::begin_nested(&mut self.conn)?;
        let ids: &mut dyn NewIds = &mut self.ids;
        let mut tx = Tx::new(&mut self.conn, &job.actor, now, business_now, ids);
        match work(&mut tx) {
            Ok(answer) => {
                let (notes, booked) = tx.into_parts();
                let mut saver = Saver::new(now, &mut self.ids, &mut self.trail);
                for decision in &booked {
                    saver.add(&mut self.conn, (&job.actor, business_now), decision)?;
                    if self.database.listeners().hear(job.actor.chain) {
                        saver.tell(job.actor.chain, &events::of(decision));
                    }
                }
                saver.notes(&job.actor, &notes, business_now)?;
                if let Some(key) = &job.key {
                    saver.key(job.actor.chain, key, &answer, None);
                }
                saver.write(&mut self.conn)?;
                for taken in booked.iter().filter_map(|decision| decision.blank.as_ref()) {
                    let (who, id) = ((&*job.actor, business_now), self.ids.next_id());
                    blanks::issue(&mut self.conn, who, id, taken)?;
                }
                dialect::commit(&mut self.conn)?;
                Ok(Ok(answer.into()))
            }
            Err(e) => {
                dialect::rollback(&mut self.conn);
                refused(e)
            }
        }
    }
}

/// Turns what lies in the command into its refusal; anything else ends the transaction.
fn refused(e: Error) -> Result<Outcome> {
    match e {
        Error::Refused(refusal) => Ok(Err(Failure::Refused(refusal))),
        Error::Database(e) if dialect::is_unique(&e) => {
            let refusal = Refusal::new(
                Code::AlreadyExists,
                "已存在同样的编号或名称",
                "The same code or name exists already",
            );
            Ok(Err(Failure::Refused(Box::new(refusal))))
        }
        e @ (Error::Database(_) | Error::Unreachable(_)) => Err(e),
        e @ Error::Internal(_) => Ok(Err(Failure::Refused(Box::new(e.into())))),
    }
}

impl Broken {
    /// Whatever keeps the writer from connecting, its clients may try again: another server's lock as well.
    fn without_a_connection(e: Error) -> Self {
        match e {
            Error::Internal(e) => {
                tracing::error!(error = format!("{e:#}"), "the writer can't connect");
                Self::Failed(error::unavailable().into())
            }
            e => Self::Failed(e),
        }
    }

    fn refusal(self, name: &str) -> Refusal {
        match self {
            Broken::Failed(Error::Database(e)) if dialect::is_constraint(&e) => {
                tracing::error!(error = %e, command = name, "a constraint stopped a command that its decision had let pass");
                Error::internal(e).into()
            }
            Broken::Failed(e) | Broken::InDoubt(e) => e.into(),
            Broken::Fenced => Refusal::new(
                Code::StorageUnavailable,
                "其他服务器占用了审计日志，请稍后重试",
                "Other servers keep taking the audit log's lanes; try again",
            ),
            Broken::Panicked => Error::internal(format!("{name} panicked")).into(),
        }
    }
}
