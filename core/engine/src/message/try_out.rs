//! Looking at a wording, and sending one message to oneself, before customers get any.

use super::channel;
use super::claim::masked;
use super::content::Content;
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{faulty, field};
use crate::settings;
use crate::store::{Answer, Id, Tx};
use cardea_domain::message::{Channel, MessageKind, MessageLanguage, Wording, html, samples};
use cardea_domain::{Refusal, Text, phone};
use cardea_messages::mail::Address;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::rules::WordingDocument;

/// A wording to be looked at.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedPreview {
    pub kind: MessageKind,
    pub language: MessageLanguage,
    /// Absent: the one that holds.
    pub wording: Option<Wording>,
}

/// A message with samples in its placeholders.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Preview {
    pub subject: String,
    pub text: String,
    /// The same as a mail's second part.
    pub html: String,
}

/// A message to try a channel.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestSend {
    /// A mail address, a phone, or a member of the chat.
    #[schema(min_length = 1, max_length = 254)]
    pub to: String,
    pub kind: MessageKind,
    pub language: MessageLanguage,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TestSent {
    pub delivered: bool,
    /// What the other side said, or why it couldn't be asked.
    pub said: Text,
}

fn checked(channel: Channel, to: &str) -> Result<String, Refusal> {
    match channel {
        Channel::Mail => {
            let address = Address::parse(to).map_err(|why| field("/to", &why.zh, &why.en))?;
            Ok(address.to_string())
        }
        Channel::Sms => phone::check(to).map_err(|fault| faulty("/to", fault)),
        Channel::Chat => crate::input::text(to, 64, "/to"),
    }
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid` with the place of what a wording can't hold.
    pub fn preview_message(&self, actor: &Actor, wanted: &WantedPreview) -> Result<Preview, Refusal> {
        actor.scope(Action::MessageRead)?;
        if let Some(wording) = &wanted.wording {
            wording.check(wanted.kind, "/wording")?;
        }
        let wording = match wanted.wording.clone() {
            Some(wording) => wording,
            None => self.wording(actor)?.of(wanted.kind, wanted.language),
        };
        let shown = wording.expand(&samples(wanted.kind, wanted.language));
        Ok(Preview {
            html: html(&shown.text, wanted.language),
            subject: shown.subject,
            text: shown.text,
        })
    }

    fn wording(&self, actor: &Actor) -> Result<cardea_domain::message::MessageWording, Refusal> {
        let found = self.read(actor.chain, |conn| settings::read::<WordingDocument>(conn, actor.chain))?;
        Ok(found.value.0)
    }

    /// Sends one message with samples now and waits for what becomes of it.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid`; `not_configured` for a channel that isn't set up.
    pub async fn try_message_channel(
        &self,
        actor: &Actor,
        channel: Channel,
        wanted: TestSend,
    ) -> Result<TestSent, Refusal> {
        actor.require(Action::ConfigurationWrite, None)?;
        let to = checked(channel, &wanted.to)?;
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| channel::find(conn, chain, channel))?;
        let (zh, en) = ("请先保存这个渠道的设置", "Save the channel's settings first");
        let found = found.ok_or_else(|| field("/channel", zh, en))?;
        let wording = self.wording(actor)?;
        let values = samples(wanted.kind, wanted.language);
        let said = wording.of(wanted.kind, wanted.language).expand(&values);
        let (id, shown) = (Id(Uuid::now_v7()), masked(channel, &to));
        let content = Content {
            channel,
            to,
            name: values.get("name").cloned().unwrap_or_default(),
            language: wanted.language,
            subject: said.subject,
            text: said.text,
            template: wording.template(wanted.kind, channel).map(str::to_owned),
            values,
            message_id: format!("<{}@{}>", id.0, found.domain()),
            unsubscribe: None,
        };
        let sent = match self.network().transport(&keys, &found)? {
            Err(refused) => TestSent {
                delivered: false,
                said: refused.detail,
            },
            Ok(transport) => {
                let now = self.clock().now().0;
                let send = move || transport.send(&id, &content, (now, now));
                let outcome = tokio::task::spawn_blocking(send).await;
                match outcome.map_err(|e| Error::internal(format!("a test message: {e}")))? {
                    Ok(receipt) => TestSent {
                        delivered: true,
                        said: Text::new(receipt.said.clone(), receipt.said),
                    },
                    Err(failure) => TestSent {
                        delivered: false,
                        said: failure.detail,
                    },
                }
            }
        };
        let detail = json!({ "channel": channel, "to": shown, "delivered": sent.delivered });
        let told = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            tx.audit("message_channel.test", chain.0, detail.clone());
            Answer::ok(&json!({}))
        };
        self.transact(actor, None, "message_channel.test", told).await?;
        Ok(sent)
    }
}
