//! Reading vouchers: whose they are, whether they work, what they were used for; never a code.

use super::kind;
use super::row::{self, VoucherRow};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::resource::{VersionedRow, wanted};
use crate::store::schema::{voucher_uses, vouchers};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::voucher::{self as rules, VoucherState};
use cardea_domain::{Day, Instant, Minor, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A code without the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Voucher {
    #[schema(value_type = Uuid)]
    pub id: VoucherId,
    #[schema(value_type = Uuid)]
    pub kind_id: VoucherKindId,
    /// The kind's name.
    pub name: Text,
    #[schema(value_type = Option<Uuid>)]
    pub batch_id: Option<VoucherBatchId>,
    /// Number among the kind's codes, from 1: what people call it.
    pub serial: i64,
    /// null: it belongs to whoever has it.
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[schema(value_type = String, format = Date)]
    pub issued_on: Day,
    /// null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub last_day: Option<Day>,
    /// What it is worth in place of its kind's worth: a return gave it back. Minor units; null: as its kind says.
    #[schema(value_type = Option<i64>)]
    pub own_amount: Option<Minor>,
    /// Uses that stand.
    pub used: i64,
    /// How often it works altogether.
    pub uses: i64,
    /// Blocked: by itself, or with its batch.
    pub state: VoucherState,
    /// Why it is blocked, or works again; its own reason before its batch's.
    pub reason: Option<String>,
    /// Most recent first, at most 20.
    pub bills: Vec<VoucherUse>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
}

/// A use of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherUse {
    #[schema(value_type = Uuid)]
    pub bill_id: BillId,
    /// What it took off, minor units.
    #[schema(value_type = i64)]
    pub amount: Minor,
    /// A return has made the code usable again.
    pub undone: bool,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VoucherQuery {
    /// Only those of this kind.
    #[param(value_type = Option<Uuid>)]
    pub kind_id: Option<VoucherKindId>,
    /// Only those of this batch.
    #[param(value_type = Option<Uuid>)]
    pub batch_id: Option<VoucherBatchId>,
    /// Only those of this membership.
    #[param(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

fn uses_of(conn: &mut Conn, chain: ChainId, voucher: Id) -> Result<Vec<VoucherUse>> {
    let own = voucher_uses::chain_id
        .eq(Id::from(chain))
        .and(voucher_uses::voucher_id.eq(voucher));
    let rows: Vec<(Id, i64, bool)> = each!(conn, c => voucher_uses::table
        .select((voucher_uses::bill_id, voucher_uses::amount, voucher_uses::undone))
        .filter(own)
        .order(voucher_uses::id.desc())
        .limit(20)
        .load(c)?);
    let told = |(bill, amount, undone): (Id, i64, bool)| VoucherUse {
        bill_id: bill.typed(),
        amount,
        undone,
    };
    Ok(rows.into_iter().map(told).collect())
}

/// Whether a code is blocked, by itself or with its batch, and why.
fn standing(conn: &mut Conn, chain: ChainId, row: &VoucherRow) -> Result<(VoucherState, Option<String>)> {
    let own = (row.state.0, row.reason.clone());
    let (Some(batch), VoucherState::Issued) = (row.batch_id, own.0) else {
        return Ok(own);
    };
    let batch = row::batch(conn, chain, batch)?.filter(|batch| batch.blocked);
    Ok(batch.map_or(own, |batch| (VoucherState::Blocked, batch.reason)))
}

fn view(conn: &mut Conn, chain: ChainId, row: VoucherRow) -> Result<Voucher> {
    let kind = kind::Row::find(conn, chain, row.kind_id)?;
    let kind = kind.ok_or_else(|| Error::internal("a voucher without a kind"))?;
    let (state, reason) = standing(conn, chain, &row)?;
    let code = rules::Voucher {
        id: row.id.typed(),
        kind: row.kind_id.typed(),
        name: Text::new(&*kind.name_zh, &*kind.name_en),
        rules: kind.rules()?,
        active: kind.active,
        state,
        member: row.membership_id.map(Id::typed),
        issued_on: Day(row.issued_on),
        own_amount: row.own_amount,
        own_last_day: row.own_last_day.map(Day),
        used: row.used,
        kind_used: kind.used,
        member_used: 0,
    };
    Ok(Voucher {
        last_day: code.last_day(),
        bills: if row.used > 0 {
            uses_of(conn, chain, row.id)?
        } else {
            Vec::new()
        },
        id: code.id,
        kind_id: code.kind,
        name: code.name,
        batch_id: row.batch_id.map(Id::typed),
        serial: row.serial,
        membership_id: code.member,
        store_id: row.store_id.map(Id::typed),
        issued_on: code.issued_on,
        own_amount: code.own_amount,
        used: row.used,
        uses: code.rules.uses,
        state,
        reason,
        created_at: Instant(row.created_at),
    })
}

impl Engine {
    pub(super) fn voucher_view(&self, chain: ChainId, id: Id) -> Result<Voucher> {
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, chain, row)
        })
    }

    /// One voucher.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn voucher(&self, actor: &Actor, id: VoucherId) -> Result<Voucher, Refusal> {
        actor.scope(Action::VoucherRead)?;
        Ok(self.voucher_view(actor.chain, id.into())?)
    }

    /// Vouchers, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn vouchers(&self, actor: &Actor, query: &VoucherQuery) -> Result<Page<Voucher>, Refusal> {
        actor.scope(Action::VoucherRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let chain = actor.chain;
        let kind = query.kind_id.map_or(Id(Uuid::nil()), Id::from);
        let kind = wanted!(query.kind_id, vouchers::kind_id.eq(kind));
        let batch = query.batch_id.map_or(Id(Uuid::nil()), Id::from);
        let batch = wanted!(query.batch_id, vouchers::batch_id.eq(Some(batch)).assume_not_null());
        let member = query.membership_id.map_or(Id(Uuid::nil()), Id::from);
        let member = wanted!(
            query.membership_id,
            vouchers::membership_id.eq(Some(member)).assume_not_null()
        );
        let views = self.read(chain, |conn| {
            let own = vouchers::chain_id.eq(Id::from(chain));
            let rows: Vec<VoucherRow> = each!(conn, c => vouchers::table
                .select(VoucherRow::as_select())
                .filter(own.and(vouchers::id.lt(before)))
                .filter(kind)
                .filter(batch)
                .filter(member)
                .order(vouchers::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter()
                .map(|row| view(conn, chain, row))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |voucher| voucher.id.to_string()))
    }
}
