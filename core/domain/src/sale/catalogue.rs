//! When and for whom a reward can be had, and how it reaches its member (D-RWD-1).

use super::{Context, NaturalKey, Reward};
use crate::calendar::Day;
use crate::error::{Code, Refusal, WrongField};
use crate::ledger::Member;
use crate::money::LIMIT;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Days that a piece waits where nothing is said.
const WAITS: u32 = 30;
/// Most days that a piece waits.
const MOST_WAITS: u32 = 365;

/// When and for whom a reward can be had. What is absent restricts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RewardRules {
    /// First day, in the store's zone.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Day>,
    /// Last day.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Day>,
    /// Days of the week, 1 (Monday) to 7 (Sunday); none: every day.
    #[schema(example = json!([6, 7]))]
    pub weekdays: Vec<u8>,
    /// Id of the lowest tier of the program's ladder that can have it.
    #[schema(example = "gold")]
    pub minimum_tier: Option<String>,
    /// Most pieces for one membership, over all of its exchanges that aren't cancelled.
    #[schema(minimum = 1)]
    pub member_limit: Option<i64>,
    /// Days that a piece waits for its member once it is ready; 30 if absent.
    #[schema(minimum = 1, maximum = 365)]
    pub hold_days: Option<u32>,
}

named! {
/// When a reward is handed over.
#[derive(Default)]
pub enum Collect {
    /// With the exchange.
    #[default]
    Now = "now",
    /// It is put aside, and fetched when it is ready.
    Later = "later",
}
}

named! {
/// How far an exchange has come.
#[derive(Default)]
pub enum ClaimState {
    /// Paid for with points; its piece is reserved.
    Applied = "applied",
    /// It waits for its member at the store.
    Ready = "ready",
    #[default]
    Collected = "collected",
    Cancelled = "cancelled",
}
}

named! {
/// Who fetches a reward.
pub enum Collector {
    Holder = "holder",
    /// Somebody whom the holder has sent.
    Representative = "representative",
}
}

impl Collect {
    /// How far an exchange has come when it is booked.
    pub fn state(self) -> ClaimState {
        match self {
            Collect::Now => ClaimState::Collected,
            Collect::Later => ClaimState::Applied,
        }
    }
}

impl ClaimState {
    /// The state after a step, if it may be taken.
    ///
    /// # Errors
    /// `claim_state`, with the steps that may.
    pub fn step(self, to: ClaimState) -> Result<ClaimState, Refusal> {
        let (allowed, zh, en): (&[&str], _, _) = match (self, to) {
            (ClaimState::Applied, ClaimState::Ready) | (ClaimState::Ready, ClaimState::Collected) => return Ok(to),
            (ClaimState::Applied, _) => (
                &["ready", "cancel"],
                "礼品尚未备好，请先标记为可领取。",
                "The reward isn't ready yet: mark it ready first.",
            ),
            (ClaimState::Ready, _) => (
                &["collect", "cancel"],
                "礼品已备好，等待领取。",
                "The reward is ready and waits to be collected.",
            ),
            (ClaimState::Collected, _) => (&[], "礼品已领取。", "The reward was collected."),
            (ClaimState::Cancelled, _) => (&[], "此兑换已取消。", "The exchange was cancelled."),
        };
        let allowed = allowed.iter().map(|step| (*step).to_owned()).collect();
        Err(Refusal::new(Code::ClaimState, zh, en).with(|facts| facts.allowed = allowed))
    }
}

impl RewardRules {
    /// # Errors
    /// `field_invalid`, with every wrong field below `root`.
    pub fn check(&self, root: &str) -> Result<(), Refusal> {
        let mut wrong = Vec::new();
        let mut expect = |right: bool, pointer: &str, zh: &str, en: &str| {
            if !right {
                wrong.push(WrongField::new(pointer, zh, en));
            }
        };
        let ordered = self.from.zip(self.until).is_none_or(|(from, until)| from <= until);
        expect(
            ordered,
            "/until",
            "结束日期不能早于开始日期",
            "It ends before it begins",
        );
        let days = self.weekdays.len() <= 7 && self.weekdays.iter().all(|day| (1..=7).contains(day));
        expect(
            days,
            "/weekdays",
            "星期须为 1（周一）至 7（周日）",
            "Days are 1 (Monday) to 7 (Sunday)",
        );
        let tier = self
            .minimum_tier
            .as_deref()
            .is_none_or(|tier| (1..=64).contains(&tier.len()));
        expect(tier, "/minimum_tier", "请填写等级代码", "Name a tier");
        let limit = self.member_limit.is_none_or(|limit| (1..=LIMIT).contains(&limit));
        expect(limit, "/member_limit", "每人限兑件数须大于 0", "The limit is above 0");
        let waits = self.hold_days.is_none_or(|days| (1..=MOST_WAITS).contains(&days));
        expect(
            waits,
            "/hold_days",
            "保留天数须为 1 至 365",
            "A piece waits for 1 to 365 days",
        );
        WrongField::refusal(root, wrong).map_or(Ok(()), Err)
    }

