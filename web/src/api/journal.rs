//! Customers' journals.

use super::resource::prelude::*;
use super::settings::setting;
use cardea_domain::id::{CustomerId, JournalId};
use cardea_domain::journal::JournalCategories;
use cardea_engine::journal::{
    JournalEntry, JournalQuery, JournalTotal, NewJournalEntry, NewResolution, NewVerdict, OpenEntry, OpenQuery,
};
use cardea_engine::settings::{SettingChange, SettingView};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(read_journal)
        .service(write_journal)
        .service(read_journal_totals)
        .service(list_open_journal)
        .service(resolve_journal)
        .service(judge_journal)
        .service(read_journal_categories)
        .service(update_journal_categories);
}

/// A customer's journal, what was written last first.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), JournalQuery), responses((status = 200, body = Page<JournalEntry>))
)]
#[get("/customers/{id}/journal")]
async fn read_journal(
    permit: Permit<action::JournalRead>,
    id: Id<CustomerId>,
    query: Query<JournalQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.journal(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Writes an entry into a customer's journal. Entries are never changed: one that `corrects` another stands in its place.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewJournalEntry,
    responses((status = 201, body = JournalEntry))
)]
#[post("/customers/{id}/journal")]
async fn write_journal(
    permit: Permit<action::JournalWrite>,
    id: Id<CustomerId>,
    write: Write<NewJournalEntry>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let written = state.engine.write_journal(actor, key, id.0, write.body);
    Ok(answer::written(written.await?, |_| 1, |entry| entry))
}

/// What a customer's journal adds up to, by category: entries, open ones, amounts and quantities.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path)), responses((status = 200, body = Page<JournalTotal>))
)]
#[get("/customers/{id}/journal/totals")]
async fn read_journal_totals(
    permit: Permit<action::JournalRead>,
    id: Id<CustomerId>,
    state: web::Data<State>,
) -> Answer {
    let items = state
        .read(move |engine| engine.journal_totals(permit.actor(), id.0))
        .await?;
    Ok(answer::ok(&Page { items, next: None }))
}

/// What waits for an answer in all journals, the earliest due first.
#[utoipa::path(tag = "customers", params(OpenQuery), responses((status = 200, body = Page<OpenEntry>)))]
#[get("/journal")]
async fn list_open_journal(
    permit: Permit<action::JournalRead>,
    query: Query<OpenQuery>,
    state: web::Data<State>,
) -> Answer {
    let read = move |engine: &Engine| engine.open_journal(permit.actor(), &query.0);
    Ok(answer::ok(&state.read(read).await?))
}

/// Answers an open entry, which itself stays as it was written.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewResolution,
    responses((status = 200, body = JournalEntry))
)]
#[post("/journal/{id}/resolve")]
async fn resolve_journal(
    permit: Permit<action::JournalWrite>,
    id: Id<JournalId>,
    write: Write<NewResolution>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let answered = state.engine.resolve_journal(actor, key, id.0, write.body);
    Ok(answer::written(answered.await?, |_| 1, |entry| entry))
}

/// A supervisor's verdict on an answered entry.
#[utoipa::path(
    tag = "customers", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewVerdict,
    responses((status = 200, body = JournalEntry))
)]
#[post("/journal/{id}/verdict")]
async fn judge_journal(
    permit: Permit<action::TaskManage>,
    id: Id<JournalId>,
    write: Write<NewVerdict>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.actor(), Some(write.key));
    let judged = state.engine.judge_journal(actor, key, id.0, write.body);
    Ok(answer::written(judged.await?, |_| 1, |entry| entry))
}

setting! {
    JournalCategories tagged "customers" at "/journal-categories" by JournalRead;
    /// What entries may be about, and until when they are to be answered.
    read read_journal_categories;
    /// Sets the categories: added, renamed, archived, with other deadlines. None is taken away, and entries keep the day that
    /// they had.
    update update_journal_categories;
}
