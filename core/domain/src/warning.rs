//! Warnings about customers (D-ARC-10): what their purchases say, and what people report.

use crate::calendar::Day;
use crate::error::Text;
use crate::money::{LIMIT, Minor, ONE, Ppm, format_minor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// What a warning is about.
pub enum WarningKind {
    /// Computed: less than last year, or rarer than usual.
    Purchases = "purchases",
    /// Computed: gone for longer than the customer's rhythm allows.
    Churn = "churn",
    /// Reported: a major change at the customer's.
    MajorChange = "major_change",
    /// Reported: selling outside the territory (串货). Bills tell what a customer bought, not where it was sold on, so
    /// that nothing of this kind can be computed.
    Territory = "territory",
}
}

impl WarningKind {
    /// Whether a job opens and closes it; the others a person reports.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Purchases | Self::Churn)
    }

    /// What it is called where it is told of.
    pub fn words(self) -> Text {
        match self {
            Self::Purchases => Text::new("消费减少", "Fewer purchases"),
            Self::Churn => Text::new("流失", "Gone"),
            Self::MajorChange => Text::new("重大变化", "Major change"),
            Self::Territory => Text::new("串货", "Outside the territory"),
        }
    }
}

named! {
pub enum WarningState {
    Open = "open",
    /// By a person, who says what was done.
    Resolved = "resolved",
    /// It no longer holds; closed by the job.
    Ceased = "ceased",
    /// Its customer was merged into one who has an open one of the kind.
    Merged = "merged",
}
}

/// By what figures a chain is warned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WarningRules {
    /// Days, today included, that are compared with the same days of last year and with what was usual before them.
    #[schema(minimum = 30, maximum = 365, example = 90)]
    pub window_days: u16,
    /// Parts per million of last year, or of what was usual, below which there is a warning.
    #[schema(value_type = i64, minimum = 1, maximum = 1_000_000, example = 800_000)]
    pub share_ppm: Ppm,
    /// Last year's days count only where at least so much was paid in them, in minor units.
    #[schema(minimum = 0)]
    pub least_amount: Minor,
    /// Nobody is gone before so many days have passed since the last purchase.
    #[schema(minimum = 1, maximum = 365, example = 30)]
    pub churn_days: u16,
    /// Days until a warning is to be answered.
    #[schema(maximum = 90, example = 7)]
    pub answer_days: u16,
    /// The same of an urgent one.
    #[schema(maximum = 30, example = 1)]
    pub urgent_days: u16,
}

impl Default for WarningRules {
    fn default() -> Self {
        Self {
            window_days: 90,
            share_ppm: 800_000,
            least_amount: 0,
            churn_days: 30,
            answer_days: 7,
            urgent_days: 1,
        }
    }
}

impl WarningRules {
    /// The field that is out of its range.
    pub fn fault(&self) -> Option<&'static str> {
        let faults = [
            ("window_days", !(30..=365).contains(&self.window_days)),
            ("share_ppm", !(1..=ONE).contains(&self.share_ppm)),
            ("least_amount", !(0..=LIMIT).contains(&self.least_amount)),
            ("churn_days", !(1..=365).contains(&self.churn_days)),
            ("answer_days", self.answer_days > 90),
            ("urgent_days", self.urgent_days > 30),
        ];
        faults.into_iter().find(|(_, wrong)| *wrong).map(|(field, _)| field)
    }

    /// Until when it is to be answered.
    pub fn due(&self, opened: Day, urgent: bool) -> Day {
        let days = if urgent { self.urgent_days } else { self.answer_days };
        Day(opened.0.saturating_add(days.into()))
    }

    /// Whether a warning that somebody resolved may be opened again: who was thought gone must have come back first, and
    /// purchases are looked at again once the days compared have passed.
    pub fn returns(&self, kind: WarningKind, resolved: Day, purchases: &[Purchase], today: Day) -> bool {
        match kind {
            WarningKind::Churn => purchases.last().is_some_and(|last| last.day > resolved),
            _ => today.0 >= resolved.0.saturating_add(self.window_days.into()),
        }
    }
}

