//! An import from its first step, or where it was, to its last.

use super::book::Books;
use super::mapping::Mapping;
use super::plan::{Plan, Step};
use super::progress::{Outcome, Progress, Report};
use super::row::{BadRow, Reason};
use super::setup::{FirstLogin, Target};
use super::state::Remembered;
use super::{ImportError, Watch};
use crate::Engine;
use crate::lanes::Lanes;
use cardea_domain::id::StoreId;
use cardea_domain::{Code, Instant, Refusal};
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How an import goes about it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Members worked on at the same time; each one's sales go one after the other.
    pub in_flight: usize,
    /// Sends everything again, whatever an earlier run has done.
    pub from_start: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            in_flight: 1024,
            from_start: false,
        }
    }
}

/// How an import ended.
pub struct Finish {
    /// Over all runs of this file with this mapping.
    pub report: Report,
    /// Sales and returns sent by this run.
    pub sent: u64,
    /// False: stopped before the end of the file.
    pub complete: bool,
    /// Of a chain that this run created.
    pub first_login: Option<FirstLogin>,
}

/// Steps between two notes of how far the import is.
const NOTE_EVERY: u64 = 2_000;
/// A full queue or a writer without a database is tried again this often, after this long.
const RETRIES: u32 = 60;
const PAUSE: Duration = Duration::from_millis(500);

/// A step on its way, with its place in the plan.
struct Work {
    at: u64,
    line: u64,
    step: Step,
    store: StoreId,
}

/// Imports a file. Rows that can't be booked are told to `watch` and counted; they don't stop it.
///
/// # Errors
/// A file or mapping that can't be read; a chain, program or store that can't be created; a database that fails. What
/// was booked stays, and the next run goes on behind it.
pub async fn run(
    engine: &Engine,
    file: &Path,
    mapping: &Mapping,
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Finish, ImportError> {
    let (mut plan, survey) = Plan::open(file, mapping)?;
    watch.starts(survey.rows);
    let (target, first_login) = Target::open(engine, mapping, survey.since.unwrap_or(Instant(0))).await?;
    let mut remembered = Remembered::load(engine, &target.actor, survey.hash, mapping.hash)?;
    if options.from_start {
        (remembered.report, remembered.complete) = (Report::default(), false);
    }
    let mut import = Import::new(engine, mapping, target, remembered, options.in_flight);
    if !import.remembered.complete {
        import.send(&mut plan, watch).await?;
    }
    let Remembered { report, complete, .. } = import.remembered;
    Ok(Finish {
        report,
        sent: import.sent,
        complete,
        first_login,
    })
}

/// An import on its way.
struct Import<'a> {
    engine: &'a Engine,
    mapping: &'a Mapping,
    target: Target,
    remembered: Remembered,
    progress: Arc<Mutex<Progress>>,
    refused: Arc<Mutex<Vec<BadRow>>>,
    in_flight: usize,
    sent: u64,
}

impl<'a> Import<'a> {
    fn new(engine: &'a Engine, mapping: &'a Mapping, target: Target, remembered: Remembered, in_flight: usize) -> Self {
        let progress = Arc::new(Mutex::new(Progress::from(remembered.report.clone())));
        Self {
            engine,
            mapping,
            target,
            remembered,
            progress,
            refused: Arc::default(),
            in_flight,
            sent: 0,
        }
    }

    /// Sends every step behind those that are done.
    async fn send(&mut self, plan: &mut Plan<'_>, watch: &mut dyn Watch) -> Result<(), ImportError> {
        let begun = self.remembered.report.steps;
        let lanes = self.open_lanes();
        let (mut at, mut stopped) = (0, false);
        while let Some(step) = plan.next_step()? {
            if at >= begun {
                stopped = !watch.goes_on(plan.rows_read());
                if stopped {
                    break;
                }
                self.deal(at, step, &lanes, watch).await?;
                if at % NOTE_EVERY == NOTE_EVERY - 1 {
                    self.note(false).await?;
                }
            }
            at += 1;
        }
        lanes.close().await.map_err(crate::Error::internal)?;
        self.tell(watch);
        let all = !stopped && self.progress.lock().report().steps == at;
        self.note(all).await
    }

