//! Regions and stores.

use super::dto::common::PageQuery;
use super::dto::stores::{NewRegion, NewStore, Region, Store, StoreChange};
use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, post, web};
use cardea_domain::id::StoreId;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_regions).service(create_region);
    config
        .service(list_stores)
        .service(create_store)
        .service(read_store)
        .service(update_store);
}

/// Regions, oldest first.
#[utoipa::path(tag = "stores", params(PageQuery), responses((status = 200, body = Page<Region>)))]
#[get("/regions")]
async fn list_regions(permit: Permit<action::StoreRead>, page: Query<PageQuery>, state: web::Data<State>) -> Answer {
    let regions = state
        .read(move |engine| engine.regions(permit.actor(), &page.0.into()))
        .await?;
    Ok(answer::page(regions, Region::from))
}

/// Opens a region.
#[utoipa::path(
    tag = "stores", params(IdempotencyKey), request_body = NewRegion, responses((status = 201, body = Region))
)]
#[post("/regions")]
async fn create_region(permit: Permit<action::StoreWrite>, write: Write<NewRegion>, state: web::Data<State>) -> Answer {
    let region = state
        .engine
        .create_region(permit.in_chain()?, Some(write.key), write.body.into())
        .await?;
    Ok(answer::written(region, |region| region.version, Region::from))
}

/// Stores, oldest first.
#[utoipa::path(tag = "stores", params(PageQuery), responses((status = 200, body = Page<Store>)))]
#[get("/stores")]
async fn list_stores(permit: Permit<action::StoreRead>, page: Query<PageQuery>, state: web::Data<State>) -> Answer {
    let stores = state
        .read(move |engine| engine.stores(permit.actor(), &page.0.into()))
        .await?;
    Ok(answer::page(stores, Store::from))
}

/// Opens a store.
#[utoipa::path(
    tag = "stores", params(IdempotencyKey), request_body = NewStore, responses((status = 201, body = Store))
)]
#[post("/stores")]
async fn create_store(permit: Permit<action::StoreWrite>, write: Write<NewStore>, state: web::Data<State>) -> Answer {
    let store = state
        .engine
        .create_store(permit.in_chain()?, Some(write.key), write.body.into())
        .await?;
    Ok(answer::written(store, |store| store.version, Store::from))
}

/// One store.
#[utoipa::path(tag = "stores", params(("id" = Uuid, Path)), responses((status = 200, body = Store)))]
#[get("/stores/{id}")]
async fn read_store(permit: Permit<action::StoreRead>, id: Id<StoreId>, state: web::Data<State>) -> Answer {
    let store = state.engine.store(permit.actor(), id.0)?;
    Ok(answer::tagged(store.version, &Store::from(store)))
}

/// Changes a store.
#[utoipa::path(
    tag = "stores", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = StoreChange,
    responses((status = 200, body = Store))
)]
#[patch("/stores/{id}")]
async fn update_store(
    permit: Permit<action::StoreWrite>,
    id: Id<StoreId>,
    version: IfMatch,
    write: Write<StoreChange>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(id.0)?;
    let store = state
        .engine
        .update_store(actor, Some(write.key), id.0, version.0, write.body.into())
        .await?;
    Ok(answer::written(store, |store| store.version, Store::from))
}
