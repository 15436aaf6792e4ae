//! Whatever is done to the log is found and named, two writers can't fork a lane, and old entries are chained once.

use super::*;
use crate::fixture::{Backend, Fixture, NOW, TestDatabase, both, code, create_chain, create_store};
use crate::store::{Across, Conn, Database, Scope};
use crate::{Actor, Engine, EngineOptions, Page, PageArgs, Role, each};
use cardea_domain::Code;
use cardea_domain::id::StaffId;
use diesel::prelude::*;
use uuid::Uuid;

both!(
    each_kind_of_damage_is_named_with_lane_and_number,
    an_entry_replaced_with_a_right_hash_of_its_own_doesn_t_fit_the_next,
    who_computes_every_hash_anew_is_betrayed_by_the_checkpoint,
    checkpoints_are_signed_chained_and_made_only_when_something_came,
    a_writer_that_lost_its_lane_forks_nothing_and_loses_nothing,
    a_lane_is_given_back_and_one_left_by_a_crash_is_taken_over,
    auditors_read_their_own_chain_and_others_as_hashes,
    an_export_shows_other_chains_as_hashes,
    entries_from_before_the_lanes_are_chained_once,
);

/// Sixteen zeros and this, in a statement.
fn id(on: Backend, last: u8) -> String {
    on.bytes(&format!("{last:032x}"))
}

/// A chain with some entries, all of them in lane 0.
async fn some(on: Backend) -> Fixture {
    let f = Fixture::on(on).await;
    for n in 2..8 {
        create_store(&f.engine, &f.admin, &format!("s{n:02}")).await;
    }
    f
}

fn found(engine: &Engine, conn: &mut Conn) -> Vec<String> {
    let mut problems = Vec::new();
    check(conn, &engine.keys().seals(), &mut |problem| problems.push(problem)).unwrap();
    problems
}

/// What is found after some statements that are taken back again.
fn after(f: &Fixture, conn: &mut Conn, statements: &str) -> Vec<String> {
    conn.batch("BEGIN").unwrap();
    conn.batch(statements).unwrap();
    let problems = found(&f.engine, conn);
    conn.batch("ROLLBACK").unwrap();
    problems
}

fn rows(conn: &mut Conn) -> Vec<lane::EntryRow> {
    lane::entries(conn, 0, lane::After::START, 1000).unwrap()
}

/// Computes every hash of lane 0 and its head anew, as somebody would who knows how and writes to the database.
fn forge(conn: &mut Conn) {
    use crate::store::schema::{audit, audit_lanes};
    let mut head = lane::Head {
        seq: 0,
        sha: Sha::NOTHING,
    };
    for row in rows(conn) {
        let seq = head.seq + 1;
        let sha = row.content().sha(0, seq, &head.sha);
        each!(conn, c => diesel::update(audit::table.find((row.chain_id, row.id)))
            .set((
                audit::seq.eq(seq),
                audit::previous.eq(head.sha.bytes().as_slice()),
                audit::hash.eq(sha.bytes().as_slice()),
            ))
            .execute(c))
        .unwrap();
        head = lane::Head { seq, sha };
    }
    each!(conn, c => diesel::update(audit_lanes::table.find(0))
        .set((audit_lanes::seq.eq(head.seq), audit_lanes::head.eq(head.sha.bytes().as_slice())))
        .execute(c))
    .unwrap();
}

