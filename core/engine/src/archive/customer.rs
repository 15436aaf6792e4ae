//! Customers: create, read (masked), change, list, and what other commands need to know of them.

use super::card::Card;
use super::card_change::CardChange;
use super::contact::{Contact, mask_birthday, mask_identity, mask_phone};
use super::display::FormOfAddress;
use super::row::{self, CustomerRow};
use super::search::{self, Entries};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found, or_default};
use crate::keys::{Digest, IndexKind};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name};
use crate::{Engine, each};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cardea_domain::error::KnownCustomer;
use cardea_domain::id::{ChainId, CustomerId, StaffId, StoreId};
use cardea_domain::identifier::{DocumentKind, document};
use cardea_domain::lunar::{BirthdayCalendar, next_birthday};
use cardea_domain::phone;
use cardea_domain::{Code, Day, Instant, Refusal, Text, Zone};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const MOST_PHONES: usize = 5;
/// Known customers whom a refused registration names.
const KNOWN_SHOWN: usize = 5;

/// What the customer has agreed to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Messages about products and promotions.
    pub marketing: bool,
    /// Processing of personal data for the membership.
    pub privacy: bool,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    #[schema(example = "王丽", min_length = 1, max_length = 64)]
    pub name: String,
    /// Absent: `none`.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = Option<FormOfAddress>)]
    pub form_of_address: FormOfAddress,
    /// At most five; the first is the main one.
    #[serde(default)]
    #[schema(example = json!(["13812345678"]))]
    pub phones: Vec<String>,
    #[schema(value_type = Option<String>, format = Date, example = "1990-05-01")]
    pub birthday: Option<Day>,
    /// By which calendar the birthday is kept; `birthday` is the solar day of birth in either. Absent: `solar`.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = Option<BirthdayCalendar>)]
    pub birthday_calendar: BirthdayCalendar,
    /// Number of an identity document; kept encrypted, never shown again.
    pub identity_number: Option<String>,
    /// Which document it is; its number is checked by that kind's rule. Absent: a resident's if it looks like one.
    pub identity_kind: Option<DocumentKind>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// The consultant who looks after the customer.
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<CustomerId>,
    /// Absent: none given.
    #[serde(default, deserialize_with = "or_default")]
    #[schema(value_type = Option<Consent>)]
    pub consent: Consent,
    /// Key in another system, unique in the chain.
    pub external_ref: Option<String>,
    /// What else is known; needs `customer.card`.
    pub card: Option<CardChange>,
    /// Register although a customer with this phone is known: families share phones, and operators give numbers again.
    /// Without it such a customer is refused `possible_duplicate`, which names who is known.
    #[serde(default)]
    pub acknowledge_duplicate: bool,
}

/// Personal data don't get into logs.
impl std::fmt::Debug for NewCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCustomer")
            .field("store_id", &self.store_id)
            .finish_non_exhaustive()
    }
}

/// A customer as answers show one: contact data masked (D-ARC-12).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CustomerView {
    pub id: CustomerId,
    pub name: String,
    pub form_of_address: FormOfAddress,
    /// 王女士 / Ms Wang
    pub display: Text,
    /// `138****5678`
    pub phones: Vec<String>,
    /// `****-05-01`
    pub birthday: Option<String>,
    pub birthday_calendar: BirthdayCalendar,
    /// 八月十五, if the birthday is kept by the lunar calendar.
    pub birthday_lunar: Option<String>,
    /// The day on which it is kept next, today included. Not in lists.
    pub next_birthday: Option<Day>,
    /// `1****************X`
    pub identity_number: Option<String>,
    pub identity_kind: Option<DocumentKind>,
    pub store_id: StoreId,
    pub consultant_id: Option<StaffId>,
    pub introducer_customer_id: Option<CustomerId>,
    pub consent: Consent,
    /// When `consent` was last given or changed.
    pub consent_at: Option<Instant>,
    pub external_ref: Option<String>,
    /// Not in lists, and only for who may see it (`customer.card`).
    pub card: Option<Card>,
    /// All personal data were erased.
    pub erased: bool,
    pub created_at: Instant,
    /// For `If-Match`.
    pub version: i64,
    /// Who this customer is now, if they were merged; then nothing personal is shown here.
    pub merged_into: Option<CustomerId>,
}

