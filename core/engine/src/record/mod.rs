//! Records of types that a chain declares (D-ARC-15): loan applications, installed machines, whatever a shop keeps a card
//! box for. Each is about a customer and sealed under the customer's key.

mod export;
mod kind;
mod read;
mod row;
mod template;
mod write;

pub use export::CsvPage;
pub use kind::{NewRecordType, RecordType, RecordTypeChange};
pub use read::{Record, RecordEvent, RecordEventKind, RecordQuery};
pub(crate) use row::purpose;
pub use template::{RecordTypeTemplates, templates};
pub use write::{NewRecord, RecordChange, RecordMove};
