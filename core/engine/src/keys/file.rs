//! Key files: created whole or not at all, and never used while others can read them.

use super::{KeyError, random};
use std::fs;
use std::io::Write;
use std::path::Path;
use zeroize::Zeroizing;

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> KeyError + '_ {
    move |source| KeyError::Io {
        path: path.to_owned(),
        source,
    }
}

/// Creates the folder (0700) or checks it.
pub(super) fn folder(path: &Path) -> Result<(), KeyError> {
    if !path.exists() {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(io(path))?;
    }
    check_mode(path, 0o700)
}

/// The master key, created if it is missing.
pub(super) fn master(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    if !path.exists() {
        let key = Zeroizing::new(random::<32>()?);
        write(path, key.as_slice())?;
        return Ok(key);
    }
    let bytes = read(path)?;
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyError::Format {
        path: path.to_owned(),
        reason: "32 bytes expected",
    })?;
    Ok(Zeroizing::new(key))
}

/// Reads a secret after checking that nobody else can.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    check_mode(path, 0o600)?;
    fs::read(path).map(Zeroizing::new).map_err(io(path))
}

/// Writes a secret under a temporary name, flushes it, then links it: a crash leaves no half of a key, and a file
/// that exists is never overwritten.
pub(super) fn write(path: &Path, secret: &[u8]) -> Result<(), KeyError> {
    let temporary = path.with_extension("new");
    // The remainder of a crash; a linked key has another name.
    let _ = fs::remove_file(&temporary);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary).map_err(io(&temporary))?;
    file.write_all(secret)
        .and_then(|()| file.sync_all())
        .map_err(io(&temporary))?;
    let linked = fs::hard_link(&temporary, path).map_err(io(path));
    fs::remove_file(&temporary).map_err(io(&temporary))?;
    linked?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))?;
    }
    Ok(())
}

#[cfg(unix)]
fn check_mode(path: &Path, wanted: u32) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(io(path))?.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::Mode {
            path: path.to_owned(),
            mode,
            wanted,
        })
    }
}

#[cfg(not(unix))]
fn check_mode(path: &Path, _wanted: u32) -> Result<(), KeyError> {
    fs::metadata(path).map(|_| ()).map_err(io(path))
}