impl Engine {
    /// Registers a customer. Contact data are sealed before the writer sees them.
    ///
    /// # Errors
    /// `forbidden`, `field_invalid` with its pointer, `possible_duplicate`, `already_exists` (external_ref), and those of
    /// [`Engine::transact`].
    pub async fn create_customer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewCustomer,
    ) -> Result<Written<CustomerView>, Refusal> {
        self.create_customer_in(Lane::Interactive, actor, key, new).await
    }

    /// As [`Engine::create_customer`], for imports and the demo as well.
    pub(crate) async fn create_customer_in(
        &self,
        lane: Lane,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewCustomer,
    ) -> Result<Written<CustomerView>, Refusal> {
        actor.require(Action::CustomerCreate, Some(new.store_id))?;
        let id = CustomerId(Uuid::now_v7());
        let latest = self.latest_day(actor.chain);
        let card = super::card_write::checked(actor, new.card.as_ref(), Some(new.store_id), latest)?;
        let (identity_kind, identity_number) = identity(new.identity_kind, new.identity_number.as_deref(), latest)?;
        let contact = Contact {
            phones: phones(&new.phones)?,
            birthday: self.birthday(actor.chain, new.birthday)?,
            birthday_calendar: new.birthday_calendar,
            identity_number,
            identity_kind,
        };
        let keys = self.keys().chain(actor.chain);
        let (person, data_key) = keys.new_person(id).map_err(Error::internal)?;
        let row = CustomerRow {
            chain_id: actor.chain.into(),
            id: id.into(),
            name: input::text(&new.name, 64, "/name")?,
            form_of_address: Name(new.form_of_address),
            store_id: new.store_id.into(),
            consultant_id: new.consultant_id.map(Into::into),
            introducer_id: new.introducer_customer_id.map(Into::into),
            consent_marketing: new.consent.marketing,
            consent_privacy: new.consent.privacy,
            consent_at: None,
            external_ref: new
                .external_ref
                .map(|text| input::text(&text, 64, "/external_ref"))
                .transpose()?,
            data_key: Some(data_key),
            contact: Some(contact.seal(&person)?),
            created_at: 0,
            version: 1,
            merged_into: None,
        };
        let basic = contact.clone();
        let digest = |phone: &String| keys.digest(IndexKind::Phone, phone);
        let phones: Vec<_> = contact.phones.iter().map(digest).collect();
        let unasked = !new.acknowledge_duplicate && !phones.is_empty();
        let answered = self
            .transact_in(lane, actor, key, "customer.create", move |tx| {
                let mut row = row.clone();
                row.created_at = tx.now().0;
                row.consent_at = (row.consent_privacy || row.consent_marketing).then_some(tx.business_now().0);
                let chain = tx.chain();
                row::check_references(tx.conn(), &row, true)?;
                row::check_external_ref(tx.conn(), &row)?;
                if unasked {
                    check_unknown(tx.conn(), chain, &phones)?;
                }
                each!(tx.conn(), c => diesel::insert_into(row::customers::table).values(&row).execute(c)?);
                let card = super::card_write::first(tx, &keys, &row, card.as_ref(), latest)?;
                let entries = Entries::of(&keys, &row, &basic, card.as_ref());
                search::index(tx.conn(), chain, id, &entries)?;
                tx.audit("customer.create", id.0, audit(&row, &["name", "contact"]));
                tx.publish("customer.created", serde_json::json!({ "customer_id": id }));
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.customer_view(actor, id.into()))
    }

    /// One customer, masked.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn customer(&self, actor: &Actor, id: CustomerId) -> Result<CustomerView, Refusal> {
        actor.scope(Action::CustomerLookup)?;
        let view = self.customer_view(actor, id)?;
        actor.require(Action::CustomerLookup, Some(view.store_id))?;
        Ok(view)
    }

    pub(crate) fn customer_view(&self, actor: &Actor, id: CustomerId) -> Result<CustomerView> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let today = self.chain(chain)?.time_zone.day_of(self.clock().business(chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let permitted = actor.require(Action::CustomerCard, Some(row.store_id.typed())).is_ok();
            let card = if permitted {
                super::card_write::shown(conn, &keys, &row)?
            } else {
                None
            };
            let merged_into = match row.merged_into {
                Some(_) => row::survivor(conn, &row)?.map(|row| row.id.typed()),
                None => None,
            };
            let contact = row.contact(&keys)?;
            let calendar = contact.birthday_calendar;
            Ok(CustomerView {
                card,
                merged_into,
                next_birthday: contact.birthday.and_then(|born| next_birthday(born, calendar, today)),
                ..view(contact, row)?
            })
        })
    }

    /// The last day that anybody can be born on: today may already be tomorrow somewhere.
    pub(crate) fn latest_day(&self, chain: ChainId) -> Day {
        let today = Zone::UTC.day_of(self.clock().business(chain));
        today.plus_days(1).unwrap_or(today)
    }

    /// A birthday between 1900 and today.
    pub(crate) fn birthday(&self, chain: ChainId, birthday: Option<Day>) -> Result<Option<Day>, Refusal> {
        match birthday {
            Some(day) if day.year() < 1900 || day > self.latest_day(chain) => Err(field(
                "/birthday",
                "生日须在 1900 年至今天之间",
                "A birthday lies between 1900 and today",
            )),
            other => Ok(other),
        }
    }
}

