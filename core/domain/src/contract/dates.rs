//! Terms of contracts, their renewal, instalments and reminders (D-CON-3, D-CON-5). Days only: which day it is in the
//! store's zone is the caller's business ([`crate::Zone::day_of`]), so no change of a clock can reach what is here.
//!
//! Everything is counted in months from a contract's first day, which is remembered: from 31 January on, instalments
//! fall on 28 or 29 February and on 31 March.

use crate::calendar::Day;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Longest term, and longest time between instalments.
pub const MOST_MONTHS: u32 = 600;
/// Days ahead of an end or a milestone at which somebody is reminded.
pub const LEADS: [u16; 3] = [60, 30, 7];

/// A span of days, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Term {
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub until: Day,
}

impl Term {
    /// A term of `months` (1–[`MOST_MONTHS`]) from `from` on, see [`Day::day_before_anniversary`]. None beyond the year
    /// 9999.
    pub fn of_months(from: Day, months: u32) -> Option<Self> {
        let until = from.day_before_anniversary(months)?;
        (1..=MOST_MONTHS).contains(&months).then_some(Self { from, until })
    }

    /// Whether the term doesn't end before it begins.
    pub fn is_sound(self) -> bool {
        self.from <= self.until
    }

    pub fn contains(self, day: Day) -> bool {
        (self.from..=self.until).contains(&day)
    }

    /// Whether both have a day in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }

    /// The first day of a successor, which neither overlaps nor leaves a day out.
    pub fn successor_from(self) -> Option<Day> {
        self.until.plus_days(1)
    }
}

named! {
/// What happens at the end of a term.
pub enum Renewal {
    /// The next term of the same length begins by itself.
    Automatic = "automatic",
    /// It ends, unless somebody renews it.
    ByHand = "by_hand",
}
}

/// How a contract runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Its first day.
    #[schema(value_type = String, format = Date)]
    pub from: Day,
    /// Length of a term.
    #[schema(minimum = 1, maximum = 600, example = 12)]
    pub months: u32,
    pub renewal: Renewal,
    /// How often it was renewed by hand.
    #[serde(default)]
    #[schema(maximum = 600)]
    pub renewed: u32,
    /// Months from one instalment to the next, counted anew in each term; none without instalments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 600)]
    pub instalment_months: Option<u32>,
}

named! {
/// Where a contract stands in its course.
pub enum Stand {
    NotBegun = "not_begun",
    Running = "running",
    /// Its last term is over and nobody has renewed it.
    ToRenew = "to_renew",
}
}

/// A contract's course as of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    pub stand: Stand,
    /// The term of that day: the first one before it, the last one after it.
    pub term: Term,
    /// The last day that is agreed on; automatic renewals to come don't count.
    #[schema(value_type = String, format = Date)]
    pub until: Day,
    /// The first instalment that falls on that day or later, also one of the term that will follow by itself.
    #[schema(value_type = Option<String>, format = Date)]
    pub next_instalment: Option<Day>,
}

impl Course {
    /// The term after `renewals` renewals. Its end is counted from the contract's first day, so that a short month
    /// shortens no later one. None beyond the year 9999 or for an unsound course.
    pub fn term(&self, renewals: u32) -> Option<Term> {
        if !(1..=MOST_MONTHS).contains(&self.months) {
            return None;
        }
        let before = self.months.checked_mul(renewals)?;
        let from = if before == 0 {
            self.from
        } else {
            self.from.day_before_anniversary(before)?.plus_days(1)?
        };
        let until = self.from.day_before_anniversary(before.checked_add(self.months)?)?;
        Some(Term { from, until })
    }

    /// The days on which the instalments of a term fall: the contract's day of the month, or that month's last one
    /// where it has none, but never ahead of the term. Empty without instalments.
    pub fn instalments(&self, renewals: u32) -> Vec<Day> {
        let every = self.instalment_months.filter(|months| *months > 0);
        let (Some(every), Some(term)) = (every, self.term(renewals)) else {
            return Vec::new();
        };
        let before = self.months * renewals;
        (0..self.months)
            .step_by(every as usize)
            .map_while(|months| self.from.add_months(before.checked_add(months)?))
            .map(|day| day.max(term.from))
            .collect()
    }

