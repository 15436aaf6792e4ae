//! Secrets that live outside the database, in a folder of their own (0700, its files 0600):
//!
//! - `master.key`, 32 random bytes: every chain's key is derived from it, and under a chain's key lie the data keys
//!   of its customers. Who copies the database alone reads no phone number; who loses this file loses them all.
//! - `audit-<number>-<fingerprint>.pem`, Ed25519: signs the audit log's checkpoints, the newest of them.
//! - `erased.list`: no secret, the ids of whom was erased; an older backup is told by it.
//! - `token-<number>-<fingerprint>.pem`, Ed25519: the newest signs access tokens, older ones still verify.

mod blind;
mod chain;
mod code;
mod erased;
mod file;
mod password;
mod person;
mod seal;
mod signing;
mod token;

pub use blind::{Digest, IndexKind, birth_month_day, external_number, name_and_birth};
pub use chain::ChainKeys;
pub use code::{begin_of, step_of};
pub use erased::Erased;
pub use password::{Passwords, check_new_password, one_time_password};
pub use person::{DocumentKey, PersonKey, Sealed};
pub use seal::SealKeys;
pub use token::{Claims, IssuedRefresh, RefreshToken, TokenError, TokenKeys};

use cardea_domain::id::ChainId;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;
use zeroize::Zeroizing;

/// Why the keys can't be used. Each message names the file and what to do; an operator reads it at start-up.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error(
        "{path} is readable by others (mode {mode:04o}): a key belongs to the server alone, run `chmod {wanted:o} {path}`"
    )]
    Mode { path: PathBuf, mode: u32, wanted: u32 },
    #[error("{path} isn't a key of Cardea ({reason}); put the right file back from the backup of your keys")]
    Format { path: PathBuf, reason: &'static str },
    #[error(
        "{path} is missing, but the database holds personal data sealed under it. If the keys lie elsewhere, name their \
         folder (--keys, CARDEA_KEYS); else put the folder back from the backup of your keys. New keys can't open what is there"
    )]
    Missing { path: PathBuf },
    #[error(
        "the keys in {path} belong to another installation than this database: name the folder of its own keys (--keys, \
         CARDEA_KEYS), or the database that belongs to these (--database, --data)"
    )]
    Foreign { path: PathBuf },
    #[error("the system's random source failed: {0}")]
    Random(String),
}

/// All secrets of an installation. Cheap to share behind an `Arc`; wiped from memory when dropped.
pub struct Keys {
    folder: PathBuf,
    master: Zeroizing<[u8; 32]>,
    tokens: TokenKeys,
    seals: Arc<SealKeys>,
    erased: Erased,
    /// Derived once per chain: key derivation would otherwise stand in every request.
    chains: RwLock<HashMap<ChainId, Arc<ChainKeys>>>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Keys {
    /// Opens the keys in `folder`. Missing ones are created only with `create` (a database without an
    /// installation): beside data sealed under a lost key, a new one would hide the loss.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn open(folder: &Path, create: bool) -> Result<Self, KeyError> {
        let path = folder.join("master.key");
        if !create && !path.exists() {
            return Err(KeyError::Missing { path });
        }
        file::folder(folder)?;
        let master = file::master(&path)?;
        let tokens = TokenKeys::open(folder)?;
        let seals = Arc::new(SealKeys::open(folder)?);
        Ok(Self {
            folder: folder.to_owned(),
            master,
            tokens,
            seals,
            erased: Erased::of(folder),
            chains: RwLock::default(),
        })
    }

    /// The id of an installation under these keys: derived from the master key, so that a database meeting foreign
    /// keys is noticed at start-up and not at the first unreadable customer.
    pub fn installation_id(&self) -> Uuid {
        let mut id = [0; 16];
        chain::expand(self.master.as_slice(), b"cardea/1/installation", &mut id);
        Uuid::from_bytes(id)
    }

    /// # Errors
    /// [`KeyError::Foreign`] if the database was set up under other keys.
    pub fn check_installation(&self, found: Uuid) -> Result<(), KeyError> {
        if found == self.installation_id() {
            Ok(())
        } else {
            Err(KeyError::Foreign {
                path: self.folder.clone(),
            })
        }
    }

    /// The keys of one chain.
    pub fn chain(&self, chain: ChainId) -> Arc<ChainKeys> {
        if let Some(keys) = self.chains.read().get(&chain) {
            return keys.clone();
        }
        let keys = Arc::new(ChainKeys::derive(&self.master, chain));
        self.chains.write().entry(chain).or_insert(keys).clone()
    }

    /// The keys of access and refresh tokens.
    pub fn tokens(&self) -> &TokenKeys {
        &self.tokens
    }

    /// Who was erased.
    pub fn erased(&self) -> &Erased {
        &self.erased
    }

    /// The keys of the audit log's checkpoints.
    pub fn seals(&self) -> Arc<SealKeys> {
        self.seals.clone()
    }
}

/// Random bytes from the operating system.
///
/// # Errors
/// [`KeyError::Random`] if the system has none to give.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    use rand::TryRngCore;
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|e| KeyError::Random(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_start_finds_the_same_keys() {
        let dir = tempfile::tempdir().unwrap();
        let first = Keys::open(&dir.path().join("keys"), true).unwrap();
        let second = Keys::open(&dir.path().join("keys"), false).unwrap();
        assert_eq!(first.installation_id(), second.installation_id());
        assert!(second.check_installation(first.installation_id()).is_ok());
        assert_eq!(first.tokens().jwks(), second.tokens().jwks());
        assert_eq!(first.seals().public(), second.seals().public());
    }

    #[test]
    fn a_lost_master_key_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let old = Keys::open(&dir.path().join("keys"), true).unwrap();
        std::fs::remove_file(dir.path().join("keys/master.key")).unwrap();
        let error = Keys::open(&dir.path().join("keys"), false).unwrap_err();
        assert!(matches!(error, KeyError::Missing { .. }), "{error}");
        assert!(error.to_string().contains("master.key"));
        let fresh = Keys::open(&dir.path().join("keys"), true).unwrap();
        assert!(matches!(
            fresh.check_installation(old.installation_id()),
            Err(KeyError::Foreign { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_and_a_readable_one_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        Keys::open(&dir.path().join("keys"), true).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = dir.path().join("keys");
        assert_eq!(mode(&folder), 0o700);
        for file in std::fs::read_dir(&folder).unwrap() {
            assert_eq!(mode(&file.unwrap().path()), 0o600);
        }
        let master = folder.join("master.key");
        std::fs::set_permissions(&master, PermissionsExt::from_mode(0o640)).unwrap();
        let error = Keys::open(&dir.path().join("keys"), false).unwrap_err().to_string();
        assert!(error.contains("master.key") && error.contains("0640"), "{error}");
    }

    #[test]
    fn a_truncated_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        Keys::open(&dir.path().join("keys"), true).unwrap();
        std::fs::write(dir.path().join("keys/master.key"), b"short").unwrap();
        let error = Keys::open(&dir.path().join("keys"), false).unwrap_err();
        assert!(matches!(error, KeyError::Format { .. }), "{error}");
    }
}
