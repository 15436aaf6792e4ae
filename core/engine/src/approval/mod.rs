//! Approvals (maker-checker, D-CON-3): one mechanism for whatever one person wants and others have to agree to. A request
//! is frozen by the hash of what it is about, ends by itself after a time, is void once that has changed, and is never
//! decided by those who made it, under whatever log-in. What follows from a decision is the subject's affair.

mod read;
mod row;
mod write;

pub use read::{Approval, ApprovalDecision, ApprovalQuery, WaitingApprovals};
pub(crate) use write::{Agreed, Remark, Wanted, ask, decide, end, expire, waiting_for};

use cardea_domain::named;
use serde::Deserialize;
use utoipa::ToSchema;

named! {
/// What a request is about.
pub enum ApprovalKind {
    Contract = "contract",
}
}

/// Yes, or with a reason no.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRemark {
    /// What is to be said about it; a no needs it.
    #[schema(min_length = 1, max_length = 1000)]
    pub remark: Option<String>,
}
