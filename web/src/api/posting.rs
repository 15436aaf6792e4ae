//! What people book about a membership without a bill: adjustments, transfers, holds, debts that are let go.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::{HoldId, MembershipId};
use cardea_engine::posting::*;
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_adjustments)
        .service(adjust_points)
        .service(read_adjustment_rules)
        .service(update_adjustment_rules)
        .service(transfer_points)
        .service(read_transfer_rules)
        .service(update_transfer_rules)
        .service(write_debt_off)
        .service(list_holds)
        .service(read_hold)
        .service(create_hold)
        .service(capture_hold)
        .service(release_hold);
}

/// Adjustments, newest first.
#[utoipa::path(tag = "accounting", params(AdjustmentQuery), responses((status = 200, body = Page<Adjustment>)))]
#[get("/adjustments")]
async fn list_adjustments(
    permit: Permit<action::AccountingRead>,
    query: Query<AdjustmentQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.adjustments(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Gives or takes points by hand (D-LED-8), with a reason of the chain's list. The amounts of the window count together,
/// by person and by membership: above what the role may do alone it becomes a request (409 `approval_needed`), and goes
/// through when the same is sent again after a second person's yes. A deduction leaves a debt only within the program's
/// limit.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewAdjustment,
    responses(
        (status = 201, body = Adjustment),
        (status = 200, body = Adjustment, description = "Its `reference` was booked before: nothing new"),
    )
)]
#[post("/memberships/{id}/adjustments")]
async fn adjust_points(
    permit: Permit<action::AdjustmentWrite>,
    id: Id<MembershipId>,
    write: Write<NewAdjustment>,
    state: web::Data<State>,
) -> Answer {
    let adjusted = state.engine.adjust(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(adjusted.await?, |_| 1, |one| one))
}

setting! {
    AdjustmentRules tagged "accounting" at "/adjustment-rules" by AdjustmentWrite;
    /// The reasons of adjustments, and what each role may do alone.
    read read_adjustment_rules;
    /// Sets the reasons of adjustments, and what each role may do alone.
    update update_adjustment_rules;
}

/// Hands points over to another membership of the program (D-LED-8), within the chain's limits and without a fee. Lots
/// keep their dates, and count to the store that issued them.
#[utoipa::path(
    tag = "memberships", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewTransfer,
    responses((status = 201, body = Transfer))
)]
#[post("/memberships/{id}/transfers")]
async fn transfer_points(
    permit: Permit<action::TransferPost>,
    id: Id<MembershipId>,
    write: Write<NewTransfer>,
    state: web::Data<State>,
) -> Answer {
    let handed = state.engine.transfer(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(handed.await?, |_| 1, |one| one))
}

setting! {
    TransferRules tagged "accounting" at "/transfer-rules" by TransferPost;
    /// How much may go from one membership to another.
    read read_transfer_rules;
    /// Sets how much may go from one membership to another.
    update update_transfer_rules;
}

/// Lets a membership's debt go (D-LED-11): only one over twelve months, and only with a second person: it becomes a
/// request (409 `approval_needed`), and goes through when the same is sent again after the yes. The id is the membership's.
#[utoipa::path(
    tag = "accounting", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewWriteOff,
    responses((status = 201, body = WriteOff))
)]
#[post("/debts/{id}/write-off")]
async fn write_debt_off(
    permit: Permit<action::DebtWriteOff>,
    id: Id<MembershipId>,
    write: Write<NewWriteOff>,
    state: web::Data<State>,
) -> Answer {
    let done = state
        .engine
        .write_off(permit.actor(), Some(write.key), id.0, write.body);
    answer::answered::<WriteOff, _>(&done.await?, Ok)
}

/// A membership's holds, newest first.
#[utoipa::path(tag = "holds", params(HoldQuery), responses((status = 200, body = Page<HoldView>)))]
#[get("/holds")]
async fn list_holds(
    permit: Permit<action::MembershipRead>,
    query: Query<HoldQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.holds(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// One hold.
#[utoipa::path(tag = "holds", params(("id" = Uuid, Path)), responses((status = 200, body = HoldView)))]
#[get("/holds/{id}")]
async fn read_hold(permit: Permit<action::HoldWrite>, id: Id<HoldId>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.one_hold(permit.actor(), id.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Sets points or value aside (D-LED-3), for a card presented or for a membership: they can't be spent elsewhere until
/// the hold is captured or released, its time is over, or the loss of its card is reported. What expires meanwhile
/// expires all the same.
#[utoipa::path(
    tag = "holds", params(IdempotencyKey), request_body = NewHold, responses((status = 201, body = HoldView))
)]
#[post("/holds")]
async fn create_hold(permit: Permit<action::HoldWrite>, write: Write<NewHold>, state: web::Data<State>) -> Answer {
    let held = state.engine.hold(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(held.await?, |_| 1, |hold| hold))
}

/// Spends what is held, or part of it; the rest is free again. Where lots have expired meanwhile it takes what is left
/// and says so: `captured` is less than was asked. A hold that has ended is refused (`hold_ended`).
#[utoipa::path(
    tag = "holds", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewCapture,
    responses((status = 200, body = HoldView))
)]
#[post("/holds/{id}/capture")]
async fn capture_hold(
    permit: Permit<action::HoldWrite>,
    id: Id<HoldId>,
    write: Write<NewCapture>,
    state: web::Data<State>,
) -> Answer {
    let captured = state
        .engine
        .capture_hold(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(captured.await?, |_| 1, |hold| hold))
}

/// Lets go what is held. A hold that has ended is refused (`hold_ended`).
#[utoipa::path(
    tag = "holds", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRelease,
    responses((status = 200, body = HoldView))
)]
#[post("/holds/{id}/release")]
async fn release_hold(
    permit: Permit<action::HoldWrite>,
    id: Id<HoldId>,
    write: Write<NewRelease>,
    state: web::Data<State>,
) -> Answer {
    let released = state.engine.release_hold(permit.actor(), Some(write.key), id.0);
    Ok(answer::written(released.await?, |_| 1, |hold| hold))
}
