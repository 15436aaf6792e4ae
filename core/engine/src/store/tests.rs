//! What PostgreSQL itself keeps apart, whatever a query says; and what SQLite's log keeps no longer than anybody reads it.

use super::*;
use crate::error::Result;
use crate::fixture::{Backend, Fixture, TestDatabase, create_chain, create_store};
use crate::{Actor, each};
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use diesel::sql_types::Text;
use uuid::Uuid;

const OURS: ChainId = ChainId(Uuid::from_u128(0xa));
const THEIRS: ChainId = ChainId(Uuid::from_u128(0xb));
const ALL: Scope = Scope::AllChains(Across::Verification);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Conn, sql: &str) -> Result<Vec<String>> {
    let lines: Vec<Line> = each!(conn, c => diesel::sql_query(sql).load(c)?);
    Ok(lines.into_iter().map(|line| line.line).collect())
}

/// Runs a test on PostgreSQL where there is one.
macro_rules! on_postgres {
    ($($test:ident),+ $(,)?) => {
        mod postgres {
            $(#[tokio::test] async fn $test() {
                if crate::fixture::Backend::has_postgres() {
                    super::$test().await
                }
            })+
        }
    };
}
on_postgres!(
    every_table_of_chains_shows_one_chain_and_without_a_chain_none,
    requests_read_under_a_role_that_owns_nothing,
    a_read_that_forgets_its_chain_sees_no_other,
    an_owner_that_can_become_nobody_else_is_bound_as_well,
    a_user_whom_policies_do_not_bind_is_refused,
);

/// Every table with rows of chains, and the column that says whose.
const TABLES: &str = "SELECT c.table_name || '.' || c.column_name AS line FROM information_schema.columns c \
    JOIN information_schema.tables t USING (table_schema, table_name) \
    WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' \
    AND (c.column_name = 'chain_id' OR (c.table_name, c.column_name) = ('chains', 'id')) ORDER BY 1";
/// Rows here stand for themselves: what they refer to is somebody else's test.
const UNTIE: &str = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS line \
    FROM pg_constraint WHERE contype IN ('f', 'c') AND connamespace = 'public'::regnamespace";

/// An `INSERT` of some row of the chain, from the columns that the table demands.
fn some_row(conn: &mut Conn, table: &str, owner: &str, chain: ChainId) -> String {
    let hex = chain.0.simple();
    let columns = format!(
        "SELECT column_name || ' ' || CASE WHEN column_name = '{owner}' THEN '''\\x{hex}''' ELSE CASE data_type \
         WHEN 'bytea' THEN '''\\x01''' WHEN 'text' THEN '''{hex}''' WHEN 'boolean' THEN 'true' ELSE '1' END END AS line \
         FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '{table}' AND is_nullable = 'NO'"
    );
    let columns = lines(conn, &columns).unwrap();
    let (names, values): (Vec<_>, Vec<_>) = columns.iter().map(|line| line.split_once(' ').unwrap()).unzip();
    format!(
        "INSERT INTO {table} ({}) VALUES ({})",
        names.join(", "),
        values.join(", ")
    )
}

