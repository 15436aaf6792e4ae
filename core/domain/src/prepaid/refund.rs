//! What is paid back of a top-up or a pass, by reason, with its working (D-CARD-12). What was used is rounded down; never
//! below 0, never above what was paid; bonus is withdrawn, never paid out.

use crate::calendar::Day;
use crate::error::{Code, Refusal, Text};
use crate::money::{LIMIT, Minor, format_minor, mul_div};
use serde::Serialize;
use utoipa::ToSchema;

named! {
/// Why something paid in advance is paid back. It decides at what price its use counts.
pub enum RefundReason {
    /// Within seven days of payment, the same service not used before: all unused principal.
    Within7Days = "within_7_days",
    /// The merchant doesn't do what was agreed: uses at the ratio paid / (paid + gift).
    Merchant = "merchant",
    /// Both agree: uses at the same ratio.
    Agreed = "agreed",
    /// The holder doesn't want it any more: uses at the price without the package's discount.
    Consumer = "consumer",
}
}

/// Until how many days after the day of payment it can be given back without a reason.
const DAYS: i32 = 7;

/// What was paid in advance. Money in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    TopUp {
        paid: Minor,
        /// Bonus that came with it.
        granted: Minor,
    },
    Pass {
        paid: Minor,
        /// Sessions that were paid for.
        sessions: i64,
        /// Sessions that came on top.
        gifts: i64,
        /// Price of one session without the pass.
        list: Minor,
    },
}

/// How far it is used. Money in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    Value {
        /// Drawn of the top-up's principal, and of its bonus.
        principal: Minor,
        bonus: Minor,
        /// The price without discount of what was bought with both.
        list: Minor,
    },
    Sessions(i64),
}

/// What is paid back of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefundCase {
    pub reason: RefundReason,
    pub paid: Paid,
    pub uses: Uses,
}

/// A refund and how it comes about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refunded {
    /// Paid back, in minor units; 0 to what was paid.
    #[schema(value_type = i64, example = 450_00)]
    pub amount: Minor,
    /// What the uses count for, in minor units.
    #[schema(value_type = i64, example = 50_00)]
    pub used: Minor,
    /// Bonus (minor units) or gift sessions that are withdrawn.
    #[schema(example = 90_00)]
    pub withdrawn: i64,
    /// How it is worked out, line by line, for people.
    pub working: Vec<Text>,
}

/// The one refund of a top-up or pass (D-CARD-12). Sessions and values that don't fit together count as not used.
pub fn refund(case: &RefundCase, minor_units: u32) -> Refunded {
    let show = |money: Minor| format_minor(money, minor_units);
    let mut working = Vec::new();
    let (paid, used, withdrawn) = match (case.paid, case.uses) {
        (Paid::TopUp { paid, granted }, Uses::Value { principal, bonus, list }) => {
            let value = Value {
                paid: paid.max(0),
                granted: granted.max(0),
                principal: principal.max(0),
                bonus: bonus.max(0),
                list: list.max(0),
            };
            let used = value.used(case.reason, show, &mut working);
            (value.paid, used, (value.granted - value.bonus).max(0))
        }
        (
            Paid::Pass {
                paid,
                sessions,
                gifts,
                list,
            },
            uses,
        ) => {
            let used = match uses {
                Uses::Sessions(used) => used.max(0),
                Uses::Value { .. } => 0,
            };
            let pass = Pass {
                paid: paid.max(0),
                sessions: sessions.max(0),
                gifts: gifts.max(0),
                list: list.max(0),
                used,
            };
            let worth = pass.used(case.reason, show, &mut working);
            (pass.paid, worth, pass.gifts_left())
        }
        (Paid::TopUp { paid, granted }, Uses::Sessions(_)) => (paid.max(0), 0, granted.max(0)),
    };
    let amount = (paid - used).clamp(0, paid);
    working.push(match used > paid {
        false => Text::new(
            format!("应退 {} − {} = {}", show(paid), show(used), show(amount)),
            format!("Paid back: {} − {} = {}", show(paid), show(used), show(amount)),
        ),
        true => Text::new(
            format!("已用 {} 超过实付 {}，应退 0", show(used), show(paid)),
            format!(
                "{} used is more than {} paid: nothing is paid back",
                show(used),
                show(paid)
            ),
        ),
    });
    if withdrawn > 0 {
        working.push(withdrawal(&case.paid, withdrawn, show));
    }
    Refunded {
        amount,
        used,
        withdrawn,
        working,
    }
}