    /// Where the contract stands on `today`. None for an unsound course.
    pub fn standing(&self, today: Day) -> Option<Standing> {
        let agreed = match self.renewal {
            Renewal::Automatic => self.renewed.max(self.renewals_by(today)?),
            Renewal::ByHand => self.renewed,
        };
        let until = self.term(agreed)?.until;
        let current = self.renewals_by(today)?.min(agreed);
        let stand = if today < self.from {
            Stand::NotBegun
        } else if today > until {
            Stand::ToRenew
        } else {
            Stand::Running
        };
        // The next term belongs to what is to be paid as soon as it is certain.
        let certain = match self.renewal {
            Renewal::Automatic => agreed.saturating_add(1),
            Renewal::ByHand => agreed,
        };
        let to_come = (current..=certain.min(current.saturating_add(1))).flat_map(|n| self.instalments(n));
        Some(Standing {
            stand,
            term: self.term(current)?,
            until,
            next_instalment: to_come.into_iter().find(|day| *day >= today),
        })
    }

    /// Renewals until the term that `day` lies in, if there were no end to them; 0 before the first.
    fn renewals_by(&self, day: Day) -> Option<u32> {
        let month = |day: Day| i64::from(day.year()) * 12 + i64::from(day.month());
        let passed = u32::try_from(month(day) - month(self.from)).unwrap_or(0);
        // At most one too many: a month that has begun isn't over.
        let mut renewals = passed.checked_div(self.months)?;
        while renewals > 0 && self.term(renewals).is_none_or(|term| day < term.from) {
            renewals -= 1;
        }
        Some(renewals)
    }
}

/// What to remind of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminded<'a> {
    /// The end of a term, or a milestone.
    pub on: Day,
    /// Since when it is known: earlier reminders weren't missed.
    pub known_since: Day,
    /// Days ahead at which reminders of exactly this day went out already.
    pub sent: &'a [u16],
}

