//! What a backup says of itself: `manifest.json`.

use super::files::{failed, sync};
use crate::error::{Error, Result};
use crate::store::Location;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};

const NAME: &str = "manifest.json";

/// Which database a copy is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub fn of(location: &Location) -> Self {
        match location {
            Location::Sqlite(_) => Self::Sqlite,
            Location::Postgres(_) => Self::Postgres,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// What was copied, by which program, and how to tell whether it is still that.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Of this document.
    format: u32,
    /// The program that made the backup.
    pub version: String,
    pub(super) kind: Kind,
    /// The copy, in the same folder.
    file: String,
    pub bytes: u64,
    /// Hexadecimal.
    sha256: String,
}

impl Manifest {
    pub(super) fn of(copy: &Path, kind: Kind) -> Result<Self> {
        let (bytes, sha256) = digest(copy)?;
        let file = copy.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self {
            format: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind,
            file,
            bytes,
            sha256,
        })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(NAME);
        std::fs::write(&path, serde_json::to_vec_pretty(self)?).map_err(failed(&path))?;
        sync(&path)
    }

    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let text = std::fs::read(&path).map_err(|e| {
            Error::internal(format!(
                "{} is no backup of Cardea: {} can't be read ({e})",
                folder.display(),
                path.display()
            ))
        })?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|e| Error::internal(format!("{} isn't a manifest of Cardea: {e}", path.display())))?;
        // A name, never a way out of the folder.
        let plain = Path::new(&manifest.file)
            .file_name()
            .is_some_and(|name| name == manifest.file.as_str());
        if manifest.format != 1 || !plain {
            return Err(Error::internal(format!(
                "{} is of another version of Cardea ({}): restore it with that one",
                path.display(),
                manifest.version
            )));
        }
        Ok(manifest)
    }

    /// The copy, if it is still what was written.
    pub(super) fn check(&self, folder: &Path) -> Result<PathBuf> {
        let copy = folder.join(&self.file);
        if digest(&copy)? != (self.bytes, self.sha256.clone()) {
            return Err(Error::internal(format!(
                "{} isn't what was backed up: its bytes have changed since. Take another backup",
                copy.display()
            )));
        }
        Ok(copy)
    }
}

pub(super) fn digest(path: &Path) -> Result<(u64, String)> {
    let (mut file, mut hash) = (File::open(path).map_err(failed(path))?, Sha256::new());
    let bytes = std::io::copy(&mut file, &mut hash).map_err(failed(path))?;
    Ok((bytes, hex::encode(hash.finalize())))
}
