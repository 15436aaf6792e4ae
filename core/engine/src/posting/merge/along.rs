//! Rows of other tables that go along with a merged membership, and back: what was topped up, passes, exchanges, vouchers,
//! what campaigns gave, and what was counted day by day. Bills stay where they are; whoever returns one finds its way.

use super::row::{Along, Figure};
use crate::error::Result;
use crate::store::statement::{fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use std::collections::BTreeMap;
use uuid::Uuid;

statements! {
    SelectTopUps -> (Binary,) = "SELECT id FROM top_ups WHERE chain_id = ? AND membership_id = ? ORDER BY id";
    SelectPasses -> (Binary,) = "SELECT id FROM passes WHERE chain_id = ? AND membership_id = ? ORDER BY id";
    SelectClaims -> (Binary,) = "SELECT bill_id FROM reward_claims WHERE chain_id = ? AND membership_id = ? ORDER BY bill_id";
    SelectVouchers -> (Binary,) = "SELECT id FROM vouchers WHERE chain_id = ? AND membership_id = ? ORDER BY id";
    SelectVoucherUses -> (Binary,) = "SELECT id FROM voucher_uses WHERE chain_id = ? AND membership_id = ? ORDER BY id";
    // What was given for an occasion once to either of them isn't given again.
    SelectCampaignUses -> (Binary, Binary) =
        "SELECT u.campaign_id, u.id FROM campaign_uses u WHERE u.chain_id = ? AND u.membership_id = ? AND NOT EXISTS \
         (SELECT 1 FROM campaign_uses o WHERE o.chain_id = u.chain_id AND o.campaign_id = u.campaign_id \
         AND o.membership_id = ? AND o.occasion = u.occasion) ORDER BY u.campaign_id, u.id";
    SelectFigures -> (Text, Integer, BigInt) =
        "SELECT measure, day, amount FROM measures WHERE chain_id = ? AND membership_id = ? ORDER BY measure, day";
    MoveTopUp = "UPDATE top_ups SET membership_id = ?, \
        principal_lot = (SELECT heir_id FROM merged_lots l WHERE l.chain_id = top_ups.chain_id AND l.merge_id = ? \
        AND l.lot_id = top_ups.principal_lot), \
        bonus_lot = (SELECT heir_id FROM merged_lots l WHERE l.chain_id = top_ups.chain_id AND l.merge_id = ? \
        AND l.lot_id = top_ups.bonus_lot) WHERE chain_id = ? AND id = ?";
    ReturnTopUp = "UPDATE top_ups SET membership_id = ?, \
        principal_lot = (SELECT lot_id FROM merged_lots l WHERE l.chain_id = top_ups.chain_id AND l.merge_id = ? \
        AND l.heir_id = top_ups.principal_lot), \
        bonus_lot = (SELECT lot_id FROM merged_lots l WHERE l.chain_id = top_ups.chain_id AND l.merge_id = ? \
        AND l.heir_id = top_ups.bonus_lot) WHERE chain_id = ? AND id = ?";
    MovePass = "UPDATE passes SET membership_id = ?, \
        paid_lot = (SELECT heir_id FROM merged_lots l WHERE l.chain_id = passes.chain_id AND l.merge_id = ? \
        AND l.lot_id = passes.paid_lot), \
        gift_lot = (SELECT heir_id FROM merged_lots l WHERE l.chain_id = passes.chain_id AND l.merge_id = ? \
        AND l.lot_id = passes.gift_lot) WHERE chain_id = ? AND id = ?";
    ReturnPass = "UPDATE passes SET membership_id = ?, \
        paid_lot = (SELECT lot_id FROM merged_lots l WHERE l.chain_id = passes.chain_id AND l.merge_id = ? \
        AND l.heir_id = passes.paid_lot), \
        gift_lot = (SELECT lot_id FROM merged_lots l WHERE l.chain_id = passes.chain_id AND l.merge_id = ? \
        AND l.heir_id = passes.gift_lot) WHERE chain_id = ? AND id = ?";
    MoveClaim = "UPDATE reward_claims SET membership_id = ? WHERE chain_id = ? AND bill_id = ?";
    MoveVoucher = "UPDATE vouchers SET membership_id = ? WHERE chain_id = ? AND id = ?";
    MoveVoucherUse = "UPDATE voucher_uses SET membership_id = ? WHERE chain_id = ? AND id = ?";
    MoveCampaignUse = "UPDATE campaign_uses SET membership_id = ? WHERE chain_id = ? AND campaign_id = ? \
        AND membership_id = ? AND id = ?";
    AddFigure = "INSERT INTO measures (chain_id, membership_id, measure, day, amount) VALUES (?, ?, ?, ?, ?) ON CONFLICT \
        (chain_id, membership_id, measure, day) DO UPDATE SET amount = measures.amount + excluded.amount";
    AddTotal = "INSERT INTO measure_totals (chain_id, membership_id, measure, amount) VALUES (?, ?, ?, ?) ON CONFLICT \
        (chain_id, membership_id, measure) DO UPDATE SET amount = measure_totals.amount + excluded.amount";
    SelectUsedSince -> (Binary,) = "SELECT id FROM voucher_uses WHERE chain_id = ? AND voucher_id = ? AND id > ? LIMIT 1";
}

/// From which membership to which.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub chain: ChainId,
    pub from: MembershipId,
    pub to: MembershipId,
    pub merge: MembershipMergeId,
}

