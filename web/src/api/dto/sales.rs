//! Sales: bills with lines and tenders.

use super::common::{Balance, CustomerShown, Entry, Text, Tier};
use crate::api::shown;
use crate::http::{Language, Problem};
use crate::state::Customers;
use cardea_domain::id::{BillId, CustomerId, MembershipId, StaffId, StoreId};
use cardea_domain::{Code, Day, Instant, sale};
use cardea_engine::command;
use cardea_engine::query;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// Whose sale it is: by card or by customer, exactly one of the two.
#[derive(Deserialize, ToSchema)]
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

mirror! {
TenderKind = sale::TenderKind {
    Cash,
    Card,
    Mobile,
    Transfer,
    /// Loyalty points; how many follows from the money.
    Points,
    Other,
}
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    pub kind: TenderKind,
    /// Money for every kind, minor units.
    #[schema(minimum = 0, example = 25_800)]
    pub amount: i64,
}

/// A typed attribute of a line, as the program's plugin declares it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Attribute {
    Flag(bool),
    Integer(i64),
    Text(String),
}

/// Lines are numbered from 1 in the order of the bill.
#[derive(Deserialize, ToSchema)]
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
    pub attributes: BTreeMap<String, Attribute>,
}

/// A bill. Σ tenders = Σ line amounts − rounding.
#[derive(Deserialize, ToSchema)]
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

mirror! {
/// How far a sale's points are known.
Judgement = sale::Judgement {
    NoMember,
    Judged,
    /// The rules failed; judged later under the configuration of the sale's date.
    Unjudged,
}
}

/// Whose sale it was.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct MemberShown {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// null for an anonymous membership.
    #[serde(deserialize_with = "stored")]
    pub customer: Option<CustomerShown>,
}

/// Stored answers hold the customer's id only; the name is added when they are sent.
fn stored<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<CustomerShown>, D::Error> {
    let id = Option::<CustomerId>::deserialize(deserializer)?;
    Ok(id.map(|id| CustomerShown {
        id,
        display: String::new(),
    }))
}

/// What a sale brings.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct SaleAnswer {
    /// null in a quote.
    #[schema(value_type = Option<Uuid>)]
    pub id: Option<BillId>,
    pub points_earned: i64,
    pub points_spent: i64,
    /// What counts as paid, minor units.
    pub paid: i64,
    pub judged: Judgement,
    pub entries: Vec<Entry>,
    /// After the sale.
    pub balances: Vec<Balance>,
    /// The tier at which it was earned.
    pub tier: Option<Tier>,
    /// The tier of the next sale, after an upgrade.
    pub tier_next: Option<Tier>,
    #[serde(default)]
    pub member: Option<MemberShown>,
    /// Why the membership that was meant earns nothing, so that the sale is booked without it.
    #[serde(default)]
    pub not_earned: Option<Text>,
}

/// A line as booked.
#[derive(Serialize, ToSchema)]
pub struct SaleLineShown {
    /// From 1.
    pub line: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths.
    pub quantity: i64,
    pub amount: i64,
    pub list_amount: i64,
    pub discount: i64,
    /// Thousandths returned so far.
    pub returned_quantity: i64,
    /// Points before rounding, parts per million of a point.
    pub points_ppm: i64,
}

/// A bill as booked, with the answer it got.
#[derive(Serialize, ToSchema)]
pub struct Sale {
    #[serde(flatten)]
    pub answer: SaleAnswer,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    pub source: String,
    pub till: String,
    pub receipt: String,
    /// Day of the sale in the store's zone.
    #[schema(value_type = String, format = Date)]
    pub business_date: Day,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Instant,
    /// Who booked it; null for what runs by itself.
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub rounding: i64,
    pub lines: Vec<SaleLineShown>,
    pub tenders: Vec<Tender>,
    /// Returns from this bill.
    #[schema(value_type = Vec<Uuid>)]
    pub returns: Vec<BillId>,
    /// Why it was entered so late.
    pub reason: Option<String>,
}

