//! How far campaigns have gone, and what they give: loaded and saved with the sale that they meet.

use super::ledger::{Needs, State};
use crate::error::{Error, Result};
use crate::store::statement::{fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::Day;
use cardea_domain::id::ChainId;
use cardea_domain::rows::{CampaignUseRow, Rows};
use diesel::sql_types::{BigInt, Binary, Integer};
use uuid::Uuid;

statements! {
    SelectUses -> (Integer, BigInt) =
        "SELECT day, points FROM campaign_uses WHERE chain_id = ? AND campaign_id = ? AND membership_id = ?";
    SelectGiven -> (BigInt,) = "SELECT given FROM campaigns WHERE chain_id = ? AND id = ?";
    SelectUsesOfBill -> (Binary, BigInt, Binary, Integer, BigInt, BigInt) =
        "SELECT campaign_id, version, membership_id, day, points, let_off FROM campaign_uses \
         WHERE chain_id = ? AND bill_id = ? ORDER BY campaign_id, id";
    InsertUse = "INSERT INTO campaign_uses (chain_id, campaign_id, membership_id, id, version, bill_id, occasion, day, \
        points, let_off) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AddGiven = "UPDATE campaigns SET given = given + ? WHERE chain_id = ? AND id = ?";
}

pub(super) fn load(conn: &mut Conn, chain: ChainId, needs: &Needs, state: &mut State) -> Result<()> {
    for need in &needs.campaigns {
        let usage = state.campaigns.entry(need.campaign).or_default();
        for (day, points) in fetch!(conn, SelectUses, [chain, need.campaign, need.membership] => (i32, i64))? {
            usage.add(Day(day), points, need.day);
        }
        if need.shared {
            let given = fetch!(conn, SelectGiven, [chain, need.campaign] => (i64,))?.pop();
            usage.all = given.map_or(0, |(given,)| given);
        }
    }
    if let Some(bill) = needs.uses_of {
        type Row = (Id, i64, Id, i32, i64, i64);
        let rows = fetch!(conn, SelectUsesOfBill, [chain, bill] => Row)?;
        let used = |(campaign, version, membership, day, points, let_off): Row| CampaignUseRow {
            id: Uuid::nil(),
            campaign: campaign.typed(),
            version,
            membership: membership.typed(),
            bill: Some(bill),
            occasion: None,
            day: Day(day),
            points,
            let_off,
        };
        state.uses = rows.into_iter().map(used).collect();
    }
    Ok(())
}

pub(super) fn save(conn: &mut Conn, chain: ChainId, rows: &Rows) -> Result<()> {
    for used in &rows.campaign_uses {
        let (campaign, occasion) = (used.campaign, used.occasion.as_deref());
        run!(
            conn,
            InsertUse,
            [
                chain,
                campaign,
                used.membership,
                used.id,
                used.version,
                used.bill,
                occasion,
                used.day,
                used.points,
                used.let_off
            ]
        )?;
        if run!(conn, AddGiven, [used.points, chain, campaign])? != 1 {
            return Err(Error::internal("a campaign that gave something is missing"));
        }
    }
    Ok(())
}