/// The reminder that is due on `today`, as its days ahead out of `leads` (usually [`LEADS`]): the nearest whose day has
/// come. Those missed meanwhile come with it as one, and a farther one never after a nearer one. None once `on` is over.
pub fn reminder_due(of: Reminded<'_>, today: Day, leads: &[u16]) -> Option<u16> {
    let left = i64::from(of.on.0) - i64::from(today.0);
    let known = i64::from(of.on.0) - i64::from(of.known_since.0);
    let nearest = leads
        .iter()
        .copied()
        .filter(|lead| left <= i64::from(*lead) && i64::from(*lead) <= known)
        .min()?;
    let is_news = of.sent.iter().all(|sent| *sent > nearest);
    (left >= 0 && is_news).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{Instant, Zone};
    use proptest::prelude::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn course(from: &str, months: u32, renewal: Renewal, every: Option<u32>) -> Course {
        Course {
            from: day(from),
            months,
            renewal,
            renewed: 0,
            instalment_months: every,
        }
    }

    fn on(course: &Course, today: &str) -> (Stand, String, Option<String>) {
        let standing = course.standing(day(today)).unwrap();
        let next = standing.next_instalment.map(|day| day.to_string());
        (standing.stand, standing.until.to_string(), next)
    }

    #[test]
    fn c1_a_renewed_term_ends_with_its_own_last_month_and_goes_on_paying() {
        let next = |text: &str| Some(text.to_owned());
        let mut by_hand = course("2021-01-01", 3, Renewal::ByHand, Some(1));
        assert_eq!(on(&by_hand, "2021-03-31"), (Stand::Running, "2021-03-31".into(), None));
        by_hand.renewed = 1;
        for today in ["2021-03-02", "2021-03-31", "2021-04-01"] {
            assert_eq!(
                on(&by_hand, today),
                (Stand::Running, "2021-06-30".into(), next("2021-04-01")),
                "{today}"
            );
        }
        let automatic = course("2021-01-01", 3, Renewal::Automatic, Some(1));
        assert_eq!(
            on(&automatic, "2021-03-31"),
            (Stand::Running, "2021-03-31".into(), next("2021-04-01"))
        );
        assert_eq!(
            on(&automatic, "2021-04-01"),
            (Stand::Running, "2021-06-30".into(), next("2021-04-01"))
        );
        assert_eq!(
            on(&automatic, "2031-12-31"),
            (Stand::Running, "2031-12-31".into(), next("2032-01-01"))
        );
    }

    #[test]
    fn c2_a_contract_that_ended_yesterday_is_to_renew() {
        let over = course("2025-11-28", 12, Renewal::ByHand, Some(1));
        assert_eq!(on(&over, "2026-11-27"), (Stand::Running, "2026-11-27".into(), None));
        assert_eq!(on(&over, "2026-11-28"), (Stand::ToRenew, "2026-11-27".into(), None));
        assert_eq!(on(&over, "2036-01-01"), (Stand::ToRenew, "2026-11-27".into(), None));
        // The same instant is still the last day west of it.
        let instant = Instant::parse_rfc3339("2026-11-27T16:30:00Z").unwrap();
        let stand = |zone: &str| {
            over.standing(zone.parse::<Zone>().unwrap().day_of(instant))
                .unwrap()
                .stand
        };
        assert_eq!(stand("Asia/Shanghai"), Stand::ToRenew);
        assert_eq!(stand("Europe/Berlin"), Stand::Running);
    }

    #[test]
    fn d_con_3_before_its_first_day_a_contract_hasnt_begun() {
        let later = course("2026-12-15", 12, Renewal::Automatic, Some(6));
        assert_eq!(
            on(&later, "2026-11-28"),
            (Stand::NotBegun, "2027-12-14".into(), Some("2026-12-15".into()))
        );
    }

    #[test]
    fn d_con_5_instalments_remember_the_day_of_the_month() {
        let days = |course: &Course, renewals| {
            let days = course.instalments(renewals);
            days.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let from_31 = course("2023-01-31", 4, Renewal::ByHand, Some(1));
        assert_eq!(
            days(&from_31, 0),
            ["2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30"]
        );
        let leap = course("2024-01-31", 3, Renewal::ByHand, Some(1));
        assert_eq!(days(&leap, 0), ["2024-01-31", "2024-02-29", "2024-03-31"]);
        let quarters = course("2026-02-28", 12, Renewal::Automatic, Some(3));
        assert_eq!(
            days(&quarters, 1),
            ["2027-02-28", "2027-05-28", "2027-08-28", "2027-11-28"]
        );
        let uneven = course("2026-01-01", 5, Renewal::ByHand, Some(2));
        assert_eq!(days(&uneven, 0), ["2026-01-01", "2026-03-01", "2026-05-01"]);
        assert!(days(&course("2026-01-01", 5, Renewal::ByHand, None), 0).is_empty());
        // No instalment of a term ahead of it: February's term begins on 1 March.
        let single = course("2023-01-31", 1, Renewal::Automatic, Some(1));
        assert_eq!(
            (days(&single, 0), days(&single, 1)),
            (vec!["2023-01-31".into()], vec!["2023-03-01".into()])
        );
        assert_eq!(days(&single, 2), ["2023-03-31"]);
    }

    #[test]
    fn d_con_3_terms_overlap_where_they_share_a_day() {
        let year = Term::of_months(day("2026-01-01"), 12).unwrap();
        assert_eq!(year.until, day("2026-12-31"));
        let next = Term::of_months(year.successor_from().unwrap(), 12).unwrap();
        assert!(!year.overlaps(next) && !next.overlaps(year));
        let early = Term {
            from: day("2026-12-31"),
            ..next
        };
        assert!(year.overlaps(early) && early.overlaps(year) && year.overlaps(year));
        assert!(year.contains(year.from) && year.contains(year.until) && !year.contains(next.from));
        assert!(
            year.is_sound()
                && !Term {
                    until: day("2025-12-31"),
                    ..year
                }
                .is_sound()
        );
        assert_eq!(Term::of_months(day("2026-01-01"), 0), None);
        assert_eq!(Term::of_months(day("2026-01-01"), MOST_MONTHS + 1), None);
        assert_eq!(Term::of_months(day("9999-06-01"), 12), None);
        assert_eq!(
            course("2026-01-01", 0, Renewal::Automatic, None).standing(day("2026-01-01")),
            None
        );
    }

    /// Every half hour from 70 days ahead until a day after: when which reminder went out.
    fn sent_through(target: &str, zone: &str) -> Vec<(String, u16)> {
        let (target, zone) = (day(target), zone.parse::<Zone>().unwrap());
        let end = zone.first_instant_after(target).unwrap().plus_days(1);
        let (mut now, mut sent, mut log) = (end.plus_days(-72), Vec::new(), Vec::new());
        while now < end {
            let today = zone.day_of(now);
            let of = Reminded {
                on: target,
                known_since: day("2000-01-01"),
                sent: &sent,
            };
            if let Some(lead) = reminder_due(of, today, &LEADS) {
                log.push((today.to_string(), lead));
                sent.push(lead);
            }
            now = now.plus_minutes(30);
        }
        log
    }

    #[test]
    fn c4_each_reminder_goes_once_on_the_right_business_day() {
        for (target, zone, days) in [
            (
                "2026-03-31",
                "Asia/Shanghai",
                ["2026-01-30", "2026-03-01", "2026-03-24"],
            ),
            (
                "2024-03-31",
                "Europe/Berlin",
                ["2024-01-31", "2024-03-01", "2024-03-24"],
            ),
            (
                "2024-03-01",
                "Asia/Shanghai",
                ["2024-01-01", "2024-01-31", "2024-02-23"],
            ),
            (
                "2023-03-01",
                "Asia/Shanghai",
                ["2022-12-31", "2023-01-30", "2023-02-22"],
            ),
            // The clock changes in the night of the reminder itself: forward, back, and over midnight.
            (
                "2024-04-30",
                "Europe/Berlin",
                ["2024-03-01", "2024-03-31", "2024-04-23"],
            ),
            (
                "2024-11-26",
                "Europe/Berlin",
                ["2024-09-27", "2024-10-27", "2024-11-19"],
            ),
            ("2024-05-26", "Africa/Cairo", ["2024-03-27", "2024-04-26", "2024-05-19"]),
        ] {
            let wanted: Vec<(String, u16)> = days.iter().map(ToString::to_string).zip(LEADS).collect();
            assert_eq!(sent_through(target, zone), wanted, "{target} {zone}");
        }
    }

    #[test]
    fn d_con_5_missed_reminders_come_once_as_the_nearest() {
        let target = day("2026-12-31");
        let due = |today: &str, since: &str, sent: &[u16]| {
            let of = Reminded {
                on: target,
                known_since: day(since),
                sent,
            };
            reminder_due(of, day(today), &LEADS)
        };
        let old = "2026-01-01";
        assert_eq!(due("2026-10-31", old, &[]), None, "sixty days ahead is tomorrow");
        assert_eq!(due("2026-11-01", old, &[]), Some(60));
        assert_eq!(
            due("2026-12-20", old, &[]),
            Some(30),
            "down since October: 60 and 30 as one"
        );
        assert_eq!(due("2026-12-20", old, &[30]), None);
        assert_eq!(due("2026-12-20", old, &[60]), Some(30));
        assert_eq!(due("2026-12-31", old, &[60]), Some(7));
        assert_eq!(due("2026-12-31", old, &[60, 7]), None, "the nearest is out");
        assert_eq!(due("2026-12-20", old, &[7]), None, "the business day was set back");
        assert_eq!(due("2027-01-01", old, &[]), None, "over");
        assert_eq!(
            due("2026-12-11", "2026-12-11", &[]),
            None,
            "twenty days known: 60 and 30 weren't missed"
        );
        assert_eq!(due("2026-12-24", "2026-12-11", &[]), Some(7));
        assert_eq!(due("2026-12-01", "2026-12-01", &[]), Some(30), "known on the very day");
    }

    proptest! {
        #[test]
        fn d_con_3_terms_follow_each_other_without_a_gap(
            from in 0i32..40_000, months in 1u32..=24, every in 1u32..=24, renewals in 0u32..50, ahead in 0i32..30_000,
        ) {
            let course = Course {
                from: Day(from), months, renewal: Renewal::Automatic, renewed: 0, instalment_months: Some(every),
            };
            let (term, next) = (course.term(renewals).unwrap(), course.term(renewals + 1).unwrap());
            prop_assert_eq!(term.successor_from(), Some(next.from));
            let due = course.instalments(renewals);
            prop_assert!(due.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(due[0].max(term.from), due[0]);
            prop_assert!(due.iter().all(|day| term.contains(*day)));
            prop_assert_eq!(due.len() as u32, months.div_ceil(every));
            let today = Day(from + ahead);
            let standing = course.standing(today).unwrap();
            prop_assert!(standing.term.contains(today) && standing.until == standing.term.until);
            prop_assert!(standing.next_instalment.is_some_and(|day| day >= today));
        }

        #[test]
        fn c4_whatever_days_are_missed_no_reminder_comes_twice_or_backwards(
            runs in proptest::collection::btree_set(-80i32..5, 0..60),
        ) {
            let (mut sent, target) = (Vec::new(), Day(20_000));
            for run in runs {
                let of = Reminded { on: target, known_since: Day(0), sent: &sent };
                if let Some(lead) = reminder_due(of, Day(target.0 + run), &LEADS) {
                    prop_assert!(run <= 0 && -run <= i32::from(lead));
                    sent.push(lead);
                }
            }
            prop_assert!(sent.windows(2).all(|pair| pair[0] > pair[1]), "{:?}", sent);
        }
    }
}
