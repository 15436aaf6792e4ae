//! Raw statements for the writer's hot path: one text for both databases, prepared once per connection.
//!
//! diesel never caches upserts and updates, and building a query costs more than running it; here the text is a
//! constant, the cache key is the statement's type, and only the values are walked.

use cardea_domain::id::*;
use cardea_domain::{Day, Instant};
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};
use std::marker::PhantomData;
use uuid::Uuid;

/// A statement with `?` for each value; each database gets its own placeholders.
pub trait Statement: 'static {
    const SQL: &'static str;
}

/// A statement that answers rows of these column types.
pub trait Fetch: Statement {
    type Columns;
}

/// One value.
#[derive(Clone, Debug)]
pub enum Bind<'a> {
    Id(Uuid),
    Int(i64),
    Small(i32),
    Bool(bool),
    Text(&'a str),
    Owned(String),
    Bytes(&'a [u8]),
    NullBytes,
    NullInt,
    NullSmall,
    NullText,
}

static NO_BYTES: Option<&'static [u8]> = None;
static NO_INT: Option<i64> = None;
static NO_SMALL: Option<i32> = None;
static NO_TEXT: Option<&'static str> = None;

/// A statement with its values.
pub struct Run<'a, S> {
    binds: &'a [Bind<'a>],
    statement: PhantomData<S>,
}

impl<'a, S> Run<'a, S> {
    pub fn new(binds: &'a [Bind<'a>]) -> Self {
        Self {
            binds,
            statement: PhantomData,
        }
    }
}

impl<S: Statement> QueryId for Run<'_, S> {
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Fetch> Query for Run<'_, S> {
    type SqlType = S::Columns;
}

impl<S, C> RunQueryDsl<C> for Run<'_, S> {}

impl<S, DB> QueryFragment<DB> for Run<'_, S>
where
    S: Statement,
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt> + HasSqlType<Integer> + HasSqlType<Bool> + HasSqlType<Text>,
    DB: HasSqlType<Nullable<Binary>> + HasSqlType<Nullable<BigInt>> + HasSqlType<Nullable<Integer>>,
    DB: HasSqlType<Nullable<Text>>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    bool: ToSql<Bool, DB>,
    str: ToSql<Text, DB>,
    Option<&'static [u8]>: ToSql<Nullable<Binary>, DB>,
    Option<i64>: ToSql<Nullable<BigInt>, DB>,
    Option<i32>: ToSql<Nullable<Integer>, DB>,
    Option<&'static str>: ToSql<Nullable<Text>, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut text = S::SQL.split('?');
        pass.push_sql(text.next().unwrap_or_default());
        for (bind, after) in self.binds.iter().zip(text) {
            match bind {
                Bind::Id(id) => pass.push_bind_param::<Binary, [u8]>(id.as_bytes())?,
                Bind::Int(n) => pass.push_bind_param::<BigInt, i64>(n)?,
                Bind::Small(n) => pass.push_bind_param::<Integer, i32>(n)?,
                Bind::Bool(b) => pass.push_bind_param::<Bool, bool>(b)?,
                Bind::Text(s) => pass.push_bind_param::<Text, str>(s)?,
                Bind::Owned(s) => pass.push_bind_param::<Text, str>(s)?,
                Bind::Bytes(b) => pass.push_bind_param::<Binary, [u8]>(b)?,
                Bind::NullBytes => pass.push_bind_param::<Nullable<Binary>, _>(&NO_BYTES)?,
                Bind::NullInt => pass.push_bind_param::<Nullable<BigInt>, _>(&NO_INT)?,
                Bind::NullSmall => pass.push_bind_param::<Nullable<Integer>, _>(&NO_SMALL)?,
                Bind::NullText => pass.push_bind_param::<Nullable<Text>, _>(&NO_TEXT)?,
            }
            pass.push_sql(after);
        }
        Ok(())
    }
}

/// Declares statements: `Name = "…";` or `Name -> (BigInt, Text) = "…";`.
macro_rules! statements {
    ($($name:ident $(-> $columns:ty)? = $sql:expr;)*) => {$(
        pub(crate) struct $name;
        impl $crate::store::statement::Statement for $name {
            const SQL: &'static str = $sql;
        }
        $(impl $crate::store::statement::Fetch for $name {
            type Columns = $columns;
        })?
    )*};
}
pub(crate) use statements;

/// Runs a declared statement: `run!(conn, Name, [a, b])`; answers the number of rows.
macro_rules! run {
    ($conn:expr, $statement:ty, [$($bind:expr),* $(,)?]) => {
        $crate::each!($conn, c => diesel::RunQueryDsl::execute(
            $crate::store::statement::Run::<$statement>::new(&[$($crate::store::statement::Bind::from($bind)),*]), c))
    };
}
pub(crate) use run;

/// Loads the rows of a declared statement: `fetch!(conn, Name, [a, b] => Row)`.
macro_rules! fetch {
    ($conn:expr, $statement:ty, [$($bind:expr),* $(,)?] => $row:ty) => {
        $crate::each!($conn, c => diesel::RunQueryDsl::load::<$row>(
            $crate::store::statement::Run::<$statement>::new(&[$($crate::store::statement::Bind::from($bind)),*]), c))
    };
}
pub(crate) use fetch;

macro_rules! bind_from {
    ($($from:ty, $value:ident => $bind:expr;)*) => {$(
        impl<'a> From<$from> for Bind<'a> {
            fn from($value: $from) -> Self {
                $bind
            }
        }
    )*};
}

bind_from! {
    Uuid, v => Bind::Id(v);
    i64, v => Bind::Int(v);
    i32, v => Bind::Small(v);
    bool, v => Bind::Bool(v);
    &'a str, v => Bind::Text(v);
    &'a String, v => Bind::Text(v);
    String, v => Bind::Owned(v);
    &'a [u8], v => Bind::Bytes(v);
    &'a [u8; 32], v => Bind::Bytes(v);
    Instant, v => Bind::Int(v.0);
    Day, v => Bind::Small(v.0);
    Option<Uuid>, v => v.map_or(Bind::NullBytes, Bind::Id);
    Option<i64>, v => v.map_or(Bind::NullInt, Bind::Int);
    Option<i32>, v => v.map_or(Bind::NullSmall, Bind::Small);
    Option<Instant>, v => v.map_or(Bind::NullInt, |i| Bind::Int(i.0));
    Option<Day>, v => v.map_or(Bind::NullSmall, |d| Bind::Small(d.0));
    Option<&'a str>, v => v.map_or(Bind::NullText, Bind::Text);
    Option<&'a [u8]>, v => v.map_or(Bind::NullBytes, Bind::Bytes);
}

macro_rules! bind_ids {
    ($($id:ident)*) => {$(
        impl From<$id> for Bind<'_> {
            fn from(id: $id) -> Self {
                Bind::Id(id.0)
            }
        }
        impl From<Option<$id>> for Bind<'_> {
            fn from(id: Option<$id>) -> Self {
                id.map_or(Bind::NullBytes, |id| Bind::Id(id.0))
            }
        }
    )*};
}
bind_ids!(ChainId RegionId StoreId StaffId SessionId CustomerId ProgramId ConfigurationId MembershipId CardId RewardId BillId EntryId LotId);
