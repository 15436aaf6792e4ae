//! Who was erased, by id, in a file beside the keys: a line for each, a chain's id and a customer's.

use super::KeyError;
use cardea_domain::id::{ChainId, CustomerId};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file's name.
pub const NAME: &str = "erased.list";

/// The list, as it lies beside the keys.
pub struct Erased {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Erased {
    /// The list of a folder of keys; it need not be there yet.
    pub fn of(folder: &Path) -> Self {
        Self {
            path: folder.join(NAME),
            writing: Mutex::default(),
        }
    }

    fn io(&self) -> impl FnOnce(std::io::Error) -> KeyError + '_ {
        |source| KeyError::Io {
            path: self.path.clone(),
            source,
        }
    }

    /// Everybody on it; lines that a crash has cut short don't count.
    ///
    /// # Errors
    /// [`KeyError::Io`]
    pub fn read(&self) -> Result<BTreeSet<(ChainId, CustomerId)>, KeyError> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(e) => return Err(self.io()(e)),
        };
        let line = |line: &str| {
            let (chain, customer) = line.split_once(' ')?;
            Some((chain.parse().ok()?, customer.parse().ok()?))
        };
        Ok(text.lines().filter_map(line).collect())
    }

    /// Adds somebody, and waits until that is on disk.
    ///
    /// # Errors
    /// [`KeyError::Io`]
    pub fn add(&self, chain: ChainId, customer: CustomerId) -> Result<(), KeyError> {
        let _one = self.writing.lock();
        if self.read()?.contains(&(chain, customer)) {
            return Ok(());
        }
        let mut options = fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // A line of its own, whatever a crash has left of the last one.
        let line = format!("\n{chain} {customer}\n");
        let mut file = options.open(&self.path).map_err(self.io())?;
        file.write_all(line.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(self.io())
    }

    /// Adds everybody of another list.
    ///
    /// # Errors
    /// [`KeyError::Io`]
    pub fn add_all(&self, other: &Self) -> Result<(), KeyError> {
        other
            .read()?
            .into_iter()
            .try_for_each(|(chain, customer)| self.add(chain, customer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_list_outlives_a_line_cut_short() {
        let dir = tempfile::tempdir().unwrap();
        let list = Erased::of(dir.path());
        assert!(list.read().unwrap().is_empty());
        let one = |n| (ChainId(Uuid::from_u128(1)), CustomerId(Uuid::from_u128(n)));
        list.add(one(1).0, one(1).1).unwrap();
        let mut file = fs::OpenOptions::new().append(true).open(dir.path().join(NAME)).unwrap();
        file.write_all(b"0198c0de-0000").unwrap();
        list.add(one(2).0, one(2).1).unwrap();
        list.add(one(2).0, one(2).1).unwrap();
        assert_eq!(list.read().unwrap(), BTreeSet::from([one(1), one(2)]));
    }
}
