//! Files of customers: uploaded, mapped, tried, imported, taken back.

use super::resource::prelude::*;
use crate::http::{Problem, Upload};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_domain::Text;
use cardea_domain::id::{FileImportId, RecordTypeId};
use cardea_engine::intake::{BadImportRow, FileImport, FileImportChange, ImportStep};
use cardea_engine::page::PageArgs;
use serde::Deserialize;
use utoipa::IntoParams;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_file_imports)
        .service(upload_import)
        .service(read_file_import)
        .service(update_file_import)
        .service(work_file_import)
        .service(list_bad_import_rows)
        .service(download_bad_import_rows);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// The file's name.
    name: String,
    /// Of the records in it; absent: it holds customers.
    #[param(value_type = Option<Uuid>)]
    type_id: Option<RecordTypeId>,
}

/// Imports of customers, newest first.
#[utoipa::path(tag = "imports", params(PageArgs), responses((status = 200, body = Page<FileImport>)))]
#[get("/imports")]
async fn list_file_imports(
    permit: Permit<action::ImportRun>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.file_imports(permit.actor(), &page.0))
        .await?;
    Ok(answer::ok(&found))
}

/// Uploads a CSV, XLSX or XLS file of customers, or of records about known customers, as it is. It is kept encrypted; nothing is imported yet. What its columns mean is
/// proposed by their headers, or as files with the same ones were read last.
#[utoipa::path(
    tag = "imports", params(UploadQuery, IdempotencyKey),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = FileImport))
)]
#[post("/imports")]
async fn upload_import(
    permit: Permit<action::ImportRun>,
    upload: Upload<{ 64 << 20 }>,
    query: Query<UploadQuery>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let made = state.engine.upload_import(
        actor,
        Some(upload.key),
        (&query.0.name, query.0.type_id),
        upload.bytes.to_vec().into(),
    );
    Ok(answer::written(made.await?, |import| import.version, |import| import))
}

/// One import: how far it is, its columns with samples, what they mean and may mean.
#[utoipa::path(tag = "imports", params(("id" = Uuid, Path)), responses((status = 200, body = FileImport)))]
#[get("/imports/{id}")]
async fn read_file_import(permit: Permit<action::ImportRun>, id: Id<FileImportId>, state: web::Data<State>) -> Answer {
    let import = state
        .read(move |engine| engine.file_import(permit.actor(), id.0))
        .await?;
    Ok(answer::tagged(import.version, &import))
}

/// Says what a file means, before it is imported.
#[utoipa::path(
    tag = "imports", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = FileImportChange,
    responses((status = 200, body = FileImport))
)]
#[patch("/imports/{id}")]
async fn update_file_import(
    permit: Permit<action::ImportRun>,
    id: Id<FileImportId>,
    version: IfMatch,
    write: Write<FileImportChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let changed = state.engine.change_file_import(actor, key, id.0, version.0, write.body);
    Ok(answer::written(
        changed.await?,
        |import| import.version,
        |import| import,
    ))
}

/// Tries an import, runs it or goes on with it, or takes it back. That is done in the background; the import's state and
/// figures tell how far it is.
#[utoipa::path(
    tag = "imports", params(("id" = Uuid, Path), IdempotencyKey), request_body = ImportStep,
    responses((status = 200, body = FileImport))
)]
#[post("/imports/{id}/steps")]
async fn work_file_import(
    permit: Permit<action::ImportRun>,
    id: Id<FileImportId>,
    write: Write<ImportStep>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let begun = state.engine.work_file_import(actor, key, id.0, write.body.step);
    Ok(answer::written(begun.await?, |import| import.version, |import| import))
}

/// Rows that can't be imported, with the reason, in the file's order.
#[utoipa::path(
    tag = "imports", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<BadImportRow>))
)]
#[get("/imports/{id}/bad-rows")]
async fn list_bad_import_rows(
    permit: Permit<action::ImportRun>,
    id: Id<FileImportId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let found = state
        .read(move |engine| engine.bad_import_rows(permit.actor(), id.0, &page.0))
        .await?;
    Ok(answer::ok(&found))
}

/// The headers and bad rows as CSV, with a column more for the reason, and one for the mark that leads to the access
/// log: mended, it can be uploaded again.
#[utoipa::path(
    tag = "imports", params(("id" = Uuid, Path)),
    responses((status = 200, content_type = "text/csv", body = String))
)]
#[get("/imports/{id}/bad-rows.csv")]
async fn download_bad_import_rows(
    permit: Permit<action::ImportRun>,
    id: Id<FileImportId>,
    language: Language,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let mark = state.engine.begin_bad_import_file(permit.actor(), id.0).await?;
    let pick: fn(&Text) -> &str = language.picker();
    let text = state
        .read(move |engine| engine.bad_import_file(permit.actor(), id.0, (&mark, pick)))
        .await?;
    let name = "attachment; filename=\"bad-rows.csv\"";
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"));
    response.insert_header((CONTENT_DISPOSITION, name));
    Ok(response.body(text))
}
