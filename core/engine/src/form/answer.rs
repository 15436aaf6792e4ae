//! What the customer sees behind the link, and answers. Whatever is wrong with a link, it gets the same answer.

use super::row::{self, FormRow, Given};
use super::send::digest;
use crate::Engine;
use crate::actor::Actor;
use crate::archive::{CustomerChange, find_living_customer, history};
use crate::error::{Error, Result};
use crate::fields::{self, CUSTOMER};
use crate::input::field;
use crate::store::{Answer, Conn, Name, Tx};
use cardea_domain::error::WrongField;
use cardea_domain::fields::{FieldDefinition, WrittenValue};
use cardea_domain::form::{FormGroup, FormState, askable, own_name};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Day, Instant, Refusal, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;

/// What follows `#` in the link.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormLink {
    #[schema(max_length = 200)]
    pub token: String,
}

/// What the customer fills in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormAnswers {
    #[schema(max_length = 200)]
    pub token: String,
    /// As a customer is changed: `phones`, `birthday`, `card` with fields of `person`, `contact`, `company` and `own`; only of
    /// the groups that are asked for.
    #[schema(value_type = Object)]
    pub answers: Map<String, Value>,
}

/// A form as the customer sees it. Of the card it shows nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OpenForm {
    /// Surname and form of address.
    pub display: Text,
    pub groups: Vec<FormGroup>,
    /// The chain's own fields that are asked for, in the order of the form.
    pub own: Vec<FieldDefinition>,
    /// Decimals of the chain's currency.
    pub minor_units: u32,
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
}

fn useless() -> Refusal {
    let (zh, en) = (
        "链接无效，或已填写、已过期。请向您的顾问索取新的链接。",
        "This link doesn't work, was used, or has expired. Ask your consultant for a new one.",
    );
    Refusal::new(Code::NotFound, zh, en)
}

/// The chain and the digest in a token.
fn parts(token: &str) -> Option<(ChainId, Vec<u8>)> {
    let (chain, secret) = token.split_once('.')?;
    Some((chain.parse().ok()?, digest(secret)))
}

/// Answers by their places; empty ones are none.
fn places(answers: Map<String, Value>, groups: &[FormGroup]) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut leaves = Map::new();
    history::flatten(String::new(), Value::Object(answers), &mut leaves);
    leaves.retain(|_, value| *value != json!("") && *value != json!([]));
    if leaves.is_empty() {
        return Err(field("/answers", "请至少填写一项", "Fill in something"));
    }
    let asked = |place: &String| FormGroup::of(place).is_some_and(|group| groups.contains(&group));
    if let Some(other) = leaves.keys().find(|place| !asked(place)) {
        let pointer = format!("/answers/{other}");
        return Err(field(&pointer, "没有请您填写这一项", "This isn't asked for"));
    }
    Ok(leaves.into_iter().collect())
}

/// The version of the chain's own fields, and those of them that customers are asked for in a form with these groups.
pub(super) fn own_fields(conn: &mut Conn, chain: ChainId, groups: &[FormGroup]) -> Result<(i32, Vec<FieldDefinition>)> {
    if !groups.contains(&FormGroup::Own) {
        return Ok((0, Vec::new()));
    }
    let (version, declared) = fields::current(conn, chain, CUSTOMER)?;
    Ok((version, askable(declared)))
}

/// Answers to the chain's own fields in one form, with the version under which they were given.
fn write_own(
    places: &mut BTreeMap<String, Value>,
    (version, asked): &(i32, Vec<FieldDefinition>),
    latest: Day,
) -> Result<(), Refusal> {
    let given = places
        .iter()
        .filter_map(|(place, value)| Some((own_name(place)?.to_owned(), value.clone())));
    let given: Map<String, Value> = given.collect();
    if given.is_empty() {
        return Ok(());
    }
    let cleaned = cardea_domain::fields::validate(asked, &given, latest)
        .map_err(|wrong| WrongField::refusal("/answers/card/own", wrong).unwrap_or_else(useless))?;
    places.retain(|place, _| own_name(place).is_none_or(|name| cleaned.contains_key(name)));
    for (name, value) in cleaned {
        let written = WrittenValue {
            version: *version,
            value,
        };
        let written = serde_json::to_value(written).map_err(Error::from)?;
        places.insert(format!("card/own/{name}"), written);
    }
    Ok(())
}

