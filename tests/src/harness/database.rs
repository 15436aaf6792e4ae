//! A database per story. On PostgreSQL each is a copy of a template that is migrated once per run, and is dropped when
//! its story ends.

use super::{Backend, peers};
use cardea_engine::each;
use cardea_engine::store::{Conn, migrate};
use diesel::RunQueryDsl;
use std::path::Path;
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Nobody else's; on SQLite it lies in the data folder and goes with it.
pub struct TestDatabase {
    name: Option<String>,
}

impl TestDatabase {
    /// Empty, with the tables of today.
    pub fn new(backend: Backend) -> Self {
        let create = || {
            let name = next_name();
            maintain(&format!("CREATE DATABASE {name} TEMPLATE {}", template()));
            name
        };
        Self {
            name: (backend == Backend::Postgres).then(create),
        }
    }

    /// Without tables: for what a backup is restored into.
    pub fn without_tables(backend: Backend) -> Self {
        let create = || {
            let name = next_name();
            maintain(&format!("CREATE DATABASE {name}"));
            name
        };
        Self {
            name: (backend == Backend::Postgres).then(create),
        }
    }

    /// The setting `database`; none for the data folder's own.
    pub fn url(&self) -> Option<String> {
        self.name.as_deref().map(url)
    }

    /// Ends every session; new ones are let in.
    pub fn disconnect(&self) {
        maintain(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}' AND usename = current_user",
            self.server_name()
        ));
    }

    /// Ends every session and lets none in: the server is gone, as far as its clients can tell.
    pub fn cut(&self) {
        maintain(&format!(
            "ALTER DATABASE {} WITH ALLOW_CONNECTIONS false",
            self.server_name()
        ));
        self.disconnect();
    }

    pub fn mend(&self) {
        maintain(&format!(
            "ALTER DATABASE {} WITH ALLOW_CONNECTIONS true",
            self.server_name()
        ));
    }

    fn server_name(&self) -> &str {
        self.name.as_deref().expect("a database on a server")
    }

    /// Everything the tables hold, with bytes as they are wherever they could be read: what a search for something in
    /// clear has to look through. None for SQLite, whose files say it.
    pub fn dump(&self) -> Option<String> {
        let mut conn = connect(&self.url()?);
        let tables = "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'";
        conn.see_all_chains().expect("the owner's right");
        conn.batch("SET bytea_output = escape").expect("a setting");
        let tables = query(&mut conn, "", tables);
        let rows = tables
            .iter()
            .flat_map(|table| query(&mut conn, "", &format!("SELECT t::text AS line FROM \"{table}\" t")));
        Some(rows.collect::<Vec<_>>().join("\n"))
    }
}

fn next_name() -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    format!("cardea_{}_{}", process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

/// The column `line` of a query that each database writes in its own way.
pub fn query(conn: &mut Conn, sqlite: &str, postgres: &str) -> Vec<String> {
    let sql = match conn {
        Conn::Sqlite(_) => sqlite,
        Conn::Postgres(_) => postgres,
    };
    let lines: Vec<Line> = each!(conn, c => diesel::sql_query(sql).load(c)).unwrap_or_else(|e| panic!("{sql}: {e}"));
    lines.into_iter().map(|line| line.line).collect()
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // `WITH (FORCE)` would have to end the server's own cleaners too, and may not; without it they give way.
            self.disconnect();
            maintain(&format!("DROP DATABASE {name}"));
        }
    }
}

/// The peer's URL with another database in it: `postgres://role@host:port/DATABASE?options`.
fn url(database: &str) -> String {
    let url = peers::postgres().expect("asked for only where PostgreSQL is there");
    let (address, options) = url.split_once('?').unwrap_or((&url, ""));
    let (server, _) = address.rsplit_once('/').expect("a database in the URL");
    format!("{server}/{database}?{options}")
}

fn connect(url: &str) -> Conn {
    Conn::open(url, Path::new(".")).unwrap_or_else(|error| panic!("{url}: {error:#}"))
}

/// Runs a statement on the database that the peer's URL names.
pub fn maintain(sql: &str) {
    let url = peers::postgres().expect("asked for only where PostgreSQL is there");
    connect(&url)
        .batch(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error:#}"));
}

static TEMPLATE: OnceLock<String> = OnceLock::new();

/// The name of a database with all tables and nothing in them, made when first needed.
fn template() -> &'static str {
    TEMPLATE.get_or_init(|| {
        let name = format!("cardea_{}_template", process::id());
        maintain(&format!("CREATE DATABASE {name}"));
        migrate::up(&mut connect(&url(&name))).expect("the migrations run");
        name
    })
}

/// Drops the template, after the last test.
pub fn clean_up() {
    if let Some(name) = TEMPLATE.get() {
        maintain(&format!("DROP DATABASE {name}"));
    }
}
