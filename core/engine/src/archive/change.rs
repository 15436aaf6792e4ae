//! Changing a customer.

use super::card_change::{self, CardChange};
use super::contact::Contact;
use super::customer::{Consent, audit, identity, phones};
use super::display::FormOfAddress;
use super::history::{self, Held};
use super::row::{self, CustomerRow};
use super::search::{self, Entries};
use super::{CustomerView, card_row, card_write};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, clearable, erased, not_found};
use crate::keys::ChainKeys;
use crate::store::{Answer, IdempotencyKey, Name, Tx};
use cardea_domain::id::{CustomerId, StaffId, StoreId};
use cardea_domain::identifier::DocumentKind;
use cardea_domain::lunar::BirthdayCalendar;
use cardea_domain::{Day, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

/// Absent fields stay as they are; null empties a field that may be empty.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
    pub form_of_address: Option<FormOfAddress>,
    /// Replaces all.
    pub phones: Option<Vec<String>>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>, format = Date)]
    pub birthday: Option<Option<Day>>,
    pub birthday_calendar: Option<BirthdayCalendar>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<String>)]
    pub identity_number: Option<Option<String>>,
    /// Which document `identity_number` is of.
    pub identity_kind: Option<DocumentKind>,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<Option<StaffId>>,
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<Option<CustomerId>>,
    pub consent: Option<Consent>,
    /// What else is known; needs `customer.card`.
    pub card: Option<CardChange>,
}

/// Personal data don't get into logs.
impl std::fmt::Debug for CustomerChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerChange").finish_non_exhaustive()
    }
}

impl Engine {
    /// Changes a customer whom the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_customer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        version: i64,
        patch: CustomerChange,
    ) -> Result<Written<CustomerView>, Refusal> {
        let change = self.change(actor, patch)?;
        let keys = self.keys().chain(actor.chain);
        let answered = self
            .transact(actor, key, "customer.update", move |tx| {
                let chain = tx.chain();
                let old = row::find_living(tx.conn(), chain, id)?.ok_or_else(not_found)?;
                tx.actor().require(Action::CustomerUpdate, Some(old.store_id.typed()))?;
                if old.data_key.is_none() {
                    return Err(erased().into());
                }
                check_version(old.version, version)?;
                rewrite(tx, &keys, old, &change)?;
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.customer_view(actor, id.into()))
    }

    /// A change, checked before the writer sees it.
    ///
    /// # Errors
    /// `forbidden` (a card), `field_invalid`.
    pub(crate) fn change(&self, actor: &Actor, patch: CustomerChange) -> Result<Change, Refusal> {
        let latest = self.latest_day(actor.chain);
        Ok(Change {
            card: card_write::checked(actor, patch.card.as_ref(), None, latest)?,
            latest,
            name: patch
                .name
                .as_deref()
                .map(|name| input::text(name, 64, "/name"))
                .transpose()?,
            phones: patch.phones.as_deref().map(phones).transpose()?,
            birthday: patch.birthday.map(|day| self.birthday(actor.chain, day)).transpose()?,
            identity: patch
                .identity_number
                .clone()
                .map(|number| identity(patch.identity_kind, number.as_deref(), latest))
                .transpose()?,
            rest: patch,
        })
    }
}

