//! How exchanges are handed over, and what stores have of rewards, in the writer.

use super::expect;
use crate::error::{Error, Result};
use crate::store::statement::{fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::Text;
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{ClaimState, Reward};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text as SqlText};

statements! {
    SelectReward -> Columns =
        "SELECT r.program_id, r.store_id, r.name_zh, r.name_en, r.points, r.stock, r.active, r.code, r.rules, \
         (SELECT s.stock FROM reward_stocks s WHERE s.chain_id = r.chain_id AND s.reward_id = r.id AND s.store_id = ?), \
         (SELECT CAST(COALESCE(SUM(c.quantity), 0) AS BIGINT) FROM reward_claims c WHERE c.chain_id = r.chain_id \
         AND c.reward_id = r.id AND c.membership_id = ? AND c.state <> 'cancelled') \
         FROM rewards r WHERE r.chain_id = ? AND r.id = ?";
    SelectClaim -> (SqlText, Bool, Binary) =
        "SELECT state, from_store, store_id FROM reward_claims WHERE chain_id = ? AND bill_id = ?";
    InsertClaim = "INSERT INTO reward_claims (chain_id, bill_id, reward_id, membership_id, store_id, quantity, from_store, \
        state, applied_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    CancelClaim = "UPDATE reward_claims SET state = 'cancelled' WHERE chain_id = ? AND bill_id = ?";
    AddStock = "UPDATE rewards SET stock = stock + ?, version = version + 1 WHERE chain_id = ? AND id = ?";
    AddStoreStock = "UPDATE reward_stocks SET stock = stock + ? WHERE chain_id = ? AND reward_id = ? AND store_id = ?";
}

type Columns = (
    Binary,
    Nullable<Binary>,
    SqlText,
    SqlText,
    BigInt,
    Nullable<BigInt>,
    Bool,
    SqlText,
    SqlText,
    Nullable<BigInt>,
    BigInt,
);

/// A reward to load, as a store has it for a member.
#[derive(Clone, Copy, Debug)]
pub struct RewardNeed {
    pub id: RewardId,
    pub store: StoreId,
    pub member: MembershipId,
}

/// How far an exchange is.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub state: ClaimState,
    /// The store whose own stock its pieces come from.
    pub from_store: Option<StoreId>,
}

/// A reward, and the code under which the catalogue and the plugin know it.
pub(crate) fn reward(conn: &mut Conn, chain: ChainId, need: &RewardNeed) -> Result<Option<(Reward, String)>> {
    type Row = (
        Id,
        Option<Id>,
        String,
        String,
        i64,
        Option<i64>,
        bool,
        String,
        String,
        Option<i64>,
        i64,
    );
    let row = fetch!(conn, SelectReward, [need.store, need.member, chain, need.id] => Row)?.pop();
    let Some((program, store, zh, en, points, stock, active, code, rules, store_stock, had)) = row else {
        return Ok(None);
    };
    let reward = Reward {
        id: need.id,
        program: program.typed(),
        store: store.map(Id::typed),
        name: Text { zh, en },
        points,
        stock,
        store_stock,
        active,
        rules: serde_json::from_str(&rules)?,
        had,
    };
    Ok(Some((reward, code)))
}

/// How an exchange is handed over; none for one from before that was kept.
pub(crate) fn claim(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<Option<Claim>> {
    let row = fetch!(conn, SelectClaim, [chain, bill] => (String, bool, Id))?.pop();
    let claim = |(state, from_store, store): (String, bool, Id)| {
        Ok(Claim {
            state: state.parse().map_err(Error::internal)?,
            from_store: from_store.then(|| store.typed()),
        })
    };
    row.map(claim).transpose()
}

/// Saves what a decision does to exchanges and stocks.
pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    for (reward, delta) in &rows.stock {
        expect((1, run!(conn, AddStock, [*delta, chain, *reward])?), "reward")?;
    }
    for (reward, store, delta) in &rows.store_stock {
        // A store that doesn't count them any more has nothing to change.
        let changed = run!(conn, AddStoreStock, [*delta, chain, *reward, *store])?;
        expect((changed.min(1), changed), "reward stock")?;
    }
    for bill in &rows.claims_cancelled {
        // One from before claims were kept has none.
        let changed = run!(conn, CancelClaim, [chain, *bill])?;
        expect((changed.min(1), changed), "claim")?;
    }
    for c in &rows.claims {
        let state = c.state.as_str();
        run!(
            conn,
            InsertClaim,
            [
                chain,
                c.bill,
                c.reward,
                c.membership,
                c.store,
                c.quantity,
                c.from_store,
                state,
                c.at
            ]
        )?;
    }
    Ok(())
}
