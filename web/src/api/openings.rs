//! Opening balances of another system: tried, booked, taken back.

use super::resource::prelude::*;
use crate::http::Upload;
use cardea_domain::id::OpeningId;
use cardea_engine::opening::{Opening, OpeningCheck, OpeningMember, OpeningMemberQuery, OpeningQuery, UndoOpening};
use cardea_engine::page::PageArgs;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_openings)
        .service(check_opening)
        .service(book_opening)
        .service(read_opening)
        .service(list_opening_members)
        .service(undo_opening);
}

/// Files of opening balances, newest first.
#[utoipa::path(tag = "openings", params(PageArgs), responses((status = 200, body = Page<Opening>)))]
#[get("/openings")]
async fn list_openings(permit: Permit<action::ImportRun>, page: Query<PageArgs>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.openings(permit.actor(), &page.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Says what booking a CSV, XLSX or XLS file would do, and writes nothing (D-LED-12): what is wrong in which row and column,
/// what the file comes to beside the control totals. Booking does exactly this.
///
/// One of its first rows names the columns, in English or Chinese: `number` (the member's number in the system before,
/// 会员编号), `name`, `phone`, `store` (name or code), `program` (name or code), `card_kind`, `joined`, `valid_through`
/// (of membership and card), `card` (the card's number there, which stands for a `number` that is missing; or that of a
/// blank card in the store's stock, which then becomes the card; else a new number is drawn), `kind` (`points`,
/// `principal`, `bonus` or `session:SERVICE`), `amount`, `expires` (last valid day), and of sessions `pass` (its name),
/// `paid` (for the sessions that are left), `list_price` (of one). One row per lot: number or phone stands on each, the
/// member's other columns are the same or empty after the first. Amounts are decimals of the chain's currency, such as
/// 1234.50.
#[utoipa::path(
    tag = "openings", params(OpeningQuery, IdempotencyKey),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = OpeningCheck))
)]
#[post("/openings/check")]
async fn check_opening(
    permit: Permit<action::ImportRun>,
    upload: Upload<{ 32 << 20 }>,
    query: Query<OpeningQuery>,
    state: web::Data<State>,
) -> Answer {
    let bytes = upload.bytes.to_vec().into();
    let checked = state.engine.check_opening(permit.in_chain()?, &query.0, bytes);
    Ok(answer::ok(&checked.await?))
}

/// Books a file of opening balances, as `POST /openings/check` says, or refuses it as a whole. Members are booked in the
/// background, each whole; `state` and `done` tell how far it is. A file that is known books nothing twice: one that was
/// stopped goes on, one that is booked answers as it stands.
#[utoipa::path(
    tag = "openings", params(OpeningQuery, IdempotencyKey),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Opening))
)]
#[post("/openings")]
async fn book_opening(
    permit: Permit<action::ImportRun>,
    upload: Upload<{ 32 << 20 }>,
    query: Query<OpeningQuery>,
    state: web::Data<State>,
) -> Answer {
    let (actor, bytes) = (permit.in_chain()?, upload.bytes.to_vec().into());
    let booked = state.engine.book_opening(actor, Some(upload.key), &query.0, bytes);
    Ok(answer::written(booked.await?, |one| one.version, |one| one))
}

/// One file of opening balances: how far it is, and what it came to.
#[utoipa::path(tag = "openings", params(("id" = Uuid, Path)), responses((status = 200, body = Opening)))]
#[get("/openings/{id}")]
async fn read_opening(permit: Permit<action::ImportRun>, id: Id<OpeningId>, state: web::Data<State>) -> Answer {
    let read = move |engine: &Engine| engine.opening(permit.actor(), id.0);
    let opening = state.read(read).await?;
    Ok(answer::tagged(opening.version, &opening))
}

/// The memberships that a file has made, in its order, and whether they have moved since.
#[utoipa::path(
    tag = "openings", params(("id" = Uuid, Path), OpeningMemberQuery),
    responses((status = 200, body = Page<OpeningMember>))
)]
#[get("/openings/{id}/members")]
async fn list_opening_members(
    permit: Permit<action::ImportRun>,
    id: Id<OpeningId>,
    query: Query<OpeningMemberQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.opening_members(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Takes a file back: books the opposite entries, voids the cards and closes the memberships that it has made; customers
/// stay. Refused as a whole once one of its memberships has moved.
#[utoipa::path(
    tag = "openings", params(("id" = Uuid, Path), IdempotencyKey), request_body = UndoOpening,
    responses((status = 200, body = Opening))
)]
#[post("/openings/{id}/undo")]
async fn undo_opening(
    permit: Permit<action::ImportRun>,
    id: Id<OpeningId>,
    write: Write<UndoOpening>,
    state: web::Data<State>,
) -> Answer {
    let undone = state.engine.undo_opening(permit.in_chain()?, Some(write.key), id.0);
    Ok(answer::written(undone.await?, |one| one.version, |one| one))
}