    /// The last day on which a piece can be fetched that became ready on `day`.
    pub fn collect_by(&self, day: Day) -> Option<Day> {
        let days = self.hold_days.unwrap_or(WAITS).min(MOST_WAITS);
        day.plus_days(days as i32)
    }
}

/// 1 (Monday) to 7 (Sunday); 1970-01-01 was a Thursday.
fn weekday(day: Day) -> u8 {
    (i64::from(day.0) + 3).rem_euclid(7) as u8 + 1
}

impl Reward {
    /// Its window, tier and limit: restrictions come before balances.
    ///
    /// # Errors
    /// `reward_unavailable`
    pub(super) fn check_rules(
        &self,
        member: &Member,
        quantity: i64,
        key: &NaturalKey,
        context: &Context,
    ) -> Result<(), Refusal> {
        let (rules, day) = (&self.rules, key.business_date);
        let refuse = |zh: String, en: String| {
            let (zh, en) = (format!("「{}」{zh}", self.name.zh), format!("“{}” {en}", self.name.en));
            Err(Refusal::new(Code::RewardUnavailable, zh, en).at("/reward_id"))
        };
        if let Some(from) = rules.from.filter(|from| day < *from) {
            return refuse(format!("自{from}起可兑换。"), format!("can be had from {from} on."));
        }
        if let Some(until) = rules.until.filter(|until| *until < day) {
            return refuse(format!("已于{until}停止兑换。"), format!("could be had until {until}."));
        }
        if !rules.weekdays.is_empty() && !rules.weekdays.contains(&weekday(day)) {
            return refuse("今天不能兑换。".into(), "can't be had on this day of the week.".into());
        }
        if let Some(least) = &rules.minimum_tier {
            let ladder = &context.ladder;
            let reached = ladder.position(&member.tier) >= ladder.position(least) && ladder.position(least).is_some();
            if !reached {
                let tier = ladder.view(least).name;
                return refuse(
                    format!("限{}及以上会员兑换。", tier.zh),
                    format!("is for {} and above.", tier.en),
                );
            }
        }
        if let Some(limit) = rules.member_limit.filter(|limit| self.had + quantity > *limit) {
            let had = self.had;
            return refuse(
                format!("每人限兑{limit}件，已兑{had}件。"),
                format!("is limited to {limit} each; {had} were had already."),
            );
        }
        Ok(())
    }

    /// Pieces that an exchange can take: the store's where it has its own, the chain's elsewhere; None: not counted.
    pub(super) fn left(&self) -> Option<i64> {
        self.store_stock.or(self.stock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_week_are_counted_from_monday() {
        let days = ["2026-03-02", "2026-03-07", "2026-03-08", "1970-01-01", "1969-12-28"];
        let days = days.map(|day| weekday(day.parse().unwrap()));
        assert_eq!(days, [1, 6, 7, 4, 7]);
    }

    #[test]
    fn an_exchange_goes_from_applied_to_ready_to_collected() {
        use ClaimState::*;
        assert_eq!(Applied.step(Ready), Ok(Ready));
        assert_eq!(Ready.step(Collected), Ok(Collected));
        for (from, to) in [
            (Applied, Collected),
            (Ready, Ready),
            (Collected, Ready),
            (Cancelled, Collected),
        ] {
            assert_eq!(from.step(to).unwrap_err().code, Code::ClaimState, "{from} to {to}");
        }
        assert_eq!(Applied.step(Collected).unwrap_err().facts.allowed, ["ready", "cancel"]);
    }
}
