//! Memberships: a customer in a program.

use super::cards::answer_card;
use super::shown;
use crate::http::{Answer, Id, IdempotencyKey, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::MembershipId;
use cardea_engine::command::{Command, NameHolder, NewHolder};
use cardea_engine::page::PageArgs;
use cardea_engine::query::{CardShown, MembershipQuery, MembershipShown, MembershipView};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_memberships)
        .service(read_membership)
        .service(name_holder);
}

/// Memberships, newest first.
#[utoipa::path(tag = "memberships", params(MembershipQuery), responses((status = 200, body = Page<MembershipShown>)))]
#[get("/memberships")]
async fn list_memberships(
    permit: Permit<action::MembershipRead>,
    query: Query<MembershipQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let MembershipQuery {
        customer_id,
        limit,
        after,
    } = query.0;
    let page = PageArgs { limit, after };
    let found = state
        .read(move |engine| engine.memberships(permit.actor(), customer_id, &page))
        .await?;
    Ok(answer::page(found, |view| show(view, language)))
}

/// One membership with its cards and balances.
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = MembershipShown)))]
#[get("/memberships/{id}")]
async fn read_membership(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.membership(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&show(found, language)))
}

/// An anonymous membership becomes a customer's (实名登记), and its cards named ones.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewHolder,
    responses((status = 200, body = CardShown))
)]
#[post("/memberships/{id}/holder")]
async fn name_holder(
    permit: Permit<action::MembershipHolder>,
    id: Id<MembershipId>,
    write: Write<NewHolder>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let command = Command::NameHolder(NameHolder {
        membership: id.0,
        holder: write.body,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer_card(&state, permit.actor(), &answered, language)
}

fn show(found: MembershipView, language: Language) -> MembershipShown {
    found.told(
        |customer| shown::customer(&customer, language),
        |holder| shown::holder(holder, language),
    )
}
