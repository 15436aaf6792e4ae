//! A bill as a till sends it.

use super::{Command, MemberRef, Sale};
use cardea_domain::id::*;
use cardea_domain::sale::{AttrValue, Bill, Line, Tender};
use cardea_domain::{Code, Instant, Refusal};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whose sale it is: by card or by customer, exactly one of the two.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleMember {
    /// Number of the card presented.
    pub card: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub customer_id: Option<CustomerId>,
    /// Beside `customer_id`: which of the customer's memberships, where there are several.
    #[schema(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
}

/// Lines are numbered from 1 in the order of the bill.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleLine {
    #[schema(example = "LIP-01")]
    pub sku: String,
    #[schema(example = "makeup")]
    pub category: String,
    /// Thousandths: one piece is 1000.
    #[schema(minimum = 1, example = 1000)]
    pub quantity: i64,
    /// Line total after discount, minor units.
    #[schema(minimum = 0, example = 25_800)]
    pub amount: i64,
    /// Before discount, minor units.
    #[schema(minimum = 0, example = 25_800)]
    pub list_amount: i64,
    /// `list_amount` − `amount`.
    #[schema(example = 0)]
    pub discount: i64,
    #[serde(default)]
    pub attributes: BTreeMap<String, AttrValue>,
}

/// A bill. Σ tenders = Σ line amounts − rounding.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSale {
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    /// null: a sale of nobody.
    pub member: Option<SaleMember>,
    /// What sends the bill.
    #[schema(example = "till")]
    pub source: String,
    #[schema(example = "T1")]
    pub till: String,
    /// Unique per store, source, till and business date; a repeat gets the first answer.
    #[schema(example = "0001")]
    pub receipt: String,
    /// At most 7 days back and 5 minutes ahead; a manager may enter older ones with a `reason`. Cards and memberships
    /// count as of then.
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// What is let off (抹零), minor units; negative where it is rounded up.
    #[serde(default)]
    pub rounding: i64,
    pub lines: Vec<SaleLine>,
    pub tenders: Vec<Tender>,
    /// The bill is meant, although it goes beyond the chain's limit: else it is refused `bill_over_limit`.
    #[serde(default)]
    pub over_limit: bool,
    /// Why a manager enters it more than 7 days later, at most 200 characters.
    #[schema(example = "停电，手工开单")]
    pub reason: Option<String>,
}

impl SaleMember {
    fn reference(self) -> Result<MemberRef, Refusal> {
        match (self.card, self.customer_id, self.membership_id) {
            (Some(number), None, None) => Ok(MemberRef::Card(number)),
            (None, Some(id), None) => Ok(MemberRef::Customer(id)),
            (None, Some(customer), Some(membership)) => Ok(MemberRef::Membership { customer, membership }),
            _ => Err(Refusal::new(
                Code::FieldInvalid,
                "会员须用 card 或 customer_id 二者之一指明，会籍 membership_id 只能与 customer_id 同用；散客用 null。",
                "Name the member by card or by customer_id, by exactly one, and a membership_id only beside customer_id; null is a sale of nobody.",
            )
            .at("/member")),
        }
    }
}

impl SaleLine {
    fn line(self, number: i32) -> Line {
        Line {
            number,
            sku: self.sku,
            category: self.category,
            quantity: self.quantity,
            amount: self.amount,
            list_amount: self.list_amount,
            discount: self.discount,
            attributes: self.attributes.into_iter().collect(),
        }
    }
}

impl NewSale {
    /// The command.
    ///
    /// # Errors
    /// `field_invalid` for a member named twice or not at all.
    pub fn command(self) -> Result<Command, Refusal> {
        self.sale().map(Command::Sale)
    }

    pub(super) fn sale(self) -> Result<Sale, Refusal> {
        Ok(Sale {
            store: self.store_id,
            member: self.member.map(SaleMember::reference).transpose()?,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            bill: Bill {
                lines: (1..).zip(self.lines).map(|(number, line)| line.line(number)).collect(),
                tenders: self.tenders,
                rounding: self.rounding,
            },
            over_limit: self.over_limit,
            reason: self.reason,
            trusted: false,
        })
    }
}
