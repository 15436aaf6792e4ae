//! Counts of blank cards (定期清查).

use super::resource::prelude::*;
use cardea_domain::id::CardCountId;
use cardea_engine::card_stock::{
    CardCount, CardCountClosing, CardCountItem, CardCountItemQuery, CardCountSigning, CountedAnswer, CountedNumber,
    NewCardCount,
};
use cardea_engine::page::PageArgs;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_card_counts)
        .service(begin_card_count)
        .service(read_card_count)
        .service(list_card_count_items)
        .service(count_card)
        .service(close_card_count)
        .service(sign_card_count);
}

/// Counts at one's stores, begun last first; HQ's too for who sees all.
#[utoipa::path(tag = "card stock", params(PageArgs), responses((status = 200, body = Page<CardCount>)))]
#[get("/card-counts")]
async fn list_card_counts(
    permit: Permit<action::CardStockRead>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_counts(permit.actor(), &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Begins a count: what is in stock there now should be there.
#[utoipa::path(
    tag = "card stock", params(IdempotencyKey), request_body = NewCardCount, responses((status = 201, body = CardCount))
)]
#[post("/card-counts")]
async fn begin_card_count(
    permit: Permit<action::CardStockCount>,
    write: Write<NewCardCount>,
    state: web::Data<State>,
) -> Answer {
    let begun = state
        .engine
        .begin_card_count(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(begun.await?, |_| 1, |count| count))
}

/// One of them, with how many there are of what.
#[utoipa::path(tag = "card stock", params(("id" = Uuid, Path)), responses((status = 200, body = CardCount)))]
#[get("/card-counts/{id}")]
async fn read_card_count(
    permit: Permit<action::CardStockRead>,
    id: Id<CardCountId>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.card_count(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Numbers of a count: all, those that aren't counted yet, or the differences.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), CardCountItemQuery),
    responses((status = 200, body = Page<CardCountItem>))
)]
#[get("/card-counts/{id}/items")]
async fn list_card_count_items(
    permit: Permit<action::CardStockRead>,
    id: Id<CardCountId>,
    query: Query<CardCountItemQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_count_items(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Counts a number that lies before somebody, scanned or typed.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), IdempotencyKey), request_body = CountedNumber,
    responses((status = 200, body = CountedAnswer))
)]
#[post("/card-counts/{id}/items")]
async fn count_card(
    permit: Permit<action::CardStockCount>,
    id: Id<CardCountId>,
    write: Write<CountedNumber>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let counted = state.engine.count_card(actor, key, id.0, write.body);
    Ok(answer::written(counted.await?, |_| 1, |counted| counted))
}

/// Closes a count: what nobody has counted is missing. It changes no stock until somebody else has signed it.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardCountClosing,
    responses((status = 200, body = CardCount))
)]
#[post("/card-counts/{id}/close")]
async fn close_card_count(
    permit: Permit<action::CardStockCount>,
    id: Id<CardCountId>,
    write: Write<CardCountClosing>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let closed = state.engine.close_card_count(actor, key, id.0, write.body);
    Ok(answer::written(closed.await?, |_| 1, |count| count))
}

/// Signs the differences of a closed count, by somebody who hasn't counted: the missing count as lost from now on, what was
/// lost and is found is in stock where it was found.
#[utoipa::path(
    tag = "card stock", params(("id" = Uuid, Path), IdempotencyKey), request_body = CardCountSigning,
    responses((status = 200, body = CardCount))
)]
#[post("/card-counts/{id}/sign")]
async fn sign_card_count(
    permit: Permit<action::CardStockSign>,
    id: Id<CardCountId>,
    write: Write<CardCountSigning>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let signed = state.engine.sign_card_count(actor, key, id.0, write.body);
    Ok(answer::written(signed.await?, |_| 1, |count| count))
}
