//! What people do with deliveries: send again what was given up, or what the receiver has lost.

use super::endpoint::existing;
use super::read::WebhookDelivery;
use super::row;
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, not_found};
use crate::store::{Answer, IdempotencyKey, Tx};
use cardea_domain::id::{WebhookDeliveryId, WebhookEndpointId};
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Code, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// Deliveries that one request sends again.
const MOST: i64 = 1000;

/// How many deliveries were queued again; 1 000 at most, call again while there are more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RetriedDeliveries {
    pub retried: u64,
}

impl Engine {
    /// Sends an event again, under the same `webhook-id`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `message_state` while it waits or is being sent.
    pub async fn retry_webhook_delivery(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: WebhookDeliveryId,
    ) -> Result<Written<WebhookDelivery>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let state = before.state.0;
            if !matches!(state, DeliveryState::Dead | DeliveryState::Sent) {
                let refusal = Refusal::new(
                    Code::MessageState,
                    "该事件正在等待发送或发送中，无需重发",
                    "The event waits to be sent or is being sent",
                );
                return Err(refusal.into());
            }
            let mut row = before.clone();
            row.queue_again(tx.business_now());
            row.save_over(tx.conn(), &before)?;
            tx.audit("webhook_delivery.retry", id.0, json!({ "before": state }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "webhook_delivery.retry", work).await?;
        Written::read(answered, |_| self.webhook_delivery(actor, id))
    }

    /// Sends again what was given up at an address, the oldest first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn retry_dead_webhooks(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: WebhookEndpointId,
    ) -> Result<RetriedDeliveries, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let (chain, now) = (tx.chain(), tx.business_now());
            existing(tx.conn(), chain, id.into())?;
            let dead = row::in_state(tx.conn(), (chain, id.into()), DeliveryState::Dead, MOST)?;
            for before in &dead {
                let mut row = before.clone();
                row.queue_again(now);
                row.save_over(tx.conn(), before)?;
            }
            let retried = dead.len() as u64;
            tx.audit("webhook_endpoint.retry_dead", id.0, json!({ "retried": retried }));
            Answer::ok(&RetriedDeliveries { retried })
        };
        let answered = self.transact(actor, key, "webhook_endpoint.retry_dead", work).await?;
        Ok(serde_json::from_str(&answered.json).map_err(Error::from)?)
    }
}
