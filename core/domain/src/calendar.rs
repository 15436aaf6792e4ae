//! Instants, business days and zones: the only place that names chrono. Every step is checked: an impossible date is
//! none or an error, never a panic, whatever a zone does with its clocks.

use chrono::{DateTime, Datelike, LocalResult, Months, NaiveDate, NaiveTime, SecondsFormat, TimeZone, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, years 0001–9999. On the wire RFC 3339 in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A date without a zone: days since 1970-01-01, years 0001–9999. On the wire `2026-11-22`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A time zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Zone(chrono_tz::Tz);

/// Why a date, instant or zone can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("not a date such as 2026-11-22")]
    NotADate,
    #[error("not an RFC 3339 instant such as 2026-11-22T04:07:00Z")]
    NotAnInstant,
    #[error("not a zone of the IANA database such as Asia/Shanghai")]
    UnknownZone,
}

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;
/// 0001-01-01 and 9999-12-31.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

impl Instant {
    /// Reads RFC 3339 with any offset; digits beyond milliseconds are cut off.
    pub fn parse_rfc3339(text: &str) -> Result<Self, CalendarError> {
        let at = DateTime::parse_from_rfc3339(text).map_err(|_| CalendarError::NotAnInstant)?;
        Some(Self(at.timestamp_millis()))
            .filter(|i| i.in_range())
            .ok_or(CalendarError::NotAnInstant)
    }

    /// Writes RFC 3339 in UTC, with milliseconds only where there are any.
    pub fn to_rfc3339(self) -> String {
        let format = if self.0 % 1000 == 0 {
            SecondsFormat::Secs
        } else {
            SecondsFormat::Millis
        };
        match DateTime::from_timestamp_millis(self.0) {
            Some(at) => at.to_rfc3339_opts(format, true),
            None => format!("{} ms", self.0),
        }
    }

    /// Exactly `days` × 24 hours later; saturates at the ends of time.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY_MS)))
    }

    /// `minutes` later; saturates at the ends of time.
    #[must_use]
    pub fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0.saturating_add(minutes.saturating_mul(MINUTE_MS)))
    }

    fn in_range(self) -> bool {
        (i64::from(FIRST_DAY) * DAY_MS..(i64::from(LAST_DAY) + 1) * DAY_MS).contains(&self.0)
    }

    fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl Day {
    /// The day of a year (1–9999), month (1–12) and day of the month.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).and_then(Self::from_date)
    }

    /// Year, month (1–12) and day of the month.
    pub fn ymd(self) -> (i32, u32, u32) {
        let date = self.date().unwrap_or_default();
        (date.year(), date.month(), date.day())
    }

    pub fn year(self) -> i32 {
        self.ymd().0
    }

    /// 1–12
    pub fn month(self) -> u32 {
        self.ymd().1
    }

    #[must_use]
    pub fn plus_days(self, days: i32) -> Option<Self> {
        self.0.checked_add(days).map(Self).filter(|day| day.in_range())
    }

    /// The same day of a later month, or that month's last day where it has none: 31 January + 1 = 28/29 February.
    pub fn add_months(self, months: u32) -> Option<Self> {
        self.date()?
            .checked_add_months(Months::new(months))
            .and_then(Self::from_date)
    }

    /// The same day of an earlier month, or that month's last day: the first day of a window of `months` rolling
    /// months that ends with this day, inclusive.
    pub fn months_earlier(self, months: u32) -> Option<Self> {
        self.date()?
            .checked_sub_months(Months::new(months))
            .and_then(Self::from_date)
    }

    /// The last day of a validity of `months` that begins today: 2026-03-01 + 12 is 2027-02-28. Where the month has no
    /// such day the anniversary would come after its last day, which is therefore the last valid one: 2024-02-29 + 12
    /// is 2025-02-28.
    pub fn day_before_anniversary(self, months: u32) -> Option<Self> {
        let anniversary = self.add_months(months)?;
        if anniversary.ymd().2 < self.ymd().2 {
            Some(anniversary)
        } else {
            anniversary.plus_days(-1)
        }
    }

    /// When a birthday is kept in `year`: 29 February is 28 February in common years.
    pub fn birthday_in(self, year: i32) -> Option<Self> {
        let (_, month, day) = self.ymd();
        Self::from_ymd(year, month, day).or_else(|| Self::from_ymd(year, month, day - 1))
    }

    fn in_range(self) -> bool {
        (FIRST_DAY..=LAST_DAY).contains(&self.0)
    }

    fn date(self) -> Option<NaiveDate> {
        NaiveDate::from_epoch_days(self.0)
    }

    fn from_date(date: NaiveDate) -> Option<Self> {
        Some(Self(date.to_epoch_days())).filter(|day| day.in_range())
    }
}

