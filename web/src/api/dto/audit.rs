//! The audit log.

use cardea_domain::Instant;
use cardea_domain::id::{ChainId, SessionId, StaffId};
use cardea_engine::audit;
use cardea_engine::page::PageArgs;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What entries are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// An action, e.g. `card.freeze`; with a dot at the end all that begin so: `card.`.
    pub action: Option<String>,
    /// What was acted on.
    pub subject: Option<Uuid>,
    /// Who acted.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// At or after.
    #[param(value_type = Option<String>, format = DateTime)]
    pub from: Option<Instant>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    pub until: Option<Instant>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl AuditQuery {
    pub fn split(self) -> (audit::AuditFilter, PageArgs) {
        let filter = audit::AuditFilter {
            action: self.action,
            subject: self.subject,
            staff: self.staff_id,
            from: self.from,
            until: self.until,
        };
        let page = PageArgs {
            limit: self.limit,
            after: self.after,
        };
        (filter, page)
    }
}

/// An entry of the audit log.
#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    #[schema(value_type = Uuid)]
    pub chain_id: ChainId,
    pub id: Uuid,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// null: the system.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = Option<Uuid>)]
    pub session_id: Option<SessionId>,
    pub source_ip: Option<String>,
    #[schema(example = "card.freeze")]
    pub action: String,
    /// What was acted on.
    pub subject: Option<Uuid>,
    /// A JSON document, to the letter as it was hashed; personal data only sealed.
    #[schema(example = "{\"code\":\"north\"}")]
    pub detail: String,
    pub lane: i32,
    /// Number in its lane, from 1 without gaps.
    pub seq: i64,
    /// SHA-256, hexadecimal.
    pub hash: String,
}

impl From<audit::AuditEntry> for AuditEntry {
    fn from(entry: audit::AuditEntry) -> Self {
        Self {
            chain_id: entry.chain_id,
            id: entry.id,
            at: entry.at,
            staff_id: entry.staff_id,
            session_id: entry.session_id,
            source_ip: entry.source_ip,
            action: entry.action,
            subject: entry.subject,
            detail: entry.detail,
            lane: entry.lane,
            seq: entry.seq,
            hash: entry.hash.to_string(),
        }
    }
}

/// A place of a lane.
#[derive(Serialize, ToSchema)]
pub struct AuditLink {
    pub lane: i32,
    pub seq: i64,
    /// SHA-256, hexadecimal.
    pub hash: String,
    /// null for another chain's.
    pub entry: Option<AuditEntry>,
}

impl From<audit::AuditLink> for AuditLink {
    fn from(link: audit::AuditLink) -> Self {
        Self {
            lane: link.lane,
            seq: link.seq,
            hash: link.hash.to_string(),
            entry: link.entry.map(Into::into),
        }
    }
}

/// Where a lane ended.
#[derive(Serialize, ToSchema)]
pub struct SealedLane {
    pub lane: i32,
    /// Number of its last entry; 0 for none.
    pub seq: i64,
    /// SHA-256 of its last entry, hexadecimal.
    pub hash: String,
}

/// A signed checkpoint of the audit log.
#[derive(Serialize, ToSchema)]
pub struct AuditCheckpoint {
    #[schema(example = "cardea/audit-checkpoint/1")]
    pub format: String,
    pub installation: Uuid,
    pub number: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    /// SHA-256 of what the checkpoint before signed, hexadecimal.
    pub previous: String,
    pub lanes: Vec<SealedLane>,
    /// Ed25519 public key, hexadecimal.
    pub key: String,
    /// Ed25519 signature over format, installation, number, at, previous, number of lanes, then lane, seq and hash of each,
    /// and the key's text, in the form of the entries' hashes; hexadecimal.
    pub signature: String,
}

impl From<audit::Checkpoint> for AuditCheckpoint {
    fn from(checkpoint: audit::Checkpoint) -> Self {
        let lane = |sealed: &audit::SealedLane| SealedLane {
            lane: sealed.lane,
            seq: sealed.seq,
            hash: sealed.hash.to_string(),
        };
        Self {
            lanes: checkpoint.lanes.iter().map(lane).collect(),
            format: checkpoint.format,
            installation: checkpoint.installation,
            number: checkpoint.number,
            at: checkpoint.at,
            previous: checkpoint.previous.to_string(),
            key: checkpoint.key,
            signature: checkpoint.signature,
        }
    }
}
