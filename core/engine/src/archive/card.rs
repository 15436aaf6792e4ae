//! The customer card (客户档案卡, D-ARC-1): what is known of a person or a company beyond name and phones. Sealed as one
//! document under the person's key.

use super::contact::mask_identity;
use super::mask_phone;
use crate::error::{Error, Result};
use crate::input::{self, faulty, field};
use crate::keys::{ChainKeys, Digest, IndexKind, PersonKey};
use cardea_domain::fields::{FieldDefinition, FieldKind, WrittenValue, WrittenValues};
use cardea_domain::money::{LIMIT, Minor};
use cardea_domain::provenance::Provenance;
use cardea_domain::{Day, Refusal, identifier, named};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use zeroize::Zeroizing;

const MOST_PLATES: usize = 5;
const MOST_PRODUCTS: usize = 30;

named! {
/// Whose card it is.
#[derive(Default)]
pub enum CustomerKind {
    #[default]
    Person = "person",
    Company = "company",
}
}

named! {
pub enum Sex {
    Female = "female",
    Male = "male",
}
}

named! {
/// Fields of a card that come from one place and are verified together.
pub enum CardGroup {
    /// Name, birthday and identity document too.
    Person = "person",
    Company = "company",
    /// Phones too.
    Contact = "contact",
    Characteristics = "characteristics",
    Business = "business",
    Deal = "deal",
    /// The chain's own fields.
    Own = "own",
}
}

/// A group of fields as it is declared. In a change, absent fields stay as they are and null empties one; texts have at
/// most 500 characters.
pub(crate) trait CardPart: Serialize + DeserializeOwned {
    /// Brings fields with a rule of their own into one form.
    fn check(&mut self, at: &str, latest: Day) -> Result<(), Refusal>;
}

macro_rules! part {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$doc:meta])* $field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: Option<$type>,)* }
    };
}

part! {
/// What only a person has.
pub struct PersonCard {
    sex: Sex,
    native_place: String,
    employer: String,
    occupation: String,
    /// At most 30.
    products_used: Vec<String>,
}
}

part! {
/// Who leads a company.
pub struct CompanyPerson {
    name: String,
    character: String,
    interests: String,
    family: String,
    education: String,
    #[schema(minimum = 0, maximum = 150)]
    age: i32,
    ability: String,
}
}

part! {
/// What only a company has.
pub struct CompanyCard {
    owner: CompanyPerson,
    manager: CompanyPerson,
    legal_representative: CompanyPerson,
    #[schema(value_type = Option<String>, format = Date)]
    founded_on: Day,
    #[schema(value_type = Option<String>, format = Date)]
    first_deal_on: Day,
    /// Form of organisation.
    form: String,
    trade: String,
    /// Minor units of the chain's currency.
    #[schema(value_type = Option<i64>, minimum = 0)]
    capital: Minor,
    /// Unified social credit code.
    credit_code: String,
}
}

part! {
/// Where the customer is reached; masked in answers.
pub struct ContactCard {
    mail: String,
    /// 5–20 letters, digits, `-` and `_`.
    wechat: String,
    /// 5–12 digits.
    qq: String,
    address: String,
    postcode: String,
    /// Licence plates, at most five.
    plates: Vec<String>,
}
}

part! {
/// What the customer is like to deal with.
pub struct CharacteristicsCard {
    service_area: String,
    capacity: String,
    potential: String,
    philosophy: String,
    policy: String,
    size: String,
}
}

part! {
/// How the customer's business goes.
pub struct BusinessCard {
    performance: String,
    /// Quality of managers and salespeople.
    people: String,
    competitors: String,
    /// Dealings with us and attitude to them.
    cooperation: String,
}
}

part! {
/// How dealing with us stands.
pub struct DealCard {
    activity: String,
    problems: String,
    strengths: String,
    plans: String,
    image: String,
    reputation: String,
    credit: String,
    terms: String,
    credit_problems: String,
}
}

/// A customer's card.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = CustomerCard)]
pub struct Card {
    #[schema(required)]
    pub kind: CustomerKind,
    #[schema(required)]
    pub person: PersonCard,
    #[schema(required)]
    pub company: CompanyCard,
    #[schema(required)]
    pub contact: ContactCard,
    #[schema(required)]
    pub characteristics: CharacteristicsCard,
    #[schema(required)]
    pub business: BusinessCard,
    #[schema(required)]
    pub deal: DealCard,
    /// The chain's own fields by name, each with the version of the declarations it was written under.
    #[schema(required)]
    pub own: BTreeMap<String, WrittenValue>,
    /// By group of fields.
    #[schema(required)]
    pub provenance: BTreeMap<String, Provenance>,
}

