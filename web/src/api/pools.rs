//! Family pools: memberships of one program that share their points.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::PoolId;
use cardea_engine::posting::{NewPool, PoolJoin, PoolLeave, PoolQuery, PoolRules, PoolView};
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_pools)
        .service(open_pool)
        .service(read_pool)
        .service(join_pool)
        .service(leave_pool)
        .service(read_pool_rules)
        .service(update_pool_rules);
}

/// Family pools of one's stores, newest first, those that have ended too.
#[utoipa::path(tag = "pools", params(PoolQuery), responses((status = 200, body = Page<PoolView>)))]
#[get("/pools")]
async fn list_pools(
    permit: Permit<action::MembershipRead>,
    query: Query<PoolQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.pools(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Opens a family pool (D-LED-8) with its head alone. Whoever of a pool exchanges points or pays with them may spend what the
/// others have, when their own don't suffice: in the order in which points end, nothing that is held or matures, nothing of
/// or for whom is in debt. It goes with the bill, and comes back to its lots when the bill does.
#[utoipa::path(
    tag = "pools", params(IdempotencyKey), request_body = NewPool, responses((status = 201, body = PoolView))
)]
#[post("/pools")]
async fn open_pool(permit: Permit<action::PoolWrite>, write: Write<NewPool>, state: web::Data<State>) -> Answer {
    let opened = state.engine.open_pool(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(opened.await?, |_| 1, |pool| pool))
}

/// One family pool with who is and was in it.
#[utoipa::path(tag = "pools", params(("id" = Uuid, Path)), responses((status = 200, body = PoolView)))]
#[get("/pools/{id}")]
async fn read_pool(permit: Permit<action::MembershipRead>, id: Id<PoolId>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.pool(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// A membership of the pool's program joins, with the head's agreement and its holder's. It is refused where it is in a pool
/// already (`pool_member`), or the pool is full (`pool_full`) or has ended (`pool_ended`).
#[utoipa::path(
    tag = "pools", params(("id" = Uuid, Path), IdempotencyKey), request_body = PoolJoin,
    responses((status = 201, body = PoolView))
)]
#[post("/pools/{id}/members")]
async fn join_pool(
    permit: Permit<action::PoolWrite>,
    id: Id<PoolId>,
    write: Write<PoolJoin>,
    state: web::Data<State>,
) -> Answer {
    let joined = state
        .engine
        .join_pool(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(joined.await?, |_| 1, |pool| pool))
}

/// A membership leaves with its own points, at any time. When the head leaves, the pool ends.
#[utoipa::path(
    tag = "pools", params(("id" = Uuid, Path), IdempotencyKey), request_body = PoolLeave,
    responses((status = 200, body = PoolView))
)]
#[post("/pools/{id}/departures")]
async fn leave_pool(
    permit: Permit<action::PoolWrite>,
    id: Id<PoolId>,
    write: Write<PoolLeave>,
    state: web::Data<State>,
) -> Answer {
    let left = state
        .engine
        .leave_pool(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(left.await?, |_| 1, |pool| pool))
}

setting! {
    PoolRules tagged "pools" at "/pool-rules" by PoolWrite;
    /// How many may share points.
    read read_pool_rules;
    /// Sets how many may share points.
    update update_pool_rules;
}
