//! The writer's promises, each on a database of its own.

use super::*;
use crate::each;
use crate::fixture::{Backend, TestDatabase, both};
use crate::store::Conn;
use crate::store::Id;
use crate::store::schema::regions;
use crate::store::statement::{Statement, Waiting, fetch_all, ids};
use cardea_domain::Instant;
use cardea_domain::id::{BillId, ChainId, NewIds, RegionId, StoreId};
use cardea_domain::rows::{BillRow, Rows};
use cardea_domain::sale::{BillKind, Judgement, NaturalKey};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use ledger::{Decision, Needs, State};
use uuid::Uuid;

both!(
    a_key_answers_again_and_only_its_own_request,
    copies_in_one_batch_do_the_work_once,
    a_refusal_writes_nothing_and_keeps_no_key,
    a_unique_key_is_refused_by_name,
    a_natural_key_replays_or_conflicts_for_ever,
    a_batch_that_fails_is_cut_until_the_one_at_fault_is_alone,
    lists_of_any_length_are_written_and_found,
    the_writer_finds_rows_by_key_in_empty_tables_too,
);

struct Bench {
    database: Arc<Database>,
    writer: Writer,
    actor: Arc<Actor>,
    _database: TestDatabase,
    _dir: tempfile::TempDir,
}

const CHAIN: ChainId = ChainId(Uuid::from_u128(1));
const STORE: StoreId = StoreId(Uuid::from_u128(2));

impl Bench {
    fn on(backend: Backend) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let own = TestDatabase::new(backend);
        let database = Arc::new(Database::open(&own.url, dir.path()).unwrap());
        let [chain, store] = [CHAIN.0, STORE.0].map(|id| match backend {
            Backend::Sqlite => format!("x'{}'", id.simple()),
            Backend::Postgres => format!("'\\x{}'", id.simple()),
        });
        let rows = format!(
            "INSERT INTO chains (id, code, name, currency, minor_units, time_zone, created_at) VALUES \
             ({chain}, 'c', 'C', 'CNY', 2, 'Asia/Shanghai', 0); \
             INSERT INTO stores (chain_id, id, code, name, time_zone, kind, active, created_at) VALUES \
             ({chain}, {store}, 's', 'S', 'Asia/Shanghai', 'own', true, 0);"
        );
        database.connect().unwrap().batch(&rows).unwrap();
        let clock = Clock::fixed(Instant(1_795_320_420_000));
        let writer = Writer::start(database.clone(), clock, WriterOptions::default()).unwrap();
        Self {
            database,
            writer,
            actor: Arc::new(Actor::system(CHAIN)),
            _database: own,
            _dir: dir,
        }
    }

    async fn submit(&self, key: Option<IdempotencyKey>, work: Work) -> Outcome {
        self.writer
            .submit(Lane::Interactive, self.actor.clone(), key, "test", work)
            .await
    }

    async fn region(&self, key: Option<IdempotencyKey>, code: &'static str) -> Outcome {
        self.submit(key, insert_region(code)).await
    }

    fn count(&self, table: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT count(*) AS n FROM {table}");
        let rows: Vec<Count> = self
            .database
            .read(CHAIN, |conn| Ok(each!(conn, c => diesel::sql_query(&sql).load(c)?)))
            .unwrap();
        rows[0].n
    }
}

/// Inserts a region; `bad` codes violate a constraint, panic or are refused.
fn insert_region(code: &'static str) -> Work {
    Work::Closure(Box::new(move |tx| {
        let (chain, id) = (Id::from(tx.chain()), Id::from(tx.new_id::<RegionId>()));
        let row = (
            regions::chain_id.eq(chain),
            regions::id.eq(id),
            regions::code.eq(code),
            regions::name.eq(code),
        );
        each!(tx.conn(), c => diesel::insert_into(regions::table).values(row).execute(c)?);
        tx.audit("region.create", id.0, serde_json::json!({ "code": code }));
        match code {
            "refused" => Err(Refusal::new(Code::Forbidden, "不行", "no").into()),
            "panics" => panic!("a bug in one command"),
            _ => Answer::created(&code),
        }
    }))
}

fn key(key: &str, request: u8) -> Option<IdempotencyKey> {
    Some(IdempotencyKey {
        key: key.into(),
        request: [request; 32],
    })
}

