//! When a campaign is open: an iCalendar rule over the clock on the wall, in the zone of whichever store sells.
//!
//! On the wire, as iCalendar writes it, one property a line:
//! ```text
//! DTSTART:20261106T180000
//! DURATION:PT4H
//! RRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231
//! ```
//! Both ends are read off the wall: 18:00–22:00 is that on every day, however the clock is set that night. A beginning in an
//! hour that is left out is the hour's end, one in an hour that comes twice is the first.

use super::recurrence::{Recurrence, WindowError, compact, write_compact, wrong};
use crate::calendar::{Day, Instant, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

const MINUTES: u32 = 24 * 60;
/// Longest time that a window is open at once, in days: recurring, and once.
const MOST_DAYS: u32 = 31;
const MOST_DAYS_ONCE: u32 = 3660;

/// When something is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first day on which it can begin.
    pub(super) start: Day,
    /// Minutes after midnight.
    pub(super) from: u32,
    /// How long it is open, in minutes.
    pub(super) minutes: u32,
    /// None: once.
    pub(super) rule: Option<Recurrence>,
}

/// One whole day long ago.
impl Default for Window {
    fn default() -> Self {
        Self {
            start: Day(10_957),
            from: 0,
            minutes: MINUTES,
            rule: None,
        }
    }
}

impl Window {
    /// Whether it is open from midnight to midnight.
    pub fn is_of_whole_days(&self) -> bool {
        self.from == 0 && self.minutes.is_multiple_of(MINUTES)
    }

    /// Whether it is open at an instant, by the clock of a store.
    pub fn contains(&self, at: Instant, zone: Zone) -> bool {
        let today = zone.day_of(at);
        let back = match self.rule {
            Some(_) => (self.from + self.minutes) / MINUTES + 1,
            None => 0,
        };
        let open = |day: Day| {
            let ends = self.begins(day, zone).zip(self.ends(day, zone));
            self.occurs(day) && ends.is_some_and(|(begins, ends)| (begins..ends).contains(&at))
        };
        match self.rule {
            None => open(self.start),
            Some(_) => (0..=back).filter_map(|n| today.plus_days(-(n as i32))).any(open),
        }
    }

    /// The first day on which it can be open.
    pub fn starts_on(&self) -> Day {
        self.start
    }

    /// The last day on which it is open; none without an end.
    pub fn ends_on(&self) -> Option<Day> {
        let last = match &self.rule {
            Some(rule) => rule.last(self.start)?,
            None => self.start,
        };
        // Until midnight is the day before.
        last.plus_days(((self.from + self.minutes - 1) / MINUTES) as i32)
    }

    /// The first days on which it begins, for people to look at.
    pub fn days(&self, most: usize) -> Vec<Day> {
        let horizon = 4000;
        let days = (0..horizon).filter_map(|n| self.start.plus_days(n));
        days.filter(|day| self.occurs(*day)).take(most).collect()
    }

    fn occurs(&self, day: Day) -> bool {
        match &self.rule {
            Some(rule) => rule.occurs(self.start, day),
            None => day == self.start,
        }
    }

    fn begins(&self, day: Day, zone: Zone) -> Option<Instant> {
        zone.instant_at(day, self.from * 60)
    }

    fn ends(&self, day: Day, zone: Zone) -> Option<Instant> {
        let end = self.from + self.minutes;
        let last = day.plus_days((end / MINUTES) as i32)?;
        match end % MINUTES {
            0 => zone.first_instant_after(last.plus_days(-1)?),
            minutes => zone.instant_at(last, minutes * 60),
        }
    }
}

/// `20261106T180000`; seconds don't count.
fn start(text: &str) -> Result<(Day, u32), WindowError> {
    let unreadable = || wrong(format!("DTSTART:{text} is no local time such as 20261106T180000"));
    let (date, time) = text.split_once('T').ok_or_else(unreadable)?;
    let digits = time.len() == 6 && time.bytes().all(|b| b.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| time.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let clock = digits.then(|| part(0..2).zip(part(2..4))).flatten();
    let (hour, minute) = clock
        .filter(|(hour, minute)| *hour < 24 && *minute < 60)
        .ok_or_else(unreadable)?;
    Ok((compact(date).ok_or_else(unreadable)?, hour * 60 + minute))
}

/// `PT4H`, `PT1H30M`, `P3D`, `P1DT12H`, `P2W`, in minutes.
fn duration(text: &str) -> Result<u32, WindowError> {
    let unreadable = || wrong(format!("DURATION:{text} is no duration such as PT4H or P3D"));
    let rest = text.strip_prefix('P').ok_or_else(unreadable)?;
    let (days, time) = rest
        .split_once('T')
        .map_or((rest, None), |(days, time)| (days, Some(time)));
    let units = |mut text: &str, units: &[(char, u32)]| {
        let mut sum = 0_u32;
        for (unit, minutes) in units {
            if let Some((number, rest)) = text.split_once(*unit) {
                let number = number.parse::<u32>().ok().filter(|n| *n < 100_000)?;
                sum = sum.checked_add(number.checked_mul(*minutes)?)?;
                text = rest;
            }
        }
        text.is_empty().then_some(sum)
    };
    let days = units(days, &[('W', 7 * MINUTES), ('D', MINUTES)]).ok_or_else(unreadable)?;
    let time = time.map_or(Some(0), |time| units(time, &[('H', 60), ('M', 1)]));
    Ok(days + time.ok_or_else(unreadable)?)
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let (mut begins, mut lasts, mut rule) = (None, None, None);
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| wrong(format!("{line:?} is no property")))?;
            let twice = match name {
                "DTSTART" => begins.replace(start(value)?).is_some(),
                "DURATION" => lasts.replace(duration(value)?).is_some(),
                "RRULE" => rule.replace(value.parse::<Recurrence>()?).is_some(),
                _ => return Err(wrong(format!("{name} isn't known: DTSTART, DURATION and RRULE are"))),
            };
            if twice {
                return Err(wrong(format!("{name} is there twice")));
            }
        }
        let (start, from) = begins.ok_or_else(|| wrong("DTSTART is missing"))?;
        let minutes = lasts.ok_or_else(|| wrong("DURATION is missing"))?;
        let most = if rule.is_some() { MOST_DAYS } else { MOST_DAYS_ONCE };
        if !(1..=most * MINUTES).contains(&minutes) {
            return Err(wrong(format!("DURATION must be a minute to {most} days")));
        }
        if !(2000..=9000).contains(&start.year()) {
            return Err(wrong("DTSTART must lie in the years 2000 to 9000"));
        }
        Ok(Self {
            start,
            from,
            minutes,
            rule,
        })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DTSTART:")?;
        write_compact(f, self.start)?;
        writeln!(f, "T{:02}{:02}00", self.from / 60, self.from % 60)?;
        let (days, hours, minutes) = (self.minutes / MINUTES, self.minutes % MINUTES / 60, self.minutes % 60);
        f.write_str("DURATION:P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours + minutes > 0 {
            f.write_str("T")?;
        }
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        match &self.rule {
            Some(rule) => write!(f, "\nRRULE:{rule}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Window {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
