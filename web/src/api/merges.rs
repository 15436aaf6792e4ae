//! Duplicates of customers, merging them, and taking that back.

use super::customers::Customer;
use super::resource::prelude::*;
use cardea_domain::id::{CustomerId, MergeId};
use cardea_engine::merge::{CustomerMerge, CustomerPair, DuplicateQuery, MergeQuery, NewMerge, UndoMerge};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_duplicate_customers)
        .service(merge_customers)
        .service(list_customer_merges)
        .service(undo_customer_merge);
}

/// Customers who may be one, in pairs side by side: with the same phone, identity number, external number, or name and
/// birthday.
#[utoipa::path(
    tag = "customers", params(DuplicateQuery), responses((status = 200, body = Page<CustomerPair<Customer>>))
)]
#[get("/customer-duplicates")]
async fn list_duplicate_customers(
    permit: Permit<action::CustomerMerge>,
    query: Query<DuplicateQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.duplicate_customers(permit.actor(), &query.0))
        .await?;
    Ok(answer::page(found, |pair| {
        pair.shown(|view| Customer::new(view, language))
    }))
}

/// Merges another customer into this one: memberships with cards and bills, journal, records, classes and everything on
/// the card go along. Of consents the stricter one holds, notes are kept of both, and what is lost is listed.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = NewMerge,
    responses((status = 201, body = CustomerMerge))
)]
#[post("/customers/{id}/merge")]
async fn merge_customers(
    permit: Permit<action::CustomerMerge>,
    id: Id<CustomerId>,
    version: IfMatch,
    write: Write<NewMerge>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let merged = state.engine.merge_customers(actor, key, id.0, version.0, write.body);
    Ok(answer::written(merged.await?, |_| 1, |merge| merge))
}

/// Merges of customers, newest first.
#[utoipa::path(tag = "customers", params(MergeQuery), responses((status = 200, body = Page<CustomerMerge>)))]
#[get("/customer-merges")]
async fn list_customer_merges(
    permit: Permit<action::CustomerMerge>,
    query: Query<MergeQuery>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.customer_merges(permit.actor(), &query.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Takes a merge back: both customers are again what they were, but for what was changed since.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = UndoMerge,
    responses((status = 200, body = CustomerMerge))
)]
#[post("/customer-merges/{id}/undo")]
async fn undo_customer_merge(
    permit: Permit<action::CustomerMerge>,
    id: Id<MergeId>,
    write: Write<UndoMerge>,
    state: web::Data<State>,
) -> Answer {
    let undone = state.engine.undo_merge(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(undone.await?, |_| 1, |merge| merge))
}
