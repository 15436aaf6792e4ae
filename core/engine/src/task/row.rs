//! The `tasks` table.

use super::Task;
use crate::archive::{CustomerBrief, CustomerRow};
use crate::each;
use crate::error::{Error, Result};
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::tasks;
use crate::store::{Conn, Id, Name, Tx};
use cardea_domain::id::{ChainId, CustomerId, StaffId, TaskId};
use cardea_domain::task::{TaskKind, TaskSource, TaskState, TaskWhen};
use cardea_domain::{Day, Instant};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tasks, treat_none_as_null = true)]
pub(crate) struct TaskRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub staff_id: Option<Id>,
    pub kind: Name<TaskKind>,
    pub due_on: i32,
    pub route: Option<i32>,
    pub source: Name<TaskSource>,
    pub source_key: Option<String>,
    pub texts: Vec<u8>,
    pub state: Name<TaskState>,
    pub ended_at: Option<i64>,
    pub ended_by: Option<Id>,
    pub journal_id: Option<Id>,
    pub created_by: Option<Id>,
    pub created_at: i64,
    pub version: i64,
}

/// What people wrote: the document that is sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Texts {
    pub title: String,
    pub outcome: Option<String>,
}

/// Bound to the task: moved to another row, it doesn't open.
pub(crate) fn purpose(task: Id) -> Vec<u8> {
    [b"task/".as_slice(), task.0.as_bytes()].concat()
}

impl Texts {
    pub fn seal(&self, key: &PersonKey, task: Id) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(&purpose(task), &document).map_err(Error::internal)
    }
}

/// A task to write.
pub(crate) struct Draft {
    pub staff: Option<StaffId>,
    pub kind: TaskKind,
    pub due_on: Day,
    pub title: String,
    pub source: TaskSource,
    /// What it is made for: a second one for the same isn't made.
    pub source_key: Option<String>,
}

/// Writes a task for a customer; None if there is one for the same source, or if the customer was erased.
pub(crate) fn make(tx: &mut Tx<'_>, keys: &ChainKeys, customer: &CustomerRow, draft: Draft) -> Result<Option<TaskId>> {
    let chain = Id::from(tx.chain());
    if let Some(key) = &draft.source_key {
        let same = tasks::table.filter(tasks::chain_id.eq(chain).and(tasks::source_key.eq(key)));
        if each!(tx.conn(), c => same.count().get_result::<i64>(c)?) > 0 {
            return Ok(None);
        }
    }
    let Some(key) = customer.person(keys)? else {
        return Ok(None);
    };
    let id: TaskId = tx.new_id();
    let texts = Texts {
        title: draft.title,
        outcome: None,
    };
    let row = TaskRow {
        chain_id: chain,
        id: id.into(),
        customer_id: customer.id,
        staff_id: draft.staff.map(Id::from),
        kind: Name(draft.kind),
        due_on: draft.due_on.0,
        route: None,
        source: Name(draft.source),
        source_key: draft.source_key,
        texts: texts.seal(&key, id.into())?,
        state: Name(TaskState::Open),
        ended_at: None,
        ended_by: None,
        journal_id: None,
        created_by: tx.actor().staff.map(Id::from),
        created_at: tx.business_now().0,
        version: 1,
    };
    each!(tx.conn(), c => diesel::insert_into(tasks::table).values(&row).execute(c)?);
    Ok(Some(id))
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: TaskId) -> Result<Option<TaskRow>> {
    let row = tasks::table.find((Id::from(chain), Id::from(id)));
    Ok(each!(conn, c => row.select(TaskRow::as_select()).get_result(c).optional()?))
}

/// A customer's tasks in any state, the oldest first.
pub(super) fn of_customer(
    conn: &mut Conn,
    chain: ChainId,
    customer: CustomerId,
    after: Id,
    limit: i64,
) -> Result<Vec<TaskRow>> {
    Ok(each!(conn, c => tasks::table
        .select(TaskRow::as_select())
        .filter(tasks::chain_id.eq(Id::from(chain)).and(tasks::customer_id.eq(Id::from(customer))))
        .filter(tasks::id.gt(after))
        .order(tasks::id)
        .limit(limit)
        .load(c)?))
}

pub(super) fn save(conn: &mut Conn, row: &TaskRow) -> Result<()> {
    let found = tasks::table.find((row.chain_id, row.id));
    each!(conn, c => diesel::update(found).set(row).execute(c)?);
    Ok(())
}

/// What erasure takes of a customer's tasks: the texts; what is still open isn't done any more.
pub(crate) fn erase(conn: &mut Conn, customer: &CustomerRow) -> Result<()> {
    let own = tasks::chain_id
        .eq(customer.chain_id)
        .and(tasks::customer_id.eq(customer.id));
    let open = tasks::table.filter(own.and(tasks::state.eq(TaskState::Open.as_str())));
    each!(conn, c => {
        diesel::update(open).set(tasks::state.eq(TaskState::Dropped.as_str())).execute(c)?;
        diesel::update(tasks::table.filter(own)).set(tasks::texts.eq(Vec::<u8>::new())).execute(c)?;
    });
    Ok(())
}

impl TaskRow {
    pub fn texts(&self, key: Option<&PersonKey>) -> Result<Texts> {
        let Some(key) = key else {
            return Ok(Texts::default());
        };
        let document = key.open_as(&purpose(self.id), &self.texts).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    pub fn view(self, key: Option<&PersonKey>, customer: Option<CustomerBrief>, today: Day) -> Result<Task> {
        let texts = self.texts(key)?;
        let open = self.state.0 == TaskState::Open;
        Ok(Task {
            id: self.id.typed(),
            customer_id: self.customer_id.typed(),
            customer: customer.as_ref().map(|customer| customer.display.clone()),
            phone: customer.and_then(|customer| customer.phone_masked),
            staff_id: self.staff_id.map(Id::typed),
            kind: self.kind.0,
            title: texts.title,
            due_on: Day(self.due_on),
            when: open.then(|| TaskWhen::of(Day(self.due_on), today)),
            route: self.route,
            source: self.source.0,
            state: self.state.0,
            outcome: texts.outcome,
            journal_id: self.journal_id.map(Id::typed),
            ended_at: self.ended_at.map(Instant),
            created_at: Instant(self.created_at),
            version: self.version,
        })
    }
}
