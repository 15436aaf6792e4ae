//! Blank card stock (D-CARD-2): batches of unguessable numbers, what is where, parcels between places, the register of lost and
//! damaged cards, and counts of them. Whatever happens to blanks goes through `moves`: it is noted, and the blanks and the
//! quantities change in the same transaction. The one that becomes a card is taken by `store/writer/blanks.rs`.

mod batch;
mod count;
mod count_read;
mod draw;
mod moves;
mod numbers;
mod read;
mod register;
mod row;
mod rules;
mod transfer;

pub use batch::NewCardBatch;
pub use count::{CardCountClosing, CardCountSigning, CountedAnswer, CountedNumber, NewCardCount};
pub use count_read::{CardCount, CardCountItem, CardCountItemQuery, CountPart, CountTotals};
pub(crate) use draw::{go_on, random_number};
pub use numbers::{CardLabelQuery, CardNumberQuery, NumbersFile};
pub use read::{BlankQuery, CardMoveQuery, CardTransferQuery};
pub use register::{BlankRegistration, Registered, RegisteredState};
pub use rules::CardStockRules;
pub use transfer::{NewCardTransfer, TransferDifference, TransferDifferenceState, TransferLine, TransferReceipt};

use cardea_domain::card::CardKind;
use cardea_domain::card_stock::{BlankState, BlankStep};
use cardea_domain::id::*;
use cardea_domain::{Day, Instant, named};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many blanks there are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BlankCounts {
    pub in_stock: i64,
    /// On their way there.
    pub in_transit: i64,
    pub issued: i64,
    pub lost: i64,
    pub damaged: i64,
    pub void: i64,
}

impl BlankCounts {
    fn add(&mut self, state: BlankState, quantity: i64) {
        *match state {
            BlankState::InStock => &mut self.in_stock,
            BlankState::InTransit => &mut self.in_transit,
            BlankState::Issued => &mut self.issued,
            BlankState::Lost => &mut self.lost,
            BlankState::Damaged => &mut self.damaged,
            BlankState::Void => &mut self.void,
        } += quantity;
    }
}

/// Blanks whose numbers were drawn together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardBatch {
    #[schema(value_type = Uuid)]
    pub id: CardBatchId,
    pub name: String,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// The kind of card that its blanks become.
    pub kind: CardKind,
    /// Where they were made for; null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// How many blanks it has, 1–20 000; their serial numbers go from 1 to this.
    pub quantity: i32,
    /// How many numbers are there so far; all of them: the batch is ready.
    pub drawn: i32,
    /// The last day on which they may be issued; null: no such day.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    #[schema(value_type = Option<Uuid>)]
    pub created_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// At all places together.
    pub counts: BlankCounts,
}

/// The blanks of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockOfPlace {
    /// Null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// By batch, the oldest first.
    pub lines: Vec<StockLine>,
}

/// The blanks of one batch at one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StockLine {
    #[schema(value_type = Uuid)]
    pub batch_id: CardBatchId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    pub kind: CardKind,
    pub counts: BlankCounts,
}

/// Blanks of a batch by their serial numbers, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlankRange {
    #[schema(value_type = Uuid)]
    pub batch_id: CardBatchId,
    #[schema(minimum = 1)]
    pub first: i32,
    pub last: i32,
}

/// Something that happened to blanks; never changed afterwards.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardMove {
    #[schema(value_type = Uuid)]
    pub id: uuid::Uuid,
    #[serde(flatten)]
    pub blanks: BlankRange,
    pub quantity: i32,
    pub step: BlankStep,
    /// Where they were; null with `made`, and for HQ.
    #[schema(value_type = Option<Uuid>)]
    pub from_store_id: Option<StoreId>,
    /// Where they count since; null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub to_store_id: Option<StoreId>,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
    pub reason: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub transfer_id: Option<CardTransferId>,
    /// The count that found the difference.
    #[schema(value_type = Option<Uuid>)]
    pub count_id: Option<CardCountId>,
    /// The card that it has become.
    #[schema(value_type = Option<Uuid>)]
    pub card_id: Option<CardId>,
}

/// One blank, by its number.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BlankCard {
    #[schema(value_type = Uuid)]
    pub batch_id: CardBatchId,
    pub serial: i32,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    pub kind: CardKind,
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub state: BlankState,
    /// Where it counts; null: at HQ.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// What happened to it, the newest first.
    pub moves: Vec<CardMove>,
}

named! {
/// How far a parcel has come.
pub enum TransferState {
    Sent = "sent",
    Received = "received",
}
}

/// A parcel of blanks from one place to another.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CardTransfer {
    #[schema(value_type = Uuid)]
    pub id: CardTransferId,
    pub state: TransferState,
    /// Null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub from_store_id: Option<StoreId>,
    /// Null: HQ.
    #[schema(value_type = Option<Uuid>)]
    pub to_store_id: Option<StoreId>,
    pub quantity: i32,
    pub blanks: Vec<BlankRange>,
    pub note: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub sent_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub sent_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub received_by: Option<StaffId>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub received_at: Option<Instant>,
    /// How many of them didn't arrive, and how many arrived spoilt.
    pub lost: i32,
    pub damaged: i32,
    /// Those blanks.
    pub differences: Vec<TransferDifference>,
    /// What the receiver says of the differences.
    pub reason: Option<String>,
}
