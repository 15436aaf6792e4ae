//! The limit on SQLite: one thread that does nothing but run the statements of sales, as many per transaction as the
//! server had, through rusqlite, with the same pragmas.

use super::recorded::{self, Statement};
use super::shop::Shop;
use cardea_tests::harness::{Backend, DATA};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A value of a recorded write.
enum Part {
    Same(Value),
    /// The n-th id that was new with it.
    New(usize),
    /// The receipt or the key.
    Named,
}

/// What the writer's transaction did for one command, without the head of the audit log's lane, which moves once per batch.
pub struct Write {
    statements: Vec<(String, Vec<Part>)>,
    new: usize,
}

/// A database with recorded writes to run again.
pub struct Raw {
    conn: Connection,
    writes: Vec<Write>,
    /// Writes run so far: each has ids and names of its own.
    done: usize,
    _folder: tempfile::TempDir,
}

impl Raw {
    pub fn open() -> Self {
        let shop = recorded::recordable(|| Shop::open(Backend::Sqlite, Some(1)));
        let started = recorded::now();
        let (load, addr) = (shop.next_load(), shop.app.server().addr());
        let write = |n| {
            let statements = recorded::record(|| super::load::once(addr, &shop.request(load, n)));
            let names = [format!("B{load}-{n}"), format!("-7{load:03x}-8000-{n:012x}")];
            Write::of(&statements, started, &names)
        };
        let writes: Vec<Write> = (0..shop.members.len() as u64).map(write).collect();
        Self::over(&shop.app.folder().join(DATA).join("cardea.sqlite"), writes)
    }

    /// Runs the writes again on a copy of this database: what they write twice no server could read.
    pub fn over(file: &Path, writes: Vec<Write>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("raw.sqlite");
        let source = Connection::open(file).expect("the database");
        source
            .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
            .expect("a copy");
        Self {
            conn: open(&copy),
            writes,
            done: 0,
            _folder: folder,
        }
    }

    /// Writes per second with so many in a transaction.
    pub fn per_second(&mut self, batch: usize, time: Duration) -> f64 {
        let warm = Instant::now();
        while warm.elapsed() < time / 4 {
            self.transaction(batch);
        }
        let (before, began) = (self.done, Instant::now());
        while began.elapsed() < time {
            self.transaction(batch);
        }
        (self.done - before) as f64 / began.elapsed().as_secs_f64()
    }

    fn transaction(&mut self, batch: usize) {
        let behavior = rusqlite::TransactionBehavior::Immediate;
        let tx = self.conn.transaction_with_behavior(behavior).expect("a transaction");
        for _ in 0..batch {
            let (n, write) = (self.done, &self.writes[self.done % self.writes.len()]);
            let new: Vec<Vec<u8>> = (0..write.new).map(|_| Uuid::now_v7().as_bytes().to_vec()).collect();
            for (sql, parts) in &write.statements {
                let value = |part: &Part| match part {
                    Part::Same(value) => value.clone(),
                    Part::New(id) => Value::Blob(new[*id].clone()),
                    Part::Named => Value::Text(format!("raw{n}")),
                };
                run(&tx, sql, parts.iter().map(value));
            }
            self.done += 1;
        }
        tx.commit().expect("a commit");
    }
}

impl Write {
    /// `names`: what texts that must be unique end with.
    pub fn of(recorded: &[Statement], started: u64, names: &[String]) -> Self {
        let mut new: HashMap<Vec<u8>, usize> = HashMap::new();
        let own = |s: &&Statement| s.writer && !s.binds.is_empty() && !s.sql.contains("audit_lanes");
        let statements = recorded.iter().filter(own).map(|statement| {
            let parts = statement.binds.iter().map(|bound| match value(bound) {
                Value::Blob(bytes) if recorded::made_at(&bytes).is_some_and(|at| at >= started) => {
                    let next = new.len();
                    Part::New(*new.entry(bytes).or_insert(next))
                }
                Value::Text(text) if names.iter().any(|name| text.ends_with(name.as_str())) => Part::Named,
                other => Part::Same(other),
            });
            (sql(statement), parts.collect())
        });
        let statements: Vec<_> = statements.collect();
        assert!(statements.len() >= 8, "{} statements were recorded", statements.len());
        Self {
            statements,
            new: new.len(),
        }
    }
}

/// How often in a second one thread runs what was read for a request.
pub fn reads_per_second(file: &Path, requests: &[Vec<Statement>], time: Duration) -> f64 {
    let read = |statement: &Statement| {
        let values: Vec<Value> = statement.binds.iter().map(value).collect();
        (sql(statement), values)
    };
    let requests = requests.iter().map(|statements| {
        let reads = statements.iter().filter(|s| !s.writer && !s.binds.is_empty());
        reads.map(read).collect::<Vec<_>>()
    });
    let requests: Vec<_> = requests.collect();
    assert!(requests.iter().all(|reads| !reads.is_empty()), "every request reads");
    let conn = open(file);
    let (mut done, began) = (0, Instant::now());
    while began.elapsed() < time {
        for (sql, values) in &requests[done % requests.len()] {
            run(&conn, sql, values.iter().cloned());
        }
        done += 1;
    }
    done as f64 / began.elapsed().as_secs_f64()
}

fn sql(statement: &Statement) -> String {
    statement.sql.replace('`', "\"")
}

fn value(bound: &serde_json::Value) -> Value {
    match bound {
        serde_json::Value::Array(_) => Value::Blob(recorded::bytes(bound).expect("bytes")),
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Bool(yes) => Value::Integer(i64::from(*yes)),
        serde_json::Value::Number(number) => Value::Integer(number.as_i64().expect("an integer")),
        _ => Value::Null,
    }
}

/// With the server's pragmas.
fn open(file: &Path) -> Connection {
    let conn = Connection::open(file).expect("the database");
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; \
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8192; \
         PRAGMA mmap_size = 1073741824;",
    )
    .expect("the server's pragmas");
    conn.set_prepared_statement_cache_capacity(256);
    conn
}

/// Runs a statement and looks at every row.
fn run(conn: &Connection, sql: &str, values: impl IntoIterator<Item = Value>) {
    let mut statement = conn.prepare_cached(sql).expect("a statement");
    let mut rows = statement.query(rusqlite::params_from_iter(values)).expect("it runs");
    while let Some(row) = rows.next().expect("a row") {
        std::hint::black_box(row.get_ref(0).expect("a column"));
    }
}
