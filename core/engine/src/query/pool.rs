//! The family pool of a membership, for the till's look (D-LED-8).

use crate::error::Result;
use crate::store::statement::{fetch, statements};
use crate::store::writer::pools::{self, PoolNeed};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Member};
use cardea_domain::sale::PoolAsOf;
use cardea_domain::{Instant, Points};
use diesel::sql_types::{BigInt, Binary, Text};
use serde::Serialize;
use utoipa::ToSchema;

statements! {
    SelectPoolOf -> (Binary, Text, Binary, BigInt) =
        "SELECT p.id, p.name, p.head_id, (SELECT COUNT(*) FROM pool_members o WHERE o.chain_id = p.chain_id \
         AND o.pool_id = p.id AND o.left_at IS NULL) FROM pool_members m \
         JOIN pools p ON p.chain_id = m.chain_id AND p.id = m.pool_id \
         WHERE m.chain_id = ? AND m.membership_id = ? AND m.left_at IS NULL";
}

/// The pool that a membership is in, and what it may spend with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MembershipPool {
    #[schema(value_type = Uuid)]
    pub id: PoolId,
    pub name: String,
    #[schema(value_type = Uuid)]
    pub head_id: MembershipId,
    /// How many are in it.
    pub members: i64,
    /// What the others have for this one; 0 while it is in debt.
    #[schema(value_type = i64)]
    pub others: Points,
    /// Its own and the others' together: what an exchange or a bill can take.
    #[schema(value_type = i64)]
    pub spendable: Points,
}

pub(super) fn of(conn: &mut Conn, chain: ChainId, member: &Member, now: Instant) -> Result<Option<MembershipPool>> {
    let found = fetch!(conn, SelectPoolOf, [chain, member.id] => (Id, String, Id, i64))?.pop();
    let Some((id, name, head, members)) = found else {
        return Ok(None);
    };
    let need = PoolNeed { of: member.id, at: now };
    let others = match pools::pool(conn, chain, &need)? {
        Some(pool) => {
            let lenders = pools::lenders(conn, chain, member.id, &pool)?;
            pool.spendable(member, &lenders, PoolAsOf::now(now))
        }
        None => 0,
    };
    Ok(Some(MembershipPool {
        id: id.typed(),
        name,
        head_id: head.typed(),
        members,
        others,
        spendable: member.spendable(&Asset::points(), now) + others,
    }))
}
