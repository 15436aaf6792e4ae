//! Sending one event now, to see whether an address takes it.

use super::endpoint::existing;
use super::lane::body;
use super::row::EventRow;
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::store::{Answer, Tx};
use cardea_domain::id::WebhookEndpointId;
use cardea_domain::{Refusal, Text, webhook};
use cardea_messages::http::Webhook;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// What became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookTested {
    pub delivered: bool,
    /// The receiver's HTTP status; null where it gave no answer.
    pub code: Option<u16>,
    /// What it said, or why it couldn't be asked.
    pub said: Text,
}

impl Engine {
    /// Sends a `webhook.test` now, also to an address that is switched off, and waits for what becomes of it. It is tried once,
    /// and says nothing of what waits.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn try_webhook_endpoint(&self, actor: &Actor, id: WebhookEndpointId) -> Result<WebhookTested, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let (chain, now) = (actor.chain, self.clock().now());
        let to = self.read(chain, |conn| existing(conn, chain, id.into()))?;
        let secrets = to.secrets(&self.keys().chain(chain), self.clock().business(chain))?;
        let event = EventRow {
            topic: webhook::TEST.to_owned(),
            payload: json!({ "endpoint_id": id }).to_string(),
            created_at: now.0,
        };
        let (body, client) = (body(chain, &event)?, self.network().client.clone());
        let send = move || {
            client.send_webhook(
                &Webhook {
                    url: &to.url,
                    id: &Uuid::now_v7().to_string(),
                    body: &body,
                    secrets: &secrets,
                },
                now.0,
            )
        };
        let outcome = tokio::task::spawn_blocking(send).await;
        let tested = match outcome.map_err(|e| Error::internal(format!("a test event: {e}")))? {
            Ok(receipt) => WebhookTested {
                delivered: true,
                code: Some(receipt.code),
                said: Text::new(receipt.said.clone(), receipt.said),
            },
            Err(failure) => WebhookTested {
                delivered: false,
                code: failure.code,
                said: failure.detail,
            },
        };
        let detail = json!({ "delivered": tested.delivered, "code": tested.code });
        let told = move |tx: &mut Tx<'_>| {
            tx.audit("webhook_endpoint.test", id.0, detail.clone());
            Answer::ok(&json!({}))
        };
        self.transact(actor, None, "webhook_endpoint.test", told).await?;
        Ok(tested)
    }
}