async fn every_table_of_chains_shows_one_chain_and_without_a_chain_none() {
    let (own, dir) = (TestDatabase::new(Backend::Postgres), tempfile::tempdir().unwrap());
    let database = Database::open(&own.url, dir.path()).unwrap();
    let mut owner = database.connect().unwrap();
    for untie in lines(&mut owner, UNTIE).unwrap() {
        owner.batch(&untie).unwrap();
    }
    let tables = lines(&mut owner, TABLES).unwrap();
    assert!(tables.len() >= 28, "{tables:?}");
    let mut bound = Conn::open(&own.url, dir.path()).unwrap();
    for (table, column) in tables.iter().map(|table| table.split_once('.').unwrap()) {
        for chain in [OURS, THEIRS] {
            let row = some_row(&mut owner, table, column, chain);
            owner.batch(&row).unwrap();
        }
        let seen = format!("SELECT DISTINCT encode({column}, 'hex') AS line FROM {table} ORDER BY 1");
        let (ours, theirs) = (OURS.0.simple().to_string(), THEIRS.0.simple().to_string());
        for (scope, expected) in [
            (Scope::Chain(OURS), vec![ours.clone()]),
            (Scope::Chain(THEIRS), vec![theirs.clone()]),
            (Scope::Installation, vec![]),
            (ALL, vec![ours.clone(), theirs]),
        ] {
            let read = |database: &Database| database.read(scope, |conn| lines(conn, &seen)).unwrap();
            assert_eq!(read(&database), expected, "{table}: {scope:?}");
            let shared = database.one_state(scope, || Ok(read(&database))).unwrap();
            assert_eq!(shared, expected, "{table}: {scope:?}, in one state");
        }
        // Nor can whoever may write: the owner itself, bound to a chain or to none.
        let rows = [OURS, THEIRS].map(|chain| some_row(&mut owner, table, column, chain));
        for (setting, row) in [(ours.as_str(), &rows[1]), ("", &rows[0]), ("", &rows[1])] {
            bound.batch(&format!("SET cardea.chain = '{setting}'")).unwrap();
            let refused = bound.batch(row).unwrap_err().to_string();
            assert!(refused.contains("row-level security"), "{table}: {refused}");
        }
        bound
            .batch(&format!("SET cardea.chain = '{ours}'; DELETE FROM {table}"))
            .unwrap();
        let left = lines(&mut owner, &seen).unwrap();
        assert_eq!(left, [THEIRS.0.simple().to_string()], "{table}: what was deleted");
    }
}

async fn requests_read_under_a_role_that_owns_nothing() {
    let f = Fixture::on(Backend::Postgres).await;
    let who = "SELECT concat_ws(' ', current_user, rolsuper, rolbypassrls, pg_has_role(current_user, relowner, 'MEMBER'), \
        has_any_column_privilege('stores', 'INSERT, UPDATE') OR has_table_privilege('stores', 'DELETE, TRUNCATE')) AS line \
        FROM pg_roles, pg_class WHERE rolname = current_user AND pg_class.oid = 'stores'::regclass";
    let scope = Scope::Chain(f.chain);
    let read = |sql: &str| f.engine.read(scope, |conn| lines(conn, sql)).unwrap();
    assert_eq!(read(who), ["cardea_reader f f f f"]);
    let lifted = f.engine.read(Scope::Installation, |conn| {
        conn.batch("SET LOCAL cardea.scope = 'all'")?;
        lines(conn, "SELECT code AS line FROM stores")
    });
    assert_eq!(
        lifted.unwrap(),
        Vec::<String>::new(),
        "only the owner can see all chains"
    );
    let setting = "SELECT current_setting('cardea.chain', true) || current_setting('cardea.scope', true) AS line";
    for scope in [scope, ALL] {
        f.engine.read(scope, |conn| lines(conn, setting)).unwrap();
        let left = f.engine.read(Scope::Installation, |conn| lines(conn, setting)).unwrap();
        assert_eq!(left, [""], "nothing of {scope:?} stays with the connection");
    }
}

async fn a_read_that_forgets_its_chain_sees_no_other() {
    let f = Fixture::on(Backend::Postgres).await;
    let other = create_chain(&f.engine, "other").await;
    create_store(&f.engine, &Actor::system(other), "s02").await;
    let stores = |scope: Scope| {
        let codes = schema::stores::table
            .select(schema::stores::code)
            .order(schema::stores::code);
        f.engine
            .read(scope, |conn| Ok(each!(conn, c => codes.load::<String>(c)?)))
    };
    assert_eq!(stores(f.chain.into()).unwrap(), ["s01"]);
    assert_eq!(stores(other.into()).unwrap(), ["s02"]);
    assert_eq!(stores(Scope::Installation).unwrap(), Vec::<String>::new());
    assert_eq!(stores(ALL).unwrap(), ["s01", "s02"]);
    // What a command reads goes through one transaction; a read for another chain doesn't share it.
    let nested = f.engine.one_state(f.chain, || {
        Ok([stores(f.chain.into())?, stores(other.into())?, stores(f.chain.into())?])
    });
    assert_eq!(nested.unwrap(), [["s01"], ["s02"], ["s01"]]);
}

