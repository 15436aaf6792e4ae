//! Backups: what the database holds at one moment, copied while tills sell, and put back into an empty place.
//!
//! A backup is a folder: the copy, the contents of files, and a manifest with the copy's size and SHA-256. The keys go to another place, for a copy of
//! the database is worth nothing without them, nor they without it.

mod files;
mod manifest;
mod postgres;
mod sqlite;

pub use manifest::Manifest;

use crate::blobs;
use crate::error::{Error, Result};
use crate::keys::Erased;
use crate::store::Location;
use manifest::Kind;
use std::path::{Path, PathBuf};

/// Where an installation lies.
#[derive(Clone, Debug)]
pub struct Place {
    /// As the setting `database`; empty: SQLite in the data folder.
    pub database: String,
    pub data_dir: PathBuf,
    pub keys_dir: PathBuf,
}

/// Copies the database into the new folder `to`, and the keys into the new folder `keys_to`. The server may go on
/// meanwhile: the copy is of one moment, and everything acknowledged before the beginning is in it.
///
/// # Errors
/// No database there; a folder that exists already; places that lie in each other; a full disk; a copy that SQLite
/// finds fault with; `pg_dump` that is missing or fails.
pub fn back_up(from: &Place, to: &Path, keys_to: Option<&Path>) -> Result<Manifest> {
    if let Some(keys_to) = keys_to {
        files::check_apart(to, keys_to)?;
    }
    files::check_new(to)?;
    let location = from.location()?;
    let unfinished = files::unfinished(to)?;
    let copy = match &location {
        Location::Sqlite(path) => sqlite::copy(path, &unfinished)?,
        Location::Postgres(_) => postgres::dump(&from.database, &unfinished)?,
    };
    let manifest = Manifest::of(&copy, Kind::of(&location))?;
    // After the database: what it names was on disk before.
    files::copy_blobs(&from.data_dir.join(blobs::FOLDER), &unfinished.join(blobs::FOLDER))?;
    manifest.write(&unfinished)?;
    if let Some(keys_to) = keys_to {
        files::check_new(keys_to)?;
        files::copy_keys(&from.keys_dir, keys_to)?;
    }
    // Only what is whole has the name that was asked for.
    files::finish(&unfinished, to)?;
    Ok(manifest)
}

/// Puts a backup into an empty place, with the keys from where they were copied to. The database isn't opened: the
/// caller does, which erases again whom the lists of erasures name, and verifies it. `erased_from`: a folder of keys
/// with a newer such list than the one in `keys_from`.
///
/// # Errors
/// No backup there, or one that isn't as its manifest says; a place that isn't empty; a backup of the other kind of
/// database; keys that are missing; `pg_restore` that is missing or fails.
pub fn restore(from: &Path, keys_from: &Path, erased_from: Option<&Path>, to: &Place) -> Result<Manifest> {
    let manifest = Manifest::read(from)?;
    let copy = manifest.check(from)?;
    let location = to.location()?;
    if Kind::of(&location) != manifest.kind {
        return Err(Error::internal(format!(
            "{} is a backup of {}, the place to restore it to is {}: name another one (--data, --database)",
            from.display(),
            manifest.kind.as_str(),
            Kind::of(&location).as_str()
        )));
    }
    if !keys_from.join("master.key").is_file() {
        return Err(Error::internal(format!(
            "{} holds no keys: name the folder to which they were backed up (--keys-from)",
            keys_from.display()
        )));
    }
    match &location {
        Location::Sqlite(path) => sqlite::check_absent(path)?,
        Location::Postgres(_) => postgres::check_empty(&location)?,
    }
    files::check_new(&to.keys_dir)?;
    files::create(&to.data_dir)?;
    match &location {
        Location::Sqlite(path) => sqlite::put_back(&copy, path)?,
        Location::Postgres(_) => postgres::put_back(&to.database, &copy)?,
    }
    files::copy_blobs(&from.join(blobs::FOLDER), &to.data_dir.join(blobs::FOLDER))?;
    files::copy_keys(keys_from, &to.keys_dir)?;
    if let Some(newer) = erased_from {
        Erased::of(&to.keys_dir).add_all(&Erased::of(newer))?;
    }
    Ok(manifest)
}

impl Place {
    fn location(&self) -> Result<Location> {
        Location::parse(&self.database, &self.data_dir)
    }
}
