//! What a sale is answered.

use super::gift::RewardOnBill;
use crate::query::CustomerShown;
use cardea_domain::id::*;
use cardea_domain::ledger::Balance;
use cardea_domain::sale::{Demand, EntryView, FromPool, Judgement};
use cardea_domain::tier::TierView;
use cardea_domain::{Minor, Points, Text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

// `C` is what is told of the customer: stored answers hold the id, the interface tells the name.
/// What a sale brings.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = SaleAnswer)]
pub struct SaleView<E, C> {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    #[schema(value_type = i64)]
    pub points_earned: Points,
    #[schema(value_type = i64)]
    pub points_spent: Points,
    /// What counts as paid, minor units.
    #[schema(value_type = i64)]
    pub paid: Minor,
    pub judged: Judgement,
    #[schema(value_type = Vec<EntryView>)]
    pub entries: E,
    /// After the sale.
    pub balances: Vec<Balance>,
    /// The tier at which it was earned.
    pub tier: Option<TierView>,
    /// The tier of the next sale, after an upgrade.
    pub tier_next: Option<TierView>,
    #[schema(value_type = Option<MemberShown>)]
    pub member: Option<MemberView<C>>,
    /// Why the membership that was meant earns nothing, so that the sale is booked without it.
    pub not_earned: Option<Text>,
    /// Rewards that were claimed on the bill.
    #[serde(default)]
    pub rewards: Vec<RewardOnBill>,
    /// What it and the rewards on it took of others in the family pool, for their own points didn't suffice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_pool: Option<FromPool>,
    /// Of a quote: what the program demands to be confirmed before it is booked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub confirmations: Vec<Demand>,
}

/// Whose sale it was.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MemberShown)]
pub struct MemberView<C> {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// null for an anonymous membership.
    #[schema(value_type = Option<CustomerShown>)]
    pub customer: Option<C>,
}

type MemberShown = MemberView<CustomerShown>;

impl<E, C> SaleView<E, C> {
    /// Whose sale it was, if a customer's.
    pub fn customer(&self) -> Option<&C> {
        self.member.as_ref()?.customer.as_ref()
    }

    /// The same answer with something else told of the customer.
    pub fn told<T>(self, customer: impl FnOnce(C) -> T) -> SaleView<E, T> {
        SaleView {
            id: self.id,
            points_earned: self.points_earned,
            points_spent: self.points_spent,
            paid: self.paid,
            judged: self.judged,
            entries: self.entries,
            balances: self.balances,
            tier: self.tier,
            tier_next: self.tier_next,
            member: self.member.map(|member| MemberView {
                membership_id: member.membership_id,
                customer: member.customer.map(customer),
            }),
            not_earned: self.not_earned,
            rewards: self.rewards,
            from_pool: self.from_pool,
            confirmations: self.confirmations,
        }
    }
}
