//! Finding records by the texts in them.

use super::kind;
use super::read::opened;
use super::row::RecordRow;
use crate::archive::people;
use crate::error::Result;
use crate::identity::StoreScope;
use crate::keys::ChainKeys;
use crate::resource::VersionedRow;
use crate::store::schema::records;
use crate::store::{Conn, Id};
use crate::words::{self, Gram, Source};
use crate::{Engine, each};
use cardea_domain::Text;
use cardea_domain::fields::{FieldDefinition, FieldKind, WrittenValues};
use cardea_domain::id::{ChainId, CustomerId, RecordId, RecordTypeId};
use diesel::prelude::*;
use serde::Serialize;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use utoipa::ToSchema;

/// A record in which it stands.
#[derive(Clone, Serialize, ToSchema)]
pub struct RecordHit {
    #[schema(value_type = Uuid)]
    pub id: RecordId,
    #[schema(value_type = Uuid)]
    pub type_id: RecordTypeId,
    /// The type's name.
    pub type_name: Text,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    /// What stands around it.
    pub excerpt: String,
}

/// The texts of a record, in the order of its fields; numbers of people are no texts.
fn texts<'v>(definitions: &'v [FieldDefinition], values: &'v WrittenValues) -> impl Iterator<Item = &'v str> {
    definitions
        .iter()
        .filter(|field| field.kind == FieldKind::Text)
        .filter_map(|field| values.get(&field.name)?.value.as_str())
}

pub(super) fn record_grams(
    keys: &ChainKeys,
    definitions: &[FieldDefinition],
    values: &WrittenValues,
) -> BTreeSet<Gram> {
    words::of(keys, Source::Record, texts(definitions, values))
}

/// Records that hold a text, which is normalised.
pub(crate) fn find(
    engine: &Engine,
    (chain, scope): (ChainId, &StoreScope),
    wanted: &str,
    limit: usize,
) -> Result<Vec<RecordHit>> {
    let keys = engine.keys().chain(chain);
    engine.read(chain, |conn| {
        words::hits(conn, &keys, (chain, Source::Record), (wanted, limit), |conn, ids| {
            look(conn, &keys, (chain, scope), ids, wanted)
        })
    })
}

fn look(
    conn: &mut Conn,
    keys: &ChainKeys,
    (chain, scope): (ChainId, &StoreScope),
    ids: &[Id],
    wanted: &str,
) -> Result<Vec<RecordHit>> {
    let rows: Vec<RecordRow> = each!(conn, c => records::table
        .select(RecordRow::as_select())
        .filter(records::chain_id.eq(Id::from(chain)).and(records::id.eq_any(ids)))
        .order(records::id.desc())
        .load(c)?);
    let people = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let mut kinds: HashMap<Id, (kind::Row, Vec<FieldDefinition>)> = HashMap::new();
    let mut hits = Vec::new();
    for record in rows {
        let customer = people
            .get(&record.customer_id)
            .filter(|row| scope.allows(row.store_id.typed()));
        let Some(customer) = customer else { continue };
        if let Entry::Vacant(place) = kinds.entry(record.type_id) {
            let Some(kind) = kind::Row::find(conn, chain, record.type_id)? else {
                continue;
            };
            let definitions = kind.definitions()?;
            place.insert((kind, definitions));
        }
        let Some((kind, definitions)) = kinds.get(&record.type_id) else {
            continue;
        };
        let values = opened(keys, customer, record.id, Some(&record.content))?;
        let excerpt = texts(definitions, &values).find_map(|text| words::excerpt(text, wanted));
        if let Some(excerpt) = excerpt {
            hits.push(RecordHit {
                id: record.id.typed(),
                type_id: record.type_id.typed(),
                type_name: kind.name(),
                customer_id: customer.id.typed(),
                customer: customer.form_of_address.0.display(&customer.name),
                excerpt,
            });
        }
    }
    Ok(hits)
}
