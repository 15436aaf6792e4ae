//! A consultant's day, and the consultants as their manager sees them.

use super::row::TaskRow;
use super::{Task, TaskQuery, route};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::store::schema::{staff, staff_stores};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::task::TaskState;
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Tasks of a day that are shown.
const MOST: i64 = 200;

statements! {
    CountDue -> (BigInt, BigInt, BigInt) =
        "SELECT CAST(COALESCE(SUM(CASE WHEN due_on < ? THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN due_on = ? THEN 1 ELSE 0 END), 0) AS BIGINT), \
         CAST(COALESCE(SUM(CASE WHEN due_on = ? THEN 1 ELSE 0 END), 0) AS BIGINT) FROM tasks \
         WHERE chain_id = ? AND staff_id = ? AND state = 'open'";
    CountCustomers -> (Binary, BigInt) =
        "SELECT consultant_id, COUNT(*) FROM customers WHERE chain_id = ? AND consultant_id IS NOT NULL \
         GROUP BY consultant_id";
    CountTasks -> (Binary, BigInt, BigInt) =
        "SELECT staff_id, COUNT(*), CAST(COALESCE(SUM(CASE WHEN due_on < ? THEN 1 ELSE 0 END), 0) AS BIGINT) FROM tasks \
         WHERE chain_id = ? AND staff_id IS NOT NULL AND state = 'open' GROUP BY staff_id";
    CountPromises -> (Binary, BigInt) =
        "SELECT c.consultant_id, COUNT(*) FROM journal j \
         JOIN customers c ON c.chain_id = j.chain_id AND c.id = j.customer_id \
         WHERE j.chain_id = ? AND j.due_on IS NOT NULL AND NOT j.resolved AND c.consultant_id IS NOT NULL \
         AND c.data_key IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM journal n WHERE n.chain_id = j.chain_id AND n.corrects = j.id) \
         AND NOT EXISTS (SELECT 1 FROM journal_answers a WHERE a.chain_id = j.chain_id AND a.entry_id = j.id \
         AND a.kind = 'resolution') GROUP BY c.consultant_id";
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Whose; one's own if absent.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
}

/// A day: what is overdue and due, in the order of the round; what has no place in it by region and route order of the
/// customers.
#[derive(Clone, Serialize, ToSchema)]
pub struct Plan {
    #[schema(value_type = String, format = Date)]
    pub day: Day,
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub overdue: i64,
    pub today: i64,
    pub tomorrow: i64,
    /// At most 200.
    pub items: Vec<Task>,
}

/// A consultant as the manager sees him or her.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConsultantView {
    #[schema(value_type = Uuid)]
    pub staff_id: StaffId,
    pub name: String,
    /// false: has left; what is still theirs is to be handed over.
    pub active: bool,
    pub customers: i64,
    pub open_tasks: i64,
    pub overdue_tasks: i64,
    /// What is open in the journals of their customers: promises, complaints, needs.
    pub open_entries: i64,
}

