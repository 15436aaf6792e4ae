//! Checkpoints: signed statements of where every lane ended. Whoever keeps one elsewhere can prove later that nothing
//! before it was rewritten or cut off, even by somebody who computed every hash anew.

use super::entry::{Canonical, Sha};
use super::lane;
use crate::error::{Error, Result};
use crate::keys::SealKeys;
use crate::store::schema::audit_checkpoints;
use crate::store::{Answer, Conn, Scope, installed};
use crate::{Actor, Engine, each};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

const FORMAT: &str = "cardea/audit-checkpoint/1";

/// Where a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SealedLane {
    pub lane: i32,
    /// Number of its last entry; 0 for none.
    pub seq: i64,
    /// SHA-256 of its last entry, hexadecimal.
    #[schema(value_type = String)]
    pub hash: Sha,
}

/// A signed checkpoint of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AuditCheckpoint)]
pub struct Checkpoint {
    #[schema(example = "cardea/audit-checkpoint/1")]
    pub format: String,
    pub installation: Uuid,
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// SHA-256 of what the checkpoint before signed, hexadecimal.
    #[schema(value_type = String)]
    pub previous: Sha,
    pub lanes: Vec<SealedLane>,
    /// Ed25519 public key, hexadecimal.
    pub key: String,
    /// Ed25519 signature over format, installation, number, at, previous, number of lanes, then lane, seq and hash of each,
    /// and the key's text, in the form of the entries' hashes; hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    fn signed(&self) -> Canonical {
        let mut form = Canonical::new(&self.format)
            .id(self.installation)
            .number(self.number)
            .number(self.at.0)
            .bytes(self.previous.bytes())
            .number(self.lanes.len() as i64);
        for sealed in &self.lanes {
            form = form
                .number(sealed.lane.into())
                .number(sealed.seq)
                .bytes(sealed.hash.bytes());
        }
        form.bytes(self.key.as_bytes())
    }

    /// What the next checkpoint names as the one before.
    pub(super) fn sha(&self) -> Sha {
        self.signed().sha()
    }

    /// Whether one of this installation's keys has signed it as it stands.
    pub(super) fn is_signed(&self, keys: &SealKeys) -> bool {
        let (mut key, mut signature) = ([0; 32], [0; 64]);
        self.format == FORMAT
            && hex::decode_to_slice(&self.key, &mut key).is_ok()
            && hex::decode_to_slice(&self.signature, &mut signature).is_ok()
            && keys.verify(&key, self.signed().as_slice(), &signature)
    }

    /// For messages.
    pub(super) fn name(&self) -> String {
        format!("checkpoint {} of {}", self.number, self.at)
    }
}

/// A stored checkpoint by its number; None in place of one that can't be read.
pub(super) type Stored = (i64, Option<Checkpoint>);

/// Checkpoints after this number, in order.
pub(super) fn after(conn: &mut Conn, number: i64, limit: i64) -> Result<Vec<Stored>> {
    let rows: Vec<(i64, String)> = each!(conn, c => audit_checkpoints::table
        .select((audit_checkpoints::number, audit_checkpoints::document))
        .filter(audit_checkpoints::number.gt(number))
        .order(audit_checkpoints::number)
        .limit(limit)
        .load(c)?);
    let read = |(number, document): (i64, String)| (number, serde_json::from_str(&document).ok());
    Ok(rows.into_iter().map(read).collect())
}

fn last(conn: &mut Conn) -> Result<Option<Checkpoint>> {
    let row: Option<String> = each!(conn, c => audit_checkpoints::table
        .select(audit_checkpoints::document)
        .order(audit_checkpoints::number.desc())
        .limit(1)
        .get_result(c)
        .optional()?);
    Ok(row.map(|document| serde_json::from_str(&document)).transpose()?)
}

/// Seals where the lanes end now; the last checkpoint where nothing came since.
fn seal(conn: &mut Conn, keys: &SealKeys, installation: Uuid, now: Instant) -> Result<Checkpoint> {
    let before = last(conn)?;
    let sealed = |(lane, head): (i32, lane::Head)| SealedLane {
        lane,
        seq: head.seq,
        hash: head.sha,
    };
    let lanes: Vec<SealedLane> = lane::heads(conn)?.into_iter().map(sealed).collect();
    let public = hex::encode(keys.public());
    if let Some(before) = &before
        && before.lanes == lanes
        && before.key == public
    {
        return Ok(before.clone());
    }
    let mut checkpoint = Checkpoint {
        format: FORMAT.into(),
        installation,
        number: before.as_ref().map_or(1, |before| before.number + 1),
        at: now,
        previous: before.as_ref().map_or(Sha::NOTHING, Checkpoint::sha),
        lanes,
        key: public,
        signature: String::new(),
    };
    checkpoint.signature = hex::encode(keys.sign(checkpoint.signed().as_slice()));
    let row = (
        audit_checkpoints::number.eq(checkpoint.number),
        audit_checkpoints::at.eq(checkpoint.at.0),
        audit_checkpoints::document.eq(serde_json::to_string(&checkpoint)?),
    );
    each!(conn, c => diesel::insert_into(audit_checkpoints::table).values(row).execute(c)?);
    Ok(checkpoint)
}

impl Engine {
    /// Seals all lanes of the audit log with the installation's key; the last checkpoint where nothing came since. None
    /// before the first run.
    ///
    /// # Errors
    /// `storage_unavailable`, `busy`.
    pub async fn seal_audit(&self) -> Result<Option<Checkpoint>, Refusal> {
        let Some(installation) = self.read(Scope::Installation, installed)? else {
            return Ok(None);
        };
        let keys = self.keys().seals();
        let work = move |tx: &mut crate::store::Tx<'_>| {
            let now = tx.now();
            Answer::ok(&seal(tx.conn(), &keys, installation, now)?)
        };
        // It belongs to no chain.
        let system = Actor::system(ChainId(Uuid::nil()));
        match self.transact(&system, None, "audit.seal", work).await {
            Ok(answered) => Ok(Some(serde_json::from_str(&answered.json).map_err(Error::from)?)),
            // Another server has sealed in this moment.
            Err(refusal) if refusal.code == Code::AlreadyExists => Ok(self.read(Scope::Installation, last)?),
            Err(refusal) => Err(refusal),
        }
    }

    /// The last checkpoint, for an auditor to keep.
    ///
    /// # Errors
    /// `forbidden`; `not_found` before the first one.
    pub fn audit_checkpoint(&self, actor: &Actor) -> Result<Checkpoint, Refusal> {
        actor.scope(crate::identity::Action::AuditRead)?;
        self.read(Scope::Installation, last)?
            .ok_or_else(crate::input::not_found)
    }
}
