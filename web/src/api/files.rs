//! Photographs and files of customers.

use super::resource::prelude::*;
use crate::http::Upload;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::id::{CustomerId, FileId, JournalId, RecordId};
use cardea_engine::files::{AttachedFile, FileContent, FileQuery, MOST_BYTES, NewFile, Part};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use utoipa::IntoParams;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_files)
        .service(attach_file)
        .service(read_file)
        .service(read_thumbnail);
}

/// What a file belongs to, beside the customer.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FileSubject {
    /// A record about the customer.
    #[param(value_type = Option<Uuid>)]
    record_id: Option<RecordId>,
    /// An entry of the customer's journal.
    #[param(value_type = Option<Uuid>)]
    journal_id: Option<JournalId>,
}

/// A customer's files, newest first.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), FileQuery), responses((status = 200, body = Page<AttachedFile>))
)]
#[get("/customers/{id}/files")]
async fn list_files(
    permit: Permit<action::FileRead>,
    id: Id<CustomerId>,
    query: Query<FileQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.files(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Attaches a file of at most 10 MB, sent as it is. Its content says what it is: JPEG, PNG, WebP, PDF, and docx, xlsx
/// and pptx without macros are kept.
#[utoipa::path(
    tag = "customers",
    params(
        ("id" = Uuid, Path), FileSubject, IdempotencyKey,
        ("File-Name" = String, Header, description = "Percent-encoded UTF-8, at most 200 characters.")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = AttachedFile))
)]
#[post("/customers/{id}/files")]
async fn attach_file(
    permit: Permit<action::FileWrite>,
    id: Id<CustomerId>,
    subject: Query<FileSubject>,
    upload: Upload<MOST_BYTES>,
    state: web::Data<State>,
) -> Answer {
    let new = NewFile {
        name: upload.name,
        record_id: subject.0.record_id,
        journal_id: subject.0.journal_id,
        bytes: upload.bytes.to_vec(),
    };
    let attached = state.engine.attach_file(permit.actor(), Some(upload.key), id.0, new);
    Ok(answer::written(attached.await?, |_| 1, |file| file))
}

/// A file as it was attached, to keep and not to show; who asks is noted in the audit log.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"))
)]
#[get("/files/{id}/content")]
async fn read_file(permit: Permit<action::FileRead>, id: Id<FileId>, state: web::Data<State>) -> Answer {
    let content = state.engine.file_content(permit.actor(), id.0, Part::Whole);
    Ok(taken(content.await?))
}

/// A small JPEG of a picture, at most 320 × 320.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "image/jpeg"))
)]
#[get("/files/{id}/thumbnail")]
async fn read_thumbnail(permit: Permit<action::FileRead>, id: Id<FileId>, state: web::Data<State>) -> Answer {
    let content = state.engine.file_content(permit.actor(), id.0, Part::Thumbnail);
    Ok(taken(content.await?))
}

/// As an attachment, whatever it is: no browser runs or shows it.
fn taken(content: FileContent) -> HttpResponse {
    let name = utf8_percent_encode(&content.name, NON_ALPHANUMERIC);
    let extension = content.media_type.extension();
    let disposition = format!("attachment; filename=\"file.{extension}\"; filename*=UTF-8''{name}");
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content.media_type.as_str()))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(content.bytes)
}
