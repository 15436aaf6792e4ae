//! An address's deliveries, one after the other: some are made this server's in one transaction, sent, and what became of them
//! written as it comes in.

use super::endpoint::EndpointRow;
use super::receivers::{Busy, Place};
use super::row::{self, DeliveryRow, EventRow};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::resource::VersionedRow;
use crate::store::{Answer, Id, Lane, Name, Tx};
use cardea_domain::id::ChainId;
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Instant, Refusal};
use cardea_messages::breaker::Pass;
use cardea_messages::http::Webhook;
use cardea_messages::{Outcome, Secret};
use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;

/// Deliveries of one transaction.
const SOME: i64 = 50;
/// How long an address is sent to before others have their turn.
const TURN_MS: i64 = 20_000;
/// How often it is tried to write down what became of deliveries, and how long between.
const NOTES: u32 = 10;
const NOTE_PAUSE: Duration = Duration::from_secs(1);

/// A delivery on its way.
struct Going {
    row: DeliveryRow,
    body: String,
}

/// Some of an address's.
struct Batch {
    url: String,
    secrets: Vec<Secret>,
    going: Vec<Going>,
    /// Technical time after which none is begun: they might become another server's.
    until: i64,
}

/// What became of one.
#[derive(Clone)]
pub(super) enum Became {
    Tried(Outcome),
    /// It wasn't its turn any more.
    Untouched,
}

/// The JSON that is sent: what happened, when, in which chain.
pub(super) fn body(chain: ChainId, event: &EventRow) -> Result<String> {
    let data: serde_json::Value = serde_json::from_str(&event.payload)?;
    let at = Instant(event.created_at);
    let whole = json!({ "type": event.topic, "timestamp": at, "chain_id": chain, "data": data });
    Ok(whole.to_string())
}

/// Sends what is due at an address, until its turn is over or it fails.
///
/// # Errors
/// `busy`, `storage_unavailable`.
pub(super) async fn run(engine: Engine, busy: Busy) -> Result<(), Refusal> {
    let (chain, _) = busy.place;
    let until = engine.clock().now().0 + TURN_MS;
    while engine.clock().now().0 < until {
        let Some(batch) = engine.claim_webhooks(busy.place).await? else {
            return Ok(());
        };
        let (tell, mut told) = mpsc::unbounded_channel();
        let (sender, place) = (engine.clone(), busy.place);
        let sending = tokio::task::spawn_blocking(move || send_all(&sender, place, batch, &tell));
        let mut some = Vec::new();
        while told.recv_many(&mut some, SOME as usize).await > 0 {
            engine.note_webhooks(place, std::mem::take(&mut some)).await?;
        }
        let well = sending
            .await
            .map_err(|e| Error::internal(format!("sending webhooks: {e}")))?;
        if !well {
            tracing::debug!(chain = %chain, "a receiver of webhooks rests");
            return Ok(());
        }
    }
    Ok(())
}

/// Answers whether the address is well.
fn send_all(engine: &Engine, place: Place, batch: Batch, tell: &mpsc::UnboundedSender<(DeliveryRow, Became)>) -> bool {
    let mut well = true;
    for Going { row, body } in batch.going {
        let now = engine.clock().now().0;
        well &= now < batch.until && !engine.receivers().is_stopping();
        let breakers = &engine.receivers().breakers;
        let became = if well && breakers.ask(place, now) == Pass::Go {
            let webhook = Webhook {
                url: &batch.url,
                id: &row.id.0.to_string(),
                body: &body,
                secrets: &batch.secrets,
            };
            let outcome = engine.network().client.send_webhook(&webhook, now);
            breakers.learn(place, engine.clock().now().0, &outcome);
            well = !outcome
                .as_ref()
                .is_err_and(|failure| failure.channel_fault || failure.disable);
            Became::Tried(outcome)
        } else {
            well = false;
            Became::Untouched
        };
        // Nobody listens any more when the database is gone: the lease ends then.
        if tell.send((row, became)).is_err() {
            return false;
        }
    }
    well
}

