//! Reports of visits (D-ARC-17): for which days, until when, and whether they came late.

use crate::calendar::Day;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
/// For how long a report is.
pub enum ReportPeriod {
    Day = "day",
    Month = "month",
}
}

named! {
/// How a report stands.
pub enum ReportState {
    /// Handed in by its day.
    InTime = "in_time",
    /// Handed in after it.
    Late = "late",
    /// Not handed in, and past its day.
    Missing = "missing",
    /// Not handed in, and not due yet.
    Waiting = "waiting",
}
}

impl ReportPeriod {
    /// The first day of the period that a day lies in.
    pub fn first(self, day: Day) -> Day {
        match self {
            Self::Day => day,
            Self::Month => Day(day.0 - day.ymd().2 as i32 + 1),
        }
    }

    /// The last day of the period that begins so.
    pub fn last(self, first: Day) -> Day {
        match self {
            Self::Day => first,
            Self::Month => first.add_months(1).map_or(first, |next| Day(next.0 - 1)),
        }
    }
}

/// Until when a chain wants its reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportRules {
    /// Days after the day.
    #[schema(maximum = 14, example = 1)]
    pub day_days: u16,
    /// Days after the month's end.
    #[schema(maximum = 31, example = 3)]
    pub month_days: u16,
}

impl Default for ReportRules {
    fn default() -> Self {
        Self {
            day_days: 1,
            month_days: 3,
        }
    }
}

impl ReportRules {
    /// The field that is out of its range.
    pub fn fault(&self) -> Option<&'static str> {
        let faults = [("day_days", self.day_days > 14), ("month_days", self.month_days > 31)];
        faults.into_iter().find(|(_, wrong)| *wrong).map(|(field, _)| field)
    }

    /// The last day for the report of a period.
    pub fn due(&self, period: ReportPeriod, first: Day) -> Day {
        let days = match period {
            ReportPeriod::Day => self.day_days,
            ReportPeriod::Month => self.month_days,
        };
        Day(period.last(first).0.saturating_add(days.into()))
    }
}

/// How a report stands that is due then and was handed in on that day, or not.
pub fn standing(due: Day, handed_in: Option<Day>, today: Day) -> ReportState {
    match handed_in {
        Some(day) if day > due => ReportState::Late,
        Some(_) => ReportState::InTime,
        None if today > due => ReportState::Missing,
        None => ReportState::Waiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn d_arc_17_a_report_is_due_some_days_after_its_period() {
        let rules = ReportRules::default();
        let due = |period: ReportPeriod, text| rules.due(period, period.first(day(text))).to_string();
        assert_eq!(due(ReportPeriod::Day, "2026-02-28"), "2026-03-01");
        assert_eq!(due(ReportPeriod::Month, "2026-02-11"), "2026-03-03");
        assert_eq!(due(ReportPeriod::Month, "2026-12-31"), "2027-01-03");
        assert_eq!(ReportPeriod::Month.last(day("2024-02-01")), day("2024-02-29"));
        let wrong = ReportRules { day_days: 15, ..rules };
        assert_eq!((rules.fault(), wrong.fault()), (None, Some("day_days")));
    }

    #[test]
    fn d_arc_17_what_comes_after_its_day_is_late() {
        let due = day("2026-03-01");
        let state = |handed_in: Option<&str>, today| standing(due, handed_in.map(day), day(today));
        assert_eq!(state(Some("2026-03-01"), "2026-03-09"), ReportState::InTime);
        assert_eq!(state(Some("2026-03-02"), "2026-03-09"), ReportState::Late);
        assert_eq!(state(None, "2026-03-01"), ReportState::Waiting);
        assert_eq!(state(None, "2026-03-02"), ReportState::Missing);
    }
}
