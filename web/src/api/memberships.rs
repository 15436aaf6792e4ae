//! Memberships: a customer in a program.

use super::dto::memberships::{Membership, MembershipQuery};
use crate::http::{Answer, Id, Language, Page, Permit, Query, action, answer};
use crate::state::State;
use actix_web::{get, web};
use cardea_domain::id::MembershipId;
use cardea_engine::page::PageArgs;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(list_memberships).service(read_membership);
}

/// Memberships, newest first.
#[utoipa::path(tag = "memberships", params(MembershipQuery), responses((status = 200, body = Page<Membership>)))]
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
    Ok(answer::page(found, |view| Membership::new(view, language)))
}

/// One membership with its cards and balances.
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = Membership)))]
#[get("/memberships/{id}")]
async fn read_membership(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let view = state
        .read(move |engine| engine.membership(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&Membership::new(view, language)))
}
