//! Staff and their log-ins.

use super::dto::common::PageQuery;
use super::dto::staff::{NewStaff, Staff, StaffChange};
use crate::http::{Answer, Id, IdempotencyKey, IfMatch, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, post, web};
use cardea_domain::id::StaffId;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_staff)
        .service(create_staff)
        .service(read_staff)
        .service(update_staff);
}

/// Staff, oldest first.
#[utoipa::path(tag = "staff", params(PageQuery), responses((status = 200, body = Page<Staff>)))]
#[get("/staff")]
async fn list_staff(permit: Permit<action::StaffRead>, page: Query<PageQuery>, state: web::Data<State>) -> Answer {
    let staff = state
        .read(move |engine| engine.staff(permit.actor(), &page.0.into()))
        .await?;
    Ok(answer::page(staff, Staff::from))
}

/// Opens an account with an initial password.
#[utoipa::path(
    tag = "staff", params(IdempotencyKey), request_body = NewStaff, responses((status = 201, body = Staff))
)]
#[post("/staff")]
async fn create_staff(permit: Permit<action::StaffWrite>, write: Write<NewStaff>, state: web::Data<State>) -> Answer {
    let staff = state
        .engine
        .create_staff(permit.in_chain()?, Some(write.key), write.body.into())
        .await?;
    Ok(answer::written(staff, |staff| staff.version, Staff::from))
}

/// One account.
#[utoipa::path(tag = "staff", params(("id" = Uuid, Path)), responses((status = 200, body = Staff)))]
#[get("/staff/{id}")]
async fn read_staff(permit: Permit<action::StaffRead>, id: Id<StaffId>, state: web::Data<State>) -> Answer {
    let staff = state.engine.staff_member(permit.actor(), id.0)?;
    Ok(answer::tagged(staff.version, &Staff::from(staff)))
}

/// Changes an account; a change of role, stores, state or password ends its sessions or holds at once.
#[utoipa::path(
    tag = "staff", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = StaffChange,
    responses((status = 200, body = Staff))
)]
#[patch("/staff/{id}")]
async fn update_staff(
    permit: Permit<action::StaffWrite>,
    id: Id<StaffId>,
    version: IfMatch,
    write: Write<StaffChange>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let staff = state
        .engine
        .update_staff(actor, Some(write.key), id.0, version.0, write.body.into())
        .await?;
    Ok(answer::written(staff, |staff| staff.version, Staff::from))
}