async fn each_kind_of_damage_is_named_with_lane_and_number(on: Backend) {
    let f = some(on).await;
    f.engine.seal_audit().await.unwrap();
    let mut conn = f.engine.database().connect().unwrap();
    let last = rows(&mut conn).last().unwrap().seq;
    assert!(last >= 8, "{last} entries");
    assert_eq!(after(&f, &mut conn, "SELECT 1"), Vec::<String>::new());
    let one = id(on, 1);
    let copy = format!(
        "INSERT INTO audit SELECT chain_id, {one}, at, staff_id, session_id, \
         source_ip, action, subject, detail, lane, seq, previous, hash FROM audit WHERE seq = 3"
    );
    let edits = [
        "at = at + 1",
        &format!("staff_id = {one}"),
        &format!("session_id = {one}"),
        "source_ip = '10.0.0.1'",
        "action = 'nothing'",
        "subject = NULL",
        "detail = '{}'",
        &format!("chain_id = {one}"),
        &format!("id = {one}"),
        "hash = previous",
    ];
    let no_head = format!("UPDATE audit_lanes SET head = {}", on.bytes(&"00".repeat(32)));
    for edit in edits {
        let problems = after(&f, &mut conn, &format!("UPDATE audit SET {edit} WHERE seq = 3"));
        let named = "audit lane 0: entry 3 was changed: its hash isn't that of what it says";
        assert_eq!(problems[0], named, "{edit}");
    }
    let cases: Vec<(String, String)> = [
        ("DELETE FROM audit WHERE seq = 3", "audit lane 0: entry 3 is missing"),
        ("DELETE FROM audit WHERE seq IN (3, 4)", "audit lane 0: entries 3 to 4 are missing"),
        ("DELETE FROM audit WHERE seq = 1", "audit lane 0: entry 1 is missing"),
        (&copy, "audit lane 0: entry 3 was inserted: its number is taken"),
        ("UPDATE audit SET seq = -1 WHERE seq = 3", "audit lane 0: entry -1 was inserted: its number is taken"),
        (
            "UPDATE audit SET seq = 100 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 100",
            "audit lane 0: entry 3 was changed: its hash isn't that of what it says",
        ),
        ("UPDATE audit SET lane = 1 WHERE seq = 3", "audit lane 0: entry 3 is missing"),
        ("UPDATE audit SET lane = 9 WHERE seq = 3", "1 audit entries stand in no lane"),
        ("DELETE FROM audit_lanes WHERE lane = 0", "audit lane 0 is gone"),
        ("UPDATE audit_lanes SET seq = 2 WHERE lane = 0", "were added past its head"),
        (&no_head, "its head isn't entry"),
        ("UPDATE audit_checkpoints SET document = replace(document, '\"seq\":0', '\"seq\":1')", "audit checkpoint 1 was changed"),
    ]
    .map(|(damage, named)| (damage.to_owned(), named.to_owned()))
    .into_iter()
    .chain([
        (format!("DELETE FROM audit WHERE seq = {last}"), format!("audit lane 0: entry {last} is missing")),
        (format!("DELETE FROM audit WHERE seq > {}", last - 2), format!("audit lane 0: entries {} to {last} are missing", last - 1)),
    ])
    .collect();
    for (damage, named) in cases {
        let problems = after(&f, &mut conn, &damage);
        assert!(
            problems.iter().any(|problem| problem.contains(&named)),
            "{damage}: {problems:#?}"
        );
    }
}

async fn an_entry_replaced_with_a_right_hash_of_its_own_doesn_t_fit_the_next(on: Backend) {
    let f = some(on).await;
    let mut conn = f.engine.database().connect().unwrap();
    conn.batch("UPDATE audit SET detail = '{}' WHERE seq = 3").unwrap();
    let row = rows(&mut conn).remove(2);
    let sha = row.content().sha(0, 3, &Sha::stored(&row.previous).unwrap());
    let hash = on.bytes(&sha.to_string());
    conn.batch(&format!("UPDATE audit SET hash = {hash} WHERE seq = 3"))
        .unwrap();
    let problems = found(&f.engine, &mut conn);
    assert_eq!(
        problems,
        ["audit lane 0: entry 4 follows another entry than 3, which was replaced"]
    );
}

