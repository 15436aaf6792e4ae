//! The `customer_merges` table, and what is sealed in it.

use super::classes::Classes;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::customer_merges;
use crate::store::{Conn, Id};
use cardea_domain::id::{ChainId, CustomerId};
use cardea_domain::merge::Lost;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = customer_merges)]
pub(super) struct MergeRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub merged_id: Id,
    pub content: Vec<u8>,
    pub staff_id: Option<Id>,
    pub merged_at: i64,
    pub undone_by: Option<Id>,
    pub undone_at: Option<i64>,
}

/// The merged customer's own columns, byte by byte.
#[derive(Serialize, Deserialize)]
pub(super) struct Emptied {
    pub name: String,
    pub external_ref: Option<String>,
    pub data_key: Vec<u8>,
    pub contact: Option<Vec<u8>>,
    pub card: Option<Vec<u8>>,
}

/// What a merge must know to be taken back.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub before: Value,
    pub after: Value,
    pub consent_at: Option<i64>,
    pub merged: Emptied,
    pub classes: Classes,
    pub lost: Vec<Lost>,
    pub moved: BTreeMap<String, u64>,
}

/// Bound to the merge: moved to another row, it doesn't open.
fn purpose(merge: Id) -> Vec<u8> {
    [b"merge/".as_slice(), merge.0.as_bytes()].concat()
}

impl Content {
    pub fn seal(&self, key: &PersonKey, merge: Id) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(&purpose(merge), &document).map_err(Error::internal)
    }

    pub fn open(key: &PersonKey, row: &MergeRow) -> Result<Self> {
        let document = key.open_as(&purpose(row.id), &row.content).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<MergeRow>> {
    let row = customer_merges::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(MergeRow::as_select()).get_result(c).optional()?))
}

/// Merges into or of a customer, or of anybody, newest first.
pub(super) fn select(
    conn: &mut Conn,
    chain: ChainId,
    customer: Option<Id>,
    before: Id,
    limit: i64,
) -> Result<Vec<MergeRow>> {
    Ok(each!(conn, c => {
        let mut found = customer_merges::table
            .select(MergeRow::as_select())
            .filter(customer_merges::chain_id.eq(Id::from(chain)).and(customer_merges::id.lt(before)))
            .into_boxed();
        if let Some(customer) = customer {
            found = found.filter(customer_merges::customer_id.eq(customer).or(customer_merges::merged_id.eq(customer)));
        }
        found.order(customer_merges::id.desc()).limit(limit).load(c)?
    }))
}

/// Takes away what is kept of a person's merges, whichever side they were on: it would bring a key back.
pub(crate) fn erase(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<()> {
    let customer = Id::from(customer);
    let own = customer_merges::chain_id.eq(Id::from(chain)).and(
        customer_merges::customer_id
            .eq(customer)
            .or(customer_merges::merged_id.eq(customer)),
    );
    each!(conn, c => diesel::update(customer_merges::table.filter(own))
        .set(customer_merges::content.eq(Vec::<u8>::new()))
        .execute(c)?);
    Ok(())
}
