//! Memberships with their cards, balances and what is missing for the next tier.

use super::{CardView, CustomerBrief, not_found};
use crate::actor::Actor;
use crate::{Engine, Page, PageArgs};
use cardea_domain::id::{CustomerId, MembershipId, ProgramId, StoreId};
use cardea_domain::ledger::Balance;
use cardea_domain::tier::{NextStep, TierView};
use cardea_domain::{Day, Refusal};
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MembershipState {
    Open,
    /// Closed, or past its validity.
    Closed,
}

/// A membership as of the chain's business time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MembershipView {
    pub id: MembershipId,
    pub program_id: ProgramId,
    /// The store that opened it.
    pub store_id: StoreId,
    pub customer: Option<CustomerBrief>,
    pub state: MembershipState,
    pub tier: TierView,
    pub opened_on: Day,
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    /// Oldest first.
    pub cards: Vec<CardView>,
    /// None on the highest step and after the end.
    pub next_tier: Option<NextStep>,
}

impl Engine {
    /// Memberships, newest first; those of one customer if given.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn memberships(
        &self,
        _actor: &Actor,
        _customer: Option<CustomerId>,
        page: &PageArgs,
    ) -> Result<Page<MembershipView>, Refusal> {
        page.limit()?;
        Err(not_found())
    }

    /// One membership.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn membership(&self, _actor: &Actor, _id: MembershipId) -> Result<MembershipView, Refusal> {
        Err(not_found())
    }
}
