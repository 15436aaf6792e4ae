//! Setting addresses up, changing them, and giving them another secret.

use super::endpoint::{self, EndpointRow, WebhookEndpoint, existing, new_secret};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, field};
use crate::message::Network;
use crate::resource::VersionedRow;
use crate::store::{Answer, Answered, Id, IdempotencyKey, Tx};
use cardea_domain::id::WebhookEndpointId;
use cardea_domain::{Refusal, webhook};
use cardea_messages::http::check_webhook_url;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Addresses of one chain.
const MOST: usize = 20;
/// How long a replaced secret signs too.
const OVERLAP_MS: i64 = 24 * 3_600_000;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// What people call the receiver.
    #[schema(min_length = 1, max_length = 100, example = "ERP")]
    pub name: String,
    /// `https`, with a host that is on the public internet; others only where the operator permits it.
    #[schema(min_length = 1, max_length = 500, example = "https://erp.example/hooks/cardea")]
    pub url: String,
    /// What it gets (`GET /webhook-topics`); absent or empty: everything, also what is new in later versions.
    #[serde(default, deserialize_with = "input::or_default")]
    pub topics: Vec<String>,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointChange {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[schema(min_length = 1, max_length = 500)]
    pub url: Option<String>,
    /// Empty: everything.
    pub topics: Option<Vec<String>>,
    /// true: it gets what waits for it and what happens from now on.
    pub active: Option<bool>,
}

/// Nothing needs to be said of a step.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookStep {}

/// An address and its secret, which is told this once.
#[derive(Clone, Serialize, ToSchema)]
pub struct WebhookSecret {
    pub endpoint: WebhookEndpoint,
    /// `whsec_` and a key in base64, as libraries of Standard Webhooks take it; null in the answer to a repeat.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    pub secret: Option<String>,
}

fn checked_url(network: &Network, url: &str) -> Result<String, Refusal> {
    let url = input::text(url, 500, "/url")?;
    check_webhook_url(&url, network.own && network.is_own(&url))
        .map_err(|refused| field("/url", &refused.detail.zh, &refused.detail.en))?;
    if network.is_refused(&url) {
        let (zh, en) = (
            "这是内网地址，须由运维人员放行后才能使用",
            "The address isn't public; the operator has to allow it",
        );
        return Err(field("/url", zh, en));
    }
    Ok(url)
}

/// As they are stored: each once, in the order of the table.
fn checked_topics(topics: &[String]) -> Result<String, Refusal> {
    for (place, topic) in topics.iter().enumerate() {
        if webhook::label(topic).is_none() {
            let at = format!("/topics/{place}");
            return Err(field(&at, "没有这种事件", "There is no such topic"));
        }
    }
    let all = webhook::TOPICS.iter().map(|(name, ..)| *name);
    let wanted: Vec<&str> = all.filter(|name| topics.iter().any(|topic| topic == name)).collect();
    Ok(serde_json::to_string(&wanted).map_err(Error::from)?)
}

impl Engine {
    /// Sets an address up, switched on.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid`, also for more than 20.
    pub async fn create_webhook_endpoint(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewWebhookEndpoint,
    ) -> Result<Written<WebhookSecret>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let id = Id(Uuid::now_v7());
        let (secret, sealed) = new_secret(&self.keys().chain(actor.chain), id)?;
        let draft = EndpointRow {
            chain_id: actor.chain.into(),
            id,
            name: input::text(&new.name, 100, "/name")?,
            url: checked_url(self.network(), &new.url)?,
            topics: checked_topics(&new.topics)?,
            secret: sealed,
            previous_secret: None,
            previous_until: None,
            active: true,
            since: Id(Uuid::nil()),
            failing_since: None,
            off_at: None,
            off_why: None,
            version: 1,
            created_at: 0,
        };
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            if endpoint::all(tx.conn(), chain)?.len() >= MOST {
                let (zh, en) = (
                    "最多 20 个接收地址；请修改已有的地址",
                    "There are 20 addresses at most; change one that is there",
                );
                return Err(field("/url", zh, en).into());
            }
            let row = EndpointRow {
                since: Id(tx.new_id()),
                created_at: tx.business_now().0,
                ..draft.clone()
            };
            row.insert(tx.conn())?;
            tx.audit(EndpointRow::CREATE, row.id.0, endpoint::detail(&row)?);
            Answer::created(&Stored::of(row.id))
        };
        let answered = self.transact(actor, key, EndpointRow::CREATE, work).await?;
        self.database().listeners().begin(actor.chain);
        self.told_once(actor, answered, secret)
    }

    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_webhook_endpoint(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (id, version): (WebhookEndpointId, i64),
        change: WebhookEndpointChange,
    ) -> Result<Written<WebhookEndpoint>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let url = change.url.as_deref().map(|url| checked_url(self.network(), url));
        let (url, topics) = (
            url.transpose()?,
            change.topics.as_deref().map(checked_topics).transpose()?,
        );
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = existing(tx.conn(), chain, id.into())?;
            check_version(before.version, version)?;
            let mut row = before.clone();
            input::set_text(&mut row.name, change.name.as_deref(), 100, "/name")?;
            row.url = url.clone().unwrap_or(row.url);
            row.topics = topics.clone().unwrap_or(row.topics);
            row.active = change.active.unwrap_or(row.active);
            row.version = version + 1;
            if row.active && !before.active {
                row.since = Id(tx.new_id());
            }
            if row.url != before.url || row.active != before.active {
                // What was known of it says nothing of what comes.
                (row.failing_since, row.off_at, row.off_why) = (None, None, None);
            }
            if !row.save(tx.conn())? {
                check_version(version + 1, version)?;
            }
            tx.audit(EndpointRow::UPDATE, row.id.0, endpoint::detail(&row)?);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, EndpointRow::UPDATE, work).await?;
        self.receivers().breakers.forget(&(actor.chain, id.into()));
        let written = Written::read(answered, |_| Ok(self.webhook_endpoint(actor, id)?))?;
        if written.value.active {
            self.database().listeners().begin(actor.chain);
        }
        Ok(written)
    }

    /// Gives an address another secret; the one before it signs too for a day.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub async fn rotate_webhook_secret(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: WebhookEndpointId,
    ) -> Result<Written<WebhookSecret>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let (secret, sealed) = new_secret(&self.keys().chain(actor.chain), id.into())?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = existing(tx.conn(), chain, id.into())?;
            let row = EndpointRow {
                secret: sealed.clone(),
                previous_secret: Some(before.secret.clone()),
                previous_until: Some(tx.business_now().0 + OVERLAP_MS),
                version: before.version + 1,
                ..before
            };
            if !row.save(tx.conn())? {
                check_version(row.version, row.version - 1)?;
            }
            tx.audit("webhook_endpoint.rotate", id.0, endpoint::detail(&row)?);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "webhook_endpoint.rotate", work).await?;
        self.told_once(actor, answered, secret)
    }

    /// Nothing that is kept could answer a repeat.
    fn told_once(&self, actor: &Actor, answered: Answered, secret: String) -> Result<Written<WebhookSecret>, Refusal> {
        let secret = (!answered.replayed).then_some(secret);
        Written::read(answered, |id| {
            Ok(WebhookSecret {
                endpoint: self.webhook_endpoint(actor, id.into())?,
                secret,
            })
        })
    }
}
