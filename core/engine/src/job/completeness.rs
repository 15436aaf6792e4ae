//! Counts how complete the cards of each consultant's customers are (D-ARC-17), once a day.

use super::{Every, Job, Where};
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{Card, CustomerRow, card_row, row};
use crate::each;
use crate::error::Result;
use crate::reporting::{Counted, count, save_completeness};
use crate::store::{Answer, Id, Lane, Tx};
use cardea_domain::id::ChainId;
use cardea_domain::{Day, Refusal};
use diesel::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) const JOB: Job = Job {
    name: "completeness",
    title: ["档案完整度", "Completeness of cards"],
    every: Every::Day,
    by: Where::Chain,
    run: |engine, turn| Box::pin(run(engine, turn.chain, turn.day)),
};

/// Customers read at a time.
const ROWS: i64 = 500;

/// Answers how many cards were looked at.
///
/// # Errors
/// `busy`, `storage_unavailable`.
async fn run(engine: &Engine, chain: ChainId, day: Day) -> Result<u64, Refusal> {
    let mut counted: BTreeMap<Id, Counted> = BTreeMap::new();
    let (mut after, mut looked) = (Id(Uuid::nil()), 0);
    while let Some(last) = page(engine, chain, after, &mut counted)? {
        after = last.0;
        looked += last.1;
    }
    let save = move |tx: &mut Tx<'_>| {
        let chain = tx.chain();
        save_completeness(tx.conn(), chain, day, &counted)?;
        Answer::ok(&())
    };
    let system = Actor::system(chain);
    engine
        .transact_in(Lane::Bulk, &system, None, "completeness.save", save)
        .await?;
    Ok(looked)
}

/// Counts the next customers who have a consultant; answers the last one's id and how many they were.
fn page(engine: &Engine, chain: ChainId, after: Id, counted: &mut BTreeMap<Id, Counted>) -> Result<Option<(Id, u64)>> {
    let keys = engine.keys().chain(chain);
    engine.read(chain, |conn| {
        use row::customers;
        let rows: Vec<CustomerRow> = each!(conn, c => customers::table
            .select(CustomerRow::as_select())
            .filter(customers::chain_id.eq(Id::from(chain)).and(customers::id.gt(after)))
            .filter(customers::data_key.is_not_null().and(customers::consultant_id.is_not_null()))
            .order(customers::id)
            .limit(ROWS)
            .load(c)?);
        for customer in &rows {
            let Some(consultant) = customer.consultant_id else {
                continue;
            };
            let card: Card = card_row::load(conn, &keys, customer)?.unwrap_or_default();
            let contact = customer.contact(&keys)?;
            counted.entry(consultant).or_default().add(count(&card, &contact));
        }
        Ok(rows.last().map(|last| (last.id, rows.len() as u64)))
    })
}
