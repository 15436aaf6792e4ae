//! Ten thousand memberships and a million in one chain: what a till asks, and what the night books. Nothing of it may cost more
//! because others are there.

use super::figures::{length, millis, report};
use super::load::{self, Load};
use cardea_domain::card::CardNumber;
use cardea_engine::job::expiry;
use cardea_tests::harness::{Backend, DATA, Member, TestApp, query_value};
use rusqlite::types::Value;
use rusqlite::{Connection, Statement};
use std::cell::Cell;
use std::time::{Duration, Instant};
use uuid::Uuid;

const SMALL: usize = 10_000;
/// Lots that end in each of the compared nights, and in the one beside tills.
const DUE: usize = 5_000;
const MANY: usize = 100_000;
const CLIENTS: usize = 8;
/// Tills that sell at night, and what each waits between two sales.
const TILLS: usize = 16;
const PAUSE: Duration = Duration::from_millis(50);

const SMALL_NIGHT: &str = "2026-04-01 01:00";
const LARGE_NIGHT: &str = "2026-05-01 01:00";
const LONG_NIGHT: &str = "2026-06-01 01:00";

/// Memberships of the large chain: `CARDEA_BENCH_MEMBERSHIPS`, else a million.
fn large() -> usize {
    let memberships = std::env::var("CARDEA_BENCH_MEMBERSHIPS").ok();
    let memberships = memberships.and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    memberships.max(SMALL + DUE + MANY)
}

struct Scale {
    app: TestApp,
    /// A member whose rows are copied.
    pattern: Member,
    /// Number and card of those that were made.
    cards: Vec<(String, Uuid)>,
    loads: Cell<u64>,
}

#[derive(Clone, Copy)]
enum Ask {
    LookUp,
    Statement,
    Sale,
}

pub fn measure() {
    let mut scale = Scale::open();
    scale.grow(SMALL, &[(DUE, SMALL_NIGHT)]);
    let asks = [
        ("look_up", Ask::LookUp),
        ("statement", Ask::Statement),
        ("sale", Ask::Sale),
    ];
    let small = asks.map(|(_, ask)| scale.load(ask, CLIENTS, Duration::ZERO));
    let short = scale.night(SMALL_NIGHT, DUE);
    scale.grow(large(), &[(DUE, LARGE_NIGHT), (MANY, LONG_NIGHT)]);
    for (((name, ask), small), pause) in asks.iter().zip(&small).zip([Duration::ZERO; 3]) {
        let large = scale.load(*ask, CLIENTS, pause);
        let times = millis(large.p50) / millis(small.p50);
        report(
            &format!("scale_{name}_per_second"),
            large.per_second,
            large.per_second / small.per_second,
            1.0,
        );
        report(
            &format!("scale_{name}_p50_times_of_the_small_chain"),
            times,
            1.3 / times,
            1.0,
        );
    }
    let long = scale.night(LARGE_NIGHT, DUE);
    let times = long.as_secs_f64() / short.as_secs_f64();
    report("scale_night_times_of_the_small_chain", times, 1.3 / times, 1.0);
    scale.app.set_now(LONG_NIGHT);
    let alone = scale.load(Ask::Sale, TILLS, PAUSE);
    let (took, beside) = std::thread::scope(|scope| {
        let app = &scale.app;
        let night = scope.spawn(move || book(app, MANY));
        let beside = scale.load(Ask::Sale, TILLS, PAUSE);
        (night.join().expect("the night"), beside)
    });
    let rate = MANY as f64 / took.as_secs_f64();
    report("scale_lots_ended_per_second", rate, rate / 50_000.0, 1.0);
    let times = millis(beside.p99) / millis(alone.p99);
    report("scale_tills_p99_ms_at_night", millis(beside.p99), 1.5 / times, 1.0);
}

/// Books what is over, and how long that took.
fn book(app: &TestApp, lots: usize) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let chain = app.chain().id.parse::<Uuid>().expect("an id");
    let began = Instant::now();
    let booked = runtime.block_on(expiry::run(app.server().engine(), chain.into()));
    let booked = booked.expect("a night");
    assert_eq!(booked.lots, lots as u64);
    began.elapsed()
}

