//! Memberships: a customer in a program.

use super::shown;
use crate::http::{Answer, Id, IdempotencyKey, Language, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::MembershipId;
use cardea_engine::command::{Command, NewTier, SetTier, TierRevocation, TierSet};
use cardea_engine::page::PageArgs;
use cardea_engine::query::{
    LotsQuery, MembershipLots, MembershipQuery, MembershipShown, MembershipTier, MembershipView,
};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_memberships)
        .service(read_membership)
        .service(read_tier)
        .service(set_tier)
        .service(revoke_tier)
        .service(list_lots);
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

/// How a membership's tier stands: what keeps it, what reaches the next one, which follows, and how it came about (D-TIER-3).
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = MembershipTier)))]
#[get("/memberships/{id}/tier")]
async fn read_tier(permit: Permit<action::MembershipRead>, id: Id<MembershipId>, state: web::Data<State>) -> Answer {
    let found = state
        .read(move |engine| engine.membership_tier(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Sets a tier by hand (D-TIER-2): above the one that figures give, with a reason, through a day at most 24 months from now.
/// Upgrades above it still happen; at its end the figures decide.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewTier,
    responses((status = 200, body = TierSet))
)]
#[post("/memberships/{id}/tier")]
async fn set_tier(
    permit: Permit<action::TierSet>,
    id: Id<MembershipId>,
    write: Write<NewTier>,
    state: web::Data<State>,
) -> Answer {
    let NewTier { tier, until, reason } = write.body;
    let command = Command::SetTier(SetTier {
        membership: id.0,
        to: Some((tier, until)),
        reason,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer::answered(&answered, |set: TierSet| Ok(set))
}

/// Takes a tier back that was set by hand, before its end: the figures decide.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = TierRevocation,
    responses((status = 200, body = TierSet))
)]
#[post("/memberships/{id}/tier/revoke")]
async fn revoke_tier(
    permit: Permit<action::TierSet>,
    id: Id<MembershipId>,
    write: Write<TierRevocation>,
    state: web::Data<State>,
) -> Answer {
    let command = Command::SetTier(SetTier {
        membership: id.0,
        to: None,
        reason: write.body.reason,
    });
    let answered = state.engine.execute(permit.actor(), Some(write.key), &command).await?;
    answer::answered(&answered, |set: TierSet| Ok(set))
}

/// A membership's lots with their ends, and what ends by a day (D-LED-7).
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), LotsQuery), responses((status = 200, body = MembershipLots))
)]
#[get("/memberships/{id}/lots")]
async fn list_lots(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    query: Query<LotsQuery>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.membership_lots(permit.actor(), id.0, query.0))
        .await?;
    Ok(answer::ok(&found))
}

fn show(found: MembershipView, language: Language) -> MembershipShown {
    found.told(
        |customer| shown::customer(&customer, language),
        |holder| shown::holder(holder, language),
    )
}
