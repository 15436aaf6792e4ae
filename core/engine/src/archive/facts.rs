//! What other commands may know of customers. None of it checks a permission: the caller's command did.

use super::display::FormOfAddress;
use super::mask_phone;
use super::row::{self, CustomerRow};
use super::search::{self, Lookup};
use crate::Engine;
use crate::error::Result;
use crate::identity::StoreScope;
use crate::input::{field, not_found};
use crate::store::Id;
use cardea_domain::id::{ChainId, CustomerId, StoreId};
use cardea_domain::identifier::{DocumentKind, grouped_number};
use cardea_domain::lunar::{BirthdayCalendar, has_birthday_month};
use cardea_domain::{Day, Text};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// What a card or a bill shows of its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomerBrief {
    pub id: CustomerId,
    pub display: Text,
    pub phone_masked: Option<String>,
}

/// What admission and earning may know of a customer: which fields are filled in, not what stands in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFacts {
    /// Of: name, form_of_address, phone, birthday, store, consultant, introducer.
    pub filled: Vec<&'static str>,
    pub birthday: Option<Day>,
    pub birthday_calendar: BirthdayCalendar,
    pub store: StoreId,
    pub introducer: Option<CustomerId>,
    /// Nothing is known of them any more.
    pub erased: bool,
}

/// An identity document that somebody has shown; it is compared with the one on record, and not kept.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShownIdentity {
    pub kind: DocumentKind,
    /// Of its number, digits or letters.
    #[schema(min_length = 4, max_length = 4, example = "002X")]
    pub last_four: String,
}

impl RegisterFacts {
    /// Whether the birthday lies in the month of `today`.
    pub fn birthday_month(&self, today: Day) -> bool {
        let kept = |born| has_birthday_month(born, self.birthday_calendar, today);
        self.birthday.is_some_and(kept)
    }
}

impl Engine {
    /// Ids of the customers a look-up finds, newest first: for the search of cards and the like. Checks no
    /// permission; the caller passes the scope it has.
    ///
    /// # Errors
    /// `storage_unavailable`.
    pub fn find_customers(
        &self,
        chain: ChainId,
        scope: &StoreScope,
        lookup: &Lookup,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<CustomerId>> {
        let keys = self.keys().chain(chain);
        self.read(chain, |conn| {
            search::find(
                conn,
                &keys,
                (chain, &search::Only::of(scope)),
                Some(lookup),
                after,
                limit,
            )
        })
    }

    /// What cards and bills show of their holders, by id. Checks no permission.
    ///
    /// # Errors
    /// `internal` if sealed data were tampered with.
    pub fn customer_briefs(&self, chain: ChainId, ids: &[CustomerId]) -> Result<HashMap<CustomerId, CustomerBrief>> {
        let keys = self.keys().chain(chain);
        let rows = self.read(chain, |conn| row::load(conn, chain, ids))?;
        let brief = |row: CustomerRow| {
            let contact = row.contact(&keys)?;
            let id: CustomerId = row.id.typed();
            let display = row.form_of_address.0.display(&row.name);
            Ok((
                id,
                CustomerBrief {
                    id,
                    display,
                    phone_masked: contact.phones.first().map(|phone| mask_phone(phone)),
                },
            ))
        };
        rows.into_iter().map(brief).collect()
    }

    /// Who a customer is now, who may have been merged. Checks no permission.
    ///
    /// # Errors
    /// `not_found`.
    pub fn survivor(&self, chain: ChainId, id: CustomerId) -> Result<CustomerId> {
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let survivor = row::survivor(conn, &row)?.ok_or_else(not_found)?;
            Ok(survivor.id.typed())
        })
    }

    /// Whether an identity document of a customer is on record. Checks no permission.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) fn identity_recorded(&self, chain: ChainId, id: CustomerId) -> Result<bool> {
        let keys = self.keys().chain(chain);
        let row = self.read(chain, |conn| row::find_living(conn, chain, id))?;
        let contact = row.ok_or_else(not_found)?.contact(&keys)?;
        Ok(contact.identity_number.is_some())
    }

    /// Whether what somebody has shown is the identity document that is on record. Checks no permission.
    ///
    /// # Errors
    /// `not_found`; `field_invalid` at `pointer` where none is on record, or another one.
    pub(crate) fn check_identity(
        &self,
        chain: ChainId,
        id: CustomerId,
        shown: &ShownIdentity,
        pointer: &str,
    ) -> Result<()> {
        let keys = self.keys().chain(chain);
        let row = self.read(chain, |conn| row::find_living(conn, chain, id))?;
        let contact = row.ok_or_else(not_found)?.contact(&keys)?;
        let Some(number) = &contact.identity_number else {
            let (zh, en) = (
                "该顾客尚未登记证件：请先在顾客卡上登记，再办理",
                "No identity document of the customer is on record: record it on the customer's card first",
            );
            return Err(field(pointer, zh, en).into());
        };
        let end = grouped_number(&shown.last_four).to_ascii_uppercase();
        let same_kind = contact.identity_kind.is_none_or(|kind| kind == shown.kind);
        if end.chars().count() == 4 && same_kind && number.ends_with(&end) {
            return Ok(());
        }
        let (zh, en) = (
            "与登记的证件不符：请核对证件种类和号码末四位",
            "It isn't the document on record: check its kind and the last four characters of its number",
        );
        Err(field(pointer, zh, en).into())
    }

    /// What the rules may know of a customer. Checks no permission.
    ///
    /// # Errors
    /// `not_found`; `customer_merged`; `internal` if sealed data were tampered with.
    pub fn register_facts(&self, chain: ChainId, id: CustomerId) -> Result<RegisterFacts> {
        let keys = self.keys().chain(chain);
        let row = self
            .read(chain, |conn| row::find_living(conn, chain, id))?
            .ok_or_else(not_found)?;
        let contact = row.contact(&keys)?;
        let filled = [
            ("name", !row.name.is_empty()),
            ("form_of_address", row.form_of_address.0 != FormOfAddress::None),
            ("phone", !contact.phones.is_empty()),
            ("birthday", contact.birthday.is_some()),
            ("store", true),
            ("consultant", row.consultant_id.is_some()),
            ("introducer", row.introducer_id.is_some()),
        ];
        Ok(RegisterFacts {
            filled: filled
                .into_iter()
                .filter(|(_, filled)| *filled)
                .map(|(name, _)| name)
                .collect(),
            birthday: contact.birthday,
            birthday_calendar: contact.birthday_calendar,
            store: row.store_id.typed(),
            introducer: row.introducer_id.map(Id::typed),
            erased: row.data_key.is_none(),
        })
    }
}