async fn who_computes_every_hash_anew_is_betrayed_by_the_checkpoint(on: Backend) {
    let f = some(on).await;
    let kept = f.engine.seal_audit().await.unwrap().unwrap();
    create_store(&f.engine, &f.admin, "later").await;
    let mut conn = f.engine.database().connect().unwrap();
    let sealed = kept.lanes[0].seq;
    assert_eq!(f.engine.check_audit(&kept).unwrap(), Vec::<String>::new());
    let name = format!("checkpoint 1 of {NOW}");
    for (damage, problem) in [
        (
            "UPDATE audit SET detail = '{}' WHERE seq = 3".to_owned(),
            format!("entry {sealed} isn't the one that {name} sealed: it or one before it was rewritten"),
        ),
        (
            "DELETE FROM audit WHERE seq = 3".to_owned(),
            format!("entry {sealed} isn't the one that {name} sealed: it or one before it was rewritten"),
        ),
        (
            format!("DELETE FROM audit WHERE seq >= {}", sealed - 1),
            format!(
                "it ends with entry {}, but {name} sealed entry {sealed}: what came after was cut off",
                sealed - 2
            ),
        ),
    ] {
        conn.batch("BEGIN").unwrap();
        conn.batch(&damage).unwrap();
        forge(&mut conn);
        assert_eq!(
            found(&f.engine, &mut conn),
            [format!("audit lane 0: {problem}")],
            "{damage}"
        );
        conn.batch("ROLLBACK").unwrap();
    }

    // Without the checkpoint in the database, the kept one still tells.
    conn.batch("UPDATE audit SET detail = '{}' WHERE seq = 3; DELETE FROM audit_checkpoints")
        .unwrap();
    forge(&mut conn);
    assert_eq!(found(&f.engine, &mut conn), Vec::<String>::new());
    let problems = f.engine.check_audit(&kept).unwrap();
    assert_eq!(problems[0], format!("{name} is gone from the database"));
    assert!(problems[1].contains("was rewritten"), "{problems:#?}");
}

async fn checkpoints_are_signed_chained_and_made_only_when_something_came(on: Backend) {
    let f = some(on).await;
    let first = f.engine.seal_audit().await.unwrap().unwrap();
    assert_eq!(
        f.engine.seal_audit().await.unwrap().unwrap(),
        first,
        "nothing came since"
    );
    for code in ["t1", "t2"] {
        create_store(&f.engine, &f.admin, code).await;
        f.engine.seal_audit().await.unwrap();
    }
    let last = f.engine.audit_checkpoint(&f.admin).unwrap();
    assert_eq!((first.number, last.number, last.lanes.len()), (1, 3, LANES as usize));
    let mut conn = f.engine.database().connect().unwrap();
    for (damage, named) in [
        (
            "DELETE FROM audit_checkpoints WHERE number = 2",
            "audit checkpoints 2 to 2 are missing",
        ),
        (
            "DELETE FROM audit_checkpoints WHERE number = 1; UPDATE audit_checkpoints SET number = number - 1",
            "audit checkpoint 1 was changed",
        ),
        (
            "UPDATE audit_checkpoints SET document = '' WHERE number = 2",
            "audit checkpoint 2 was changed",
        ),
    ] {
        let problems = after(&f, &mut conn, damage);
        assert!(
            problems.iter().any(|problem| problem.contains(named)),
            "{damage}: {problems:#?}"
        );
    }
    let mut forged = first.clone();
    forged.lanes[0].seq -= 1;
    let strange = some(on).await.engine.seal_audit().await.unwrap().unwrap();
    for kept in [forged, strange] {
        let problems = f.engine.check_audit(&kept).unwrap();
        assert!(
            problems[0].contains("wasn't signed by this installation"),
            "{problems:#?}"
        );
    }
}

