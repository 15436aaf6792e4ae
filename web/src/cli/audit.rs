//! `cardea audit`: checkpoints of the audit log, and exports for auditors.

use crate::app;
use crate::settings::Settings;
use anyhow::Context;
use cardea_engine::audit::Checkpoint;
use cardea_engine::{Actor, Engine, PageArgs};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct Audit {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Seal where the audit log ends now, and write the signed checkpoint: keep it on another machine
    Checkpoint {
        /// Where to write it [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check the audit log against a checkpoint that was kept
    Check { file: PathBuf },
    /// Write the log's places, one JSON document per line: a chain's entries, and of other chains' only the hashes
    Export {
        #[arg(long, value_name = "CODE")]
        chain: String,
        /// Where to write it [default: standard output]
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

impl Audit {
    /// Fails the process when the log was tampered with.
    pub fn run(self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let engine = app::open(settings)?;
        match self.what {
            What::Checkpoint { out } => checkpoint(&engine, out.as_deref())?,
            What::Check { file } => return check(&engine, &file),
            What::Export { chain, out } => export(&engine, &chain, out.as_deref())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn checkpoint(engine: &Engine, out: Option<&Path>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sealed = runtime.block_on(engine.seal_audit()).map_err(refused)?;
    let sealed = sealed.context("nothing is installed in this database yet")?;
    let mut to = output(out)?;
    writeln!(to, "{}", serde_json::to_string_pretty(&sealed)?)?;
    to.flush()?;
    Ok(())
}

fn check(engine: &Engine, file: &Path) -> anyhow::Result<ExitCode> {
    let named = || file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(named)?;
    let kept: Checkpoint = serde_json::from_str(&text).with_context(named)?;
    let problems = engine.check_audit(&kept)?;
    for problem in &problems {
        println!("problem   {problem}");
    }
    println!("{}", if problems.is_empty() { "clean" } else { "not clean" });
    Ok(if problems.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn export(engine: &Engine, chain: &str, out: Option<&Path>) -> anyhow::Result<()> {
    let found = engine.chain_of_code(chain).map_err(refused);
    let actor = Actor::system(found.with_context(|| format!("--chain {chain}"))?);
    let mut to = output(out)?;
    let mut page = PageArgs {
        limit: Some(200),
        after: None,
    };
    loop {
        let links = engine.audit_links(&actor, &page).map_err(refused)?;
        for link in &links.items {
            writeln!(to, "{}", serde_json::to_string(link)?)?;
        }
        page.after = links.next;
        if page.after.is_none() {
            break;
        }
    }
    to.flush()?;
    Ok(())
}

fn output(out: Option<&Path>) -> anyhow::Result<Box<dyn Write>> {
    Ok(match out {
        Some(path) => Box::new(std::io::BufWriter::new(
            std::fs::File::create(path).with_context(|| path.display().to_string())?,
        )),
        None => Box::new(std::io::stdout().lock()),
    })
}

fn refused(refusal: cardea_domain::Refusal) -> anyhow::Error {
    anyhow::anyhow!("{}", refusal.detail.en)
}