impl Zone {
    pub const UTC: Zone = Zone(chrono_tz::Tz::UTC);

    /// The name in the IANA database.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The business day of an instant.
    pub fn day_of(self, instant: Instant) -> Day {
        let local = instant.utc().map(|at| at.with_timezone(&self.0).date_naive());
        // Instants outside the years 1–9999 can't be read in; the fallback only keeps the function total.
        local
            .and_then(Day::from_date)
            .unwrap_or(Day(
                instant.0.div_euclid(DAY_MS).clamp(i32::MIN.into(), i32::MAX.into()) as i32,
            ))
    }

    /// What the clock on the wall shows, in seconds after midnight (0–86 399).
    pub fn seconds_of_day(self, instant: Instant) -> u32 {
        let local = instant
            .utc()
            .map(|at| at.with_timezone(&self.0).num_seconds_from_midnight());
        // As above: only keeps the function total.
        local.unwrap_or((instant.0.rem_euclid(DAY_MS) / 1000) as u32)
    }

    /// The first instant at which `day` is over for good in this zone: what is valid through `day` ends here.
    ///
    /// A clock that jumps over midnight ends the day at the jump; one that is set back over midnight ends it the second
    /// time. None beyond the year 9999.
    pub fn first_instant_after(self, day: Day) -> Option<Instant> {
        let midnight = day.plus_days(1)?.date()?.and_time(NaiveTime::MIN);
        match self.0.from_local_datetime(&midnight) {
            LocalResult::Single(at) => Some(Instant(at.timestamp_millis())),
            LocalResult::Ambiguous(first, second) => {
                let second = Instant(second.timestamp_millis());
                let repeats_the_day = self.day_of(Instant(second.0 - 1)) <= day;
                Some(if repeats_the_day {
                    second
                } else {
                    Instant(first.timestamp_millis())
                })
            }
            LocalResult::None => self.end_of_gap(day, midnight.and_utc().timestamp_millis()),
        }
    }

    /// The instant of a local time, `seconds` after midnight by the clock on the wall: the first of two where it is
    /// set back, the end of the gap where it is set forward. None for an impossible time.
    pub fn instant_at(self, day: Day, seconds: u32) -> Option<Instant> {
        let local = day
            .date()?
            .and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0)?);
        match self.0.from_local_datetime(&local) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(Instant(at.timestamp_millis())),
            LocalResult::None => {
                let reads_later = |ms: i64| {
                    Instant(ms)
                        .utc()
                        .is_some_and(|at| at.with_timezone(&self.0).naive_local() > local)
                };
                first_true(local.and_utc().timestamp_millis(), reads_later)
            }
        }
    }

    fn end_of_gap(self, day: Day, about: i64) -> Option<Instant> {
        first_true(about, |ms| self.day_of(Instant(ms)) > day)
    }
}

/// The first millisecond within two days of `about` at which `is_after` holds; it must hold from there on. Zones skip
/// at most one whole day (Samoa, 2011).
fn first_true(about: i64, is_after: impl Fn(i64) -> bool) -> Option<Instant> {
    let (mut before, mut after) = (about.checked_sub(2 * DAY_MS)?, about.checked_add(2 * DAY_MS)?);
    while after - before > 1 {
        let middle = before + (after - before) / 2;
        if is_after(middle) {
            after = middle
        } else {
            before = middle
        }
    }
    Some(Instant(after))
}

impl FromStr for Zone {
    type Err = CalendarError;
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        name.parse().map(Self).map_err(|_| CalendarError::UnknownZone)
    }
}

impl FromStr for Day {
    type Err = CalendarError;
    /// Reads `2026-11-22`: exactly four, two and two digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| {
                if i == 4 || i == 7 {
                    b == b'-'
                } else {
                    b.is_ascii_digit()
                }
            });
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|s| s.parse::<u32>().ok());
        shape
            .then(|| Day::from_ymd(number(0..4)? as i32, number(5..7)?, number(8..10)?))
            .flatten()
            .ok_or(CalendarError::NotADate)
    }
}

impl FromStr for Instant {
    type Err = CalendarError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse_rfc3339(text)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Instant({self})")
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Day({self})")
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text!(Instant, Day, Zone);
