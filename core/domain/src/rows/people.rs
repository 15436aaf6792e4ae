//! What the transfer of a membership to another person adds.

use crate::calendar::Instant;
use crate::id::*;
use crate::identifier::DocumentKind;

/// A membership that goes to another person (D-CARD-13), with the kinds of documents that both have shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOverRow {
    pub id: HolderTransferId,
    pub membership: MembershipId,
    pub from: CustomerId,
    pub to: CustomerId,
    pub store: StoreId,
    pub staff: Option<StaffId>,
    pub from_document: DocumentKind,
    pub to_document: DocumentKind,
    pub reason: String,
    pub at: Instant,
}
