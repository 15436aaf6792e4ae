//! On which days something recurs: the part of iCalendar's RRULE (RFC 5545) that a shop's calendar needs, read and
//! written as there, decided for one day without walking through all the others.
//!
//! Known are FREQ=DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY and BYDAY; weeks
//! begin on Monday. Numbered weekdays (`2FR`, `-1SU`) belong to a month, so they go with MONTHLY, or with YEARLY and
//! BYMONTH. A month without the day is skipped, and UNTIL without a time includes its whole day. The first day counts
//! only if the rule names it.

use crate::calendar::Day;
use std::fmt::{self, Write};
use std::str::FromStr;

/// Most times a rule may recur by COUNT, and the longest INTERVAL.
const MOST: u32 = 1000;

/// Why a rule can't be read: what of it is wrong, in the words of iCalendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(pub String);

pub(super) fn wrong(what: impl Into<String>) -> WindowError {
    WindowError(what.into())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

const FREQUENCIES: [(Frequency, &str); 4] = [
    (Frequency::Daily, "DAILY"),
    (Frequency::Weekly, "WEEKLY"),
    (Frequency::Monthly, "MONTHLY"),
    (Frequency::Yearly, "YEARLY"),
];

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// A weekday, 0 is Monday; with a number, that one of its month, from the end if negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ByDay {
    pub weekday: u8,
    pub nth: Option<i8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Never,
    /// Through this day.
    Until(Day),
    /// After so many days.
    Count(u32),
}

/// A rule; without its first day it says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    pub frequency: Frequency,
    pub interval: u32,
    pub by_month: Vec<u8>,
    pub by_month_day: Vec<i8>,
    pub by_day: Vec<ByDay>,
    pub ends: Ends,
}

/// 0 is Monday.
pub(super) fn weekday(day: Day) -> u8 {
    (i64::from(day.0) + 3).rem_euclid(7) as u8
}

fn days_in_month(year: i32, month: u32) -> u32 {
    let last = (28..=31).rev().find(|day| Day::from_ymd(year, month, *day).is_some());
    last.unwrap_or(28)
}

impl Recurrence {
    /// Whether it recurs on a day, the first of which is `start`.
    pub fn occurs(&self, start: Day, day: Day) -> bool {
        if day < start || !self.names(start, day) {
            return false;
        }
        match self.ends {
            Ends::Never => true,
            Ends::Until(last) => day <= last,
            Ends::Count(count) => self.number(start, day) <= count,
        }
    }

    /// The last day on which it can recur; none without an end, or with one beyond the year 9999.
    pub fn last(&self, start: Day) -> Option<Day> {
        match self.ends {
            Ends::Never => None,
            Ends::Until(last) => Some(last),
            Ends::Count(count) => {
                let mut left = count;
                let mut day = start;
                loop {
                    left -= u32::from(self.names(start, day));
                    if left == 0 {
                        return Some(day);
                    }
                    day = day.plus_days(1)?;
                }
            }
        }
    }

    /// The how manieth of the named days `day` is.
    fn number(&self, start: Day, day: Day) -> u32 {
        let named = (start.0..=day.0).filter(|at| self.names(start, Day(*at)));
        named.count() as u32
    }

