//! All that is known of a customer as one document, and the customer after that document was changed.

use crate::archive::card::{Card, CardGroup};
use crate::archive::card_row;
use crate::archive::contact::Contact;
use crate::archive::display::FormOfAddress;
use crate::archive::row::{self, CustomerRow};
use crate::archive::search::{self, Entries};
use crate::each;
use crate::error::{Error, Result};
use crate::fields::{self, CUSTOMER};
use crate::input::not_found;
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::{customer_cards, customers};
use crate::store::{Conn, Id, Name};
use cardea_domain::Day;
use cardea_domain::fields::FieldKind;
use cardea_domain::lunar::BirthdayCalendar;
use cardea_domain::merge::Rule;
use diesel::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::HashMap;

/// Characters of two notes of a card together.
const NOTES: usize = 500;
const OWN_NOTES: usize = 4000;

/// A customer, opened.
pub(crate) struct Person {
    pub row: CustomerRow,
    pub contact: Contact,
    pub card: Option<Card>,
    pub key: PersonKey,
}

#[derive(Deserialize)]
struct Identity {
    kind: Option<cardea_domain::identifier::DocumentKind>,
    number: Option<String>,
}

/// A birthday's day and its calendar go together, whoever's they are.
#[derive(Deserialize)]
#[serde(untagged)]
enum Birthday {
    Solar(Day),
    Kept { day: Day, calendar: BirthdayCalendar },
}

fn typed<T: DeserializeOwned>(document: &Value, name: &str) -> Result<T> {
    Ok(serde_json::from_value(document[name].clone())?)
}

impl Person {
    /// # Errors
    /// `not_found` for one who was erased.
    pub fn open(conn: &mut Conn, keys: &ChainKeys, row: CustomerRow) -> Result<Self> {
        let wrapped = row.data_key.as_deref().ok_or_else(not_found)?;
        let key = keys.open_person(row.id.typed(), wrapped).map_err(Error::internal)?;
        Ok(Self {
            contact: row.contact(keys)?,
            card: card_row::load(conn, keys, &row)?,
            key,
            row,
        })
    }

    /// Without the introducer `other`: nobody introduces themselves.
    pub fn document(&self, other: Id) -> Result<Value> {
        let (row, contact) = (&self.row, &self.contact);
        let form = row.form_of_address.0;
        let birthday = match (contact.birthday, contact.birthday_calendar) {
            (Some(day), BirthdayCalendar::Lunar) => json!({ "day": day, "calendar": BirthdayCalendar::Lunar }),
            (day, _) => json!(day),
        };
        let identity = contact.identity_number.as_ref();
        let identity = identity.map(|number| json!({ "kind": contact.identity_kind, "number": number }));
        Ok(json!({
            "name": row.name,
            "form_of_address": (form != FormOfAddress::None).then_some(form),
            "consultant_id": row.consultant_id.map(|id| id.0),
            "introducer_customer_id": row.introducer_id.filter(|id| *id != other).map(|id| id.0),
            "consent": { "marketing": row.consent_marketing, "privacy": row.consent_privacy },
            "external_ref": row.external_ref,
            "phones": contact.phones,
            "birthday": birthday,
            "identity": identity,
            "card": self.card.as_ref().map(serde_json::to_value).transpose()?,
        }))
    }

    /// Takes a document's values over.
    pub fn set(&mut self, document: &Value) -> Result<()> {
        let row = &mut self.row;
        row.name = typed(document, "name")?;
        row.form_of_address = Name(typed::<Option<FormOfAddress>>(document, "form_of_address")?.unwrap_or_default());
        row.consultant_id = typed::<Option<uuid::Uuid>>(document, "consultant_id")?.map(Id);
        row.introducer_id = typed::<Option<uuid::Uuid>>(document, "introducer_customer_id")?.map(Id);
        row.consent_marketing = document["consent"]["marketing"] == true;
        row.consent_privacy = document["consent"]["privacy"] == true;
        row.external_ref = typed(document, "external_ref")?;
        self.contact.phones = typed(document, "phones")?;
        let birthday = typed::<Option<Birthday>>(document, "birthday")?.map(|birthday| match birthday {
            Birthday::Solar(day) => (day, BirthdayCalendar::Solar),
            Birthday::Kept { day, calendar } => (day, calendar),
        });
        self.contact.birthday = birthday.map(|(day, _)| day);
        self.contact.birthday_calendar = birthday.map(|(_, calendar)| calendar).unwrap_or_default();
        let identity: Option<Identity> = typed(document, "identity")?;
        self.contact.identity_kind = identity.as_ref().and_then(|identity| identity.kind);
        self.contact.identity_number = identity.and_then(|identity| identity.number);
        self.card = typed(document, "card")?;
        Ok(())
    }

