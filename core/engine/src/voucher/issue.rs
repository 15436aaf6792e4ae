//! Vouchers given to members, and shown to them again.

use super::code::{self, Coded};
use super::kind;
use super::read::Voucher;
use super::row::{self, Issue, VoucherRow};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::store::schema::memberships;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use cardea_domain::id::{ChainId, MembershipId, StoreId, VoucherId, VoucherKindId};
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// A voucher for a member: with it only this membership pays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucher {
    #[schema(value_type = Uuid)]
    pub kind_id: VoucherKindId,
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Who gives it, in whose zone the day of issue is counted; null: the chain.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
}

/// A voucher with its code.
#[derive(Clone, Serialize, ToSchema)]
pub struct IssuedVoucher {
    pub voucher: Voucher,
    /// In groups, as it is printed; spaces don't count.
    #[schema(example = "5724 1190 3367 0142 8854")]
    pub code: String,
}

/// Nothing needs to be said.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowVoucher {}

/// A code for its holder.
#[derive(Clone, Serialize, ToSchema)]
pub struct VoucherCodeShown {
    #[schema(example = "5724 1190 3367 0142 8854")]
    pub code: String,
}

/// The store of an open membership.
fn member_store(conn: &mut Conn, chain: ChainId, id: MembershipId) -> Result<Option<StoreId>> {
    let row = memberships::table.find((Id::from(chain), Id::from(id)));
    let open = row.filter(memberships::open);
    let store: Option<Id> = each!(conn, c => open.select(memberships::store_id).get_result(c).optional()?);
    Ok(store.map(Id::typed))
}

/// The store whose people may show a code or block it; None: the whole chain's.
pub(super) fn place(conn: &mut Conn, voucher: &VoucherRow) -> Result<Option<StoreId>> {
    let Some(membership) = voucher.membership_id.filter(|_| voucher.store_id.is_none()) else {
        return Ok(voucher.store_id.map(Id::typed));
    };
    let row = memberships::table.find((voucher.chain_id, membership));
    let store: Option<Id> = each!(conn, c => row.select(memberships::store_id).get_result(c).optional()?);
    Ok(store.map(Id::typed))
}

impl Engine {
    /// The business date in a store's zone, or in the chain's.
    ///
    /// # Errors
    /// `field_invalid` for a store that the chain doesn't have.
    pub(super) fn voucher_day(&self, chain: ChainId, store: Option<StoreId>) -> Result<Day> {
        let now = self.clock().business(chain);
        let Some(store) = store else {
            return Ok(self.chain(chain)?.time_zone.day_of(now));
        };
        let zone = self.read(chain, |conn| row::zone_of(conn, chain, store))?;
        let zone = zone.ok_or_else(|| field("/store_id", "没有这家门店", "There is no such store"))?;
        Ok(zone.day_of(now))
    }

    /// Gives a member a voucher.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for a kind, membership or store that can't be named.
    pub async fn issue_voucher(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewVoucher,
    ) -> Result<Written<IssuedVoucher>, Refusal> {
        actor.require(Action::VoucherIssue, new.store_id)?;
        let on = self.voucher_day(actor.chain, new.store_id)?;
        let coded = Coded::new(&self.keys().chain(actor.chain))?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let kind = kind::in_service(tx.conn(), chain, new.kind_id)?;
            if member_store(tx.conn(), chain, new.membership_id)?.is_none() {
                let (zh, en) = ("没有这个会籍，或已结束", "There is no such open membership");
                return Err(field("/membership_id", zh, en).into());
            }
            let issue = Issue {
                batch: None,
                membership: Some(new.membership_id),
                store: new.store_id,
                on,
            };
            row::issue(tx, &kind, std::slice::from_ref(&coded), &issue)?;
            let detail = json!({ "kind_id": new.kind_id, "membership_id": new.membership_id });
            tx.audit("voucher.issue", coded.id.0, detail);
            tx.publish(
                "voucher.issued",
                json!({ "id": coded.id.0, "membership_id": new.membership_id }),
            );
            Answer::created(&Stored::of(coded.id.0))
        };
        let answered = self.transact(actor, key, "voucher.issue", work).await?;
        Written::read(answered, |id| {
            let voucher = self.voucher_view(actor.chain, Id(id))?;
            let code = self.voucher_code(actor.chain, Id(id))?;
            Ok(IssuedVoucher { voucher, code })
        })
    }

    fn voucher_code(&self, chain: ChainId, id: Id) -> Result<String> {
        let row = self.read(chain, |conn| row::find(conn, chain, id))?;
        let row = row.ok_or_else(not_found)?;
        code::open(&self.keys().chain(chain), id, &row.sealed)
    }

    /// Shows a code again, for its holder; the audit log says to whom of the staff.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn show_voucher(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: VoucherId,
    ) -> Result<Written<VoucherCodeShown>, Refusal> {
        actor.scope(Action::VoucherIssue)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let voucher = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let place = place(tx.conn(), &voucher)?;
            tx.actor().require(Action::VoucherIssue, place)?;
            tx.audit("voucher.show", id.0, json!({}));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "voucher.show", work).await?;
        Written::read(answered, |id| {
            let code = self.voucher_code(actor.chain, Id(id))?;
            Ok(VoucherCodeShown { code })
        })
    }
}
