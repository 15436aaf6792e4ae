//! The reward catalogue.

use super::dto::rewards::{NewReward, Reward, RewardChange, RewardQuery};
use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, post, web};
use cardea_domain::id::RewardId;
use cardea_engine::page::PageArgs;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_rewards)
        .service(create_reward)
        .service(read_reward)
        .service(update_reward);
}

/// Rewards, oldest first.
#[utoipa::path(tag = "rewards", params(RewardQuery), responses((status = 200, body = Page<Reward>)))]
#[get("/rewards")]
async fn list_rewards(
    permit: Permit<action::RewardRead>,
    query: Query<RewardQuery>,
    state: web::Data<State>,
) -> Answer {
    let RewardQuery {
        program_id,
        store_id,
        limit,
        after,
    } = query.0;
    let page = PageArgs { limit, after };
    let rewards = state
        .read(move |engine| engine.rewards(permit.actor(), program_id, store_id, &page))
        .await?;
    Ok(answer::page(rewards, Reward::from))
}

/// Adds a reward to the chain's catalogue, or to a store's.
#[utoipa::path(
    tag = "rewards", params(IdempotencyKey), request_body = NewReward, responses((status = 201, body = Reward))
)]
#[post("/rewards")]
async fn create_reward(
    permit: Permit<action::RewardWrite>,
    write: Write<NewReward>,
    state: web::Data<State>,
) -> Answer {
    let reward = state
        .engine
        .create_reward(permit.actor(), Some(write.key), write.body.into())
        .await?;
    Ok(answer::written(reward, |reward| reward.version, Reward::from))
}

/// One reward.
#[utoipa::path(tag = "rewards", params(("id" = Uuid, Path)), responses((status = 200, body = Reward)))]
#[get("/rewards/{id}")]
async fn read_reward(permit: Permit<action::RewardRead>, id: Id<RewardId>, state: web::Data<State>) -> Answer {
    let reward = state.engine.reward(permit.actor(), id.0)?;
    Ok(answer::tagged(reward.version, &Reward::from(reward)))
}

/// Changes a reward. Every redemption of a counted one is a new version too.
#[utoipa::path(
    tag = "rewards", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = RewardChange,
    responses((status = 200, body = Reward))
)]
#[patch("/rewards/{id}")]
async fn update_reward(
    permit: Permit<action::RewardWrite>,
    id: Id<RewardId>,
    version: IfMatch,
    write: Write<RewardChange>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.actor();
    let reward = state
        .engine
        .update_reward(actor, Some(write.key), id.0, version.0, write.body.into())
        .await?;
    Ok(answer::written(reward, |reward| reward.version, Reward::from))
}