impl Scale {
    fn open() -> Self {
        let app = TestApp::start(Backend::Sqlite);
        let pattern = app.member("样板");
        for _ in 0..2 {
            app.sale_to(&pattern).line("cream", "skin", 100_00).ring();
        }
        Self {
            app,
            pattern,
            cards: Vec::new(),
            loads: Cell::new(0),
        }
    }

    fn night(&self, local: &str, lots: usize) -> Duration {
        self.app.set_now(local);
        book(&self.app, lots)
    }

    /// Copies the pattern's rows, so that all that is compared is how many there are. The first lots of the copies end before
    /// the given nights, one each.
    fn grow(&mut self, until: usize, nights: &[(usize, &str)]) {
        let file = self.app.folder().join(DATA).join("cardea.sqlite");
        let mut conn = Connection::open(file).expect("the database");
        conn.busy_timeout(Duration::from_secs(60)).expect("a time-out");
        let ends = nights.iter().flat_map(|(lots, night)| {
            let midnight = format!("{} 00:00", &night[..10]);
            std::iter::repeat_n(cardea_tests::harness::time::millis(&midnight), *lots)
        });
        let mut ends = ends.collect::<Vec<_>>().into_iter();
        let work = conn.transaction().expect("a transaction");
        {
            let mut copies = Copies::of(&work, &self.pattern);
            for n in self.cards.len()..until {
                self.cards.push(copies.add(n as u64, ends.next()));
            }
        }
        work.commit().expect("committed");
        conn.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;")
            .expect("tidied");
    }

    fn load(&self, ask: Ask, clients: usize, pause: Duration) -> Load {
        self.loads.set(self.loads.get() + 1);
        let load = self.loads.get();
        // A fresh log-in, and a bill of today.
        let till = self.app.actor("cashier", &[self.app.east()]);
        let head = format!(
            "authorization: Bearer {}\r\ncontent-type: application/json\r\n",
            till.token()
        );
        let sale = self
            .app
            .sale()
            .card("@CARD@")
            .line("cream", "skin", 12_50)
            .line("comb", "hair", 7_30);
        let body = sale.receipt("@RECEIPT@").body().to_string();
        let request = |n| self.request(ask, load, (&head, &body), n);
        load::run(self.app.server().addr(), clients, length(), pause, &request)
    }

    fn request(&self, ask: Ask, load: u64, (head, body): (&str, &str), n: u64) -> Vec<u8> {
        // Far from each other, so that no page of the database serves two in a row.
        let (number, card) = &self.cards[(n.wrapping_mul(7_919) + load) as usize % self.cards.len()];
        let get = |path: String| format!("GET /api/v1{path} HTTP/1.1\r\nhost: shop\r\n{head}\r\n");
        match ask {
            Ask::LookUp => get(format!("/cards?code={}", query_value(number))),
            Ask::Statement => get(format!("/cards/{card}/entries")),
            Ask::Sale => {
                let body = body.replace("@CARD@", number).replace("@RECEIPT@", &format!("S{load}-{n}"));
                let key = format!("0198c0df-{:04x}-7{load:03x}-8000-{n:012x}", n >> 16 & 0xffff);
                let length = body.len();
                format!(
                    "POST /api/v1/sales HTTP/1.1\r\nhost: shop\r\n{head}idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
                )
            }
        }
        .into_bytes()
    }
}

/// Statements that copy a membership with its card, lots, entries and balances under other ids.
struct Copies<'c> {
    copies: Vec<(Statement<'c>, Vec<&'static str>)>,
    /// Of the pattern: ids of its membership, card, lots and entries.
    pattern: Vec<Uuid>,
    lots: usize,
}