/// What was paid on a day on which something was bought and kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    pub day: Day,
    /// Less what was returned.
    pub paid: Minor,
}

/// The figures that were compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Figures {
    LastYear {
        from: Day,
        until: Day,
        paid: Minor,
        before: Minor,
        share_ppm: Ppm,
    },
    /// Days with a purchase, now and in the four times as many days before.
    Rarer {
        until: Day,
        days: i32,
        times: i64,
        before: i64,
        share_ppm: Ppm,
    },
    Churn {
        last: Day,
        on: Day,
        purchases: i64,
        twice_median: i32,
        limit: i32,
    },
}

/// Figures of a customer, and whether there is to be a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    pub kind: WarningKind,
    pub figures: Figures,
    pub holds: bool,
}

/// So many lengths of the window say what is usual.
const USUAL: i64 = 4;
/// And so many purchases in each of them on average: with fewer, a pause says nothing.
const REGULAR: i64 = 2;
/// From so many purchases on a customer has a rhythm (D-ARC-10).
const RHYTHM: usize = 3;

fn below(share: Ppm, now: i64, before: i64) -> bool {
    i128::from(now) * i128::from(ONE) < i128::from(before) * i128::from(share)
}

fn last_year(purchases: &[Purchase], rules: &WarningRules, today: Day) -> Option<Measured> {
    let from = Day(today.0 - i32::from(rules.window_days) + 1);
    let then = (from.months_earlier(12)?, today.months_earlier(12)?);
    let paid = |from: Day, until: Day| {
        let within = purchases.iter().filter(|one| (from..=until).contains(&one.day));
        within.fold(0_i64, |sum, one| sum.saturating_add(one.paid))
    };
    let (now, before) = (paid(from, today), paid(then.0, then.1));
    (before > 0 && before >= rules.least_amount).then_some(Measured {
        kind: WarningKind::Purchases,
        figures: Figures::LastYear {
            from,
            until: today,
            paid: now,
            before,
            share_ppm: rules.share_ppm,
        },
        holds: below(rules.share_ppm, now, before),
    })
}

fn rarer(purchases: &[Purchase], rules: &WarningRules, today: Day) -> Option<Measured> {
    let days = i32::from(rules.window_days);
    let times = |from: i32, until: i32| {
        let within = |one: &&Purchase| (today.0 - from..=today.0 - until).contains(&one.day.0);
        purchases.iter().filter(within).count() as i64
    };
    let before = times(days * 5 - 1, days);
    (before >= USUAL * REGULAR).then(|| {
        let now = times(days - 1, 0);
        Measured {
            kind: WarningKind::Purchases,
            figures: Figures::Rarer {
                until: today,
                days,
                times: now,
                before,
                share_ppm: rules.share_ppm,
            },
            holds: below(rules.share_ppm, now * USUAL, before),
        }
    })
}

/// Twice the median: the sum of the two middle ones of an even number.
fn twice_median(mut gaps: Vec<i32>) -> i32 {
    gaps.sort_unstable();
    let middle = gaps.len() / 2;
    match gaps.len() % 2 {
        0 => gaps[middle - 1].saturating_add(gaps[middle]),
        _ => gaps[middle].saturating_mul(2),
    }
}

fn churn(purchases: &[Purchase], rules: &WarningRules, today: Day) -> Option<Measured> {
    let last = purchases.last().filter(|_| purchases.len() >= RHYTHM)?.day;
    let gaps = purchases.windows(2).map(|two| two[1].day.0 - two[0].day.0);
    let twice_median = twice_median(gaps.collect());
    let limit = twice_median.max(rules.churn_days.into());
    Some(Measured {
        kind: WarningKind::Churn,
        figures: Figures::Churn {
            last,
            on: today,
            purchases: purchases.len() as i64,
            twice_median,
            limit,
        },
        holds: today.0 - last.0 > limit,
    })
}

