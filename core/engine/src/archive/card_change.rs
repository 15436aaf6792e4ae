//! Changing a card: what is sent of it, checked and written over what is there.

use super::card::*;
use crate::error::Result;
use crate::input::field;
use cardea_domain::error::WrongField;
use cardea_domain::fields::{self, FieldDefinition};
use cardea_domain::id::StaffId;
use cardea_domain::provenance::ProvenanceChange;
use cardea_domain::{Day, Instant, Refusal};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Characters of the longest text of a card.
const LONGEST_TEXT: usize = 500;

/// What is set of a card. In a group, absent fields stay as they are and null empties one; a group that is absent or null
/// stays as it is.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CardChange {
    pub kind: Option<CustomerKind>,
    #[schema(value_type = Option<PersonCard>)]
    person: Option<Part<PersonCard>>,
    #[schema(value_type = Option<CompanyCard>)]
    company: Option<Part<CompanyCard>>,
    #[schema(value_type = Option<ContactCard>)]
    contact: Option<Part<ContactCard>>,
    #[schema(value_type = Option<CharacteristicsCard>)]
    characteristics: Option<Part<CharacteristicsCard>>,
    #[schema(value_type = Option<BusinessCard>)]
    business: Option<Part<BusinessCard>>,
    #[schema(value_type = Option<DealCard>)]
    deal: Option<Part<DealCard>>,
    /// The chain's own fields by name, after the newest declarations; what is required there must be there.
    #[schema(value_type = Option<Object>)]
    own: Option<Map<String, Value>>,
    /// By group: `person`, `company`, `contact`, `characteristics`, `business`, `deal`, `own`. A group that is changed and
    /// isn't named here keeps its source and is no longer verified.
    provenance: Option<BTreeMap<String, ProvenanceChange>>,
}

/// A group as it was sent: which fields it names, and that they are of their types.
#[derive(Clone)]
struct Part<T> {
    told: Value,
    of: std::marker::PhantomData<T>,
}

impl<'de, T: CardPart> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let told = Value::Object(Map::deserialize(deserializer)?);
        serde_json::from_value::<T>(told.clone()).map_err(D::Error::custom)?;
        Ok(Self {
            told,
            of: std::marker::PhantomData,
        })
    }
}

impl<T: CardPart> Part<T> {
    /// The fields it names, in one form; null for those it empties.
    fn checked(&self, at: &str, latest: Day) -> Result<Value, Refusal> {
        let mut told = self.told.clone();
        tidy(&mut told, at)?;
        let wrong = |_| field(at, "填写有误", "It can't be read");
        let mut typed: T = serde_json::from_value(told.clone()).map_err(wrong)?;
        typed.check(at, latest)?;
        let mut cleaned = serde_json::to_value(&typed).map_err(crate::Error::from)?;
        retain(&mut cleaned, &told);
        Ok(cleaned)
    }
}

