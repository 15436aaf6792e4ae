//! Points for rewards.

use crate::http::{Answer, Body, Id, IdempotencyKey, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::BillId;
use cardea_domain::sale::EntryView;
use cardea_engine::Engine;
use cardea_engine::command::{CancelRedemption, CancelView, Command, NewCancellation, Redemption, RedemptionView};
use cardea_engine::reward::{ClaimQuery, CollectReward, ReadyReward, RewardClaim};
use utoipa_actix_web::service_config::ServiceConfig;

type RedemptionAnswer = RedemptionView<Vec<EntryView>>;
type CancellationAnswer = CancelView<Vec<EntryView>>;

pub fn routes(config: &mut ServiceConfig) {
    config.service(quote_redemption).service(post_redemption);
    config.service(quote_cancellation).service(post_cancellation);
    config.service(list_claims).service(make_ready).service(collect_reward);
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
        lapsed: false,
    })
}

/// Exchanges of one's stores, newest first: what is to be put aside, what waits, what was fetched.
#[utoipa::path(tag = "redemptions", params(ClaimQuery), responses((status = 200, body = Page<RewardClaim>)))]
#[get("/reward-claims")]
async fn list_claims(
    permit: Permit<action::RedemptionPost>,
    query: Query<ClaimQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.reward_claims(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// The pieces of an exchange wait at the store. What is not fetched by `collect_by` is cancelled.
#[utoipa::path(
    tag = "redemptions", params(("id" = Uuid, Path), IdempotencyKey), request_body = ReadyReward,
    responses((status = 200, body = RewardClaim))
)]
#[post("/redemptions/{id}/ready")]
async fn make_ready(
    permit: Permit<action::RedemptionPost>,
    id: Id<BillId>,
    write: Write<ReadyReward>,
    state: web::Data<State>,
) -> Answer {
    let ready = state.engine.make_ready(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(ready.await?, |_| 1, |claim| claim))
}

/// Hands over the pieces of an exchange, to its holder or to somebody whom the holder has sent.
#[utoipa::path(
    tag = "redemptions", params(("id" = Uuid, Path), IdempotencyKey), request_body = CollectReward,
    responses((status = 200, body = RewardClaim))
)]
#[post("/redemptions/{id}/collect")]
async fn collect_reward(
    permit: Permit<action::RedemptionPost>,
    id: Id<BillId>,
    write: Write<CollectReward>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let collected = state.engine.collect_reward(actor, key, id.0, write.body);
    Ok(answer::written(collected.await?, |_| 1, |claim| claim))
}
