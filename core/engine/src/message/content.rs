//! What a message says: its kind's wording with what is known filled in, frozen at the first try.

use super::row::{MessageRow, purpose};
use crate::error::{Error, Result};
use crate::keys::{ChainKeys, PersonKey};
use crate::store::Id;
use cardea_domain::message::{Channel, MessageLanguage, MessageWording, Wording};
use cardea_domain::{Day, Instant, Text, Zone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use zeroize::Zeroizing;

/// A message as it is sent, over all tries; the document that is sealed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Content {
    pub channel: Channel,
    /// Mail address, phone, or what a chat calls its members.
    pub to: String,
    pub name: String,
    pub language: MessageLanguage,
    pub subject: String,
    pub text: String,
    /// What a provider's template is filled with.
    pub values: BTreeMap<String, String>,
    /// The provider's id of its template.
    pub template: Option<String>,
    /// What the mail is known by, all over the world.
    pub message_id: String,
    /// Where one click unsubscribes.
    pub unsubscribe: Option<String>,
}

/// Whose key a message to somebody is sealed with.
pub(super) enum Seal<'a> {
    /// What is said to a customer goes with their key.
    Person(&'a PersonKey),
    Chain(&'a ChainKeys),
}

impl Content {
    pub fn seal(&self, row: &MessageRow, seal: &Seal<'_>) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        let sealed = match seal {
            Seal::Person(key) => key.seal_as(&purpose(row.id), &document),
            Seal::Chain(keys) => keys.seal_text(&purpose(row.id), &document),
        };
        sealed.map_err(Error::internal)
    }

    pub fn open(row: &MessageRow, letter: &[u8], seal: &Seal<'_>) -> Result<Self> {
        let opened = match seal {
            Seal::Person(key) => key.open_as(&purpose(row.id), letter),
            Seal::Chain(keys) => keys.open_text(&purpose(row.id), letter),
        };
        Ok(serde_json::from_slice(&opened.map_err(Error::internal)?)?)
    }
}

/// A value of a message's details in the reader's language: a text, a text in both languages, `{"day": days since 1970}`,
/// `{"day_of": epoch ms}`, `{"time": epoch ms}`, `{"program": its id}`.
fn told(value: &Value, language: MessageLanguage, to: &Addressed<'_>) -> String {
    let zone = to.zone;
    if let Some(id) = value.get("program").and_then(Value::as_str) {
        let name = id.parse().ok().and_then(|id| to.programs.get(&Id(id)));
        return name.map(|name| language.of(name).to_owned()).unwrap_or_default();
    }
    if let Some(day) = value.get("day").and_then(Value::as_i64) {
        return i32::try_from(day).map(|day| language.day(Day(day))).unwrap_or_default();
    }
    if let Some(at) = value.get("day_of").and_then(Value::as_i64) {
        return language.day(zone.day_of(Instant(at)));
    }
    if let Some(time) = value.get("time").and_then(Value::as_i64) {
        return language.time(Instant(time), zone);
    }
    let chosen = match language {
        MessageLanguage::Chinese => value.get("zh"),
        MessageLanguage::English => value.get("en"),
    };
    match chosen.unwrap_or(value) {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Who gets a message, and how they are called.
pub(super) struct Addressed<'a> {
    pub name: &'a str,
    pub chain: &'a str,
    pub store: &'a str,
    pub zone: Zone,
    pub programs: &'a HashMap<Id, Text>,
    /// Where a page of this server is told of.
    pub public_url: Option<&'a str>,
}

/// What placeholders stand for.
pub(super) fn values(
    row: &MessageRow,
    to: &Addressed<'_>,
    language: MessageLanguage,
) -> Result<BTreeMap<String, String>> {
    let details: BTreeMap<String, Value> = serde_json::from_str(&row.details)?;
    let mut values: BTreeMap<String, String> = details
        .iter()
        .map(|(name, value)| (name.clone(), told(value, language, to)))
        .collect();
    if let Some(path) = values.get("link").cloned() {
        let whole = to.public_url.map(|url| format!("{url}{path}"));
        values.insert("link".into(), whole.unwrap_or_default());
    }
    for (name, value) in [("name", to.name), ("chain", to.chain), ("store", to.store)] {
        values.insert(name.into(), value.into());
    }
    Ok(values)
}

/// What is said, and under which of a provider's templates.
pub(super) fn said(
    wording: &MessageWording,
    row: &MessageRow,
    (channel, language): (Channel, MessageLanguage),
    values: &BTreeMap<String, String>,
) -> (Wording, Option<String>) {
    let kind = row.kind.0;
    let template = wording.template(kind, channel).map(str::to_owned);
    (wording.of(kind, language).expand(values), template)
}
