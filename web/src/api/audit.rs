//! The audit log, for auditors.

use crate::http::{Answer, Page, Permit, Query, action, answer};
use crate::state::State;
use actix_web::{get, web};
use cardea_engine::audit::{AuditEntry, AuditLink, AuditQuery, Checkpoint};
use cardea_engine::page::PageArgs;
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_entries)
        .service(export_lanes)
        .service(read_checkpoint);
}

/// Who did what, when and from where, newest first. With a filter a page may be short, even empty, and still have a
/// `next`: it ends where `next` is null.
#[utoipa::path(tag = "audit", params(AuditQuery), responses((status = 200, body = Page<AuditEntry>)))]
#[get("/audit")]
async fn list_entries(permit: Permit<action::AuditRead>, query: Query<AuditQuery>, state: web::Data<State>) -> Answer {
    let actor = permit.in_chain()?.clone();
    let entries = state.read(move |engine| engine.audit_entries(&actor, &query.0));
    Ok(answer::ok(&entries.await?))
}

/// The hash chains that make the log tamper-evident, lane by lane in the order of their numbers: this chain's entries,
/// and of others' only the hashes.
///
/// Every hash is SHA-256 over these fields, one after the other: `cardea/audit/1`; lane; seq; the hash of the place before
/// in the lane (32 zero bytes for seq 1); chain_id; id; at (milliseconds since 1970); staff_id; session_id; source_ip;
/// action; subject; detail. A field is its length in four bytes, big-endian, and its bytes; one that is null is
/// `ffffffff` alone. Numbers are eight bytes, big-endian, ids 16 bytes, texts UTF-8.
#[utoipa::path(tag = "audit", params(PageArgs), responses((status = 200, body = Page<AuditLink>)))]
#[get("/audit/export")]
async fn export_lanes(permit: Permit<action::AuditRead>, page: Query<PageArgs>, state: web::Data<State>) -> Answer {
    let actor = permit.in_chain()?.clone();
    let links = state.read(move |engine| engine.audit_links(&actor, &page.0)).await?;
    Ok(answer::ok(&links))
}

/// The last signed checkpoint: where every lane ended. Keep it elsewhere: `cardea audit check FILE` then proves that
/// nothing before it was rewritten or cut off.
#[utoipa::path(tag = "audit", responses((status = 200, body = Checkpoint)))]
#[get("/audit/checkpoint")]
async fn read_checkpoint(permit: Permit<action::AuditRead>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.audit_checkpoint(permit.in_chain()?)?))
}
