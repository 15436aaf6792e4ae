//! The books in a canonical form: records of plain values under natural keys, each with its length.

use sha2::{Digest, Sha256};

/// SHA-256 over records.
#[derive(Default)]
pub(super) struct Fingerprint(Sha256);

/// One record: values in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Record(Vec<u8>);

impl Record {
    /// An empty record of a sort; sorts never mix.
    pub fn of(sort: u8) -> Self {
        Self(vec![sort])
    }

    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.0.extend((text.len() as u64).to_be_bytes());
        self.0.extend(text.as_bytes());
        self
    }

    #[must_use]
    pub fn int(mut self, number: impl Into<i64>) -> Self {
        self.0.extend(number.into().to_be_bytes());
        self
    }

    /// A value that may be missing.
    #[must_use]
    pub fn maybe<T>(mut self, value: Option<T>, write: impl FnOnce(Self, T) -> Self) -> Self {
        self.0.push(value.is_some().into());
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }

    /// Another record as a value of this one.
    #[must_use]
    pub fn record(mut self, other: &Record) -> Self {
        self.0.extend((other.0.len() as u64).to_be_bytes());
        self.0.extend(&other.0);
        self
    }
}

impl Fingerprint {
    pub fn add(&mut self, record: &Record) {
        self.0.update((record.0.len() as u64).to_be_bytes());
        self.0.update(&record.0);
    }

    /// Adds records in the order of their contents: equal sets give equal fingerprints.
    pub fn add_set(&mut self, mut records: Vec<Record>) {
        records.sort_unstable();
        for record in &records {
            self.add(record);
        }
    }

    /// Hexadecimal.
    pub fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(records: &[Record]) -> String {
        let mut fingerprint = Fingerprint::default();
        fingerprint.add_set(records.to_vec());
        fingerprint.finish()
    }

    #[test]
    fn sets_have_no_order_and_values_no_doubtful_ends() {
        let (a, b) = (Record::of(1).text("ab").text("c"), Record::of(1).text("a").text("bc"));
        assert_ne!(hash(std::slice::from_ref(&a)), hash(std::slice::from_ref(&b)));
        assert_eq!(hash(&[a.clone(), b.clone()]), hash(&[b.clone(), a.clone()]));
        assert_ne!(hash(std::slice::from_ref(&a)), hash(&[a.clone(), a]));
        let (none, zero) = (
            Record::of(1).maybe(None, |r: Record, n: i64| r.int(n)),
            Record::of(1).maybe(Some(0i64), Record::int),
        );
        assert_ne!(hash(&[none]), hash(&[zero]));
    }
}
