//! What backups ask of the databases.

use super::dialect::Location;
use crate::each;
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
    let mut conn = Location::Sqlite(from.to_owned()).connect()?;
    let name = to.to_string_lossy().into_owned();
    each!(&mut conn, c => diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(name).execute(c)?);
    let mut copy = Location::Sqlite(to.to_owned()).connect()?;
    let check = "SELECT quick_check AS told FROM pragma_quick_check";
    let told: Vec<Told> = each!(&mut copy, c => diesel::sql_query(check).get_results(c)?);
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
    let mut conn = location.connect()?;
    let sql = "SELECT count(*) AS count FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace";
    let count: Count = each!(&mut conn, c => diesel::sql_query(sql).get_result(c)?);
    Ok(count.count)
}