/// Personal data don't get into logs.
impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").finish_non_exhaustive()
    }
}

impl Card {
    pub(crate) fn seal(&self, key: &PersonKey) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(b"card", &document).map_err(Error::internal)
    }

    pub(crate) fn open(key: &PersonKey, sealed: &[u8]) -> Result<Self> {
        let document = key.open_as(b"card", sealed).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    /// Every digest under which the customer is found by the card.
    pub(crate) fn digests(&self, keys: &ChainKeys) -> Vec<(IndexKind, Digest)> {
        let contact = &self.contact;
        let single = [
            (IndexKind::Mail, &contact.mail),
            (IndexKind::Wechat, &contact.wechat),
            (IndexKind::CreditCode, &self.company.credit_code),
        ];
        let plates = contact.plates.iter().flatten().map(|plate| (IndexKind::Plate, plate));
        let single = single
            .into_iter()
            .filter_map(|(kind, value)| Some((kind, value.as_ref()?)));
        single
            .chain(plates)
            .map(|(kind, value)| (kind, keys.digest(kind, &value.to_lowercase())))
            .collect()
    }

    /// As answers show it: contact data masked, those in the chain's own fields too (D-ARC-12).
    pub(crate) fn masked(mut self, definitions: &BTreeMap<i32, Vec<FieldDefinition>>) -> Self {
        let contact = &mut self.contact;
        for (value, mask) in [
            (&mut contact.mail, mask_mail as fn(&str) -> String),
            (&mut contact.wechat, mask_middle),
            (&mut contact.qq, mask_middle),
            (&mut contact.address, mask_address),
        ] {
            if let Some(text) = value {
                *text = mask(text);
            }
        }
        for plate in contact.plates.iter_mut().flatten() {
            *plate = mask_middle(plate);
        }
        mask_values(&mut self.own, definitions);
        self
    }
}

/// Masks contact and identity data in values of declared fields.
pub(crate) fn mask_values(values: &mut WrittenValues, definitions: &BTreeMap<i32, Vec<FieldDefinition>>) {
    for (name, written) in values {
        let mut declared = definitions.get(&written.version).into_iter().flatten();
        let kind = declared.find(|field| field.name == *name).map(|field| field.kind);
        if let Value::String(text) = &mut written.value {
            match kind {
                Some(FieldKind::Phone) => *text = mask_phone(text),
                Some(FieldKind::Mail) => *text = mask_mail(text),
                Some(FieldKind::Identity) => *text = mask_identity(text),
                Some(FieldKind::Plate) => *text = mask_middle(text),
                _ => {}
            }
        }
    }
}

/// Contact data of a card that a merge has lost, masked.
pub(crate) fn mask_lost(field: &str, value: &Value) -> Value {
    let Some(text) = value.as_str() else {
        return value.clone();
    };
    let masked = match field.rsplit('/').next() {
        Some("mail") => mask_mail(text),
        Some("address") => mask_address(text),
        Some("postcode") => text.to_owned(),
        _ => mask_middle(text),
    };
    masked.into()
}

/// `w***@example.com`
pub(crate) fn mask_mail(mail: &str) -> String {
    match mail.split_once('@') {
        Some((name, domain)) => format!("{}***@{domain}", name.chars().next().unwrap_or('*')),
        None => "***".into(),
    }
}

/// The first two and the last character.
fn mask_middle(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let shown = |i: usize| chars.len() >= 5 && (i < 2 || i + 1 == chars.len());
    let masked = chars.iter().enumerate();
    masked.map(|(i, c)| if shown(i) { *c } else { '*' }).collect()
}

/// Province and city at most; the street isn't shown.
pub(crate) fn mask_address(address: &str) -> String {
    let start: String = address.chars().take(6).collect();
    let shown = match start.rfind(['市', '省', '区', '县', '州']) {
        Some(at) => start[at..].chars().next().map_or("", |c| &start[..at + c.len_utf8()]),
        None => "",
    };
    format!("{shown}***")
}