impl<'c> Copies<'c> {
    fn of(conn: &'c Connection, pattern: &Member) -> Self {
        let id = |text: &str| text.parse::<Uuid>().expect("an id");
        let (membership, card) = (id(&pattern.membership), id(&pattern.card));
        conn.execute_batch("DROP TABLE IF EXISTS temp.pattern").expect("sql");
        let pattern_of = "CREATE TEMP TABLE pattern AS SELECT chain_id, id FROM memberships WHERE id = ?";
        conn.execute(pattern_of, [membership.as_bytes().as_slice()])
            .expect("the pattern");
        let ids = |table: &str| {
            let mut of = conn
                .prepare(&format!("SELECT id FROM {table} WHERE membership_id = ? ORDER BY id"))
                .expect("sql");
            let rows = of
                .query_map([membership.as_bytes().as_slice()], |row| row.get::<_, Vec<u8>>(0))
                .expect("rows");
            rows.map(|id| Uuid::from_slice(&id.expect("an id")).expect("16 bytes"))
                .collect::<Vec<_>>()
        };
        let (lots, entries) = (ids("lots"), ids("entries"));
        let mut copies = vec![
            copy(conn, "memberships", "id", &["id", "customer_id", "reference"]),
            copy(conn, "cards", "id", &["id", "membership_id", "number", "last_four"]),
            copy(conn, "accounts", "membership_id", &["membership_id"]),
        ];
        copies.extend(
            lots.iter()
                .map(|_| copy(conn, "lots", OWN, &["id", "membership_id", "entry_id", "expires_at"])),
        );
        copies.extend(
            entries
                .iter()
                .map(|_| copy(conn, "entries", OWN, &["id", "membership_id"])),
        );
        let count = lots.len();
        Self {
            copies,
            pattern: [membership, card].into_iter().chain(lots).chain(entries).collect(),
            lots: count,
        }
    }

    /// Number and id of the copy's card.
    fn add(&mut self, n: u64, end: Option<i64>) -> (String, Uuid) {
        // Scattered over the range, as drawn numbers are.
        let number = CardNumber::from_random(n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8);
        let blob = |id: Uuid| Value::Blob(id.as_bytes().to_vec());
        let fresh: Vec<Uuid> = self.pattern.iter().map(|_| Uuid::now_v7()).collect();
        let (membership, card) = (fresh[0], fresh[1]);
        let (mut ends, first_entry) = (end.into_iter(), 2 + self.lots);
        for (i, (statement, columns)) in self.copies.iter_mut().enumerate() {
            // Accounts have no id of their own.
            let place = if i < 2 { i } else { i - 1 };
            let (from, to) = match i {
                2 => (self.pattern[0], membership),
                _ => (self.pattern[place], fresh[place]),
            };
            let value = |column: &&str| match *column {
                "id" => blob(to),
                "membership_id" => blob(membership),
                "entry_id" => blob(fresh[first_entry + place - 2]),
                "number" | "reference" => Value::Text(number.as_str().to_owned()),
                "last_four" => Value::Text(number.last_four().to_owned()),
                "expires_at" => ends.next().map_or(Value::Null, Value::Integer),
                _ => Value::Null,
            };
            let values: Vec<Value> = columns.iter().map(value).chain([blob(from)]).collect();
            let added = statement.execute(rusqlite::params_from_iter(values)).expect("a copy");
            assert!(added > 0, "{columns:?}");
        }
        (number.as_str().to_owned(), card)
    }
}

/// A row among the pattern's.
const OWN: &str = "membership_id = (SELECT id FROM pattern) AND id";

/// Copies a row, with other values in some columns.
fn copy<'c>(
    conn: &'c Connection,
    table: &str,
    which: &str,
    changed: &[&'static str],
) -> (Statement<'c>, Vec<&'static str>) {
    let mut columns = conn
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
        .expect("sql");
    let columns = columns.query_map([], |row| row.get::<_, String>(0)).expect("columns");
    let columns: Vec<String> = columns.map(|name| name.expect("a name")).collect();
    let value = |column: &String| {
        let place = changed.iter().position(|changed| changed == column);
        place.map_or_else(|| column.clone(), |place| format!("?{}", place + 1))
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let sql = format!(
        "INSERT INTO {table} ({}) SELECT {} FROM {table} \
         WHERE chain_id = (SELECT chain_id FROM pattern) AND {which} = ?{}",
        columns.join(", "),
        values.join(", "),
        changed.len() + 1
    );
    (conn.prepare(&sql).expect("sql"), changed.to_vec())
}
