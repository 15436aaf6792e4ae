//! Records of types that a chain declares (D-ARC-15): loan applications, installed machines, whatever a shop keeps a card
//! box for. Each is about a customer and sealed under the customer's key.

mod erase;
mod export;
mod find;
mod kind;
mod own;
mod read;
mod reveal;
mod row;
mod template;
mod write;

pub(crate) use erase::{erase, erase_one, take_back};
pub use find::RecordHit;
pub(crate) use find::find;
pub use kind::{NewRecordType, RecordType, RecordTypeChange};
pub(crate) use own::own;
pub use read::{Record, RecordEvent, RecordEventKind, RecordQuery};
pub use reveal::RevealedRecord;
pub(crate) use row::purpose;
pub use template::{RecordTypeTemplates, templates};
pub(crate) use write::add;
pub use write::{NewRecord, RecordChange, RecordMove};
