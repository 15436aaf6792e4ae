//! Customers from other systems' files (D-ARC-13): uploaded and sealed, columns proposed from their headers, tried, then
//! imported in the background; bad rows come back as a file, and an import can be taken back.

mod batch;
mod download;
mod matches;
mod person;
mod read;
mod row;
mod run;
mod target;
mod undo;
mod upkeep;
mod write;

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::import::Encoding;
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::merge::DuplicateKind;
use crate::page::{Page, PageArgs};
use crate::store::schema::file_import_faults;
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::id::{FileImportId, RecordTypeId, StaffId, StoreId};
use cardea_domain::{Instant, Refusal, Text, named};
use diesel::prelude::*;
use row::{ImportRow, Preview};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

pub use read::FileFormat;
pub(crate) use read::open as open_table;
pub(crate) use target::{Of, all as targets, header as plain_header};
pub(crate) use upkeep::{forget_old, go_on};

named! {
/// How far an import is.
pub enum ImportState {
    Uploaded = "uploaded",
    /// A dry run.
    Checking = "checking",
    Checked = "checked",
    Running = "running",
    Done = "done",
    Undoing = "undoing",
    Undone = "undone",
}
}

named! {
/// What becomes of a row whose customer is known.
#[derive(Default)]
pub enum OnMatch {
    /// It is left out.
    #[default]
    Skip = "skip",
    /// What it says is written over what is known; empty cells say nothing.
    Update = "update",
    /// Another customer, but for a known number in another system.
    Create = "create",
}
}

/// What a file means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportMapping {
    /// Rows before the first customer.
    #[schema(minimum = 0, maximum = 20)]
    pub header_rows: u32,
    /// What each column means, the name of one of `targets`; null: nothing. Phones may come from several columns.
    #[schema(example = json!(["name", "phone", null]))]
    pub columns: Vec<Option<String>>,
    /// Where customers without a store of their own are registered.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// By what customers are known; of several the number in another system decides, then the identity number.
    pub match_by: Vec<DuplicateKind>,
    pub on_match: OnMatch,
}

/// What a column may mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportTarget {
    #[schema(example = "own.skin")]
    pub name: String,
    pub label: Text,
}

/// A column of a file.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImportColumn {
    pub title: String,
    /// The first values, as they are read; only for who has uploaded the file.
    pub sample: Vec<String>,
}

/// An import of customers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FileImport {
    #[schema(value_type = Uuid)]
    pub id: FileImportId,
    /// The file's name.
    pub name: String,
    /// Of the records in it; null: customers.
    #[schema(value_type = Option<Uuid>)]
    pub type_id: Option<RecordTypeId>,
    pub format: FileFormat,
    /// What a CSV file is written in, as it seems or as somebody has chosen.
    pub encoding: Option<Encoding>,
    pub state: ImportState,
    pub mapping: ImportMapping,
    /// Not in lists.
    pub columns: Vec<ImportColumn>,
    /// What a column may mean. Not in lists.
    pub targets: Vec<ImportTarget>,
    /// Rows of the file, once it was read to its end.
    pub rows: Option<i64>,
    /// Rows dealt with; while an import is taken back, lines that are left.
    pub done: i64,
    /// In a dry run, those that would be.
    pub created: i64,
    pub updated: i64,
    /// Known already, or nothing in them was new.
    pub skipped: i64,
    pub bad: i64,
    /// Customers that were used or changed since, and stayed when the import was taken back.
    pub kept: i64,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Absent fields stay as they are. What was tried is as good as untried after a change.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileImportChange {
    pub encoding: Option<Encoding>,
    pub mapping: Option<ImportMapping>,
}

/// What to do with an import.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportStep {
    pub step: ImportWork,
}

named! {
/// What an import is told to do.
pub enum ImportWork {
    /// Say what would happen, write nothing.
    Check = "check",
    /// Import, or go on where it stopped.
    Run = "run",
    /// Take it back.
    Undo = "undo",
}
}

/// A row that can't be imported.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct BadImportRow {
    /// Of the file, from 1.
    pub line: i64,
    /// The column at fault, from 0; null: the row as a whole.
    pub column: Option<i32>,
    pub detail: Text,
}

/// Values shown of a column.
const SHOWN: usize = 3;

/// Files with the same headers are read the same way, if they hold the same.
fn header_hash(kind: Option<Id>, titles: &[String]) -> Vec<u8> {
    let kind = kind.map_or_else(String::new, Id::text);
    let titles = &titles[..target::own_width(titles)];
    Sha256::digest(format!("{kind}\u{1e}{}", titles.join("\u{1f}"))).to_vec()
}

