//! Records of a chain's own types.

use super::exports::{SheetAnswer, sheet};
use super::resource::{prelude::*, resource};

use cardea_domain::id::{RecordId, RecordTypeId};
use cardea_engine::confidential::Why;
use cardea_engine::export::ExportQuery;
use cardea_engine::fields::FieldVersion;
use cardea_engine::page::{ListQuery, PageArgs};
use cardea_engine::record;
use cardea_engine::record::{
    NewRecord, NewRecordType, Record, RecordChange, RecordEvent, RecordMove, RecordQuery, RecordType, RecordTypeChange,
    RecordTypeTemplates, RevealedRecord,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_record_types)
        .service(create_record_type)
        .service(read_record_type)
        .service(update_record_type)
        .service(list_record_type_templates)
        .service(list_record_type_fields)
        .service(export_records)
        .service(export_records_as_csv);
    config
        .service(list_records)
        .service(create_record)
        .service(read_record)
        .service(update_record)
        .service(move_record)
        .service(reveal_record)
        .service(read_record_history);
}

resource! {
    RecordType(NewRecordType, RecordTypeChange, ListQuery) tagged "records" at "/record-types" and "/record-types/{id}"
    by RecordRead, ConfigurationWrite;
    /// Types of records, oldest first.
    list list_record_types;
    /// Declares a type of records.
    create create_record_type;
    /// One type.
    read read_record_type;
    /// Changes a type. Other `fields` are its next version; what was written under an older one stays.
    update update_record_type;
}

/// Types that Cardea ships; a chain takes one over by creating it, changed or not.
#[utoipa::path(tag = "records", responses((status = 200, body = RecordTypeTemplates)))]
#[get("/record-type-templates")]
async fn list_record_type_templates(_permit: Permit<action::RecordRead>) -> Answer {
    Ok(answer::ok(&record::templates()?))
}

/// Versions of a type's fields, newest first: a value is shown under the one it was written in.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<FieldVersion>))
)]
#[get("/record-types/{id}/fields")]
async fn list_record_type_fields(
    permit: Permit<action::RecordRead>,
    id: Id<RecordTypeId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.record_type_fields(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Records about customers of one's stores, newest first, masked.
#[utoipa::path(tag = "records", params(RecordQuery), responses((status = 200, body = Page<Record>)))]
#[get("/records")]
async fn list_records(
    permit: Permit<action::RecordRead>,
    query: Query<RecordQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.records(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Writes a record about a customer.
#[utoipa::path(
    tag = "records", params(IdempotencyKey), request_body = NewRecord, responses((status = 201, body = Record))
)]
#[post("/records")]
async fn create_record(
    permit: Permit<action::RecordWrite>,
    write: Write<NewRecord>,
    state: web::Data<State>,
) -> Answer {
    let created = state.engine.create_record(permit.actor(), Some(write.key), write.body);
    Ok(answer::written(
        created.await?,
        |record| record.version,
        |record| record,
    ))
}

/// One record, masked.
#[utoipa::path(tag = "records", params(("id" = Uuid, Path)), responses((status = 200, body = Record)))]
#[get("/records/{id}")]
async fn read_record(permit: Permit<action::RecordRead>, id: Id<RecordId>, state: web::Data<State>) -> Answer {
    let record = state.engine.record(permit.actor(), id.0)?;
    Ok(answer::tagged(record.version, &record))
}

/// Changes or archives a record.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = RecordChange,
    responses((status = 200, body = Record))
)]
#[patch("/records/{id}")]
async fn update_record(
    permit: Permit<action::RecordWrite>,
    id: Id<RecordId>,
    version: IfMatch,
    write: Write<RecordChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let changed = state.engine.update_record(actor, key, id.0, version.0, write.body);
    Ok(answer::written(
        changed.await?,
        |record| record.version,
        |record| record,
    ))
}

/// Moves a record to another column of its type's board.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), IdempotencyKey), request_body = RecordMove,
    responses((status = 200, body = Record))
)]
#[post("/records/{id}/move")]
async fn move_record(
    permit: Permit<action::RecordWrite>,
    id: Id<RecordId>,
    write: Write<RecordMove>,
    state: web::Data<State>,
) -> Answer {
    let moved = state
        .engine
        .move_record(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(moved.await?, |record| record.version, |record| record))
}

/// What happened to a record, newest first: who changed which fields, what stood in them, where it was moved.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<RecordEvent>))
)]
#[get("/records/{id}/history")]
async fn read_record_history(
    permit: Permit<action::RecordRead>,
    id: Id<RecordId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.record_history(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Shows in full what is masked of a record, and notes in the access log who saw it and what for.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), IdempotencyKey), request_body = Why,
    responses((status = 201, body = RevealedRecord))
)]
#[post("/records/{id}/reveal")]
async fn reveal_record(
    permit: Permit<action::CustomerReveal>,
    id: Id<RecordId>,
    write: Write<Why>,
    state: web::Data<State>,
) -> Answer {
    let shown = state
        .engine
        .reveal_record(permit.actor(), Some(write.key), id.0, write.body);
    Ok(answer::written(shown.await?, |_| 1, |revealed| revealed))
}

async fn export(
    permit: Permit<action::RecordRead>,
    id: RecordTypeId,
    query: ExportQuery,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let begun = state
        .engine
        .begin_record_export(permit.actor(), id, &query, language.picker());
    Ok(sheet(&state, begun.await?, query.format))
}

/// The type's records as a file, CSV in UTF-8 unless another format is asked for, masked; no cell is computed by a
/// spreadsheet: in CSV those that it would begin with an apostrophe. The last column of every line says who took it away
/// and when; its number leads to the access log.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), ExportQuery),
    responses(SheetAnswer)
)]
#[get("/record-types/{id}/export")]
async fn export_records(
    permit: Permit<action::RecordRead>,
    id: Id<RecordTypeId>,
    query: Query<ExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    export(permit, id.0, query.0, language, state).await
}

/// `/record-types/{id}/export` at the address that it had before it knew formats.
#[utoipa::path(
    tag = "records", params(("id" = Uuid, Path), ExportQuery),
    responses(SheetAnswer)
)]
#[get("/record-types/{id}/records.csv")]
async fn export_records_as_csv(
    permit: Permit<action::RecordRead>,
    id: Id<RecordTypeId>,
    query: Query<ExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    export(permit, id.0, query.0, language, state).await
}
