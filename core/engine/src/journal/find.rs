//! Finding entries by what stands in them.

use super::category;
use super::row::{JournalRow, Texts};
use crate::archive::people;
use crate::error::Result;
use crate::identity::StoreScope;
use crate::keys::ChainKeys;
use crate::store::schema::journal;
use crate::store::{Conn, Id};
use crate::words::{self, Source};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, CustomerId, JournalId};
use cardea_domain::{Instant, Text};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

/// A journal entry in which it stands.
#[derive(Clone, Serialize, ToSchema)]
pub struct JournalHit {
    #[schema(value_type = Uuid)]
    pub id: JournalId,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Surname and form of address.
    pub customer: Text,
    /// Code of the category.
    pub category: String,
    /// What that is called.
    pub category_name: Text,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// What stands around it.
    pub excerpt: String,
}

/// Entries that hold a text, which is normalised; of an entry that was corrected, the correction.
pub(crate) fn find(
    engine: &Engine,
    (chain, scope): (ChainId, &StoreScope),
    wanted: &str,
    limit: usize,
) -> Result<Vec<JournalHit>> {
    let keys = engine.keys().chain(chain);
    engine.read(chain, |conn| {
        words::hits(conn, &keys, (chain, Source::Journal), (wanted, limit), |conn, ids| {
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
) -> Result<Vec<JournalHit>> {
    let rows: Vec<JournalRow> = each!(conn, c => journal::table
        .select(JournalRow::as_select())
        .filter(journal::chain_id.eq(Id::from(chain)).and(journal::id.eq_any(ids)))
        .order(journal::id.desc())
        .load(c)?);
    let corrected: Vec<Option<Id>> = each!(conn, c => journal::table
        .select(journal::corrects)
        .filter(journal::chain_id.eq(Id::from(chain)).and(journal::corrects.eq_any(ids)))
        .load(c)?);
    let people = people(conn, chain, rows.iter().map(|row| row.customer_id))?;
    let categories = category::of(conn, chain)?;
    let mut hits = Vec::new();
    for entry in rows.into_iter().filter(|row| !corrected.contains(&Some(row.id))) {
        let customer = people
            .get(&entry.customer_id)
            .filter(|row| scope.allows(row.store_id.typed()));
        let Some(customer) = customer else { continue };
        let key = customer.person(keys)?;
        let texts: Texts = entry.texts(key.as_ref())?;
        if let Some(excerpt) = texts.all().find_map(|text| words::excerpt(text, wanted)) {
            hits.push(JournalHit {
                id: entry.id.typed(),
                customer_id: customer.id.typed(),
                customer: customer.form_of_address.0.display(&customer.name),
                category_name: categories.name(&entry.category),
                category: entry.category.clone(),
                occurred_at: Instant(entry.occurred_at),
                excerpt,
            });
        }
    }
    Ok(hits)
}
