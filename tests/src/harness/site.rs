//! An installation without a server in this process: for the command line and for imports.

use super::Backend;
use super::database::TestDatabase;
use super::process;
use super::server::DATA;
use cardea_engine::{Engine, EngineOptions};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A working directory of its own and a database; the data folder is the default one.
pub struct Site {
    database: TestDatabase,
    folder: TempDir,
}

impl Site {
    pub fn new(backend: Backend) -> Self {
        Self::over(TestDatabase::new(backend), Self::new_folder())
    }

    /// Where a backup is restored: a folder without anything in it, a database without tables.
    pub fn empty(backend: Backend) -> Self {
        Self::over(TestDatabase::without_tables(backend), Self::new_folder())
    }

    fn new_folder() -> TempDir {
        tempfile::Builder::new()
            .prefix("cardea-site-")
            .tempdir()
            .expect("a temporary folder")
    }

    /// What a server has left behind.
    pub(super) fn over(database: TestDatabase, folder: TempDir) -> Self {
        Self { database, folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// A command line `cardea …` in this place.
    pub fn cardea(&self, arguments: &[&str]) -> Command {
        let mut command = process::cardea(self.folder(), arguments);
        if let Some(url) = self.database.url() {
            command.env("CARDEA_DATABASE", url);
        }
        command
    }

    /// The engine in this process; the site must not be open elsewhere.
    pub fn open(&self) -> Engine {
        let options = EngineOptions {
            database: self.database.url().unwrap_or_default(),
            ..EngineOptions::new(self.folder().join(DATA))
        };
        Engine::start(options).expect("the engine starts")
    }
}
