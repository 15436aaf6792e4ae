//! Making tasks and ending them.

use super::Task;
use super::row::{self, Draft, TaskRow};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer, find_living_customer};
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, field, not_found};
use crate::journal::{Told, tell};
use crate::keys::ChainKeys;
use crate::store::schema::staff;
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use cardea_domain::id::*;
use cardea_domain::task::{TaskKind, TaskSource, TaskState};
use cardea_domain::{Code, Day, Refusal};
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// A task by hand.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    #[serde(default)]
    pub kind: TaskKind,
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    /// Absent: the customer's consultant, else who writes it.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
}

/// What came of a task.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndedTask {
    #[schema(min_length = 1, max_length = 2000)]
    pub outcome: String,
    /// Code of the category of the journal's entry; `service_visit` if absent.
    pub category: Option<String>,
    /// Makes the next task, until this day.
    #[schema(value_type = Option<String>, format = Date)]
    pub next_on: Option<Day>,
    /// What the next task is; as this one if absent.
    #[schema(min_length = 1, max_length = 200)]
    pub next_title: Option<String>,
}

/// Why a task isn't done.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DroppedTask {
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// # Errors
/// `field_invalid` for nobody who works here.
pub(super) fn check_staff(tx: &mut Tx<'_>, id: StaffId, pointer: &str) -> Result<()> {
    let row = staff::table.find((Id::from(tx.chain()), Id::from(id)));
    let active = each!(tx.conn(), c => row.select(staff::active).get_result::<bool>(c).optional()?);
    if active != Some(true) {
        return Err(field(pointer, "没有这位在职员工", "There is no such staff member at work").into());
    }
    Ok(())
}

/// Others' tasks are moved and ended by who manages them.
pub(super) fn check_theirs(actor: &Actor, task: &TaskRow, store: StoreId) -> Result<(), Refusal> {
    let own = task.staff_id.is_none() || task.staff_id == actor.staff.map(Id::from);
    if own {
        actor.require(Action::TaskWrite, Some(store))
    } else {
        actor.require(Action::TaskManage, Some(store))
    }
}

/// A task of which something is to change, with its customer.
pub(super) fn open(tx: &mut Tx<'_>, id: TaskId) -> Result<(TaskRow, CustomerRow)> {
    let chain = tx.chain();
    let task = row::find(tx.conn(), chain, id)?.ok_or_else(not_found)?;
    let customer = find_customer(tx.conn(), chain, task.customer_id.typed())?.ok_or_else(not_found)?;
    check_theirs(tx.actor(), &task, customer.store_id.typed())?;
    if task.state.0 != TaskState::Open {
        return Err(Refusal::new(Code::InUse, "任务已结束", "The task has ended already").into());
    }
    Ok((task, customer))
}

/// Ends a task with what is to be remembered of it.
fn end(
    tx: &mut Tx<'_>,
    keys: &ChainKeys,
    mut task: TaskRow,
    customer: &CustomerRow,
    state: TaskState,
    outcome: String,
) -> Result<()> {
    let key = customer.person(keys)?.ok_or_else(input::erased)?;
    let mut texts = task.texts(Some(&key))?;
    texts.outcome = Some(outcome);
    task.texts = texts.seal(&key, task.id)?;
    task.state = Name(state);
    task.ended_at = Some(tx.business_now().0);
    task.ended_by = tx.actor().staff.map(Id::from);
    task.version += 1;
    row::save(tx.conn(), &task)
}

impl EndedTask {
    fn check(self) -> Result<Self, Refusal> {
        let next_title = self.next_title.as_deref();
        let next_title = next_title
            .map(|title| input::text(title, 200, "/next_title"))
            .transpose()?;
        if next_title.is_some() && self.next_on.is_none() {
            return Err(field("/next_on", "请填写下次日期", "Say until when the next one is"));
        }
        Ok(Self {
            outcome: input::lines(&self.outcome, 2000, "/outcome")?,
            next_title,
            ..self
        })
    }