/// The change of a customer that sets these places.
pub(super) fn change_of(places: &BTreeMap<String, Value>) -> Result<CustomerChange, Refusal> {
    let mut patch = Map::new();
    for (place, value) in places {
        let mut target = &mut patch;
        let mut parts: Vec<&str> = place.split('/').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let inner = target.entry(part).or_insert_with(|| json!({}));
            target = inner.as_object_mut().ok_or_else(useless)?;
        }
        target.insert(last.to_owned(), value.clone());
    }
    let wrong = |_| field("/answers", "填写有误", "It can't be read");
    serde_json::from_value(Value::Object(patch)).map_err(wrong)
}

impl Engine {
    /// What is behind a link.
    ///
    /// # Errors
    /// `not_found` for whatever is wrong with the link; `login_throttled`.
    pub fn open_form(&self, link: &FormLink, source: Option<IpAddr>) -> Result<OpenForm, Refusal> {
        let (chain, row) = self.form_behind(&link.token, source)?;
        let groups: Vec<FormGroup> = serde_json::from_str(&row.groups).map_err(Error::from)?;
        let (customer, own) = self.read(chain, |conn| {
            let customer = find_living_customer(conn, chain, row.customer_id.typed())?;
            Ok((customer, own_fields(conn, chain, &groups)?))
        })?;
        let customer = customer.ok_or_else(useless)?;
        Ok(OpenForm {
            display: customer.form_of_address.0.display(&customer.name),
            groups,
            own: own.1,
            minor_units: self.chain(chain)?.minor_units,
            expires_at: Instant(row.expires_at),
        })
    }

    fn form_behind(&self, token: &str, source: Option<IpAddr>) -> Result<(ChainId, FormRow), Refusal> {
        self.permit_link(source)?;
        let (chain, digest) = parts(token).ok_or_else(useless)?;
        let now = self.clock().business(chain);
        let found = self.read(chain, |conn| row::behind(conn, chain.into(), &digest, now))?;
        Ok((chain, found.ok_or_else(useless)?))
    }

    /// Takes the answers; the link is used up then.
    ///
    /// # Errors
    /// `not_found` for whatever is wrong with the link; `field_invalid` below `/answers`; `login_throttled`.
    pub async fn answer_form(&self, filled: FormAnswers, source: Option<IpAddr>) -> Result<(), Refusal> {
        let (chain, row) = self.form_behind(&filled.token, source)?;
        let groups: Vec<FormGroup> = serde_json::from_str(&row.groups).map_err(Error::from)?;
        let mut places = places(filled.answers, &groups)?;
        let system = Actor::system(chain);
        // Checked as a change of the card is, so that the customer can mend it.
        let checked = change_of(&places).and_then(|change| self.change(&system, change));
        checked.map_err(|mut refusal| {
            refusal.pointer = refusal
                .pointer
                .map(|at| format!("/answers{}", at.trim_start_matches("/answers")));
            refusal
        })?;
        let own = self.read(chain, |conn| own_fields(conn, chain, &groups))?;
        write_own(&mut places, &own, self.latest_day(chain))?;
        let (keys, digest) = (self.keys().chain(chain), row.digest);
        let work = move |tx: &mut Tx<'_>| {
            let now = tx.business_now();
            let chain = tx.chain();
            let mut row = row::behind(tx.conn(), chain.into(), &digest, now)?.ok_or_else(useless)?;
            let customer = find_living_customer(tx.conn(), chain, row.customer_id.typed())?.ok_or_else(useless)?;
            let key = customer.person(&keys)?.ok_or_else(useless)?;
            let given = places.iter().map(|(place, value)| {
                let (value, decision) = (value.clone(), None);
                (place.clone(), Given { value, decision })
            });
            row.give(&key, &given.collect())?;
            row.state = Name(FormState::Answered);
            row.answered_at = Some(now.0);
            row.save(tx.conn())?;
            tx.audit("form.answer", row.id.0, json!({ "customer_id": customer.id.0 }));
            tx.publish("form.answered", json!({ "id": row.id.0, "customer_id": customer.id.0 }));
            Ok(Answer::no_content())
        };
        self.transact(&system, None, "form.answer", work).await.map(drop)
    }
}
