//! Assessment of customers: the scorecard in versions, and what customers came to by it.

use super::resource::prelude::*;
use cardea_domain::id::CustomerId;
use cardea_engine::assessment::*;
use cardea_engine::page::PageArgs;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_scorecard)
        .service(list_scorecards)
        .service(publish_scorecard)
        .service(list_assessments)
        .service(assess_customer);
}

/// The scorecard that assessments use.
#[utoipa::path(tag = "assessments", responses((status = 200, body = ScorecardVersion)))]
#[get("/scorecard")]
async fn read_scorecard(permit: Permit<action::CustomerCard>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.scorecard(permit.actor())?))
}

/// The versions that the chain has declared, the newest first.
#[utoipa::path(tag = "assessments", params(PageArgs), responses((status = 200, body = Page<ScorecardVersion>)))]
#[get("/scorecards")]
async fn list_scorecards(
    permit: Permit<action::CustomerCard>,
    query: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.scorecards(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Publishes the next version of the scorecard; earlier assessments keep theirs. Belief and the health of families are not
/// collected: such criteria are refused.
#[utoipa::path(
    tag = "assessments", params(IdempotencyKey), request_body = NewScorecard,
    responses((status = 201, body = ScorecardVersion))
)]
#[post("/scorecards")]
async fn publish_scorecard(
    permit: Permit<action::ConfigurationWrite>,
    write: Write<NewScorecard>,
    state: web::Data<State>,
) -> Answer {
    let published = state
        .engine
        .publish_scorecard(permit.in_chain()?, Some(write.key), write.body);
    Ok(answer::written(published.await?, |one| one.version.into(), |one| one))
}

/// A customer's assessments, the last one first: its grade, limit and terms hold.
#[utoipa::path(
    tag = "assessments", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<Assessment>))
)]
#[get("/customers/{id}/assessments")]
async fn list_assessments(
    permit: Permit<action::CustomerCard>,
    id: Id<CustomerId>,
    query: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.assessments(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Assesses a customer: the grade sets the credit limit and the terms of payment.
#[utoipa::path(
    tag = "assessments", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewAssessment,
    responses((status = 201, body = Assessment))
)]
#[post("/customers/{id}/assessments")]
async fn assess_customer(
    permit: Permit<action::AssessmentWrite>,
    id: Id<CustomerId>,
    write: Write<NewAssessment>,
    state: web::Data<State>,
) -> Answer {
    let assessed = state.engine.assess(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(assessed.await?, |_| 1, |one| one))
}
