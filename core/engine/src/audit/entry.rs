//! An entry's hash: SHA-256 over one canonical form of everything that the entry says, its place and the hash of the
//! entry before it.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A SHA-256 hash; hexadecimal in documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha([u8; 32]);

impl Sha {
    /// What the first entry of a lane follows.
    pub const NOTHING: Sha = Sha([0; 32]);

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash as a table holds it. One of a wrong length is a damaged row, and equals no other.
    pub(crate) fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|e| Error::internal(format!("{text:?} is no SHA-256: {e}")))?;
        Ok(Self(bytes))
    }
}

impl Serialize for Sha {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Fields one after the other: the length in four bytes, big-endian, then the bytes; `ffffffff` alone for a field that is
/// missing. Numbers take eight bytes, big-endian; ids 16; texts are UTF-8. Two different contents never look the same.
pub(crate) struct Canonical(Vec<u8>);

impl Canonical {
    /// Begins with what it is the form of, and its version.
    pub fn new(kind: &str) -> Self {
        Self(Vec::with_capacity(512)).bytes(kind.as_bytes())
    }

    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn maybe(mut self, bytes: Option<&[u8]>) -> Self {
        match bytes {
            Some(bytes) => self.bytes(bytes),
            None => {
                self.0.extend_from_slice(&u32::MAX.to_be_bytes());
                self
            }
        }
    }

    pub fn number(self, number: i64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    pub fn id(self, id: Uuid) -> Self {
        self.bytes(id.as_bytes())
    }

    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub fn sha(&self) -> Sha {
        Sha(Sha256::digest(&self.0).into())
    }
}

/// What an entry says, without its place in a lane.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content<'a> {
    pub chain: Uuid,
    pub id: Uuid,
    /// Milliseconds since 1970.
    pub at: i64,
    pub staff: Option<Uuid>,
    pub session: Option<Uuid>,
    pub source_ip: Option<&'a str>,
    pub action: &'a str,
    pub subject: Option<Uuid>,
    /// JSON, as it is stored.
    pub detail: &'a str,
}

impl Content<'_> {
    /// The hash of the entry at a place of a lane. The form is also in the interface's description: auditors compute it.
    pub fn sha(&self, lane: i32, seq: i64, previous: &Sha) -> Sha {
        let id = |id: &Option<Uuid>| id.map(Uuid::into_bytes);
        Canonical::new("cardea/audit/1")
            .number(lane.into())
            .number(seq)
            .bytes(previous.bytes())
            .id(self.chain)
            .id(self.id)
            .number(self.at)
            .maybe(id(&self.staff).as_ref().map(<[u8; 16]>::as_slice))
            .maybe(id(&self.session).as_ref().map(<[u8; 16]>::as_slice))
            .maybe(self.source_ip.map(str::as_bytes))
            .bytes(self.action.as_bytes())
            .maybe(id(&self.subject).as_ref().map(<[u8; 16]>::as_slice))
            .bytes(self.detail.as_bytes())
            .sha()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_contents_have_one_canonical_form() {
        let content = Content {
            chain: Uuid::from_u128(1),
            id: Uuid::from_u128(2),
            at: 3,
            staff: None,
            session: None,
            source_ip: None,
            action: "a",
            subject: None,
            detail: "{}",
        };
        let mut all = vec![
            content.sha(0, 1, &Sha::NOTHING),
            content.sha(1, 1, &Sha::NOTHING),
            content.sha(0, 2, &Sha::NOTHING),
            content.sha(0, 1, &Canonical::new("x").sha()),
        ];
        let other = Some(Uuid::from_u128(9));
        for changed in [
            Content {
                staff: other,
                ..content
            },
            Content {
                session: other,
                ..content
            },
            Content {
                subject: other,
                ..content
            },
            Content {
                source_ip: Some(""),
                ..content
            },
            Content {
                action: "a{",
                detail: "}",
                ..content
            },
        ] {
            all.push(changed.sha(0, 1, &Sha::NOTHING));
        }
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        // Kept for ever: entries of today are checked by the programs to come.
        let expected = "608f3bdceb8f92598c09893340a51f7e8b6fbdf8678c08a5c077e4c72e1fe526";
        assert_eq!(all[0].to_string(), expected);
    }
}