fn code(outcome: Outcome) -> Code {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal.code,
        other => panic!("{other:?}"),
    }
}

/// Books an empty bill under a natural key.
struct Bill {
    key: NaturalKey,
    content: [u8; 32],
    /// An unjudged sale that isn't there violates a foreign key: a decision gone wrong.
    orphan: bool,
}

fn bill(receipt: &str, content: u8, orphan: bool) -> Work {
    let key = NaturalKey {
        store: STORE,
        source: "till".into(),
        till: "T1".into(),
        business_date: cardea_domain::Day(20_000),
        receipt: receipt.into(),
        kind: BillKind::Sale,
    };
    Work::Ledger(Box::new(Bill {
        key,
        content: [content; 32],
        orphan,
    }))
}

impl LedgerCommand for Bill {
    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn natural(&self) -> Option<(&NaturalKey, &[u8; 32])> {
        (!self.orphan).then_some((&self.key, &self.content))
    }

    fn decide(&self, _state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let id = BillId(ids.next_id());
        let row = BillRow {
            id,
            kind: BillKind::Sale,
            key: self.key.clone(),
            content: self.content,
            occurred_at: Instant(0),
            booked_at: Instant(0),
            staff: None,
            customer: None,
            membership: None,
            card: None,
            original: None,
            reward: None,
            total: 0,
            rounding: 0,
            paid: 0,
            judgement: Judgement::NoMember,
            earned: 0,
            spent: 0,
            bonuses: "[]".into(),
            terms: "{}".into(),
            reason: None,
        };
        let rows = Rows {
            bills: vec![row],
            unjudged: if self.orphan {
                vec![(BillId(Uuid::from_u128(99)), [0; 32])]
            } else {
                Vec::new()
            },
            ..Rows::default()
        };
        Ok(Decision::new(rows, Answer::created(&id)?))
    }
}

async fn a_key_answers_again_and_only_its_own_request(on: Backend) {
    let b = Bench::on(on);
    let first = b.region(key("k", 1), "north").await.unwrap();
    assert!(!first.replayed);
    let again = b.region(key("k", 1), "north").await.unwrap();
    assert_eq!((again.status, &again.json, again.replayed), (201, &first.json, true));
    assert_eq!(code(b.region(key("k", 2), "south").await), Code::IdempotencyKeyReused);
    assert_eq!(
        (b.count("regions"), b.count("audit"), b.count("idempotency")),
        (1, 1, 1)
    );
}

async fn copies_in_one_batch_do_the_work_once(on: Backend) {
    let b = Bench::on(on);
    let copies: Vec<_> = (0..20).map(|_| b.region(key("k", 1), "north")).collect();
    let mut fresh = 0;
    for copy in futures(copies).await {
        fresh += usize::from(!copy.unwrap().replayed);
    }
    assert_eq!((fresh, b.count("regions")), (1, 1));
}

async fn a_refusal_writes_nothing_and_keeps_no_key(on: Backend) {
    let b = Bench::on(on);
    assert_eq!(code(b.region(key("k", 1), "refused").await), Code::Forbidden);
    assert_eq!(
        (b.count("regions"), b.count("audit"), b.count("idempotency")),
        (0, 0, 0)
    );
    assert!(
        b.region(key("k", 1), "north").await.is_ok(),
        "the same key may try again"
    );
}

async fn a_unique_key_is_refused_by_name(on: Backend) {
    let b = Bench::on(on);
    b.region(None, "north").await.unwrap();
    assert_eq!(code(b.region(None, "north").await), Code::AlreadyExists);
}

async fn a_natural_key_replays_or_conflicts_for_ever(on: Backend) {
    let b = Bench::on(on);
    let first = b.submit(key("a", 1), bill("0001", 7, false)).await.unwrap();
    assert_eq!((first.status, first.replayed), (201, false));
    let again = b.submit(key("b", 2), bill("0001", 7, false)).await.unwrap();
    assert_eq!((again.status, &again.json, again.replayed), (200, &first.json, true));
    let Err(Failure::Refused(refusal)) = b.submit(None, bill("0001", 8, false)).await else {
        panic!("another content under the same receipt");
    };
    assert_eq!(refusal.code, Code::ReceiptConflict);
    let id: BillId = serde_json::from_str(&first.json).unwrap();
    assert_eq!(refusal.facts.sale_id, Some(id), "it names the first bill");
    assert_eq!(b.count("bills"), 1);
}

