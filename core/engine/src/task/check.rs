//! The manager's weekly check of a consultant's tasks, with the figures that were looked at (D-ARC-5).

use super::plan::check_colleague;
use super::write::check_staff;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::{self, Stored, Written};
use crate::page::{Page, PageArgs};
use crate::store::schema::{staff_stores, task_checks};
use crate::store::statement::{fetch, statements};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::task::monday;
use cardea_domain::{Day, Instant, Refusal, Zone};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

statements! {
    SelectOpen -> (BigInt, BigInt) =
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN due_on < ? THEN 1 ELSE 0 END), 0) AS BIGINT) FROM tasks \
         WHERE chain_id = ? AND staff_id = ? AND state = 'open'";
    SelectEnded -> (BigInt, BigInt) =
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN state = 'dropped' THEN 1 ELSE 0 END), 0) AS BIGINT) FROM tasks \
         WHERE chain_id = ? AND staff_id = ? AND state <> 'open' AND ended_at >= ? AND ended_at < ?";
    SelectLate -> (Binary,) =
        "SELECT id FROM tasks WHERE chain_id = ? AND staff_id = ? AND state = 'open' AND due_on < ? \
         ORDER BY due_on, id LIMIT 200";
}

/// A check to note.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTaskCheck {
    /// Whose tasks were looked at.
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    /// Any day of the week.
    #[schema(value_type = String, format = Date)]
    pub week: Day,
    /// About the work; names of customers belong into their journals.
    #[schema(min_length = 1, max_length = 500)]
    pub remark: String,
}

/// What was looked at, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckFigures {
    pub open: i64,
    pub overdue: i64,
    /// Ended in the week.
    pub done: i64,
    pub dropped: i64,
    /// The overdue ones, at most 200.
    #[schema(value_type = Vec<Uuid>)]
    pub overdue_tasks: Vec<TaskId>,
}

/// A weekly check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TaskCheck {
    #[schema(value_type = Uuid)]
    pub id: TaskCheckId,
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    /// Its Monday.
    #[schema(value_type = String, format = Date)]
    pub week: Day,
    pub figures: CheckFigures,
    pub remark: String,
    #[schema(value_type = Option<Uuid>)]
    pub checked_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub checked_at: Instant,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskCheckQuery {
    /// Only of whose tasks.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = task_checks)]
struct Row {
    chain_id: Id,
    id: Id,
    staff_id: Id,
    week: i32,
    figures: String,
    remark: String,
    checked_by: Option<Id>,
    checked_at: i64,
}

impl Row {
    fn view(self) -> Result<TaskCheck> {
        Ok(TaskCheck {
            id: self.id.typed(),
            staff_id: self.staff_id.typed(),
            week: Day(self.week),
            figures: serde_json::from_str(&self.figures)?,
            remark: self.remark,
            checked_by: self.checked_by.map(Id::typed),
            checked_at: Instant(self.checked_at),
        })
    }
}

/// The figures of a consultant's week.
fn figures(
    conn: &mut Conn,
    chain: ChainId,
    staff: StaffId,
    week: Day,
    (zone, today): (Zone, Day),
) -> Result<CheckFigures> {
    let at = |day: Day| zone.first_instant_after(Day(day.0 - 1)).unwrap_or(Instant(i64::MAX));
    let (from, until) = (at(week), at(Day(week.0 + 7)));
    let open = fetch!(conn, SelectOpen, [today.0, chain, staff] => (i64, i64))?;
    let ended = fetch!(conn, SelectEnded, [chain, staff, from, until] => (i64, i64))?;
    let late = fetch!(conn, SelectLate, [chain, staff, today.0] => (Id,))?;
    let (open, overdue) = open.first().copied().unwrap_or_default();
    let (done, dropped) = ended.first().copied().unwrap_or_default();
    Ok(CheckFigures {
        open,
        overdue,
        done,
        dropped,
        overdue_tasks: late.into_iter().map(|(id,)| id.typed()).collect(),
    })
}

impl Engine {
    /// Notes a weekly check, with the figures of the moment.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`.
    pub async fn check_tasks(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewTaskCheck,
    ) -> Result<Written<TaskCheck>, Refusal> {
        actor.scope(Action::TaskManage)?;
        let remark = input::text(&new.remark, 500, "/remark")?;
        let zone = self.chain(actor.chain)?.time_zone;
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (tx.chain(), tx.business_now());
            check_staff(tx, new.staff_id, "/staff_id")?;
            let actor = tx.actor().clone();
            check_colleague(tx.conn(), &actor, Action::TaskManage, new.staff_id)?;
            let week = monday(new.week);
            let found = figures(tx.conn(), chain, new.staff_id, week, (zone, zone.day_of(now)))?;
            let id: TaskCheckId = tx.new_id();
            let row = Row {
                chain_id: chain.into(),
                id: id.into(),
                staff_id: new.staff_id.into(),
                week: week.0,
                figures: serde_json::to_string(&found)?,
                remark: remark.clone(),
                checked_by: tx.actor().staff.map(Id::from),
                checked_at: now.0,
            };
            each!(tx.conn(), c => diesel::insert_into(task_checks::table).values(&row).execute(c)?);
            tx.audit("task.check", id.0, json!({ "staff_id": new.staff_id, "week": week }));
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "task.check", work).await?;
        Written::read(answered, |id| {
            let found = task_checks::table.find((Id::from(actor.chain), Id(id)));
            let row = self.read(actor.chain, |conn| {
                Ok(each!(conn, c => found.select(Row::as_select()).get_result(c)?))
            });
            row?.view()
        })
    }

    /// Weekly checks, the last one first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn task_checks(&self, actor: &Actor, query: &TaskCheckQuery) -> Result<Page<TaskCheck>, Refusal> {
        let scope = actor.scope(Action::TaskManage)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => {
                let mut found = task_checks::table
                    .select(Row::as_select())
                    .filter(task_checks::chain_id.eq(Id::from(actor.chain)).and(task_checks::id.lt(before)))
                    .into_boxed();
                if let Some(staff) = query.staff_id {
                    found = found.filter(task_checks::staff_id.eq(Id::from(staff)));
                }
                if let StoreScope::Only(stores) = &scope {
                    let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
                    let theirs = staff_stores::table
                        .filter(staff_stores::chain_id.eq(Id::from(actor.chain)).and(staff_stores::store_id.eq_any(stores)))
                        .filter(staff_stores::staff_id.eq(task_checks::staff_id));
                    found = found.filter(diesel::dsl::exists(theirs));
                }
                found.order(task_checks::id.desc()).limit(limit as i64 + 1).load(c)?
            }))
        })?;
        let checks = rows.into_iter().map(Row::view).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(checks, limit, |check| check.id.to_string()))
    }
}
