//! Events to other systems: addresses that get them, what became of each event, what there is to be told.

use super::resource::prelude::*;
use cardea_domain::id::{WebhookDeliveryId, WebhookEndpointId};
use cardea_engine::webhook::{
    DeliveryQuery, NewWebhookEndpoint, RetriedDeliveries, WebhookDelivery, WebhookEndpoint, WebhookEndpointChange,
    WebhookSecret, WebhookStep, WebhookTested, WebhookTopic,
};

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_webhook_endpoints)
        .service(create_webhook_endpoint)
        .service(read_webhook_endpoint)
        .service(update_webhook_endpoint)
        .service(rotate_webhook_secret)
        .service(try_webhook_endpoint)
        .service(list_webhook_deliveries)
        .service(retry_webhook_delivery)
        .service(retry_dead_webhooks)
        .service(list_webhook_topics);
}

/// Addresses that get events, with what is wrong with them; without their secrets.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Vec<WebhookEndpoint>)))]
#[get("/webhook-endpoints")]
async fn list_webhook_endpoints(permit: Permit<action::ConfigurationWrite>, state: web::Data<State>) -> Answer {
    let list = move |engine: &Engine| engine.webhook_endpoints(permit.actor());
    Ok(answer::ok(&state.read(list).await?))
}

/// Sets an address up. Its secret is told this once.
///
/// Events are sent with `POST` as `{"type", "timestamp", "chain_id", "data"}`, signed after Standard Webhooks; any answer of 2xx
/// takes one, 410 switches the address off, whatever else is tried again for five days. An event arrives at least once, always
/// under the same `webhook-id`; in the order in which they happened, as long as none fails. It holds ids and figures: names,
/// phones and the like are to be read by the id.
#[utoipa::path(
    tag = "webhooks", params(IdempotencyKey), request_body = NewWebhookEndpoint,
    responses((status = 201, body = WebhookSecret))
)]
#[post("/webhook-endpoints")]
async fn create_webhook_endpoint(
    permit: Permit<action::ConfigurationWrite>,
    write: Write<NewWebhookEndpoint>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let created = state.engine.create_webhook_endpoint(actor, key, write.body);
    Ok(answer::written(
        created.await?,
        |found| found.endpoint.version,
        |found| found,
    ))
}

/// One address that gets events.
#[utoipa::path(tag = "webhooks", params(("id" = Uuid, Path)), responses((status = 200, body = WebhookEndpoint)))]
#[get("/webhook-endpoints/{id}")]
async fn read_webhook_endpoint(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    state: web::Data<State>,
) -> Answer {
    let found = state.engine.webhook_endpoint(permit.actor(), id.0)?;
    Ok(answer::tagged(found.version, &found))
}

/// Changes an address, or switches it on or off.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = WebhookEndpointChange,
    responses((status = 200, body = WebhookEndpoint))
)]
#[patch("/webhook-endpoints/{id}")]
async fn update_webhook_endpoint(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    version: IfMatch,
    write: Write<WebhookEndpointChange>,
    state: web::Data<State>,
) -> Answer {
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let changed = state
        .engine
        .update_webhook_endpoint(actor, key, (id.0, version.0), write.body);
    Ok(answer::written(changed.await?, |found| found.version, |found| found))
}

/// Gives an address another secret, which is told this once. The one before it signs too for 24 hours.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), IdempotencyKey), request_body = WebhookStep,
    responses((status = 200, body = WebhookSecret))
)]
#[post("/webhook-endpoints/{id}/rotate")]
async fn rotate_webhook_secret(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    write: Write<WebhookStep>,
    state: web::Data<State>,
) -> Answer {
    let WebhookStep {} = write.body;
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let rotated = state.engine.rotate_webhook_secret(actor, key, id.0);
    Ok(answer::written(
        rotated.await?,
        |found| found.endpoint.version,
        |found| found,
    ))
}

/// Sends one `webhook.test` now, and says what became of it.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), IdempotencyKey), request_body = WebhookStep,
    responses((status = 200, body = WebhookTested))
)]
#[post("/webhook-endpoints/{id}/test")]
async fn try_webhook_endpoint(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    write: Write<WebhookStep>,
    state: web::Data<State>,
) -> Answer {
    // Not answered from an earlier one: whoever tries again wants to see what happens now.
    let WebhookStep {} = write.body;
    let tested = state.engine.try_webhook_endpoint(permit.in_chain()?, id.0);
    Ok(answer::ok(&tested.await?))
}

/// What goes and went to an address, the newest event first. What has arrived is kept for 30 days, the rest for 90.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), DeliveryQuery),
    responses((status = 200, body = Page<WebhookDelivery>))
)]
#[get("/webhook-endpoints/{id}/deliveries")]
async fn list_webhook_deliveries(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    query: Query<DeliveryQuery>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.webhook_deliveries(permit.actor(), id.0, &query.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Sends an event again that was given up, or that the receiver has taken and lost; under the same `webhook-id`.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), IdempotencyKey), request_body = WebhookStep,
    responses((status = 200, body = WebhookDelivery))
)]
#[post("/webhook-deliveries/{id}/retry")]
async fn retry_webhook_delivery(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookDeliveryId>,
    write: Write<WebhookStep>,
    state: web::Data<State>,
) -> Answer {
    let WebhookStep {} = write.body;
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let retried = state.engine.retry_webhook_delivery(actor, key, id.0);
    Ok(answer::written(retried.await?, |_| 1, |found| found))
}

/// Sends again what was given up at an address: 1 000 at a time, the oldest first.
#[utoipa::path(
    tag = "webhooks", params(("id" = Uuid, Path), IdempotencyKey), request_body = WebhookStep,
    responses((status = 200, body = RetriedDeliveries))
)]
#[post("/webhook-endpoints/{id}/retry-dead")]
async fn retry_dead_webhooks(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<WebhookEndpointId>,
    write: Write<WebhookStep>,
    state: web::Data<State>,
) -> Answer {
    let WebhookStep {} = write.body;
    let (actor, key) = (permit.in_chain()?, Some(write.key));
    let retried = state.engine.retry_dead_webhooks(actor, key, id.0);
    Ok(answer::ok(&retried.await?))
}

/// Every topic that an address can ask for.
#[utoipa::path(tag = "webhooks", responses((status = 200, body = Vec<WebhookTopic>)))]
#[get("/webhook-topics")]
async fn list_webhook_topics(permit: Permit<action::ConfigurationWrite>, state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.webhook_topics(permit.actor())?))
}
