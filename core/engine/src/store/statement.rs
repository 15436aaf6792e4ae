//! Raw statements for the writer's hot path: one text for both databases, prepared once per connection.
//!
//! diesel never caches upserts and updates, and building a query costs more than running it; here the text is a
//! constant, the cache key is the statement's type, and only the values are walked. Statements that list rows or keys
//! are prepared for a few lengths of the list.

use super::Conn;
use crate::each;
use cardea_domain::id::*;
use cardea_domain::{Day, Instant};
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Nullable, Text};
use std::iter;
use std::marker::PhantomData;
use uuid::Uuid;

/// A statement with `?` for each value; each database gets its own placeholders.
pub trait Statement: 'static {
    /// With `{}` where a list stands.
    const SQL: &'static str;
    /// What the list repeats; empty for a statement without one.
    const ITEM: &'static str = "";
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
    Hash([u8; 32]),
    NullBytes,
    NullInt,
    NullSmall,
    NullText,
}

static NO_BYTES: Option<&'static [u8]> = None;
static NO_INT: Option<i64> = None;
static NO_SMALL: Option<i32> = None;
static NO_TEXT: Option<&'static str> = None;

/// A statement with its values; `N` times what it lists.
pub struct Run<'a, S, const N: usize = 1> {
    binds: &'a [Bind<'a>],
    statement: PhantomData<S>,
}

/// The name under which a connection keeps a prepared statement.
pub struct Prepared<S, const N: usize>(PhantomData<S>);

impl<'a, S, const N: usize> Run<'a, S, N> {
    pub fn new(binds: &'a [Bind<'a>]) -> Self {
        Self {
            binds,
            statement: PhantomData,
        }
    }
}

impl<S: Statement, const N: usize> QueryId for Run<'_, S, N> {
    type QueryId = Prepared<S, N>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: Fetch, const N: usize> Query for Run<'_, S, N> {
    type SqlType = S::Columns;
}

impl<S, C, const N: usize> RunQueryDsl<C> for Run<'_, S, N> {}

impl<S, DB, const N: usize> QueryFragment<DB> for Run<'_, S, N>
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
        let (head, tail) = S::SQL.split_once("{}").unwrap_or((S::SQL, ""));
        let list = (0..N).flat_map(|n| [if n > 0 && !S::ITEM.is_empty() { ", " } else { "" }, S::ITEM]);
        let mut binds = self.binds.iter();
        for text in iter::once(head).chain(list).chain([tail]) {
            let mut pieces = text.split('?');
            pass.push_sql(pieces.next().unwrap_or_default());
            for piece in pieces {
                let missing = || diesel::result::Error::QueryBuilderError("a statement lacks a value".into());
                match binds.next().ok_or_else(missing)? {
                    Bind::Id(id) => pass.push_bind_param::<Binary, [u8]>(id.as_bytes())?,
                    Bind::Int(n) => pass.push_bind_param::<BigInt, i64>(n)?,
                    Bind::Small(n) => pass.push_bind_param::<Integer, i32>(n)?,
                    Bind::Bool(b) => pass.push_bind_param::<Bool, bool>(b)?,
                    Bind::Text(s) => pass.push_bind_param::<Text, str>(s)?,
                    Bind::Owned(s) => pass.push_bind_param::<Text, str>(s)?,
                    Bind::Bytes(b) => pass.push_bind_param::<Binary, [u8]>(b)?,
                    Bind::Hash(b) => pass.push_bind_param::<Binary, [u8]>(b.as_slice())?,
                    Bind::NullBytes => pass.push_bind_param::<Nullable<Binary>, _>(&NO_BYTES)?,
                    Bind::NullInt => pass.push_bind_param::<Nullable<BigInt>, _>(&NO_INT)?,
                    Bind::NullSmall => pass.push_bind_param::<Nullable<Integer>, _>(&NO_SMALL)?,
                    Bind::NullText => pass.push_bind_param::<Nullable<Text>, _>(&NO_TEXT)?,
                }
                pass.push_sql(piece);
            }
        }
        Ok(())
    }
}

