//! Customers' journals.

use super::resource::prelude::*;
use cardea_domain::id::CustomerId;
use cardea_engine::journal::{JournalEntry, JournalQuery, NewJournalEntry};

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_journal).service(write_journal);
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
