//! Memberships: a customer in a program.

use super::cards::Card;
use super::common::{Balance, CustomerShown, Text, Tier};
use crate::http::Language;
use cardea_domain::Day;
use cardea_domain::id::{CustomerId, LotId, MembershipId, ProgramId, StoreId};
use cardea_domain::tier::NextStep;
use cardea_engine::query;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

mirror! {
MembershipState = query::MembershipState {
    Open,
    /// Closed, or past its validity.
    Closed,
}
}

/// What comes next on the ladder.
#[derive(Serialize, ToSchema)]
pub struct NextTier {
    pub id: String,
    pub name: Text,
    /// How much more must be paid in the window, minor units.
    pub missing_paid: i64,
}

#[derive(Serialize, ToSchema)]
pub struct Membership {
    #[schema(value_type = Uuid)]
    pub id: MembershipId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// The store that opened it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub customer: Option<CustomerShown>,
    pub state: MembershipState,
    pub tier: Tier,
    #[schema(value_type = String, format = Date)]
    pub opened_on: Day,
    /// Last valid day, in the issuing store's zone; null: no end.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
    pub balances: Vec<Balance>,
    pub cards: Vec<Card>,
    /// null on the highest step and after the end.
    pub next_tier: Option<NextTier>,
    /// null on the lowest step, where tiers never fall, and after the end.
    pub tier_review: Option<TierReview>,
    /// What is left to be spent, in the order in which it is.
    pub lots: Vec<Lot>,
}

/// When the tier is reviewed, and what keeps it.
#[derive(Serialize, ToSchema)]
#[schema(as = MembershipTierReview)]
pub struct TierReview {
    /// Last day of the tier as it stands, grace not counted.
    #[schema(value_type = String, format = Date)]
    pub valid_through: Day,
    /// How much more must be paid in the window to keep it, as of today, minor units.
    pub missing_paid: i64,
}

/// Points with dates of their own.
#[derive(Serialize, ToSchema)]
pub struct Lot {
    #[schema(value_type = Uuid)]
    pub id: LotId,
    #[schema(example = "points")]
    pub asset: String,
    pub remaining: i64,
    #[schema(value_type = String, format = Date)]
    pub opened_on: Day,
    /// First day on which they can be spent, while that is to come.
    #[schema(value_type = Option<String>, format = Date)]
    pub matures_on: Option<Day>,
    /// Last day on which they can; null: as long as the membership.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_through: Option<Day>,
}

impl From<query::LotView> for Lot {
    fn from(lot: query::LotView) -> Self {
        Self {
            id: lot.id,
            asset: lot.asset.0,
            remaining: lot.remaining,
            opened_on: lot.opened_on,
            matures_on: lot.matures_on,
            valid_through: lot.valid_through,
        }
    }
}

shown!(TierReview from query::TierReview { valid_through, missing_paid });

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipQuery {
    /// Only those of this customer.
    #[param(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

shown!(NextTier from NextStep { id, name, missing_paid });

impl Membership {
    pub fn new(view: query::MembershipView, language: Language) -> Self {
        Self {
            id: view.id,
            program_id: view.program_id,
            store_id: view.store_id,
            customer: view.customer.map(|customer| CustomerShown::new(&customer, language)),
            state: view.state.into(),
            tier: view.tier.into(),
            opened_on: view.opened_on,
            valid_through: view.valid_through,
            balances: view.balances.into_iter().map(Into::into).collect(),
            cards: view.cards.into_iter().map(|card| Card::new(card, language)).collect(),
            next_tier: view.next_tier.map(Into::into),
            tier_review: view.tier_review.map(Into::into),
            lots: view.lots.into_iter().map(Into::into).collect(),
        }
    }
}
