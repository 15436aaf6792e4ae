//! Uploading a file, saying what it means, and telling an import what to do.

use super::row::{self, ImportRow, Preview, Stored as StoredFile};
use super::target::{self, propose};
use super::{FileFormat, FileImport, FileImportChange, ImportMapping, ImportState, ImportWork, OnMatch};
use super::{header_hash, read, run};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::import::Encoding;
use crate::input::{self, Stored, Written, check_version, field, not_found};
use crate::keys::PersonKey;
use crate::merge::DuplicateKind;
use crate::record::RecordType;
use crate::store::schema::{file_import_changes, file_import_faults, file_imports};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name, Tx};
use crate::store_admin::Store;
use crate::{Engine, each};
use cardea_domain::id::{FileImportId, RecordTypeId};
use cardea_domain::sheet::Cell;
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde_json::json;
use std::io::Read;
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of one sealed part.
const PART: usize = 1 << 20;

/// Rows that are looked at for headers and samples.
const SAMPLE: usize = 12;

fn no_table() -> Refusal {
    field(
        "/file",
        "不是 CSV、XLSX 或 XLS 文件，或已损坏，或有密码",
        "Not a CSV, XLSX or XLS file, or damaged, or it has a password",
    )
}

/// The first rows of a file.
fn look(
    bytes: Box<dyn Read + Send>,
    format: FileFormat,
    told: Option<Encoding>,
) -> Result<(Vec<Vec<Cell>>, Preview), Refusal> {
    let unreadable = |e: std::io::Error| {
        tracing::info!(error = %e, "an uploaded file can't be read");
        no_table()
    };
    let table = read::open(bytes, format, told).map_err(unreadable)?;
    let rows: Vec<Vec<Cell>> = table.rows.take(SAMPLE).collect::<Result<_, _>>().map_err(unreadable)?;
    let preview = Preview {
        rows: target::texts(&rows, table.epoch),
        encoding: table.encoding,
    };
    Ok((rows, preview))
}

/// Workbooks take their time.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn begin_again(conn: &mut Conn, row: &mut ImportRow) -> Result<()> {
    let faults = file_import_faults::chain_id
        .eq(row.chain_id)
        .and(file_import_faults::import_id.eq(row.id));
    each!(conn, c => diesel::delete(file_import_faults::table.filter(faults)).execute(c)?);
    row.rows_done = 0;
    (
        row.created_count,
        row.updated_count,
        row.skipped_count,
        row.bad_count,
        row.kept_count,
    ) = (0, 0, 0, 0, 0);
    Ok(())
}

fn not_now() -> Refusal {
    Refusal::new(Code::InUse, "导入正在进行或已完成", "The import is at work, or done")
}

