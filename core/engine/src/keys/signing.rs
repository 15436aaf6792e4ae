//! Ed25519 keys in files `<kind>-<number>-<fingerprint>.pem`: the newest signs, all verify.

use super::{KeyError, file, random};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Every key of a kind with its name, oldest first; the first one is created if there is none.
pub(super) fn open(folder: &Path, kind: &str) -> Result<Vec<(String, SigningKey)>, KeyError> {
    let mut names = names(folder, kind)?;
    if names.is_empty() {
        names.push(create(folder, kind, 1)?);
    }
    names.sort();
    let key = |name: String| {
        let path = folder.join(format!("{kind}-{name}.pem"));
        let wrong = |reason| KeyError::Format {
            path: path.clone(),
            reason,
        };
        let bytes = file::read(&path)?;
        let pem = std::str::from_utf8(&bytes).map_err(|_| wrong("PEM expected"))?;
        let signing = SigningKey::from_pkcs8_pem(pem).map_err(|_| wrong("an Ed25519 key in PKCS#8 expected"))?;
        Ok((name, signing))
    };
    names.into_iter().map(key).collect()
}

/// Number and fingerprint of each key of the kind.
fn names(folder: &Path, kind: &str) -> Result<Vec<String>, KeyError> {
    let io = |source| KeyError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let file = entry.map_err(io)?.file_name().to_string_lossy().into_owned();
        let name = file.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
        names.extend(name.and_then(|name| name.strip_suffix(".pem")).map(str::to_owned));
    }
    Ok(names)
}

/// Creates the key with this number and returns its name.
pub(super) fn create(folder: &Path, kind: &str, number: u32) -> Result<String, KeyError> {
    let signing = SigningKey::from_bytes(&random::<32>()?);
    let fingerprint = hex::encode(&Sha256::digest(signing.verifying_key().as_bytes())[..4]);
    let name = format!("{number:04}-{fingerprint}");
    let pem = signing
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|e| KeyError::Random(e.to_string()))?;
    file::write(&folder.join(format!("{kind}-{name}.pem")), pem.as_bytes())?;
    Ok(name)
}
