//! What deletion takes of records: the values and what stood in them before. That there was a record stays.

use super::find::record_grams;
use super::read::opened;
use super::{kind, row};
use crate::archive::{CustomerRow, find_customer, forget_files};
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::resource::VersionedRow;
use crate::store::schema::{file_import_changes, record_events, records};
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

/// The texts of a record are found no more.
fn unfind(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow, record: Id) -> Result<()> {
    let chain = customer.chain_id;
    if let Some(row) = row::find(conn, chain.typed(), record)?.filter(|row| !row.content.is_empty())
        && let Some(kind) = kind::Row::find(conn, chain.typed(), row.type_id)?
    {
        let values = opened(keys, customer, record, Some(&row.content))?;
        let found_by = record_grams(keys, &kind.definitions()?, &values);
        words::replace(conn, chain.typed(), record, (&found_by, &BTreeSet::new()))?;
    }
    Ok(())
}

/// Takes a record away without remainder; false: it was changed since, and stays.
pub(crate) fn take_back(conn: &mut Conn, keys: &ChainKeys, chain: Id, record: Id) -> Result<bool> {
    let Some(row) = row::find(conn, chain.typed(), record)? else {
        return Ok(true);
    };
    let customer = find_customer(conn, chain.typed(), row.customer_id.typed())?;
    let Some(customer) = customer.filter(|customer| row.version == 1 && !customer.is_erased()) else {
        return Ok(false);
    };
    unfind(conn, keys, &customer, record)?;
    let events = record_events::chain_id
        .eq(chain)
        .and(record_events::record_id.eq(record));
    each!(conn, c => {
        diesel::delete(record_events::table.filter(events)).execute(c)?;
        diesel::delete(records::table.find((chain, record))).execute(c)?;
    });
    Ok(true)
}

/// One record of a customer.
pub(crate) fn erase_one(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow, record: RecordId) -> Result<()> {
    let (chain, record) = (customer.chain_id, Id::from(record));
    unfind(conn, keys, customer, record)?;
    let imported = file_import_changes::table
        .select(file_import_changes::import_id)
        .distinct()
        .filter(
            file_import_changes::chain_id
                .eq(chain)
                .and(file_import_changes::subject_id.eq(record)),
        );
    let files: Vec<Id> = each!(conn, c => imported.load(c)?);
    forget_files(conn, chain, &files)?;
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
