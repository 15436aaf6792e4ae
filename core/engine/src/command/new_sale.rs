//! A bill as a till sends it.

use super::{ClaimedReward, Command, Confirmation, MemberRef, Sale, VoucherTender};
use cardea_domain::id::*;
use cardea_domain::sale::{AttrValue, Bill, Collect, Line, Tender, TenderKind};
use cardea_domain::{Code, Instant, Refusal};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Whose sale it is: by card, code or customer, exactly one of them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleMember {
    /// Number of the card presented.
    pub card: Option<String>,
    /// Or its dynamic code, 18 digits, good for one use.
    pub code: Option<String>,
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

/// What pays a part of a bill.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleTender {
    pub kind: TenderKind,
    /// Money for every kind, minor units. Of a voucher the server says it: absent, or what was quoted.
    #[schema(minimum = 0, example = 25_800)]
    pub amount: Option<i64>,
    /// Of a voucher, and only there: typed or scanned, in groups or not.
    #[schema(example = "5724 1190 3367 0142 8854")]
    pub code: Option<String>,
}

/// A reward of the catalogue that is exchanged with the bill, for points that the member had before it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaleReward {
    #[schema(value_type = Uuid)]
    pub reward_id: RewardId,
    /// Pieces of it; 1 if absent.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub quantity: i64,
    /// `later`: it is put aside, and fetched when it is ready.
    #[serde(default)]
    pub collect: Collect,
}

fn one() -> i64 {
    1
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
    pub tenders: Vec<SaleTender>,
    /// Rewards that the member claims with it, by card: booked with the bill, both or neither. At most 20.
    #[serde(default)]
    pub rewards: Vec<SaleReward>,
    /// The bill is meant, although it goes beyond the chain's limit: else it is refused `bill_over_limit`.
    #[serde(default)]
    pub over_limit: bool,
    /// What was made sure of, where the program demands it.
    #[serde(default)]
    pub confirmation: Confirmation,
    /// Why a manager enters it more than 7 days later, at most 200 characters.
    #[schema(example = "停电，手工开单")]
    pub reason: Option<String>,
}

impl SaleMember {
    pub(super) fn reference(self) -> Result<MemberRef, Refusal> {
        match (self.card, self.code, self.customer_id, self.membership_id) {
            (Some(number), None, None, None) => Ok(MemberRef::Card(number)),
            (None, Some(code), None, None) => Ok(MemberRef::Code(code)),
            (None, None, Some(id), None) => Ok(MemberRef::Customer(id)),
            (None, None, Some(customer), Some(membership)) => Ok(MemberRef::Membership { customer, membership }),
            _ => Err(Refusal::new(
                Code::FieldInvalid,
                "会员须用 card、code 或 customer_id 三者之一指明，会籍 membership_id 只能与 customer_id 同用；散客用 null。",
                "Name the member by card, code or customer_id, by exactly one, and a membership_id only beside customer_id; null is a sale of nobody.",
            )
            .at("/member")),
        }
    }
}

impl SaleLine {
    pub(super) fn line(self, number: i32) -> Line {
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

impl SaleReward {
    fn claimed(self) -> ClaimedReward {
        ClaimedReward {
            reward: self.reward_id,
            quantity: self.quantity,
            collect: self.collect,
        }
    }
}

impl SaleTender {
    /// # Errors
    /// `field_invalid` for an amount or a code that is missing, or a code where none belongs.
    fn tender(self, place: usize) -> Result<(Tender, Option<VoucherTender>), Refusal> {
        let wrong = |name: &str, zh: &str, en: &str| {
            let refusal = Refusal::new(Code::FieldInvalid, zh, en);
            Err(refusal.at(format!("/tenders/{place}/{name}")))
        };
        let tender = |amount| Tender {
            kind: self.kind,
            amount,
        };
        match (self.kind, self.code, self.amount) {
            (TenderKind::Voucher, Some(code), amount) => {
                let voucher = VoucherTender { place, code, amount };
                Ok((tender(amount.unwrap_or(0)), Some(voucher)))
            }
            (TenderKind::Voucher, None, _) => wrong("code", "请录入或扫描券码", "Give the voucher's code"),
            (TenderKind::Coupon, ..) => wrong(
                "kind",
                "用券付款请用 voucher，由系统区分购买的券与赠券",
                "Pay with `voucher`: the server knows which are free",
            ),
            (_, Some(_), _) => wrong("code", "只有用券付款才有券码", "Only a voucher has a code"),
            (_, None, None) => wrong("amount", "请填写付款金额", "Give the amount"),
            (_, None, Some(amount)) => Ok((tender(amount), None)),
        }
    }
}

impl NewSale {
    /// The command.
    ///
    /// # Errors
    /// `field_invalid` for a member named twice or not at all, or a tender that lacks its amount or code.
    pub fn command(self) -> Result<Command, Refusal> {
        self.sale().map(Command::Sale)
    }

    pub(super) fn sale(self) -> Result<Sale, Refusal> {
        let tenders = self.tenders.into_iter().enumerate();
        let tenders = tenders.map(|(place, tender)| tender.tender(place));
        let (tenders, vouchers): (Vec<_>, Vec<_>) = tenders.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
        Ok(Sale {
            store: self.store_id,
            member: self.member.map(SaleMember::reference).transpose()?,
            source: self.source,
            till: self.till,
            receipt: self.receipt,
            occurred_at: self.occurred_at,
            bill: Bill {
                lines: (1..).zip(self.lines).map(|(number, line)| line.line(number)).collect(),
                tenders,
                rounding: self.rounding,
            },
            vouchers: vouchers.into_iter().flatten().collect(),
            rewards: self.rewards.into_iter().map(SaleReward::claimed).collect(),
            over_limit: self.over_limit,
            confirmation: self.confirmation,
            reason: self.reason,
            trusted: false,
        })
    }
}
