//! The `records` and `record_events` tables.

use super::read::RecordEventKind;
use crate::each;
use crate::error::{Error, Result};
use crate::keys::PersonKey;
use crate::store::schema::{record_events, records};
use crate::store::{Conn, Id, Name};
use cardea_domain::fields::WrittenValues;
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use zeroize::Zeroizing;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = records, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct RecordRow {
    pub chain_id: Id,
    pub id: Id,
    pub type_id: Id,
    pub customer_id: Id,
    pub board_value: Option<String>,
    pub content: Vec<u8>,
    pub active: bool,
    pub created_at: i64,
    pub changed_at: i64,
    pub version: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = record_events)]
pub(super) struct EventRow {
    pub chain_id: Id,
    pub record_id: Id,
    pub id: Id,
    pub kind: Name<RecordEventKind>,
    pub moved_from: Option<String>,
    pub moved_to: Option<String>,
    pub fields: String,
    pub earlier: Option<Vec<u8>>,
    pub staff_id: Option<Id>,
    pub at: i64,
}

/// Bound to the record: moved to another row, it doesn't open.
pub(crate) fn purpose(record: Id) -> Vec<u8> {
    [b"record/".as_slice(), record.0.as_bytes()].concat()
}

pub(super) fn seal(key: &PersonKey, record: Id, values: &WrittenValues) -> Result<Vec<u8>> {
    let document = Zeroizing::new(serde_json::to_vec(values)?);
    key.seal_as(&purpose(record), &document).map_err(Error::internal)
}

pub(super) fn open(key: &PersonKey, record: Id, sealed: &[u8]) -> Result<WrittenValues> {
    let document = key.open_as(&purpose(record), sealed).map_err(Error::internal)?;
    Ok(serde_json::from_slice(&document)?)
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<RecordRow>> {
    Ok(each!(conn, c => records::table
        .find((Id::from(chain), id))
        .select(RecordRow::as_select())
        .get_result(c)
        .optional()?))
}

pub(super) fn insert(conn: &mut Conn, row: &RecordRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(records::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn update(conn: &mut Conn, row: &RecordRow) -> Result<()> {
    each!(conn, c => diesel::update(records::table.find((row.chain_id, row.id))).set(row).execute(c)?);
    Ok(())
}

pub(super) fn tell(conn: &mut Conn, event: &EventRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(record_events::table).values(event).execute(c)?);
    Ok(())
}
