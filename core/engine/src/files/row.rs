//! The `files` table. A file has a key of its own, which stands in the row sealed under the person's key with the name:
//! whoever destroys the person's key has destroyed the file in every copy.

use crate::each;
use crate::error::{Error, Result};
use crate::keys::{PersonKey, random};
use crate::store::schema::files;
use crate::store::{Conn, Id, Name};
use cardea_domain::id::ChainId;
use cardea_domain::media::MediaType;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

const NONCE: usize = 24;
/// Ids in one statement.
const SOME: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = files)]
pub(super) struct FileRow {
    pub chain_id: Id,
    pub id: Id,
    pub customer_id: Id,
    pub record_id: Option<Id>,
    pub journal_id: Option<Id>,
    pub media_type: Name<MediaType>,
    pub size: i64,
    pub address: Vec<u8>,
    pub thumbnail: Option<Vec<u8>>,
    pub sealed: Vec<u8>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
}

/// What is sealed under the person's key.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    pub name: String,
    /// Hexadecimal.
    key: String,
}

/// Bound to the file: moved to another row, it doesn't open.
pub(crate) fn purpose(file: Id) -> Vec<u8> {
    [b"file/".as_slice(), file.0.as_bytes()].concat()
}

impl Secret {
    pub fn new(name: String) -> Result<Self> {
        let key = Zeroizing::new(random::<32>()?);
        Ok(Self {
            name,
            key: hex::encode(*key),
        })
    }

    pub fn seal(&self, person: &PersonKey, file: Id) -> Result<Vec<u8>> {
        let document = Zeroizing::new(serde_json::to_vec(self)?);
        person.seal_as(&purpose(file), &document).map_err(Error::internal)
    }

    pub fn open(person: &PersonKey, row: &FileRow) -> Result<Self> {
        let document = person.open_as(&purpose(row.id), &row.sealed).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&document)?)
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305> {
        let key = Zeroizing::new(hex::decode(&self.key).map_err(Error::internal)?);
        XChaCha20Poly1305::new_from_slice(&key).map_err(Error::internal)
    }

    /// Seals the file's content.
    pub fn close(&self, clear: &[u8]) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>()?;
        let sealed = self.cipher()?.encrypt(XNonce::from_slice(&nonce), clear);
        Ok([nonce.as_slice(), &sealed.map_err(Error::internal)?].concat())
    }

    /// Opens what [`Secret::close`] made.
    pub fn content(&self, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, sealed) = sealed
            .split_at_checked(NONCE)
            .ok_or_else(|| Error::internal("no file"))?;
        let clear = self.cipher()?.decrypt(XNonce::from_slice(nonce), sealed);
        clear.map_err(Error::internal)
    }
}

pub(super) fn insert(conn: &mut Conn, row: &FileRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(files::table).values(row).execute(c)?);
    Ok(())
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<FileRow>> {
    let row = files::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(FileRow::as_select()).get_result(c).optional()?))
}

/// A customer's files below `before`, newest first.
pub(super) fn select(
    conn: &mut Conn,
    (chain, customer): (ChainId, Id),
    (record, journal): (Option<Id>, Option<Id>),
    before: Id,
    limit: i64,
) -> Result<Vec<FileRow>> {
    Ok(each!(conn, c => {
        let mut found = files::table
            .select(FileRow::as_select())
            .filter(files::chain_id.eq(Id::from(chain)).and(files::customer_id.eq(customer)))
            .filter(files::id.lt(before))
            .into_boxed();
        if let Some(record) = record {
            found = found.filter(files::record_id.eq(record));
        }
        if let Some(journal) = journal {
            found = found.filter(files::journal_id.eq(journal));
        }
        found.order(files::id.desc()).limit(limit).load(c)?
    }))
}

/// Takes a customer's rows away, or those of one record; answers the addresses of the contents, which go once that is
/// committed ([`crate::Engine::remove_contents`]): their keys are gone then.
pub(crate) fn erase(conn: &mut Conn, chain: ChainId, customer: Id, record: Option<Id>) -> Result<Vec<Vec<u8>>> {
    let rows = select(conn, (chain, customer), (record, None), Id(Uuid::max()), i64::MAX)?;
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    for ids in ids.chunks(SOME) {
        let rows = files::table.filter(files::chain_id.eq(Id::from(chain)).and(files::id.eq_any(ids)));
        each!(conn, c => diesel::delete(rows).execute(c)?);
    }
    let addresses = rows.into_iter().flat_map(|row| [Some(row.address), row.thumbnail]);
    Ok(addresses.flatten().collect())
}
