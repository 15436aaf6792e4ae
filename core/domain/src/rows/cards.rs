//! What cards, their PINs, renewals and lots that outlive a membership add.

use crate::calendar::{Day, Instant};
use crate::card::{Block, CardKind, CardNumber, CardState};
use crate::error::Text;
use crate::id::*;
use crate::money::Points;
use serde::{Deserialize, Serialize};

/// A membership that was renewed (D-CARD-8), with its new end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalRow {
    pub id: RenewalId,
    pub membership: MembershipId,
    pub staff: Option<StaffId>,
    /// Where it was applied for.
    pub store: StoreId,
    pub at: Instant,
    pub applied_on: Day,
    pub was_valid_through: Day,
    pub valid_through: Day,
    /// First instant after `valid_through` in the issuing store's zone.
    pub expires_at: Instant,
    pub reopened: bool,
    pub points_ended: Points,
    pub rule: String,
    pub explanation: Text,
    pub configuration: ConfigurationId,
    /// SHA-256 of what the plugin was asked; none: the program's own terms.
    pub input: Option<[u8; 32]>,
}

/// A lot that a plugin lets go on at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotExtension {
    pub membership: MembershipId,
    pub lot: LotId,
    /// Its membership ended, not the lot by a date of its own.
    pub with_membership: bool,
    pub at: Instant,
    /// Its end before; none: it had no date of its own.
    pub was: Option<Instant>,
    pub until: Instant,
    pub rule: String,
    pub explanation: Text,
    pub configuration: ConfigurationId,
    /// SHA-256 of what the plugin was asked.
    pub input: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardRow {
    pub id: CardId,
    pub membership: MembershipId,
    pub number: CardNumber,
    pub kind: CardKind,
    /// Active, or applied for.
    pub state: CardState,
    pub awaits_approval: bool,
    pub entered_by: Option<StaffId>,
    pub store: StoreId,
    pub issued_at: Instant,
    pub valid_through: Option<Day>,
    pub replaces: Option<CardId>,
    /// The member of staff who holds it.
    pub holder_staff: Option<StaffId>,
}

/// A card's PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct PinRow {
    pub card: CardId,
    /// PHC string.
    pub hash: String,
    /// How many in a row have been or are being judged without a right one.
    pub tries: i64,
    pub set_at: Instant,
}

impl std::fmt::Debug for PinRow {
    /// Six digits are tried out soon once their hash is known: it doesn't belong in logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PinRow({}, {} tries)", self.card, self.tries)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardUpdate {
    pub id: CardId,
    pub state: CardState,
    pub blocks: Vec<Block>,
    /// An anonymous card becomes a customer's.
    pub kind: CardKind,
    pub replaced_by: Option<CardId>,
    pub awaits_approval: bool,
    pub valid_through: Option<Day>,
    pub version: i64,
}
