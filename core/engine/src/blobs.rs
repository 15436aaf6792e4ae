//! Objects by what is in them: the address is the SHA-256 of the bytes, which are sealed before they come here.

use crate::error::{Error, Result};
use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{ObjectStore, PutPayload};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Name of their folder in the data folder.
pub(crate) const FOLDER: &str = "files";

/// Where they lie.
pub(crate) struct Blobs {
    store: LocalFileSystem,
    folder: PathBuf,
}

/// `ab/abcd…`
fn place(address: &[u8]) -> Place {
    let name = hex::encode(address);
    Place::from(format!("{}/{name}", name.get(..2).unwrap_or_default()))
}

impl Blobs {
    /// Opens the folder, creating it (0700) if need be.
    ///
    /// # Errors
    /// The folder can't be created.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let folder = data_dir.join(FOLDER);
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&folder).map_err(Error::internal)?;
        let store = LocalFileSystem::new_with_prefix(&folder).map_err(Error::internal)?;
        Ok(Self { store, folder })
    }

    /// Keeps an object and waits until it is on disk; answers its address.
    ///
    /// # Errors
    /// A full or failing disk.
    pub async fn put(&self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        let address = Sha256::digest(&bytes).to_vec();
        let place = place(&address);
        let put = self.store.put(&place, PutPayload::from(bytes)).await;
        put.map_err(Error::internal)?;
        let path = self.folder.join(place.as_ref());
        let synced = File::open(&path).and_then(|file| file.sync_all());
        let folder = path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all());
        synced.and(folder).map_err(Error::internal)?;
        Ok(address)
    }

    /// The object, if it is still what was kept.
    ///
    /// # Errors
    /// It is gone or was changed.
    pub async fn get(&self, address: &[u8]) -> Result<Bytes> {
        let found = self.store.get(&place(address)).await.map_err(Error::internal)?;
        let bytes = found.bytes().await.map_err(Error::internal)?;
        if Sha256::digest(&bytes).as_slice() != address {
            return Err(Error::internal("a kept file was changed"));
        }
        Ok(bytes)
    }

    /// Removes an object; one that isn't there is no error.
    ///
    /// # Errors
    /// A failing disk.
    pub async fn remove(&self, address: &[u8]) -> Result<()> {
        match self.store.delete(&place(address)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(Error::internal(e)),
        }
    }
}
