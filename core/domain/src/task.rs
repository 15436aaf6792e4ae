//! What is to be done with a customer, and when (D-ARC-5).

use crate::Day;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// What is to be done.
#[derive(Default)]
pub enum TaskKind {
    /// 电话回访
    #[default]
    Call = "call",
    /// 上门拜访
    Visit = "visit",
    Message = "message",
    /// 跟进
    FollowUp = "follow_up",
}
}

named! {
/// What made a task.
pub enum TaskSource {
    Hand = "hand",
    /// The service standard of the customer's grade.
    Standard = "standard",
    /// The outcome of the task before it.
    Outcome = "outcome",
    Warning = "warning",
    Satisfaction = "satisfaction",
    /// A contract that ends, or a milestone of one.
    Contract = "contract",
}
}

named! {
pub enum TaskState {
    Open = "open",
    Done = "done",
    Dropped = "dropped",
}
}

named! {
/// How near an open task is.
pub enum TaskWhen {
    Overdue = "overdue",
    Today = "today",
    Tomorrow = "tomorrow",
    /// Within seven days, after tomorrow.
    Week = "week",
    Later = "later",
}
}

impl TaskWhen {
    pub fn of(due_on: Day, today: Day) -> Self {
        match due_on.0 - today.0 {
            ..0 => Self::Overdue,
            0 => Self::Today,
            1 => Self::Tomorrow,
            2..=7 => Self::Week,
            _ => Self::Later,
        }
    }

    /// The days that are so near: from and until, both included.
    pub fn days(self, today: Day) -> (Day, Day) {
        let day = |n: i32| Day(today.0 + n);
        match self {
            Self::Overdue => (Day(i32::MIN), day(-1)),
            Self::Today => (today, today),
            Self::Tomorrow => (day(1), day(1)),
            Self::Week => (day(2), day(7)),
            Self::Later => (day(8), Day(i32::MAX)),
        }
    }
}

/// How often customers who have a consultant hear from the shop, by their volume class; at least once a year (D-ARC-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceStandards {
    /// Days between two contacts.
    #[schema(minimum = 1, maximum = 365, example = 30)]
    pub a_days: u16,
    #[schema(minimum = 1, maximum = 365, example = 90)]
    pub b_days: u16,
    #[schema(minimum = 1, maximum = 365, example = 180)]
    pub c_days: u16,
    /// Of customers without a volume class.
    #[schema(minimum = 1, maximum = 365, example = 365)]
    pub other_days: u16,
    /// The task appears so many days before it is due.
    #[schema(maximum = 30, example = 7)]
    pub lead_days: u16,
}

impl Default for ServiceStandards {
    fn default() -> Self {
        Self {
            a_days: 30,
            b_days: 90,
            c_days: 180,
            other_days: 365,
            lead_days: 7,
        }
    }
}

impl ServiceStandards {
    /// The field that is out of its range.
    pub fn fault(&self) -> Option<&'static str> {
        let days = [
            ("a_days", self.a_days),
            ("b_days", self.b_days),
            ("c_days", self.c_days),
            ("other_days", self.other_days),
        ];
        let outside = days.into_iter().find(|(_, days)| !(1..=365).contains(days));
        outside
            .map(|(name, _)| name)
            .or((self.lead_days > 30).then_some("lead_days"))
    }

    /// Until when the next contact is due, by the volume class.
    pub fn due(&self, volume: Option<&str>, last_contact: Day) -> Day {
        let days = match volume {
            Some("a") => self.a_days,
            Some("b") => self.b_days,
            Some("c") => self.c_days,
            _ => self.other_days,
        };
        Day(last_contact.0.saturating_add(days.into()))
    }

    /// Whether the task for a contact due on that day is to appear.
    pub fn appears(&self, due: Day, today: Day) -> bool {
        due.0 <= today.0.saturating_add(self.lead_days.into())
    }
}

/// How often routes are reviewed (D-ARC-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteRules {
    /// 1: every month, 3: every quarter.
    #[schema(minimum = 1, maximum = 3, example = 3)]
    pub review_months: u32,
}

impl Default for RouteRules {
    fn default() -> Self {
        Self { review_months: 3 }
    }
}

impl RouteRules {
    pub fn is_valid(self) -> bool {
        matches!(self.review_months, 1 | 3)
    }

    /// Until when a route that was reviewed that day is to be reviewed again.
    pub fn due(self, reviewed: Day) -> Option<Day> {
        reviewed.add_months(self.review_months)
    }
}

/// The Monday of a day's week.
pub fn monday(day: Day) -> Day {
    // 1970-01-01 was a Thursday.
    Day(day.0 - (day.0 + 3).rem_euclid(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn d_arc_5_every_day_is_near_in_one_way() {
        let today = day("2026-03-01");
        for n in -40..40 {
            let due = Day(today.0 + n);
            let when = TaskWhen::of(due, today);
            for other in TaskWhen::ALL {
                let (from, until) = other.days(today);
                assert_eq!((from <= due && due <= until), *other == when, "{n} {other}");
            }
        }
    }

    #[test]
    fn d_arc_5_a_grade_has_its_rhythm_and_nobody_waits_longer_than_a_year() {
        let standards = ServiceStandards::default();
        let last = day("2026-01-01");
        assert_eq!(standards.due(Some("a"), last), day("2026-01-31"));
        assert_eq!(standards.due(None, last), day("2027-01-01"));
        assert!(!standards.appears(day("2026-01-31"), day("2026-01-23")));
        assert!(standards.appears(day("2026-01-31"), day("2026-01-24")));
        let wrong = ServiceStandards {
            other_days: 366,
            ..standards
        };
        assert_eq!((standards.fault(), wrong.fault()), (None, Some("other_days")));
        let wrong = ServiceStandards {
            lead_days: 31,
            ..standards
        };
        assert_eq!(wrong.fault(), Some("lead_days"));
    }

    #[test]
    fn d_arc_5_routes_are_reviewed_monthly_or_quarterly() {
        let rules = |review_months| RouteRules { review_months };
        assert_eq!(RouteRules::default().due(day("2026-01-31")), Some(day("2026-04-30")));
        assert_eq!(rules(1).due(day("2026-01-31")), Some(day("2026-02-28")));
        assert_eq!(
            [0, 1, 2, 3, 4].map(|months| rules(months).is_valid()),
            [false, true, false, true, false]
        );
    }

    #[test]
    fn a_week_begins_on_monday() {
        for (given, expected) in [
            ("2026-11-28", "2026-11-23"),
            ("2026-11-23", "2026-11-23"),
            ("1969-12-31", "1969-12-29"),
        ] {
            assert_eq!(monday(day(given)), day(expected));
        }
    }
}
