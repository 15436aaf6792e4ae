//! Vouchers: kinds, batches, codes.

use super::exports::SheetAnswer;
use super::resource::{prelude::*, resource};
use crate::http::Body;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::id::{VoucherBatchId, VoucherId};
use cardea_engine::command::{NewVoucherQuote, VoucherQuote};
use cardea_engine::export::SheetFormat;
use cardea_engine::voucher::{
    BatchQuery, IssuedVoucher, NewVoucher, NewVoucherBatch, NewVoucherKind, ShowVoucher, Voucher, VoucherBatch,
    VoucherBlock, VoucherCodeShown, VoucherKind, VoucherKindChange, VoucherKindQuery, VoucherQuery,
};
use serde::Deserialize;
use utoipa::IntoParams;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_voucher_kinds)
        .service(create_voucher_kind)
        .service(read_voucher_kind)
        .service(update_voucher_kind);
    config
        .service(list_voucher_batches)
        .service(make_vouchers)
        .service(read_voucher_batch)
        .service(read_batch_codes)
        .service(block_vouchers);
    config
        .service(list_vouchers)
        .service(issue_voucher)
        .service(read_voucher)
        .service(show_voucher)
        .service(block_voucher)
        .service(quote_voucher);
}

resource! {
    VoucherKind(NewVoucherKind, VoucherKindChange, VoucherKindQuery) tagged "vouchers"
    at "/voucher-kinds" and "/voucher-kinds/{id}"
    by VoucherRead, VoucherWrite;
    /// Kinds of vouchers, oldest first.
    list list_voucher_kinds;
    /// Adds a kind of vouchers.
    create create_voucher_kind;
    /// One kind, with how many of its codes were issued and used.
    read read_voucher_kind;
    /// Changes a kind. Once codes were issued, its rules change only to their holders' advantage.
    update update_voucher_kind;
}

/// What codes of a batch are written as.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CodesQuery {
    /// `csv` if absent.
    #[serde(default)]
    #[param(value_type = Option<SheetFormat>)]
    format: SheetFormat,
}

/// Batches, newest first.
#[utoipa::path(tag = "vouchers", params(BatchQuery), responses((status = 200, body = Page<VoucherBatch>)))]
#[get("/voucher-batches")]
async fn list_voucher_batches(
    permit: Permit<action::VoucherRead>,
    query: Query<BatchQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.voucher_batches(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Makes codes of a kind, for whoever has them.
#[utoipa::path(
    tag = "vouchers", params(IdempotencyKey), request_body = NewVoucherBatch,
    responses((status = 201, body = VoucherBatch))
)]
#[post("/voucher-batches")]
async fn make_vouchers(
    permit: Permit<action::VoucherWrite>,
    write: Write<NewVoucherBatch>,
    state: web::Data<State>,
) -> Answer {
    let made = state.engine.make_vouchers(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(made.await?, |_| 1, |batch| batch))
}

/// One batch.
#[utoipa::path(tag = "vouchers", params(("id" = Uuid, Path)), responses((status = 200, body = VoucherBatch)))]
#[get("/voucher-batches/{id}")]
async fn read_voucher_batch(
    permit: Permit<action::VoucherRead>,
    id: Id<VoucherBatchId>,
    state: web::Data<State>,
) -> Answer {
    Ok(answer::ok(&state.engine.voucher_batch(permit.actor(), id.0)?))
}

/// The codes of a batch as a file, to print or send; who takes them is noted in the audit log. Codes are in groups, so that
/// no spreadsheet rounds them.
#[utoipa::path(
    tag = "vouchers", params(("id" = Uuid, Path), CodesQuery),
    responses(SheetAnswer)
)]
#[get("/voucher-batches/{id}/codes")]
async fn read_batch_codes(
    permit: Permit<action::VoucherWrite>,
    id: Id<VoucherBatchId>,
    query: Query<CodesQuery>,
    state: web::Data<State>,
) -> Answer {
    let format = query.0.format;
    let (name, bytes) = state.engine.batch_codes(permit.actor(), id.0, format).await?;
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.media_type()));
    response.insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.{format}\"")));
    Ok(response.body(bytes))
}

/// Blocks a batch, so that none of its codes works, or lets it work again; codes that were blocked one by one stay blocked.
#[utoipa::path(
    tag = "vouchers", params(("id" = Uuid, Path), IdempotencyKey), request_body = VoucherBlock,
    responses((status = 200, body = VoucherBatch))
)]
#[post("/voucher-batches/{id}/block")]
async fn block_vouchers(
    permit: Permit<action::VoucherWrite>,
    id: Id<VoucherBatchId>,
    write: Write<VoucherBlock>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let blocked = state.engine.block_vouchers(actor, key, id.0, &write.body);
    Ok(answer::written(blocked.await?, |_| 1, |batch| batch))
}

/// Vouchers of a kind, a batch or a member, newest first; without their codes.
#[utoipa::path(tag = "vouchers", params(VoucherQuery), responses((status = 200, body = Page<Voucher>)))]
#[get("/vouchers")]
async fn list_vouchers(
    permit: Permit<action::VoucherRead>,
    query: Query<VoucherQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.vouchers(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Gives a member a voucher.
#[utoipa::path(
    tag = "vouchers", params(IdempotencyKey), request_body = NewVoucher,
    responses((status = 201, body = IssuedVoucher))
)]
#[post("/vouchers")]
async fn issue_voucher(
    permit: Permit<action::VoucherIssue>,
    write: Write<NewVoucher>,
    state: web::Data<State>,
) -> Answer {
    let issued = state.engine.issue_voucher(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(issued.await?, |_| 1, |issued| issued))
}

/// One voucher, without its code.
#[utoipa::path(tag = "vouchers", params(("id" = Uuid, Path)), responses((status = 200, body = Voucher)))]
#[get("/vouchers/{id}")]
async fn read_voucher(permit: Permit<action::VoucherRead>, id: Id<VoucherId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.voucher(permit.actor(), id.0)?))
}

/// The code of a voucher, for its holder; who asks is noted in the audit log.
#[utoipa::path(
    tag = "vouchers", params(("id" = Uuid, Path), IdempotencyKey), request_body = ShowVoucher,
    responses((status = 200, body = VoucherCodeShown))
)]
#[post("/vouchers/{id}/show")]
async fn show_voucher(
    permit: Permit<action::VoucherIssue>,
    id: Id<VoucherId>,
    write: Write<ShowVoucher>,
    state: web::Data<State>,
) -> Answer {
    let shown = state.engine.show_voucher(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(shown.await?, |_| 1, |shown| shown))
}

/// Blocks a voucher, or lets it work again.
#[utoipa::path(
    tag = "vouchers", params(("id" = Uuid, Path), IdempotencyKey), request_body = VoucherBlock,
    responses((status = 200, body = Voucher))
)]
#[post("/vouchers/{id}/block")]
async fn block_voucher(
    permit: Permit<action::VoucherIssue>,
    id: Id<VoucherId>,
    write: Write<VoucherBlock>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let blocked = state.engine.block_voucher(actor, key, id.0, &write.body);
    Ok(answer::written(blocked.await?, |_| 1, |voucher| voucher))
}

/// What a code would give on a bill now; nothing is booked or held. Every code that doesn't work gets the same answer.
#[utoipa::path(tag = "vouchers", request_body = NewVoucherQuote, responses((status = 200, body = VoucherQuote)))]
#[post("/voucher-quotes")]
async fn quote_voucher(
    permit: Permit<action::SalePost>,
    body: Body<NewVoucherQuote>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    Ok(answer::ok(&state.engine.quote_voucher(actor, body.0)?))
}
