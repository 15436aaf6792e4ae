//! The `job_runs` table, and what HQ sees of it.

use super::schedule::{turn, zones};
use super::{Every, JOBS, Job};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::job_runs;
use crate::store::{Id, Name, Tx};
use crate::{Engine, each};
use cardea_domain::{Code, Day, Instant, Refusal, Text, Zone, named};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A run that was begun so long ago, ms, and never ended, is lost: its server was stopped.
const LOST: i64 = 30 * 60_000;

named! {
/// How a run stands.
pub enum RunState {
    Running = "running",
    Done = "done",
    Failed = "failed",
}
}

/// Nothing needs to be said of a turn.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunJob {}

/// A job as HQ sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobView {
    /// Stable.
    #[schema(example = "expiry")]
    pub name: String,
    pub title: Text,
    /// Every hour, or once on a business date.
    pub hourly: bool,
    /// null: it has not had a turn yet.
    pub last: Option<JobRun>,
}

/// What a job did on a business date, by its last run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JobRun {
    /// Of the IANA database: whose days these are.
    #[schema(example = "Asia/Shanghai")]
    pub zone: String,
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    pub state: RunState,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    /// How often it ran on that date.
    pub runs: i64,
    /// What the last run did: sales judged, lots ended, tiers reviewed, customers looked at.
    pub done: i64,
    /// Why it failed.
    pub code: Option<String>,
    pub detail: Option<Text>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobRunQuery {
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = job_runs, treat_none_as_null = true)]
struct Row {
    chain_id: Id,
    job: String,
    zone: String,
    day: i32,
    state: Name<RunState>,
    started_at: i64,
    ended_at: Option<i64>,
    runs: i64,
    done: i64,
    code: Option<String>,
    detail_zh: Option<String>,
    detail_en: Option<String>,
}

impl Row {
    fn view(self) -> JobRun {
        JobRun {
            zone: self.zone,
            day: Day(self.day),
            state: self.state.0,
            started_at: Instant(self.started_at),
            ended_at: self.ended_at.map(Instant),
            runs: self.runs,
            done: self.done,
            code: self.code,
            detail: self.detail_zh.zip(self.detail_en).map(|(zh, en)| Text::new(zh, en)),
        }
    }
}

/// Who has a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    Ours,
    /// It is done already, or another server is at it.
    Not,
}

fn find(tx: &mut Tx<'_>, job: &str, zone: Zone, day: Day) -> Result<Option<Row>> {
    let row = job_runs::table.find((Id::from(tx.chain()), job, zone.name(), day.0));
    Ok(each!(tx.conn(), c => row.select(Row::as_select()).get_result(c).optional()?))
}

fn save(tx: &mut Tx<'_>, row: &Row) -> Result<()> {
    let found = job_runs::table.find((row.chain_id, &row.job, &row.zone, row.day));
    each!(tx.conn(), c => {
        if diesel::update(found).set(row).execute(c)? == 0 {
            diesel::insert_into(job_runs::table).values(row).execute(c)?;
        }
    });
    Ok(())
}

/// Takes a turn, unless it was done (and isn't wanted `again`) or another server is at it.
pub(super) fn begin(tx: &mut Tx<'_>, job: &str, zone: Zone, day: Day, again: bool) -> Result<Begun> {
    let (found, now) = (find(tx, job, zone, day)?, tx.now().0);
    let taken = found.as_ref().is_some_and(|row| match row.state.0 {
        RunState::Running => row.started_at > now - LOST,
        RunState::Done => !again,
        RunState::Failed => false,
    });
    if taken {
        return Ok(Begun::Not);
    }
    let row = Row {
        chain_id: tx.chain().into(),
        job: job.to_owned(),
        zone: zone.name().to_owned(),
        day: day.0,
        state: Name(RunState::Running),
        started_at: now,
        ended_at: None,
        runs: found.map_or(0, |row| row.runs) + 1,
        done: 0,
        code: None,
        detail_zh: None,
        detail_en: None,
    };
    save(tx, &row)?;
    Ok(Begun::Ours)
}

/// Notes how a turn ended.
pub(super) fn end(tx: &mut Tx<'_>, job: &str, zone: Zone, day: Day, done: &Result<u64, Refusal>) -> Result<()> {
    let Some(mut row) = find(tx, job, zone, day)? else {
        return Ok(());
    };
    row.ended_at = Some(tx.now().0);
    match done {
        Ok(done) => {
            row.state = Name(RunState::Done);
            row.done = i64::try_from(*done).unwrap_or(i64::MAX);
        }
        Err(refusal) => {
            row.state = Name(RunState::Failed);
            row.code = Some(refusal.code.as_str().to_owned());
            row.detail_zh = Some(refusal.detail.zh.clone());
            row.detail_en = Some(refusal.detail.en.clone());
        }
    }
    save(tx, &row)
}

fn named(name: &str) -> Result<&'static Job, Refusal> {
    JOBS.iter().find(|job| job.name == name).ok_or_else(not_found)
}

impl Engine {
    /// The jobs with their last runs, in the order in which they are done.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn jobs(&self, actor: &Actor) -> Result<Page<JobView>, Refusal> {
        actor.require(Action::JobRun, None)?;
        let view = |job: &Job| {
            let last = self.job_runs_after(actor, job, None, 1)?.pop();
            Ok(JobView {
                name: job.name.to_owned(),
                title: Text::new(job.title[0], job.title[1]),
                hourly: job.every == Every::Hour,
                last,
            })
        };
        let items: Result<Vec<JobView>> = JOBS.iter().map(view).collect();
        Ok(Page {
            items: items?,
            next: None,
        })
    }

    /// A job's runs, the last business date first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn job_runs(&self, actor: &Actor, name: &str, query: &JobRunQuery) -> Result<Page<JobRun>, Refusal> {
        actor.require(Action::JobRun, None)?;
        let job = named(name)?;
        let limit = PageArgs::new(query.limit, None).limit()?;
        let cursor = |text: &str| {
            let (day, zone) = text.split_once('@')?;
            Some((day.parse::<Day>().ok()?, zone.to_owned()))
        };
        let after = query.after.as_deref().map(|text| {
            let wrong = || Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after");
            cursor(text).ok_or_else(wrong)
        });
        let runs = self.job_runs_after(actor, job, after.transpose()?, limit as i64 + 1)?;
        Ok(Page::cut(runs, limit, |run| format!("{}@{}", run.day, run.zone)))
    }

    fn job_runs_after(
        &self,
        actor: &Actor,
        job: &Job,
        after: Option<(Day, String)>,
        limit: i64,
    ) -> Result<Vec<JobRun>> {
        let (day, zone) = after.map_or((i32::MAX, String::new()), |(day, zone)| (day.0, zone));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => job_runs::table
                .select(Row::as_select())
                .filter(job_runs::chain_id.eq(Id::from(actor.chain)).and(job_runs::job.eq(job.name)))
                .filter(job_runs::day.lt(day).or(job_runs::day.eq(day).and(job_runs::zone.gt(&zone))))
                .order((job_runs::day.desc(), job_runs::zone))
                .limit(limit)
                .load(c)?))
        })?;
        Ok(rows.into_iter().map(Row::view).collect())
    }

    /// Gives a job its turn now in every zone of it, done or not.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; the job's own.
    pub async fn run_job(&self, actor: &Actor, name: &str) -> Result<(), Refusal> {
        actor.require(Action::JobRun, None)?;
        let job = named(name)?;
        for zone in zones(self, actor.chain, job.by)? {
            turn(self, actor.chain, job, zone, true).await?;
        }
        Ok(())
    }
}
