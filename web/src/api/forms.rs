//! Forms that customers fill in by a one-time link.

use super::resource::prelude::*;
use crate::http::{Body, source_ip};
use actix_web::{HttpRequest, HttpResponse};
use cardea_domain::id::{CustomerFormId, CustomerId};
use cardea_engine::form::{CustomerForm, FormAnswers, FormLink, FormReview, NewForm, OpenForm, SentForm, WithdrawForm};
use cardea_engine::page::PageArgs;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_customer_forms)
        .service(send_form)
        .service(withdraw_form)
        .service(review_form)
        .service(open_form)
        .service(answer_form);
}

/// Forms of a customer with what was answered, newest first.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<CustomerForm>))
)]
#[get("/customers/{id}/forms")]
async fn list_customer_forms(
    permit: Permit<action::CustomerCard>,
    id: Id<CustomerId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.customer_forms(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Makes a form for a customer. Its link works once and is shown this once.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewForm,
    responses((status = 201, body = SentForm))
)]
#[post("/customers/{id}/forms")]
async fn send_form(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerId>,
    write: Write<NewForm>,
    state: web::Data<State>,
) -> Answer {
    let sent = state.engine.send_form(permit.actor(), id.0, write.body).await?;
    Ok(HttpResponse::Created().json(sent))
}

/// Makes the link of a form useless.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = WithdrawForm,
    responses((status = 200, body = CustomerForm))
)]
#[post("/customer-forms/{id}/withdraw")]
async fn withdraw_form(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerFormId>,
    write: Write<WithdrawForm>,
    state: web::Data<State>,
) -> Answer {
    let withdrawn = state.engine.withdraw_form(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(withdrawn.await?, |_| 1, |form| form))
}

/// Accepts and refuses answers; what is accepted goes on the card, as told by the customer.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = FormReview,
    responses((status = 200, body = CustomerForm))
)]
#[post("/customer-forms/{id}/review")]
async fn review_form(
    permit: Permit<action::CustomerUpdate>,
    id: Id<CustomerFormId>,
    write: Write<FormReview>,
    state: web::Data<State>,
) -> Answer {
    let reviewed = state
        .engine
        .review_form(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(reviewed.await?, |_| 1, |form| form))
}

/// What a customer is asked for, by the link alone. Whatever is wrong with a link, it is not found.
#[utoipa::path(tag = "forms", request_body = FormLink, responses((status = 200, body = OpenForm)))]
#[post("/forms/open")]
async fn open_form(request: HttpRequest, body: Body<FormLink>, state: web::Data<State>) -> Answer {
    let source = source_ip(&request);
    let open = move |engine: &Engine| engine.open_form(&body.0, source);
    Ok(answer::ok(&state.read(open).await?))
}

/// Takes what the customer has filled in, once. It waits for somebody to look at it.
#[utoipa::path(tag = "forms", request_body = FormAnswers, responses((status = 204, description = "Taken")))]
#[post("/forms/answer")]
async fn answer_form(request: HttpRequest, body: Body<FormAnswers>, state: web::Data<State>) -> Answer {
    state.engine.answer_form(body.0, source_ip(&request)).await?;
    Ok(HttpResponse::NoContent().finish())
}
