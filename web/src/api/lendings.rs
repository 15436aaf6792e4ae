//! Paper originals that somebody takes out of the cabinet.

use super::resource::prelude::*;
use cardea_domain::id::LendingId;
use cardea_engine::lending::{Lending, LendingQuery, LendingReturn, NewLending};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_lendings)
        .service(read_lending)
        .service(lend)
        .service(take_back);
}

/// Paper originals that are or were away, lent last first.
#[utoipa::path(tag = "lendings", params(LendingQuery), responses((status = 200, body = Page<Lending>)))]
#[get("/lendings")]
async fn list_lendings(
    permit: Permit<action::LendingRead>,
    query: Query<LendingQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.lendings(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// One of them.
#[utoipa::path(tag = "lendings", params(("id" = Uuid, Path)), responses((status = 200, body = Lending)))]
#[get("/lendings/{id}")]
async fn read_lending(permit: Permit<action::LendingRead>, id: Id<LendingId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.read_lending(permit.actor(), id.0)?))
}

/// Notes that a paper original is taken away, until when and what for; the access log notes it too.
#[utoipa::path(
    tag = "lendings", params(IdempotencyKey), request_body = NewLending, responses((status = 201, body = Lending))
)]
#[post("/lendings")]
async fn lend(permit: Permit<action::LendingWrite>, write: Write<NewLending>, state: web::Data<State>) -> Answer {
    let lent = state.engine.lend(permit.actor(), Some(write.key), write.body).await?;
    Ok(answer::written(lent, |_| 1, |lending| lending))
}

/// Notes that a paper original is back.
#[utoipa::path(
    tag = "lendings", params(("id" = Uuid, Path), IdempotencyKey), request_body = LendingReturn,
    responses((status = 200, body = Lending))
)]
#[post("/lendings/{id}/return")]
async fn take_back(
    permit: Permit<action::LendingWrite>,
    id: Id<LendingId>,
    write: Write<LendingReturn>,
    state: web::Data<State>,
) -> Answer {
    let LendingReturn {} = write.body;
    let back = state.engine.take_back(permit.actor(), Some(write.key), id.0).await?;
    Ok(answer::written(back, |_| 1, |lending| lending))
}