    /// The entry, and the task that follows.
    fn follow(&self, tx: &mut Tx<'_>, keys: &ChainKeys, task: &TaskRow, customer: &CustomerRow) -> Result<JournalId> {
        let key = customer.person(keys)?.ok_or_else(input::erased)?;
        let title = task.texts(Some(&key))?.title;
        let told = Told {
            category: self.category.clone(),
            description: self.outcome.clone(),
            summary: Some(title.clone()),
        };
        let entry = tell(tx, keys, customer, told)?.ok_or_else(not_found)?;
        if let Some(due_on) = self.next_on {
            let draft = Draft {
                staff: task.staff_id.map(Id::typed),
                kind: task.kind.0,
                due_on,
                title: self.next_title.clone().unwrap_or(title),
                source: TaskSource::Outcome,
                source_key: None,
            };
            row::make(tx, keys, customer, draft)?;
        }
        Ok(entry)
    }
}

impl Engine {
    /// Makes a task by hand.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`.
    pub async fn create_task(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewTask,
    ) -> Result<Written<Task>, Refusal> {
        actor.scope(Action::TaskWrite)?;
        let (title, keys) = (input::text(&new.title, 200, "/title")?, self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let nobody = || field("/customer_id", "没有这位顾客", "There is no such customer");
            let customer = find_living_customer(tx.conn(), chain, new.customer_id)?.ok_or_else(nobody)?;
            let store = Some(customer.store_id.typed());
            tx.actor().require(Action::TaskWrite, store)?;
            let own = tx.actor().staff;
            let staff = new.staff_id.or(customer.consultant_id.map(Id::typed)).or(own);
            if new.staff_id.is_some() && new.staff_id != own {
                tx.actor().require(Action::TaskManage, store)?;
            }
            if let Some(staff) = new.staff_id {
                check_staff(tx, staff, "/staff_id")?;
            }
            let draft = Draft {
                staff,
                kind: new.kind,
                due_on: new.due_on,
                title: title.clone(),
                source: TaskSource::Hand,
                source_key: None,
            };
            let id = row::make(tx, &keys, &customer, draft)?.ok_or_else(nobody)?;
            let detail = json!({ "customer_id": new.customer_id, "kind": new.kind, "due_on": new.due_on });
            tx.audit("task.create", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "task.create", work).await?;
        self.written_task(actor, answered)
    }

    /// Ends a task; what came of it stands in the customer's journal.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`, `version_conflict`; `in_use` once it has ended.
    pub async fn complete_task(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: TaskId,
        version: i64,
        ended: EndedTask,
    ) -> Result<Written<Task>, Refusal> {
        actor.scope(Action::TaskWrite)?;
        let (ended, keys) = (ended.check()?, self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let (mut task, customer) = open(tx, id)?;
            check_version(task.version, version)?;
            let entry = ended.follow(tx, &keys, &task, &customer)?;
            task.journal_id = Some(entry.into());
            end(tx, &keys, task, &customer, TaskState::Done, ended.outcome.clone())?;
            tx.audit(
                "task.complete",
                id.0,
                json!({ "journal_id": entry, "next_on": ended.next_on }),
            );
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "task.complete", work).await?;
        self.written_task(actor, answered)
    }

    /// Drops a task, with the reason.
    ///
    /// # Errors
    /// As [`Engine::complete_task`].
    pub async fn drop_task(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: TaskId,
        version: i64,
        dropped: DroppedTask,
    ) -> Result<Written<Task>, Refusal> {
        actor.scope(Action::TaskWrite)?;
        let (reason, keys) = (
            input::text(&dropped.reason, 200, "/reason")?,
            self.keys().chain(actor.chain),
        );
        let work = move |tx: &mut Tx<'_>| {
            let (task, customer) = open(tx, id)?;
            check_version(task.version, version)?;
            end(tx, &keys, task, &customer, TaskState::Dropped, reason.clone())?;
            tx.audit("task.drop", id.0, json!({}));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "task.drop", work).await?;
        self.written_task(actor, answered)
    }

    pub(super) fn written_task(
        &self,
        actor: &Actor,
        answered: crate::store::Answered,
    ) -> Result<Written<Task>, Refusal> {
        let chain = actor.chain;
        Written::read(answered, |id| {
            let row = self.read(chain, |conn| row::find(conn, chain, TaskId(id)))?;
            self.task_view(chain, row.ok_or_else(not_found)?)
        })
    }
}
