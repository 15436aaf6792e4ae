//! Deliveries as people see them, and the topics there are.

use super::endpoint::existing;
use super::row::DeliveryRow;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::{outbox, webhook_deliveries};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, WebhookDeliveryId, WebhookEndpointId};
use cardea_domain::webhook::{DeliveryState, TOPICS};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// An event on its way to an address.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// What the receiver gets as `webhook-id`, the same over all tries.
    #[schema(value_type = Uuid)]
    pub id: WebhookDeliveryId,
    #[schema(value_type = Uuid)]
    pub endpoint_id: WebhookEndpointId,
    /// The event, the same for all addresses.
    pub event_id: Uuid,
    pub topic: String,
    pub state: DeliveryState,
    pub tries: i32,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub happened_at: Instant,
    /// When it is tried next, while it waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Instant>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    /// The receiver's HTTP status.
    pub code: Option<i32>,
    /// What it said last, without personal data.
    pub said: Option<Text>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    #[param(inline)]
    pub state: Option<DeliveryState>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// What an address can ask for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookTopic {
    #[schema(example = "sale.created")]
    pub name: String,
    pub title: Text,
}

/// What is read of one: its row, the topic, when it happened.
type Found = (DeliveryRow, String, i64);

fn view((row, topic, happened_at): Found) -> Result<WebhookDelivery> {
    let waits = row.state.0 == DeliveryState::Queued;
    Ok(WebhookDelivery {
        id: row.id.typed(),
        endpoint_id: row.endpoint_id.typed(),
        event_id: row.event_id.0,
        topic,
        state: row.state.0,
        tries: row.tries,
        happened_at: Instant(happened_at),
        next_at: waits.then_some(Instant(row.next_at)),
        ended_at: row.ended_at.map(Instant),
        code: row.code,
        said: row.said.as_deref().map(serde_json::from_str).transpose()?,
    })
}

/// An address's, the newest event first.
fn select(
    conn: &mut Conn,
    (chain, endpoint): (ChainId, Id),
    (state, before, limit): (Option<DeliveryState>, Id, i64),
) -> Result<Vec<Found>> {
    let same = outbox::chain_id
        .eq(webhook_deliveries::chain_id)
        .and(outbox::id.eq(webhook_deliveries::event_id));
    let own = webhook_deliveries::chain_id
        .eq(Id::from(chain))
        .and(webhook_deliveries::endpoint_id.eq(endpoint))
        .and(webhook_deliveries::event_id.lt(before));
    Ok(each!(conn, c => {
        let mut found = webhook_deliveries::table
            .inner_join(outbox::table.on(same))
            .select((DeliveryRow::as_select(), outbox::topic, outbox::created_at))
            .filter(own)
            .into_boxed();
        if let Some(state) = state {
            found = found.filter(webhook_deliveries::state.eq(Name(state)));
        }
        found.order(webhook_deliveries::event_id.desc()).limit(limit).load(c)?
    }))
}

fn one(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Found> {
    let same = outbox::chain_id
        .eq(webhook_deliveries::chain_id)
        .and(outbox::id.eq(webhook_deliveries::event_id));
    let own = webhook_deliveries::chain_id
        .eq(Id::from(chain))
        .and(webhook_deliveries::id.eq(id));
    let found = each!(conn, c => webhook_deliveries::table
        .inner_join(outbox::table.on(same))
        .select((DeliveryRow::as_select(), outbox::topic, outbox::created_at))
        .filter(own)
        .get_result(c)
        .optional()?);
    found.ok_or_else(|| not_found().into())
}

impl Engine {
    /// What goes and went to an address, the newest event first.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn webhook_deliveries(
        &self,
        actor: &Actor,
        endpoint: WebhookEndpointId,
        query: &DeliveryQuery,
    ) -> Result<Page<WebhookDelivery>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let found = self.read(actor.chain, |conn| {
            existing(conn, actor.chain, endpoint.into())?;
            let wanted = (query.state, before, limit as i64 + 1);
            let found = select(conn, (actor.chain, endpoint.into()), wanted)?;
            found.into_iter().map(view).collect()
        })?;
        Ok(Page::cut(found, limit, |delivery| delivery.event_id.to_string()))
    }

    pub(super) fn webhook_delivery(&self, actor: &Actor, id: WebhookDeliveryId) -> Result<WebhookDelivery> {
        self.read(actor.chain, |conn| view(one(conn, actor.chain, id.into())?))
    }

    /// What there is to be told.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn webhook_topics(&self, actor: &Actor) -> Result<Vec<WebhookTopic>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let topic = |(name, zh, en): &(&str, &str, &str)| WebhookTopic {
            name: (*name).to_owned(),
            title: Text::new(*zh, *en),
        };
        Ok(TOPICS.iter().map(topic).collect())
    }
}
