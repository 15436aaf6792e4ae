//! Moving tasks: to another day, to somebody else, to another place in the round.

use super::Task;
use super::row;
use super::write::{check_staff, open};
use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, clearable, field};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use cardea_domain::id::*;
use cardea_domain::task::TaskKind;
use cardea_domain::{Day, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskChange {
    pub kind: Option<TaskKind>,
    #[schema(min_length = 1, max_length = 200)]
    pub title: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Day>,
    /// null: nobody.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<Option<StaffId>>,
}

/// A day's round: the tasks in the order in which they are done.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskOrder {
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 200)]
    pub task_ids: Vec<TaskId>,
}

impl Engine {
    /// Changes an open task that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `version_conflict`; `in_use` once it has ended.
    pub async fn update_task(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: TaskId,
        version: i64,
        change: TaskChange,
    ) -> Result<Written<Task>, Refusal> {
        actor.scope(Action::TaskWrite)?;
        let title = change
            .title
            .as_deref()
            .map(|title| input::text(title, 200, "/title"))
            .transpose()?;
        let keys = self.keys().chain(actor.chain);
        let work = move |tx: &mut Tx<'_>| {
            let (mut task, customer) = open(tx, id)?;
            check_version(task.version, version)?;
            if let Some(staff) = change.staff_id {
                let to = staff.map(Id::from);
                if to != task.staff_id && to != tx.actor().staff.map(Id::from) {
                    tx.actor()
                        .require(Action::TaskManage, Some(customer.store_id.typed()))?;
                }
                if let Some(staff) = staff {
                    check_staff(tx, staff, "/staff_id")?;
                }
                task.staff_id = to;
            }
            task.due_on = change.due_on.map_or(task.due_on, |day| day.0);
            task.kind = change.kind.map_or(task.kind, Name);
            if let (Some(title), Some(key)) = (&title, customer.person(&keys)?) {
                let mut texts = task.texts(Some(&key))?;
                texts.title.clone_from(title);
                task.texts = texts.seal(&key, task.id)?;
            }
            task.version += 1;
            row::save(tx.conn(), &task)?;
            let detail = json!({ "due_on": change.due_on, "staff_id": change.staff_id, "kind": change.kind });
            tx.audit("task.update", id.0, detail);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "task.update", work).await?;
        self.written_task(actor, answered)
    }

    /// Sets the order of a round: each task gets its place.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `in_use` for one that has ended.
    pub async fn order_tasks(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        order: TaskOrder,
    ) -> Result<(), Refusal> {
        actor.scope(Action::TaskWrite)?;
        if !(1..=200).contains(&order.task_ids.len()) {
            return Err(field("/task_ids", "须有 1–200 个任务", "1–200 tasks"));
        }
        let work = move |tx: &mut Tx<'_>| {
            for (place, id) in (1..).zip(&order.task_ids) {
                let (mut task, _) = open(tx, *id)?;
                task.route = Some(place);
                task.version += 1;
                row::save(tx.conn(), &task)?;
            }
            tx.audit("task.order", tx.chain().0, json!({ "tasks": order.task_ids.len() }));
            Ok(Answer::no_content())
        };
        self.transact(actor, key, "task.order", work).await?;
        Ok(())
    }
}
