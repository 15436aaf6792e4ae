//! The audit log (D-HQ-5): who did what, when and from where, in hash chains that nobody can edit unseen.
//!
//! - Each entry stands in one of a few lanes under a gapless number, with the hash of the entry before it and a hash over
//!   everything it says (`entry.rs`).
//! - A writer owns a lane under an epoch and moves its head once per batch, in the batch's transaction (`lane.rs`).
//! - Checkpoints seal the heads of all lanes under a key that lies outside the database (`checkpoint.rs`).
//! - `check.rs` finds what was done to any of it; `read.rs` shows it to auditors.

mod check;
mod checkpoint;
mod entry;
mod lane;
mod read;
#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, SealedLane};
pub use entry::Sha;
pub use lane::LANES;
pub use read::{AuditEntry, AuditLink, AuditQuery};

pub(crate) use check::log as check;
pub(crate) use entry::Content;
pub(crate) use lane::{Trail, set_up};
