//! Warnings about customers: lists, reports, answers, and the rules by which they are computed.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::{CustomerId, WarningId};
use cardea_domain::warning::WarningRules;
use cardea_engine::job::warnings::{ComputeWarnings, WarningsComputed};
use cardea_engine::settings::{SettingChange, SettingView};
use cardea_engine::warning::*;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_warnings)
        .service(report_warning)
        .service(compute_warnings)
        .service(read_warning)
        .service(resolve_warning)
        .service(snooze_warning)
        .service(read_warning_rules)
        .service(update_warning_rules);
}

/// Warnings, the earliest due first: managers see those of their stores' customers, consultants those of their own.
#[utoipa::path(tag = "warnings", params(WarningQuery), responses((status = 200, body = Page<Warning>)))]
#[get("/warnings")]
async fn list_warnings(
    permit: Permit<action::WarningOwn>,
    query: Query<WarningQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.warnings(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Reports a major change at a customer's, or that it sells outside its territory. While a warning of the kind is open, the
/// report is added to it.
#[utoipa::path(
    tag = "warnings", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewWarning,
    responses((status = 201, body = Warning))
)]
#[post("/customers/{id}/warnings")]
async fn report_warning(
    permit: Permit<action::WarningWrite>,
    id: Id<CustomerId>,
    write: Write<NewWarning>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let reported = state.engine.report_warning(actor, key, id.0, write.body);
    Ok(answer::written(reported.await?, |one| one.version, |one| one))
}

/// Computes the chain's warnings now: opens what holds, closes what no longer does.
#[utoipa::path(
    tag = "warnings", params(IdempotencyKey), request_body = ComputeWarnings,
    responses((status = 200, body = WarningsComputed))
)]
#[post("/warnings/compute")]
async fn compute_warnings(
    permit: Permit<action::JobRun>,
    write: Write<ComputeWarnings>,
    state: web::Data<State>,
) -> Answer {
    // Harmless when done twice: nothing is kept of the key.
    let ComputeWarnings {} = write.body;
    Ok(answer::ok(&state.engine.compute_warnings(permit.in_chain()?).await?))
}

/// One warning.
#[utoipa::path(tag = "warnings", params(("id" = Uuid, Path)), responses((status = 200, body = Warning)))]
#[get("/warnings/{id}")]
async fn read_warning(permit: Permit<action::WarningOwn>, id: Id<WarningId>, state: web::Data<State>) -> Answer {
    let found = state.engine.warning(permit.actor(), id.0)?;
    Ok(answer::tagged(found.version, &found))
}

/// Ends a warning with what was done; that and the cause stand in the customer's journal.
#[utoipa::path(
    tag = "warnings", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = ResolvedWarning,
    responses((status = 200, body = Warning))
)]
#[post("/warnings/{id}/resolve")]
async fn resolve_warning(
    permit: Permit<action::WarningWrite>,
    id: Id<WarningId>,
    version: IfMatch,
    write: Write<ResolvedWarning>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let resolved = state.engine.resolve_warning(actor, key, id.0, version.0, write.body);
    Ok(answer::written(resolved.await?, |one| one.version, |one| one))
}

/// Puts a warning off until a day.
#[utoipa::path(
    tag = "warnings", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = SnoozedWarning,
    responses((status = 200, body = Warning))
)]
#[post("/warnings/{id}/snooze")]
async fn snooze_warning(
    permit: Permit<action::WarningWrite>,
    id: Id<WarningId>,
    version: IfMatch,
    write: Write<SnoozedWarning>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let snoozed = state.engine.snooze_warning(actor, key, id.0, version.0, write.body);
    Ok(answer::written(snoozed.await?, |one| one.version, |one| one))
}

setting! {
    WarningRules tagged "warnings" at "/warning-rules" by WarningOwn;
    /// By what figures the chain is warned.
    read read_warning_rules;
    /// Sets by what figures the chain is warned; they hold from the next computation on.
    update update_warning_rules;
}
