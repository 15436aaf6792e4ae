//! The tables of customers' imports. Uploaded files are sealed under a key of their own, which goes with them.

use super::read::FileFormat;
use super::target::Of;
use super::{ImportMapping, ImportState};
use crate::each;
use crate::error::{Error, Result};
use crate::fields::{self, CUSTOMER};
use crate::import::Encoding;
use crate::input::erased;
use crate::keys::{ChainKeys, PersonKey};
use crate::store::schema::{file_import_parts, file_imports};
use crate::store::{Conn, Id, Name};
use cardea_domain::Text;
use cardea_domain::fields::FieldDefinition;
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = file_imports, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct ImportRow {
    pub chain_id: Id,
    pub id: Id,
    pub name: String,
    pub type_id: Option<Id>,
    pub format: Name<FileFormat>,
    pub encoding: Option<String>,
    pub state: Name<ImportState>,
    pub data_key: Vec<u8>,
    pub parts: i32,
    pub header_hash: Option<Vec<u8>>,
    pub preview: Vec<u8>,
    pub mapping: String,
    pub rows_total: Option<i64>,
    pub rows_done: i64,
    pub created_count: i64,
    pub updated_count: i64,
    pub skipped_count: i64,
    pub bad_count: i64,
    pub kept_count: i64,
    pub staff_id: Option<Id>,
    pub created_at: i64,
    pub version: i64,
}

impl ImportRow {
    pub fn of(&self) -> Of {
        if self.type_id.is_some() {
            Of::Records
        } else {
            Of::Customers
        }
    }

    /// The newest declarations of what the file may hold beside the known fields.
    pub fn declared(&self, conn: &mut Conn) -> Result<(i32, Vec<FieldDefinition>)> {
        let subject = self.type_id.map_or_else(|| CUSTOMER.to_owned(), Id::text);
        fields::current(conn, self.chain_id.typed(), &subject)
    }

    pub fn mapping(&self) -> Result<ImportMapping> {
        Ok(serde_json::from_str(&self.mapping)?)
    }

    /// What the file is written in, as somebody has chosen; None: as it seems.
    pub fn encoding(&self) -> Result<Option<Encoding>> {
        let read = |name: &String| serde_json::from_value(name.clone().into());
        Ok(self.encoding.as_ref().map(read).transpose()?)
    }

    /// The file's key.
    ///
    /// # Errors
    /// `erased` once the file is gone.
    pub fn key(&self, keys: &ChainKeys) -> Result<PersonKey> {
        if self.data_key.is_empty() {
            return Err(erased().into());
        }
        keys.open_person(self.id.typed(), &self.data_key)
            .map_err(Error::internal)
    }
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<ImportRow>> {
    let row = file_imports::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(ImportRow::as_select()).get_result(c).optional()?))
}

pub(super) fn select(conn: &mut Conn, chain: ChainId, before: Id, limit: i64) -> Result<Vec<ImportRow>> {
    Ok(each!(conn, c => file_imports::table
        .select(ImportRow::as_select())
        .filter(file_imports::chain_id.eq(Id::from(chain)).and(file_imports::id.lt(before)))
        .order(file_imports::id.desc())
        .limit(limit)
        .load(c)?))
}

/// The mapping of the newest import with these headers.
pub(super) fn remembered(conn: &mut Conn, row: &ImportRow, headers: &[u8]) -> Result<Option<ImportMapping>> {
    let found: Option<String> = each!(conn, c => file_imports::table
        .select(file_imports::mapping)
        .filter(file_imports::chain_id.eq(row.chain_id).and(file_imports::header_hash.eq(headers)))
        .filter(file_imports::id.ne(row.id))
        .order(file_imports::id.desc())
        .get_result(c)
        .optional()?);
    Ok(found.as_deref().map(serde_json::from_str).transpose()?)
}

pub(super) fn update(conn: &mut Conn, row: &ImportRow) -> Result<()> {
    each!(conn, c => diesel::update(file_imports::table.find((row.chain_id, row.id))).set(row).execute(c)?);
    Ok(())
}

fn purpose_of_fault(line: i64) -> Vec<u8> {
    [b"import-fault/".as_slice(), &line.to_be_bytes()].concat()
}

