//! `cardea import customers`: customers of other systems.

use crate::settings::Settings;
use anyhow::{Context, bail};
use cardea_domain::id::{FileImportId, StoreId};
use cardea_engine::intake::{FileImport, FileImportChange, ImportState, ImportWork, OnMatch};
use cardea_engine::store_admin::{Store, StoreQuery};
use cardea_engine::{Actor, Engine, Error, import};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(clap::Args)]
pub struct Customers {
    /// .csv, .xlsx or .xls; its columns are known by their headers, or as they were chosen last for such a file
    #[arg(required_unless_present_any = ["go_on", "undo"])]
    file: Option<PathBuf>,
    /// Code of the chain
    #[arg(long)]
    chain: String,
    /// Code of the store of customers without one of their own
    #[arg(long)]
    store: Option<String>,
    /// utf-8, gb18030 or latin1; else as the file seems to be
    #[arg(long)]
    encoding: Option<String>,
    /// What becomes of known customers: skip, update or create
    #[arg(long, default_value = "skip")]
    on_match: OnMatch,
    /// Say what would happen, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Where rows that can't be imported go, to be mended and imported again
    #[arg(long, value_name = "CSV")]
    bad_rows: Option<PathBuf>,
    /// Go on with an import that was stopped
    #[arg(long, value_name = "ID")]
    go_on: Option<FileImportId>,
    /// Take an import back
    #[arg(long, value_name = "ID", conflicts_with_all = ["go_on", "dry_run"])]
    undo: Option<FileImportId>,
}

impl Customers {
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let engine = crate::app::open(settings)?;
        let chain =
            import::chain(&engine, &self.chain)?.with_context(|| format!("there is no chain {}", self.chain))?;
        let actor = Actor::system(chain);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(self.work(&engine, &actor))
    }

    async fn work(&self, engine: &Engine, actor: &Actor) -> anyhow::Result<ExitCode> {
        let (id, what) = match (self.undo, self.go_on, &self.file) {
            (Some(id), ..) => (id, ImportWork::Undo),
            (None, Some(id), _) => (id, ImportWork::Run),
            (None, None, Some(file)) => {
                let id = self.upload(engine, actor, file).await?;
                (
                    id,
                    if self.dry_run {
                        ImportWork::Check
                    } else {
                        ImportWork::Run
                    },
                )
            }
            (None, None, None) => bail!("a file is needed"),
        };
        let started = Instant::now();
        let done = tokio::select! {
            done = engine.finish_file_import(actor, id, what) => Some(done.map_err(Error::from)?),
            () = watched(engine, actor, id) => None,
            _ = tokio::signal::ctrl_c() => None,
        };
        let Some(done) = done else {
            println!("Stopped: --go-on {id} goes on there, --undo {id} takes back what there is.");
            return Ok(ExitCode::FAILURE);
        };
        told(&done, started.elapsed().as_secs_f64());
        if let Some(out) = self.bad_rows.as_ref().filter(|_| done.bad > 0) {
            let mark = engine.begin_bad_import_file(actor, id).await.map_err(Error::from)?;
            let text = engine
                .bad_import_file(actor, id, (&mark, |text| &text.zh))
                .map_err(Error::from)?;
            std::fs::write(out, text).with_context(|| format!("--bad-rows {}", out.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn upload(&self, engine: &Engine, actor: &Actor, file: &Path) -> anyhow::Result<FileImportId> {
        let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let uploaded = engine.upload_import(actor, None, (&name, None), bytes.into());
        let uploaded = uploaded.await.map_err(Error::from)?.value;
        let encoding = self
            .encoding
            .as_ref()
            .map(|name| serde_json::from_value(name.clone().into()));
        let encoding = FileImportChange {
            encoding: encoding.transpose().context("--encoding")?,
            mapping: None,
        };
        let looked = engine.change_file_import(actor, None, uploaded.id, uploaded.version, encoding);
        let mut mapped = looked.await.map_err(Error::from)?.value;
        if let Some(code) = &self.store {
            mapped.mapping.store_id = Some(store(engine, actor, code)?);
        }
        mapped.mapping.on_match = self.on_match;
        let change = FileImportChange {
            encoding: None,
            mapping: Some(mapped.mapping),
        };
        let changed = engine.change_file_import(actor, None, mapped.id, mapped.version, change);
        let changed = changed.await.map_err(Error::from)?;
        for (at, column) in changed.value.columns.iter().enumerate() {
            let target = changed.value.mapping.columns.get(at).and_then(Option::as_deref);
            println!("{}: {}", column.title, target.unwrap_or("left out"));
        }
        Ok(mapped.id)
    }
}

fn store(engine: &Engine, actor: &Actor, code: &str) -> anyhow::Result<StoreId> {
    let mut query = StoreQuery::default();
    loop {
        let page = engine.list::<Store>(actor, &query).map_err(Error::from)?;
        if let Some(found) = page.items.iter().find(|store| store.code == code) {
            return Ok(found.id);
        }
        query.after = Some(
            page.next
                .with_context(|| format!("--store {code}: there is no such store"))?,
        );
    }
}

/// Draws how far an import is, for ever.
async fn watched(engine: &Engine, actor: &Actor, id: FileImportId) {
    let bar = ProgressBar::new_spinner();
    let template = "{spinner} {pos} rows, {per_sec}";
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner()));
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if let Ok(import) = engine.file_import(actor, id) {
            bar.set_position(import.done.try_into().unwrap_or_default());
        }
    }
}

fn told(done: &FileImport, seconds: f64) {
    match done.state {
        ImportState::Undone => println!("Taken back; {} customers were used since, and stay.", done.kept),
        ImportState::Checked => println!("Nothing was imported. As things are, there would be:"),
        _ => println!("Import {} (--undo takes it back):", done.id),
    }
    if done.state != ImportState::Undone {
        println!(
            "{} created, {} changed, {} left out, {} bad rows",
            done.created, done.updated, done.skipped, done.bad
        );
        let rows = done.rows.unwrap_or_default();
        println!(
            "{rows} rows in {seconds:.1} s: {:.0} rows/s",
            rows as f64 / seconds.max(0.001)
        );
    }
}