/// Finds a bill by what is printed on its receipt.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SaleQuery {
    #[param(value_type = Uuid)]
    pub store_id: StoreId,
    pub till: Option<String>,
    pub receipt: Option<String>,
    #[param(value_type = Option<String>, format = Date)]
    pub business_date: Option<Day>,
    /// Who booked it.
    #[param(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl SaleMember {
    fn reference(self) -> Result<command::MemberRef, Problem> {
        match (self.card, self.customer_id, self.membership_id) {
            (Some(number), None, None) => Ok(command::MemberRef::Card(number)),
            (None, Some(id), None) => Ok(command::MemberRef::Customer(id)),
            (None, Some(customer), Some(membership)) => Ok(command::MemberRef::Membership { customer, membership }),
            _ => Err(Problem::of_field(
                Code::FieldInvalid,
                "/member",
                "会员须用 card 或 customer_id 二者之一指明，会籍 membership_id 只能与 customer_id 同用；散客用 null。",
                "Name the member by card or by customer_id, by exactly one, and a membership_id only beside customer_id; null is a sale of nobody.",
            )),
        }
    }
}

impl SaleLine {
    fn line(self, number: i32) -> sale::Line {
        let attribute = |(name, value)| {
            let value = match value {
                Attribute::Flag(flag) => sale::AttrValue::Flag(flag),
                Attribute::Integer(number) => sale::AttrValue::Integer(number),
                Attribute::Text(text) => sale::AttrValue::Text(text),
            };
            (name, value)
        };
        sale::Line {
            number,
            sku: self.sku,
            category: self.category,
            quantity: self.quantity,
            amount: self.amount,
            list_amount: self.list_amount,
            discount: self.discount,
            attributes: self.attributes.into_iter().map(attribute).collect(),
        }
    }
}

impl NewSale {
    /// The command.
    ///
    /// # Errors
    /// `field_invalid` for a member named twice or not at all.
    pub fn command(self) -> Result<command::Command, Problem> {
        let tender = |tender: Tender| sale::Tender {
            kind: tender.kind.into(),
            amount: tender.amount,
        };
        let bill = sale::Bill {
            lines: (1..).zip(self.lines).map(|(number, line)| line.line(number)).collect(),
            tenders: self.tenders.into_iter().map(tender).collect(),
            rounding: self.rounding,
        };
        Ok(command::Command::Sale(command::Sale {
            store: self.store_id,
            member: self.member.map(SaleMember::reference).transpose()?,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            bill,
            over_limit: self.over_limit,
            reason: self.reason,
            trusted: false,
        }))
    }
}

impl SaleAnswer {
    /// Whose sale it was, if a customer's.
    pub fn customer(&self) -> Option<CustomerId> {
        self.member.as_ref()?.customer.as_ref().map(|customer| customer.id)
    }

    /// Adds the customer's name, which stored answers don't hold; the till shows surname and form of address
    /// (D-RET-7).
    pub fn name(&mut self, customers: &Customers, language: Language) {
        let shown = self.member.as_mut().and_then(|member| member.customer.as_mut());
        if let Some(shown) = shown
            && let Some(customer) = customers.get(&shown.id)
        {
            *shown = shown::customer(customer, language);
        }
    }
}

impl Sale {
    /// A booked sale with the answer it got.
    ///
    /// # Errors
    /// `not_found` for a bill of another kind; `internal` for an answer that isn't one.
    pub fn new(bill: query::BillView) -> Result<Self, Problem> {
        if bill.kind != sale::BillKind::Sale {
            return Err(Problem::no_such_resource());
        }
        let tender = |tender: query::BillTenderView| Tender {
            kind: tender.kind.into(),
            amount: tender.amount,
        };
        let mut answer: SaleAnswer = serde_json::from_value(bill.answer).map_err(|e| Problem::internal(&e))?;
        if matches!(answer.judged, Judgement::Unjudged) {
            // The job may have judged it since.
            answer.points_earned = bill.points_earned;
            if bill.judged == sale::Judgement::Judged {
                answer.judged = Judgement::Judged;
            }
        }
        Ok(Self {
            answer,
            store_id: bill.store_id,
            source: bill.source,
            till: bill.till,
            receipt: bill.receipt,
            business_date: bill.business_date,
            occurred_at: bill.occurred_at,
            staff_id: bill.staff_id,
            rounding: bill.rounding,
            lines: bill.lines.into_iter().map(Into::into).collect(),
            tenders: bill.tenders.into_iter().map(tender).collect(),
            returns: bill.returns,
            reason: bill.reason,
        })
    }
}

shown!(SaleLineShown from query::BillLineView {
    line, sku, category, quantity, amount, list_amount, discount, returned_quantity, points_ppm,
});