/// Texts without their outer blanks, empty ones as null, none too long.
fn tidy(value: &mut Value, at: &str) -> Result<(), Refusal> {
    match value {
        Value::String(text) => {
            let trimmed = text.trim();
            if trimmed.chars().count() > LONGEST_TEXT {
                let (zh, en) = (
                    format!("最多 {LONGEST_TEXT} 个字符"),
                    format!("At most {LONGEST_TEXT} characters"),
                );
                return Err(field(at, &zh, &en));
            }
            if trimmed.chars().any(|c| c.is_control() && c != '\n') {
                return Err(field(at, "不能包含控制字符", "Must not hold control characters"));
            }
            *value = if trimmed.is_empty() {
                Value::Null
            } else {
                trimmed.into()
            };
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                tidy(item, &format!("{at}/{i}"))?;
            }
            items.retain(|item| !item.is_null());
        }
        Value::Object(fields) => {
            for (name, one) in fields {
                tidy(one, &format!("{at}/{name}"))?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Leaves of an object only what was told.
fn retain(cleaned: &mut Value, told: &Value) {
    if let (Value::Object(cleaned), Value::Object(told)) = (cleaned, told) {
        cleaned.retain(|name, _| told.contains_key(name));
        for (name, value) in cleaned {
            retain(value, &told[name]);
        }
    }
}

/// RFC 7396, but that null stays as null.
fn merge(target: &mut Value, patch: &Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch.clone(),
    }
}

/// A checked change.
#[derive(Clone, Default)]
pub(crate) struct Checked {
    kind: Option<CustomerKind>,
    groups: Vec<(CardGroup, Value)>,
    own: Option<Map<String, Value>>,
    told: BTreeMap<String, ProvenanceChange>,
    /// Own fields that are required and not named may be lacking.
    pub(super) one_by_one: bool,
}

/// Who changes a card, and when.
pub(crate) struct Author {
    pub who: Option<StaffId>,
    pub at: Instant,
}

impl CardChange {
    /// # Errors
    /// `field_invalid` with the pointer below `/card`.
    pub(crate) fn checked(&self, latest: Day) -> Result<Checked, Refusal> {
        let mut groups = Vec::new();
        macro_rules! check {
            ($($group:ident $field:ident),*) => {$(
                if let Some(part) = &self.$field {
                    let at = concat!("/card/", stringify!($field));
                    groups.push((CardGroup::$group, part.checked(at, latest)?));
                }
            )*};
        }
        check!(
            Person person, Company company, Contact contact, Characteristics characteristics, Business business, Deal deal
        );
        let told = self.provenance.clone().unwrap_or_default();
        if let Some(unknown) = told.keys().find(|name| name.parse::<CardGroup>().is_err()) {
            let pointer = format!("/card/provenance/{unknown}");
            return Err(field(&pointer, "没有这个字段组", "There is no such group of fields"));
        }
        Ok(Checked {
            kind: self.kind,
            groups,
            own: self.own.clone(),
            told,
            one_by_one: false,
        })
    }
}

impl Checked {
    /// The card after the change, and which groups it changes. `declared` are the newest declarations of own fields.
    ///
    /// # Errors
    /// `field_invalid` with every own field at fault.
    pub(crate) fn apply(
        &self,
        card: &Card,
        declared: &(i32, Vec<FieldDefinition>),
        latest: Day,
    ) -> Result<(Card, Vec<CardGroup>)> {
        let mut value = serde_json::to_value(card)?;
        let mut changed = Vec::new();
        for (group, patch) in &self.groups {
            let target = &mut value[group.as_str()];
            let before = target.clone();
            merge(target, patch);
            if *target != before {
                changed.push(*group);
            }
        }
        let mut card: Card = serde_json::from_value(value)?;
        card.kind = self.kind.unwrap_or(card.kind);
        if let Some(own) = &self.own {
            let (version, definitions) = declared;
            let required =
                |field: &FieldDefinition| field.required && (!self.one_by_one || own.contains_key(&field.name));
            let definitions: Vec<FieldDefinition> = definitions
                .iter()
                .map(|field| FieldDefinition {
                    required: required(field),
                    ..field.clone()
                })
                .collect();
            let cleaned = fields::change(&definitions, &card.own, own, latest)
                .map_err(|wrong| WrongField::refusal("/card/own", wrong).unwrap_or_else(crate::input::not_found))?;
            let before = card.own.clone();
            fields::write(&mut card.own, *version, cleaned);
            if card.own != before {
                changed.push(CardGroup::Own);
            }
        }
        Ok((card, changed))
    }

    /// What is said of where groups come from.
    pub(crate) fn told(&self) -> &BTreeMap<String, ProvenanceChange> {
        &self.told
    }
}

/// Notes who changed which groups, and what is said of where they come from.
pub(crate) fn note(card: &mut Card, changed: &[CardGroup], told: &BTreeMap<String, ProvenanceChange>, author: &Author) {
    for group in CardGroup::ALL {
        let name = group.as_str();
        let (is_changed, told) = (changed.contains(group), told.get(name).copied());
        if is_changed || told.is_some() {
            let before = card.provenance.get(name).cloned().unwrap_or_default();
            let after = before.after(is_changed, told.unwrap_or_default(), author.who, author.at);
            card.provenance.insert(name.to_owned(), after);
        }
    }
}
