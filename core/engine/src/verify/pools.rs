//! Family pools: nobody is in one that has ended, the head is in its own, and what bills took of others stands in the ledger.

use super::Books;
use super::chain::Chain;
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::sql_types::{BigInt, Binary};

statements! {
    SelectStrangers -> (Binary, Binary) =
        "SELECT o.pool_id, o.membership_id FROM pool_members o \
         LEFT JOIN pools p ON p.chain_id = o.chain_id AND p.id = o.pool_id \
         LEFT JOIN memberships m ON m.chain_id = o.chain_id AND m.id = o.membership_id WHERE o.chain_id = ? \
         AND (p.id IS NULL OR m.id IS NULL OR m.program_id <> p.program_id \
         OR (o.left_at IS NULL AND p.closed_at IS NOT NULL)) ORDER BY 1, 2";
    SelectHeadless -> (Binary,) =
        "SELECT p.id FROM pools p WHERE p.chain_id = ? AND p.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM pool_members o \
         WHERE o.chain_id = p.chain_id AND o.pool_id = p.id AND o.membership_id = p.head_id AND o.left_at IS NULL) ORDER BY 1";
    SelectUnbooked -> (Binary, Binary) =
        "SELECT d.bill_id, d.lot_id FROM pool_draws d \
         LEFT JOIN lots l ON l.chain_id = d.chain_id AND l.membership_id = d.membership_id AND l.id = d.lot_id \
         LEFT JOIN entries e ON e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = l.entry_id \
         LEFT JOIN lots g ON g.chain_id = d.chain_id AND g.membership_id = d.lender_id AND g.id = d.lender_lot_id \
         WHERE d.chain_id = ? AND (g.id IS NULL OR e.id IS NULL OR e.kind <> 'transfer_in' OR e.amount <> d.amount \
         OR e.bill_id IS NULL OR e.bill_id <> d.bill_id) ORDER BY 1, 2";
    SelectUneven -> (Binary, BigInt) =
        "SELECT bill_id, CAST(SUM(amount) AS BIGINT) FROM entries WHERE chain_id = ? AND counter = 'transferred' \
         AND bill_id IS NOT NULL GROUP BY bill_id HAVING SUM(amount) <> 0 ORDER BY 1";
    SelectUndrawn -> (Binary,) =
        "SELECT e.id FROM entries e WHERE e.chain_id = ? AND e.counter = 'transferred' AND e.rule = 'core.pool_in' \
         AND NOT EXISTS (SELECT 1 FROM lots l JOIN pool_draws d ON d.chain_id = l.chain_id AND d.lot_id = l.id \
         AND d.bill_id = e.bill_id WHERE l.chain_id = e.chain_id AND l.membership_id = e.membership_id \
         AND l.entry_id = e.id) ORDER BY 1";
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let (id, code) = (chain.id.0, &chain.code);
    for (pool, member) in fetch!(conn, SelectStrangers, [id] => (Id, Id))? {
        let (pool, member) = (pool.text(), member.text());
        books.problem(format_args!("pool {pool} of {code}: {member} can't be in it"));
    }
    for (pool,) in fetch!(conn, SelectHeadless, [id] => (Id,))? {
        books.problem(format_args!("pool {} of {code}: its head isn't in it", pool.text()));
    }
    for (bill, lot) in fetch!(conn, SelectUnbooked, [id] => (Id, Id))? {
        let (bill, lot) = (bill.text(), lot.text());
        books.problem(format_args!(
            "bill {bill} of {code}: no entry says what it took of the pool (lot {lot})"
        ));
    }
    for (bill, sum) in fetch!(conn, SelectUneven, [id] => (Id, i64))? {
        books.agree(sum, 0, || {
            format!("what went between members on bill {} of {code}", bill.text())
        });
    }
    for (entry,) in fetch!(conn, SelectUndrawn, [id] => (Id,))? {
        let entry = entry.text();
        books.problem(format_args!(
            "entry {entry} of {code}: nothing says whose points they were"
        ));
    }
    Ok(())
}
