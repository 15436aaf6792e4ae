//! Reads: keyset-paged, indexed, always inside one chain and the stores that the actor may see.

mod bills;
mod cards;
mod entries;
mod memberships;

pub use bills::{BillFilter, BillLineView, BillTenderView, BillView};
pub use cards::CardView;
pub use entries::StatementEntry;
pub use memberships::{MembershipState, MembershipView};

use cardea_domain::Text;
use cardea_domain::id::CustomerId;
use serde::Serialize;

/// What a card or a bill shows of its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CustomerBrief {
    pub id: CustomerId,
    /// 王女士 / Ms Wang
    pub display: Text,
    pub phone_masked: Option<String>,
}

fn not_found() -> cardea_domain::Refusal {
    cardea_domain::Refusal::new(cardea_domain::Code::NotFound, "没有找到", "There is no such thing here")
}
