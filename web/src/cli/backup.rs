//! `cardea backup` and `cardea restore`

use super::verify;
use crate::app;
use crate::settings::Settings;
use cardea_engine::backup::{self, Place};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[derive(clap::Args)]
pub struct Backup {
    /// The new folder of the backup
    folder: PathBuf,
    /// Copy the keys into this new folder, in another place: each of the two is worthless without the other
    #[arg(long, value_name = "FOLDER")]
    keys_to: Option<PathBuf>,
}

impl Backup {
    /// Copies what was acknowledged before it began; the server may go on.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        let manifest = backup::back_up(&place(settings), &self.folder, self.keys_to.as_deref())?;
        println!(
            "{} bytes in {:.1} s: {}",
            manifest.bytes,
            started.elapsed().as_secs_f64(),
            self.folder.display()
        );
        match &self.keys_to {
            Some(keys) => println!("The keys: {}. Keep them in another place", keys.display()),
            None => println!(
                "The keys in {} aren't in it, and it can't be restored without them: keep a copy of them in another place (--keys-to)",
                place(settings).keys_dir.display()
            ),
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(clap::Args)]
pub struct Restore {
    /// The folder of a backup
    folder: PathBuf,
    /// The folder to which its keys were copied
    #[arg(long, value_name = "FOLDER")]
    keys_from: PathBuf,
    /// A folder of keys that was in use later: whom its list names as erased is erased again
    #[arg(long, value_name = "FOLDER")]
    erased_from: Option<PathBuf>,
}

impl Restore {
    /// Fails the process when the place isn't empty, or when what was restored isn't clean.
    pub fn run(&self, settings: &Settings) -> anyhow::Result<ExitCode> {
        let erased_from = self.erased_from.as_deref();
        let manifest = backup::restore(&self.folder, &self.keys_from, erased_from, &place(settings))?;
        println!(
            "{} bytes restored, made by version {}",
            manifest.bytes, manifest.version
        );
        let engine = app::open(settings)?;
        if self.erased_from.is_none() {
            println!(
                "Who was erased is known by the list in {}. If customers were erased later, restore again and name the \
                 keys' folder that was in use then: --erased-from",
                self.keys_from.display()
            );
        }
        verify::show(&engine.verify()?)
    }
}

fn place(settings: &Settings) -> Place {
    Place {
        database: settings.database.clone().unwrap_or_default(),
        data_dir: settings.data.clone(),
        keys_dir: settings.keys.clone().unwrap_or_else(|| settings.data.join("keys")),
    }
}
