//! Approvals (maker-checker, D-CON-3): one mechanism for whatever one person wants and others have to agree to. A request
//! is frozen by the hash of what it is about, ends by itself after a time, is void once that has changed, and is never
//! decided by those who made it, under whatever log-in. What follows from a decision is the subject's affair.

mod permit;
mod read;
mod row;
mod rules;
mod write;

pub(crate) use permit::{WAITS, permit, refusal};
pub use read::{Approval, ApprovalDecision, ApprovalQuery, WaitingApprovals};
pub use rules::ApprovalRules;
pub(crate) use write::{Agreed, Remark, Wanted, ask, decide, end, expire, person_of, waiting_for};

use cardea_domain::{Text, named};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

named! {
/// What a request is about.
pub enum ApprovalKind {
    Contract = "contract",
    /// A new version of a program's configuration.
    Configuration = "configuration",
    /// A log-in: its role, stores, password.
    Staff = "staff",
    /// Personal data as a file.
    Export = "export",
    /// A person's data, or some of them, are to go.
    Erasure = "erasure",
    /// Points by hand, above what one may do alone.
    Adjustment = "adjustment",
    /// A debt that is to be let go.
    WriteOff = "write_off",
    /// The rules of what needs approval.
    Rules = "rules",
}
}

/// What is done once others have agreed.
pub(crate) struct Guarded {
    pub kind: ApprovalKind,
    pub subject: Uuid,
    /// In full, without personal data: what others agree to, and what has to be the same afterwards.
    pub request: Value,
    /// What it is about, without personal data.
    pub summary: Text,
}

/// Yes, or with a reason no.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRemark {
    /// What is to be said about it; a no needs it.
    #[schema(min_length = 1, max_length = 1000)]
    pub remark: Option<String>,
}
