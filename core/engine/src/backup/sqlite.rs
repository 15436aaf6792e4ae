//! Copies of the embedded database.

use super::files::{self, failed};
use crate::error::{Error, Result};
use crate::store::copy;
use std::path::{Path, PathBuf};

/// One moment's state, without gaps. Writers go on: the log keeps what comes later.
pub(super) fn copy(from: &Path, folder: &Path) -> Result<PathBuf> {
    if !from.is_file() {
        return Err(Error::internal(format!(
            "there is no database {}: name its folder (--data) or itself (--database)",
            from.display()
        )));
    }
    let to = folder.join("cardea.sqlite");
    copy::vacuum_into(from, &to)?;
    files::keep_private(&to)?;
    Ok(to)
}

/// # Errors
/// There is one already, or a log of one.
pub(super) fn check_absent(path: &Path) -> Result<()> {
    for end in ["", "-wal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        if Path::new(&name).exists() {
            return Err(Error::internal(format!(
                "{} is there already: restore into an empty place",
                Path::new(&name).display()
            )));
        }
    }
    Ok(())
}

pub(super) fn put_back(copy: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
    }
    files::copy(copy, to)
}