/// What a customer's purchases say; `purchases` by day, at most one a day. What there are no figures for is left out.
pub fn measure(purchases: &[Purchase], rules: &WarningRules, today: Day) -> Vec<Measured> {
    let rules_of = [last_year, rarer, churn];
    rules_of
        .into_iter()
        .filter_map(|rule| rule(purchases, rules, today))
        .collect()
}

impl Figures {
    /// The comparison in words; `minor_units` of the chain's currency.
    pub fn words(&self, minor_units: u32) -> Text {
        let money = |amount| format_minor(amount, minor_units);
        let percent = |share: Ppm| share / 10_000;
        match self {
            Self::LastYear {
                from,
                until,
                paid,
                before,
                share_ppm,
            } => {
                let part = i128::from(*paid) * 100 / i128::from((*before).max(1));
                let (now, then, share) = (money(*paid), money(*before), percent(*share_ppm));
                Text::new(
                    format!("{from} 至 {until} 净消费 {now}，去年同期 {then}，为其 {part}%（低于 {share}% 时预警）"),
                    format!(
                        "{now} paid from {from} to {until}, returns deducted, {then} in the same days of last year: {part} % \
                         (a warning below {share} %)"
                    ),
                )
            }
            Self::Rarer {
                until,
                days,
                times,
                before,
                share_ppm,
            } => {
                let (usual, rest, share) = (before / USUAL, before % USUAL * 100 / USUAL, percent(*share_ppm));
                Text::new(
                    format!(
                        "截至 {until} 的 {days} 天内消费 {times} 次，此前平均每 {days} 天 {usual}.{rest:02} 次（低于 {share}% 时预警）"
                    ),
                    format!(
                        "{times} purchases in the {days} days to {until}, {usual}.{rest:02} in as many days on average before \
                         (a warning below {share} %)"
                    ),
                )
            }
            Self::Churn {
                last,
                on,
                purchases,
                twice_median,
                limit,
            } => {
                let (days, half) = (on.0 - last.0, if twice_median % 2 == 0 { "" } else { ".5" });
                let median = twice_median / 2;
                Text::new(
                    format!(
                        "上次消费 {last}，到 {on} 已 {days} 天；共消费 {purchases} 次，间隔中位数 {median}{half} 天（超过 {limit} 天时预警）"
                    ),
                    format!(
                        "Last purchase {last}, {days} days by {on}; {purchases} purchases, {median}{half} days between them by the \
                         median (a warning after {limit} days)"
                    ),
                )
            }
        }
    }
}

