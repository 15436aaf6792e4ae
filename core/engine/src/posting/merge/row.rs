//! The tables `membership_merges` and `merged_lots`, and what a merge must know to be taken back.

use crate::each;
use crate::error::Result;
use crate::store::schema::{membership_merges, merged_lots};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, Heir, Lot, LotTerms, WholeLot};
use cardea_domain::sale::{Absorbed, Lots};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Rows in one statement.
const SOME: usize = 500;

statements! {
    SelectWhole -> (
        Text, Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt, BigInt, Bool, Nullable<Binary>
    ) = "SELECT l.asset, l.id, l.bill_id, l.opened_at, l.matures_at, l.expires_at, l.amount, l.remaining, l.ended, e.store_id \
         FROM lots l JOIN entries e ON e.chain_id = l.chain_id AND e.membership_id = l.membership_id AND e.id = l.entry_id \
         WHERE l.chain_id = ? AND l.membership_id = ? ORDER BY l.id";
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = membership_merges)]
pub(super) struct MergeRow {
    pub chain_id: Id,
    pub id: Id,
    pub membership_id: Id,
    pub merged_id: Id,
    pub store_id: Id,
    pub staff_id: Option<Id>,
    pub reason: String,
    pub content: String,
    pub merged_at: i64,
    pub undone_by: Option<Id>,
    pub undone_at: Option<i64>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = merged_lots)]
struct LotRow {
    chain_id: Id,
    merge_id: Id,
    lot_id: Id,
    heir_id: Id,
    moved: i64,
    came: i64,
}

/// A figure of a day: measure, day, amount.
pub(super) type Figure = (String, i32, i64);

/// Rows of other tables that went along.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Along {
    pub top_ups: Vec<Uuid>,
    pub passes: Vec<Uuid>,
    pub claims: Vec<Uuid>,
    pub vouchers: Vec<Uuid>,
    pub voucher_uses: Vec<Uuid>,
    /// With their campaigns.
    pub campaign_uses: Vec<(Uuid, Uuid)>,
    pub figures: Vec<Figure>,
}

/// All that the way back needs beside the lots.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Content {
    pub absorbed: Absorbed,
    pub along: Along,
    /// What went over, by asset.
    pub moved: BTreeMap<String, i64>,
    /// The last entry of the merge for the survivor; what it moves later comes after it.
    pub last_entry: Option<EntryId>,
    /// Whether the survivor's tier changed with it.
    pub tier_changed: bool,
}

impl MergeRow {
    pub fn content(&self) -> Result<Content> {
        Ok(serde_json::from_str(&self.content)?)
    }

    pub fn insert(&self, conn: &mut Conn, heirs: &[Heir]) -> Result<()> {
        each!(conn, c => diesel::insert_into(membership_merges::table).values(self).execute(c)?);
        let rows = heirs.iter().map(|heir| LotRow {
            chain_id: self.chain_id,
            merge_id: self.id,
            lot_id: heir.lot.into(),
            heir_id: heir.heir.into(),
            moved: heir.moved,
            came: heir.came,
        });
        let rows: Vec<LotRow> = rows.collect();
        for rows in rows.chunks(SOME) {
            each!(conn, c => diesel::insert_into(merged_lots::table).values(rows).execute(c)?);
        }
        Ok(())
    }

    /// Notes what the way back needs, once all has gone over.
    pub fn keep(&mut self, conn: &mut Conn, content: &Content) -> Result<()> {
        self.content = serde_json::to_string(content)?;
        each!(conn, c => diesel::update(membership_merges::table.find((self.chain_id, self.id)))
            .set(membership_merges::content.eq(&self.content))
            .execute(c)?);
        Ok(())
    }

    /// The lots that went, with those that go on for them.
    pub fn heirs(&self, conn: &mut Conn) -> Result<BTreeMap<LotId, Heir>> {
        let own = merged_lots::chain_id
            .eq(self.chain_id)
            .and(merged_lots::merge_id.eq(self.id));
        let rows: Vec<LotRow> = each!(conn, c => merged_lots::table.select(LotRow::as_select()).filter(own).load(c)?);
        let heir = |row: LotRow| Heir {
            lot: row.lot_id.typed(),
            heir: row.heir_id.typed(),
            moved: row.moved,
            came: row.came,
        };
        Ok(rows.into_iter().map(heir).map(|heir| (heir.lot, heir)).collect())
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<MergeRow>> {
    let row = membership_merges::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(MergeRow::as_select()).get_result(c).optional()?))
}

/// Merges into or of a membership, newest first.
pub(super) fn select(
    conn: &mut Conn,
    (chain, membership): (ChainId, MembershipId),
    before: Id,
    limit: i64,
) -> Result<Vec<MergeRow>> {
    let membership = Id::from(membership);
    let own = membership_merges::membership_id
        .eq(membership)
        .or(membership_merges::merged_id.eq(membership));
    let chain = Id::from(chain);
    Ok(each!(conn, c => membership_merges::table
        .select(MergeRow::as_select())
        .filter(membership_merges::chain_id.eq(chain).and(own))
        .filter(membership_merges::id.lt(before))
        .order(membership_merges::id.desc())
        .limit(limit)
        .load(c)?))
}

/// Every lot of a membership, empty and ended ones too.
pub(super) fn lots(conn: &mut Conn, chain: ChainId, membership: MembershipId) -> Result<Lots> {
    type Row = (
        String,
        Id,
        Option<Id>,
        i64,
        Option<i64>,
        Option<i64>,
        i64,
        i64,
        bool,
        Option<Id>,
    );
    let mut lots = Lots::new();
    for (asset, id, bill, opened, matures, expires, amount, remaining, ended, store) in
        fetch!(conn, SelectWhole, [chain, membership] => Row)?
    {
        let lot = Lot {
            id: id.typed(),
            bill: bill.map(Id::typed),
            opened_at: Instant(opened),
            terms: LotTerms {
                matures_at: matures.map(Instant),
                expires_at: expires.map(Instant),
            },
            remaining,
        };
        lots.entry(Asset(asset)).or_default().push(WholeLot {
            lot,
            amount,
            ended,
            issued_by: store.map(Id::typed),
        });
    }
    Ok(lots)
}