async fn a_batch_that_fails_is_cut_until_the_one_at_fault_is_alone(on: Backend) {
    let b = Bench::on(on);
    let mut all = Vec::new();
    for n in 0..40u32 {
        let work = match n {
            13 => bill("x", 1, true),
            29 => insert_region("panics"),
            _ => bill(&format!("{n:04}"), 1, false),
        };
        all.push(b.submit(None, work));
    }
    let outcomes = futures(all).await;
    for (n, outcome) in outcomes.into_iter().enumerate() {
        match n {
            13 | 29 => assert_eq!(code(outcome), Code::Internal, "{n}"),
            _ => assert_eq!(outcome.unwrap().status, 201, "{n}"),
        }
    }
    assert_eq!((b.count("bills"), b.count("regions")), (38, 0));
}

async fn lists_of_any_length_are_written_and_found(on: Backend) {
    crate::store::statement::statements! {
        InsertTag = "INSERT INTO tags (id, n) VALUES {} ON CONFLICT (id) DO UPDATE SET n = excluded.n" of "(?, ?)";
        SelectTags -> (diesel::sql_types::Binary, diesel::sql_types::BigInt) =
            "SELECT id, n FROM tags WHERE n >= ? AND id IN ({})" of "?";
    }
    let b = Bench::on(on);
    let mut conn = b.database.connect().unwrap();
    let blob = match on {
        Backend::Sqlite => "BLOB",
        Backend::Postgres => "BYTEA",
    };
    conn.batch(&format!(
        "CREATE TEMPORARY TABLE tags (id {blob} NOT NULL PRIMARY KEY, n BIGINT NOT NULL)"
    ))
    .unwrap();
    let id = |n: usize| Uuid::from_u128(n as u128 + 1);
    for length in [0usize, 1, 2, 3, 63, 64, 65, 127, 200] {
        conn.batch("DELETE FROM tags").unwrap();
        let mut waiting = Waiting::<InsertTag>::default();
        (0..length).for_each(|n| waiting.add([id(n).into(), (n as i64).into()]));
        assert_eq!(waiting.write(&mut conn).unwrap(), (length, length));
        let all = ids((0..length).map(id));
        let mut found = fetch_all!(&mut conn, SelectTags, [1i64], &all => (Id, i64)).unwrap();
        found.sort_by_key(|(_, n)| *n);
        let wanted: Vec<(Id, i64)> = (1..length).map(|n| (id(n).into(), n as i64)).collect();
        assert_eq!(found, wanted, "{length} ids, the first beyond the limit");
    }
}

async fn the_writer_finds_rows_by_key_in_empty_tables_too(on: Backend) {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        detail: String,
    }
    let dir = tempfile::tempdir().unwrap();
    let own = TestDatabase::new(on);
    let mut conn = Database::open(&own.url, dir.path()).unwrap().connect_writer().unwrap();
    for (table, sql, item) in [
        ("i", idempotency::SelectKeys::SQL, "(0, ID, 'key')"),
        (
            "b",
            idempotency::SelectBillsByKey::SQL,
            "(0, ID, ID, 'source', 'till', 1, 'receipt', 'sale')",
        ),
        ("lots", insert::UpdateLots::SQL, "(1, ID, ID, ID)"),
        (
            "memberships",
            insert::UpdateMemberships::SQL,
            "('gold', 20000, 'vip', 20000, 1, 1, ID, ID)",
        ),
        ("lots", insert::UpdateLotsEnded::SQL, "(0, ID, ID, ID)"),
    ] {
        let sql = sql.replace("{}", &[item; 3].join(", "));
        let plan: Vec<Line> = match &mut conn {
            Conn::Sqlite(c) => {
                let sql = format!("EXPLAIN QUERY PLAN {}", sql.replace("ID", "x'01'"));
                diesel::sql_query(sql).load(c).unwrap()
            }
            Conn::Postgres(c) => {
                let explain = format!("EXPLAIN {}", sql.replace("ID", "'\\x01'::bytea"));
                c.batch_execute(&format!(
                    "CREATE FUNCTION pg_temp.plan() RETURNS TABLE (detail TEXT) LANGUAGE plpgsql AS \
                     $f$ BEGIN RETURN QUERY EXECUTE $q${explain}$q$; END $f$"
                ))
                .unwrap();
                let plan = diesel::sql_query("SELECT detail FROM pg_temp.plan()").load(c).unwrap();
                c.batch_execute("DROP FUNCTION pg_temp.plan()").unwrap();
                plan
            }
        };
        let plan: Vec<String> = plan.into_iter().map(|line| line.detail).collect();
        let reads_all = |line: &String| line.contains("Seq Scan") || *line == format!("SCAN {table}");
        assert!(
            plan.iter()
                .any(|line| line.contains("Index") || line.contains("SEARCH")),
            "{plan:#?}"
        );
        assert!(!plan.iter().any(reads_all), "{plan:#?}");
    }
}

