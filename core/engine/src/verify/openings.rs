//! Opening balances: each file's members and rows are there and come to its control totals, each row's entry is what it
//! says, nothing was opened without a row, and of a file that was taken back nothing is left.

use super::Books;
use super::chain::Chain;
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::sql_types::{BigInt, Binary, Text};
use std::collections::BTreeMap;

/// Rows that are named.
const MOST: i64 = 20;

statements! {
    SelectOpenings -> (Binary, Text, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt) =
        "SELECT id, state, members_total, members_done, points, principal, bonus, sessions FROM openings WHERE chain_id = ? ORDER BY id";
    CountMembers -> (BigInt, BigInt) =
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN undone THEN 1 ELSE 0 END), 0) AS BIGINT) FROM opening_members \
         WHERE chain_id = ? AND opening_id = ?";
    SumRows -> (Text, BigInt) =
        "SELECT asset, CAST(SUM(amount) AS BIGINT) FROM opening_rows WHERE chain_id = ? AND opening_id = ? GROUP BY asset";
    SelectWrong -> (BigInt,) =
        "SELECT r.line FROM opening_rows r LEFT JOIN entries e ON e.chain_id = r.chain_id AND e.membership_id = r.membership_id \
         AND e.id = r.entry_id WHERE r.chain_id = ? AND r.opening_id = ? AND (e.id IS NULL OR e.kind <> 'opening' \
         OR e.amount <> r.amount OR e.asset <> r.asset) ORDER BY r.line LIMIT ?";
    SelectKept -> (BigInt,) =
        "SELECT o.line FROM opening_members o JOIN memberships m ON m.chain_id = o.chain_id AND m.id = o.membership_id \
         WHERE o.chain_id = ? AND o.opening_id = ? AND o.undone AND (m.open OR EXISTS (SELECT 1 FROM accounts a \
         WHERE a.chain_id = m.chain_id AND a.membership_id = m.id AND a.balance <> 0)) ORDER BY o.line LIMIT ?";
    SelectUnfounded -> (Binary,) =
        "SELECT e.id FROM entries e WHERE e.chain_id = ? AND e.kind = 'opening' AND e.reverses IS NULL AND NOT EXISTS \
         (SELECT 1 FROM opening_rows r WHERE r.chain_id = e.chain_id AND r.membership_id = e.membership_id AND r.entry_id = e.id) \
         ORDER BY e.id LIMIT ?";
}

type Row = (Id, String, i64, i64, i64, i64, i64, i64);

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    for row in fetch!(conn, SelectOpenings, [chain.id.0] => Row)? {
        of_file(conn, books, chain, &row)?;
    }
    for (entry,) in fetch!(conn, SelectUnfounded, [chain.id.0, MOST] => (Id,))? {
        let (entry, code) = (entry.text(), &chain.code);
        books.problem(format_args!("entry {entry} of {code}: no file has opened it"));
    }
    Ok(())
}

fn of_file(conn: &mut Conn, books: &mut Books, chain: &Chain, row: &Row) -> Result<()> {
    let (id, state, total, done, points, principal, bonus, sessions) = row;
    let name = format!("opening balances {} of {}", id.text(), chain.code);
    let (members, undone) = fetch!(conn, CountMembers, [chain.id.0, id.0] => (i64, i64))?
        .pop()
        .unwrap_or_default();
    books.agree(*done, members - undone, || {
        format!("the number of memberships left of {name}")
    });
    if state == "done" {
        books.agree(members, *total, || format!("the number of memberships of {name}"));
    }
    if state == "undone" {
        books.agree(undone, members, || {
            format!("the number of memberships taken back of {name}")
        });
    }
    if members == *total {
        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
        for (asset, sum) in fetch!(conn, SumRows, [chain.id.0, id.0] => (String, i64))? {
            let of = if asset.starts_with("session:") {
                "sessions".to_owned()
            } else {
                asset
            };
            *sums.entry(of).or_default() += sum;
        }
        for (asset, given) in [
            ("points", points),
            ("principal", principal),
            ("bonus", bonus),
            ("sessions", sessions),
        ] {
            let found = sums.get(asset).copied().unwrap_or_default();
            books.agree(found, *given, || format!("the {asset} of {name}"));
        }
    }
    for (line,) in fetch!(conn, SelectWrong, [chain.id.0, id.0, MOST] => (i64,))? {
        books.problem(format_args!("row {line} of {name}: its entry isn't what it says"));
    }
    for (line,) in fetch!(conn, SelectKept, [chain.id.0, id.0, MOST] => (i64,))? {
        books.problem(format_args!("row {line} of {name}: taken back, but something is left"));
    }
    Ok(())
}
