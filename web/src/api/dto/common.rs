//! Pieces that several documents share.

use crate::http::Language;
pub use cardea_domain::Text;
use cardea_domain::id::CustomerId;
use cardea_domain::ledger;
use cardea_engine::query::CustomerBrief;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

impl CustomerShown {
    pub fn new(customer: &CustomerBrief, language: Language) -> Self {
        Self {
            id: customer.id,
            display: language.pick(&customer.display).into(),
        }
    }
}

impl From<ledger::Balance> for Balance {
    fn from(balance: ledger::Balance) -> Self {
        Self {
            asset: balance.asset.0,
            available: balance.available,
            maturing: balance.maturing,
            held: balance.held,
        }
    }
}

shown!(Tier from cardea_domain::tier::TierView { id, name });

/// What a membership has of one asset.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Balance {
    #[schema(example = "points")]
    pub asset: String,
    /// Can be spent now; negative while in debt.
    #[schema(example = 235)]
    pub available: i64,
    /// In the return window; can be spent later.
    #[schema(example = 0)]
    pub maturing: i64,
    /// Reserved by open holds.
    #[schema(example = 0)]
    pub held: i64,
}

/// A step of a program's ladder.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Tier {
    #[schema(example = "gold")]
    pub id: String,
    pub name: Text,
}

mirror! {
/// What kind of movement an entry is.
EntryKind = ledger::EntryKind {
    /// Points for a sale.
    Earn,
    /// A bonus for the whole sale, e.g. for an introducer.
    Bonus,
    /// Points paid on a bill.
    Spend,
    /// Points for a reward of the catalogue.
    Redeem,
    /// Spent points given back on a return.
    GiveBack,
    /// Earned points taken back on a return.
    ClawBack,
    /// The part taken back that was not there any more: a debt, or 0 where the program waives it.
    ClawBackExcess,
    /// What was left of a lot at its end.
    Expire,
}
}

/// A movement of points with the rule that made it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct Entry {
    #[schema(example = "points")]
    pub asset: String,
    /// Positive: to the member.
    #[schema(example = 235)]
    pub amount: i64,
    pub kind: EntryKind,
    /// Stable name of the rule.
    #[schema(example = "base")]
    pub rule: String,
    /// One sentence for people.
    pub explanation: Text,
    /// Line of the bill, from 1; null where it is about the whole bill.
    pub line: Option<i32>,
}

/// A customer as a till shows it: never more than the surname.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerShown {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    /// Surname and form of address, in the language of `Accept-Language`.
    #[schema(example = "王女士")]
    pub display: String,
}

/// For fields of a change where null means something else than absence: Some(None) is null.
///
/// # Errors
/// As the field's type.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
