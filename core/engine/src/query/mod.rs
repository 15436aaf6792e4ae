//! Reads: keyset-paged, indexed, always inside one chain and the stores that the actor may see.

mod bills;
mod cards;
mod entries;
mod find;
mod holder;
mod loss;
mod memberships;
mod outstanding;
mod own;
mod pool;
mod prepaid;
mod prepaid_report;
mod record;
mod renewals;
#[cfg(test)]
mod tests;
mod tier;

pub use crate::archive::CustomerBrief;
pub use bills::{BillFilter, BillLineView, BillTenderView, BillView, BookedSale, SaleQuery, SaleShown};
pub use cards::{Card, CardHolder, CardQuery, CardShown, CardView};
pub use entries::{LotMove, StatementEntry};
pub use loss::{CardLoss, CardLossQuery, HandedIn, SpentBeforeReport};
pub use memberships::{
    CustomerShown, Lot, Membership, MembershipQuery, MembershipShown, MembershipState, MembershipView, TierReview,
};
pub use outstanding::{OutstandingCard, OutstandingCause};
pub(crate) use own::{bills as own_bills, entries as own_entries};
pub use pool::MembershipPool;
pub use prepaid::{PassShown, PassUseShown, RefundShown, TopUpShown};
pub use prepaid_report::{PrepaidFigures, PrepaidReport, PrepaidReportQuery, PrepaidStore};
pub use record::{RecordFile, RecordFormat, RecordQuery, RecordedMove};
pub use renewals::GrantedRenewal;
pub use tier::{Expiring, LotsQuery, ManualTier, MembershipLots, MembershipTier, TierChange};

use crate::error::Error;
use crate::identity::StoreScope;
use crate::store::Id;
use cardea_domain::{Code, Refusal};

/// A scope as a query needs it: whether every store is in it, and else which.
fn stores_of(scope: &StoreScope) -> (bool, Vec<Id>) {
    match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| (*store).into()).collect()),
    }
}

/// A cursor that isn't one of ours.
fn not_a_cursor() -> Refusal {
    Refusal::new(Code::BodyInvalid, "after 不是有效的游标", "after isn't a cursor").at("/after")
}

/// A value of a closed set as a table holds it.
fn named<T: std::str::FromStr<Err: std::fmt::Display>>(name: &str) -> Result<T, Error> {
    name.parse().map_err(Error::internal)
}