/// Declares statements: `Name = "…";` or `Name -> (BigInt, Text) = "…";`; with a list, `Name = "… IN ({})" of "?";`.
macro_rules! statements {
    ($($name:ident $(-> $columns:ty)? = $sql:literal $(of $item:literal)?;)*) => {$(
        pub(crate) struct $name;
        impl $crate::store::statement::Statement for $name {
            const SQL: &'static str = $sql;
            $(const ITEM: &'static str = $item;)?
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

/// The longest list that a statement is prepared for; the others are half as long, and half again.
const MOST: usize = 64;

/// Runs a body for one length of a list: `each_length!(n, N => …)`.
macro_rules! each_length {
    ($length:expr, $n:ident => $body:expr) => {
        $crate::store::statement::each_length!(@ $length, $n, $body, 64 32 16 8 4 2)
    };
    (@ $length:expr, $n:ident, $body:expr, $($size:literal)*) => {
        match $length {
            $($size => {
                const $n: usize = $size;
                $body
            })*
            _ => {
                const $n: usize = 1;
                $body
            }
        }
    };
}

/// Rows that wait to be written with as few statements as possible.
pub(crate) struct Waiting<'a, S> {
    binds: Vec<Bind<'a>>,
    rows: usize,
    statement: PhantomData<S>,
}

impl<S> Default for Waiting<'_, S> {
    fn default() -> Self {
        Self {
            binds: Vec::new(),
            rows: 0,
            statement: PhantomData,
        }
    }
}

impl<'a, S: Statement> Waiting<'a, S> {
    pub fn add<const WIDTH: usize>(&mut self, row: [Bind<'a>; WIDTH]) {
        self.binds.extend(row);
        self.rows += 1;
    }

    /// Writes them; answers how many rows there were, and how many the database says have changed.
    pub fn write(self, conn: &mut Conn) -> QueryResult<(usize, usize)> {
        let rows = self.rows;
        let Some(width) = self.binds.len().checked_div(rows) else {
            return Ok((0, 0));
        };
        let (mut binds, mut changed, mut left) = (self.binds.as_slice(), 0, rows);
        while left > 0 {
            // The longest prepared length that isn't too long.
            let length = MOST.min(1 << left.ilog2());
            let (these, rest) = binds.split_at(length * width);
            changed += each_length!(length, N => each!(conn, c => Run::<S, N>::new(these).execute(c)))?;
            (binds, left) = (rest, left - length);
        }
        Ok((rows, changed))
    }
}

/// Loads the rows of a declared statement for a list, which comes last in it: `fetch_all!(conn, Name, [a, b], items =>
/// Row)`, where `items` is as for [`in_lists`].
macro_rules! fetch_all {
    ($conn:expr, $statement:ty, [$($bind:expr),* $(,)?], $items:expr => $row:ty) => {
        $crate::store::statement::in_lists($items, &[$($crate::store::statement::Bind::from($bind)),*], |length, binds| {
            $crate::store::statement::each_length!(length, N => $crate::each!($conn, c =>
                diesel::RunQueryDsl::load::<$row>($crate::store::statement::Run::<$statement, N>::new(binds), c)))
        })
    };
}
pub(crate) use {each_length, fetch_all};

/// Calls `load` with lists of a prepared length, filled up with the last item: where that answers a row twice, the
/// caller must not mind.
pub(crate) fn in_lists<'a, R, const WIDTH: usize>(
    items: &[[Bind<'a>; WIDTH]],
    before: &[Bind<'a>],
    mut load: impl FnMut(usize, &[Bind<'a>]) -> QueryResult<Vec<R>>,
) -> QueryResult<Vec<R>> {
    let mut rows = Vec::new();
    for these in items.chunks(MOST) {
        let length = these.len().next_power_of_two();
        let mut binds = before.to_vec();
        binds.extend(these.iter().flatten().cloned());
        for _ in these.len()..length {
            binds.extend(these.iter().last().into_iter().flatten().cloned());
        }
        rows.extend(load(length, &binds)?);
    }
    Ok(rows)
}

/// Ids as the items of a list.
pub(crate) fn ids<T: Copy + Into<Bind<'static>>>(ids: impl IntoIterator<Item = T>) -> Vec<[Bind<'static>; 1]> {
    ids.into_iter().map(|id| [id.into()]).collect()
}

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
    [u8; 32], v => Bind::Hash(v);
    Instant, v => Bind::Int(v.0);
    Day, v => Bind::Small(v.0);
    Option<Uuid>, v => v.map_or(Bind::NullBytes, Bind::Id);
    Option<i64>, v => v.map_or(Bind::NullInt, Bind::Int);
    Option<i32>, v => v.map_or(Bind::NullSmall, Bind::Small);
    Option<Instant>, v => v.map_or(Bind::NullInt, |i| Bind::Int(i.0));
    Option<Day>, v => v.map_or(Bind::NullSmall, |d| Bind::Small(d.0));
    Option<&'a str>, v => v.map_or(Bind::NullText, Bind::Text);
    Option<String>, v => v.map_or(Bind::NullText, Bind::Owned);
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
bind_ids!(ChainId RegionId StoreId StaffId SessionId CustomerId ProgramId ConfigurationId MembershipId CardId RewardId BillId EntryId LotId HandoverId TaskId TermsId
    VoucherId VoucherKindId CampaignId TagId SegmentId RenewalId
    MembershipMergeId HolderTransferId);