impl Refunded {
    /// What is still to be paid back after `before`: a return may have brought value back since.
    pub(super) fn beyond(mut self, before: Option<Minor>, minor_units: u32) -> Self {
        let Some(before) = before else { return self };
        let (whole, rest) = (self.amount, (self.amount - before).max(0));
        let show = |money: Minor| format_minor(money, minor_units);
        self.working.push(Text::new(
            format!(
                "此前已退 {}，本次应退 {} − {} = {}",
                show(before),
                show(whole),
                show(before),
                show(rest)
            ),
            format!(
                "{} were paid back before: {} − {} = {} now",
                show(before),
                show(whole),
                show(before),
                show(rest)
            ),
        ));
        self.amount = rest;
        self
    }
}

fn withdrawal(paid: &Paid, withdrawn: i64, show: impl Fn(Minor) -> String) -> Text {
    match paid {
        Paid::TopUp { .. } => Text::new(
            format!("未用赠送 {} 收回，不折现", show(withdrawn)),
            format!("Unused bonus of {} is withdrawn, never paid out", show(withdrawn)),
        ),
        Paid::Pass { .. } => Text::new(
            format!("未用赠送 {withdrawn} 次收回，不折现"),
            format!("{withdrawn} unused gift sessions are withdrawn, never paid out"),
        ),
    }
}

struct Value {
    paid: Minor,
    granted: Minor,
    principal: Minor,
    bonus: Minor,
    list: Minor,
}

impl Value {
    fn used(&self, reason: RefundReason, show: impl Fn(Minor) -> String, working: &mut Vec<Text>) -> Minor {
        let (paid, granted) = (show(self.paid), show(self.granted));
        working.push(Text::new(
            format!("实付 {paid}，赠送 {granted}"),
            format!("Paid {paid}, bonus {granted}"),
        ));
        let drawn = self.principal.saturating_add(self.bonus);
        let (used, zh, en) = match reason {
            RefundReason::Within7Days => {
                let used = show(self.principal);
                (
                    self.principal,
                    format!("付款 7 日内退款：已用本金 {used}，未用本金全部退还"),
                    format!("Within 7 days of payment: {used} of principal used, all that isn't is paid back"),
                )
            }
            RefundReason::Merchant | RefundReason::Agreed => {
                let whole = self.paid.saturating_add(self.granted);
                let used = mul_div(drawn, self.paid, whole).unwrap_or(if whole == 0 { 0 } else { LIMIT });
                let (drawn, whole, share) = (show(drawn), show(whole), show(used));
                (
                    used,
                    format!("已用 {drawn} 按实付占比 {paid} ÷ {whole} 折算，舍去零头：{share}"),
                    format!("{drawn} used at the ratio {paid} / {whole}, rounded down: {share}"),
                )
            }
            RefundReason::Consumer => {
                let (drawn, list) = (show(drawn), show(self.list));
                (
                    self.list,
                    format!("已用 {drawn}，所购商品和服务按无优惠的价格计 {list}"),
                    format!("{drawn} used, for goods and services listed at {list} without discount"),
                )
            }
        };
        working.push(Text::new(zh, en));
        used
    }
}

struct Pass {
    paid: Minor,
    sessions: i64,
    gifts: i64,
    list: Minor,
    used: i64,
}

impl Pass {
    fn all(&self) -> i64 {
        self.sessions.saturating_add(self.gifts)
    }

    /// Sessions that were paid for are used first.
    fn gifts_left(&self) -> i64 {
        self.gifts.min((self.all() - self.used).max(0))
    }

