//! What is confidential: showing what is masked, the access log, deletions.

use super::resource::prelude::*;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::id::{CustomerId, DeletionId};
use cardea_engine::archive::{Reveal, Revealed};
use cardea_engine::confidential::{
    Decision, Deletion, DeletionQuery, Look, LookQuery, NewDeletion, OwnPlace, RetentionChange, RetentionView, Why,
};
use futures_util::stream;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(reveal_customer)
        .service(take_own_data)
        .service(list_looks)
        .service(list_deletions)
        .service(read_deletion)
        .service(request_deletion)
        .service(confirm_deletion)
        .service(reject_deletion);
    config.service(read_retention_rules).service(update_retention_rules);
}

/// Shows in full what is masked of a customer, and notes in the access log who saw it and what for.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = Reveal,
    responses((status = 201, body = Revealed))
)]
#[post("/customers/{id}/reveal")]
async fn reveal_customer(
    permit: Permit<action::CustomerReveal>,
    id: Id<CustomerId>,
    write: Write<Reveal>,
    state: web::Data<State>,
) -> Answer {
    let shown = state
        .engine
        .reveal_customer(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(shown.await?, |_| 1, |revealed| revealed))
}

/// Everything that is kept about a customer, in full, as one JSON file: the archive's data, classes, memberships with cards,
/// bills, ledger entries, journal, records with their history, and who looked at it. The access log notes who took it.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = Why,
    responses((status = 200, body = Object))
)]
#[post("/customers/{id}/own-data")]
async fn take_own_data(
    permit: Permit<action::CustomerExport>,
    id: Id<CustomerId>,
    write: Write<Why>,
    state: web::Data<State>,
) -> Answer {
    let (id, chain) = (id.0, permit.actor().chain);
    let look = state
        .engine
        .begin_own_data(permit.actor(), Some(write.key), id, write.body);
    let look = std::sync::Arc::new(look.await?);
    let name = format!("attachment; filename=\"{}.json\"", look.number);
    let pieces = stream::try_unfold(Some(OwnPlace::default()), move |place| {
        let (state, look) = (state.clone(), look.clone());
        async move {
            let Some(place) = place else { return Ok(None) };
            let read = move |engine: &Engine| Ok(engine.own_data(&look, id, chain, &place)?);
            let failed = |problem: crate::http::Problem| std::io::Error::other(problem.code());
            let piece = state.read(read).await.map_err(failed)?;
            Ok::<_, std::io::Error>(Some((web::Bytes::from(piece.text), piece.next)))
        }
    });
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "application/json"));
    response.insert_header((CONTENT_DISPOSITION, name));
    Ok(response.streaming(Box::pin(pieces)))
}

/// The access log: who saw in full what is masked, or took a list away, newest first. It names people by id alone.
#[utoipa::path(tag = "audit", params(LookQuery), responses((status = 200, body = Page<Look>)))]
#[get("/access-log")]
async fn list_looks(permit: Permit<action::AuditRead>, query: Query<LookQuery>, state: web::Data<State>) -> Answer {
    let actor = permit.in_chain()?.clone();
    let looks = state.read(move |engine| engine.looks(&actor, &query.0));
    Ok(answer::ok(&looks.await?))
}

/// Deletions about customers of one's stores, newest first: what is past its time, what waits for a second person, what
/// is done.
#[utoipa::path(tag = "deletions", params(DeletionQuery), responses((status = 200, body = Page<Deletion>)))]
#[get("/deletions")]
async fn list_deletions(
    permit: Permit<action::DeletionRead>,
    query: Query<DeletionQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.deletions(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// One deletion.
#[utoipa::path(tag = "deletions", params(("id" = Uuid, Path)), responses((status = 200, body = Deletion)))]
#[get("/deletions/{id}")]
async fn read_deletion(permit: Permit<action::DeletionRead>, id: Id<DeletionId>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.read_deletion(permit.actor(), id.0)?))
}

/// Asks for a deletion: of all that is kept of a person, of the number of their identity document, or of one record.
/// Nothing is deleted until a second person confirms it; ledger, audit log and totals stay in any case.
#[utoipa::path(
    tag = "deletions", params(IdempotencyKey), request_body = NewDeletion, responses((status = 201, body = Deletion))
)]
#[post("/deletions")]
async fn request_deletion(
    permit: Permit<action::DeletionRequest>,
    write: Write<NewDeletion>,
    state: web::Data<State>,
) -> Answer {
    let asked = state
        .engine
        .request_deletion(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(asked.await?, |_| 1, |deletion| deletion))
}

/// Says yes. What is past its time is requested by that; what is requested is deleted, if it is another person who
/// says it.
#[utoipa::path(
    tag = "deletions", params(("id" = Uuid, Path), IdempotencyKey), request_body = Decision,
    responses((status = 200, body = Deletion))
)]
#[post("/deletions/{id}/confirm")]
async fn confirm_deletion(
    permit: Permit<action::DeletionApprove>,
    id: Id<DeletionId>,
    write: Write<Decision>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let confirmed = state.engine.confirm_deletion(actor, key, id.0).await?;
    Ok(answer::written(confirmed, |_| 1, |deletion| deletion))
}

/// Says no, or takes a request back.
#[utoipa::path(
    tag = "deletions", params(("id" = Uuid, Path), IdempotencyKey), request_body = Decision,
    responses((status = 200, body = Deletion))
)]
#[post("/deletions/{id}/reject")]
async fn reject_deletion(
    permit: Permit<action::DeletionApprove>,
    id: Id<DeletionId>,
    write: Write<Decision>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let rejected = state.engine.reject_deletion(actor, key, id.0).await?;
    Ok(answer::written(rejected, |_| 1, |deletion| deletion))
}

/// For how long the chain keeps what after it was touched last: cards of prospects 1 year at least, numbers of identity
/// documents 5, contracts 10. What has no figure is kept without end. Every night names what is past its time among the
/// deletions.
#[utoipa::path(tag = "deletions", responses((status = 200, body = RetentionView)))]
#[get("/retention-rules")]
async fn read_retention_rules(permit: Permit<action::DeletionRead>, state: web::Data<State>) -> Answer {
    let rules = state.engine.retention_rules(permit.actor())?;
    Ok(answer::tagged(rules.version, &rules))
}

/// Sets for how long what is kept; the next night looks by that.
#[utoipa::path(
    tag = "deletions", params(IdempotencyKey, IfMatch), request_body = RetentionChange,
    responses((status = 200, body = RetentionView))
)]
#[patch("/retention-rules")]
async fn update_retention_rules(
    permit: Permit<action::ConfigurationWrite>,
    version: IfMatch,
    write: Write<RetentionChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let changed = state.engine.update_retention_rules(actor, key, version.0, write.body);
    Ok(answer::written(changed.await?, |rules| rules.version, |rules| rules))
}
