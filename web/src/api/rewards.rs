//! The reward catalogue.

use super::resource::{prelude::*, resource};
use crate::http::Upload;
use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use cardea_domain::id::RewardId;
use cardea_engine::files::{MOST_BYTES, RewardPicture};
use cardea_engine::reward::{NewReward, NewRewardStock, Reward, RewardChange, RewardQuery, RewardStocks};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_rewards)
        .service(create_reward)
        .service(read_reward)
        .service(update_reward)
        .service(read_reward_stocks)
        .service(set_reward_stock)
        .service(read_reward_picture)
        .service(set_reward_picture);
}

resource! {
    Reward(NewReward, RewardChange, RewardQuery) tagged "rewards" at "/rewards" and "/rewards/{id}"
    by RewardRead, RewardWrite;
    /// Rewards, oldest first.
    list list_rewards;
    /// Adds a reward to the chain's catalogue, or to a store's.
    create create_reward;
    /// One reward.
    read read_reward;
    /// Changes a reward. Every redemption of a counted one is a new version too.
    update update_reward;
}

/// What stores have of a reward beside the chain's stock.
#[utoipa::path(tag = "rewards", params(("id" = Uuid, Path)), responses((status = 200, body = RewardStocks)))]
#[get("/rewards/{id}/stocks")]
async fn read_reward_stocks(permit: Permit<action::RewardRead>, id: Id<RewardId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.reward_stocks(permit.actor(), id.0)?))
}

/// Says how many pieces a store has, after a stock-taking or a delivery.
#[utoipa::path(
    tag = "rewards", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRewardStock,
    responses((status = 200, body = RewardStocks))
)]
#[post("/rewards/{id}/stocks")]
async fn set_reward_stock(
    permit: Permit<action::RewardWrite>,
    id: Id<RewardId>,
    write: Write<NewRewardStock>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let set = state.engine.set_reward_stock(actor, Some(write.key), id.0, write.body);
    Ok(answer::written(set.await?, |_| 1, |stocks| stocks))
}

/// The picture of a reward: a JPEG of at most 320 × 320.
#[utoipa::path(
    tag = "rewards", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"))
)]
#[get("/rewards/{id}/picture")]
async fn read_reward_picture(permit: Permit<action::RewardRead>, id: Id<RewardId>, state: web::Data<State>) -> Answer {
    let jpeg = state.engine.reward_picture(permit.actor(), id.0)?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "image/jpeg"))
        .body(jpeg))
}

/// Gives a reward a picture in place of the one before: JPEG, PNG or WebP of at most 10 MB, sent as it is and kept small.
#[utoipa::path(
    tag = "rewards",
    params(
        ("id" = Uuid, Path), IdempotencyKey,
        ("File-Name" = String, Header, description = "Percent-encoded UTF-8, at most 200 characters.")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = RewardPicture))
)]
#[post("/rewards/{id}/picture")]
async fn set_reward_picture(
    permit: Permit<action::RewardWrite>,
    id: Id<RewardId>,
    upload: Upload<MOST_BYTES>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(upload.key));
    let set = state.engine.set_reward_picture(actor, key, id.0, upload.bytes.to_vec());
    Ok(answer::written(set.await?, |_| 1, |picture| picture))
}
