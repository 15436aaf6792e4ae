//! The customer archive. Contact data always leaves masked.

use crate::http::Language;
use cardea_domain::id::{CustomerId, StaffId, StoreId};
use cardea_domain::{Day, Instant};
use cardea_engine::archive;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

mirror! {
FormOfAddress = archive::FormOfAddress {
    /// 先生
    Mr,
    /// 女士
    Ms,
    None,
}
}

/// What the customer has agreed to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Messages about products and promotions.
    pub marketing: bool,
    /// Processing of personal data for the membership.
    pub privacy: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    #[schema(example = "王丽")]
    pub name: String,
    /// Absent: `none`.
    pub form_of_address: Option<FormOfAddress>,
    /// At most five; the first is the main one.
    #[serde(default)]
    #[schema(example = json!(["13812345678"]))]
    pub phones: Vec<String>,
    #[schema(value_type = Option<String>, format = Date, example = "1990-05-01")]
    pub birthday: Option<Day>,
    /// Number of an identity document; kept encrypted, never shown again.
    pub identity_number: Option<String>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// The consultant who looks after the customer.
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<CustomerId>,
    /// Absent: none given.
    pub consent: Option<Consent>,
    /// Key in another system, unique in the chain.
    pub external_ref: Option<String>,
}

/// Absent fields stay as they are; null empties a field that may be empty.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    pub name: Option<String>,
    pub form_of_address: Option<FormOfAddress>,
    /// Replaces all.
    pub phones: Option<Vec<String>>,
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<String>, format = Date)]
    pub birthday: Option<Option<Day>>,
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<String>)]
    pub identity_number: Option<Option<String>>,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<Option<StaffId>>,
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<Option<CustomerId>>,
    pub consent: Option<Consent>,
}

#[derive(Serialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub name: String,
    pub form_of_address: FormOfAddress,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[schema(example = "王女士")]
    pub display: String,
    /// Masked.
    #[schema(example = json!(["138****5678"]))]
    pub phones: Vec<String>,
    /// Month and day only.
    #[schema(example = "****-05-01")]
    pub birthday: Option<String>,
    /// Masked.
    #[schema(example = "1****************X")]
    pub identity_number: Option<String>,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub consultant_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub introducer_customer_id: Option<CustomerId>,
    pub consent: Consent,
    /// When consent was last given or changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub consent_at: Option<Instant>,
    pub external_ref: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CustomerQuery {
    /// Name or part of it, whole phone number, or last four digits of one. Absent: all.
    pub query: Option<String>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

shown!(Consent from archive::Consent { marketing, privacy });

impl From<Consent> for archive::Consent {
    fn from(consent: Consent) -> Self {
        Self {
            marketing: consent.marketing,
            privacy: consent.privacy,
        }
    }
}

impl From<NewCustomer> for archive::NewCustomer {
    fn from(new: NewCustomer) -> Self {
        Self {
            name: new.name,
            form_of_address: new.form_of_address.map(Into::into).unwrap_or_default(),
            phones: new.phones,
            birthday: new.birthday,
            identity_number: new.identity_number,
            store_id: new.store_id,
            consultant_id: new.consultant_id,
            introducer_customer_id: new.introducer_customer_id,
            consent: new.consent.map(Into::into).unwrap_or_default(),
            external_ref: new.external_ref,
        }
    }
}

impl From<CustomerChange> for archive::CustomerPatch {
    fn from(change: CustomerChange) -> Self {
        Self {
            name: change.name,
            form_of_address: change.form_of_address.map(Into::into),
            phones: change.phones,
            birthday: change.birthday,
            identity_number: change.identity_number,
            store_id: change.store_id,
            consultant_id: change.consultant_id,
            introducer_customer_id: change.introducer_customer_id,
            consent: change.consent.map(Into::into),
        }
    }
}

impl Customer {
    pub fn new(view: archive::CustomerView, language: Language) -> Self {
        Self {
            id: view.id,
            name: view.name,
            form_of_address: view.form_of_address.into(),
            display: language.pick(&view.display).into(),
            phones: view.phones,
            birthday: view.birthday,
            identity_number: view.identity_number,
            store_id: view.store_id,
            consultant_id: view.consultant_id,
            introducer_customer_id: view.introducer_customer_id,
            consent: view.consent.into(),
            consent_at: view.consent_at,
            external_ref: view.external_ref,
            created_at: view.created_at,
            version: view.version,
        }
    }
}
