//! Handing customers over (交接, D-ARC-6): with their open tasks, and so with what is open in their journals, which stay with the
//! customers. Undoing gives back what nobody has touched since.

use super::write::check_staff;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::{customers, handover_customers, handovers};
use crate::store::statement::{run, statements};
use crate::store::{Answer, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::*;
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// Customers of a selection.
const MOST: usize = 1000;

// What is handed over is noted before anything moves, so that it can be given back.
statements! {
    TakeAll = "INSERT INTO handover_customers (chain_id, handover_id, customer_id) \
        SELECT chain_id, ?, id FROM customers WHERE chain_id = ? AND consultant_id = ?";
    MoveCustomers = "UPDATE customers SET consultant_id = ?, version = version + 1 WHERE chain_id = ? AND consultant_id = ? \
        AND id IN (SELECT customer_id FROM handover_customers WHERE chain_id = ? AND handover_id = ?)";
    TakeTasks = "INSERT INTO handover_tasks (chain_id, handover_id, task_id) \
        SELECT chain_id, ?, id FROM tasks WHERE chain_id = ? AND staff_id = ? AND state = 'open' \
        AND customer_id IN (SELECT customer_id FROM handover_customers WHERE chain_id = ? AND handover_id = ?)";
    TakeAllTasks = "INSERT INTO handover_tasks (chain_id, handover_id, task_id) \
        SELECT chain_id, ?, id FROM tasks WHERE chain_id = ? AND staff_id = ? AND state = 'open'";
    MoveTasks = "UPDATE tasks SET staff_id = ?, version = version + 1 WHERE chain_id = ? AND staff_id = ? AND state = 'open' \
        AND id IN (SELECT task_id FROM handover_tasks WHERE chain_id = ? AND handover_id = ?)";
}

/// A handover to make.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandover {
    #[schema(value_type = Uuid)]
    pub from_staff_id: StaffId,
    #[schema(value_type = Uuid)]
    pub to_staff_id: StaffId,
    /// Only these; absent: every customer and every open task.
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 1000)]
    pub customer_ids: Option<Vec<CustomerId>>,
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// Nothing needs to be said of undoing.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoHandover {}

/// A handover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Handover {
    #[schema(value_type = Uuid)]
    pub id: HandoverId,
    #[schema(value_type = Uuid)]
    pub from_staff_id: StaffId,
    #[schema(value_type = Uuid)]
    pub to_staff_id: StaffId,
    pub reason: String,
    /// How many were handed over.
    pub customers: i64,
    pub tasks: i64,
    #[schema(value_type = Option<Uuid>)]
    pub made_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Instant,
    /// null: it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Instant>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = handovers)]
struct Row {
    chain_id: Id,
    id: Id,
    from_staff: Id,
    to_staff: Id,
    reason: String,
    customers: i64,
    tasks: i64,
    made_by: Option<Id>,
    made_at: i64,
    undone_by: Option<Id>,
    undone_at: Option<i64>,
}

impl Row {
    fn view(self) -> Handover {
        Handover {
            id: self.id.typed(),
            from_staff_id: self.from_staff.typed(),
            to_staff_id: self.to_staff.typed(),
            reason: self.reason,
            customers: self.customers,
            tasks: self.tasks,
            made_by: self.made_by.map(Id::typed),
            made_at: Instant(self.made_at),
            undone_at: self.undone_at.map(Instant),
        }
    }
}

/// Notes the selection; each must be a customer of who hands over.
fn select(tx: &mut Tx<'_>, id: HandoverId, from: StaffId, chosen: &[CustomerId]) -> Result<()> {
    let chain = Id::from(tx.chain());
    for customer in chosen {
        let row = customers::table.find((chain, Id::from(*customer)));
        let consultant: Option<Option<Id>> =
            each!(tx.conn(), c => row.select(customers::consultant_id).get_result(c).optional()?);
        if consultant.flatten() != Some(from.into()) {
            let (zh, en) = (
                "其中有顾客不由这位顾问负责",
                "One of them isn't this consultant's customer",
            );
            return Err(field("/customer_ids", zh, en).into());
        }
        let row = (
            handover_customers::chain_id.eq(chain),
            handover_customers::handover_id.eq(Id::from(id)),
            handover_customers::customer_id.eq(Id::from(*customer)),
        );
        each!(tx.conn(), c => diesel::insert_into(handover_customers::table).values(row).execute(c)?);
    }
    Ok(())
}

