//! How a chain sends: its mail server, its gateways for SMS and chat. Passwords and keys are sealed and never shown.

use super::network::Network;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Written, check_version, clearable, field};
use crate::keys::ChainKeys;
use crate::store::schema::message_channels;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::message::Channel;
use cardea_domain::{Refusal, named};
use cardea_messages::http::{Client, Gateway};
use cardea_messages::mail::{Address, Login, Mailbox, Security, Smtp, SmtpSettings};
use cardea_messages::{Refused, Secret};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

named! {
/// How the connection to a mail server is encrypted.
pub enum MailSecurity {
    /// From the first byte on, usually port 465.
    Tls = "tls",
    /// After STARTTLS, usually port 587; a server without it gets nothing.
    StartTls = "starttls",
    /// Not at all: within the operator's own networks.
    None = "none",
}
}

/// A mail server, and who writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSettings {
    #[schema(example = "smtp.exmail.qq.com")]
    pub host: String,
    #[schema(minimum = 1)]
    pub port: u16,
    pub security: MailSecurity,
    /// The account; its password is the channel's secret.
    pub user: Option<String>,
    #[schema(max_length = 100)]
    pub from_name: String,
    pub from_address: String,
    pub reply_to: Option<String>,
    /// Takes mails of who wants no more, beside the link.
    pub unsubscribe_mail: Option<String>,
}

/// A provider of SMS or of a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GatewaySettings {
    /// How it is asked and how its answers are read. Texts hold `{phone}`, `{template}`, `{sign}`, `{id}`, `{key}`, `{var.NAME}`, `{vars}`.
    #[schema(value_type = Object)]
    pub gateway: Gateway,
    /// The signature that the provider has approved.
    #[schema(max_length = 40)]
    pub sign: String,
}

/// How a chain sends by one channel.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChannelView {
    pub channel: Channel,
    /// [`MailSettings`] for mail, [`GatewaySettings`] else; null: not set up.
    #[schema(value_type = Option<Object>)]
    pub settings: Option<Value>,
    /// Whether a password or key is kept; it is never shown.
    pub has_secret: bool,
    pub active: bool,
    /// 0: not set up. Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChange {
    /// [`MailSettings`] for mail, [`GatewaySettings`] else.
    #[schema(value_type = Object)]
    pub settings: Value,
    /// Password or key; absent: as it was, null: none.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>, format = Password)]
    pub secret: Option<Option<String>>,
    pub active: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = message_channels)]
struct ChannelRow {
    chain_id: Id,
    name: Name<Channel>,
    document: String,
    secret: Option<Vec<u8>>,
    active: bool,
    version: i64,
}

/// A channel as it is stored.
pub(crate) struct Sealed {
    pub chain: ChainId,
    pub channel: Channel,
    pub version: i64,
    document: String,
    secret: Option<Vec<u8>>,
}

/// A mail server, and who writes.
pub(crate) struct MailServer {
    pub smtp: Smtp,
    pub from: Mailbox,
    pub reply_to: Option<Mailbox>,
    pub unsubscribe: Option<Address>,
}

/// A way to a server.
pub(crate) enum Transport {
    Mail(Box<MailServer>),
    Gateway {
        client: Arc<Client>,
        settings: Box<GatewaySettings>,
        key: Secret,
    },
}

fn purpose(channel: Channel) -> Vec<u8> {
    [b"message-channel/".as_slice(), channel.as_str().as_bytes()].concat()
}

fn select(conn: &mut Conn, chain: ChainId) -> Result<Vec<ChannelRow>> {
    Ok(each!(conn, c => message_channels::table
        .select(ChannelRow::as_select())
        .filter(message_channels::chain_id.eq(Id::from(chain)))
        .load(c)?))
}

/// The channels that a chain uses.
pub(super) fn active(conn: &mut Conn, chain: ChainId) -> Result<Vec<Sealed>> {
    let used = select(conn, chain)?.into_iter().filter(|row| row.active);
    Ok(used.map(|row| row.sealed()).collect())
}

/// Whether a chain sends anything at all.
pub(crate) fn has_channel(conn: &mut Conn, chain: ChainId) -> Result<bool> {
    Ok(!active(conn, chain)?.is_empty())
}

/// One channel, used or not.
pub(super) fn find(conn: &mut Conn, chain: ChainId, channel: Channel) -> Result<Option<Sealed>> {
    let rows = select(conn, chain)?;
    let found = rows.into_iter().find(|row| row.name.0 == channel);
    Ok(found.map(|row| row.sealed()))
}

fn mailbox(name: &str, address: &str, pointer: &str) -> Result<Mailbox, Refusal> {
    Ok(Mailbox {
        name: name.to_owned(),
        address: parsed(address, pointer)?,
    })
}

