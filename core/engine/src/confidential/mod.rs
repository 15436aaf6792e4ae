//! What is confidential: the log of who saw or took away what (D-ARC-12), and deletions by two people (D-ARC-13,
//! D-ARC-19).

mod deletion;
mod erasure;
mod look;
mod own;
mod retention;

pub use crate::look::Why;
pub(crate) use deletion::decided;
pub use deletion::{Decision, Deletion, DeletionQuery, NewDeletion};
pub(crate) use erasure::Contents;
pub use look::{Look, LookQuery};
pub use own::{OwnPlace, OwnText};
pub(crate) use retention::{
    Before, Past, identities, name as name_past, old_records, prospects, rules as retention_rules,
    save_rules as save_retention,
};
pub use retention::{RetentionChange, RetentionView};