impl Engine {
    /// Takes a file of customers, or of records of a type, sealed under a key of its own, and proposes what its columns mean.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for what is no table.
    pub async fn upload_import(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        (name, kind): (&str, Option<RecordTypeId>),
        bytes: Arc<[u8]>,
    ) -> Result<Written<FileImport>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let name = input::text(name, 200, "/name")?;
        let known = kind.map(|kind| self.one::<RecordType>(actor, kind)).transpose();
        known.map_err(|refusal| refusal.at("/type_id"))?;
        let format = FileFormat::of(&bytes).ok_or_else(no_table)?;
        let id = FileImportId(Uuid::now_v7());
        let keys = self.keys().chain(actor.chain);
        let (file_key, data_key) = keys.new_person(id.0.into()).map_err(Error::internal)?;
        let parts = bytes.len().div_ceil(PART).max(1);
        let mut row = ImportRow {
            chain_id: actor.chain.into(),
            id: id.into(),
            name,
            type_id: kind.map(Id::from),
            format: Name(format),
            encoding: None,
            state: Name(ImportState::Uploaded),
            data_key,
            parts: i32::try_from(parts).map_err(Error::internal)?,
            header_hash: None,
            preview: Vec::new(),
            mapping: String::new(),
            rows_total: None,
            rows_done: 0,
            created_count: 0,
            updated_count: 0,
            skipped_count: 0,
            bad_count: 0,
            kept_count: 0,
            staff_id: actor.staff.map(Id::from),
            created_at: self.clock().business(actor.chain).0,
            version: 1,
        };
        let file = bytes.clone();
        let seen = blocking(move || look(Box::new(std::io::Cursor::new(file)), format, None)).await?;
        let mapping = self.proposal(actor, &mut row, &file_key, &seen)?;
        row.mapping = serde_json::to_string(&mapping).map_err(Error::from)?;
        let first = bytes.clone();
        let begin = move |tx: &mut Tx<'_>| {
            each!(tx.conn(), c => diesel::insert_into(file_imports::table).values(&row).execute(c)?);
            let first = first.chunks(PART).next().unwrap_or_default();
            row::save_part(tx.conn(), &row, &file_key, 0, first)?;
            let detail = json!({ "format": row.format.0, "parts": row.parts });
            tx.audit("import.upload", id.0, detail);
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "import.upload", begin).await?;
        let kept = Written::read(answered, |id| {
            self.read(actor.chain, |conn| {
                row::find(conn, actor.chain, Id(id))?.ok_or_else(|| not_found().into())
            })
        })?;
        self.keep_parts(actor, &kept.value, &bytes).await?;
        Ok(Written {
            status: kept.status,
            replayed: kept.replayed,
            value: self.file_import_view(actor, kept.value.id)?,
        })
    }

    /// Keeps the parts that aren't there yet: an upload that was cut off is completed by its repetition.
    async fn keep_parts(&self, actor: &Actor, row: &ImportRow, bytes: &Arc<[u8]>) -> Result<(), Refusal> {
        // Somebody who stood in it was erased, and the file with them.
        if row.data_key.is_empty() {
            return Ok(());
        }
        let seal = Arc::new(row.key(&self.keys().chain(actor.chain))?);
        for part in 1..row.parts {
            let (row, seal, bytes) = (row.clone(), seal.clone(), bytes.clone());
            let more = move |tx: &mut Tx<'_>| {
                if !row::has_part(tx.conn(), &row, part)? {
                    let content = bytes.chunks(PART).nth(part as usize).unwrap_or_default();
                    row::save_part(tx.conn(), &row, &seal, part, content)?;
                }
                Answer::ok(&())
            };
            self.transact_in(Lane::Bulk, actor, None, "import.part", more).await?;
        }
        Ok(())
    }

    /// What the chain said of such headers last, or what they suggest; notes in the row what is shown of the file.
    fn proposal(
        &self,
        actor: &Actor,
        row: &mut ImportRow,
        key: &PersonKey,
        (rows, preview): &(Vec<Vec<Cell>>, Preview),
    ) -> Result<ImportMapping, Refusal> {
        let chain = actor.chain;
        let (_, own) = self.read(chain, |conn| row.declared(conn))?;
        let proposal = propose(rows, &own, row.of());
        let hash = header_hash(row.type_id, &proposal.titles);
        let remembered = self.read(chain, |conn| row::remembered(conn, row, &hash))?;
        row.header_hash = Some(hash);
        row.preview = preview.seal(key)?;
        Ok(remembered.unwrap_or_else(|| ImportMapping {
            header_rows: u32::try_from(proposal.header_rows).unwrap_or_default(),
            columns: proposal.targets.clone(),
            store_id: None,
            match_by: DuplicateKind::ALL.to_vec(),
            on_match: OnMatch::Skip,
        }))
    }

    fn check_mapping(&self, actor: &Actor, id: FileImportId, mapping: &ImportMapping) -> Result<(), Refusal> {
        let chain = actor.chain;
        let (of, own) = self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            Ok((row.of(), row.declared(conn)?.1))
        })?;
        if mapping.header_rows > 20 {
            return Err(field("/mapping/header_rows", "最多 20 行", "At most 20"));
        }
        for (at, name) in mapping.columns.iter().enumerate() {
            let Some(name) = name else { continue };
            let pointer = format!("/mapping/columns/{at}");
            if target::find(name, &own, of).is_none() {
                return Err(field(&pointer, "没有这个字段", "There is no such field"));
            }
            if name != "phone" && mapping.columns[..at].contains(&Some(name.clone())) {
                return Err(field(
                    &pointer,
                    "另一列已是这个字段",
                    "Another column is this field already",
                ));
            }
        }
        if let Some(store) = mapping.store_id {
            self.one::<Store>(actor, store)
                .map_err(|refusal| refusal.at("/mapping/store_id"))?;
        }
        Ok(())
    }

    /// Says what a file means, before it is imported.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`; `in_use` once rows were imported.
    pub async fn change_file_import(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: FileImportId,
        version: i64,
        change: FileImportChange,
    ) -> Result<Written<FileImport>, Refusal> {
        actor.require(Action::ImportRun, None)?;
        if let Some(mapping) = &change.mapping {
            self.check_mapping(actor, id, mapping)?;
        }
        let looked = self.looked_again(actor, id, &change).await?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            check_version(row.version, version)?;
            if !matches!(
                row.state.0,
                ImportState::Uploaded | ImportState::Checked | ImportState::Undone
            ) {
                return Err(not_now().into());
            }
            begin_again(tx.conn(), &mut row)?;
            row.state.0 = ImportState::Uploaded;
            if let Some(seen) = &looked {
                (row.encoding, row.preview) = (seen.encoding.clone(), seen.preview.clone());
                (row.header_hash, row.mapping) = (seen.header_hash.clone(), seen.mapping.clone());
            }
            if let Some(mapping) = &change.mapping {
                row.mapping = serde_json::to_string(mapping)?;
            }
            row.version += 1;
            row::update(tx.conn(), &row)?;
            tx.audit("import.change", id.0, json!({ "version": row.version }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "import.change", work).await?;
        Written::read(answered, |id| self.file_import_view(actor, Id(id)))
    }

    /// The file in the encoding that somebody has chosen: other characters may be other headers.
    async fn looked_again(
        &self,
        actor: &Actor,
        id: FileImportId,
        change: &FileImportChange,
    ) -> Result<Option<ImportRow>, Refusal> {
        let Some(encoding) = change.encoding else {
            return Ok(None);
        };
        let chain = actor.chain;
        let mut row = self.read(chain, |conn| {
            row::find(conn, chain, id.into())?.ok_or_else(|| not_found().into())
        })?;
        let stored = StoredFile::open(self, &row)?;
        let format = row.format.0;
        let seen = blocking(move || look(Box::new(stored), format, Some(encoding))).await?;
        let key = row.key(&self.keys().chain(chain))?;
        let mapping = self.proposal(actor, &mut row, &key, &seen)?;
        row.mapping = serde_json::to_string(&mapping).map_err(Error::from)?;
        row.encoding = serde_json::to_value(encoding)
            .map_err(Error::from)?
            .as_str()
            .map(ToOwned::to_owned);
        Ok(Some(row))
    }

    /// Tries an import, runs it, goes on with it, or takes it back: in the background, told by its state.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `in_use` for what its state doesn't permit.
    pub async fn work_file_import(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: FileImportId,
        what: ImportWork,
    ) -> Result<Written<FileImport>, Refusal> {
        let answered = self.order(actor, key, id, what).await?;
        if !answered.replayed {
            run::start(self, actor, id.into())?;
        }
        Written::read(answered, |id| self.file_import_view(actor, Id(id)))
    }

    /// As [`Engine::work_file_import`], but waits until it is done.
    ///
    /// # Errors
    /// As there.
    pub async fn finish_file_import(
        &self,
        actor: &Actor,
        id: FileImportId,
        what: ImportWork,
    ) -> Result<FileImport, Refusal> {
        self.order(actor, None, id, what).await?;
        run::work(self, actor, id.into()).await?;
        self.file_import(actor, id)
    }

    async fn order(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: FileImportId,
        what: ImportWork,
    ) -> Result<crate::store::Answered, Refusal> {
        actor.require(Action::ImportRun, None)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            let next = step(row.state.0, what).ok_or_else(not_now)?;
            match next {
                // It goes on where it was.
                same if same == row.state.0 && what != ImportWork::Check => {}
                ImportState::Undoing => row.rows_done = touched(tx.conn(), &row)?,
                _ => begin_again(tx.conn(), &mut row)?,
            }
            row.state.0 = next;
            row.version += 1;
            row::update(tx.conn(), &row)?;
            tx.audit("import.order", id.0, json!({ "step": what }));
            Answer::ok(&Stored::of(id))
        };
        self.transact(actor, key, "import.order", work).await
    }
}

/// The state that work leads to; None where it isn't permitted.
fn step(now: ImportState, what: ImportWork) -> Option<ImportState> {
    use ImportState::{Checked, Checking, Done, Running, Undoing, Undone, Uploaded};
    match (what, now) {
        // A dry run begins anew: what it had seen is nowhere kept.
        (ImportWork::Check, Uploaded | Checking | Checked | Undone) => Some(Checking),
        (ImportWork::Run, Uploaded | Checked | Checking | Undone | Running) => Some(Running),
        (ImportWork::Undo, Running | Done | Undoing) => Some(Undoing),
        _ => None,
    }
}

/// Lines that have touched a customer.
fn touched(conn: &mut Conn, row: &ImportRow) -> Result<i64> {
    let of = file_import_changes::chain_id
        .eq(row.chain_id)
        .and(file_import_changes::import_id.eq(row.id));
    Ok(each!(conn, c => file_import_changes::table.filter(of).count().get_result(c)?))
}
