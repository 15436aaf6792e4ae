//! The `job_runs` table, and what HQ sees of it.

use super::schedule::{turn, zones};
use super::{Every, JOBS, Job};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::job_runs;
use crate::store::{Answer, Answered, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::StaffId;
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
    /// It would have taken too much at once, and waits for somebody's word.
    Held = "held",
}
}

/// So much of all there is may be taken in a day without being asked.
const MOST_PER_CENT: i128 = 5;

/// The word that a run waits for: which run, and the figure that was seen.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunApproval {
    #[schema(example = "Asia/Shanghai")]
    pub zone: String,
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    /// As `held.figure` says.
    #[schema(example = 120_000)]
    pub figure: i64,
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
    /// Why it failed, or what it waits for.
    pub code: Option<String>,
    pub detail: Option<Text>,
    /// What it waits to take; null: it waits for nothing.
    pub held: Option<HeldRun>,
    /// Up to how much somebody agreed to on that date; null: nobody was asked.
    pub approved: Option<i64>,
    #[schema(value_type = Option<Uuid>)]
    pub approved_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub approved_at: Option<Instant>,
}

/// What a run would take at once: points that expire, or memberships whose tier is reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct HeldRun {
    /// What it would take, with what the runs before it on that date took.
    #[schema(example = 120_000)]
    pub figure: i64,
    /// Of how much.
    #[schema(example = 300_000)]
    pub of: i64,
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
    taken: i64,
    held: Option<i64>,
    held_of: Option<i64>,
    approved: Option<i64>,
    approved_by: Option<Id>,
    approved_at: Option<i64>,
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
            held: self.held.zip(self.held_of).map(|(figure, of)| HeldRun { figure, of }),
            approved: self.approved,
            approved_by: self.approved_by.map(Id::typed),
            approved_at: self.approved_at.map(Instant),
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
        RunState::Failed | RunState::Held => false,
    });
    if taken {
        return Ok(Begun::Not);
    }
    let before = found.as_ref();
    let row = Row {
        chain_id: tx.chain().into(),
        job: job.to_owned(),
        zone: zone.name().to_owned(),
        day: day.0,
        state: Name(RunState::Running),
        started_at: now,
        ended_at: None,
        runs: before.map_or(0, |row| row.runs) + 1,
        done: 0,
        code: None,
        detail_zh: None,
        detail_en: None,
        taken: before.map_or(0, |row| row.taken),
        held: None,
        held_of: None,
        approved: before.and_then(|row| row.approved),
        approved_by: before.and_then(|row| row.approved_by),
        approved_at: before.and_then(|row| row.approved_at),
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
            let held = refusal.code == Code::ApprovalNeeded;
            row.state = Name(if held { RunState::Held } else { RunState::Failed });
            row.code = Some(refusal.code.as_str().to_owned());
            row.detail_zh = Some(refusal.detail.zh.clone());
            row.detail_en = Some(refusal.detail.en.clone());
        }
    }
    save(tx, &row)
}

/// What a run wants to take: how much, and of how much there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub figure: i64,
    pub of: i64,
    /// So much at once is never too much.
    pub floor: i64,
}

/// Lets a run take what it wants, or notes that it waits: beyond 5 % of all there is in a day, somebody has to agree. What
/// it was let take counts for the next run of that day. What it waits with; None: it may go on.
pub(super) fn let_take(
    tx: &mut Tx<'_>,
    job: &str,
    (zone, day): (Zone, Day),
    wanted: Wanted,
) -> Result<Option<HeldRun>> {
    let Some(mut row) = find(tx, job, zone, day)? else {
        return Ok(None);
    };
    let (figure, of) = (
        row.taken.saturating_add(wanted.figure),
        row.taken.saturating_add(wanted.of),
    );
    let much = figure > wanted.floor && i128::from(figure) * 100 > i128::from(of) * MOST_PER_CENT;
    if much && row.approved.is_none_or(|approved| figure > approved) {
        (row.held, row.held_of) = (Some(figure), Some(of));
        save(tx, &row)?;
        let payload = serde_json::json!({ "job": job, "zone": zone.name(), "day": day, "figure": figure, "of": of });
        tx.audit("job.hold", None, payload.clone());
        tx.publish("job.held", payload);
        return Ok(Some(HeldRun { figure, of }));
    }
    row.taken = figure;
    save(tx, &row)?;
    Ok(None)
}

fn named(name: &str) -> Result<&'static Job, Refusal> {
    JOBS.iter().find(|job| job.name == name).ok_or_else(not_found)
}

fn not_waiting() -> Refusal {
    let zh = "没有等待确认的运行，可能已处理。";
    Refusal::new(
        Code::NotFound,
        zh,
        "No such run waits for anybody's word; it may have been done meanwhile.",
    )
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

    /// Agrees to what a run waits to take. It takes no more than that figure, in its next turn on that date.
    ///
    /// # Errors
    /// `forbidden`; `not_found` where no such run waits; `field_invalid` where it waits with another figure meanwhile.
    pub async fn approve_run(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        name: &str,
        approval: RunApproval,
    ) -> Result<Answered, Refusal> {
        actor.require(Action::JobRun, None)?;
        let (job, staff) = (named(name)?.name, actor.staff);
        let zone: Zone = approval.zone.parse().map_err(|_| not_waiting())?;
        let approve = move |tx: &mut Tx<'_>| {
            let waiting = find(tx, job, zone, approval.day)?.filter(|row| row.state.0 == RunState::Held);
            let mut row = waiting.ok_or_else(not_waiting)?;
            if row.held != Some(approval.figure) {
                let en = "What it waits to take has changed; look at the run again.";
                let refusal = Refusal::new(Code::FieldInvalid, "待处理数量已变化，请重新查看后再确认。", en);
                return Err(refusal.at("/figure").into());
            }
            row.approved = Some(approval.figure);
            row.approved_by = staff.map(Id::from);
            row.approved_at = Some(tx.now().0);
            save(tx, &row)?;
            let detail = serde_json::json!({
                "job": job, "zone": zone.name(), "day": approval.day, "figure": approval.figure, "of": row.held_of,
            });
            tx.audit("job.approve", None, detail);
            Answer::ok(&row.view())
        };
        self.transact(actor, key, "job.approve", approve).await
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
