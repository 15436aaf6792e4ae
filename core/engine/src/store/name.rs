//! Enums as the tables hold them: by the one name they have everywhere.

use cardea_domain::Named;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use std::fmt::Debug;

/// An enum on its way to or from a column of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Text)]
pub struct Name<T: Debug>(pub T);

impl<T: Named + Debug, DB: Backend> ToSql<Text, DB> for Name<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        <str as ToSql<Text, DB>>::to_sql(self.0.name(), out)
    }
}

impl<T: Named + Debug, DB: Backend> FromSql<Text, DB> for Name<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let name = <String as FromSql<Text, DB>>::from_sql(bytes)?;
        Ok(Self(name.parse()?))
    }
}
