//! Handing out: each event in the outbox becomes one delivery for each address that wants its topic.

use super::endpoint::{self, EndpointRow};
use super::row::DeliveryRow;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::schema::{outbox, webhook_deliveries};
use crate::store::{Answer, Conn, Id, Lane, Tx};
use crate::{Engine, each};
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;
use diesel::prelude::*;

/// Events of one transaction.
const SOME: i64 = 200;
/// Transactions of one chain before the next chain has its turn.
const ROUNDS: usize = 20;

/// The oldest events that wait for an address; what is older than all addresses waits for nobody and stays as it is.
fn waiting(conn: &mut Conn, chain: ChainId, to: &[EndpointRow], limit: i64) -> Result<Vec<(Id, String)>> {
    let Some(since) = to.iter().map(|row| row.since).min_by_key(|id| id.0) else {
        return Ok(Vec::new());
    };
    let own = outbox::chain_id.eq(Id::from(chain)).and(outbox::id.gt(since));
    Ok(each!(conn, c => outbox::table
        .select((outbox::id, outbox::topic))
        .filter(own.and(outbox::delivered_at.is_null()))
        .order(outbox::id)
        .limit(limit)
        .load(c)?))
}

/// Hands some out; answers how many.
fn hand_some(tx: &mut Tx<'_>) -> Result<usize> {
    let (chain, now) = (tx.chain(), tx.business_now());
    let mut to = Vec::new();
    for row in endpoint::active(tx.conn(), chain)? {
        to.push((row.topics()?, row));
    }
    let rows: Vec<EndpointRow> = to.iter().map(|(_, row)| row.clone()).collect();
    let events = waiting(tx.conn(), chain, &rows, SOME)?;
    let mut deliveries = Vec::new();
    for (event, topic) in &events {
        for (topics, row) in &to {
            let wanted = topics.is_empty() || topics.contains(topic);
            if wanted && event.0 > row.since.0 {
                let id = Id(tx.new_id());
                deliveries.push(DeliveryRow::new(chain, id, (row.id, *event), now));
            }
        }
    }
    let (ids, at): (Vec<Id>, _) = (events.iter().map(|(id, _)| *id).collect(), tx.now().0);
    each!(tx.conn(), c => {
        for delivery in &deliveries {
            // Another server may have been quicker.
            diesel::insert_into(webhook_deliveries::table).values(delivery).on_conflict_do_nothing().execute(c)?;
        }
        let handed_out = outbox::chain_id.eq(Id::from(chain)).and(outbox::id.eq_any(&ids));
        diesel::update(outbox::table.filter(handed_out)).set(outbox::delivered_at.eq(Some(at))).execute(c)?;
    });
    Ok(events.len())
}

impl Engine {
    /// Hands out what waits in a chain.
    ///
    /// # Errors
    /// `busy`, `storage_unavailable`.
    pub(super) async fn hand_out(&self, chain: ChainId, to: &[EndpointRow]) -> Result<(), Refusal> {
        let system = Actor::system(chain);
        for _ in 0..ROUNDS {
            // Mostly nothing waits: then nothing is written.
            if self.read(chain, |conn| waiting(conn, chain, to, 1))?.is_empty() {
                return Ok(());
            }
            let work = |tx: &mut Tx<'_>| Answer::ok(&hand_some(tx)?);
            let answered = self.transact_in(Lane::Bulk, &system, None, "webhook.hand_out", work);
            let handed_out: i64 = serde_json::from_str(&answered.await?.json).map_err(Error::from)?;
            if handed_out < SOME {
                return Ok(());
            }
        }
        Ok(())
    }
}