    fn used(&self, reason: RefundReason, show: impl Fn(Minor) -> String, working: &mut Vec<Text>) -> Minor {
        let Self {
            sessions, gifts, used, ..
        } = *self;
        let (paid, list, all) = (show(self.paid), show(self.list), self.all());
        working.push(Text::new(
            format!("实付 {paid}，共 {sessions} 次，赠送 {gifts} 次，已用 {used} 次"),
            format!("Paid {paid} for {sessions} sessions and {gifts} gift sessions, {used} used"),
        ));
        let (worth, zh, en) = if reason == RefundReason::Consumer {
            let worth = mul_div(used, self.list, 1).unwrap_or(LIMIT);
            let shown = show(worth);
            (
                worth,
                format!("已用 {used} 次按单次原价 {list} 计：{shown}"),
                format!("{used} sessions at the list price of {list}: {shown}"),
            )
        } else {
            let worth = mul_div(used, self.paid, all).unwrap_or(if all == 0 { 0 } else { LIMIT });
            let shown = show(worth);
            (
                worth,
                format!("已用 {used} 次按 {paid} ÷ {all} 次折算，舍去零头：{shown}"),
                format!("{used} sessions at {paid} / {all}, rounded down: {shown}"),
            )
        };
        working.push(Text::new(zh, en));
        worth
    }
}

/// The part of a bill's price without discount that was bought with `drawn` of its `total`, rounded down.
pub fn list_share(list: Minor, total: Minor, drawn: Minor) -> Minor {
    if total <= 0 || drawn <= 0 {
        return 0;
    }
    mul_div(list.max(0), drawn.min(total), total).unwrap_or(LIMIT)
}

