//! What top-ups, passes and their refunds add.

use crate::calendar::{Day, Instant};
use crate::id::*;
use crate::money::Minor;
use crate::prepaid::{Confirmation, Payer, RefundReason};

/// Money that was paid in, with the lots that it opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpRow {
    /// Its bill.
    pub id: BillId,
    pub membership: MembershipId,
    pub store: StoreId,
    pub at: Instant,
    pub on: Day,
    pub paid: Minor,
    pub granted: Minor,
    /// The offer's code.
    pub offer: Option<String>,
    /// None where a debt took all of it.
    pub principal: Option<LotId>,
    pub bonus: Option<LotId>,
    pub payer: Payer,
    /// Who paid, where the archive knows.
    pub payer_id: Option<CustomerId>,
    pub staff: Option<StaffId>,
}

/// Sessions of a service that were sold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassRow {
    /// The bill that sold it.
    pub id: BillId,
    pub membership: MembershipId,
    pub store: StoreId,
    pub at: Instant,
    pub on: Day,
    pub service: String,
    pub name: String,
    pub sessions: i64,
    pub gifts: i64,
    pub paid: Minor,
    /// Price of one session without the pass.
    pub list: Minor,
    pub valid_through: Option<Day>,
    /// Sessions that were paid for; None where a debt took them.
    pub paid_lot: Option<LotId>,
    pub gift_lot: Option<LotId>,
    pub staff: Option<StaffId>,
}

/// Sessions of a pass that were used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassUseRow {
    /// Its bill.
    pub id: BillId,
    pub pass: BillId,
    pub membership: MembershipId,
    pub store: StoreId,
    pub at: Instant,
    pub sessions: i64,
    pub therapist: StaffId,
    pub confirmation: Confirmation,
    pub staff: Option<StaffId>,
}

/// A top-up or pass that is paid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRow {
    pub of: BillId,
    pub pass: bool,
    /// The bill that pays it back.
    pub refund: BillId,
    pub amount: Minor,
    pub reason: RefundReason,
}