    /// Whether the rule names a day, whatever its end.
    fn names(&self, start: Day, day: Day) -> bool {
        let ((year, month, of_month), (first_year, first_month, first_day)) = (day.ymd(), start.ymd());
        let steps = match self.frequency {
            Frequency::Daily => i64::from(day.0) - i64::from(start.0),
            Frequency::Weekly => (i64::from(monday(day)) - i64::from(monday(start))) / 7,
            Frequency::Monthly => i64::from(year - first_year) * 12 + i64::from(month) - i64::from(first_month),
            Frequency::Yearly => i64::from(year - first_year),
        };
        if steps % i64::from(self.interval.max(1)) != 0 {
            return false;
        }
        // Nothing is said of the day: it is the first one's.
        let unsaid = self.by_day.is_empty() && self.by_month_day.is_empty();
        let same_day = match self.frequency {
            Frequency::Daily => true,
            Frequency::Weekly => weekday(day) == weekday(start),
            Frequency::Monthly => of_month == first_day,
            Frequency::Yearly => of_month == first_day && (month == first_month || !self.by_month.is_empty()),
        };
        if unsaid && !same_day {
            return false;
        }
        let length = days_in_month(year, month);
        let from_end = |nth: i8| length.saturating_sub(u32::from(nth.unsigned_abs()) - 1);
        let on_day = |nth: &i8| match *nth {
            nth if nth > 0 => of_month == u32::from(nth.unsigned_abs()),
            nth => u32::from(nth.unsigned_abs()) <= length && of_month == from_end(nth),
        };
        let on_weekday = |by: &ByDay| {
            by.weekday == weekday(day)
                && match by.nth {
                    None => true,
                    Some(nth) if nth > 0 => (of_month - 1) / 7 + 1 == u32::from(nth.unsigned_abs()),
                    Some(nth) => (length - of_month) / 7 + 1 == u32::from(nth.unsigned_abs()),
                }
        };
        (self.by_month.is_empty() || self.by_month.iter().any(|by| u32::from(*by) == month))
            && (self.by_month_day.is_empty() || self.by_month_day.iter().any(on_day))
            && (self.by_day.is_empty() || self.by_day.iter().any(on_weekday))
    }

    fn check(self) -> Result<Self, WindowError> {
        let numbered = self.by_day.iter().any(|by| by.nth.is_some());
        let of_months =
            self.frequency == Frequency::Monthly || self.frequency == Frequency::Yearly && !self.by_month.is_empty();
        if numbered && !of_months {
            return Err(wrong(
                "numbered weekdays go with FREQ=MONTHLY, or with YEARLY and BYMONTH",
            ));
        }
        if self.frequency == Frequency::Weekly && !self.by_month_day.is_empty() {
            return Err(wrong("BYMONTHDAY doesn't go with FREQ=WEEKLY"));
        }
        let whole_years = self.frequency == Frequency::Yearly && self.by_month.is_empty();
        if whole_years && !self.by_day.is_empty() && self.by_month_day.is_empty() {
            return Err(wrong("BYDAY goes with FREQ=YEARLY only beside BYMONTH or BYMONTHDAY"));
        }
        Ok(self)
    }
}

fn monday(day: Day) -> i32 {
    day.0 - i32::from(weekday(day))
}

/// `20261231`, or `20261231T235959` of which the time is left out: nothing recurs twice on a day.
fn until(text: &str) -> Result<Day, WindowError> {
    let unreadable = || wrong(format!("UNTIL={text} is no local date such as 20261231"));
    let (date, time) = text
        .split_once('T')
        .map_or((text, None), |(date, time)| (date, Some(time)));
    let six_digits = |time: &str| time.len() == 6 && time.bytes().all(|b| b.is_ascii_digit());
    if time.is_some_and(|time| !six_digits(time)) {
        return Err(unreadable());
    }
    compact(date).ok_or_else(unreadable)
}

/// `20261122`
pub(super) fn compact(date: &str) -> Option<Day> {
    let number = |range: std::ops::Range<usize>| date.get(range).and_then(|digits| digits.parse::<u32>().ok());
    if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Day::from_ymd(number(0..4)? as i32, number(4..6)?, number(6..8)?)
}

pub(super) fn write_compact(f: &mut impl Write, day: Day) -> fmt::Result {
    let (year, month, day) = day.ymd();
    write!(f, "{year:04}{month:02}{day:02}")
}