/// Writes a checked change of a living customer: the row, what finds it, and what stood there before.
///
/// # Errors
/// `forbidden` for a card or a store that isn't the actor's, `field_invalid` (references, own fields).
pub(crate) fn rewrite(tx: &mut Tx<'_>, keys: &ChainKeys, old: CustomerRow, change: &Change) -> Result<()> {
    let (chain, id) = (tx.chain(), old.id.typed());
    let contact = old.contact(keys)?;
    let old_card = card_row::load(tx.conn(), keys, &old)?;
    let entries = Entries::of(keys, &old, &contact, old_card.as_ref());
    let held = Held::of(&old, &contact, old_card.as_ref())?;
    if change.card.is_some() {
        tx.actor().require(Action::CustomerCard, Some(old.store_id.typed()))?;
    }
    let (mut row, contact, mut fields) = change.apply(old, contact);
    tx.actor().require(Action::CustomerUpdate, Some(row.store_id.typed()))?;
    row::check_references(tx.conn(), &row, false)?;
    if fields.contains(&"consent") {
        row.consent_at = Some(tx.business_now().0);
    }
    row.version += 1;
    // An erased customer has no key and gets none back: contact data stay out.
    row.contact = match &row.data_key {
        Some(wrapped) => Some(contact.seal(&keys.open_person(id, wrapped).map_err(Error::internal)?)?),
        None => None,
    };
    let card = card_write::changed(tx, keys, &row, old_card, change, &mut fields)?;
    let now_held = Held::of(&row, &contact, card.as_ref())?;
    history::keep(tx, keys, &row, (&held, &now_held))?;
    let new_entries = Entries::of(keys, &row, &contact, card.as_ref());
    if new_entries != entries {
        search::unindex(tx.conn(), chain, id)?;
        search::index(tx.conn(), chain, id, &new_entries)?;
    }
    row::update(tx.conn(), &row)?;
    tx.audit("customer.update", id.0, audit(&row, &fields));
    Ok(())
}

/// A checked patch.
pub(crate) struct Change {
    pub card: Option<card_change::Checked>,
    pub latest: Day,
    name: Option<String>,
    phones: Option<Vec<String>>,
    birthday: Option<Option<Day>>,
    identity: Option<(Option<DocumentKind>, Option<String>)>,
    /// Fields that need no check of their own.
    rest: CustomerChange,
}

impl Change {
    /// Of the chain's own fields those that aren't named may be lacking: they are decided one by one.
    pub(crate) fn answer_by_answer(mut self) -> Self {
        if let Some(card) = &mut self.card {
            card.one_by_one = true;
        }
        self
    }

    /// The row and contact after the change, and the names of the fields that it touches.
    fn apply(&self, mut row: CustomerRow, mut contact: Contact) -> (CustomerRow, Contact, Vec<&'static str>) {
        let mut fields = Vec::new();
        let mut set = |name, given: bool| {
            if given {
                fields.push(name);
            }
        };
        set("name", replace(&mut row.name, self.name.clone()));
        let form = self.rest.form_of_address.map(Name);
        set("form_of_address", replace(&mut row.form_of_address, form));
        set(
            "store_id",
            replace(&mut row.store_id, self.rest.store_id.map(Into::into)),
        );
        set(
            "consultant_id",
            replace(
                &mut row.consultant_id,
                self.rest.consultant_id.map(|id| id.map(Into::into)),
            ),
        );
        let introducer = self.rest.introducer_customer_id.map(|id| id.map(Into::into));
        set("introducer_customer_id", replace(&mut row.introducer_id, introducer));
        let consent = self.rest.consent;
        let marketing = replace(&mut row.consent_marketing, consent.map(|c| c.marketing));
        set(
            "consent",
            replace(&mut row.consent_privacy, consent.map(|c| c.privacy)) || marketing,
        );
        set("phones", replace(&mut contact.phones, self.phones.clone()));
        set("birthday", replace(&mut contact.birthday, self.birthday));
        let calendar = self.rest.birthday_calendar;
        set("birthday_calendar", replace(&mut contact.birthday_calendar, calendar));
        let (kind, number) = self.identity.clone().unzip();
        let kind = replace(&mut contact.identity_kind, kind);
        set("identity_number", replace(&mut contact.identity_number, number) || kind);
        (row, contact, fields)
    }
}

/// Sets what is given; whether that changed anything.
fn replace<T: PartialEq>(target: &mut T, given: Option<T>) -> bool {
    match given {
        Some(new) if new != *target => {
            *target = new;
            true
        }
        _ => false,
    }
}