/// Whether it can be given back without a reason: paid at most seven days ago, and the same service not used before.
///
/// # Errors
/// `not_refundable`, which says which of both fails and what to do.
pub fn check_seven_days(paid_on: Day, today: Day, used_before: bool) -> Result<(), Refusal> {
    let last = paid_on.plus_days(DAYS).unwrap_or(paid_on);
    if today > last {
        let zh = format!("付款已超过 7 日（最后一日为 {last}），不能按七日内退款办理：请改选其他退款原因。");
        let en =
            format!("More than 7 days have passed since payment (the last one was {last}); choose another reason.");
        return Err(Refusal::new(Code::NotRefundable, zh, en).at("/reason"));
    }
    if used_before {
        let zh = "付款前已享用过同样的服务，不能按七日内退款办理：请改选其他退款原因。";
        let en = "The same service was used before it was paid for; choose another reason.";
        return Err(Refusal::new(Code::NotRefundable, zh, en).at("/reason"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use RefundReason::{Agreed, Consumer, Merchant, Within7Days};
    use proptest::prelude::*;

    fn top_up(reason: RefundReason, paid: (Minor, Minor), uses: (Minor, Minor, Minor)) -> Refunded {
        let case = RefundCase {
            reason,
            paid: Paid::TopUp {
                paid: paid.0,
                granted: paid.1,
            },
            uses: Uses::Value {
                principal: uses.0,
                bonus: uses.1,
                list: uses.2,
            },
        };
        refund(&case, 2)
    }

    fn pass(reason: RefundReason, paid: Minor, (sessions, gifts): (i64, i64), list: Minor, used: i64) -> Refunded {
        let case = RefundCase {
            reason,
            paid: Paid::Pass {
                paid,
                sessions,
                gifts,
                list,
            },
            uses: Uses::Sessions(used),
        };
        refund(&case, 2)
    }

    #[test]
    fn d_card_12_a_pass() {
        let amount = |reason| pass(reason, 1_000_00, (10, 0), 150_00, 3).amount;
        assert_eq!(amount(Merchant), 700_00);
        assert_eq!(amount(Agreed), 700_00);
        assert_eq!(amount(Consumer), 550_00);
        assert_eq!(amount(Within7Days), 700_00);
        assert_eq!(pass(Agreed, 880_00, (10, 0), 120_00, 3).amount, 616_00);
        let gifts = pass(Agreed, 1_000_00, (10, 2), 150_00, 3);
        assert_eq!((gifts.amount, gifts.withdrawn), (750_00, 2));
        assert_eq!(pass(Agreed, 1_000_00, (10, 2), 150_00, 11).withdrawn, 1);
        assert_eq!(pass(Agreed, 100_00, (3, 0), 50_00, 1).amount, 66_67, "33.33 used");
        assert_eq!(pass(Consumer, 1_000_00, (10, 0), 150_00, 9).amount, 0);
    }

    #[test]
    fn d_card_12_a_top_up() {
        let amount = |reason| top_up(reason, (1_000_00, 100_00), (500_00, 50_00, 600_00)).amount;
        assert_eq!(amount(Merchant), 500_00);
        assert_eq!(amount(Agreed), 500_00);
        assert_eq!(amount(Consumer), 400_00);
        assert_eq!(amount(Within7Days), 500_00);
        let v2 = top_up(Agreed, (500_00, 100_00), (50_00, 10_00, 60_00));
        assert_eq!((v2.amount, v2.used, v2.withdrawn), (450_00, 50_00, 90_00));
        let v1 = top_up(Agreed, (16_00, 0), (0, 0, 0));
        assert_eq!((v1.amount, v1.withdrawn), (16_00, 0));
        assert_eq!(top_up(Agreed, (10, 3), (0, 1, 1)).amount, 10, "less than a unit used");
        assert_eq!(top_up(Consumer, (100_00, 0), (90_00, 0, 130_00)).amount, 0);
    }

    #[test]
    fn d_card_12_the_working_is_told() {
        let told = |of: &Refunded| -> Vec<String> { of.working.iter().map(|line| line.zh.clone()).collect() };
        assert_eq!(
            told(&top_up(Agreed, (500_00, 100_00), (50_00, 10_00, 60_00))),
            [
                "实付 500.00，赠送 100.00",
                "已用 60.00 按实付占比 500.00 ÷ 600.00 折算，舍去零头：50.00",
                "应退 500.00 − 50.00 = 450.00",
                "未用赠送 90.00 收回，不折现"
            ]
        );
        let consumer = pass(Consumer, 1_000_00, (10, 0), 150_00, 3);
        assert_eq!(
            told(&consumer),
            [
                "实付 1000.00，共 10 次，赠送 0 次，已用 3 次",
                "已用 3 次按单次原价 150.00 计：450.00",
                "应退 1000.00 − 450.00 = 550.00"
            ]
        );
        assert_eq!(consumer.working[1].en, "3 sessions at the list price of 150.00: 450.00");
    }

    #[test]
    fn d_card_12_seven_days_and_not_used_before() {
        let day = |d| Day::from_ymd(2026, 7, d).unwrap();
        assert_eq!(check_seven_days(day(1), day(8), false), Ok(()));
        for (today, before) in [(day(9), false), (day(1), true)] {
            let refusal = check_seven_days(day(1), today, before).unwrap_err();
            assert_eq!(refusal.code, Code::NotRefundable);
        }
    }

    #[test]
    fn d_card_12_the_list_price_of_what_value_bought() {
        assert_eq!(list_share(600_00, 550_00, 550_00), 600_00);
        assert_eq!(list_share(600_00, 550_00, 275_00), 300_00);
        assert_eq!(list_share(1_00, 3, 1), 33);
        assert_eq!(list_share(600_00, 0, 5), 0);
    }

    fn money() -> impl Strategy<Value = Minor> {
        prop_oneof![-5i64..2_000, 0..=LIMIT]
    }

    proptest! {
        #[test]
        fn d_card_12_never_below_zero_never_above_what_was_paid(
            paid in money(), granted in money(), drawn in money(), bonus in money(), list in money(), which in 0usize..4,
        ) {
            let of = top_up(RefundReason::ALL[which], (paid, granted), (drawn, bonus, list));
            prop_assert!((0..=paid.max(0)).contains(&of.amount));
            prop_assert!((0..=granted.max(0)).contains(&of.withdrawn));
            prop_assert!(!of.working.is_empty());
        }

        #[test]
        fn d_card_12_nor_of_a_pass(
            paid in money(), sessions in 0i64..1_000, gifts in 0i64..100, list in money(), used in -1i64..2_000,
            which in 0usize..4,
        ) {
            let of = pass(RefundReason::ALL[which], paid, (sessions, gifts), list, used);
            prop_assert!((0..=paid.max(0)).contains(&of.amount));
            prop_assert!((0..=gifts).contains(&of.withdrawn));
        }

        #[test]
        fn d_card_12_more_use_never_brings_more_back(
            paid in 1i64..100_000, granted in 0i64..50_000, first in 0i64..150_000, more in 0i64..1_000,
        ) {
            let back = |uses: i64| top_up(Agreed, (paid, granted), (uses, 0, uses)).amount;
            prop_assert!(back(first) >= back(first + more));
            prop_assert_eq!(back(0), paid);
            prop_assert_eq!(back(paid + granted), 0);
        }
    }
}
