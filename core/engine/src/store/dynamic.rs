//! A query whose text is put together from parts: what people choose, such as the conditions of a segment. The parts are
//! texts of the program; what comes from outside is a value.

use super::statement::Bind;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Bool, HasSqlType, Integer, Text};
use std::marker::PhantomData;

/// SQL with `?` for each value, on its way to rows of these column types.
pub(crate) struct Dynamic<'a, Columns> {
    sql: &'a str,
    binds: &'a [Bind<'a>],
    columns: PhantomData<Columns>,
}

impl<'a, Columns> Dynamic<'a, Columns> {
    pub fn new(sql: &'a str, binds: &'a [Bind<'a>]) -> Self {
        Self {
            sql,
            binds,
            columns: PhantomData,
        }
    }
}

impl<Columns> QueryId for Dynamic<'_, Columns> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Columns> Query for Dynamic<'_, Columns> {
    type SqlType = Columns;
}

impl<Columns, C> RunQueryDsl<C> for Dynamic<'_, Columns> {}

impl<Columns, DB> QueryFragment<DB> for Dynamic<'_, Columns>
where
    DB: Backend + HasSqlType<Binary> + HasSqlType<BigInt> + HasSqlType<Integer> + HasSqlType<Bool> + HasSqlType<Text>,
    [u8]: ToSql<Binary, DB>,
    i64: ToSql<BigInt, DB>,
    i32: ToSql<Integer, DB>,
    bool: ToSql<Bool, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // Hardly any two are alike: keeping them prepared would only fill the connection.
        pass.unsafe_to_cache_prepared();
        let wrong = || diesel::result::Error::QueryBuilderError("a query lacks a value, or has an empty one".into());
        let mut binds = self.binds.iter();
        let mut pieces = self.sql.split('?');
        pass.push_sql(pieces.next().unwrap_or_default());
        for piece in pieces {
            match binds.next().ok_or_else(wrong)? {
                Bind::Id(id) => pass.push_bind_param::<Binary, [u8]>(id.as_bytes())?,
                Bind::Int(n) => pass.push_bind_param::<BigInt, i64>(n)?,
                Bind::Small(n) => pass.push_bind_param::<Integer, i32>(n)?,
                Bind::Bool(b) => pass.push_bind_param::<Bool, bool>(b)?,
                Bind::Text(s) => pass.push_bind_param::<Text, str>(s)?,
                Bind::Owned(s) => pass.push_bind_param::<Text, str>(s)?,
                Bind::Bytes(b) => pass.push_bind_param::<Binary, [u8]>(b)?,
                Bind::Hash(b) => pass.push_bind_param::<Binary, [u8]>(b.as_slice())?,
                Bind::NullBytes | Bind::NullInt | Bind::NullSmall | Bind::NullText => return Err(wrong()),
            }
            pass.push_sql(piece);
        }
        Ok(())
    }
}