/// A user of its own for the database, who may create no role: the URL to log in with.
struct Owner {
    name: String,
    url: String,
}

impl Owner {
    fn of(database: &TestDatabase) -> Self {
        let name = format!("cardea_plain_{}", Uuid::now_v7().simple());
        TestDatabase::maintain(&format!("CREATE ROLE {name} LOGIN PASSWORD 'plain'"));
        Self::hand_over(database, &name);
        Self {
            url: database.url_of(&format!("{name}:plain")),
            name,
        }
    }

    fn hand_over(database: &TestDatabase, name: &str) {
        TestDatabase::maintain(&format!("GRANT {name} TO CURRENT_USER"));
        TestDatabase::maintain(&format!("ALTER DATABASE {} OWNER TO {name}", database.name()));
    }
}

async fn an_owner_that_can_become_nobody_else_is_bound_as_well() {
    let (own, dir) = (TestDatabase::new(Backend::Postgres), tempfile::tempdir().unwrap());
    let user = Owner::of(&own);
    let database = Database::open(&user.url, dir.path()).unwrap();
    let mut owner = database.connect().unwrap();
    for chain in [OURS, THEIRS] {
        let row = some_row(&mut owner, "chains", "id", chain);
        owner.batch(&row).unwrap();
    }
    let seen = |scope: Scope| {
        let sql = "SELECT current_user || ' ' || count(*) AS line FROM chains";
        database.read(scope, |conn| lines(conn, sql)).unwrap().concat()
    };
    assert_eq!(seen(OURS.into()), format!("{} 1", user.name));
    assert_eq!(seen(Scope::Installation), format!("{} 0", user.name));
    assert_eq!(seen(ALL), format!("{} 2", user.name));
    drop((owner, database, own));
    TestDatabase::maintain(&format!("DROP ROLE {}", user.name));
}

async fn a_user_whom_policies_do_not_bind_is_refused() {
    // Only a superuser can create such a role; `.ci/postgres` does.
    let (own, dir) = (TestDatabase::new(Backend::Postgres), tempfile::tempdir().unwrap());
    Owner::hand_over(&own, "cardea_exempt");
    let refused = Database::open(&own.url_of("cardea_exempt"), dir.path())
        .err()
        .unwrap()
        .to_string();
    assert!(
        refused.contains("cardea_exempt, which is a superuser or has BYPASSRLS"),
        "{refused}"
    );
    assert!(refused.contains("CREATE ROLE cardea_reader"), "{refused}");
}

#[tokio::test]
async fn what_was_deleted_leaves_the_log_when_nobody_reads_it_any_more() {
    let f = Fixture::new().await;
    let log = f.dir.path().join("cardea.sqlite-wal");
    let length = || std::fs::metadata(&log).unwrap().len();
    let database = f.engine.database();
    let mut reader = database.connect().unwrap();
    reader.batch("BEGIN; SELECT count(*) FROM chains").unwrap();
    create_store(&f.engine, &f.admin, "s02").await;
    let mut conn = database.connect().unwrap();
    assert!(!database.try_to_empty_log(&mut conn).unwrap(), "somebody reads from it");
    assert!(length() > 0);
    drop(reader);
    for _ in 0..3_000 {
        if length() == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(length(), 0, "the upkeep empties it");
    assert!(!database.log_is_to_go());
}
