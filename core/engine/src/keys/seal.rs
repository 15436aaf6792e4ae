//! The keys that sign the audit log's checkpoints.

use super::{KeyError, signing};
use ed25519_dalek::{Signature, Signer, SigningKey};
use std::path::Path;

/// The newest key signs; older ones stay, so that what they signed can be checked.
pub struct SealKeys {
    newest: SigningKey,
    /// All of them.
    public: Vec<[u8; 32]>,
}

impl SealKeys {
    pub(super) fn open(folder: &Path) -> Result<Self, KeyError> {
        let mut keys = signing::open(folder, "audit")?;
        let public = keys.iter().map(|(_, key)| key.verifying_key().to_bytes()).collect();
        let (_, newest) = keys.pop().ok_or(KeyError::Missing {
            path: folder.join("audit-….pem"),
        })?;
        Ok(Self { newest, public })
    }

    /// The public half of the key that signs now.
    pub fn public(&self) -> [u8; 32] {
        self.newest.verifying_key().to_bytes()
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.newest.sign(message).to_bytes()
    }

    /// Whether this installation holds the key, and the key has signed this.
    pub fn verify(&self, public: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
        let key = ed25519_dalek::VerifyingKey::from_bytes(public);
        self.public.contains(public)
            && key.is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}
