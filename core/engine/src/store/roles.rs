//! Under which role PostgreSQL lets requests read. Row-level security binds everybody but superusers, roles with
//! BYPASSRLS and who may act as the tables' owner beyond one chain: requests must be none of them.

use super::Conn;
use super::dialect;
use crate::each;
use crate::error::{Error, Result};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use std::time::Duration;

/// Reads and nothing else; owns nothing and can't log in. Roles belong to the whole cluster: databases share it, what it
/// may read is said in each.
const READER: &str = "cardea_reader";
/// Several servers that start at once run into each other over the role; one that may not create it asks once.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(25);

/// How requests' connections are kept to their chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Requests {
    /// SQLite: by their queries alone.
    ByQuery,
    /// Under [`READER`], with the tables found in this schema, quoted.
    AsReader { schema: String },
    /// Under the server's own role, which owns the tables, but is bound by their policies.
    AsOwner,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

#[derive(QueryableByName)]
struct Yes {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

impl Requests {
    /// Creates the readers' role where that is permitted, and lets it read the tables. After the migrations.
    ///
    /// # Errors
    /// Requests would see other chains' rows: the message says which role to create.
    pub fn set_up(conn: &mut Conn) -> Result<Self> {
        if !dialect::has_row_security(conn) {
            return Ok(Self::ByQuery);
        }
        let schema = text(conn, "SELECT quote_ident(current_schema()) AS line")?;
        let requests = if offer_reader(conn)? {
            grant(conn, &schema)?;
            Self::AsReader { schema }
        } else {
            tracing::warn!(
                "requests read as the owner of the tables, bound by their policies: this user can't become {READER}. \
                 An administrator should run: CREATE ROLE {READER} NOLOGIN; GRANT {READER} TO <this user>"
            );
            Self::AsOwner
        };
        requests.become_it(conn)?;
        let problem = unbound(conn, requests == Self::AsOwner);
        conn.batch("RESET ROLE; RESET search_path")?;
        match problem? {
            None => Ok(requests),
            Some(problem) => Err(Error::internal(problem)),
        }
    }

    /// To be done once with a connection, before its first request.
    ///
    /// # Errors
    /// The database fails.
    pub fn become_it(&self, conn: &mut Conn) -> Result<()> {
        match self {
            Self::ByQuery | Self::AsOwner => Ok(()),
            // "$user" in the search path would name another schema once the role has changed.
            Self::AsReader { schema } => conn.batch(&format!("SET search_path = {schema}; SET ROLE {READER}")),
        }
    }
}

/// Whether this session can become the reader, who is created if need be.
fn offer_reader(conn: &mut Conn) -> Result<bool> {
    let may_create = yes(
        conn,
        "SELECT rolsuper OR rolcreaterole AS yes FROM pg_roles WHERE rolname = current_user",
    )?;
    for attempt in 0..TRIES {
        if conn.batch(&format!("SET ROLE {READER}; RESET ROLE")).is_ok() {
            return Ok(true);
        }
        if !may_create {
            return Ok(false);
        }
        if attempt > 0 {
            std::thread::sleep(PAUSE);
        }
        // Either may fail because another server has just done it.
        for sql in [
            format!("CREATE ROLE {READER} NOLOGIN"),
            format!("GRANT {READER} TO CURRENT_USER"),
        ] {
            if let Err(e) = conn.batch(&sql) {
                tracing::debug!(error = %e, sql, "the readers' role");
            }
        }
    }
    Ok(false)
}

/// Only what is missing: a grant takes locks that readers of another server would wait for.
fn grant(conn: &mut Conn, schema: &str) -> Result<()> {
    let lacks_schema = format!("SELECT NOT has_schema_privilege('{READER}', current_schema(), 'USAGE') AS yes");
    if yes(conn, &lacks_schema)? {
        conn.batch(&format!("GRANT USAGE ON SCHEMA {schema} TO {READER}"))?;
    }
    let lacks_tables = format!(
        "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace \
         AND relkind IN ('r', 'p') AND NOT has_table_privilege('{READER}', oid, 'SELECT')) AS yes"
    );
    if yes(conn, &lacks_tables)? {
        conn.batch(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {READER}"))?;
    }
    Ok(())
}

/// Why the current role would see other chains' rows.
fn unbound(conn: &mut Conn, owner_will_do: bool) -> Result<Option<String>> {
    let exempt = "SELECT rolsuper OR rolbypassrls AS yes FROM pg_roles WHERE rolname = current_user";
    let owner =
        "SELECT pg_has_role(current_user, relowner, 'USAGE') AS yes FROM pg_class WHERE oid = 'chains'::regclass";
    let role = text(conn, "SELECT current_user::text AS line")?;
    let why = if yes(conn, exempt)? {
        "is a superuser or has BYPASSRLS"
    } else if !owner_will_do && yes(conn, owner)? {
        "may act as the owner of the tables"
    } else {
        return Ok(None);
    };
    Ok(Some(format!(
        "requests would read the database as {role}, which {why}, so that PostgreSQL couldn't keep chains apart. Run as \
         an administrator: CREATE ROLE {READER} NOLOGIN (or ALTER ROLE {READER} NOSUPERUSER NOBYPASSRLS, and revoke \
         the owner's role from it); GRANT {READER} TO the user of the database's URL"
    )))
}

fn yes(conn: &mut Conn, sql: &str) -> Result<bool> {
    let answer: Yes = each!(conn, c => diesel::sql_query(sql).get_result(c)?);
    Ok(answer.yes)
}

fn text(conn: &mut Conn, sql: &str) -> Result<String> {
    let answer: Line = each!(conn, c => diesel::sql_query(sql).get_result(c)?);
    Ok(answer.line)
}
