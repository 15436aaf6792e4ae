//! Others in the way of the writer's transaction: it is done again as long as that makes sense, and what it did counts
//! once. SQLite has one writer and nobody in its way.

use crate::harness::database::query;
use crate::harness::{Actor, Answer, Backend, Member, TestApp, fresh_key};
use cardea_engine::store::Conn;
use libtest_mimic::{Completion, Trial};
use serde_json::Value;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often the writer tries a transaction before it gives up.
const TRIES: u32 = 4;

pub fn tests() -> Vec<Trial> {
    type Story = fn(&TestApp);
    let all: [(&str, Story); 4] = [
        (
            "a_transaction_that_failed_to_serialize_is_done_again",
            serialization_failures_pass,
        ),
        (
            "one_that_never_passes_is_unavailable_and_writes_nothing",
            too_many_failures,
        ),
        ("neighbours_in_the_batch_count_once_too", neighbours_count_once),
        ("a_deadlock_costs_the_writer_one_more_try", a_deadlock_is_survived),
    ];
    let trial = |(name, story): (&str, Story)| {
        Backend::Postgres.trial(&format!("contention::{name}"), move || {
            let app = TestApp::start(Backend::Postgres);
            story(&app);
            app.finish();
            Ok(Completion::Completed)
        })
    };
    all.into_iter().map(trial).collect()
}

/// Another session on the story's database, that may see and write everything.
fn beside(app: &TestApp) -> Conn {
    let url = app.database().url().expect("a database on a server");
    let mut conn = Conn::open(&url, Path::new(".")).expect("a connection");
    conn.see_all_chains().expect("the owner's right");
    conn
}

/// The next `times` insertions of a bill fail as PostgreSQL says it when transactions can't be put in an order. A
/// sequence counts them: it isn't taken back with the transaction.
fn fail_next(conn: &mut Conn, times: u32) {
    conn.batch(&format!(
        "CREATE SEQUENCE IF NOT EXISTS failures; SELECT setval('failures', 1, false); \
         CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('failures') <= {times} THEN \
         RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF; RETURN NEW; END $$; \
         CREATE OR REPLACE TRIGGER fail BEFORE INSERT ON bills FOR EACH ROW EXECUTE FUNCTION fail()"
    ))
    .expect("a trigger");
}

fn insertions(conn: &mut Conn) -> String {
    query(conn, "", "SELECT last_value::text AS line FROM failures").concat()
}

fn figure(conn: &mut Conn, what: &str) -> String {
    query(conn, "", &format!("SELECT count(*)::text AS line FROM {what}")).concat()
}

fn post(till: &Actor, key: &str, body: &Value) -> Answer {
    till.request("POST", "/sales").key(key).json(body).send()
}

fn serialization_failures_pass(app: &TestApp) {
    let member = app.member("王芳");
    let (till, mut conn) = (app.till(), beside(app));
    let before = figure(&mut conn, "bills");
    fail_next(&mut conn, TRIES - 1);
    let (key, body) = (fresh_key(), app.sale_to(&member).line("cream", "skin", 100_00).body());
    let first = post(&till, &key, &body).created();
    assert_eq!(insertions(&mut conn), TRIES.to_string(), "as often as it takes");
    assert_eq!(
        post(&till, &key, &body).created(),
        first,
        "the same key, the same answer"
    );
    assert_eq!(app.points(&member), 1000 + 100);
    let bills = before.parse::<u32>().expect("a number") + 1;
    assert_eq!(figure(&mut conn, "bills"), bills.to_string());
    let booked = figure(&mut conn, "audit WHERE action = 'sale.post'");
    assert_eq!(booked, bills.to_string(), "one entry of the audit log for each");
    let lost = app.server().engine().writer_counts().lost;
    assert_eq!(lost, 0);
}

fn too_many_failures(app: &TestApp) {
    const TABLES: [&str; 5] = ["bills", "entries", "lots", "audit", "idempotency"];
    let member = app.member("王芳");
    let (till, mut conn) = (app.till(), beside(app));
    let rows = |conn: &mut Conn| TABLES.map(|table| figure(conn, table));
    let before = rows(&mut conn);
    fail_next(&mut conn, TRIES);
    let (key, body) = (fresh_key(), app.sale_to(&member).line("cream", "skin", 100_00).body());
    post(&till, &key, &body).expect_problem(503, "storage_unavailable");
    assert_eq!(insertions(&mut conn), TRIES.to_string(), "no more often than that");
    assert_eq!(rows(&mut conn), before);
    assert_eq!(app.points(&member), 1000);
    post(&till, &key, &body).created();
    assert_eq!(app.points(&member), 1000 + 100, "the same key may try again");
}

fn neighbours_count_once(app: &TestApp) {
    let members: Vec<Member> = ["王芳", "李雷", "赵敏"].map(|name| app.member(name)).into();
    let (till, mut conn) = (app.till(), beside(app));
    fail_next(&mut conn, TRIES - 1);
    crate::harness::at_once(12, |n| {
        let body = app.sale_to(&members[n % 3]).line("cream", "skin", 10_00).body();
        post(&till, &fresh_key(), &body).created()
    });
    for member in &members {
        assert_eq!(app.points(member), 1000 + 4 * 10);
    }
}

/// Whether some session of this database waits for a lock.
fn somebody_waits(conn: &mut Conn) -> bool {
    let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    figure(conn, waiting) != "0"
}

/// A second session holds what the writer comes to last and wants what the writer has: PostgreSQL ends one of the two.
/// Mostly that is the writer, who waits for longer; where it was the other one, both begin again.
fn a_deadlock_is_survived(app: &TestApp) {
    let member = app.member("王芳");
    let (till, mut conn, mut look) = (app.till(), beside(app), beside(app));
    let mut booked = 0;
    let mut writer_gave_way = false;
    for _ in 0..10 {
        conn.batch("BEGIN; SELECT 1 FROM audit_lanes FOR UPDATE")
            .expect("the lanes");
        let body = app.sale_to(&member).line("cream", "skin", 10_00).body();
        let mine = thread::scope(|scope| {
            let sale = scope.spawn(|| post(&till, &fresh_key(), &body).created());
            while !somebody_waits(&mut look) {
                thread::sleep(Duration::from_millis(2));
            }
            // The writer has moved the account already.
            let mine = conn.batch("SELECT 1 FROM accounts FOR UPDATE");
            conn.batch("ROLLBACK").expect("the end of it");
            sale.join().expect("an answer");
            mine
        });
        booked += 1;
        assert_eq!(app.points(&member), 1000 + 10 * booked, "once, whoever gave way");
        writer_gave_way |= mine.is_ok();
        if writer_gave_way {
            break;
        }
    }
    assert!(writer_gave_way, "the writer was never the one that PostgreSQL ended");
    assert_eq!(app.server().engine().writer_counts().lost, 0);
}