impl Engine {
    /// A consultant's day.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn plan(&self, actor: &Actor, query: &PlanQuery) -> Result<Plan, Refusal> {
        let scope = actor.scope(Action::TaskRead)?;
        let (chain, today) = (actor.chain, self.today(actor.chain)?);
        let Some(whose) = query.staff_id.or(actor.staff) else {
            return Err(crate::input::not_found());
        };
        let (counts, rows) = self.read(chain, |conn| {
            if Some(whose) != actor.staff {
                check_colleague(conn, actor, Action::TaskRead, whose)?;
            }
            let days = [today.0, today.0, today.0 + 1];
            let counts = fetch!(conn, CountDue, [days[0], days[1], days[2], chain, whose] => (i64, i64, i64))?;
            Ok((counts, day(conn, chain, &scope, whose, today)?))
        })?;
        let (overdue, due, tomorrow) = counts.first().copied().unwrap_or_default();
        Ok(Plan {
            day: today,
            staff_id: whose,
            overdue,
            today: due,
            tomorrow,
            items: self.task_views(chain, rows, today)?,
        })
    }

    /// Who looks after customers or has tasks, in the order of their names; who has left and still has some is among them.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn consultants(&self, actor: &Actor) -> Result<Vec<ConsultantView>, Refusal> {
        let scope = actor.scope(Action::TaskManage)?;
        let (chain, today) = (actor.chain, self.today(actor.chain)?);
        let found = self.read(chain, |conn| {
            let customers = fetch!(conn, CountCustomers, [chain] => (Id, i64))?;
            let tasks = fetch!(conn, CountTasks, [today.0, chain] => (Id, i64, i64))?;
            let entries = fetch!(conn, CountPromises, [chain] => (Id, i64))?;
            Ok((customers, tasks, entries, people(conn, chain, &scope)?))
        })?;
        let (customers, tasks, entries, people) = found;
        let customers: HashMap<Id, i64> = customers.into_iter().collect();
        let entries: HashMap<Id, i64> = entries.into_iter().collect();
        let tasks: HashMap<Id, (i64, i64)> = tasks.into_iter().map(|(id, open, late)| (id, (open, late))).collect();
        let view = |(id, name, active): (Id, String, bool)| {
            let (open_tasks, overdue_tasks) = tasks.get(&id).copied().unwrap_or_default();
            ConsultantView {
                staff_id: id.typed(),
                name,
                active,
                customers: customers.get(&id).copied().unwrap_or_default(),
                open_tasks,
                overdue_tasks,
                open_entries: entries.get(&id).copied().unwrap_or_default(),
            }
        };
        let all = people.into_iter().map(view);
        Ok(all.filter(|one| one.customers + one.open_tasks > 0).collect())
    }
}

/// # Errors
/// `forbidden` for staff of other stores than those in which the actor may take the action.
pub(super) fn check_colleague(conn: &mut Conn, actor: &Actor, action: Action, whose: StaffId) -> Result<()> {
    let StoreScope::Only(own) = actor.scope(action)? else {
        return Ok(());
    };
    let stores: Vec<Id> = each!(conn, c => staff_stores::table
        .select(staff_stores::store_id)
        .filter(staff_stores::chain_id.eq(Id::from(actor.chain)).and(staff_stores::staff_id.eq(Id::from(whose))))
        .load(c)?);
    let shared = stores.into_iter().map(Id::typed).find(|store| own.contains(store));
    Ok(actor.require(action, shared)?)
}

pub(super) fn people(conn: &mut Conn, chain: ChainId, scope: &StoreScope) -> Result<Vec<(Id, String, bool)>> {
    Ok(each!(conn, c => {
        let mut found = staff::table
            .select((staff::id, staff::name, staff::active))
            .filter(staff::chain_id.eq(Id::from(chain)))
            .into_boxed();
        if let StoreScope::Only(stores) = scope {
            let stores: Vec<Id> = stores.iter().map(|store| (*store).into()).collect();
            let theirs = staff_stores::table
                .filter(staff_stores::chain_id.eq(Id::from(chain)).and(staff_stores::store_id.eq_any(stores)))
                .filter(staff_stores::staff_id.eq(staff::id));
            found = found.filter(diesel::dsl::exists(theirs));
        }
        found.order((staff::name, staff::id)).load(c)?
    }))
}

/// Open tasks until today: those with a place in the day's round first, the others by region and place of the customer on
/// the route, then by the day.
fn day(conn: &mut Conn, chain: ChainId, scope: &StoreScope, whose: StaffId, today: Day) -> Result<Vec<TaskRow>> {
    let mut rows = super::select(
        conn,
        chain,
        scope,
        &TaskQuery {
            staff_id: Some(whose),
            state: Some(TaskState::Open),
            ..TaskQuery::default()
        },
        today,
        None,
        MOST,
    )?;
    rows.retain(|row| row.due_on <= today.0);
    let stops = route::stops_of(conn, chain, rows.iter().map(|row| row.customer_id).collect())?;
    let stop = |row: &TaskRow| stops.get(&row.customer_id).cloned().unwrap_or_default();
    rows.sort_by_cached_key(|row| (row.route.is_none(), row.route, stop(row), row.due_on, row.id.0));
    Ok(rows)
}
