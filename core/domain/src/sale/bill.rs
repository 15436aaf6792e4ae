//! A bill as a till sends it: lines, tenders, rounding, and whether they add up.

use super::TenderKind;
use crate::calendar::Instant;
use crate::error::{Code, Refusal};
use crate::money::{self, LIMIT, Minor, format_minor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A bill. Σ tenders = Σ line amounts − rounding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// 1–2000 lines, numbered from 1 without gaps.
    pub lines: Vec<Line>,
    pub tenders: Vec<Tender>,
    /// What is let off (抹零), or negative where it is rounded up.
    pub rounding: Minor,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: i32,
    pub sku: String,
    pub category: String,
    /// Thousandths, ≥ 1.
    pub quantity: i64,
    /// Line total after discount, ≥ 0.
    pub amount: Minor,
    /// Before discount, ≥ 0.
    pub list_amount: Minor,
    /// `list_amount − amount`.
    pub discount: Minor,
    /// Typed attributes that the program's plugin declares.
    pub attributes: Vec<(String, AttrValue)>,
}

/// A typed attribute of a line, as the program's plugin declares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Attribute)]
#[serde(untagged)]
pub enum AttrValue {
    Flag(bool),
    Integer(i64),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    pub kind: TenderKind,
    /// Money for every kind, minor units.
    #[schema(value_type = i64, minimum = 0, example = 25_800)]
    pub amount: Minor,
}

/// Most lines of a bill: a wholesale invoice can have more than a thousand.
pub const MAX_LINES: usize = 2000;
/// Most tenders of a bill.
pub const MAX_TENDERS: usize = 20;
const MAX_ATTRIBUTES: usize = 32;
/// Longest code or category, bytes.
const MAX_CODE: usize = 64;
/// Longest text attribute, bytes.
const MAX_TEXT: usize = 1024;
const DAYS_BACK: i64 = 7;
const MINUTES_AHEAD: i64 = 5;

impl Bill {
    /// Checks ranges, differences and sums; `minor_units` are the currency's decimal places, for sentences.
    ///
    /// # Errors
    /// `field_invalid`, `line_discount_mismatch` or `tenders_mismatch`, each with its pointer.
    pub fn validate(&self, minor_units: u32) -> Result<(), Refusal> {
        if !(1..=MAX_LINES).contains(&self.lines.len()) {
            return Err(field("/lines", "应有 1 至 2000 行", "must have 1 to 2000 lines"));
        }
        if self.tenders.len() > MAX_TENDERS {
            return Err(field("/tenders", "最多 20 种付款", "must have at most 20 tenders"));
        }
        self.lines
            .iter()
            .enumerate()
            .try_for_each(|(i, line)| line.validate(i, minor_units))?;
        let lines = money::sum(self.lines.iter().map(|line| line.amount));
        let lines = lines.ok_or_else(|| field("/lines", "合计超出范围", "add up beyond ±(2^53 − 1)"))?;
        if self.rounding.unsigned_abs() > lines.unsigned_abs() {
            return Err(field(
                "/rounding",
                "抹零不能超过合计",
                "can't be more than the lines add up to",
            ));
        }
        let (mut points, mut value) = (0, 0);
        for (i, tender) in self.tenders.iter().enumerate() {
            if !(0..=LIMIT).contains(&tender.amount) {
                return Err(field(
                    format!("/tenders/{i}/amount"),
                    "应为 0 至 2^53 − 1",
                    "must be 0 to 2^53 − 1",
                ));
            }
            points += i32::from(tender.kind == TenderKind::Points);
            value += i32::from(tender.kind == TenderKind::Value);
            if value > 1 {
                return Err(field(
                    format!("/tenders/{i}/kind"),
                    "储值付款只能有一笔",
                    "stored value can only be one of the tenders",
                ));
            }
            if points > 1 {
                return Err(field(
                    format!("/tenders/{i}/kind"),
                    "积分付款只能有一笔",
                    "points can only be one of the tenders",
                ));
            }
        }
        let tenders = money::sum(self.tenders.iter().map(|tender| tender.amount));
        if tenders != Some(lines - self.rounding) {
            let show = |money: Minor| format_minor(money, minor_units);
            let (due, given) = (show(lines - self.rounding), show(tenders.unwrap_or(LIMIT)));
            let zh = format!("应付 {due}，付款合计 {given}，请核对。");
            let en = format!("{due} are due and the tenders add up to {given}; correct one of them.");
            return Err(Refusal::new(Code::TendersMismatch, zh, en).at("/tenders"));
        }
        Ok(())
    }

    /// Refuses tenders that only the server makes of others.
    ///
    /// # Errors
    /// `field_invalid`
    pub fn check_asked(&self) -> Result<(), Refusal> {
        let made = |tender: &Tender| tender.kind.value_asset().is_some();
        self.tenders.iter().position(made).map_or(Ok(()), |i| {
            let zh = "储值付款请用 value，本金与赠额由系统分摊";
            let en = "must be `value`: the server divides it into principal and bonus";
            Err(field(format!("/tenders/{i}/kind"), zh, en))
        })
    }

    /// What is to be paid: Σ line amounts − rounding. Of a valid bill.
    pub fn total(&self) -> Minor {
        self.lines.iter().map(|line| line.amount).sum::<Minor>() - self.rounding
    }

