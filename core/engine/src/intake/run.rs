//! An import at work, in a thread of its own: a few hundred rows at a time at bulk priority, so that tills don't wait.
//! How far it is stands in the import's row, written with the rows themselves: it goes on there, by whichever server.

use super::batch::{self, Batch};
use super::matches::Known;
use super::person::Reading;
use super::read::{self, Table};
use super::row::{self, ImportRow, Stored};
use super::target;
use super::{ImportMapping, ImportState, undo};
use crate::Engine;
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::{Answer, Id, Lane, Tx};
use cardea_domain::Refusal;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Rows of one batch.
pub(super) const ROWS: usize = 500;
/// Batches that wait for the writer while the next one is read.
const AHEAD: usize = 2;

/// Begins to work in the background. Who works already ends at its next batch.
pub(super) fn start(engine: &Engine, actor: &Actor, id: Id) -> Result<()> {
    let (engine, actor) = (engine.clone(), actor.clone());
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let done = match runtime {
            Ok(runtime) => runtime.block_on(work(&engine, &actor, id)),
            Err(e) => Err(Error::internal(e)),
        };
        if let Err(error) = done {
            let refusal = Refusal::from(error);
            tracing::warn!(import = %id.text(), code = refusal.code.as_str(), "an import stopped: {}", refusal.detail.en);
        }
    };
    let thread = std::thread::Builder::new().name("import".into());
    thread.spawn(work).map_err(Error::internal)?;
    Ok(())
}

/// Works until it is done, or somebody else goes on.
pub(super) async fn work(engine: &Engine, actor: &Actor, id: Id) -> Result<()> {
    let chain = actor.chain;
    let found = engine.read(chain, |conn| row::find(conn, chain, id))?;
    let Some(row) = found else { return Ok(()) };
    match row.state.0 {
        ImportState::Undoing => undo::work(engine, actor, id).await,
        ImportState::Checking | ImportState::Running => Run::open(engine, actor, row)?.all().await,
        _ => Ok(()),
    }
}

/// Opens an import's table, with the columns that somebody has chosen.
pub(super) fn open(engine: &Engine, row: &ImportRow) -> Result<Table> {
    let stored = Box::new(Stored::open(engine, row)?);
    read::open(stored, row.format.0, row.encoding()?).map_err(Error::internal)
}

struct Run {
    engine: Engine,
    actor: Actor,
    row: ImportRow,
    mapping: Arc<ImportMapping>,
    reading: Arc<Reading>,
    table: Table,
    /// Whom a dry run would have created.
    seen: Known,
    waiting: VecDeque<JoinHandle<Result<(), Refusal>>>,
}

impl Run {
    fn open(engine: &Engine, actor: &Actor, row: ImportRow) -> Result<Self> {
        let mapping = row.mapping()?;
        let table = open(engine, &row)?;
        let mut reading = Reading::open(engine, actor, (&row, &mapping), table.epoch)?;
        let (own, of) = (&reading.declared.1, row.of());
        let targets = mapping.columns.iter().enumerate();
        let targets = targets.filter_map(|(column, name)| Some((column, target::find(name.as_ref()?, own, of)?)));
        reading.columns = targets.collect();
        Ok(Self {
            engine: engine.clone(),
            actor: actor.clone(),
            row,
            mapping: Arc::new(mapping),
            reading: Arc::new(reading),
            table,
            seen: Known::default(),
            waiting: VecDeque::new(),
        })
    }

    async fn all(mut self) -> Result<()> {
        let done = self.row.rows_done;
        let headers = self.mapping.header_rows as usize;
        let mut at = 0_i64;
        loop {
            let mut cells = Vec::with_capacity(ROWS);
            for record in self
                .table
                .rows
                .by_ref()
                .skip(if at == 0 { headers } else { 0 })
                .take(ROWS)
            {
                cells.push(record.map_err(Error::internal)?);
            }
            if cells.is_empty() {
                break;
            }
            let (from, to) = (at, at + cells.len() as i64);
            at = to;
            // A dry run looks at all of them again: it remembers whom it has seen.
            if to <= done {
                continue;
            }
            let mut batch = Batch {
                from: from.max(done),
                to,
                ready: Vec::new(),
                bad: Vec::new(),
            };
            for (n, cells) in cells.iter().enumerate() {
                let line = (from as u64) + (n as u64) + headers as u64 + 1;
                if cells.iter().all(|cell| cell.is_empty()) || (from + n as i64) < done {
                    continue;
                }
                match self.reading.row(line, cells) {
                    Ok(ready) => batch.ready.push(ready),
                    Err(fault) => batch.bad.push((line, fault)),
                }
            }
            self.send(batch).await?;
        }
        while let Some(last) = self.waiting.pop_front() {
            ended(last).await?;
        }
        self.finish(at).await
    }

    async fn send(&mut self, batch: Batch) -> Result<()> {
        let (id, mapping, reading) = (self.row.id, self.mapping.clone(), self.reading.clone());
        let (engine, actor) = (self.engine.clone(), self.actor.clone());
        let dry = self.row.state.0 == ImportState::Checking;
        let tried = if dry {
            let seen = &mut self.seen;
            Some(engine.read(actor.chain, |conn| batch::tried(conn, &reading, &mapping, &batch, seen))?)
        } else {
            None
        };
        let work = move |tx: &mut Tx<'_>| match &tried {
            Some((tally, bad)) => {
                let row = batch::next(tx, id, ImportState::Checking, batch.from)?;
                batch::advance(tx, row, &batch, tally, (&reading.file, bad))?;
                Answer::ok(&())
            }
            None => batch::write(tx, &reading, (id, &mapping), &batch),
        };
        let sent = async move {
            let done = engine.transact_in(Lane::Bulk, &actor, None, "import.rows", work);
            done.await.map(|_| ())
        };
        self.waiting.push_back(tokio::spawn(sent));
        // So that it is on its way to the writer while the next rows are read.
        tokio::task::yield_now().await;
        while self.waiting.len() > AHEAD {
            if let Some(first) = self.waiting.pop_front() {
                ended(first).await?;
            }
        }
        Ok(())
    }

    async fn finish(&self, rows: i64) -> Result<()> {
        let (id, state) = (self.row.id, self.row.state.0);
        let work = move |tx: &mut Tx<'_>| {
            let mut row = batch::next(tx, id, state, rows)?;
            row.rows_total = Some(rows);
            row.state.0 = match state {
                ImportState::Checking => ImportState::Checked,
                _ => ImportState::Done,
            };
            row.version += 1;
            row::update(tx.conn(), &row)?;
            tx.audit(
                "import.rows",
                id.0,
                serde_json::json!({ "state": row.state.0, "rows": rows }),
            );
            Answer::ok(&())
        };
        let done = self
            .engine
            .transact_in(Lane::Bulk, &self.actor, None, "import.rows", work);
        done.await?;
        Ok(())
    }
}

async fn ended(batch: JoinHandle<Result<(), Refusal>>) -> Result<()> {
    Ok(batch.await.map_err(Error::internal)??)
}