/// Numbers of a list, each within ±`most` and not 0; negative ones only where that is meant.
fn numbers(name: &str, list: &str, most: i8, negative: bool) -> Result<Vec<i8>, WindowError> {
    let mut found = Vec::new();
    for text in list.split(',') {
        let number = text
            .parse::<i8>()
            .ok()
            .filter(|n| *n != 0 && n.unsigned_abs() <= most.unsigned_abs());
        let number = number.filter(|n| negative || *n > 0);
        found.push(number.ok_or_else(|| wrong(format!("{name}={list} is out of range")))?);
    }
    found.sort_unstable_by_key(|n| (*n < 0, *n));
    found.dedup();
    Ok(found)
}

fn by_day(list: &str) -> Result<Vec<ByDay>, WindowError> {
    let mut found = Vec::new();
    for text in list.split(',') {
        let unreadable = || wrong(format!("BYDAY={list} is no list of weekdays"));
        let (nth, name) = text
            .split_at_checked(text.len().saturating_sub(2))
            .ok_or_else(unreadable)?;
        let weekday = WEEKDAYS
            .iter()
            .position(|known| *known == name)
            .ok_or_else(unreadable)?;
        let nth = match nth {
            "" => None,
            nth => Some(
                nth.parse::<i8>()
                    .ok()
                    .filter(|n| *n != 0 && n.unsigned_abs() <= 5)
                    .ok_or_else(unreadable)?,
            ),
        };
        found.push(ByDay {
            weekday: weekday as u8,
            nth,
        });
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

impl FromStr for Recurrence {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            by_month: Vec::new(),
            by_month_day: Vec::new(),
            by_day: Vec::new(),
            ends: Ends::Never,
        };
        let mut seen: Vec<&str> = Vec::new();
        for part in text.split(';') {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| wrong(format!("{part:?} has no value")))?;
            if seen.contains(&name) {
                return Err(wrong(format!("{name} is there twice")));
            }
            seen.push(name);
            let count = || {
                let number = value.parse::<u32>().ok().filter(|n| (1..=MOST).contains(n));
                number.ok_or_else(|| wrong(format!("{name} must be 1 to {MOST}")))
            };
            match name {
                "FREQ" => {
                    let known = FREQUENCIES.iter().find(|(_, known)| *known == value);
                    rule.frequency = known.ok_or_else(|| wrong(format!("FREQ={value} isn't known")))?.0;
                }
                "INTERVAL" => rule.interval = count()?,
                "COUNT" => rule.ends = Ends::Count(count()?),
                "UNTIL" => rule.ends = Ends::Until(until(value)?),
                "BYMONTH" => {
                    let months = numbers(name, value, 12, false)?;
                    rule.by_month = months.into_iter().map(i8::unsigned_abs).collect();
                }
                "BYMONTHDAY" => rule.by_month_day = numbers(name, value, 31, true)?,
                "BYDAY" => rule.by_day = by_day(value)?,
                "WKST" if value == "MO" => {}
                _ => return Err(wrong(format!("{name}={value} isn't known"))),
            }
        }
        if !seen.contains(&"FREQ") {
            return Err(wrong("FREQ is missing"));
        }
        if seen.contains(&"COUNT") && seen.contains(&"UNTIL") {
            return Err(wrong("COUNT and UNTIL exclude each other"));
        }
        rule.check()
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, name: &str, items: &[T]) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    write!(f, ";{name}={}", crate::names::join(items, ","))
}

impl fmt::Display for ByDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(nth) = self.nth {
            write!(f, "{nth}")?;
        }
        f.write_str(WEEKDAYS[usize::from(self.weekday) % 7])
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let frequency = FREQUENCIES.iter().find(|(known, _)| *known == self.frequency);
        write!(f, "FREQ={}", frequency.map_or("", |(_, name)| name))?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        list(f, "BYMONTH", &self.by_month)?;
        list(f, "BYMONTHDAY", &self.by_month_day)?;
        list(f, "BYDAY", &self.by_day)?;
        match self.ends {
            Ends::Never => Ok(()),
            Ends::Until(day) => {
                f.write_str(";UNTIL=")?;
                write_compact(f, day)
            }
            Ends::Count(count) => write!(f, ";COUNT={count}"),
        }
    }
}
