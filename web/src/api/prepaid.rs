//! Money that is paid in advance: top-ups, passes, what is paid back of them, the holder's record, the quarterly report.

use super::resource::prelude::*;
use super::sales::told_sale;
use super::settings::setting;
use crate::http::Body;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::id::{BillId, CustomerId, MembershipId};
use cardea_domain::sale::EntryView;
use cardea_engine::command::{
    Command, NewPass, NewPassUse, NewPassUseCancellation, NewRefund, NewTopUp, PassSaleStored, PassSaleView,
    PassUseView, PassUsing, Prepaid, RefundPrepaid, RefundView, TopUpView,
};
use cardea_engine::page::PageArgs;
use cardea_engine::prepaid::PrepaidIssuer;
use cardea_engine::query::{
    CustomerShown, PassShown, PassUseShown, PrepaidReport, PrepaidReportQuery, RecordQuery, RecordedMove, TopUpShown,
};
use cardea_engine::settings::{SettingChange, SettingView};

type TopUpAnswer = TopUpView<Vec<EntryView>>;
type RefundAnswer = RefundView<Vec<EntryView>>;
type PassUseAnswer = PassUseView<Vec<EntryView>>;
type PassSaleAnswer = PassSaleView<Vec<EntryView>, CustomerShown>;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(quote_top_up)
        .service(post_top_up)
        .service(list_top_ups)
        .service(quote_top_up_refund)
        .service(post_top_up_refund)
        .service(quote_pass)
        .service(post_pass)
        .service(list_passes)
        .service(quote_pass_refund)
        .service(post_pass_refund)
        .service(post_pass_use)
        .service(list_pass_uses)
        .service(cancel_pass_use)
        .service(read_membership_record)
        .service(read_prepaid_report)
        .service(read_prepaid_issuer)
        .service(update_prepaid_issuer);
}

setting! {
    PrepaidIssuer tagged "prepaid" at "/prepaid-issuer" by PrepaidReport;
    /// By whose law the chain issues prepaid value, and as what.
    read read_prepaid_issuer;
    /// Says by whose law, and as what. What was paid in before stays as it is.
    update update_prepaid_issuer;
}

/// What a top-up would bring; nothing is booked.
#[utoipa::path(tag = "prepaid", request_body = NewTopUp, responses((status = 200, body = TopUpAnswer)))]
#[post("/top-ups/quote")]
async fn quote_top_up(permit: Permit<action::TopUpPost>, body: Body<NewTopUp>, state: web::Data<State>) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &Command::TopUp(body.0))?;
    answer::answered(&answered, Ok::<TopUpAnswer, _>)
}

/// Pays money in: principal, and the bonus of an offer beside it. It counts as paid where it is used. In CNY under
/// Chinese law, limits, identities and bank transfers are checked (D-CARD-11).
#[utoipa::path(
    tag = "prepaid", params(IdempotencyKey), request_body = NewTopUp,
    responses(
        (status = 201, body = TopUpAnswer),
        (status = 200, body = TopUpAnswer, description = "Known already"),
    )
)]
#[post("/top-ups")]
async fn post_top_up(permit: Permit<action::TopUpPost>, write: Write<NewTopUp>, state: web::Data<State>) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = Command::TopUp(write.body);
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<TopUpAnswer, _>)
}

/// A membership's top-ups, newest first, with what is left of each.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<TopUpShown>))
)]
#[get("/memberships/{id}/top-ups")]
async fn list_top_ups(
    permit: Permit<action::TopUpRead>,
    id: Id<MembershipId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.top_ups(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// What a refund of a top-up would pay, with its working; nothing is booked (D-CARD-12).
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path)), request_body = NewRefund, responses((status = 200, body = RefundAnswer))
)]
#[post("/top-ups/{id}/refunds/quote")]
async fn quote_top_up_refund(
    permit: Permit<action::TopUpRefund>,
    id: Id<BillId>,
    body: Body<NewRefund>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &refund(Prepaid::TopUp, id.0, body.0))?;
    answer::answered(&answered, Ok::<RefundAnswer, _>)
}

/// Pays a top-up back: principal as money, by reason; its bonus lapses (D-CARD-12).
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRefund,
    responses(
        (status = 201, body = RefundAnswer),
        (status = 200, body = RefundAnswer, description = "Known already"),
    )
)]
#[post("/top-ups/{id}/refunds")]
async fn post_top_up_refund(
    permit: Permit<action::TopUpRefund>,
    id: Id<BillId>,
    write: Write<NewRefund>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = refund(Prepaid::TopUp, id.0, write.body);
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<RefundAnswer, _>)
}

fn refund(what: Prepaid, id: BillId, refund: NewRefund) -> Command {
    Command::RefundPrepaid(RefundPrepaid { what, id, refund })
}

/// What the sale of a pass would bring; nothing is booked.
#[utoipa::path(tag = "prepaid", request_body = NewPass, responses((status = 200, body = PassSaleAnswer)))]
#[post("/passes/quote")]
async fn quote_pass(
    permit: Permit<action::SalePost>,
    body: Body<NewPass>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &body.0.command()?)?;
    answer::answered(&answered, |sold| told_pass(&state, actor, sold, language))
}

