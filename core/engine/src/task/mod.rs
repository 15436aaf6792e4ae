//! What is to be done with customers (D-ARC-5): by hand, by the service standard of a grade, or because something asks for it.
//! A task's outcome is an entry of the customer's journal.

mod change;
mod check;
mod feed;
mod handover;
mod plan;
mod route;
pub(crate) mod row;
pub(crate) mod standards;
mod write;

pub use change::{TaskChange, TaskOrder};
pub use check::{CheckFigures, NewTaskCheck, TaskCheck, TaskCheckQuery};
pub use feed::{CalendarAddress, NewCalendar};
pub use handover::{Handover, NewHandover, UndoHandover};
pub use plan::{ConsultantView, Plan, PlanQuery};
pub use route::{NewRouteReview, RouteReview, RouteStop, RouteView};
pub use standards::{ServiceStandardsChange, ServiceStandardsView};
pub use write::{DroppedTask, EndedTask, NewTask};

use crate::actor::Actor;
use crate::archive::{find_customer, people};
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs, day_cursor};
use crate::store::schema::{customers, tasks};
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::task::{TaskKind, TaskSource, TaskState, TaskWhen};
use cardea_domain::{Day, Instant, Refusal, Text};
use diesel::prelude::*;
use row::TaskRow;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A task as it is shown; what belongs to an erased customer has no texts.
#[derive(Clone, Serialize, ToSchema)]
pub struct Task {
    #[schema(value_type = Uuid)]
    pub id: TaskId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// 王女士 / Ms Wang.
    pub customer: Option<Text>,
    /// Masked.
    #[schema(example = "138****5678")]
    pub phone: Option<String>,
    /// Who does it; null: nobody yet.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub kind: TaskKind,
    pub title: String,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// How near it is by the chain's day; null once it has ended.
    pub when: Option<TaskWhen>,
    /// Its place in the day's round; null: after those that have one.
    pub route: Option<i32>,
    pub source: TaskSource,
    pub state: TaskState,
    /// What came of it, or why it was dropped.
    pub outcome: Option<String>,
    /// The entry that tells it in the customer's journal.
    #[schema(value_type = Option<Uuid>)]
    pub journal_id: Option<JournalId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// Only whose: a staff member's.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// true: only what nobody has yet.
    pub unassigned: Option<bool>,
    /// Only with this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// `open` if absent.
    pub state: Option<TaskState>,
    /// Only open ones that are so near.
    pub when: Option<TaskWhen>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Engine {
    /// The chain's day.
    pub(crate) fn today(&self, chain: ChainId) -> Result<Day> {
        Ok(self.business_day(chain)?.1)
    }

    /// Tasks, the earliest due first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn tasks(&self, actor: &Actor, query: &TaskQuery) -> Result<Page<Task>, Refusal> {
        let scope = actor.scope(Action::TaskRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, after) = (page.limit()?, page.after_day()?);
        let (chain, today) = (actor.chain, self.today(actor.chain)?);
        let rows = self.read(chain, |conn| {
            select(conn, chain, &scope, query, today, after, limit as i64 + 1)
        })?;
        let tasks = self.task_views(chain, rows, today)?;
        Ok(Page::cut(tasks, limit, |task| day_cursor(task.due_on, task.id)))
    }

    /// One task.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn task(&self, actor: &Actor, id: TaskId) -> Result<Task, Refusal> {
        actor.scope(Action::TaskRead)?;
        let chain = actor.chain;
        let (row, customer) = self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
            Ok((row, customer))
        })?;
        actor.require(Action::TaskRead, Some(customer.store_id.typed()))?;
        Ok(self.task_view(chain, row)?)
    }

    /// All of a customer's tasks, ended ones too, with their cursors: for the file of what is kept about a person.
    pub(crate) fn own_tasks(
        &self,
        chain: ChainId,
        customer: CustomerId,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<(serde_json::Value, String)>> {
        let after = PageArgs::new(None, after).after_id()?.unwrap_or(Uuid::nil());
        let rows = self.read(chain, |conn| row::of_customer(conn, chain, customer, Id(after), limit))?;
        let tasks = self.task_views(chain, rows, self.today(chain)?)?;
        let own = |task: Task| Ok((serde_json::to_value(&task)?, task.id.to_string()));
        tasks.into_iter().map(own).collect()
    }

    fn task_view(&self, chain: ChainId, row: TaskRow) -> Result<Task> {
        let today = self.today(chain)?;
        let mut views = self.task_views(chain, vec![row], today)?;
        views.pop().ok_or_else(|| not_found().into())
    }

    pub(crate) fn task_views(&self, chain: ChainId, rows: Vec<TaskRow>, today: Day) -> Result<Vec<Task>> {
        let keys = self.keys().chain(chain);
        let ids: Vec<CustomerId> = rows.iter().map(|row| row.customer_id.typed()).collect();
        let customers = self.read(chain, |conn| {
            people(conn, chain, rows.iter().map(|row| row.customer_id))
        })?;
        let briefs = self.customer_briefs(chain, &ids)?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let key = match customers.get(&row.customer_id) {
                Some(customer) => customer.person(&keys)?,
                None => None,
            };
            let brief = briefs.get(&row.customer_id.typed()).cloned();
            views.push(row.view(key.as_ref(), brief, today)?);
        }
        Ok(views)
    }
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    scope: &StoreScope,
    query: &TaskQuery,
    today: Day,
    after: Option<(Day, Uuid)>,
    limit: i64,
) -> Result<Vec<TaskRow>> {
    let (day, id) = after.map_or((i32::MIN, Id(Uuid::nil())), |(day, id)| (day.0, Id(id)));
    let state = query.state.unwrap_or(TaskState::Open);
    let state = query.when.map_or(state, |_| TaskState::Open);
    let (from, until) = query
        .when
        .map_or((Day(i32::MIN), Day(i32::MAX)), |when| when.days(today));
    Ok(each!(conn, c => {
        let mut found = tasks::table
            .select(TaskRow::as_select())
            .filter(tasks::chain_id.eq(Id::from(chain)).and(tasks::state.eq(state.as_str())))
            .filter(tasks::due_on.ge(from.0).and(tasks::due_on.le(until.0)))
            .filter(tasks::due_on.gt(day).or(tasks::due_on.eq(day).and(tasks::id.gt(id))))
            .into_boxed();
        if let Some(staff) = query.staff_id {
            found = found.filter(tasks::staff_id.eq(Id::from(staff)));
        }
        if query.unassigned == Some(true) {
            found = found.filter(tasks::staff_id.is_null());
        }
        if let Some(customer) = query.customer_id {
            found = found.filter(tasks::customer_id.eq(Id::from(customer)));
        }
        if let StoreScope::Only(stores) = scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            let theirs = customers::table
                .filter(customers::chain_id.eq(Id::from(chain)).and(customers::store_id.eq_any(stores)))
                .filter(customers::id.eq(tasks::customer_id));
            found = found.filter(diesel::dsl::exists(theirs));
        }
        found.order((tasks::due_on, tasks::id)).limit(limit).load(c)?
    }))
}
