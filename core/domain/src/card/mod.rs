//! Cards: credentials of a membership. Their numbers, kinds, states, blocks, and what may happen to them (D-CARD-1, -4,
//! -5, -6, -14). The table of operations is in `operations.rs`.

mod change;
mod code;
mod number;
mod operations;
mod told;
mod words;

pub use change::{ReplaceArgs, decide_card, decide_replace, lock};
pub(crate) use change::{expire, merge, renew, unmerge, void};
pub use code::{MemberCode, NotACode};
pub use number::{CardNumber, NotACardNumber};
pub use operations::{At, CardOp, Given, OPERATIONS, Operation, allowed, apply, operation, usable};
pub use told::{CallBackQuestion, CardOperation, ReplacementCause};

use crate::calendar::Day;
use crate::id::*;
use crate::rows::{CardRow, CardUpdate};

// D-CARD-1
named! {
/// Who may hold a card.
#[derive(PartialOrd, Ord)]
pub enum CardKind {
    /// Named.
    Customer = "customer",
    Anonymous = "anonymous",
    /// For a person or event, with an end date.
    Temporary = "temporary",
    Employee = "employee",
    Supplier = "supplier",
}
}

named! {
#[derive(PartialOrd, Ord)]
pub enum CardState {
    Applied = "applied",
    Rejected = "rejected",
    Active = "active",
    Replaced = "replaced",
    Returned = "returned",
    Void = "void",
    Merged = "merged",
}
}

// A card has a set of them.
named! {
/// Why an active card doesn't work for now.
#[derive(PartialOrd, Ord)]
pub enum Block {
    Loss = "loss",
    Frozen = "frozen",
    Pin = "pin",
    Expired = "expired",
}
}

/// A card with all that a decision about it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub id: CardId,
    pub membership: MembershipId,
    pub number: CardNumber,
    pub kind: CardKind,
    pub state: CardState,
    /// Sorted, without doubles.
    pub blocks: Vec<Block>,
    pub store: StoreId,
    pub valid_through: Option<Day>,
    pub replaced_by: Option<CardId>,
    /// Applied for, and nobody has approved it yet.
    pub awaits_approval: bool,
    /// Who entered the application; somebody else approves it (D-CARD-2).
    pub entered_by: Option<StaffId>,
    /// The member of staff who holds it.
    pub holder_staff: Option<StaffId>,
    pub version: i64,
}

impl Card {
    /// A card as it stands after its row was saved.
    pub fn issued(row: &CardRow) -> Self {
        Self {
            id: row.id,
            membership: row.membership,
            number: row.number.clone(),
            kind: row.kind,
            state: row.state,
            blocks: Vec::new(),
            store: row.store,
            valid_through: row.valid_through,
            replaced_by: None,
            awaits_approval: row.awaits_approval,
            entered_by: row.entered_by,
            holder_staff: row.holder_staff,
            version: 1,
        }
    }

    /// Where it stands, for the table of operations.
    pub fn at(&self) -> At<'_> {
        At {
            state: self.state,
            blocks: &self.blocks,
            awaits_approval: self.awaits_approval,
        }
    }

    pub(crate) fn update(&self) -> CardUpdate {
        CardUpdate {
            id: self.id,
            state: self.state,
            blocks: self.blocks.clone(),
            kind: self.kind,
            replaced_by: self.replaced_by,
            valid_through: self.valid_through,
            awaits_approval: self.awaits_approval,
            version: self.version,
        }
    }
}
