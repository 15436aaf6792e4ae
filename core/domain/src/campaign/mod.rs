//! Campaigns (D-CAM-1): when they are open, what they cover, what they bring, and what they are held to.
//!
//! Order of judgement: the plugin's line rules and multipliers → campaigns → caps → rounded once → booked.

mod award;
mod judge;
mod recurrence;
mod window;
mod wording;

pub use award::{AwardArgs, decide_award};
pub use judge::{CoveredLine, Judged, judge, meets};
pub use recurrence::WindowError;
pub use window::Window;

use crate::calendar::Day;
use crate::error::{Code, Refusal, Text};
use crate::id::*;
use crate::money::{LIMIT, Minor, ONE, Points};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// What a campaign brings.
#[derive(Default)]
pub enum CampaignEffect {
    /// Multiplies what the covered lines earn.
    #[default]
    Multiplier = "multiplier",
    /// So many points for a bill with covered lines.
    PerBill = "per_bill",
    /// So many points for each whole piece of a covered line.
    PerPiece = "per_piece",
    /// So many points, once, for a membership that is opened while it is open.
    SignUp = "sign_up",
    /// So many points on the member's birthday, once a year.
    Birthday = "birthday",
}
}

impl CampaignEffect {
    /// Whether it is given by itself, without a bill.
    pub fn is_award(self) -> bool {
        matches!(self, Self::SignUp | Self::Birthday)
    }
}

/// Highest multiplier: × 100.
const MOST_TIMES: i64 = 100;
/// Most points of one bill, piece or award, and most of a cap.
const MOST_POINTS: Points = 1_000_000_000;
const MOST_BUDGET: Points = LIMIT / ONE;
/// Most stores, segments, categories and goods that one names.
const MOST_NAMED: usize = 200;

/// What a campaign does. A change is a version of its own and never reaches back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignRules {
    /// When it is open, in iCalendar's words and by the clock of the store that sells: lines DTSTART, DURATION and RRULE
    /// (DAILY, WEEKLY, MONTHLY, YEARLY; INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY).
    #[schema(value_type = String, example = "DTSTART:20261106T180000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231")]
    pub window: Window,
    /// Only in these stores; empty: in all.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub stores: Vec<StoreId>,
    /// Only for customers in one of these segments; empty: for every member.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub segments: Vec<SegmentId>,
    /// Covers lines of these categories and of these goods; both empty: every line.
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub skus: Vec<String>,
    /// Only where at least this much is paid for the covered lines, minor units.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0)]
    pub minimum_paid: Minor,
    pub effect: CampaignEffect,
    /// Of a multiplier parts per million (1 000 000 to 100 000 000), else points.
    #[schema(minimum = 1, example = 2_000_000)]
    pub amount: i64,
    /// Goes with no other campaign: of those that a bill meets, the one of the highest priority alone applies if it is
    /// exclusive, else all that aren't.
    #[serde(default)]
    pub exclusive: bool,
    /// The higher one comes first; of equals the older one.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1000)]
    pub priority: i32,
    /// Most points of one member on a business day, in a calendar month, and in all; null: no limit.
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub per_day: Option<Points>,
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub per_month: Option<Points>,
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub per_member: Option<Points>,
    /// Most points that it gives in all; null: no limit.
    #[schema(value_type = Option<i64>, minimum = 1)]
    pub budget: Option<Points>,
}

/// What was given so far: to one member on the day, in its month and in all, and to everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub day: Points,
    pub month: Points,
    pub member: Points,
    pub all: Points,
}

impl Usage {
    /// Counts what a member got on some day; `today` says which day and month are meant.
    pub fn add(&mut self, day: Day, points: Points, today: Day) {
        self.member += points;
        if (day.year(), day.month()) == (today.year(), today.month()) {
            self.month += points;
        }
        if day == today {
            self.day += points;
        }
    }
}

/// A campaign that a bill meets, as it stood then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub id: CampaignId,
    /// In the names of its rules.
    pub code: String,
    pub name: Text,
    pub version: i64,
    pub rules: CampaignRules,
}

/// What a campaign gave for something, and what its caps let off, in whole points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub campaign: CampaignId,
    pub version: i64,
    pub points: Points,
    pub let_off: Points,
}

