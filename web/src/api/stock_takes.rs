//! Stock-takes of signed originals.

use super::resource::prelude::*;
use cardea_domain::id::StockTakeId;
use cardea_engine::page::PageArgs;
use cardea_engine::stock_take::{
    NewStockTake, StockItem, StockItemQuery, StockTake, StockTakeClosing, Tick, TickAnswer,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_stock_takes)
        .service(begin_stock_take)
        .service(read_stock_take)
        .service(list_stock_items)
        .service(tick_stock_item)
        .service(close_stock_take);
}

/// Stock-takes of one's stores, begun last first; with those of all stores for who sees all.
#[utoipa::path(tag = "contracts", params(PageArgs), responses((status = 200, body = Page<StockTake>)))]
#[get("/stock-takes")]
async fn list_stock_takes(
    permit: Permit<action::ContractRead>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.stock_takes(permit.actor(), &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Begins a stock-take: signed originals that somebody keeps and that aren't lent should be there, as they are now.
#[utoipa::path(
    tag = "contracts", params(IdempotencyKey), request_body = NewStockTake, responses((status = 201, body = StockTake))
)]
#[post("/stock-takes")]
async fn begin_stock_take(
    permit: Permit<action::ContractCustody>,
    write: Write<NewStockTake>,
    state: web::Data<State>,
) -> Answer {
    let begun = state
        .engine
        .begin_stock_take(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(begun.await?, |_| 1, |take| take))
}

/// One of them, with how many there are of what.
#[utoipa::path(tag = "contracts", params(("id" = Uuid, Path)), responses((status = 200, body = StockTake)))]
#[get("/stock-takes/{id}")]
async fn read_stock_take(permit: Permit<action::ContractRead>, id: Id<StockTakeId>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.stock_take(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Filing numbers of a stock-take: all, those that are open, or the differences.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), StockItemQuery), responses((status = 200, body = Page<StockItem>))
)]
#[get("/stock-takes/{id}/items")]
async fn list_stock_items(
    permit: Permit<action::ContractRead>,
    id: Id<StockTakeId>,
    query: Query<StockItemQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.stock_items(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Ticks a filing number that lies before somebody.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = Tick,
    responses((status = 200, body = TickAnswer))
)]
#[post("/stock-takes/{id}/items")]
async fn tick_stock_item(
    permit: Permit<action::ContractCustody>,
    id: Id<StockTakeId>,
    write: Write<Tick>,
    state: web::Data<State>,
) -> Answer {
    let ticked = state.engine.tick(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(ticked.await?, |_| 1, |ticked| ticked))
}

/// Closes a stock-take: what nobody has ticked is missing, and is marked so until it is found.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = StockTakeClosing,
    responses((status = 200, body = StockTake))
)]
#[post("/stock-takes/{id}/close")]
async fn close_stock_take(
    permit: Permit<action::ContractCustody>,
    id: Id<StockTakeId>,
    write: Write<StockTakeClosing>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let closed = state.engine.close_stock_take(actor, key, id.0, write.body);
    Ok(answer::written(closed.await?, |_| 1, |take| take))
}