    /// Refuses what goes beyond the chain's limit of a bill: most likely a slip of the finger.
    ///
    /// # Errors
    /// `bill_over_limit`, with the limit.
    pub fn check_limit(&self, limit: Minor, minor_units: u32) -> Result<(), Refusal> {
        let total = self.total();
        if total <= limit {
            return Ok(());
        }
        let (sum, most) = (format_minor(total, minor_units), format_minor(limit, minor_units));
        let zh = format!("本单合计 {sum}，超过每单上限 {most}。请核对金额；确实无误时确认后再入账。");
        let en = format!(
            "The bill adds up to {sum}, the limit per bill is {most}. Check the amounts; confirm it if it is meant."
        );
        Err(Refusal::new(Code::BillOverLimit, zh, en)
            .at("/lines")
            .with(|facts| facts.limit = Some(limit)))
    }

    /// 实付: Σ tenders of money. Of a valid bill.
    pub fn paid(&self) -> Minor {
        self.tenders
            .iter()
            .filter(|tender| tender.kind.is_money())
            .map(|tender| tender.amount)
            .sum()
    }
}

impl Line {
    fn validate(&self, i: usize, minor_units: u32) -> Result<(), Refusal> {
        let at = |name: &str| format!("/lines/{i}/{name}");
        let money = |name: &str, amount: Minor| match (0..=LIMIT).contains(&amount) {
            true => Ok(()),
            false => Err(field(at(name), "应为 0 至 2^53 − 1", "must be 0 to 2^53 − 1")),
        };
        if usize::try_from(self.number) != Ok(i + 1) {
            return Err(field(
                at("number"),
                "行号应从 1 起连续",
                "lines are numbered from 1 without gaps",
            ));
        }
        if !(1..=LIMIT).contains(&self.quantity) {
            return Err(field(
                at("quantity"),
                "数量至少为千分之一",
                "must be at least one thousandth",
            ));
        }
        money("amount", self.amount)?;
        money("list_amount", self.list_amount)?;
        if self.discount != self.list_amount - self.amount {
            let show = |money: Minor| format_minor(money, minor_units);
            let (expected, given) = (show(self.list_amount - self.amount), show(self.discount));
            let zh = format!("第{}行的原价减实价为 {expected}，折扣却是 {given}。", self.number);
            let en = format!(
                "Line {}: list_amount − amount is {expected}, but discount is {given}.",
                self.number
            );
            return Err(Refusal::new(Code::LineDiscountMismatch, zh, en).at(at("discount")));
        }
        money("discount", self.discount)?;
        for (name, code) in [("sku", &self.sku), ("category", &self.category)] {
            if code.len() > MAX_CODE {
                return Err(field(at(name), "不能超过 64 字节", "must be at most 64 bytes"));
            }
        }
        let fits = |value: &AttrValue| match value {
            AttrValue::Flag(_) => true,
            AttrValue::Integer(n) => money::in_range(*n),
            AttrValue::Text(text) => text.len() <= MAX_TEXT,
        };
        let named = |(name, value): &(String, AttrValue)| (1..=MAX_CODE).contains(&name.len()) && fits(value);
        if self.attributes.len() > MAX_ATTRIBUTES || !self.attributes.iter().all(named) {
            let zh = "最多 32 项，名称不超过 64 字节，文字不超过 1024 字节";
            return Err(field(
                at("attributes"),
                zh,
                "must be at most 32, names of 64 and texts of 1024 bytes",
            ));
        }
        Ok(())
    }
}

/// What of each line counts as paid, in the bill's order: its amount less its share, by money, of what was not paid
/// with money (points, bonus value, rounding). Sums to [`Bill::paid`] exactly; each ≥ 0. Of a valid bill.
pub fn spread_unpaid(bill: &Bill) -> Vec<Minor> {
    let amounts: Vec<Minor> = bill.lines.iter().map(|line| line.amount).collect();
    let unpaid = amounts.iter().sum::<Minor>() - bill.paid();
    let shares = money::spread(unpaid, &amounts);
    amounts
        .iter()
        .zip(shares)
        .map(|(amount, share)| amount - share)
        .collect()
}

/// Business time may lie 7 days back and 5 minutes ahead of `now`; with `privileged` (a manager, an import) further
/// back, never further ahead.
///
/// # Errors
/// `occurred_at_out_of_range`
pub fn check_occurred_at(occurred_at: Instant, now: Instant, privileged: bool) -> Result<(), Refusal> {
    let too_old = is_backdated(occurred_at, now) && !privileged;
    if !too_old && occurred_at <= now.plus_minutes(MINUTES_AHEAD) {
        return Ok(());
    }
    let (zh, en) = if too_old {
        (
            format!("{occurred_at} 早于 7 天前，须由店长补录或导入。"),
            format!("{occurred_at} is more than 7 days back; a manager can enter it, or an import."),
        )
    } else {
        (
            format!("{occurred_at} 晚于现在 5 分钟以上，请核对收银机时钟。"),
            format!("{occurred_at} is more than 5 minutes ahead; check the till's clock."),
        )
    };
    Err(Refusal::new(Code::OccurredAtOutOfRange, zh, en).at("/occurred_at"))
}

/// Whether a sale lies further back than tills may send it.
pub fn is_backdated(occurred_at: Instant, now: Instant) -> bool {
    occurred_at < now.plus_days(-DAYS_BACK)
}

/// Whether a membership had been opened when a sale was rung up; the till's clock may be a little behind.
pub fn opened_by(opened_at: Instant, occurred_at: Instant) -> bool {
    opened_at <= occurred_at.plus_minutes(MINUTES_AHEAD)
}

/// A wrong field: its pointer, and what it should be.
pub(crate) fn field(pointer: impl Into<String>, zh: &str, en: &str) -> Refusal {
    let pointer = pointer.into();
    let (zh, en) = (format!("{pointer}：{zh}。"), format!("{pointer} {en}."));
    Refusal::new(Code::FieldInvalid, zh, en).at(pointer)
}
