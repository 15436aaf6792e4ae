//! Memberships: a customer in a program.

use super::shown;
use crate::http::{Answer, Id, Language, Page, Permit, Query, action, answer};
use crate::state::State;
use actix_web::{get, web};
use cardea_domain::id::MembershipId;
use cardea_engine::page::PageArgs;
use cardea_engine::query::{MembershipQuery, MembershipShown, MembershipView};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_memberships).service(read_membership);
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

fn show(found: MembershipView, language: Language) -> MembershipShown {
    found.told(
        |customer| shown::customer(&customer, language),
        |holder| shown::holder(holder, language),
    )
}
