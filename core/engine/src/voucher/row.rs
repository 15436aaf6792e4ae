//! The `vouchers` and `voucher_batches` tables.

use super::code::Coded;
use super::kind;
use crate::each;
use crate::error::Result;
use crate::store::schema::{stores, voucher_batches, vouchers};
use crate::store::{Conn, Id, Name, Tx};
use cardea_domain::id::{ChainId, MembershipId, StoreId};
use cardea_domain::voucher::VoucherState;
use cardea_domain::{Day, Zone};
use diesel::prelude::*;

/// Rows in one statement.
const SOME: usize = 200;

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = vouchers, primary_key(chain_id, id), treat_none_as_default_value = false)]
pub(super) struct VoucherRow {
    pub chain_id: Id,
    pub id: Id,
    pub kind_id: Id,
    pub batch_id: Option<Id>,
    pub serial: i64,
    pub digest: Vec<u8>,
    pub sealed: Vec<u8>,
    pub membership_id: Option<Id>,
    pub store_id: Option<Id>,
    pub issued_on: i32,
    pub own_amount: Option<i64>,
    pub own_last_day: Option<i32>,
    pub used: i64,
    pub state: Name<VoucherState>,
    pub reason: Option<String>,
    pub bill_id: Option<Id>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = voucher_batches, primary_key(chain_id, id), treat_none_as_default_value = false)]
pub(super) struct BatchRow {
    pub chain_id: Id,
    pub id: Id,
    pub kind_id: Id,
    pub store_id: Option<Id>,
    pub quantity: i64,
    pub first_serial: i64,
    pub note: Option<String>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
    /// None of its codes works, whatever their own state.
    pub blocked: bool,
    /// Why it is blocked, or works again.
    pub reason: Option<String>,
}

/// Whose new codes are, and where they come from.
pub(super) struct Issue {
    pub batch: Option<Id>,
    pub membership: Option<MembershipId>,
    pub store: Option<StoreId>,
    pub on: Day,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<VoucherRow>> {
    let row = vouchers::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(VoucherRow::as_select()).get_result(c).optional()?))
}

pub(super) fn batch(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<BatchRow>> {
    let row = voucher_batches::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(BatchRow::as_select()).get_result(c).optional()?))
}

/// Writes new codes of a kind under the next serials; answers the first.
pub(super) fn issue(tx: &mut Tx<'_>, kind: &kind::Row, codes: &[Coded], issue: &Issue) -> Result<i64> {
    let first = kind::count_issued(tx.conn(), kind, codes.len() as i64)?;
    let (staff, now) = (tx.actor().staff.map(Id::from), tx.now().0);
    let row = |(serial, code): (i64, &Coded)| VoucherRow {
        chain_id: kind.chain_id,
        id: code.id,
        kind_id: kind.id,
        batch_id: issue.batch,
        serial,
        digest: code.digest.to_vec(),
        sealed: code.sealed.clone(),
        membership_id: issue.membership.map(Id::from),
        store_id: issue.store.map(Id::from),
        issued_on: issue.on.0,
        own_amount: None,
        own_last_day: None,
        used: 0,
        state: Name(VoucherState::Issued),
        reason: None,
        bill_id: None,
        staff_id: staff,
        created_at: now,
    };
    for (part, codes) in codes.chunks(SOME).enumerate() {
        let from = first + (part * SOME) as i64;
        let rows: Vec<VoucherRow> = (from..).zip(codes).map(row).collect();
        each!(tx.conn(), c => diesel::insert_into(vouchers::table).values(&rows).execute(c)?);
    }
    Ok(first)
}

/// The zone in which a store's days are counted, if the chain has the store.
pub(super) fn zone_of(conn: &mut Conn, chain: ChainId, store: StoreId) -> Result<Option<Zone>> {
    let row = stores::table.find((Id::from(chain), Id::from(store)));
    let name: Option<String> = each!(conn, c => row.select(stores::time_zone).get_result(c).optional()?);
    let zone = name.map(|name| name.parse().map_err(crate::Error::internal));
    zone.transpose()
}
