//! What SQLite's planner is told of the tables.
//!
//! Every index begins with the chain's id. Without statistics SQLite takes one equal column to leave about ten rows,
//! so it walks a whole chain in the order of some key rather than use the index that finds the row. The statistics are
//! therefore written down: the same on every machine and every day, so that a query never becomes slow by what was
//! gathered last. PostgreSQL gathers its own.

use super::Conn;
use crate::error::Result;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

/// Rows that each table is taken to have.
const ROWS: u64 = 1_000_000;
/// Values that a column is taken to have, unless it is named here.
const MANY: u64 = 100_000;
const FEW: &[(&str, u64)] = &[
    ("chain_id", 1),
    ("open", 2),
    ("measure", 2),
    ("lane", 8),
    ("source", 3),
    ("kind", 5),
    ("till", 5),
    ("store_id", 100),
    ("business_date", 1000),
    ("day", 1000),
    ("last_four", 10_000),
    ("gram", 20_000),
];

const INDEXES: &str = "SELECT t.name AS owner, i.name AS name, i.\"unique\" AS distinct_rows, c.name AS part \
    FROM sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c \
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY t.name, i.name, c.seqno";

/// A column of an index, in its order.
#[derive(QueryableByName)]
struct Part {
    #[diesel(sql_type = Text)]
    owner: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    distinct_rows: i32,
    #[diesel(sql_type = Text)]
    part: String,
}

/// Writes the statistics of all indexes; other connections see them when they open.
pub(crate) fn fix(conn: &mut Conn) -> Result<()> {
    let Conn::Sqlite(conn) = conn else { return Ok(()) };
    conn.immediate_transaction(|conn| {
        // Analysing one small table makes sure that there are statistics to replace.
        conn.batch_execute("ANALYZE installation; DELETE FROM sqlite_stat1;")?;
        let parts: Vec<Part> = diesel::sql_query(INDEXES).load(conn)?;
        for index in parts.chunk_by(|a, b| (&a.owner, &a.name) == (&b.owner, &b.name)) {
            diesel::sql_query("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)")
                .bind::<Text, _>(&index[0].owner)
                .bind::<Text, _>(&index[0].name)
                .bind::<Text, _>(statistic(index))
                .execute(conn)?;
        }
        conn.batch_execute("ANALYZE sqlite_schema")
    })?;
    Ok(())
}

/// Rows of the table, then how many of them agree in the first column, in the first two, and so on.
fn statistic(index: &[Part]) -> String {
    let mut values = 1u64;
    let mut figures = vec![ROWS];
    for part in index {
        let few = FEW.iter().find(|(name, _)| *name == part.part);
        values = values.saturating_mul(few.map_or(MANY, |(_, values)| *values));
        figures.push((ROWS / values).max(1));
    }
    if index.iter().all(|part| part.distinct_rows == 1)
        && let Some(last) = figures.last_mut()
    {
        *last = 1;
    }
    figures.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Database;

    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn look_ups_use_the_index_that_finds_the_row() {
        let dir = tempfile::tempdir().unwrap();
        Database::open("", dir.path()).unwrap();
        // What was written holds for connections that open later.
        let mut conn = Database::open("", dir.path()).unwrap().connect().unwrap();
        let Conn::Sqlite(conn) = &mut conn else {
            panic!("SQLite")
        };
        for (sql, index) in [
            (
                "SELECT id FROM cards WHERE chain_id = x'01' AND last_four = '5678' AND id < x'02' ORDER BY id DESC LIMIT 51",
                "cards_by_last_four",
            ),
            (
                "SELECT id FROM cards WHERE chain_id = x'01' AND membership_id = x'02' ORDER BY id",
                "cards_by_membership",
            ),
            (
                "SELECT id FROM memberships WHERE chain_id = x'01' AND customer_id = x'02' AND id < x'03' \
                 ORDER BY id DESC LIMIT 51",
                "memberships_by_customer",
            ),
            (
                "SELECT id FROM bills WHERE chain_id = x'01' AND original_id = x'02' ORDER BY id",
                "bills_by_original",
            ),
            (
                "SELECT id FROM bills WHERE chain_id = x'01' AND store_id = x'02' AND business_date = 3 \
                 AND receipt = '0001' ORDER BY business_date DESC, id DESC LIMIT 51",
                "sqlite_autoindex_bills_2",
            ),
            (
                "SELECT amount FROM entries WHERE chain_id = x'01' AND bill_id = x'02' AND membership_id = x'03' ORDER BY id",
                "entries_by_bill",
            ),
            (
                "SELECT delta FROM lot_moves WHERE chain_id = x'01' AND entry_id IN (x'02', x'03')",
                "lot_moves_by_entry",
            ),
            (
                "SELECT id FROM audit WHERE lane = 3 AND seq >= 7 AND (seq > 7 OR id > x'02') ORDER BY seq, id LIMIT 1000",
                "audit_by_lane",
            ),
            (
                "SELECT id FROM audit WHERE chain_id = x'01' AND subject = x'02' AND id < x'03' ORDER BY id DESC LIMIT 51",
                "audit_by_subject",
            ),
        ] {
            let plan: Vec<Plan> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}"))
                .load(conn)
                .unwrap();
            assert!(plan[0].detail.contains(index), "{sql}: {}", plan[0].detail);
        }
    }

    #[test]
    fn more_equal_columns_leave_fewer_rows() {
        let part = |part: &str, unique| Part {
            owner: "bills".into(),
            name: "i".into(),
            distinct_rows: unique,
            part: part.into(),
        };
        let parts = |unique| ["chain_id", "store_id", "receipt"].map(|name| part(name, unique));
        assert_eq!(statistic(&parts(0)), "1000000 1000000 10000 1");
        assert_eq!(statistic(&parts(1)[..2]), "1000000 1000000 1");
    }
}
