//! Points for rewards.

use super::dto::redemptions::{NewRedemption, RedemptionAnswer};
use crate::http::{Answer, Body, IdempotencyKey, Permit, Write, action, answer};
use crate::state::State;
use actix_web::{post, web};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(quote_redemption).service(post_redemption);
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
