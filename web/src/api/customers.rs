//! The customer archive.

use super::dto::customers::{Customer, CustomerChange, CustomerQuery, NewCustomer};
use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, post, web};
use cardea_domain::id::CustomerId;
use cardea_engine::page::PageArgs;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_customers)
        .service(create_customer)
        .service(read_customer)
        .service(update_customer);
}

/// Customers by name, phone or last four digits, newest first, masked. A whole phone number finds a customer of any
/// store, everything else stays within one's own.
#[utoipa::path(tag = "customers", params(CustomerQuery), responses((status = 200, body = Page<Customer>)))]
#[get("/customers")]
async fn list_customers(
    permit: Permit<action::CustomerLookup>,
    query: Query<CustomerQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let CustomerQuery { query, limit, after } = query.0;
    let page = PageArgs { limit, after };
    let found = state
        .read(move |engine| engine.customers(permit.actor(), query.as_deref(), &page))
        .await?;
    Ok(answer::page(found, |view| Customer::new(view, language)))
}

/// Registers a customer.
#[utoipa::path(
    tag = "customers", params(IdempotencyKey), request_body = NewCustomer, responses((status = 201, body = Customer))
)]
#[post("/customers")]
async fn create_customer(
    permit: Permit<action::CustomerCreate>,
    write: Write<NewCustomer>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.at(write.body.store_id)?;
    let customer = state
        .engine
        .create_customer(actor, Some(write.key), write.body.into())
        .await?;
    Ok(answer::written(
        customer,
        |view| view.version,
        |view| Customer::new(view, language),
    ))
}

/// One customer, masked.
#[utoipa::path(tag = "customers", params(("id" = Uuid, Path)), responses((status = 200, body = Customer)))]
#[get("/customers/{id}")]
async fn read_customer(
    permit: Permit<action::CustomerLookup>,
    id: Id<CustomerId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let view = state.engine.customer(permit.actor(), id.0)?;
    Ok(answer::tagged(view.version, &Customer::new(view, language)))
}

/// Changes a customer.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = CustomerChange,
    responses((status = 200, body = Customer))
)]
#[patch("/customers/{id}")]
async fn update_customer(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    version: IfMatch,
    write: Write<CustomerChange>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.actor();
    let customer = state
        .engine
        .update_customer(actor, Some(write.key), id.0, version.0, write.body.into())
        .await?;
    Ok(answer::written(
        customer,
        |view| view.version,
        |view| Customer::new(view, language),
    ))
}
