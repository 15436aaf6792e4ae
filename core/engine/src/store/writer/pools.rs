//! Family pools in the writer (D-LED-8): who shares points with whom, what a bill took of whom, who leaves with a membership's
//! end.

use super::load::{self, Members};
use crate::error::Result;
use crate::store::statement::{Bind, Waiting, fetch, fetch_all, ids, run, statements};
use crate::store::writer::ledger::{MemberNeed, Needs, State};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::{LotTerms, SpentMove};
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Pool, PoolDraw};
use diesel::sql_types::{BigInt, Binary, Nullable, Text};

/// Why a membership left by itself: it has ended, or the head's has.
const ENDED: &str = "membership_ended";
const DISPERSED: &str = "pool_ended";

statements! {
    SelectPool -> (Binary, Text) =
        "SELECT o.membership_id, m.reference FROM pool_members p JOIN pool_members o ON o.chain_id = p.chain_id \
         AND o.pool_id = p.pool_id AND o.left_at IS NULL AND o.joined_at <= ? \
         JOIN memberships m ON m.chain_id = o.chain_id AND m.id = o.membership_id \
         WHERE p.chain_id = ? AND p.membership_id = ? AND p.left_at IS NULL AND p.joined_at <= ?";
    SelectIssuers -> (Binary, Nullable<Binary>) =
        "SELECT l.id, e.store_id FROM lots l JOIN entries e ON e.chain_id = l.chain_id AND e.membership_id = l.membership_id \
         AND e.id = l.entry_id WHERE l.remaining > 0 AND l.asset = 'points' AND l.chain_id = ? \
         AND l.membership_id IN ({})" of "?";
    SelectDraws -> (
        Binary, Binary, Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt, Nullable<Binary>
    ) = "SELECT d.lot_id, d.lender_id, d.lender_lot_id, l.bill_id, l.opened_at, l.matures_at, l.expires_at, d.amount, \
         e.store_id FROM pool_draws d \
         JOIN lots l ON l.chain_id = d.chain_id AND l.membership_id = d.lender_id AND l.id = d.lender_lot_id \
         JOIN entries e ON e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = l.entry_id \
         WHERE d.chain_id = ? AND d.bill_id = ? ORDER BY d.lot_id";
    InsertDraw = "INSERT INTO pool_draws (chain_id, bill_id, lot_id, membership_id, lender_id, lender_lot_id, amount) \
         VALUES {}" of "(?, ?, ?, ?, ?, ?, ?)";
    UpdateLeft =
        "UPDATE pool_members SET left_at = ?, left_reason = ? WHERE chain_id = ? AND membership_id = ? AND left_at IS NULL";
    UpdateDispersed =
        "UPDATE pool_members SET left_at = ?, left_reason = ? WHERE chain_id = ? AND left_at IS NULL AND pool_id IN \
         (SELECT p.id FROM pools p WHERE p.chain_id = ? AND p.head_id = ? AND p.closed_at IS NULL)";
    UpdateClosed = "UPDATE pools SET closed_at = ? WHERE chain_id = ? AND head_id = ? AND closed_at IS NULL";
}

/// Whose pool a command may draw on.
#[derive(Clone, Debug)]
pub struct PoolNeed {
    pub of: MembershipId,
    /// Whoever joined later has nothing to do with it.
    pub at: Instant,
}

/// The membership's pool as of an instant, itself among the members; none if it is in none, or alone.
pub(crate) fn pool(conn: &mut Conn, chain: ChainId, need: &PoolNeed) -> Result<Option<Pool>> {
    let found = fetch!(conn, SelectPool, [need.at, chain, need.of, need.at] => (Id, String))?;
    if found.len() < 2 {
        return Ok(None);
    }
    let tail = |reference: &str| {
        let digits = reference.chars().count();
        reference.chars().skip(digits.saturating_sub(4)).collect::<String>()
    };
    let members = found.iter().map(|(id, reference)| (id.typed(), tail(reference)));
    let mut pool = Pool {
        members: members.collect(),
        ..Pool::default()
    };
    let others = ids(others(&pool, need.of));
    let issuers = fetch_all!(conn, SelectIssuers, [chain], &others => (Id, Option<Id>))?;
    let issued = |(lot, store): (Id, Option<Id>)| Some((lot.typed(), store?.typed()));
    pool.issuers = issuers.into_iter().filter_map(issued).collect();
    Ok(Some(pool))
}

/// Everybody in it but the spender.
pub(crate) fn others(pool: &Pool, of: MembershipId) -> impl Iterator<Item = MembershipId> {
    pool.members.keys().copied().filter(move |id| *id != of)
}

/// A member's accounts, as lending needs them.
pub(crate) fn need(id: MembershipId) -> MemberNeed {
    MemberNeed {
        id,
        figures: None,
        upgrades: false,
    }
}

/// The others with their accounts.
pub(crate) fn lenders(conn: &mut Conn, chain: ChainId, of: MembershipId, pool: &Pool) -> Result<Members> {
    let mut found = Members::new();
    for id in others(pool, of) {
        let member = load::member(conn, chain, &need(id))?;
        found.extend(member.map(|member| (member.id, member)));
    }
    Ok(found)
}

pub(super) fn load(conn: &mut Conn, chain: ChainId, needs: &Needs, state: &mut State) -> Result<()> {
    if let Some(need) = &needs.pool_of {
        state.pool = pool(conn, chain, need)?;
    }
    Ok(())
}

/// What a bill took of others, with their lots' present dates.
pub(super) fn draws(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<Vec<PoolDraw>> {
    type Row = (Id, Id, Id, Option<Id>, i64, Option<i64>, Option<i64>, i64, Option<Id>);
    let rows = fetch!(conn, SelectDraws, [chain, bill] => Row)?;
    let draw = |(lot, lender, own, bill, opened, matures, expires, amount, store): Row| PoolDraw {
        lot: lot.typed(),
        lender: lender.typed(),
        part: SpentMove {
            lot: own.typed(),
            bill: bill.map(Id::typed),
            opened_at: Instant(opened),
            terms: LotTerms {
                matures_at: matures.map(Instant),
                expires_at: expires.map(Instant),
            },
            amount,
        },
        issued_by: store.map(Id::typed),
    };
    Ok(rows.into_iter().map(draw).collect())
}

/// Saves what bills took of others.
pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    let mut draws = Waiting::<InsertDraw>::default();
    for d in &rows.pool_draws {
        draws.add(super::save::row![
            chain,
            d.bill,
            d.lot,
            d.membership,
            d.lender,
            d.lender_lot,
            d.amount
        ]);
    }
    draws.write(conn)?;
    Ok(())
}

/// Whoever's membership ends leaves the pool with it; a head's ends the pool.
pub(super) fn leave(conn: &mut Conn, chain: ChainId, rows: &Rows, at: Instant) -> Result<()> {
    for ended in rows.membership_updates.iter().filter(|update| !update.open) {
        run!(conn, UpdateLeft, [at, ENDED, chain, ended.id])?;
        run!(conn, UpdateDispersed, [at, DISPERSED, chain, chain, ended.id])?;
        run!(conn, UpdateClosed, [at, chain, ended.id])?;
    }
    Ok(())
}
