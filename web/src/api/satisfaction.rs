//! What customers say of visits and services, and the questions that they are asked.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::CustomerId;
use cardea_domain::satisfaction::SatisfactionRules;
use cardea_engine::satisfaction::*;
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_satisfaction)
        .service(read_satisfaction_trend)
        .service(write_satisfaction)
        .service(read_satisfaction_rules)
        .service(update_satisfaction_rules);
}

/// Filled-in forms, what was written last first.
#[utoipa::path(
    tag = "satisfaction", params(SatisfactionQuery), responses((status = 200, body = Page<Satisfaction>))
)]
#[get("/satisfaction")]
async fn list_satisfaction(
    permit: Permit<action::JournalRead>,
    query: Query<SatisfactionQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.satisfactions(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Marks by month, the earliest month first: of a customer, of somebody's work, of a store, or of all.
#[utoipa::path(tag = "satisfaction", params(TrendQuery), responses((status = 200, body = Page<MonthOfMarks>)))]
#[get("/satisfaction/trend")]
async fn read_satisfaction_trend(
    permit: Permit<action::JournalRead>,
    query: Query<TrendQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.satisfaction_trend(permit.actor(), &query.0);
    let items = state.read(read).await?;
    Ok(answer::ok(&Page { items, next: None }))
}

/// Writes a form about a visit or a service. A low mark opens a follow-up for the customer's consultant.
#[utoipa::path(
    tag = "satisfaction", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewSatisfaction,
    responses((status = 201, body = Satisfaction))
)]
#[post("/customers/{id}/satisfaction")]
async fn write_satisfaction(
    permit: Permit<action::JournalWrite>,
    id: Id<CustomerId>,
    write: Write<NewSatisfaction>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let written = state.engine.write_satisfaction(actor, key, id.0, write.body);
    Ok(answer::written(written.await?, |_| 1, |one| one))
}

setting! {
    SatisfactionRules tagged "satisfaction" at "/satisfaction-rules" by JournalRead;
    /// What customers are asked, and when a follow-up is opened.
    read read_satisfaction_rules;
    /// Sets what customers are asked from now on; earlier forms keep their questions.
    update update_satisfaction_rules;
}
