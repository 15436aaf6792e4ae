//! What happened with a customer, and what the card said before.

use super::resource::prelude::*;
use cardea_domain::id::CustomerId;
use cardea_engine::archive::EarlierValues;
use cardea_engine::page::PageArgs;
use cardea_engine::timeline::{TimelineItem, TimelineQuery};

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_timeline).service(read_card_history);
}

/// Sales, events of cards, journal, tasks, changes of the card, records and files of a customer in one list, newest first;
/// each only for who may see it elsewhere.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), TimelineQuery), responses((status = 200, body = Page<TimelineItem>))
)]
#[get("/customers/{id}/timeline")]
async fn read_timeline(
    permit: Permit<action::CustomerRead>,
    id: Id<CustomerId>,
    query: Query<TimelineQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.customer_timeline(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// What stood on a customer's card before its changes, masked as the card is, the newest change first.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<EarlierValues>))
)]
#[get("/customers/{id}/card-history")]
async fn read_card_history(
    permit: Permit<action::CustomerCard>,
    id: Id<CustomerId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.card_history(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}
