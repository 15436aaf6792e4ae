//! Batches of codes for whoever has them: printed, handed out, sold.

use super::code::{self, Coded};
use super::kind;
use super::row::{self, BatchRow, Issue};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::page::{Page, PageArgs};
use crate::resource::wanted;
use crate::sheet::{Column, SheetFile, SheetFormat, Shown};
use crate::store::schema::{voucher_batches, vouchers};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use cardea_domain::id::{ChainId, StaffId, StoreId, VoucherBatchId, VoucherKindId};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Most codes of one batch: it is one transaction, for which tills wait.
const MOST: i64 = 5000;

/// Codes for whoever has them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVoucherBatch {
    #[schema(value_type = Uuid)]
    pub kind_id: VoucherKindId,
    #[schema(minimum = 1, maximum = 5000, example = 500)]
    pub quantity: i64,
    /// In whose zone the day of issue is counted; null: the chain's.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// What they are for, at most 200 characters.
    #[schema(max_length = 200, example = "春季门店活动")]
    pub note: Option<String>,
}

/// A batch of codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherBatch {
    #[schema(value_type = Uuid)]
    pub id: VoucherBatchId,
    #[schema(value_type = Uuid)]
    pub kind_id: VoucherKindId,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub quantity: i64,
    /// The others follow.
    pub first_serial: i64,
    pub note: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// true: none of its codes works.
    pub blocked: bool,
    /// Why it is blocked, or works again; null: it never was.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BatchQuery {
    /// Only those of this kind.
    #[param(value_type = Option<Uuid>)]
    pub kind_id: Option<VoucherKindId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl VoucherBatch {
    fn of(row: BatchRow) -> Self {
        Self {
            id: row.id.typed(),
            kind_id: row.kind_id.typed(),
            store_id: row.store_id.map(Id::typed),
            quantity: row.quantity,
            first_serial: row.first_serial,
            note: row.note,
            staff_id: row.staff_id.map(Id::typed),
            created_at: Instant(row.created_at),
            blocked: row.blocked,
            reason: row.reason,
        }
    }
}

/// Serials and codes of a batch.
fn codes_of(conn: &mut Conn, chain: ChainId, batch: VoucherBatchId) -> Result<Vec<(i64, Id, Vec<u8>)>> {
    let own = vouchers::chain_id.eq(Id::from(chain));
    let own = own.and(vouchers::batch_id.eq(Some(Id::from(batch))).assume_not_null());
    Ok(each!(conn, c => vouchers::table
        .select((vouchers::serial, vouchers::id, vouchers::sealed))
        .filter(own)
        .order(vouchers::serial)
        .load(c)?))
}

impl Engine {
    /// Makes a batch of codes.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for a kind or store that can't be named, or too many.
    pub async fn make_vouchers(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewVoucherBatch,
    ) -> Result<Written<VoucherBatch>, Refusal> {
        actor.require(Action::VoucherWrite, None)?;
        if !(1..=MOST).contains(&new.quantity) {
            return Err(field("/quantity", "每批 1 至 5000 张", "1 to 5000 at a time"));
        }
        let note = new
            .note
            .as_deref()
            .map(|note| input::text(note, 200, "/note"))
            .transpose()?;
        let on = self.voucher_day(actor.chain, new.store_id)?;
        let keys = self.keys().chain(actor.chain);
        let codes: Vec<Coded> = (0..new.quantity).map(|_| Coded::new(&keys)).collect::<Result<_>>()?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let kind = kind::in_service(tx.conn(), chain, new.kind_id)?;
            let id: VoucherBatchId = tx.new_id();
            let issue = Issue {
                batch: Some(id.into()),
                membership: None,
                store: new.store_id,
                on,
            };
            let row = BatchRow {
                chain_id: chain.into(),
                id: id.into(),
                kind_id: kind.id,
                store_id: new.store_id.map(Id::from),
                quantity: new.quantity,
                first_serial: row::issue(tx, &kind, &codes, &issue)?,
                note: note.clone(),
                staff_id: tx.actor().staff.map(Id::from),
                created_at: tx.business_now().0,
                blocked: false,
                reason: None,
            };
            each!(tx.conn(), c => diesel::insert_into(voucher_batches::table).values(&row).execute(c)?);
            tx.audit(
                "voucher.batch",
                id.0,
                json!({ "kind_id": new.kind_id, "quantity": new.quantity }),
            );
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "voucher.batch", work).await?;
        Written::read(answered, |id| self.batch_view(actor.chain, Id(id)))
    }

    fn batch_view(&self, chain: ChainId, id: Id) -> Result<VoucherBatch> {
        let row = self.read(chain, |conn| row::batch(conn, chain, id))?;
        Ok(VoucherBatch::of(row.ok_or_else(not_found)?))
    }

    /// One batch.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn voucher_batch(&self, actor: &Actor, id: VoucherBatchId) -> Result<VoucherBatch, Refusal> {
        actor.scope(Action::VoucherRead)?;
        Ok(self.batch_view(actor.chain, id.into())?)
    }

    /// Batches, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn voucher_batches(&self, actor: &Actor, query: &BatchQuery) -> Result<Page<VoucherBatch>, Refusal> {
        actor.scope(Action::VoucherRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let kind = query.kind_id.map_or(Id(Uuid::nil()), Id::from);
        let kind = wanted!(query.kind_id, voucher_batches::kind_id.eq(kind));
        let own = voucher_batches::chain_id.eq(Id::from(actor.chain));
        let rows: Vec<BatchRow> = self.read(actor.chain, |conn| {
            Ok(each!(conn, c => voucher_batches::table
                .select(BatchRow::as_select())
                .filter(own.and(voucher_batches::id.lt(before)))
                .filter(kind)
                .order(voucher_batches::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?))
        })?;
        Ok(Page::cut(rows, limit, |row| row.id.text()).map(VoucherBatch::of))
    }

    /// The codes of a batch as a table, and its name; the audit log says who took them.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn batch_codes(
        &self,
        actor: &Actor,
        id: VoucherBatchId,
        format: SheetFormat,
    ) -> Result<(String, Vec<u8>), Refusal> {
        actor.require(Action::VoucherWrite, None)?;
        let batch = self.batch_view(actor.chain, id.into())?;
        let work = move |tx: &mut Tx<'_>| {
            tx.audit("voucher.batch_codes", id.0, json!({ "quantity": batch.quantity }));
            Ok(Answer::no_content())
        };
        self.transact(actor, None, "voucher.batch_codes", work).await?;
        let keys = self.keys().chain(actor.chain);
        let rows = self.read(actor.chain, |conn| codes_of(conn, actor.chain, id))?;
        let column = |name: &str, label: &str| Column {
            name: name.into(),
            label: label.into(),
        };
        let mut file = SheetFile::begin(format, vec![column("serial", "序号"), column("code", "券码")])?;
        for (serial, voucher, sealed) in rows {
            let code = code::open(&keys, voucher, &sealed)?;
            file.row(&[Shown::Text(serial.to_string()), Shown::Text(code)])?;
        }
        Ok((format!("vouchers-{}", batch.first_serial), file.end()?))
    }
}
