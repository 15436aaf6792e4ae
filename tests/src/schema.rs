//! The migrations as they run: up, down and up again, and the same tables, columns, keys and indexes on both databases.

use crate::harness::Backend;
use crate::harness::database::{TestDatabase, query};
use cardea_engine::store::{Conn, migrate};
use libtest_mimic::{Completion, Trial};

pub fn tests() -> Vec<Trial> {
    let round = |backend: Backend| {
        backend.trial("migrations::go_up_and_down_and_up", move || {
            up_and_down_and_up(backend);
            Ok(Completion::Completed)
        })
    };
    let same = Backend::Postgres.trial("migrations::end_with_the_tables_of_sqlite", || {
        end_with_the_same_tables();
        Ok(Completion::Completed)
    });
    Backend::ALL.iter().copied().map(round).chain([same]).collect()
}

/// A migrated database for the length of `look`.
fn with<T>(backend: Backend, look: impl FnOnce(&mut Conn) -> T) -> T {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let database = TestDatabase::new(backend);
    let mut conn = Conn::open(&database.url().unwrap_or_default(), folder.path()).expect("a connection");
    migrate::up(&mut conn).expect("up");
    look(&mut conn)
}

/// `table.column kind null key place`, with PostgreSQL's names of the kinds.
fn columns(conn: &mut Conn) -> Vec<String> {
    let sqlite = "SELECT t.name || '.' || c.name || ' ' || replace(lower(c.type), 'blob', 'bytea') || ' ' || \
        CASE c.\"notnull\" WHEN 1 THEN 'not null' ELSE 'null' END || ' key ' || c.pk AS line \
        FROM sqlite_schema t, pragma_table_info(t.name) c \
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    // Texts in another order than that of their bytes are named by their collation, which SQLite doesn't have.
    let postgres = "SELECT t.relname || '.' || a.attname || ' ' || format_type(a.atttypid, NULL) || \
        CASE WHEN a.attcollation <> 0 AND l.collname <> 'C' THEN ' collated ' || l.collname ELSE '' END || ' ' || \
        CASE WHEN a.attnotnull THEN 'not null' ELSE 'null' END || ' key ' || \
        coalesce((SELECT k.place FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place) \
            WHERE i.indrelid = t.oid AND i.indisprimary AND k.attnum = a.attnum), 0) AS line \
        FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid LEFT JOIN pg_collation l ON l.oid = a.attcollation \
        WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped \
        AND t.relname NOT LIKE '\\_\\_%'";
    sorted(query(conn, sqlite, postgres))
}

/// `table unique (columns)`, and whether only some rows are in it.
fn indexes(conn: &mut Conn) -> Vec<String> {
    let sqlite = "SELECT t.name || CASE i.\"unique\" WHEN 1 THEN ' unique (' ELSE ' (' END || \
        (SELECT group_concat(c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(i.name) c) || \
        CASE i.partial WHEN 1 THEN ') in part' ELSE ')' END AS line \
        FROM sqlite_schema t, pragma_index_list(t.name) i \
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let postgres = "SELECT t.relname || CASE WHEN i.indisunique THEN ' unique (' ELSE ' (' END || \
        (SELECT string_agg(a.attname, ', ' ORDER BY k.place) \
            FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place) \
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum) || \
        CASE WHEN i.indpred IS NOT NULL THEN ') in part' ELSE ')' END AS line \
        FROM pg_class t JOIN pg_index i ON i.indrelid = t.oid \
        WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%'";
    sorted(query(conn, sqlite, postgres))
}

/// Whether each table is under row-level security, and its policies; what helps to write them.
fn policies(conn: &mut Conn) -> Vec<String> {
    let postgres = "SELECT concat_ws(' ', t.relname, t.relrowsecurity, t.relforcerowsecurity, p.policyname, p.roles, p.cmd, p.qual) \
        AS line FROM pg_class t LEFT JOIN pg_policies p ON p.tablename = t.relname AND p.schemaname = 'public' \
        WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace AND t.relname NOT LIKE '\\_\\_%' \
        UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    sorted(query(conn, "SELECT '' AS line WHERE false", postgres))
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

fn up_and_down_and_up(backend: Backend) {
    with(backend, |conn| {
        let shape = |conn: &mut Conn| (columns(conn), indexes(conn), policies(conn));
        let up = shape(conn);
        assert!(up.0.len() > 200 && up.1.len() > 40, "{up:#?}");
        migrate::down(conn).expect("down");
        assert_eq!(shape(conn), (Vec::new(), Vec::new(), Vec::new()), "nothing stays");
        migrate::up(conn).expect("up again");
        assert_eq!(shape(conn), up);
    });
}

fn end_with_the_same_tables() {
    let shape = |backend| with(backend, |conn| [columns(conn), indexes(conn)]);
    for (sqlite, postgres) in shape(Backend::Sqlite).iter().zip(&shape(Backend::Postgres)) {
        let only = |these: &[String], those: &[String]| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).cloned().collect()
        };
        let differing = (only(sqlite, postgres), only(postgres, sqlite));
        assert_eq!(
            differing,
            (Vec::new(), Vec::new()),
            "only SQLite has, only PostgreSQL has"
        );
        assert_eq!(sqlite.len(), postgres.len());
    }
}
