//! Two customers made one, and one made two again (D-ARC-13). Everything about the merged one goes to the survivor; its
//! row stays, empty, and tells where it went. What has to go back is sealed under the survivor's key, so that erasing the
//! survivor erases both.

mod classes;
mod duplicates;
mod moves;
pub(crate) mod person;
mod row;
mod write;

use crate::Engine;
use crate::actor::Actor;
use crate::archive::card::{mask_lost, mask_values};
use crate::archive::row as customers;
use crate::archive::{mask_birthday, mask_identity, mask_phone};
use crate::error::{Error, Result};
use crate::fields::{self, CUSTOMER};
use crate::identity::Action;
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::page::{Page, PageArgs};
use crate::store::{Conn, Id};
use cardea_domain::fields::{FieldDefinition, WrittenValue};
use cardea_domain::id::{ChainId, CustomerId, MergeId, StaffId};
use cardea_domain::merge::Lost;
use cardea_domain::{Instant, Refusal};
use row::{Content, MergeRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

pub use duplicates::{CustomerPair, DuplicateKind, DuplicateQuery};
pub(crate) use row::erase;

/// Whom to merge into a customer.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMerge {
    /// Who goes.
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// The version of who goes, as it was looked at.
    pub version: i64,
}

/// Takes a merge back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoMerge {}

/// A value that the surviving customer doesn't have.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LostValue {
    /// JSON pointer; `/card/…` on the card, `/classes/…` of the classes.
    #[schema(example = "/birthday")]
    pub field: String,
    /// Contact and identity data masked.
    pub value: Value,
}

/// Two customers who were made one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CustomerMerge {
    #[schema(value_type = Uuid)]
    pub id: MergeId,
    /// Who survives.
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Who went.
    #[schema(value_type = Uuid)]
    pub merged_customer_id: CustomerId,
    /// The name of who went; empty once erased.
    pub merged_name: String,
    /// Every value of the two that the survivor doesn't have; empty once erased.
    pub lost: Vec<LostValue>,
    /// How many memberships, bills, journal entries, records, tasks and introduced customers went along, by kind.
    pub moved: BTreeMap<String, u64>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub merged_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub undone_by: Option<StaffId>,
    /// null: it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Instant>,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MergeQuery {
    /// Only those that this customer survived or went in.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// The newest declarations of the chain's own fields.
type Declared = (i32, Vec<FieldDefinition>);

/// The value of an own field, masked by its kind.
fn own(field: &str, value: &Value, (version, fields): &Declared) -> Value {
    let Some(name) = field.split('/').nth(3) else {
        return value.clone();
    };
    let written = WrittenValue {
        value: value.clone(),
        version: *version,
    };
    let mut values = BTreeMap::from([(name.to_owned(), written)]);
    mask_values(&mut values, &BTreeMap::from([(*version, fields.clone())]));
    values.remove(name).map_or(Value::Null, |written| written.value)
}

/// Masked as on the card.
fn shown(lost: Lost, declared: &Declared) -> LostValue {
    let text = |mask: fn(&str) -> String| lost.value.as_str().map_or(Value::Null, |text| mask(text).into());
    let value = match lost.field.as_str() {
        "/phones" => text(mask_phone),
        "/birthday" => {
            let day = lost.value.as_str().or(lost.value["day"].as_str());
            let day = day.and_then(|day| day.parse().ok());
            day.map_or(Value::Null, |day| mask_birthday(day).into())
        }
        "/identity" => lost.value["number"]
            .as_str()
            .map_or(Value::Null, |number| mask_identity(number).into()),
        field if field.starts_with("/card/contact/") => mask_lost(field, &lost.value),
        field if field.starts_with("/card/own/") => own(field, &lost.value, declared),
        _ => lost.value,
    };
    LostValue {
        field: lost.field,
        value,
    }
}

fn view(conn: &mut Conn, keys: &ChainKeys, row: MergeRow) -> Result<CustomerMerge> {
    let chain: ChainId = row.chain_id.typed();
    let survivor = customers::find(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
    let content = match &survivor.data_key {
        Some(wrapped) if !row.content.is_empty() => {
            let key = keys
                .open_person(survivor.id.typed(), wrapped)
                .map_err(Error::internal)?;
            Some(Content::open(&key, &row)?)
        }
        _ => None,
    };
    let declared = fields::current(conn, chain, CUSTOMER)?;
    let (merged_name, lost, moved) = match content {
        Some(content) => (content.merged.name, content.lost, content.moved),
        None => Default::default(),
    };
    Ok(CustomerMerge {
        id: row.id.typed(),
        customer_id: row.customer_id.typed(),
        merged_customer_id: row.merged_id.typed(),
        merged_name,
        lost: lost.into_iter().map(|lost| shown(lost, &declared)).collect(),
        moved,
        staff_id: row.staff_id.map(Id::typed),
        merged_at: Instant(row.merged_at),
        undone_by: row.undone_by.map(Id::typed),
        undone_at: row.undone_at.map(Instant),
    })
}

impl Engine {
    /// Merges of customers of the actor's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn customer_merges(&self, actor: &Actor, query: &MergeQuery) -> Result<Page<CustomerMerge>, Refusal> {
        let scope = actor.scope(Action::CustomerMerge)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let found = self.read(chain, |conn| {
            let rows = row::select(conn, chain, query.customer_id.map(Id::from), before, limit as i64 + 1)?;
            let mut shown = Vec::with_capacity(rows.len());
            for row in rows {
                let survivor = customers::find(conn, chain, row.customer_id.typed())?.ok_or_else(not_found)?;
                if scope.allows(survivor.store_id.typed()) {
                    shown.push(view(conn, &keys, row)?);
                }
            }
            Ok(shown)
        })?;
        Ok(Page::cut(found, limit, |merge| merge.id.to_string()))
    }

    fn customer_merge(&self, actor: &Actor, id: Id) -> Result<CustomerMerge> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, &keys, row)
        })
    }
}
