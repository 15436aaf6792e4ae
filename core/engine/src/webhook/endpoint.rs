//! Addresses that get events, and what signs for them. Secrets are sealed and told once.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::{ChainKeys, random};
use crate::resource::{VersionedRow, versioned};
use crate::store::schema::{webhook_deliveries, webhook_endpoints};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cardea_domain::id::{ChainId, WebhookEndpointId};
use cardea_domain::webhook::DeliveryState;
use cardea_domain::{Instant, Refusal, Text};
use cardea_messages::Secret;
use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// An address that gets events.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookEndpoint {
    #[schema(value_type = Uuid)]
    pub id: WebhookEndpointId,
    pub name: String,
    pub url: String,
    /// What it gets; empty: everything.
    pub topics: Vec<String>,
    /// false: it gets nothing; what waits for it goes when it is switched on again.
    pub active: bool,
    /// Since when nothing has arrived: after five days it is switched off.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub failing_since: Option<Instant>,
    /// When it was switched off by itself.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub off_at: Option<Instant>,
    /// Why, with the receiver's words.
    pub off_why: Option<Text>,
    /// Until when the secret before this one signs too.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub previous_secret_until: Option<Instant>,
    /// Events that wait to be sent.
    pub queued: i64,
    /// Events that were given up: a person can send them again.
    pub dead: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = webhook_endpoints, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct EndpointRow {
    pub chain_id: Id,
    pub id: Id,
    pub name: String,
    pub url: String,
    pub topics: String,
    pub secret: Vec<u8>,
    pub previous_secret: Option<Vec<u8>>,
    pub previous_until: Option<i64>,
    pub active: bool,
    pub since: Id,
    pub failing_since: Option<i64>,
    pub off_at: Option<i64>,
    pub off_why: Option<String>,
    pub version: i64,
    pub created_at: i64,
}

versioned!(EndpointRow of webhook_endpoints as "webhook_endpoint");

/// What an address and its topics are, for the audit log: not the whole address, which may have a key in it.
pub(super) fn detail(row: &EndpointRow) -> Result<Value> {
    Ok(json!({ "name": row.name, "host": host(&row.url), "topics": row.topics()?, "active": row.active }))
}

fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// Bound to the address: moved to another row, it doesn't open.
fn purpose(id: Id) -> Vec<u8> {
    [b"webhook-endpoint/".as_slice(), id.0.as_bytes()].concat()
}

/// A new secret, and the same sealed.
pub(super) fn new_secret(keys: &ChainKeys, id: Id) -> Result<(String, Vec<u8>)> {
    let bytes = random::<32>().map_err(Error::internal)?;
    let text = format!("whsec_{}", STANDARD.encode(bytes));
    let sealed = keys.seal_text(&purpose(id), text.as_bytes()).map_err(Error::internal)?;
    Ok((text, sealed))
}

impl EndpointRow {
    pub fn topics(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_str(&self.topics)?)
    }

    /// What signs now: the secret, and for a day the one before it.
    pub fn secrets(&self, keys: &ChainKeys, now: Instant) -> Result<Vec<Secret>> {
        let open = |sealed: &[u8]| {
            let opened = keys.open_text(&purpose(self.id), sealed).map_err(Error::internal)?;
            Ok::<_, Error>(Secret::new(String::from_utf8_lossy(&opened)))
        };
        let mut secrets = vec![open(&self.secret)?];
        if let Some(sealed) = &self.previous_secret
            && self.previous_until > Some(now.0)
        {
            secrets.push(open(sealed)?);
        }
        Ok(secrets)
    }

    fn view(self, now: Instant, (queued, dead): (i64, i64)) -> Result<WebhookEndpoint> {
        Ok(WebhookEndpoint {
            id: self.id.typed(),
            topics: self.topics()?,
            name: self.name,
            url: self.url,
            active: self.active,
            failing_since: self.failing_since.map(Instant),
            off_at: self.off_at.map(Instant),
            off_why: self.off_why.as_deref().map(serde_json::from_str).transpose()?,
            previous_secret_until: self.previous_until.filter(|until| *until > now.0).map(Instant),
            queued,
            dead,
            created_at: Instant(self.created_at),
            version: self.version,
        })
    }
}

/// A chain's addresses, oldest first.
pub(super) fn all(conn: &mut Conn, chain: ChainId) -> Result<Vec<EndpointRow>> {
    Ok(each!(conn, c => webhook_endpoints::table
        .select(EndpointRow::as_select())
        .filter(webhook_endpoints::chain_id.eq(Id::from(chain)))
        .order(webhook_endpoints::id)
        .load(c)?))
}

/// Those that are switched on.
pub(super) fn active(conn: &mut Conn, chain: ChainId) -> Result<Vec<EndpointRow>> {
    Ok(all(conn, chain)?.into_iter().filter(|row| row.active).collect())
}

/// # Errors
/// `not_found`.
pub(super) fn existing(conn: &mut Conn, chain: ChainId, id: Id) -> Result<EndpointRow> {
    EndpointRow::find(conn, chain, id)?.ok_or_else(|| not_found().into())
}

/// How many of an address's deliveries are in a state.
fn count(conn: &mut Conn, row: &EndpointRow, state: DeliveryState) -> Result<i64> {
    let own = webhook_deliveries::chain_id
        .eq(row.chain_id)
        .and(webhook_deliveries::endpoint_id.eq(row.id))
        .and(webhook_deliveries::state.eq(Name(state)));
    Ok(each!(conn, c => webhook_deliveries::table.filter(own).count().get_result(c)?))
}

impl Engine {
    fn endpoint_view(&self, conn: &mut Conn, row: EndpointRow) -> Result<WebhookEndpoint> {
        let now = self.clock().business(row.chain_id.typed());
        let queued = count(conn, &row, DeliveryState::Queued)?;
        let dead = count(conn, &row, DeliveryState::Dead)?;
        row.view(now, (queued, dead))
    }

    /// All of a chain's addresses, oldest first.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn webhook_endpoints(&self, actor: &Actor) -> Result<Vec<WebhookEndpoint>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        Ok(self.read(actor.chain, |conn| {
            let rows = all(conn, actor.chain)?;
            rows.into_iter().map(|row| self.endpoint_view(conn, row)).collect()
        })?)
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn webhook_endpoint(&self, actor: &Actor, id: WebhookEndpointId) -> Result<WebhookEndpoint, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        Ok(self.read(actor.chain, |conn| {
            let row = existing(conn, actor.chain, id.into())?;
            self.endpoint_view(conn, row)
        })?)
    }
}
