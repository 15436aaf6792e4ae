//! Points for rewards.

use crate::http::{Answer, Body, Id, IdempotencyKey, Permit, Write, action, answer};
use crate::state::State;
use actix_web::{post, web};
use cardea_domain::id::BillId;
use cardea_domain::sale::EntryView;
use cardea_engine::command::{CancelRedemption, CancelView, Command, NewCancellation, Redemption, RedemptionView};
use utoipa_actix_web::service_config::ServiceConfig;

type RedemptionAnswer = RedemptionView<Vec<EntryView>>;
type CancellationAnswer = CancelView<Vec<EntryView>>;

pub fn routes(config: &mut ServiceConfig) {
    config.service(quote_redemption).service(post_redemption);
    config.service(quote_cancellation).service(post_cancellation);
}

/// What an exchange would take; nothing is booked.
#[utoipa::path(tag = "redemptions", request_body = Redemption, responses((status = 200, body = RedemptionAnswer)))]
#[post("/redemptions/quote")]
async fn quote_redemption(
    permit: Permit<action::RedemptionPost>,
    body: Body<Redemption>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(body.0.store)?;
    let answered = state.engine.quote(actor, &Command::Redemption(body.0))?;
    answer::answered(&answered, Ok::<RedemptionAnswer, _>)
}

/// Exchanges points for a reward of the catalogue.
#[utoipa::path(
    tag = "redemptions", params(IdempotencyKey), request_body = Redemption,
    responses(
        (status = 201, body = RedemptionAnswer),
        (status = 200, body = RedemptionAnswer, description = "Known already"),
    )
)]
#[post("/redemptions")]
async fn post_redemption(
    permit: Permit<action::RedemptionPost>,
    write: Write<Redemption>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store)?;
    let command = Command::Redemption(write.body);
    let answered = state.engine.execute(actor, Some(write.key), &command).await?;
    answer::answered(&answered, Ok::<RedemptionAnswer, _>)
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
    let answered = state.engine.quote(actor, &cancel(id.0, body.0))?;
    answer::answered(&answered, Ok::<CancellationAnswer, _>)
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
        .execute(actor, Some(write.key), &cancel(id.0, write.body))
        .await?;
    answer::answered(&answered, Ok::<CancellationAnswer, _>)
}

fn cancel(redemption: BillId, cancellation: NewCancellation) -> Command {
    Command::CancelRedemption(CancelRedemption {
        redemption,
        cancellation,
    })
}