impl Engine {
    /// Takes some of an address's that are due; None: nothing is, or it is switched off.
    async fn claim_webhooks(&self, (chain, endpoint): Place) -> Result<Option<Batch>, Refusal> {
        let (business, technical) = (self.clock().business(chain), self.clock().now());
        let lease = self.network().lease_ms;
        let found = self.read(chain, |conn| {
            let to = EndpointRow::find(conn, chain, endpoint)?.filter(|row| row.active);
            let Some(to) = to else { return Ok(None) };
            let due = row::due(conn, (chain, endpoint), business, SOME)?;
            Ok((!due.is_empty()).then_some((to, due)))
        })?;
        let Some((to, due)) = found else { return Ok(None) };
        let secrets = to.secrets(&self.keys().chain(chain), business)?;
        let mut going = Vec::new();
        let mut taken = Vec::new();
        for (before, event) in due {
            let mut row = before.clone();
            row.state = Name(DeliveryState::Sending);
            row.tries += 1;
            row.lease_until = Some(technical.0 + lease);
            let body = body(chain, &event)?;
            going.push(Going { row: row.clone(), body });
            taken.push((before, row));
        }
        let work = move |tx: &mut Tx<'_>| {
            let mut own = Vec::new();
            for (before, row) in &taken {
                if row.save_over(tx.conn(), before)? {
                    own.push(row.id.0);
                }
            }
            Answer::ok(&own)
        };
        let system = Actor::system(chain);
        let answered = self
            .transact_in(Lane::Bulk, &system, None, "webhook.take", work)
            .await?;
        let own: Vec<uuid::Uuid> = serde_json::from_str(&answered.json).map_err(Error::from)?;
        going.retain(|going| own.contains(&going.row.id.0));
        Ok((!going.is_empty()).then_some(Batch {
            url: to.url,
            secrets,
            going,
            until: technical.0 + lease / 2,
        }))
    }

    /// Writes down what became of some.
    async fn note_webhooks(&self, place: Place, some: Vec<(DeliveryRow, Became)>) -> Result<(), Refusal> {
        let mut tried = 0;
        loop {
            let some = some.clone();
            let work = move |tx: &mut Tx<'_>| {
                super::after::note(tx, place.1, &some)?;
                Answer::ok(&0)
            };
            let system = Actor::system(place.0);
            let noted = self.transact_in(Lane::Bulk, &system, None, "webhook.note", work).await;
            tried += 1;
            match noted {
                Ok(_) => return Ok(()),
                Err(refusal) if tried >= NOTES => return Err(refusal),
                // What isn't noted is sent once more when its lease ends.
                Err(_) => tokio::time::sleep(NOTE_PAUSE).await,
            }
        }
    }

    /// Deliveries whose server has gone are sent once more.
    pub(super) async fn take_back_webhooks(&self, chain: ChainId, endpoints: &[Id]) -> Result<(), Refusal> {
        let now = self.clock().now();
        // Where one server has the database for itself, whatever another one had is an orphan at once.
        let first = self.receivers().begin(chain) && !self.database().is_a_server();
        let gone = |row: &DeliveryRow| first || row.lease_until < Some(now.0);
        let orphans = self.read(chain, |conn| {
            let mut found = Vec::new();
            for endpoint in endpoints {
                found.extend(row::in_state(conn, (chain, *endpoint), DeliveryState::Sending, SOME)?);
            }
            Ok(found)
        })?;
        let orphans: Vec<DeliveryRow> = orphans.into_iter().filter(gone).collect();
        if orphans.is_empty() {
            return Ok(());
        }
        let work = move |tx: &mut Tx<'_>| {
            for before in &orphans {
                let mut row = before.clone();
                row.state = Name(DeliveryState::Queued);
                row.lease_until = None;
                row.save_over(tx.conn(), before)?;
            }
            Answer::ok(&0)
        };
        let system = Actor::system(chain);
        self.transact_in(Lane::Bulk, &system, None, "webhook.orphans", work)
            .await
            .map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_body_says_what_happened_when_and_where() {
        let event = EventRow {
            topic: "sale.created".into(),
            payload: r#"{"id":"x","paid":1250}"#.into(),
            created_at: 1_772_150_400_000,
        };
        let text = body(ChainId(Uuid::nil()), &event).unwrap();
        assert_eq!(
            text,
            body(ChainId(Uuid::nil()), &event).unwrap(),
            "the same over all tries"
        );
        let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            whole,
            json!({
                "type": "sale.created", "timestamp": "2026-02-27T00:00:00Z", "chain_id": Uuid::nil(),
                "data": {"id": "x", "paid": 1250},
            })
        );
    }
}
