//! Blocking codes: one that was lost, a batch that was stolen from the printer's. Both are kept, so that a batch that works
//! again leaves its lost codes blocked.

use super::issue::place;
use super::read::Voucher;
use super::row;
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, not_found};
use crate::store::schema::{voucher_batches, vouchers};
use crate::store::{Answer, Id, IdempotencyKey, Name, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::{VoucherBatchId, VoucherId};
use cardea_domain::voucher::VoucherState;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Whether codes work.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoucherBlock {
    /// true: they stop working; false: they work again.
    pub blocked: bool,
    #[schema(max_length = 200, example = "顾客遗失")]
    pub reason: String,
}

impl VoucherBlock {
    fn reason(&self) -> Result<String, Refusal> {
        input::text(&self.reason, 200, "/reason")
    }

    fn state(&self) -> VoucherState {
        match self.blocked {
            true => VoucherState::Blocked,
            false => VoucherState::Issued,
        }
    }
}

impl Engine {
    /// Blocks a code, or lets it work again; one whose batch is blocked doesn't before the batch does.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid` (reason).
    pub async fn block_voucher(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: VoucherId,
        block: &VoucherBlock,
    ) -> Result<Written<Voucher>, Refusal> {
        actor.scope(Action::VoucherIssue)?;
        let (state, reason) = (block.state(), block.reason()?);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let voucher = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let place = place(tx.conn(), &voucher)?;
            tx.actor().require(Action::VoucherIssue, place)?;
            let row = vouchers::table.find((voucher.chain_id, voucher.id));
            each!(tx.conn(), c => diesel::update(row)
                .set((vouchers::state.eq(Name(state)), vouchers::reason.eq(Some(&reason))))
                .execute(c)?);
            tx.audit("voucher.block", id.0, json!({ "state": state, "reason": reason }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "voucher.block", work).await?;
        Written::read(answered, |id| self.voucher_view(actor.chain, Id(id)))
    }

    /// Blocks a batch, so that none of its codes works, or lets it work again, but for codes that were blocked one by one.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid` (reason).
    pub async fn block_vouchers(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: VoucherBatchId,
        block: &VoucherBlock,
    ) -> Result<Written<super::VoucherBatch>, Refusal> {
        actor.require(Action::VoucherWrite, None)?;
        let (blocked, state, reason) = (block.blocked, block.state(), block.reason()?);
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            row::batch(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let row = voucher_batches::table.find((Id::from(chain), Id::from(id)));
            each!(tx.conn(), c => diesel::update(row)
                .set((voucher_batches::blocked.eq(blocked), voucher_batches::reason.eq(Some(&reason))))
                .execute(c)?);
            tx.audit("voucher.block_batch", id.0, json!({ "state": state, "reason": reason }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "voucher.block_batch", work).await?;
        Written::read(answered, |_| Ok(self.voucher_batch(actor, id)?))
    }
}
