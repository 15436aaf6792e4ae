//! The limit on SQLite: one thread that does nothing but run the statements of sales, as many per transaction as the
//! server had, through rusqlite, with the same pragmas.

use super::recorded::{self, Statement};
use super::shop::Shop;
use cardea_tests::harness::{Backend, DATA};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A value of a recorded sale.
enum Part {
    Same(Value),
    /// The n-th id that was new with the sale.
    New(usize),
    /// The receipt or the key.
    Named,
}

struct Sale {
    statements: Vec<(String, Vec<Part>)>,
    new: usize,
}

/// A database with recorded sales to run again.
pub struct Raw {
    conn: Connection,
    sales: Vec<Sale>,
    /// Sales run so far: each has ids and names of its own.
    done: usize,
    _folder: tempfile::TempDir,
}

impl Raw {
    pub fn open() -> Self {
        let shop = recorded::recordable(|| Shop::open(Backend::Sqlite, Some(1)));
        let started = recorded::now();
        let (load, addr) = (shop.next_load(), shop.app.server().addr());
        let sale = |n| {
            let statements = recorded::record(|| super::load::once(addr, &shop.request(load, n)));
            of(&statements, started, load, n)
        };
        let sales: Vec<Sale> = (0..shop.members.len() as u64).map(sale).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let file = shop.app.folder().join(DATA).join("cardea.sqlite");
        let copy = folder.path().join("raw.sqlite");
        let source = Connection::open(&file).expect("the shop's database");
        source
            .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
            .expect("a copy");
        drop((source, shop));
        let conn = Connection::open(&copy).expect("the copy");
        conn.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; \
             PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 8192; \
             PRAGMA mmap_size = 1073741824;",
        )
        .expect("the server's pragmas");
        conn.set_prepared_statement_cache_capacity(256);
        Self {
            conn,
            sales,
            done: 0,
            _folder: folder,
        }
    }

    /// Sales per second with so many in a transaction.
    pub fn sales_per_second(&mut self, batch: usize, time: Duration) -> f64 {
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
            let (n, sale) = (self.done, &self.sales[self.done % self.sales.len()]);
            let new: Vec<Vec<u8>> = (0..sale.new).map(|_| Uuid::now_v7().as_bytes().to_vec()).collect();
            for (sql, parts) in &sale.statements {
                let value = |part: &Part| match part {
                    Part::Same(value) => value.clone(),
                    Part::New(id) => Value::Blob(new[*id].clone()),
                    Part::Named => Value::Text(format!("raw{n}")),
                };
                let mut statement = tx.prepare_cached(sql).expect("a statement");
                let values = rusqlite::params_from_iter(parts.iter().map(value));
                let mut rows = statement.query(values).expect("it runs");
                while let Some(row) = rows.next().expect("a row") {
                    std::hint::black_box(row.get_ref(0).expect("a column"));
                }
            }
            self.done += 1;
        }
        tx.commit().expect("a commit");
    }
}

/// What the writer's transaction does for one sale. The head of the audit log's lane moves once per batch, so it isn't
/// part of a sale.
fn of(recorded: &[Statement], started: u64, load: u64, n: u64) -> Sale {
    let mut new: HashMap<Vec<u8>, usize> = HashMap::new();
    let names = [format!("B{load}-{n}"), format!("-7{load:03x}-8000-{n:012x}")];
    let of_sale = |s: &&Statement| s.writer && !s.binds.is_empty() && !s.sql.contains("audit_lanes");
    let statements = recorded.iter().filter(of_sale).map(|statement| {
        let parts = statement.binds.iter().map(|value| match value {
            serde_json::Value::Array(_) => {
                let bytes = recorded::bytes(value).expect("bytes");
                if recorded::made_at(&bytes).is_some_and(|at| at >= started) {
                    let next = new.len();
                    Part::New(*new.entry(bytes).or_insert(next))
                } else {
                    Part::Same(Value::Blob(bytes))
                }
            }
            serde_json::Value::String(text) => match names.iter().any(|name| text.ends_with(name.as_str())) {
                true => Part::Named,
                false => Part::Same(Value::Text(text.clone())),
            },
            serde_json::Value::Bool(yes) => Part::Same(Value::Integer(i64::from(*yes))),
            serde_json::Value::Number(number) => Part::Same(Value::Integer(number.as_i64().expect("an integer"))),
            _ => Part::Same(Value::Null),
        });
        (statement.sql.replace('`', "\""), parts.collect())
    });
    let statements: Vec<_> = statements.collect();
    assert!(statements.len() > 10, "{} statements were recorded", statements.len());
    Sale {
        statements,
        new: new.len(),
    }
}
