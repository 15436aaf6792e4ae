//! What one person wants and others have to agree to.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::ApprovalId;
use cardea_engine::approval::{Approval, ApprovalQuery, ApprovalRules, NewRemark, WaitingApprovals};
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_approvals)
        .service(count_waiting_approvals)
        .service(read_approval)
        .service(agree)
        .service(reject)
        .service(read_approval_rules)
        .service(update_approval_rules);
}

setting! {
    ApprovalRules tagged "approvals" at "/approval-rules" by ApprovalRead;
    /// For what the chain wants a second person.
    read read_approval_rules;
    /// Says for what. Once there are such rules, others have to agree to other ones.
    update update_approval_rules;
}

/// Requests about one's stores, newest first; `mine=true`: those that wait for the reader.
#[utoipa::path(tag = "approvals", params(ApprovalQuery), responses((status = 200, body = Page<Approval>)))]
#[get("/approvals")]
async fn list_approvals(
    permit: Permit<action::ApprovalRead>,
    query: Query<ApprovalQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.approvals(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// How many requests wait for the reader; more than 200 count as 200.
#[utoipa::path(tag = "approvals", responses((status = 200, body = WaitingApprovals)))]
#[get("/approvals/waiting")]
async fn count_waiting_approvals(permit: Permit<action::ApprovalRead>, state: web::Data<State>) -> Answer {
    let count = move |engine: &Engine| engine.waiting_approvals(permit.actor());
    Ok(answer::ok(&state.read(count).await?))
}

/// One request with its decisions.
#[utoipa::path(tag = "approvals", params(("id" = Uuid, Path)), responses((status = 200, body = Approval)))]
#[get("/approvals/{id}")]
async fn read_approval(permit: Permit<action::ApprovalRead>, id: Id<ApprovalId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.approval(permit.actor(), id.0)?))
}

/// Agrees. Whoever made what is asked for can't, under whatever log-in of theirs, and nobody agrees twice.
#[utoipa::path(
    tag = "approvals", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRemark,
    responses((status = 200, body = Approval))
)]
#[post("/approvals/{id}/agree")]
async fn agree(
    permit: Permit<action::ApprovalDecide>,
    id: Id<ApprovalId>,
    write: Write<NewRemark>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let decided = state.engine.decide_approval(actor, key, id.0, (true, write.body));
    Ok(answer::written(decided.await?, |_| 1, |approval| approval))
}

/// Says no, with the reason.
#[utoipa::path(
    tag = "approvals", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewRemark,
    responses((status = 200, body = Approval))
)]
#[post("/approvals/{id}/reject")]
async fn reject(
    permit: Permit<action::ApprovalDecide>,
    id: Id<ApprovalId>,
    write: Write<NewRemark>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let decided = state.engine.decide_approval(actor, key, id.0, (false, write.body));
    Ok(answer::written(decided.await?, |_| 1, |approval| approval))
}
