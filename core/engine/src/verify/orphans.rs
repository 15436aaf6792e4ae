//! Rows that no entry or membership leads to. They are looked for only where a count says that there are some.

use super::Books;
use super::chain::{Chain, Seen};
use crate::each;
use crate::error::Result;
use crate::store::schema::{accounts, entries, lot_moves, lots, memberships};
use crate::store::{Conn, Id};
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// Rows named per table.
const MOST: i64 = 20;

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain, seen: Seen) -> Result<()> {
    let there = count(conn, chain.id)?;
    let mut lost = |table: &str, there: u64, seen: u64, rows: Vec<Id>| {
        let ids: Vec<String> = rows.iter().map(|id| id.text()).collect();
        let (what, code) = (ids.join(", "), &chain.code);
        books.problem(format_args!(
            "{table} of {code}: {there} rows, {seen} of them accounted for; lost: {what}"
        ));
    };
    if there.entries != seen.entries {
        lost("entries", there.entries, seen.entries, Vec::new());
    }
    if there.accounts != seen.accounts {
        lost(
            "accounts",
            there.accounts,
            seen.accounts,
            accounts_of_nobody(conn, chain.id)?,
        );
    }
    if there.lot_moves != seen.lot_moves {
        lost(
            "lot_moves",
            there.lot_moves,
            seen.lot_moves,
            entries_of_moves(conn, chain.id)?,
        );
    }
    if there.lots != seen.lots {
        lost("lots", there.lots, seen.lots, lots_of_nobody(conn, chain.id)?);
    }
    Ok(())
}

fn count(conn: &mut Conn, chain: Id) -> Result<Seen> {
    let (entries, lots, lot_moves, accounts): (i64, i64, i64, i64) = each!(conn, c => (
        entries::table.filter(entries::chain_id.eq(chain)).count().get_result(c)?,
        lots::table.filter(lots::chain_id.eq(chain)).count().get_result(c)?,
        lot_moves::table.filter(lot_moves::chain_id.eq(chain)).count().get_result(c)?,
        accounts::table.filter(accounts::chain_id.eq(chain)).count().get_result(c)?,
    ));
    let rows = |n: i64| n.unsigned_abs();
    Ok(Seen {
        entries: rows(entries),
        lots: rows(lots),
        lot_moves: rows(lot_moves),
        accounts: rows(accounts),
    })
}

/// Memberships that accounts name and that aren't there.
fn accounts_of_nobody(conn: &mut Conn, chain: Id) -> Result<Vec<Id>> {
    let member = memberships::chain_id
        .eq(chain)
        .and(memberships::id.eq(accounts::membership_id));
    Ok(each!(conn, c => accounts::table
        .select(accounts::membership_id)
        .filter(accounts::chain_id.eq(chain).and(not(exists(memberships::table.filter(member)))))
        .limit(MOST)
        .load(c)?))
}

/// Entries that lot moves name and that aren't there.
fn entries_of_moves(conn: &mut Conn, chain: Id) -> Result<Vec<Id>> {
    let entry = entries::chain_id.eq(chain).and(entries::id.eq(lot_moves::entry_id));
    Ok(each!(conn, c => lot_moves::table
        .select(lot_moves::entry_id)
        .filter(lot_moves::chain_id.eq(chain).and(not(exists(entries::table.filter(entry)))))
        .limit(MOST)
        .load(c)?))
}

/// Lots of memberships that aren't there.
fn lots_of_nobody(conn: &mut Conn, chain: Id) -> Result<Vec<Id>> {
    let member = memberships::chain_id
        .eq(chain)
        .and(memberships::id.eq(lots::membership_id));
    Ok(each!(conn, c => lots::table
        .select(lots::id)
        .filter(lots::chain_id.eq(chain).and(not(exists(memberships::table.filter(member)))))
        .limit(MOST)
        .load(c)?))
}
