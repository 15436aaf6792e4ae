//! Plain resources: rows that people list, read, create, change and archive, each change a new version of the row. What
//! is the same for all of them stands here, once; a subject adds its documents, its columns and its rules.
//!
//! The SQL is that of [`versioned!`] and [`listed!`] below, with the subject's table in it.

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, check_version, not_found};
use crate::page::{Page, PageArgs};
use crate::store::{Answer, Answered, Conn, Id, Tx};
use cardea_domain::id::{ChainId, StoreId};
use cardea_domain::{Instant, Refusal};
use serde::Serialize;
use serde_json::{Value, json};
use std::future::{Future, ready};
use uuid::Uuid;

/// A row with a version, as a table holds it; [`versioned!`] implements it.
pub trait VersionedRow: Clone + Send + 'static {
    /// Names in the audit log: `region.create`, `region.update`.
    const CREATE: &'static str;
    const UPDATE: &'static str;
    /// Topics of the outbox: `region.created`, `region.changed`.
    const CREATED: &'static str;
    const CHANGED: &'static str;

    fn id(&self) -> Uuid;
    fn version(&self) -> i64;
    /// False: archived. It stays where it is named, and nothing new may name it.
    fn active(&self) -> bool;
    /// The row of a draft.
    fn begin(&mut self, id: Id, now: Instant);
    fn set_version(&mut self, version: i64);
    /// # Errors
    /// The database fails.
    fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<Self>>;
    /// # Errors
    /// The database fails.
    fn insert(&self, conn: &mut Conn) -> Result<()>;
    /// Saves it over the version before; false if somebody else has changed that meanwhile.
    ///
    /// # Errors
    /// The database fails.
    fn save(&self, conn: &mut Conn) -> Result<bool>;
}

/// What is asked for in a list, with the page.
pub trait Listed {
    fn page(&self) -> PageArgs;
}

