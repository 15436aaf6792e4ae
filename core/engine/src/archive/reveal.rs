//! Showing what is masked (D-ARC-12): with a reason, and a row in the access log.

use super::card::Card;
use super::{card_row, row};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, erased, field, not_found};
use crate::look::{self, LookRow, NewLook, Why};
use crate::store::{Answer, IdempotencyKey};
use cardea_domain::confidential::{LookKind, Purpose};
use cardea_domain::id::{ChainId, CustomerId, LookId};
use cardea_domain::{Day, Instant, Refusal, named};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

named! {
/// What is masked of a customer.
pub enum RevealField {
    Phones = "phones",
    Birthday = "birthday",
    IdentityNumber = "identity_number",
    /// The whole card; needs `customer.card` as well.
    Card = "card",
}
}

/// What somebody needs to see, and what for.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reveal {
    #[schema(min_items = 1)]
    pub fields: Vec<RevealField>,
    pub purpose: Purpose,
    /// In words; needed where the purpose is `other`.
    #[schema(min_length = 1, max_length = 200)]
    pub note: Option<String>,
}

/// What was asked for, in full. It is shown once: nothing of it is kept.
#[derive(Clone, Serialize, ToSchema)]
pub struct Revealed {
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Of its row in the access log.
    #[schema(value_type = Uuid)]
    pub look_id: LookId,
    /// The same, for people.
    pub number: String,
    pub phones: Option<Vec<String>>,
    #[schema(value_type = Option<String>, format = Date)]
    pub birthday: Option<Day>,
    pub identity_number: Option<String>,
    pub card: Option<Card>,
}

impl Engine {
    /// Shows what is masked of a customer, and says so in the access log.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `erased`, `field_invalid`.
    pub async fn reveal_customer(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: CustomerId,
        reveal: Reveal,
    ) -> Result<Written<Revealed>, Refusal> {
        actor.scope(Action::CustomerReveal)?;
        if reveal.fields.is_empty() {
            return Err(field("/fields", "请选择要查看的内容", "Say what you need to see"));
        }
        let why = Why {
            purpose: reveal.purpose,
            note: reveal.note,
        };
        let why = why.checked()?;
        let keys = self.keys().chain(actor.chain);
        let fields = reveal.fields.clone();
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let chain = tx.chain();
            let customer = row::find_living(tx.conn(), chain, id)?.ok_or_else(not_found)?;
            let store = Some(customer.store_id.typed());
            tx.actor().require(Action::CustomerReveal, store)?;
            if fields.contains(&RevealField::Card) {
                tx.actor().require(Action::CustomerCard, store)?;
            }
            let wrapped = customer.data_key.as_deref().ok_or_else(erased)?;
            let person = keys.open_person(id, wrapped).map_err(Error::internal)?;
            let look = NewLook {
                kind: LookKind::Reveal,
                customer: Some(id),
                subject: None,
                what: fields.iter().map(|field| field.as_str()).collect(),
                why: Some(&why),
            };
            let look = look.write(tx, Some(&person))?;
            tx.audit(
                "customer.reveal",
                id.0,
                json!({ "look_id": look.id.0, "fields": fields }),
            );
            Answer::created(&Stored::of(look.id))
        };
        let answered = self.transact(actor, key, "customer.reveal", work).await?;
        Written::read(answered, |look| self.revealed(actor, look.into()))
    }

    /// A customer with everything that the archive keeps, nothing masked. Checks no permission.
    pub(crate) fn customer_in_full(&self, chain: ChainId, id: CustomerId) -> Result<Value> {
        let keys = self.keys().chain(chain);
        self.read(chain, |conn| {
            let customer = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let contact = customer.contact(&keys)?;
            let card = card_row::load(conn, &keys, &customer)?;
            Ok(json!({
                "id": id, "name": customer.name, "form_of_address": customer.form_of_address.0,
                "phones": contact.phones, "birthday": contact.birthday,
                "birthday_calendar": contact.birthday_calendar, "identity_number": contact.identity_number,
                "identity_kind": contact.identity_kind, "store_id": customer.store_id.0,
                "consultant_id": customer.consultant_id.map(|id| id.0),
                "introducer_customer_id": customer.introducer_id.map(|id| id.0),
                "consent": { "marketing": customer.consent_marketing, "privacy": customer.consent_privacy },
                "consent_at": customer.consent_at.map(Instant), "external_ref": customer.external_ref,
                "created_at": Instant(customer.created_at), "card": card,
            }))
        })
    }

    /// What a look of this actor is about, in full.
    fn revealed(&self, actor: &Actor, look: LookId) -> Result<Revealed> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let look: LookRow = look::find(conn, chain, look)?.ok_or_else(not_found)?;
            // A key used again shows nothing to somebody else.
            if look.staff_id != actor.staff.map(Into::into) {
                return Err(not_found().into());
            }
            let id: CustomerId = look.customer_id.ok_or_else(not_found)?.typed();
            let customer = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let contact = customer.contact(&keys)?;
            let fields: Vec<RevealField> = serde_json::from_str(&look.what)?;
            let asked = |field: RevealField| fields.contains(&field);
            let card = if asked(RevealField::Card) {
                card_row::load(conn, &keys, &customer)?
            } else {
                None
            };
            Ok(Revealed {
                customer_id: id,
                look_id: look.id.typed(),
                number: look.number,
                phones: asked(RevealField::Phones).then(|| contact.phones.clone()),
                birthday: contact.birthday.filter(|_| asked(RevealField::Birthday)),
                identity_number: contact
                    .identity_number
                    .clone()
                    .filter(|_| asked(RevealField::IdentityNumber)),
                card,
            })
        })
    }
}
