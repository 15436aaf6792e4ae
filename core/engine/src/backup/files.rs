//! Folders of backups: new ones only, readable by their owner alone, on disk before they get their name.

use crate::error::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub(super) fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |e| Error::internal(format!("{}: {e}", path.display()))
}

/// # Errors
/// Something is there already: a backup never overwrites another one.
pub(super) fn check_new(path: &Path) -> Result<()> {
    let empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    if !path.exists() || empty {
        return Ok(());
    }
    Err(Error::internal(format!(
        "{} is there already: name a new or an empty folder",
        path.display()
    )))
}

/// # Errors
/// One of the places lies in the other: who gets one would have both.
pub(super) fn check_apart(backup: &Path, keys: &Path) -> Result<()> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(failed(path));
    let (backup, keys) = (absolute(backup)?, absolute(keys)?);
    if backup.starts_with(&keys) || keys.starts_with(&backup) {
        return Err(Error::internal(format!(
            "{} and {} lie in each other: whoever got a copy could read everything. Keep the keys in another place",
            backup.display(),
            keys.display()
        )));
    }
    Ok(())
}

/// Creates a folder (0700) unless it is there.
pub(super) fn create(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(failed(path))
}

/// Where a backup grows until it is whole; what was left of one that was cut off goes.
pub(super) fn unfinished(to: &Path) -> Result<PathBuf> {
    let mut name = to.as_os_str().to_owned();
    name.push(".unfinished");
    let path = PathBuf::from(name);
    if path.exists() {
        fs::remove_dir_all(&path).map_err(failed(&path))?;
    }
    create(&path)?;
    Ok(path)
}

/// Gives a whole backup its name.
pub(super) fn finish(unfinished: &Path, to: &Path) -> Result<()> {
    sync(unfinished)?;
    if to.exists() {
        fs::remove_dir(to).map_err(failed(to))?;
    }
    fs::rename(unfinished, to).map_err(failed(to))?;
    let parent = std::path::absolute(to).map_err(failed(to))?;
    parent.parent().map_or(Ok(()), sync)
}

/// Nobody else may read a copy, wherever its folder is moved; then waits until it is on disk.
pub(super) fn keep_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed(path))?;
    sync(path)
}

/// Waits until a file or folder is on disk.
pub(super) fn sync(path: &Path) -> Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(failed(path))
}

/// Copies a file that only its owner may read.
pub(super) fn copy(from: &Path, to: &Path) -> Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut target = options.open(to).map_err(failed(to))?;
    let mut source = File::open(from).map_err(failed(from))?;
    std::io::copy(&mut source, &mut target)
        .and_then(|_| target.sync_all())
        .map_err(failed(to))
}

/// The key files of one folder to another one.
pub(super) fn copy_keys(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let named = path
            .extension()
            .is_some_and(|end| end == "key" || end == "pem" || end == "list");
        if let Some(name) = path.file_name().filter(|_| named) {
            copy(&path, &to.join(name))?;
        }
    }
    sync(to)
}

/// Contents of files, each under its own SHA-256; those that are there already stay.
///
/// # Errors
/// A content that isn't what its name says.
pub(super) fn copy_blobs(from: &Path, to: &Path) -> Result<()> {
    create(to)?;
    if !from.is_dir() {
        return Ok(());
    }
    for group in fs::read_dir(from).map_err(failed(from))? {
        let group = group.map_err(failed(from))?.path();
        if !group.is_dir() {
            continue;
        }
        let target = to.join(group.file_name().unwrap_or_default());
        create(&target)?;
        for content in fs::read_dir(&group).map_err(failed(&group))? {
            let content = content.map_err(failed(&group))?.path();
            copy_blob(&content, &target)?;
        }
        sync(&target)?;
    }
    sync(to)
}

fn copy_blob(content: &Path, folder: &Path) -> Result<()> {
    let name = content.file_name().unwrap_or_default();
    // What is still being written, or was taken away meanwhile, is named by no row.
    let whole = name.len() == 64;
    if !whole || !content.is_file() {
        return Ok(());
    }
    let target = folder.join(name);
    if !target.exists() {
        copy(content, &target)?;
    }
    let (_, found) = super::manifest::digest(&target)?;
    if name != found.as_str() {
        return Err(Error::internal(format!(
            "{} isn't what was kept: its bytes have changed since",
            content.display()
        )));
    }
    Ok(())
}