fn parsed(address: &str, pointer: &str) -> Result<Address, Refusal> {
    Address::parse(address).map_err(|why| field(pointer, &why.zh, &why.en))
}

impl MailSettings {
    /// What is typed, in one form.
    fn checked(mut self) -> Result<Self, Refusal> {
        let text = |value: &str, longest, name: &str| input::text(value, longest, &format!("/settings/{name}"));
        let address =
            |value: &str, name: &str| parsed(value, &format!("/settings/{name}")).map(|found| found.to_string());
        self.host = text(&self.host, 255, "host")?.to_ascii_lowercase();
        self.from_name = text(&self.from_name, 100, "from_name")?;
        self.from_address = address(&self.from_address, "from_address")?;
        self.user = self.user.filter(|user| !user.trim().is_empty());
        let optional = |value: Option<String>, name: &str| {
            let value = value.filter(|value| !value.trim().is_empty());
            value.map(|value| address(&value, name)).transpose()
        };
        self.reply_to = optional(self.reply_to, "reply_to")?;
        self.unsubscribe_mail = optional(self.unsubscribe_mail, "unsubscribe_mail")?;
        Ok(self)
    }

    fn transport(&self, secret: Option<Secret>, network: &Network) -> Result<std::result::Result<Transport, Refused>> {
        let security = match self.security {
            MailSecurity::Tls => Security::Tls,
            MailSecurity::StartTls => Security::StartTls,
            MailSecurity::None => Security::Plain,
        };
        let from = mailbox(&self.from_name, &self.from_address, "/settings/from_address")?;
        let login = self.user.clone().zip(secret);
        let settings = SmtpSettings {
            plain_anywhere: network.own,
            login: login.map(|(user, password)| Login { user, password }),
            extra_ca: network.extra_ca.clone(),
            ehlo: from.address.domain().to_owned(),
            timeout: Duration::from_secs(30),
            final_timeout: Duration::from_secs(120),
            guard: network.guard.clone(),
            ..SmtpSettings::new(self.host.clone(), self.port, security)
        };
        let smtp = match Smtp::new(settings) {
            Ok(smtp) => smtp,
            Err(refused) => return Ok(Err(refused)),
        };
        let address = |text: &Option<String>| text.as_deref().map(|text| parsed(text, "/settings")).transpose();
        Ok(Ok(Transport::Mail(Box::new(MailServer {
            smtp,
            from,
            reply_to: address(&self.reply_to)?.map(|address| Mailbox {
                name: self.from_name.clone(),
                address,
            }),
            unsubscribe: address(&self.unsubscribe_mail)?,
        }))))
    }
}

impl GatewaySettings {
    /// Without encryption only into the operator's own networks: there are no secrets to be read on the way.
    fn checked(mut self, network: &Network) -> Result<Self, Refusal> {
        self.sign = self.sign.trim().to_owned();
        if self.sign.chars().count() > 40 || self.sign.chars().any(char::is_control) {
            return Err(field(
                "/settings/sign",
                "签名最多 40 个字",
                "A signature has at most 40 characters",
            ));
        }
        let plain = network.own && network.is_own(&self.gateway.url);
        self.gateway.check(plain).map_err(|refused| {
            let at = format!("/settings/gateway/{}", refused.field);
            field(&at, &refused.detail.zh, &refused.detail.en)
        })?;
        Ok(self)
    }
}

impl ChannelRow {
    fn sealed(self) -> Sealed {
        Sealed {
            chain: self.chain_id.typed(),
            channel: self.name.0,
            version: self.version,
            document: self.document,
            secret: self.secret,
        }
    }

    fn view(self) -> Result<ChannelView> {
        Ok(ChannelView {
            channel: self.name.0,
            settings: Some(serde_json::from_str(&self.document)?),
            has_secret: self.secret.is_some(),
            active: self.active,
            version: self.version,
        })
    }
}

impl Sealed {
    /// The domain that mails come from.
    pub fn domain(&self) -> String {
        let settings: Option<MailSettings> = serde_json::from_str(&self.document).ok();
        let address = settings.and_then(|settings| Address::parse(&settings.from_address).ok());
        address.map_or_else(|| "localhost".to_owned(), |address| address.domain().to_owned())
    }