/// Several comparisons in words.
pub fn told(figures: &[Figures], minor_units: u32) -> Text {
    let words: Vec<Text> = figures.iter().map(|one| one.words(minor_units)).collect();
    let join = |texts: Vec<&str>, by: &str| texts.join(by);
    Text::new(
        join(words.iter().map(|text| text.zh.as_str()).collect(), "；"),
        join(words.iter().map(|text| text.en.as_str()).collect(), "; "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn bought(days: &[(&str, Minor)]) -> Vec<Purchase> {
        days.iter()
            .map(|(text, paid)| Purchase {
                day: day(text),
                paid: *paid,
            })
            .collect()
    }

    fn holds(purchases: &[Purchase], kind: WarningKind, today: &str) -> bool {
        let all = measure(purchases, &WarningRules::default(), day(today));
        all.iter().any(|one| one.kind == kind && one.holds)
    }

    #[test]
    fn d_arc_10_2_less_than_eighty_percent_of_last_year() {
        let of = |now| bought(&[("2025-03-01", 1000), ("2026-02-01", now)]);
        let warned = |now| holds(&of(now), WarningKind::Purchases, "2026-03-15");
        assert_eq!((warned(799), warned(800), warned(0)), (true, false, true));
        // The day before the same days of last year doesn't count, the first one does.
        let first = |text| {
            let all = measure(&bought(&[(text, 1000)]), &WarningRules::default(), day("2026-03-15"));
            all.len()
        };
        assert_eq!(
            (first("2024-12-15"), first("2024-12-16"), first("2025-03-15")),
            (0, 1, 1)
        );
        assert_eq!(first("2025-03-16"), 0);
        let rules = WarningRules {
            least_amount: 1001,
            ..WarningRules::default()
        };
        assert!(
            measure(&of(0), &rules, day("2026-03-15")).is_empty(),
            "too small to say something"
        );
    }

    #[test]
    fn d_arc_10_2_rarer_than_usual() {
        let today = day("2026-03-15");
        let every = |gap: i32, from: i32, until: i32| -> Vec<Purchase> {
            let days = (0..).map(|n| today.0 - from + n * gap);
            let days = days.take_while(|at| *at <= today.0 - until);
            days.map(|at| Purchase {
                day: Day(at),
                paid: 100,
            })
            .collect()
        };
        // Nine times in the 360 days before the window, 2.25 a window; then once.
        let mut rare = every(40, 449, 90);
        assert_eq!(rare.len(), 9);
        rare.push(Purchase {
            day: Day(today.0 - 5),
            paid: 10_000,
        });
        let figures = |purchases: &[Purchase]| rarer(purchases, &WarningRules::default(), today).map(|one| one.holds);
        assert_eq!(figures(&rare), Some(true));
        rare.insert(
            9,
            Purchase {
                day: Day(today.0 - 9),
                paid: 100,
            },
        );
        assert_eq!(figures(&rare), Some(false), "2 of 2.25 is 88 %");
        assert_eq!(figures(&every(50, 449, 90)[..7]), None, "seven in a year are no habit");
    }

    #[test]
    fn d_arc_10_4_gone_for_longer_than_the_rhythm_allows() {
        let three = bought(&[("2026-01-01", 1), ("2026-01-11", 1), ("2026-01-21", 1)]);
        assert!(!holds(&three, WarningKind::Churn, "2026-02-20"), "30 days, never less");
        assert!(holds(&three, WarningKind::Churn, "2026-02-21"));
        assert!(
            !holds(&three[1..], WarningKind::Churn, "2026-12-31"),
            "two have no rhythm"
        );
        let slow = bought(&[("2026-01-01", 1), ("2026-02-10", 1), ("2026-03-23", 1)]);
        // Gaps of 40 and 41: twice the median is 81.
        let limit = day("2026-03-23").0 + 81;
        assert!(!holds(&slow, WarningKind::Churn, &Day(limit).to_string()));
        assert!(holds(&slow, WarningKind::Churn, &Day(limit + 1).to_string()));
        let words = told(
            &[measure(&slow, &WarningRules::default(), Day(limit + 1))
                .pop()
                .unwrap()
                .figures],
            2,
        );
        for figure in ["2026-03-23", "82", "40.5", "81"] {
            assert!(words.zh.contains(figure) && words.en.contains(figure), "{words:?}");
        }
    }

    #[test]
    fn d_arc_10_what_was_resolved_is_opened_again_for_a_new_cause_only() {
        let rules = WarningRules::default();
        let (bought, resolved) = (bought(&[("2026-01-01", 1)]), day("2026-02-01"));
        let again = |kind, purchases: &[Purchase], today: &str| rules.returns(kind, resolved, purchases, day(today));
        assert!(!again(WarningKind::Churn, &bought, "2027-01-01"));
        let back = [
            bought[0],
            Purchase {
                day: day("2026-02-02"),
                paid: 1,
            },
        ];
        assert!(again(WarningKind::Churn, &back, "2027-01-01"));
        assert!(!again(WarningKind::Purchases, &back, "2026-05-01"));
        assert!(again(WarningKind::Purchases, &back, "2026-05-02"));
    }

    #[test]
    fn rules_have_their_ranges() {
        let rules = WarningRules::default();
        assert_eq!(rules.fault(), None);
        let wrong = WarningRules {
            share_ppm: ONE + 1,
            ..rules
        };
        assert_eq!(wrong.fault(), Some("share_ppm"));
        let wrong = WarningRules {
            window_days: 29,
            ..rules
        };
        assert_eq!(wrong.fault(), Some("window_days"));
        assert_eq!(rules.due(day("2026-01-01"), true), day("2026-01-02"));
    }
}
