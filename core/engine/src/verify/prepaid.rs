//! Top-ups, passes and their uses: what was paid back of them is what their refunds say, and what was used what the
//! ledger says.

use super::Books;
use super::chain::Chain;
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::sql_types::{BigInt, Binary};

statements! {
    // What was brought from another system has no bill of its own, and its refunds name none.
    SelectTopUps -> (Binary, BigInt, BigInt, BigInt, BigInt) =
        "SELECT t.id, t.paid, b.total, COALESCE(t.refunded, 0), \
         (SELECT CAST(COALESCE(SUM(-r.total), 0) AS BIGINT) FROM bills r WHERE r.chain_id = t.chain_id \
         AND r.original_id = t.id AND r.kind = 'top_up_refund') AS back \
         FROM top_ups t JOIN bills b ON b.chain_id = t.chain_id AND b.id = t.id WHERE t.chain_id = ?";
    SelectPasses -> (Binary, BigInt, BigInt) =
        "SELECT p.id, COALESCE(p.refunded, 0), \
         (SELECT CAST(COALESCE(SUM(-r.total), 0) AS BIGINT) FROM bills r WHERE r.chain_id = p.chain_id \
         AND r.original_id = p.id AND r.kind = 'pass_refund') AS back FROM passes p JOIN bills b ON b.chain_id = p.chain_id AND b.id = p.id WHERE p.chain_id = ?";
    // By the membership that each bill was booked for: passes go along when memberships are merged, bills stay.
    SelectUses -> (Binary, BigInt, BigInt, BigInt, BigInt) =
        "SELECT u.id, u.sessions, CASE WHEN u.cancelled_by IS NULL THEN CAST(0 AS BIGINT) ELSE u.sessions END AS given, \
         (SELECT CAST(COALESCE(SUM(-e.amount), 0) AS BIGINT) FROM bills b JOIN entries e ON e.chain_id = b.chain_id \
         AND e.membership_id = b.membership_id AND e.bill_id = b.id WHERE b.chain_id = u.chain_id AND b.id = u.id \
         AND e.kind = 'use') AS used, \
         (SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM bills b JOIN entries e ON e.chain_id = b.chain_id \
         AND e.membership_id = b.membership_id AND e.bill_id = b.id WHERE b.chain_id = u.chain_id \
         AND b.id = u.cancelled_by AND e.kind = 'give_back') AS back FROM pass_uses u WHERE u.chain_id = ?";
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let (id, code) = (chain.id.0, &chain.code);
    for (top_up, paid, total, refunded, back) in fetch!(conn, SelectTopUps, [id] => (Id, i64, i64, i64, i64))? {
        books.agree(paid, total, || {
            format!("what was paid for top-up {} of {code}", top_up.0)
        });
        books.agree(refunded, back, || {
            format!("what was paid back of top-up {} of {code}", top_up.0)
        });
    }
    for (pass, refunded, back) in fetch!(conn, SelectPasses, [id] => (Id, i64, i64))? {
        books.agree(refunded, back, || {
            format!("what was paid back of pass {} of {code}", pass.0)
        });
    }
    for (of, sessions, given, used, back) in fetch!(conn, SelectUses, [id] => (Id, i64, i64, i64, i64))? {
        books.agree(sessions, used, || {
            format!("sessions of use {} of a pass of {code}", of.0)
        });
        books.agree(given, back, || {
            format!("sessions back of use {} of a pass of {code}", of.0)
        });
    }
    Ok(())
}
