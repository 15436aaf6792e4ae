//! What was compiled before: a folder of machine code that only this server can write.

use sha2::{Digest, Sha256};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// Takes machine code as it is. It comes from two places only: the child process that this server started to compile,
/// and the folder below.
#[expect(
    unsafe_code,
    reason = "machine code is executed as it is; this server's own compiler wrote it"
)]
pub(super) fn machine_code(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: both callers got it from this server's own compiler, through a pipe or a folder of mode 0700.
    unsafe { Component::deserialize(engine, code) }
}

/// A folder of compiled code that only this server can write. Machine code is never taken from anywhere else.
#[derive(Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    /// Creates the folder with mode 0700, and refuses one that others could write.
    pub(super) fn open(folder: &Path) -> std::io::Result<Self> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            let mode = fs::symlink_metadata(folder)?.permissions().mode();
            if mode & 0o077 != 0 || mode & 0o170_000 != 0o040_000 {
                let why = format!("{} must be a folder with mode 0700", folder.display());
                return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
            }
        }
        #[cfg(not(unix))]
        fs::create_dir_all(folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Code depends on the component, and on the compiler with all its settings.
    fn path(&self, engine: &Engine, digest: &str) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.0.join(format!("{digest}-{:016x}.bin", hasher.finish()))
    }

    pub fn read(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let path = self.path(engine, digest);
        let content = fs::read(&path).ok()?;
        let (sum, code) = content.split_at_checked(32)?;
        if Sha256::digest(code).as_slice() != sum {
            tracing::warn!(path = %path.display(), "compiled code is damaged; compiling again");
            return None;
        }
        match machine_code(engine, code) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(path = %path.display(), error = %error, "compiled code doesn't fit; compiling again");
                None
            }
        }
    }

    pub fn write(&self, engine: &Engine, digest: &str, code: &[u8]) -> std::io::Result<()> {
        let path = self.path(engine, digest);
        let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)
    }
}
