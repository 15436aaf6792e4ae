//! Opening a membership with its first card, further cards, and the end of a membership (D-RET-1, D-RET-4).

use super::{Context, EntryView, Proposal, SaleRecord};
use crate::calendar::{Day, Instant};
use crate::card::{Card, CardKind, CardNumber};
use crate::error::Refusal;
use crate::id::*;
use crate::ledger::{Balance, Member};
use crate::rows::Rows;
use crate::tier::TierView;

/// The purchase that met the rules, booked without a membership, and what the plugin proposes for it at the base tier
/// as a first purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualifying {
    pub record: SaleRecord,
    pub proposal: Proposal,
}

/// A membership to open, with its first card. The caller has asked the plugin, and knows that the customer has no open
/// membership in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueArgs {
    pub membership: MembershipId,
    pub program: ProgramId,
    pub customer: Option<CustomerId>,
    pub card: CardId,
    pub number: CardNumber,
    pub kind: CardKind,
    /// The last valid day, in the zone of the issuing store; none: no end.
    pub valid_through: Option<Day>,
    pub qualifying: Option<Qualifying>,
}

/// A further card of a membership.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCardArgs {
    pub card: CardId,
    pub number: CardNumber,
    pub kind: CardKind,
    pub valid_through: Option<Day>,
}

/// What was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueAnswer {
    pub card: Card,
    pub tier: TierView,
    pub valid_through: Option<Day>,
    pub entries: Vec<EntryView>,
    pub balances: Vec<Balance>,
    /// The membership as it stands now.
    pub member: Member,
}

/// Opens a membership and its first card, and books the qualifying purchase's points.
///
/// # Errors
/// `field_invalid` for a validity that is over; `busy` for a proposal on another basis. Nothing has changed then.
pub fn decide_issue(
    introducer: Option<&mut Member>,
    args: &IssueArgs,
    context: &Context,
    ids: &mut dyn NewIds,
) -> Result<(Rows, IssueAnswer), Refusal> {
    todo!()
}

/// Adds a card to an open membership.
///
/// # Errors
/// `membership_closed`
pub fn decide_add_card(member: &Member, args: &AddCardArgs, context: &Context) -> Result<(Rows, Card), Refusal> {
    todo!()
}

/// Ends a membership whose validity is over: its cards are void, its lots expire, one entry each (D-RET-4). Nothing to
/// do, and nothing done, for one that is closed or still valid.
pub fn expire_membership(member: &mut Member, cards: &mut [Card], context: &Context, ids: &mut dyn NewIds) -> Rows {
    todo!()
}

/// Books the end of the lots past their date, one entry per lot: `due` are the lots whose end has not been booked yet,
/// empty ones too. Nothing to do, and nothing done, for a lot that isn't past its date.
pub fn expire_lots(member: &mut Member, due: &[crate::ledger::Lot], context: &Context, ids: &mut dyn NewIds) -> Rows {
    todo!()
}