fn uuids(rows: Vec<(Id,)>) -> Vec<Uuid> {
    rows.into_iter().map(|(id,)| id.0).collect()
}

/// Adds figures to a membership's, day by day and in all.
fn count(conn: &mut Conn, chain: ChainId, membership: MembershipId, figures: &[Figure], sign: i64) -> Result<()> {
    let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
    for (measure, day, amount) in figures {
        run!(conn, AddFigure, [chain, membership, measure, *day, sign * amount])?;
        *totals.entry(measure).or_default() += sign * amount;
    }
    for (measure, amount) in totals {
        run!(conn, AddTotal, [chain, membership, measure, amount])?;
    }
    Ok(())
}

/// Gives the rows that are nobody's by their lots alone.
fn give(conn: &mut Conn, along: &Along, way: Way) -> Result<()> {
    let Way { chain, from, to, .. } = way;
    for id in &along.claims {
        run!(conn, MoveClaim, [to, chain, *id])?;
    }
    for id in &along.vouchers {
        run!(conn, MoveVoucher, [to, chain, *id])?;
    }
    for id in &along.voucher_uses {
        run!(conn, MoveVoucherUse, [to, chain, *id])?;
    }
    for (campaign, id) in &along.campaign_uses {
        run!(conn, MoveCampaignUse, [to, chain, *campaign, from, *id])?;
    }
    count(conn, chain, from, &along.figures, -1)?;
    count(conn, chain, to, &along.figures, 1)
}

/// Gives all to the membership that stays; the merge's lots are there already. What went.
pub(super) fn hand_over(conn: &mut Conn, way: Way) -> Result<Along> {
    let Way { chain, from, to, merge } = way;
    let along = Along {
        top_ups: uuids(fetch!(conn, SelectTopUps, [chain, from] => (Id,))?),
        passes: uuids(fetch!(conn, SelectPasses, [chain, from] => (Id,))?),
        claims: uuids(fetch!(conn, SelectClaims, [chain, from] => (Id,))?),
        vouchers: uuids(fetch!(conn, SelectVouchers, [chain, from] => (Id,))?),
        voucher_uses: uuids(fetch!(conn, SelectVoucherUses, [chain, from] => (Id,))?),
        campaign_uses: fetch!(conn, SelectCampaignUses, [chain, from, to] => (Id, Id))?
            .into_iter()
            .map(|(campaign, id)| (campaign.0, id.0))
            .collect(),
        figures: fetch!(conn, SelectFigures, [chain, from] => (String, i32, i64))?,
    };
    for id in &along.top_ups {
        run!(conn, MoveTopUp, [to, merge, merge, chain, *id])?;
    }
    for id in &along.passes {
        run!(conn, MovePass, [to, merge, merge, chain, *id])?;
    }
    give(conn, &along, way)?;
    Ok(along)
}

/// Gives back what went along; `way` leads back.
pub(super) fn give_back(conn: &mut Conn, along: &Along, way: Way) -> Result<()> {
    let Way { chain, to, merge, .. } = way;
    for id in &along.top_ups {
        run!(conn, ReturnTopUp, [to, merge, merge, chain, *id])?;
    }
    for id in &along.passes {
        run!(conn, ReturnPass, [to, merge, merge, chain, *id])?;
    }
    give(conn, along, way)
}

/// Whether a voucher that went along was used since.
pub(super) fn vouchers_used(conn: &mut Conn, chain: ChainId, along: &Along, merge: MembershipMergeId) -> Result<bool> {
    for id in &along.vouchers {
        if !fetch!(conn, SelectUsedSince, [chain, *id, merge] => (Id,))?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
