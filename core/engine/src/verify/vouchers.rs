//! Vouchers: uses that are counted are those that stand, of each code and of each kind.

use super::Books;
use super::chain::Chain;
use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::sql_types::{BigInt, Binary};

statements! {
    SelectMiscounted -> (Binary, BigInt, BigInt) =
        "SELECT v.id, v.used, COUNT(u.id) FROM vouchers v LEFT JOIN voucher_uses u ON u.chain_id = v.chain_id \
         AND u.voucher_id = v.id AND NOT u.undone WHERE v.chain_id = ? GROUP BY v.id, v.used HAVING v.used <> COUNT(u.id)";
    SelectKinds -> (Binary, BigInt, BigInt, BigInt, BigInt) =
        "SELECT k.id, k.used, CAST(COALESCE(SUM(v.used), 0) AS BIGINT), k.issued, COUNT(v.id) FROM voucher_kinds k \
         LEFT JOIN vouchers v ON v.chain_id = k.chain_id AND v.kind_id = k.id WHERE k.chain_id = ? \
         GROUP BY k.id, k.used, k.issued";
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    for (id, used, uses) in fetch!(conn, SelectMiscounted, [chain.id.0] => (Id, i64, i64))? {
        books.agree(used, uses, || format!("uses of voucher {} of {}", id.0, chain.code));
    }
    for (id, used, uses, issued, codes) in fetch!(conn, SelectKinds, [chain.id.0] => (Id, i64, i64, i64, i64))? {
        let name = || format!("voucher kind {} of {}", id.0, chain.code);
        books.agree(used, uses, || format!("uses of {}", name()));
        books.agree(issued, codes, || format!("codes of {}", name()));
    }
    Ok(())
}
