//! What deletion takes of records: the values and what stood in them before. That there was a record stays.

use super::find::record_grams;
use super::read::opened;
use super::{kind, row};
use crate::archive::CustomerRow;
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::resource::VersionedRow;
use crate::store::schema::{record_events, records};
use crate::store::{Conn, Id};
use crate::words;
use cardea_domain::id::RecordId;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// All records about a person, before that person's key goes.
pub(crate) fn erase(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow) -> Result<()> {
    let own = records::chain_id
        .eq(customer.chain_id)
        .and(records::customer_id.eq(customer.id));
    let ids: Vec<Id> = each!(conn, c => records::table.select(records::id).filter(own).load(c)?);
    ids.into_iter()
        .try_for_each(|id| erase_one(conn, keys, customer, id.typed()))
}

/// One record of a customer.
pub(crate) fn erase_one(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow, record: RecordId) -> Result<()> {
    let (chain, record) = (customer.chain_id, Id::from(record));
    if let Some(row) = row::find(conn, chain.typed(), record)?.filter(|row| !row.content.is_empty())
        && let Some(kind) = kind::Row::find(conn, chain.typed(), row.type_id)?
    {
        let values = opened(keys, customer, record, Some(&row.content))?;
        let found_by = record_grams(keys, &kind.definitions()?, &values);
        words::replace(conn, chain.typed(), record, (&found_by, &BTreeSet::new()))?;
    }
    let events = record_events::chain_id
        .eq(chain)
        .and(record_events::record_id.eq(record));
    each!(conn, c => {
        diesel::update(record_events::table.filter(events))
            .set((
                record_events::earlier.eq(None::<Vec<u8>>),
                record_events::moved_from.eq(None::<String>),
                record_events::moved_to.eq(None::<String>),
            ))
            .execute(c)?;
        diesel::update(records::table.find((chain, record)))
            .set((
                records::content.eq(Vec::<u8>::new()),
                records::board_value.eq(None::<String>),
                records::active.eq(false),
                records::version.eq(records::version + 1),
            ))
            .execute(c)?;
    });
    Ok(())
}
