//! What is over is forgotten in time.

use super::endpoint;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::schema::webhook_deliveries;
use crate::store::{Answer, Conn, Id, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;

/// How many days are kept: what has arrived, and what was given up or waits for an address that is switched off.
const KEPT: [(DeliveryState, i64); 3] = [
    (DeliveryState::Sent, 30),
    (DeliveryState::Dead, 90),
    (DeliveryState::Queued, 90),
];
/// Rows of one transaction: tills sell beside it.
const SOME: i64 = 500;

fn forget_some(conn: &mut Conn, chain: ChainId, now: Instant) -> Result<usize> {
    let mut ids: Vec<Id> = Vec::new();
    for to in endpoint::all(conn, chain)? {
        for (state, days) in KEPT {
            let own = webhook_deliveries::chain_id
                .eq(Id::from(chain))
                .and(webhook_deliveries::endpoint_id.eq(to.id))
                .and(webhook_deliveries::state.eq(Name(state)));
            let old = webhook_deliveries::next_at.lt(now.plus_days(-days).0);
            let some: Vec<Id> = each!(conn, c => webhook_deliveries::table
                .select(webhook_deliveries::id)
                .filter(own.and(old))
                .limit(SOME - ids.len() as i64)
                .load(c)?);
            ids.extend(some);
        }
    }
    let found = webhook_deliveries::chain_id
        .eq(Id::from(chain))
        .and(webhook_deliveries::id.eq_any(&ids));
    Ok(each!(conn, c => diesel::delete(webhook_deliveries::table.filter(found)).execute(c)?))
}

impl Engine {
    /// Forgets deliveries that were over long ago; `now`: business time.
    ///
    /// # Errors
    /// `busy`, `storage_unavailable`.
    pub(crate) async fn forget_webhooks(&self, chain: ChainId, now: Instant) -> Result<(), Refusal> {
        if self.read(chain, |conn| endpoint::all(conn, chain))?.is_empty() {
            return Ok(());
        }
        loop {
            let work = move |tx: &mut Tx<'_>| Answer::ok(&forget_some(tx.conn(), chain, now)?);
            let system = Actor::system(chain);
            let answered = self.transact_in(Lane::Bulk, &system, None, "webhook.forget", work);
            let gone: u64 = serde_json::from_str(&answered.await?.json).map_err(Error::from)?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}
