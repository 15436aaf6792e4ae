//! What backups ask of the databases.

use super::Conn;
use super::dialect::Location;
use crate::error::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::path::Path;

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = Text)]
    told: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Copies a SQLite database as it is at one moment into a new file, and looks whether the copy is sound.
pub(crate) fn vacuum_into(from: &Path, to: &Path) -> Result<()> {
    let Conn::Sqlite(mut conn) = Location::Sqlite(from.to_owned()).connect()? else {
        return Err(Error::internal("not SQLite"));
    };
    diesel::sql_query("VACUUM INTO ?")
        .bind::<Text, _>(to.to_string_lossy().into_owned())
        .execute(&mut conn)?;
    let mut copy = SqliteConnection::establish(&to.to_string_lossy())?;
    let told: Vec<Told> =
        diesel::sql_query("SELECT quick_check AS told FROM pragma_quick_check").get_results(&mut copy)?;
    match told.as_slice() {
        [Told { told }] if told == "ok" => Ok(()),
        faults => {
            let faults: Vec<&str> = faults.iter().map(|fault| fault.told.as_str()).collect();
            Err(Error::internal(format!(
                "{} is damaged, and so is its copy: {}. Put an earlier backup in its place",
                from.display(),
                faults.join("; ")
            )))
        }
    }
}

/// Tables in the schema that the connection uses.
pub(crate) fn tables(location: &Location) -> Result<i64> {
    let Conn::Postgres(mut conn) = location.connect()? else {
        return Err(Error::internal("not PostgreSQL"));
    };
    let sql = "SELECT count(*) AS count FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace";
    Ok(diesel::sql_query(sql).get_result::<Count>(&mut conn)?.count)
}
