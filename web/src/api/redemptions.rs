//! Points for rewards.

use super::dto::redemptions::{CancellationAnswer, NewCancellation, NewRedemption, RedemptionAnswer};
use crate::http::{Answer, Body, Id, IdempotencyKey, Permit, Write, action, answer};
use crate::state::State;
use actix_web::{post, web};
use cardea_domain::id::BillId;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(quote_redemption).service(post_redemption);
    config.service(quote_cancellation).service(post_cancellation);
}

/// What an exchange would take; nothing is booked.
#[utoipa::path(tag = "redemptions", request_body = NewRedemption, responses((status = 200, body = RedemptionAnswer)))]
#[post("/redemptions/quote")]
async fn quote_redemption(
    permit: Permit<action::RedemptionPost>,
    body: Body<NewRedemption>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &body.0.command())?;
    answer::answered(&answered, |_: &mut RedemptionAnswer| Ok(()))
}

/// Exchanges points for a reward of the catalogue.
#[utoipa::path(
    tag = "redemptions", params(IdempotencyKey), request_body = NewRedemption,
    responses(
        (status = 201, body = RedemptionAnswer),
        (status = 200, body = RedemptionAnswer, description = "Known already"),
    )
)]
#[post("/redemptions")]
async fn post_redemption(
    permit: Permit<action::RedemptionPost>,
    write: Write<NewRedemption>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let answered = state
        .engine
        .execute(actor, Some(write.key), &write.body.command())
        .await?;
    answer::answered(&answered, |_: &mut RedemptionAnswer| Ok(()))
}

/// What cancelling an exchange would give back; nothing is booked.
#[utoipa::path(
    tag = "redemptions", params(("id" = Uuid, Path)), request_body = NewCancellation,
    responses((status = 200, body = CancellationAnswer))
)]
#[post("/redemptions/{id}/cancel/quote")]
async fn quote_cancellation(
    permit: Permit<action::RedemptionCancel>,
    id: Id<BillId>,
    body: Body<NewCancellation>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store_id)?;
    let answered = state.engine.quote(actor, &body.0.command(id.0))?;
    answer::answered(&answered, |_: &mut CancellationAnswer| Ok(()))
}

/// Cancels an exchange as a whole, until its `cancellable_until`: its points go back to their old dates, the reward to
/// the stock.
#[utoipa::path(
    tag = "redemptions", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewCancellation,
    responses(
        (status = 201, body = CancellationAnswer),
        (status = 200, body = CancellationAnswer, description = "Known already"),
    )
)]
#[post("/redemptions/{id}/cancel")]
async fn post_cancellation(
    permit: Permit<action::RedemptionCancel>,
    id: Id<BillId>,
    write: Write<NewCancellation>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let answered = state
        .engine
        .execute(actor, Some(write.key), &write.body.command(id.0))
        .await?;
    answer::answered(&answered, |_: &mut CancellationAnswer| Ok(()))
}