async fn a_writer_that_lost_its_lane_forks_nothing_and_loses_nothing(on: Backend) {
    let f = some(on).await;
    let mut conn = f.engine.database().connect().unwrap();
    // Another server takes the lane.
    let mut other = Trail::new();
    conn.batch(&format!(
        "UPDATE audit_lanes SET owner = {}, used_at = 1; UPDATE audit_lanes SET used_at = 0 WHERE lane = 0",
        id(on, 0)
    ))
    .unwrap();
    assert!(other.begin(&mut conn, NOW).unwrap());
    let before = lane::heads(&mut conn).unwrap();
    create_store(&f.engine, &f.admin, "fenced").await;
    let heads = lane::heads(&mut conn).unwrap();
    assert_eq!(heads[0], before[0], "the batch went elsewhere");
    assert_eq!((heads[1].1.seq, before[1].1.seq), (1, 0), "once");
    assert_eq!(found(&f.engine, &mut conn), Vec::<String>::new());

    // And the other goes on where the lane ended.
    let (id, chain) = (Uuid::now_v7(), f.chain.0);
    let content = Content {
        chain,
        id,
        at: NOW.0,
        staff: None,
        session: None,
        source_ip: None,
        action: "test",
        subject: None,
        detail: "{}",
    };
    let place = other.place(&content).unwrap();
    assert_eq!((place.lane, place.seq), (0, before[0].1.seq + 1));
    assert!(other.end(&mut conn, NOW).unwrap());
    other.committed();
    other.place(&content).unwrap();
    conn.batch("UPDATE audit_lanes SET epoch = epoch + 1 WHERE lane = 0")
        .unwrap();
    assert!(!other.end(&mut conn, NOW).unwrap(), "the epoch is another's");
}

async fn a_lane_is_given_back_and_one_left_by_a_crash_is_taken_over(on: Backend) {
    let f = some(on).await;
    let owners = |f: &Fixture| {
        use crate::store::schema::audit_lanes;
        let owned: Vec<i32> = f
            .engine
            .read(Scope::Installation, |conn| {
                Ok(each!(conn, c => audit_lanes::table
                    .select(audit_lanes::lane)
                    .filter(audit_lanes::owner.is_not_null())
                    .load(c)?))
            })
            .unwrap();
        owned
    };
    assert_eq!(owners(&f), [0]);
    let options = f.options();
    let Fixture { engine, admin, .. } = f;
    drop(engine);
    let engine = Engine::start(options).unwrap();
    let owned: i64 = count(&engine, "audit_lanes WHERE owner IS NOT NULL");
    assert_eq!(owned, 0, "stopped in order");
    let mut conn = engine.database().connect().unwrap();
    conn.batch(&format!(
        "UPDATE audit_lanes SET owner = {}, used_at = 5; UPDATE audit_lanes SET used_at = 4 WHERE lane = 6",
        id(on, 0)
    ))
    .unwrap();
    create_store(&engine, &admin, "after").await;
    assert_eq!(
        lane::heads(&mut conn).unwrap()[6].1.seq,
        1,
        "the lane that was quiet for longest"
    );
    assert_eq!(found(&engine, &mut conn), Vec::<String>::new());
}

fn count(engine: &Engine, what: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let sql = format!("SELECT count(*) AS n FROM {what}");
    let counts: Vec<Count> = engine
        .read(Scope::AllChains(Across::Verification), |conn| {
            Ok(each!(conn, c => diesel::sql_query(&sql).load(c)?))
        })
        .unwrap();
    counts[0].n
}

async fn entries_from_before_the_lanes_are_chained_once(on: Backend) {
    let (own, dir) = (TestDatabase::new(on), tempfile::tempdir().unwrap());
    let options = || EngineOptions {
        database: own.url.clone(),
        ..EngineOptions::new(dir.path())
    };
    let mut conn = Database::open(&own.url, dir.path()).unwrap().connect().unwrap();
    let insert = "INSERT INTO audit (chain_id, id, at, action, detail) VALUES";
    let (one, two) = (id(on, 1), id(on, 2));
    conn.batch(&format!(
        "DELETE FROM audit_lanes; {insert} ({two}, {one}, 1, 'a', '{{}}'), ({one}, {two}, 2, 'b', '{{}}')"
    ))
    .unwrap();
    Database::open(&own.url, dir.path()).unwrap();
    let chained: Vec<(i64, String)> = rows(&mut conn).into_iter().map(|row| (row.seq, row.action)).collect();
    assert_eq!(chained, [(1, "b".to_owned()), (2, "a".to_owned())]);
    let keys = Engine::start(options()).unwrap();
    assert_eq!(found(&keys, &mut conn), Vec::<String>::new());

    let zero = id(on, 0);
    conn.batch(&format!("{insert} ({zero}, {zero}, 3, 'slipped in', '{{}}')"))
        .unwrap();
    drop(keys);
    let engine = Engine::start(options()).unwrap();
    let problems = found(&engine, &mut conn);
    assert_eq!(problems, ["audit lane 0: entry 0 was inserted: its number is taken"]);
}