/// A document that stands for one row: what is answered. Beside it what creates and what changes it, and the rules.
pub trait Resource: Serialize + Sized + Send + 'static {
    type Row: VersionedRow;
    type New: Send;
    type Change: Send + 'static;
    type Filter: Listed + Send;

    const READ: Action;
    const WRITE: Action;

    /// For the ETag.
    fn version(&self) -> i64;

    /// Checks what was sent and makes a row of it; id and instant come in the transaction.
    fn draft(engine: &Engine, actor: &Actor, new: Self::New)
    -> impl Future<Output = Result<Self::Row, Refusal>> + Send;

    /// What a change needs that takes time, before the transaction.
    fn prepare(
        _engine: &Engine,
        _actor: &Actor,
        _id: Uuid,
        change: Self::Change,
    ) -> impl Future<Output = Result<Self::Change, Refusal>> + Send {
        ready(Ok(change))
    }

    /// Checks a change's fields and writes them into the row.
    ///
    /// # Errors
    /// `field_invalid`.
    fn apply(row: &mut Self::Row, change: &Self::Change) -> Result<(), Refusal>;

    /// Whether the row may be saved as it is now: what it names exists, its code is free. `before` is None for a new one.
    ///
    /// # Errors
    /// The subject's refusals.
    fn check(tx: &mut Tx<'_>, row: &Self::Row, before: Option<&Self::Row>) -> Result<()>;

    /// An answer in place of the write, where others have to agree to it first.
    ///
    /// # Errors
    /// As [`crate::Error`].
    fn hold(_tx: &mut Tx<'_>, _row: &Self::Row, _before: Option<&Self::Row>) -> Result<Option<Answer>> {
        Ok(None)
    }

    /// Whether it may be archived: nothing in use names it.
    ///
    /// # Errors
    /// `in_use`.
    fn check_unused(_conn: &mut Conn, _row: &Self::Row) -> Result<()> {
        Ok(())
    }

    /// What else a change does, in its transaction.
    ///
    /// # Errors
    /// The database fails.
    fn follow(_tx: &mut Tx<'_>, _row: &Self::Row, _before: &Self::Row) -> Result<()> {
        Ok(())
    }

    /// The store whose people may write it; None: the whole chain's.
    fn place(_row: &Self::Row) -> Option<StoreId> {
        None
    }

    /// Whether a reader who may read some may read this one.
    fn visible(&self, _actor: &Actor) -> Result<bool, Refusal> {
        Ok(true)
    }

    /// What the audit log says of a new or changed row.
    fn detail(row: &Self::Row, before: Option<&Self::Row>) -> Value;

    fn view(row: Self::Row) -> Self;

    /// Rows after an id, in the order of ids.
    ///
    /// # Errors
    /// The database fails; `forbidden`.
    fn rows(conn: &mut Conn, actor: &Actor, filter: &Self::Filter, after: Id, limit: i64) -> Result<Vec<Self::Row>>;
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid`, `already_exists` (code, user).
    pub async fn create<R: Resource>(
        &self,
        actor: &Actor,
        key: Option<crate::store::IdempotencyKey>,
        new: R::New,
    ) -> Result<Written<R>, Refusal> {
        actor.scope(R::WRITE)?;
        let draft = R::draft(self, actor, new).await?;
        actor.require(R::WRITE, R::place(&draft))?;
        let work = move |tx: &mut Tx<'_>| {
            let (mut row, now) = (draft.clone(), tx.now());
            row.begin(tx.new_id(), now);
            R::check(tx, &row, None)?;
            if let Some(waits) = R::hold(tx, &row, None)? {
                return Ok(waits);
            }
            row.insert(tx.conn())?;
            tx.audit(R::Row::CREATE, row.id(), R::detail(&row, None));
            tx.publish(R::Row::CREATED, json!({ "id": row.id() }));
            Answer::created(&Stored::of(row.id()))
        };
        let answered = self.transact(actor, key, R::Row::CREATE, work).await?;
        self.as_written(actor, answered)
    }

    /// Changes a row that the client saw at `version`; a change to `active: false` archives it.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`, `in_use`.
    pub async fn update<R: Resource>(
        &self,
        actor: &Actor,
        key: Option<crate::store::IdempotencyKey>,
        id: impl Into<Id>,
        version: i64,
        change: R::Change,
    ) -> Result<Written<R>, Refusal> {
        actor.scope(R::WRITE)?;
        let id = id.into();
        let change = R::prepare(self, actor, id.0, change).await?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = R::Row::find(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            tx.actor().require(R::WRITE, R::place(&before))?;
            check_version(before.version(), version)?;
            let mut row = before.clone();
            R::apply(&mut row, &change)?;
            row.set_version(version + 1);
            if before.active() && !row.active() {
                R::check_unused(tx.conn(), &row)?;
            }
            R::check(tx, &row, Some(&before))?;
            if let Some(waits) = R::hold(tx, &row, Some(&before))? {
                return Ok(waits);
            }
            if !row.save(tx.conn())? {
                check_version(version + 1, version)?;
            }
            R::follow(tx, &row, &before)?;
            tx.audit(R::Row::UPDATE, row.id(), R::detail(&row, Some(&before)));
            tx.publish(R::Row::CHANGED, json!({ "id": row.id(), "version": row.version() }));
            Answer::ok(&Stored::of(row.id()))
        };
        let answered = self.transact(actor, key, R::Row::UPDATE, work).await?;
        // Whoever is logged in may have been changed.
        self.identity().sessions.forget_all();
        self.as_written(actor, answered)
    }

    /// One row's document.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn one<R: Resource>(&self, actor: &Actor, id: impl Into<Id>) -> Result<R, Refusal> {
        actor.scope(R::READ)?;
        let document = self.document::<R>(actor.chain, id.into())?;
        if document.visible(actor)? {
            Ok(document)
        } else {
            Err(not_found())
        }
    }

    /// A row's document; checks no permission.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) fn document<R: Resource>(&self, chain: ChainId, id: Id) -> Result<R> {
        let row = self.read(chain, |conn| R::Row::find(conn, chain, id))?;
        Ok(R::view(row.ok_or_else(not_found)?))
    }

    pub(crate) fn as_written<R: Resource>(&self, actor: &Actor, answered: Answered) -> Result<Written<R>, Refusal> {
        Written::read(answered, |id| self.document(actor.chain, Id(id)))
    }

    /// Rows' documents, oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn list<R: Resource>(&self, actor: &Actor, filter: &R::Filter) -> Result<Page<R>, Refusal> {
        actor.scope(R::READ)?;
        let page = filter.page();
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let rows = self.read(actor.chain, |conn| {
            R::rows(conn, actor, filter, after, limit as i64 + 1)
        })?;
        Ok(Page::cut(rows, limit, |row| row.id().to_string()).map(R::view))
    }
}

