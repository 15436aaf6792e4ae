//! Where a part of a customer's card comes from, and whether somebody has made sure of it (D-ARC-2).

use crate::calendar::Instant;
use crate::id::StaffId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// How data were learnt.
pub enum CardSource {
    /// Seen or heard at the customer's.
    Visit = "visit",
    /// Told by the customer.
    Own = "self",
    /// A survey, or a credit bureau.
    Survey = "survey",
    /// Read in a contract.
    Contract = "contract",
    /// Came in a file.
    Import = "import",
}
}

/// Where a group of fields comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    pub source: Option<CardSource>,
    /// Somebody has made sure of it as it stands.
    #[serde(default)]
    #[schema(required)]
    pub verified: bool,
    #[schema(value_type = Option<Uuid>)]
    pub verified_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Instant>,
    #[schema(value_type = Option<Uuid>)]
    pub changed_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Instant>,
}

/// What is said of a group's provenance. Absent fields stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvenanceChange {
    pub source: Option<CardSource>,
    /// true: made sure of, by whoever sends it, now.
    pub verified: Option<bool>,
}

impl Provenance {
    /// After a change of the group's fields (`changed`), of what is said of them, or both. Whoever changes fields and
    /// names no source keeps the old one; what was verified was verified of the old values and no longer is.
    #[must_use]
    pub fn after(&self, changed: bool, told: ProvenanceChange, who: Option<StaffId>, at: Instant) -> Self {
        let source = told.source.or(self.source);
        let stays = self.verified && !changed && source == self.source;
        let (verified_by, verified_at) = match told.verified {
            Some(true) => (who, Some(at)),
            None if stays => (self.verified_by, self.verified_at),
            _ => (None, None),
        };
        let (changed_by, changed_at) = if changed {
            (who, Some(at))
        } else {
            (self.changed_by, self.changed_at)
        };
        Self {
            source,
            verified: told.verified.unwrap_or(stays),
            verified_by,
            verified_at,
            changed_by,
            changed_at,
        }
    }
}
