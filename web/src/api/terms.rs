//! Terms that members accept.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::{MembershipId, TermsId};
use cardea_engine::settings::{SettingChange, SettingView};
use cardea_engine::terms::{Acceptances, Accepting, NewTerms, TermsListed, TermsQuery, TermsRules, TermsVersion};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_terms)
        .service(publish_terms)
        .service(read_terms)
        .service(list_acceptances)
        .service(accept_terms)
        .service(read_terms_rules)
        .service(update_terms_rules);
}

setting! {
    TermsRules tagged "memberships" at "/terms-rules" by MembershipRead;
    /// Which terms have to be accepted in which program, and when.
    read read_terms_rules;
    /// Says which terms have to be accepted. Memberships that are open stay so.
    update update_terms_rules;
}

/// Versions of terms, published last first, without their texts.
#[utoipa::path(tag = "memberships", params(TermsQuery), responses((status = 200, body = Page<TermsListed>)))]
#[get("/terms")]
async fn list_terms(
    permit: Permit<action::MembershipRead>,
    query: Query<TermsQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.all_terms(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Publishes a version of terms. It never changes and never goes.
#[utoipa::path(
    tag = "memberships", params(IdempotencyKey), request_body = NewTerms, responses((status = 201, body = TermsVersion))
)]
#[post("/terms")]
async fn publish_terms(
    permit: Permit<action::ConfigurationWrite>,
    write: Write<NewTerms>,
    state: web::Data<State>,
) -> Answer {
    let published = state
        .engine
        .publish_terms(permit.in_chain()?, Some(write.key), write.body);
    Ok(answer::written(published.await?, |_| 1, |terms| terms))
}

/// A version with its text, as it was published.
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = TermsVersion)))]
#[get("/terms/{id}")]
async fn read_terms(permit: Permit<action::MembershipRead>, id: Id<TermsId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.terms(permit.actor(), id.0)?))
}

/// What a membership has accepted, and what its program demands besides.
#[utoipa::path(tag = "memberships", params(("id" = Uuid, Path)), responses((status = 200, body = Acceptances)))]
#[get("/memberships/{id}/acceptances")]
async fn list_acceptances(
    permit: Permit<action::MembershipRead>,
    id: Id<MembershipId>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.acceptances(permit.actor(), id.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Notes that a member has accepted a version of terms.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = Accepting,
    responses((status = 201, body = Acceptances))
)]
#[post("/memberships/{id}/acceptances")]
async fn accept_terms(
    permit: Permit<action::CardIssue>,
    id: Id<MembershipId>,
    write: Write<Accepting>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let accepted = state.engine.accept_terms(actor, key, id.0, write.body);
    Ok(answer::written(accepted.await?, |_| 1, |accepted| accepted))
}
