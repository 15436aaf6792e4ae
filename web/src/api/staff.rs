//! Staff and their log-ins.

use super::resource::{prelude::*, resource};
use cardea_domain::id::StaffId;
use cardea_engine::identity::{NewStaff, PasswordReset, Staff, StaffChange, StaffQuery};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_staff)
        .service(create_staff)
        .service(read_staff)
        .service(update_staff)
        .service(reset_password);
}

resource! {
    Staff(NewStaff, StaffChange, StaffQuery) tagged "staff" at "/staff" and "/staff/{id}" by StaffRead, StaffWrite;
    /// Staff, oldest first.
    list list_staff;
    /// Opens an account with an initial password.
    create create_staff;
    /// One account.
    read read_staff;
    /// Changes an account; a change of role, stores, state or password ends its sessions or holds at once.
    update update_staff;
}

/// Gives an account a new initial password, whatever version it is at; its sessions end.
#[utoipa::path(
    tag = "staff", params(("id" = Uuid, Path), IdempotencyKey), request_body = PasswordReset,
    responses((status = 200, body = Staff))
)]
#[post("/staff/{id}/password")]
async fn reset_password(
    permit: Permit<action::StaffWrite>,
    id: Id<StaffId>,
    write: Write<PasswordReset>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let staff = state.engine.reset_password(actor, Some(write.key), id.0, write.body);
    Ok(answer::resource(staff.await?))
}