    /// Writes the customer as it is now, with the entries it is found by.
    pub fn save(&mut self, conn: &mut Conn, keys: &ChainKeys) -> Result<()> {
        let (chain, id) = (self.row.chain_id, self.row.id);
        self.row.version += 1;
        self.row.contact = Some(self.contact.seal(&self.key)?);
        row::update(conn, &self.row)?;
        each!(conn, c => diesel::update(customers::table.find((chain, id)))
            .set(customers::external_ref.eq(&self.row.external_ref))
            .execute(c)?);
        each!(conn, c => diesel::delete(customer_cards::table.find((chain, id))).execute(c)?);
        if let Some(card) = &self.card {
            card_row::save(conn, keys, &self.row, card, false)?;
        }
        search::unindex(conn, chain.typed(), id.typed())?;
        self.index(conn, keys)
    }

    /// Writes what the customer is found by.
    pub fn index(&self, conn: &mut Conn, keys: &ChainKeys) -> Result<()> {
        let entries = Entries::of(keys, &self.row, &self.contact, self.card.as_ref());
        search::index(conn, self.row.chain_id.typed(), self.row.id.typed(), &entries)
    }
}

/// Groups of the card whose values a change of the document touches.
pub(crate) fn changed(before: &Value, after: &Value) -> Vec<CardGroup> {
    let differ = |names: &[&str]| names.iter().any(|name| before[name] != after[name]);
    let group = |group: &&CardGroup| {
        let basic = match group {
            CardGroup::Person => differ(&["name", "form_of_address", "birthday", "identity"]),
            CardGroup::Contact => differ(&["phones"]),
            _ => false,
        };
        basic || before["card"][group.as_str()] != after["card"][group.as_str()]
    };
    CardGroup::ALL.iter().filter(group).copied().collect()
}

/// What happens to values that differ: by the card's fields, and by the newest declarations of the chain's own.
pub(crate) struct Rules(HashMap<String, Rule>);

impl Rules {
    pub fn load(conn: &mut Conn, chain: cardea_domain::id::ChainId) -> Result<Self> {
        let (_, own) = fields::current(conn, chain, CUSTOMER)?;
        let rule = |kind| match kind {
            FieldKind::Text => Some(Rule::Notes(OWN_NOTES)),
            FieldKind::Choices => Some(Rule::Union(usize::MAX)),
            _ => None,
        };
        let rules = own.into_iter().filter_map(|field| {
            let most = field.max_length.map_or(200, |most| most as usize);
            let rule = match rule(field.kind)? {
                Rule::Notes(_) => Rule::Notes(most),
                other => other,
            };
            Some((format!("/card/own/{}/value", field.name), rule))
        });
        Ok(Self(rules.collect()))
    }

    pub fn of(&self, at: &str) -> Rule {
        if let Some(rule) = self.0.get(at) {
            return *rule;
        }
        let parts: Vec<&str> = at.split('/').skip(1).collect();
        match parts.as_slice() {
            ["phones"] | ["card", "contact", "plates"] => Rule::Union(5),
            ["card", "person", "products_used"] => Rule::Union(30),
            ["consent", _] => Rule::Stricter,
            ["identity"] | ["birthday"] => Rule::Whole,
            ["card", "provenance", _] => Rule::Silent,
            ["card", "own", _, "version"] => Rule::Newest,
            ["card", "characteristics" | "business" | "deal", _] => Rule::Notes(NOTES),
            ["card", "company", _, "character" | "interests" | "family" | "ability"] => Rule::Notes(NOTES),
            _ => Rule::Keep,
        }
    }
}