pub(crate) fn phones(typed: &[String]) -> Result<Vec<String>, Refusal> {
    if typed.len() > MOST_PHONES {
        return Err(field("/phones", "最多 5 个电话", "At most 5 phones"));
    }
    let mut phones: Vec<String> = Vec::with_capacity(typed.len());
    for (i, text) in typed.iter().enumerate() {
        let phone = phone::check(text).map_err(|fault| input::faulty(&format!("/phones/{i}"), fault))?;
        if !phones.contains(&phone) {
            phones.push(phone);
        }
    }
    Ok(phones)
}

/// Nobody has one of these phones yet.
fn check_unknown(conn: &mut Conn, chain: ChainId, phones: &[Digest]) -> Result<()> {
    let known = search::by_phones(conn, chain, phones, KNOWN_SHOWN)?;
    let known: Vec<_> = row::load(conn, chain, &known)?
        .iter()
        .map(|row| KnownCustomer {
            id: row.id.typed(),
            display: row.form_of_address.0.display(&row.name),
        })
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let names = |name: fn(&Text) -> &str| known.iter().map(|known| name(&known.display)).collect::<Vec<_>>();
    let zh = names(|name| &name.zh).join("、");
    let en = names(|name| &name.en).join(", ");
    let refusal = Refusal::new(
        Code::PossibleDuplicate,
        format!("此电话已登记给{zh}；若是另一位顾客，请确认后再登记"),
        format!("This phone belongs to {en}; if this is somebody else, confirm it and register again"),
    );
    Err(refusal.at("/phones").with(|facts| facts.customers = known).into())
}

/// An identity document's kind and number, by the rule of its kind.
pub(crate) fn identity(
    kind: Option<DocumentKind>,
    typed: Option<&str>,
    today: Day,
) -> Result<(Option<DocumentKind>, Option<String>), Refusal> {
    let number = typed.map(|typed| document(kind, typed, today));
    let checked = number
        .transpose()
        .map_err(|fault| input::faulty("/identity_number", fault))?;
    Ok(checked.unzip())
}

pub(crate) fn view(contact: Contact, row: CustomerRow) -> Result<CustomerView> {
    let (form_of_address, erased) = (row.form_of_address.0, row.is_erased());
    Ok(CustomerView {
        id: row.id.typed(),
        display: if row.merged_into.is_some() {
            Text::new("已合并的顾客", "Merged customer")
        } else {
            form_of_address.display(&row.name)
        },
        name: row.name,
        form_of_address,
        phones: contact.phones.iter().map(|phone| mask_phone(phone)).collect(),
        birthday: contact.birthday.map(mask_birthday),
        birthday_calendar: contact.birthday_calendar,
        birthday_lunar: contact.lunar_birthday().map(|day| day.zh()),
        next_birthday: None,
        identity_number: contact.identity_number.as_deref().map(mask_identity),
        identity_kind: contact.identity_kind,
        store_id: row.store_id.typed(),
        consultant_id: row.consultant_id.map(Id::typed),
        introducer_customer_id: row.introducer_id.map(Id::typed),
        consent: Consent {
            marketing: row.consent_marketing,
            privacy: row.consent_privacy,
        },
        consent_at: row.consent_at.map(Instant),
        external_ref: row.external_ref,
        card: None,
        erased,
        created_at: Instant(row.created_at),
        version: row.version,
        merged_into: row.merged_into.map(Id::typed),
    })
}

/// What the audit log keeps: which fields, and the sealed contact. Names and numbers in clear never get there, since
/// it can't be changed when a person is erased.
pub(crate) fn audit(row: &CustomerRow, fields: &[&str]) -> serde_json::Value {
    serde_json::json!({
        "fields": fields,
        "store_id": row.store_id.text(),
        "consent": { "marketing": row.consent_marketing, "privacy": row.consent_privacy },
        "contact": row.contact.as_ref().map(|sealed| STANDARD.encode(sealed)),
        "version": row.version,
    })
}