#[test]
fn commands_that_touch_the_same_wait_for_the_next_wave() {
    let job = |receipt: &str, key: &str| Job {
        actor: Arc::new(Actor::system(CHAIN)),
        key: self::key(key, 1),
        name: "test",
        work: bill(receipt, 1, false),
        reply: oneshot::channel().0,
    };
    let length = |jobs: &[Job]| wave::next(jobs, wave::MOST).len();
    assert_eq!(length(&[job("1", "a"), job("2", "b"), job("3", "c")]), 3);
    assert_eq!(
        length(&[job("1", "a"), job("2", "b"), job("1", "c")]),
        2,
        "the same receipt"
    );
    assert_eq!(
        length(&[job("1", "a"), job("2", "a"), job("3", "c")]),
        1,
        "the same key"
    );
    let closure = Job {
        work: insert_region("x"),
        ..job("9", "z")
    };
    assert_eq!(length(&[job("1", "a"), closure]), 1, "a closure comes alone");
    let many: Vec<Job> = (0..100).map(|n| job(&n.to_string(), &format!("k{n}"))).collect();
    assert_eq!(length(&many), 64);
}

fn job() -> Job {
    let (reply, _) = oneshot::channel();
    Job {
        actor: Arc::new(Actor::system(CHAIN)),
        key: None,
        name: "test",
        work: bill("x", 1, false),
        reply,
    }
}

#[tokio::test]
async fn a_full_queue_is_busy_and_bulk_work_gets_its_turn() {
    let queue = Queue::new(2);
    queue.push(Lane::Bulk, job()).unwrap();
    let alone = queue.take(512).unwrap();
    assert_eq!(alone.budget, Some(queue::SLICE), "nobody else wants the writer");
    for _ in 0..2 {
        queue.push(Lane::Interactive, job()).unwrap();
        queue.push(Lane::Bulk, job()).unwrap();
    }
    assert_eq!(queue.push(Lane::Interactive, job()).unwrap_err().code, Code::Busy);
    let first = queue.take(3).unwrap();
    assert_eq!(
        (first.jobs.len(), first.budget),
        (3, None),
        "people first, and one goes along"
    );
    queue.push(Lane::Bulk, job()).unwrap();
    let mut second = queue.take(512).unwrap();
    let short = Some(queue::SHORT_SLICE);
    assert_eq!((second.jobs.len(), second.budget), (2, short), "tills are at work");
    let rest = second.jobs.split_off(1);
    queue.hand_back(rest);
    assert_eq!(queue.take(512).unwrap().jobs.len(), 1);
    queue.close();
    assert!(queue.take(512).is_none());
    assert_eq!(queue.push(Lane::Bulk, job()).unwrap_err().code, Code::Busy);
}

#[test]
fn a_second_server_and_an_unknown_scheme_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Database::open("", dir.path()).unwrap();
    let second = Database::open("", dir.path()).err().unwrap().to_string();
    assert!(second.contains("another server"), "{second}");
    drop(first);
    Database::open("", dir.path()).unwrap();
    let unknown = Database::open("mysql://localhost/cardea", dir.path())
        .err()
        .unwrap()
        .to_string();
    assert!(unknown.contains("mysql"), "{unknown}");
}

/// Polls all at once, so that they meet in the writer's queue.
pub(crate) async fn futures<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