async fn auditors_read_their_own_chain_and_others_as_hashes(on: Backend) {
    let f = some(on).await;
    let neighbour = create_chain(&f.engine, "neighbour").await;
    create_store(&f.engine, &Actor::system(neighbour), "n01").await;
    create_store(&f.engine, &f.admin, "last").await;
    let auditor = f.actor(Role::Auditor, &[]);
    let auditor = Actor {
        stores: None,
        ..auditor
    };
    let paged = |query: &AuditQuery, page: &PageArgs| AuditQuery {
        limit: page.limit,
        after: page.after.clone(),
        ..query.clone()
    };
    let all = pages(|page| {
        f.engine
            .audit_entries(&auditor, &paged(&AuditQuery::default(), page))
            .unwrap()
    });
    assert!(all.windows(2).all(|w| w[0].id > w[1].id) && all.iter().all(|entry| entry.chain_id == f.chain));
    let stores = AuditQuery {
        action: Some("store.".into()),
        ..AuditQuery::default()
    };
    let stores = pages(|page| f.engine.audit_entries(&auditor, &paged(&stores, page)).unwrap());
    assert_eq!((all.len(), stores.len()), (9, 8), "the chain and its stores");
    let one = AuditQuery {
        subject: stores[2].subject,
        action: Some("store.create".into()),
        from: Some(NOW),
        until: Some(NOW.plus_days(1)),
        ..AuditQuery::default()
    };
    assert_eq!(
        pages(|page| f.engine.audit_entries(&auditor, &paged(&one, page)).unwrap()),
        [stores[2].clone()]
    );
    for none in [
        AuditQuery {
            staff_id: Some(StaffId(Uuid::nil())),
            ..one.clone()
        },
        AuditQuery {
            until: Some(NOW),
            ..one.clone()
        },
        AuditQuery {
            from: Some(NOW.plus_days(1)),
            ..one.clone()
        },
        AuditQuery {
            action: Some("store".into()),
            ..one.clone()
        },
    ] {
        assert_eq!(
            pages(|page| f.engine.audit_entries(&auditor, &paged(&none, page)).unwrap()),
            []
        );
    }

    let cashier = f.actor(Role::Cashier, &[f.store]);
    let refused = f.engine.audit_entries(&cashier, &AuditQuery::default());
    assert_eq!(code(refused), Code::Forbidden);
    assert_eq!(code(f.engine.audit_checkpoint(&cashier)), Code::Forbidden);
}

async fn an_export_shows_other_chains_as_hashes(on: Backend) {
    let f = some(on).await;
    let neighbour = create_chain(&f.engine, "neighbour").await;
    create_store(&f.engine, &f.admin, "last").await;
    let links = pages(|page| f.engine.audit_links(&f.admin, page).unwrap());
    let own: Vec<&AuditEntry> = links.iter().filter_map(|link| link.entry.as_ref()).collect();
    assert_eq!((own.len(), links.len()), (9, 10), "all but the neighbour's");
    assert!(own.iter().all(|entry| entry.chain_id != neighbour));
    assert!(links.windows(2).all(|w| (w[0].lane, w[0].seq) < (w[1].lane, w[1].seq)));
    let cashier = f.actor(Role::Cashier, &[f.store]);
    assert_eq!(
        code(f.engine.audit_links(&cashier, &PageArgs::default())),
        Code::Forbidden
    );
}

/// Every item of a list that is read two at a time.
fn pages<T: std::fmt::Debug>(read: impl Fn(&PageArgs) -> Page<T>) -> Vec<T> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = read(&PageArgs { limit: Some(2), after });
        assert!(page.items.len() <= 2);
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}
