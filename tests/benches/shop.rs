//! A chain with its server, its members and what its tills send.

use super::load::{self, Load};
use cardea_engine::store::{WriterCounts, WriterOptions};
use cardea_tests::harness::{Backend, Member, TestApp};
use std::cell::Cell;
use std::thread;
use std::time::Duration;

/// Enough that a member rarely buys twice in the same moment, and has a handful of lots at the end.
pub const MEMBERS: usize = 2000;

pub struct Shop {
    pub app: TestApp,
    pub members: Vec<Member>,
    head: String,
    bodies: Vec<String>,
    /// Loads so far: each has receipts and keys of its own.
    loads: Cell<u64>,
    /// Bytes and commands before the first load.
    before: (u64, u64),
}

impl Shop {
    /// `max_batch`: commands in a transaction at most; None for the server's own.
    pub fn open(backend: Backend, max_batch: Option<usize>) -> Self {
        let app = TestApp::start_with(backend, &|options| {
            options.writer.max_batch = max_batch.unwrap_or(WriterOptions::default().max_batch);
        });
        let members = members(&app);
        let till = app.till();
        let bodies = members.iter().map(|member| {
            let sale = app
                .sale_to(member)
                .line("cream", "skin", 12_50)
                .line("comb", "hair", 7_30);
            sale.receipt("@RECEIPT@").body().to_string()
        });
        let bodies = bodies.collect();
        let head = format!(
            "POST /api/v1/sales HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
            app.server().addr(),
            till.token()
        );
        let mut shop = Self {
            app,
            members,
            head,
            bodies,
            loads: Cell::new(0),
            before: (0, 0),
        };
        if backend == Backend::Sqlite {
            shop.before = shop.stored();
        }
        shop
    }

    /// Bytes of the SQLite database, its log included, and commands that it holds.
    fn stored(&self) -> (u64, u64) {
        let file = self.app.folder().join("cardea-data/cardea.sqlite");
        let conn = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE)
            .expect("the database");
        let pragma = |sql: &str| {
            conn.query_row(sql, [], |row| row.get::<_, i64>(0))
                .expect("a number")
                .unsigned_abs()
        };
        let bytes = pragma("PRAGMA page_count") * pragma("PRAGMA page_size");
        (bytes, self.counts().commands)
    }

    /// What each sale so far has added to the SQLite database.
    pub fn bytes_per_sale(&self) -> f64 {
        let (bytes, commands) = self.stored();
        (bytes - self.before.0) as f64 / (commands - self.before.1) as f64
    }

    /// The n-th request of a load: a durable sale of two lines with an EdDSA token, judged by the component.
    pub fn request(&self, load: u64, n: u64) -> Vec<u8> {
        let (head, receipt) = (&self.head, format!("B{load}-{n}"));
        let body = self.bodies[n as usize % self.bodies.len()].replace("@RECEIPT@", &receipt);
        let key = format!("0198c0df-{:04x}-7{load:03x}-8000-{n:012x}", n >> 16 & 0xffff);
        let length = body.len();
        format!("{head}idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
    }

    /// The next load's number.
    pub fn next_load(&self) -> u64 {
        self.loads.set(self.loads.get() + 1);
        self.loads.get()
    }

    /// Lets `clients` tills sell for `time`, each as soon as its last sale is answered and `pause` is over.
    pub fn sell(&self, clients: usize, time: Duration, pause: Duration) -> Load {
        let load = self.next_load();
        load::run(self.app.server().addr(), clients, time, pause, &|n| {
            self.request(load, n)
        })
    }

    pub fn counts(&self) -> WriterCounts {
        self.app.server().engine().writer_counts()
    }
}

fn members(app: &TestApp) -> Vec<Member> {
    const AT_ONCE: usize = 8;
    thread::scope(|scope| {
        let some = |part: usize| {
            scope.spawn(move || {
                let numbers = (part..MEMBERS).step_by(AT_ONCE);
                numbers.map(|n| app.member(&format!("会员{n}"))).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..AT_ONCE).map(some).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("members"))
            .collect()
    })
}

/// Commands per transaction between two counts.
pub fn batch(before: &WriterCounts, after: &WriterCounts) -> f64 {
    let batches = |counts: &WriterCounts| counts.batches.iter().sum::<u64>();
    (after.commands - before.commands) as f64 / (batches(after) - batches(before)).max(1) as f64
}
