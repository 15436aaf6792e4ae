//! One box for everything.

use super::customers::Customer;
use super::resource::prelude::*;
use super::shown;
use crate::http::Language;
use cardea_engine::find::{JournalHit, RecordHit};
use cardea_engine::query::CardShown;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

pub fn routes(config: &mut ServiceConfig) {
    config.service(find_everything);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindQuery {
    /// A name or part of it, its pinyin or initials, a phone, four digits, a number in another system, a card's number, or
    /// two characters and more of what was written.
    pub q: String,
    /// Most of each sort, 1–50; 10 if absent.
    pub limit: Option<u32>,
}

/// What was found, by sort, newest first in each.
#[derive(Serialize, ToSchema)]
pub struct FoundShown {
    /// Masked.
    pub customers: Vec<Customer>,
    pub cards: Vec<CardShown>,
    pub journal: Vec<JournalHit>,
    pub records: Vec<RecordHit>,
}

/// Looks everywhere at once: customers, cards, journals and records, each as far as one may see it.
#[utoipa::path(tag = "customers", params(FindQuery), responses((status = 200, body = FoundShown)))]
#[get("/search")]
async fn find_everything(
    permit: Permit<action::CustomerLookup>,
    query: Query<FindQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let find = move |engine: &Engine| engine.find_everything(permit.actor(), &query.0.q, query.0.limit);
    let found = state.read(find).await?;
    let customers = found.customers.into_iter().map(|view| Customer::new(view, language));
    let cards = found.cards.into_iter();
    Ok(answer::ok(&FoundShown {
        customers: customers.collect(),
        cards: cards
            .map(|card| card.told(|holder| shown::holder(holder, language)))
            .collect(),
        journal: found.journal,
        records: found.records,
    }))
}