/// The SQL of one versioned row: `versioned!(Row of regions as "region")`; with `born created_at`, when it was created
/// stands in that column.
macro_rules! versioned {
    ($row:ident of $table:ident as $name:literal $(, born $born:ident)?) => {
        impl $crate::resource::VersionedRow for $row {
            const CREATE: &'static str = concat!($name, ".create");
            const UPDATE: &'static str = concat!($name, ".update");
            const CREATED: &'static str = concat!($name, ".created");
            const CHANGED: &'static str = concat!($name, ".changed");

            fn id(&self) -> ::uuid::Uuid {
                self.id.0
            }

            fn version(&self) -> i64 {
                self.version
            }

            fn active(&self) -> bool {
                self.active
            }

            fn begin(&mut self, id: $crate::store::Id, _now: ::cardea_domain::Instant) {
                self.id = id;
                $(self.$born = _now.0;)?
            }

            fn set_version(&mut self, version: i64) {
                self.version = version;
            }

            fn find(
                conn: &mut $crate::store::Conn,
                chain: ::cardea_domain::id::ChainId,
                id: $crate::store::Id,
            ) -> $crate::Result<Option<Self>> {
                let row = $table::table.find(($crate::store::Id::from(chain), id));
                Ok($crate::each!(conn, c => row.select(Self::as_select()).get_result(c).optional()?))
            }

            fn insert(&self, conn: &mut $crate::store::Conn) -> $crate::Result<()> {
                $crate::each!(conn, c => diesel::insert_into($table::table).values(self).execute(c)?);
                Ok(())
            }

            fn save(&self, conn: &mut $crate::store::Conn) -> $crate::Result<bool> {
                let before = $table::table.find((self.chain_id, self.id)).filter($table::version.eq(self.version - 1));
                Ok($crate::each!(conn, c => diesel::update(before).set(self).execute(c)?) == 1)
            }
        }
    };
}

/// A page of a chain's rows after an id, with the subject's own filters:
/// `listed!(conn, regions: Row, chain, after, limit, [filter, …])`.
macro_rules! listed {
    ($conn:expr, $table:ident: $row:ident, $chain:expr, $after:expr, $limit:expr, [$($filter:expr),* $(,)?]) => {
        $crate::each!($conn, c => $table::table
            .select(<$row>::as_select())
            .filter($table::chain_id.eq($crate::store::Id::from($chain)).and($table::id.gt($after)))
            $(.filter($filter))*
            .order($table::id)
            .limit($limit)
            .load(c)?)
    };
}

/// A filter that holds for every row where nothing is asked for.
macro_rules! wanted {
    ($asked:expr, $condition:expr) => {
        $asked.is_none().into_sql::<::diesel::sql_types::Bool>().or($condition)
    };
}

/// How many of a chain's rows meet a condition: `counted!(conn, regions, chain, regions::code.eq(code))`.
macro_rules! counted {
    ($conn:expr, $table:ident, $chain:expr, $condition:expr) => {{
        let own = $table::table.filter($table::chain_id.eq($crate::store::Id::from($chain)));
        $crate::each!($conn, c => own.filter($condition).count().get_result::<i64>(c)?)
    }};
}

pub(crate) use {counted, listed, versioned, wanted};