    /// # Errors
    /// [`Refused`] for settings that can't work.
    pub fn open(&self, keys: &ChainKeys, network: &Network) -> Result<std::result::Result<Transport, Refused>> {
        let secret = self.secret.as_deref().map(|sealed| {
            let opened = keys
                .open_text(&purpose(self.channel), sealed)
                .map_err(Error::internal)?;
            Ok::<_, Error>(Secret::new(String::from_utf8_lossy(&opened)))
        });
        let secret = secret.transpose()?;
        if self.channel == Channel::Mail {
            let settings: MailSettings = serde_json::from_str(&self.document)?;
            return settings.transport(secret, network);
        }
        Ok(Ok(Transport::Gateway {
            client: network.client.clone(),
            settings: Box::new(serde_json::from_str(&self.document)?),
            key: secret.unwrap_or_else(|| Secret::new("")),
        }))
    }
}

/// Settings as they are stored.
fn document(channel: Channel, settings: &Value, network: &Network) -> Result<String, Refusal> {
    let unreadable = |error: serde_json::Error| {
        // Its words may repeat what was typed, a key perhaps.
        let place = format!("({:?}, {}:{})", error.classify(), error.line(), error.column());
        field(
            "/settings",
            &format!("设置的格式不对 {place}；请对照说明填写每一项"),
            &format!("The settings don't have the right form {place}; compare each field with the documentation"),
        )
    };
    let text = match channel {
        Channel::Mail => {
            let settings: MailSettings = serde_json::from_value(settings.clone()).map_err(unreadable)?;
            serde_json::to_string(&settings.checked()?)
        }
        Channel::Sms | Channel::Chat => {
            let settings: GatewaySettings = serde_json::from_value(settings.clone()).map_err(unreadable)?;
            serde_json::to_string(&settings.checked(network)?)
        }
    };
    Ok(text.map_err(Error::from)?)
}

impl Engine {
    /// All channels, set up or not.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn message_channels(&self, actor: &Actor) -> Result<Vec<ChannelView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let rows = self.read(actor.chain, |conn| select(conn, actor.chain))?;
        let mut rows: Vec<Option<ChannelRow>> = rows.into_iter().map(Some).collect();
        let mut views = Vec::new();
        for channel in Channel::ALL {
            let set_up = rows
                .iter_mut()
                .find(|row| row.as_ref().is_some_and(|row| row.name.0 == *channel));
            views.push(match set_up.and_then(Option::take) {
                Some(row) => row.view()?,
                None => ChannelView {
                    channel: *channel,
                    settings: None,
                    has_secret: false,
                    active: false,
                    version: 0,
                },
            });
        }
        Ok(views)
    }

    fn message_channel(&self, actor: &Actor, channel: Channel) -> Result<ChannelView, Refusal> {
        let all = self.message_channels(actor)?;
        let found = all.into_iter().find(|view| view.channel == channel);
        found.ok_or_else(input::not_found)
    }

    /// Sets a channel up, or changes it.
    ///
    /// # Errors
    /// `forbidden`, `version_conflict`, `field_invalid`.
    pub async fn update_message_channel(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (channel, version): (Channel, i64),
        change: ChannelChange,
    ) -> Result<Written<ChannelView>, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let document = document(channel, &change.settings, self.network())?;
        let seal = |secret: Option<String>| {
            let secret = secret.filter(|secret| !secret.is_empty());
            let keys = self.keys().chain(actor.chain);
            secret
                .map(|secret| keys.seal_text(&purpose(channel), secret.as_bytes()))
                .transpose()
        };
        let secret = change.secret.map(seal).transpose().map_err(Error::internal)?;
        let active = change.active;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let before = select(tx.conn(), chain)?.into_iter().find(|row| row.name.0 == channel);
            check_version(before.as_ref().map_or(0, |row| row.version), version)?;
            let row = ChannelRow {
                chain_id: chain.into(),
                name: Name(channel),
                document: document.clone(),
                secret: secret.clone().unwrap_or_else(|| before.and_then(|row| row.secret)),
                active,
                version: version + 1,
            };
            each!(tx.conn(), c => {
                diesel::delete(message_channels::table.find((Id::from(chain), Name(channel)))).execute(c)?;
                diesel::insert_into(message_channels::table).values(&row).execute(c)?;
            });
            let settings: Value = serde_json::from_str(&document)?;
            // Nothing of the declaration's headers or bodies: a key may have been written into them.
            let told = match channel {
                Channel::Mail => settings,
                Channel::Sms | Channel::Chat => json!({ "url": settings["gateway"]["url"], "sign": settings["sign"] }),
            };
            let detail = json!({ "channel": channel, "active": active, "settings": told, "secret": secret.is_some() });
            tx.audit("message_channel.update", chain.0, detail);
            Answer::ok(&json!({ "id": chain }))
        };
        let answered = self.transact(actor, key, "message_channel.update", work).await?;
        Ok(Written {
            status: answered.status,
            replayed: answered.replayed,
            value: self.message_channel(actor, channel)?,
        })
    }
}