fn view(row: ImportRow) -> Result<FileImport> {
    Ok(FileImport {
        id: row.id.typed(),
        mapping: row.mapping()?,
        encoding: row.encoding()?,
        name: row.name,
        type_id: row.type_id.map(Id::typed),
        format: row.format.0,
        state: row.state.0,
        columns: Vec::new(),
        targets: Vec::new(),
        rows: row.rows_total,
        done: row.rows_done,
        created: row.created_count,
        updated: row.updated_count,
        skipped: row.skipped_count,
        bad: row.bad_count,
        kept: row.kept_count,
        staff_id: row.staff_id.map(Id::typed),
        created_at: Instant(row.created_at),
        version: row.version,
    })
}

fn bad_rows(
    conn: &mut Conn,
    (keys, row): (&ChainKeys, &ImportRow),
    after: i64,
    limit: i64,
) -> Result<Vec<BadImportRow>> {
    let of = file_import_faults::chain_id
        .eq(row.chain_id)
        .and(file_import_faults::import_id.eq(row.id));
    let rows: Vec<(i64, i32, Vec<u8>)> = each!(conn, c => file_import_faults::table
        .select((file_import_faults::line, file_import_faults::place, file_import_faults::reason))
        .filter(of.and(file_import_faults::line.gt(after)))
        .order(file_import_faults::line)
        .limit(limit)
        .load(c)?);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = row.key(keys)?;
    let bad = |(line, place, reason): (i64, i32, Vec<u8>)| {
        Ok(BadImportRow {
            line,
            column: (place >= 0).then_some(place),
            detail: row::open_reason(&key, line, &reason)?,
        })
    };
    rows.into_iter().map(bad).collect()
}

impl Engine {
    /// Imports of customers, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn file_imports(&self, actor: &Actor, page: &PageArgs) -> Result<Page<FileImport>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let rows = self.read(actor.chain, |conn| {
            row::select(conn, actor.chain, before, limit as i64 + 1)
        })?;
        let views = rows.into_iter().map(view).collect::<Result<_>>()?;
        Ok(Page::cut(views, limit, |import| import.id.to_string()))
    }

    /// One import, with its columns.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn file_import(&self, actor: &Actor, id: FileImportId) -> Result<FileImport, Refusal> {
        actor.require(Action::ImportRun, None)?;
        Ok(self.file_import_view(actor, id.into())?)
    }

    fn file_import_view(&self, actor: &Actor, id: Id) -> Result<FileImport> {
        let chain = actor.chain;
        let (row, own) = self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            let (_, own) = row.declared(conn)?;
            Ok((row, own))
        })?;
        if row.data_key.is_empty() {
            return view(row);
        }
        let preview = Preview::open(&row, &self.keys().chain(chain))?;
        let own_file = row.staff_id == actor.staff.map(Id::from);
        let (of, headers) = (row.of(), row.mapping()?.header_rows as usize);
        let titles = target::titles(&preview.rows, headers);
        let column = |(at, (over, title)): (usize, &(String, String))| {
            let values = preview.rows.iter().skip(headers).filter_map(|row| row.get(at));
            let texts = values.filter(|text| own_file && !text.is_empty()).cloned();
            ImportColumn {
                title: target::shown(over, title),
                sample: texts.take(SHOWN).collect(),
            }
        };
        Ok(FileImport {
            columns: titles.iter().enumerate().map(column).collect(),
            targets: target::all(&own, of),
            encoding: preview.encoding,
            ..view(row)?
        })
    }

    /// Rows that can't be imported, in the file's order.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit, cursor).
    pub fn bad_import_rows(
        &self,
        actor: &Actor,
        id: FileImportId,
        page: &PageArgs,
    ) -> Result<Page<BadImportRow>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let limit = page.limit()?;
        let wrong = |_| {
            Refusal::new(
                cardea_domain::Code::BodyInvalid,
                "after 不是有效的游标",
                "after isn't a cursor",
            )
            .at("/after")
        };
        let after: i64 = page.after.as_deref().map_or(Ok(0), str::parse).map_err(wrong)?;
        let keys = self.keys().chain(actor.chain);
        let rows = self.read(actor.chain, |conn| {
            let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
            bad_rows(conn, (&keys, &row), after, limit as i64 + 1)
        })?;
        Ok(Page::cut(rows, limit, |row| row.line.to_string()))
    }
}