/// Moves what was noted; answers how many customers and tasks.
fn hand(tx: &mut Tx<'_>, id: HandoverId, from: StaffId, to: StaffId) -> Result<(i64, i64)> {
    let chain = tx.chain();
    let customers = run!(tx.conn(), MoveCustomers, [to, chain, from, chain, id])?;
    let tasks = run!(tx.conn(), MoveTasks, [to, chain, from, chain, id])?;
    Ok((customers as i64, tasks as i64))
}

impl Engine {
    /// Hands customers over to another consultant.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`.
    pub async fn hand_over(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewHandover,
    ) -> Result<Written<Handover>, Refusal> {
        // Somebody's customers may be of any store.
        actor.require(Action::TaskManage, None)?;
        let reason = input::text(&new.reason, 200, "/reason")?;
        if new.from_staff_id == new.to_staff_id {
            return Err(field("/to_staff_id", "须交给另一位员工", "To somebody else"));
        }
        let mut chosen = new.customer_ids.clone();
        if let Some(chosen) = &mut chosen {
            chosen.sort_unstable();
            chosen.dedup();
            if !(1..=MOST).contains(&chosen.len()) {
                return Err(field("/customer_ids", "须选择 1–1000 位顾客", "1–1000 customers"));
            }
        }
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            check_staff(tx, new.to_staff_id, "/to_staff_id")?;
            let id: HandoverId = tx.new_id();
            let (from, to) = (new.from_staff_id, new.to_staff_id);
            if let Some(chosen) = &chosen {
                select(tx, id, from, chosen)?;
                run!(tx.conn(), TakeTasks, [id, chain, from, chain, id])?;
            } else {
                run!(tx.conn(), TakeAll, [id, chain, from])?;
                run!(tx.conn(), TakeAllTasks, [id, chain, from])?;
            }
            let (customers, tasks) = hand(tx, id, from, to)?;
            let row = Row {
                chain_id: chain.into(),
                id: id.into(),
                from_staff: from.into(),
                to_staff: to.into(),
                reason: reason.clone(),
                customers,
                tasks,
                made_by: tx.actor().staff.map(Id::from),
                made_at: tx.business_now().0,
                undone_by: None,
                undone_at: None,
            };
            each!(tx.conn(), c => diesel::insert_into(handovers::table).values(&row).execute(c)?);
            let detail = json!({ "from": from, "to": to, "customers": customers, "tasks": tasks });
            tx.audit("handover.make", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "handover.make", work).await?;
        self.written_handover(actor, answered)
    }

    /// Gives back what was handed over: customers that are still with whom they were given to, tasks that are still open there.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid` (who gave them has left); `in_use` if it was undone before.
    pub async fn undo_handover(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: HandoverId,
    ) -> Result<Written<Handover>, Refusal> {
        actor.require(Action::TaskManage, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let found = handovers::table.find((Id::from(tx.chain()), Id::from(id)));
            let row: Option<Row> = each!(tx.conn(), c => found.select(Row::as_select()).get_result(c).optional()?);
            let row = row.ok_or_else(not_found)?;
            if row.undone_at.is_some() {
                return Err(Refusal::new(Code::InUse, "已撤销过", "It was undone before").into());
            }
            check_staff(tx, row.from_staff.typed(), "/from_staff_id")?;
            let (customers, tasks) = hand(tx, id, row.to_staff.typed(), row.from_staff.typed())?;
            let undone = (
                handovers::undone_at.eq(Some(tx.business_now().0)),
                handovers::undone_by.eq(tx.actor().staff.map(Id::from)),
            );
            each!(tx.conn(), c => diesel::update(found).set(undone).execute(c)?);
            tx.audit("handover.undo", id.0, json!({ "customers": customers, "tasks": tasks }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "handover.undo", work).await?;
        self.written_handover(actor, answered)
    }

    fn written_handover(&self, actor: &Actor, answered: crate::store::Answered) -> Result<Written<Handover>, Refusal> {
        Written::read(answered, |id| {
            let found = handovers::table.find((Id::from(actor.chain), Id(id)));
            let row: Row = self.read(actor.chain, |conn| {
                Ok(each!(conn, c => found.select(Row::as_select()).get_result(c)?))
            })?;
            Ok(row.view())
        })
    }

    /// Handovers, the last one first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn handovers(&self, actor: &Actor, page: &PageArgs) -> Result<Page<Handover>, Refusal> {
        actor.require(Action::TaskManage, None)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows: Vec<Row> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => handovers::table
                .select(Row::as_select())
                .filter(handovers::chain_id.eq(Id::from(actor.chain)).and(handovers::id.lt(before)))
                .order(handovers::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        let views = rows.into_iter().map(Row::view).collect();
        Ok(Page::cut(views, limit, |handover| handover.id.to_string()))
    }
}