impl CardPart for PersonCard {
    fn check(&mut self, at: &str, _latest: Day) -> Result<(), Refusal> {
        at_most(&self.products_used, MOST_PRODUCTS, &format!("{at}/products_used"))
    }
}

impl CardPart for CompanyCard {
    fn check(&mut self, at: &str, latest: Day) -> Result<(), Refusal> {
        checked(
            &mut self.credit_code,
            &format!("{at}/credit_code"),
            identifier::credit_code,
        )?;
        for (name, day) in [("founded_on", self.founded_on), ("first_deal_on", self.first_deal_on)] {
            if day.is_some_and(|day| day > latest || day.year() < 1500) {
                let pointer = format!("{at}/{name}");
                return Err(field(&pointer, "须在今天或之前", "It lies in the past"));
            }
        }
        if self.capital.is_some_and(|capital| !(0..=LIMIT).contains(&capital)) {
            return Err(field(
                &format!("{at}/capital"),
                "应为 0 至 2^53 − 1",
                "It must be 0 to 2^53 − 1",
            ));
        }
        for (name, person) in [
            ("owner", &self.owner),
            ("manager", &self.manager),
            ("legal_representative", &self.legal_representative),
        ] {
            let age = person.as_ref().and_then(|person| person.age);
            if age.is_some_and(|age| !(0..=150).contains(&age)) {
                let pointer = format!("{at}/{name}/age");
                return Err(field(&pointer, "年龄应在 0 至 150 之间", "An age is 0 to 150"));
            }
        }
        Ok(())
    }
}

impl CardPart for ContactCard {
    fn check(&mut self, at: &str, _latest: Day) -> Result<(), Refusal> {
        checked(&mut self.mail, &format!("{at}/mail"), identifier::mail)?;
        checked(&mut self.wechat, &format!("{at}/wechat"), identifier::wechat)?;
        checked(&mut self.qq, &format!("{at}/qq"), identifier::qq)?;
        checked(&mut self.postcode, &format!("{at}/postcode"), identifier::postcode)?;
        if self.address.as_ref().is_some_and(|address| address.contains("***")) {
            let (zh, en) = (
                "这是隐去后的地址，请填完整地址",
                "That is a masked address; give the whole one",
            );
            return Err(field(&format!("{at}/address"), zh, en));
        }
        let plates_at = format!("{at}/plates");
        at_most(&self.plates, MOST_PLATES, &plates_at)?;
        for (i, plate) in self.plates.iter_mut().flatten().enumerate() {
            *plate = identifier::plate(plate).map_err(|fault| faulty(&format!("{plates_at}/{i}"), fault))?;
        }
        Ok(())
    }
}

macro_rules! free_texts {
    ($($name:ident),*) => {$(
        impl CardPart for $name {
            fn check(&mut self, _at: &str, _latest: Day) -> Result<(), Refusal> {
                Ok(())
            }
        }
    )*};
}

free_texts!(CharacteristicsCard, BusinessCard, DealCard);

fn at_most(list: &Option<Vec<String>>, most: usize, pointer: &str) -> Result<(), Refusal> {
    if list.as_ref().is_some_and(|list| list.len() > most) {
        return Err(field(pointer, &format!("最多 {most} 个"), &format!("At most {most}")));
    }
    Ok(())
}

/// A number or address in its one form.
fn checked(
    value: &mut Option<String>,
    pointer: &str,
    rule: fn(&str) -> Result<String, identifier::Fault>,
) -> Result<(), Refusal> {
    if let Some(text) = value {
        *text = rule(text).map_err(|fault| input::faulty(pointer, fault))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_arc_12_masks_of_a_card() {
        assert_eq!(mask_mail("wang.fang@example.com"), "w***@example.com");
        assert_eq!(mask_middle("京A12345"), "京A****5");
        assert_eq!(mask_middle("abc"), "***");
        assert_eq!(mask_address("上海市静安区南京西路 1 号"), "上海市静安区***");
        assert_eq!(mask_address("1 Main Street"), "***");
    }

    #[test]
    fn cards_of_older_versions_are_readable() {
        let card: Card = serde_json::from_str(r#"{"person":{"sex":"male"}}"#).expect("a card");
        assert_eq!((card.kind, card.person.sex), (CustomerKind::Person, Some(Sex::Male)));
    }
}