/// A reason may say what stands in the file: it goes when the file goes.
pub(super) fn seal_reason(key: &PersonKey, line: i64, reason: &Text) -> Result<Vec<u8>> {
    let clear = zeroize::Zeroizing::new(serde_json::to_vec(reason)?);
    key.seal_as(&purpose_of_fault(line), &clear).map_err(Error::internal)
}

pub(super) fn open_reason(key: &PersonKey, line: i64, sealed: &[u8]) -> Result<Text> {
    let clear = key.open_as(&purpose_of_fault(line), sealed).map_err(Error::internal)?;
    Ok(serde_json::from_slice(&clear)?)
}

/// What is shown of a file.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Preview {
    /// The first ones.
    pub rows: Vec<Vec<String>>,
    pub encoding: Option<Encoding>,
}

impl Preview {
    pub fn seal(&self, key: &PersonKey) -> Result<Vec<u8>> {
        let clear = zeroize::Zeroizing::new(serde_json::to_vec(self)?);
        key.seal_as(b"import-preview", &clear).map_err(Error::internal)
    }

    pub fn open(row: &ImportRow, keys: &ChainKeys) -> Result<Self> {
        let key = row.key(keys)?;
        let clear = key.open_as(b"import-preview", &row.preview).map_err(Error::internal)?;
        Ok(serde_json::from_slice(&clear)?)
    }
}

fn purpose(part: i32) -> Vec<u8> {
    [b"import/".as_slice(), &part.to_be_bytes()].concat()
}

pub(super) fn save_part(conn: &mut Conn, row: &ImportRow, key: &PersonKey, part: i32, bytes: &[u8]) -> Result<()> {
    let content = key.seal_as(&purpose(part), bytes).map_err(Error::internal)?;
    let values = (
        file_import_parts::chain_id.eq(row.chain_id),
        file_import_parts::import_id.eq(row.id),
        file_import_parts::part.eq(part),
        file_import_parts::content.eq(content),
    );
    each!(conn, c => diesel::insert_into(file_import_parts::table).values(values).execute(c)?);
    Ok(())
}

pub(super) fn has_part(conn: &mut Conn, row: &ImportRow, part: i32) -> Result<bool> {
    let own = file_import_parts::table.find((row.chain_id, row.id, part));
    Ok(each!(conn, c => diesel::select(diesel::dsl::exists(own)).get_result(c)?))
}

/// An uploaded file, opened part by part.
pub(super) struct Stored {
    pub engine: crate::Engine,
    pub row: ImportRow,
    pub key: PersonKey,
    pub part: i32,
    pub buffer: io::Cursor<zeroize::Zeroizing<Vec<u8>>>,
}

impl Stored {
    pub fn open(engine: &crate::Engine, row: &ImportRow) -> Result<Self> {
        let keys = engine.keys().chain(row.chain_id.typed());
        Ok(Self {
            engine: engine.clone(),
            key: row.key(&keys)?,
            row: row.clone(),
            part: 0,
            buffer: io::Cursor::default(),
        })
    }

    fn next(&mut self) -> Result<()> {
        let (chain, import, part) = (self.row.chain_id, self.row.id, self.part);
        let content: Vec<u8> = self.engine.read(chain.typed::<ChainId>(), |conn| {
            let row = file_import_parts::table
                .find((chain, import, part))
                .select(file_import_parts::content);
            Ok(each!(conn, c => row.get_result(c)?))
        })?;
        let clear = self
            .key
            .open_as(&purpose(self.part), &content)
            .map_err(Error::internal)?;
        self.buffer = io::Cursor::new(clear);
        self.part += 1;
        Ok(())
    }
}

impl Read for Stored {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let position = usize::try_from(self.buffer.position()).unwrap_or(usize::MAX);
            let left = self.buffer.get_ref().get(position..).unwrap_or_default();
            if !left.is_empty() {
                let length = left.len().min(out.len());
                out[..length].copy_from_slice(&left[..length]);
                self.buffer.set_position((position + length) as u64);
                return Ok(length);
            }
            if self.part >= self.row.parts {
                return Ok(0);
            }
            self.next().map_err(|e| io::Error::other(e.to_string()))?;
        }
    }
}