impl CampaignRules {
    /// # Errors
    /// `field_invalid` below `/rules`.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.window.days(1).is_empty() {
            let zh = "这条时间规则一天也不会生效，请检查日期";
            return Err(at("window", zh, "The rule names no day at all; check its dates"));
        }
        let most = match self.effect {
            CampaignEffect::Multiplier => ONE..=MOST_TIMES * ONE,
            _ => 1..=MOST_POINTS,
        };
        if !most.contains(&self.amount) {
            let (zh, en) = match self.effect {
                CampaignEffect::Multiplier => ("倍数应为 1 至 100", "A multiplier is 1 to 100"),
                _ => (
                    "积分应为 1 至 10 亿的整数",
                    "Points are a whole number from 1 to 1,000,000,000",
                ),
            };
            return Err(at("amount", zh, en));
        }
        self.check_caps()?;
        self.check_lists()?;
        if !(0..=LIMIT).contains(&self.minimum_paid) {
            return Err(at(
                "minimum_paid",
                "最低实付不能为负",
                "The least that is paid can't be negative",
            ));
        }
        if !(0..=1000).contains(&self.priority) {
            return Err(at("priority", "优先级应为 0 至 1000", "A priority is 0 to 1000"));
        }
        if self.effect.is_award() && !self.window.is_of_whole_days() {
            let zh = "赠分活动按整天计，时间请设为全天";
            return Err(at(
                "window",
                zh,
                "Awards are given by the day: let the window be open for whole days",
            ));
        }
        let of_lines = !self.categories.is_empty() || !self.skus.is_empty() || self.minimum_paid > 0;
        if self.effect.is_award() && of_lines {
            let zh = "赠分与消费无关，不能限定品类、货号或最低实付";
            return Err(at(
                "effect",
                zh,
                "An award has nothing to do with a bill: it can't name categories, goods or a least paid",
            ));
        }
        Ok(())
    }

    fn check_caps(&self) -> Result<(), Refusal> {
        let caps = [
            ("per_day", self.per_day, MOST_POINTS),
            ("per_month", self.per_month, MOST_POINTS),
            ("per_member", self.per_member, MOST_POINTS),
            ("budget", self.budget, MOST_BUDGET),
        ];
        for (name, cap, most) in caps {
            if cap.is_some_and(|cap| !(1..=most).contains(&cap)) {
                return Err(at(
                    name,
                    "上限应为正整数，不限请留空",
                    "A limit is a positive whole number; leave it empty for none",
                ));
            }
        }
        Ok(())
    }

    fn check_lists(&self) -> Result<(), Refusal> {
        let lists = [
            ("stores", self.stores.len()),
            ("segments", self.segments.len()),
            ("categories", self.categories.len()),
            ("skus", self.skus.len()),
        ];
        if let Some((name, _)) = lists.into_iter().find(|(_, length)| *length > MOST_NAMED) {
            return Err(at(name, "最多 200 项", "At most 200"));
        }
        let codes = self.categories.iter().chain(&self.skus);
        if codes.into_iter().any(|code| code.is_empty() || code.len() > 64) {
            return Err(at(
                "categories",
                "品类与货号须为 1–64 字节",
                "Categories and goods have 1 to 64 bytes",
            ));
        }
        Ok(())
    }

    /// Whether it covers a line.
    pub fn covers(&self, category: &str, sku: &str) -> bool {
        let all = self.categories.is_empty() && self.skus.is_empty();
        all || self.categories.iter().any(|known| known == category) || self.skus.iter().any(|known| known == sku)
    }

    /// How much more it may give to a member, and what holds it to that; none without a limit.
    pub fn left(&self, usage: &Usage) -> Option<(Points, Text)> {
        let caps = [
            (self.per_day, usage.day, "每人每日上限", "the daily limit per member"),
            (
                self.per_month,
                usage.month,
                "每人每月上限",
                "the monthly limit per member",
            ),
            (self.per_member, usage.member, "每人累计上限", "the limit per member"),
            (self.budget, usage.all, "活动总预算", "the campaign's budget"),
        ];
        let left = caps.into_iter().filter_map(|(cap, used, zh, en)| {
            let cap = cap?;
            let why = Text::new(format!("{zh}为{cap}分"), format!("{en} is {cap} points"));
            Some(((cap - used).max(0), why))
        });
        left.min_by_key(|(left, _)| *left)
    }
}

fn at(name: &str, zh: &str, en: &str) -> Refusal {
    Refusal::new(Code::FieldInvalid, zh, en).at(format!("/rules/{name}"))
}