/// Sells a pass: sessions of a service for a price. It is a sale of one line and earns like one; using it doesn't.
#[utoipa::path(
    tag = "prepaid", params(IdempotencyKey), request_body = NewPass,
    responses(
        (status = 201, body = PassSaleAnswer),
        (status = 200, body = PassSaleAnswer, description = "Known already"),
    )
)]
#[post("/passes")]
async fn post_pass(
    permit: Permit<action::SalePost>,
    write: Write<NewPass>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = write.body.command()?;
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, |sold| told_pass(&state, actor, sold, language))
}

fn told_pass(
    state: &State,
    actor: &cardea_engine::Actor,
    sold: PassSaleStored<CustomerId>,
    language: Language,
) -> Result<PassSaleAnswer, crate::http::Problem> {
    Ok(PassSaleView {
        pass: sold.pass,
        sale: told_sale(state, actor, sold.sale, language)?,
    })
}

/// A membership's passes, newest first, with what is left of each and until when.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<PassShown>))
)]
#[get("/memberships/{id}/passes")]
async fn list_passes(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.passes(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// What a refund of a pass would pay, with its working; nothing is booked (D-CARD-12).
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path)), request_body = NewRefund, responses((status = 200, body = RefundAnswer))
)]
#[post("/passes/{id}/refunds/quote")]
async fn quote_pass_refund(
    permit: Permit<action::TopUpRefund>,
    id: Id<BillId>,
    body: Body<NewRefund>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &refund(Prepaid::Pass, id.0, body.0))?;
    answer::answered(&answered, Ok::<RefundAnswer, _>)
}

/// Pays a pass back by reason, with the points that its sale earned for it (D-CARD-12).
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRefund,
    responses(
        (status = 201, body = RefundAnswer),
        (status = 200, body = RefundAnswer, description = "Known already"),
    )
)]
#[post("/passes/{id}/refunds")]
async fn post_pass_refund(
    permit: Permit<action::TopUpRefund>,
    id: Id<BillId>,
    write: Write<NewRefund>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = refund(Prepaid::Pass, id.0, write.body);
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<RefundAnswer, _>)
}

/// Uses sessions of a pass; the customer has confirmed it.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewPassUse,
    responses(
        (status = 201, body = PassUseAnswer),
        (status = 200, body = PassUseAnswer, description = "Known already"),
    )
)]
#[post("/passes/{id}/uses")]
async fn post_pass_use(
    permit: Permit<action::PassUse>,
    id: Id<BillId>,
    write: Write<NewPassUse>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = Command::PassUse(PassUsing::Use {
        pass: id.0,
        used: write.body,
    });
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<PassUseAnswer, _>)
}

/// Uses of a pass, newest first.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<PassUseShown>))
)]
#[get("/passes/{id}/uses")]
async fn list_pass_uses(
    permit: Permit<action::MembershipRead>,
    id: Id<BillId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.pass_uses(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Calls a use off: its sessions come back, once.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewPassUseCancellation,
    responses(
        (status = 201, body = PassUseAnswer),
        (status = 200, body = PassUseAnswer, description = "Known already"),
    )
)]
#[post("/pass-uses/{id}/cancel")]
async fn cancel_pass_use(
    permit: Permit<action::PassUse>,
    id: Id<BillId>,
    write: Write<NewPassUseCancellation>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let command = Command::PassUse(PassUsing::Cancel {
        used: id.0,
        cancellation: write.body,
    });
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<PassUseAnswer, _>)
}

/// Everything that moved on a membership, oldest first, as a file for its holder: CSV, or a JSON list. The access log notes
/// who took it.
#[utoipa::path(
    tag = "prepaid", params(("id" = Uuid, Path), RecordQuery),
    responses((status = 200, content((String = "text/csv"), (Vec<RecordedMove> = "application/json"))))
)]
#[get("/memberships/{id}/record")]
async fn read_membership_record(
    permit: Permit<action::MembershipRecord>,
    id: Id<MembershipId>,
    query: Query<RecordQuery>,
    state: web::Data<State>,
) -> Answer {
    let file = state
        .engine
        .membership_record(permit.actor(), id.0, query.0.format)
        .await?;
    let name = format!("attachment; filename=\"{}.{}\"", id.0, file.format);
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, file.format.media_type()))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(file.bytes))
}

/// Stored value at a quarter's end, what was paid in, used and paid back during it, by store, and what is to be deposited
/// (D-CARD-11).
#[utoipa::path(tag = "prepaid", params(PrepaidReportQuery), responses((status = 200, body = PrepaidReport)))]
#[get("/prepaid-report")]
async fn read_prepaid_report(
    permit: Permit<action::PrepaidReport>,
    query: Query<PrepaidReportQuery>,
    state: web::Data<State>,
) -> Answer {
    permit.in_chain()?;
    let read = move |engine: &Engine| engine.prepaid_report(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}
