//! Reports of visits with their deadlines, and how complete cards are.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::reporting::ReportRules;
use cardea_engine::reporting::*;
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_visit_reports)
        .service(read_report_standing)
        .service(hand_in_report)
        .service(read_card_completeness)
        .service(read_report_rules)
        .service(update_report_rules);
}

/// Reports, the latest period first: managers see those of their stores' staff, consultants their own.
#[utoipa::path(tag = "reporting", params(VisitReportQuery), responses((status = 200, body = Page<VisitReport>)))]
#[get("/visit-reports")]
async fn list_visit_reports(
    permit: Permit<action::TaskRead>,
    query: Query<VisitReportQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.visit_reports(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// How the consultants' reports of a period stand: in time, late, missing, not due yet.
#[utoipa::path(tag = "reporting", params(StandingQuery), responses((status = 200, body = Page<ReportStanding>)))]
#[get("/visit-reports/standing")]
async fn read_report_standing(
    permit: Permit<action::TaskManage>,
    query: Query<StandingQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.report_standing(permit.actor(), &query.0);
    let items = state.read(read).await?;
    Ok(answer::ok(&Page { items, next: None }))
}

/// Hands in one's report of a day or a month. Each visit is an entry of the customer's journal; an urgent one raises a warning.
#[utoipa::path(
    tag = "reporting", params(IdempotencyKey), request_body = NewVisitReport,
    responses((status = 201, body = VisitReport))
)]
#[post("/visit-reports")]
async fn hand_in_report(
    permit: Permit<action::TaskWrite>,
    write: Write<NewVisitReport>,
    state: web::Data<State>,
) -> Answer {
    let report = state.engine.hand_in_report(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(report.await?, |_| 1, |one| one))
}

/// How complete the cards of each consultant's customers are, as counted last.
#[utoipa::path(tag = "reporting", responses((status = 200, body = CompletenessView)))]
#[get("/card-completeness")]
async fn read_card_completeness(permit: Permit<action::TaskManage>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.card_completeness(permit.actor());
    Ok(answer::ok(&state.read(read).await?))
}

setting! {
    ReportRules tagged "reporting" at "/report-rules" by TaskRead;
    /// Until when reports are to be handed in.
    read read_report_rules;
    /// Sets until when reports are to be handed in; those that are there keep their day.
    update update_report_rules;
}