    /// Counts a bad row; sends anything else on its lane.
    async fn deal(
        &mut self,
        at: u64,
        step: Step,
        lanes: &Lanes<Work>,
        watch: &mut dyn Watch,
    ) -> Result<(), ImportError> {
        if let Step::Bad(row) = step {
            watch.bad(&row);
            self.progress.lock().end(at, row.line, Outcome::Bad(row));
        } else {
            let store = self.target.store(self.engine, self.mapping, step.store()).await?;
            self.sent += 1;
            lanes
                .add(
                    &step.order(),
                    Work {
                        at,
                        line: step.line(),
                        step,
                        store,
                    },
                )
                .await;
        }
        self.tell(watch);
        Ok(())
    }

    fn tell(&self, watch: &mut dyn Watch) {
        for row in self.refused.lock().drain(..) {
            watch.bad(&row);
        }
    }

    /// Stores how far it is.
    async fn note(&mut self, complete: bool) -> Result<(), ImportError> {
        self.remembered.report = self.progress.lock().report().clone();
        self.remembered.complete = complete;
        self.remembered.save(self.engine, &self.target.actor).await
    }

    fn open_lanes(&self) -> Lanes<Work> {
        let books = Books::new(
            self.engine,
            self.target.actor.clone(),
            self.target.program,
            self.mapping,
        );
        let (books, progress, refused) = (Arc::new(books), self.progress.clone(), self.refused.clone());
        Lanes::open(self.in_flight, move |work: Work| {
            let (books, progress, refused) = (books.clone(), progress.clone(), refused.clone());
            async move {
                // A step that could not be tried stays open: the next run begins with it.
                if let Some(outcome) = book(&books, &work).await {
                    if let Outcome::Bad(row) = &outcome {
                        refused.lock().push(row.clone());
                    }
                    progress.lock().end(work.at, work.line, outcome);
                }
            }
        })
    }
}

/// Books a step; None if the engine is not available.
async fn book(books: &Books, work: &Work) -> Option<Outcome> {
    for _ in 0..RETRIES {
        let booked = match &work.step {
            Step::Sale(sale) => books.sell(sale, work.store).await,
            Step::Return(back) => books.give_back(back, work.store).await,
            Step::Bad(row) => return Some(Outcome::Bad(row.clone())),
        };
        match booked {
            Ok(outcome) => return Some(outcome),
            Err(refusal) if matches!(refusal.code, Code::Busy | Code::StorageUnavailable | Code::PluginFailed) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(refusal) => return Some(Outcome::Bad(work.step.refused(&refusal))),
        }
    }
    None
}

impl Step {
    fn line(&self) -> u64 {
        match self {
            Self::Sale(sale) => sale.line,
            Self::Return(back) => back.line,
            Self::Bad(row) => row.line,
        }
    }

    fn store(&self) -> &str {
        match self {
            Self::Sale(sale) => &sale.store,
            Self::Return(back) => &back.store,
            Self::Bad(_) => "",
        }
    }

    fn receipt(&self) -> &str {
        match self {
            Self::Sale(sale) => &sale.receipt,
            Self::Return(back) => &back.receipt,
            Self::Bad(row) => &row.receipt,
        }
    }

    /// What keeps its order: a member's steps, or else a bill's.
    fn order(&self) -> (bool, String) {
        let member = match self {
            Self::Sale(sale) => &sale.member,
            Self::Return(back) => &back.member,
            Self::Bad(row) => &row.receipt,
        };
        if member.is_empty() {
            (false, self.receipt().to_owned())
        } else {
            (true, member.clone())
        }
    }

    fn refused(&self, refusal: &Refusal) -> BadRow {
        let detail = match &refusal.pointer {
            Some(pointer) => format!("{}: {} {pointer}", refusal.code.as_str(), refusal.detail.en),
            None => format!("{}: {}", refusal.code.as_str(), refusal.detail.en),
        };
        BadRow {
            line: self.line(),
            receipt: self.receipt().to_owned(),
            reason: Reason::Refused,
            detail,
        }
    }
}
