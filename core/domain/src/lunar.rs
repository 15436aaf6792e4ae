//! The Chinese lunar calendar (农历) after GB/T 33661-2017, for birthdays that are kept by it: the only place that names
//! the calendar's library. Pages ask the server: browsers have tables of their own, some a day off.

use crate::calendar::{CalendarError, Day};
use icu_calendar::Date;
use icu_calendar::cal::{ChineseTraditional, Iso};
use icu_calendar::types::Month;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;

/// Years that are tabulated; earlier and later ones would be estimates.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2100;

/// By which calendar a birthday is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BirthdayCalendar {
    #[default]
    Solar,
    /// 农历
    Lunar,
}

/// A day of the lunar calendar: the fifteenth of the eighth month of 1978 was 17 September 1978.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LunarDay {
    /// The solar year in which the lunar one begins, 1900–2100.
    pub year: i32,
    /// 1–12
    #[schema(minimum = 1, maximum = 12)]
    pub month: u8,
    /// The second month of its number (闰月).
    #[serde(default)]
    pub leap: bool,
    /// 1–30
    #[schema(minimum = 1, maximum = 30)]
    pub day: u8,
}

impl LunarDay {
    /// None outside 1900–2100.
    pub fn of(day: Day) -> Option<Self> {
        let (year, month, date) = day.ymd();
        let (month, date) = (u8::try_from(month).ok()?, u8::try_from(date).ok()?);
        let lunar = Date::try_new_iso(year, month, date)
            .ok()?
            .to_calendar(ChineseTraditional::new());
        let year = lunar.cyclic_year().related_iso;
        let month = lunar.month();
        YEARS.contains(&year).then(|| Self {
            year,
            month: month.number(),
            leap: month.to_input().is_leap(),
            day: lunar.day_of_month().0,
        })
    }

    /// The same day by the solar calendar; None if that month has no such day, or that year no such leap month.
    pub fn solar(self) -> Option<Day> {
        if !YEARS.contains(&self.year) || !(1..=12).contains(&self.month) {
            return None;
        }
        let month = if self.leap {
            Month::leap(self.month)
        } else {
            Month::new(self.month)
        };
        let lunar = Date::try_new_chinese_traditional(self.year, month, self.day).ok()?;
        let solar = lunar.to_calendar(Iso);
        Day::from_ymd(
            solar.year().extended_year(),
            solar.month().number().into(),
            solar.day_of_month().0.into(),
        )
    }

    /// When a birthday on this day is kept in the lunar year `year`: in the plain month if it was a leap one, on the month's
    /// last day if it has no thirtieth.
    pub fn kept_in(self, year: i32) -> Option<Day> {
        let plain = Self {
            year,
            leap: false,
            ..self
        };
        let last = Self {
            day: plain.day.saturating_sub(1),
            ..plain
        };
        plain.solar().or_else(|| last.solar())
    }

    /// 八月十五, 闰六月初一
    pub fn zh(self) -> String {
        const MONTHS: [&str; 12] = ["正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "腊"];
        const TENS: [&str; 4] = ["初", "十", "廿", "三"];
        const ONES: [&str; 10] = ["十", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
        let month = MONTHS
            .get(usize::from(self.month.saturating_sub(1)))
            .copied()
            .unwrap_or_default();
        let (tens, ones) = (usize::from(self.day / 10), usize::from(self.day % 10));
        let day = match self.day {
            10 => "初十".to_owned(),
            20 => "二十".to_owned(),
            30 => "三十".to_owned(),
            _ => format!("{}{}", TENS.get(tens).copied().unwrap_or_default(), ONES[ones]),
        };
        format!("{}{month}月{day}", if self.leap { "闰" } else { "" })
    }
}

/// `1978-08-15`, in a leap month `1979-闰6-01`.
impl fmt::Display for LunarDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, .. } = self;
        if self.leap {
            write!(f, "{year}-闰{month}-{day:02}")
        } else {
            write!(f, "{year}-{month:02}-{day:02}")
        }
    }
}

/// Year, month and day in this order, whatever stands between: `1978-8-15`, `1979年闰6月1日`. Whether there is such a day,
/// only [`LunarDay::solar`] tells.
impl FromStr for LunarDay {
    type Err = CalendarError;

    fn from_str(text: &str) -> Result<Self, CalendarError> {
        let mut numbers = text
            .split(|c: char| !c.is_ascii_digit())
            .filter(|part| !part.is_empty());
        let mut next = || numbers.next().ok_or(CalendarError::NotADate);
        let (year, month, day) = (next()?, next()?, next()?);
        let wrong = |_| CalendarError::NotADate;
        let read = Self {
            year: year.parse().map_err(wrong)?,
            month: month.parse().map_err(wrong)?,
            leap: text.contains('闰'),
            day: day.parse().map_err(wrong)?,
        };
        if numbers.next().is_some() {
            Err(CalendarError::NotADate)
        } else {
            Ok(read)
        }
    }
}

/// The days of one solar year on which who was born on `born` keeps the birthday: by the lunar calendar also none or two.
pub fn birthdays_in(born: Day, calendar: BirthdayCalendar, year: i32) -> Vec<Day> {
    let Some(lunar) = LunarDay::of(born).filter(|_| calendar == BirthdayCalendar::Lunar) else {
        return born.birthday_in(year).into_iter().collect();
    };
    let kept = [year - 1, year]
        .into_iter()
        .filter_map(|lunar_year| lunar.kept_in(lunar_year));
    kept.filter(|day| day.ymd().0 == year).collect()
}

/// The next birthday, `from` included.
pub fn next_birthday(born: Day, calendar: BirthdayCalendar, from: Day) -> Option<Day> {
    let year = from.ymd().0;
    let days = (year..=year + 2).flat_map(|year| birthdays_in(born, calendar, year));
    days.filter(|day| *day >= from).min()
}

/// Whether a birthday lies in the month of `today`.
pub fn has_birthday_month(born: Day, calendar: BirthdayCalendar, today: Day) -> bool {
    let days = birthdays_in(born, calendar, today.ymd().0);
    days.iter().any(|day| day.month() == today.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn lunar(year: i32, month: u8, leap: bool, day: u8) -> LunarDay {
        LunarDay { year, month, leap, day }
    }

    #[test]
    fn a10_days_that_other_tables_have_wrong_are_right() {
        assert_eq!(LunarDay::of(day("1978-09-17")), Some(lunar(1978, 8, false, 15)));
        assert_eq!(LunarDay::of(day("2027-02-05")), Some(lunar(2026, 12, false, 29)));
        assert_eq!(LunarDay::of(day("2027-02-06")), Some(lunar(2027, 1, false, 1)));
        assert_eq!(lunar(1978, 8, false, 15).zh(), "八月十五");
        assert_eq!(lunar(2025, 6, true, 1).zh(), "闰六月初一");
        assert_eq!(lunar(2026, 12, false, 29).zh(), "腊月廿九");
        assert_eq!(lunar(2026, 1, false, 30).zh(), "正月三十");
    }

    #[test]
    fn a10_a_thirtieth_is_kept_on_the_last_day_and_a_leap_month_in_the_plain_one() {
        let born = day("1985-02-19");
        assert_eq!(LunarDay::of(born), Some(lunar(1984, 12, false, 30)));
        // The twelfth month of 2026 has 29 days.
        assert_eq!(
            next_birthday(born, BirthdayCalendar::Lunar, day("2026-11-28")),
            Some(day("2027-02-05"))
        );
        let leap = lunar(2025, 6, true, 1).solar().unwrap();
        assert_eq!(leap, day("2025-07-25"));
        assert_eq!(
            next_birthday(leap, BirthdayCalendar::Lunar, day("2026-01-01")),
            lunar(2026, 6, false, 1).solar()
        );
    }

    #[test]
    fn a10_a_solar_year_has_one_two_or_no_lunar_birthdays() {
        let born = lunar(1990, 12, false, 1).solar().unwrap();
        let counts: Vec<usize> = (2000..2030)
            .map(|year| birthdays_in(born, BirthdayCalendar::Lunar, year).len())
            .collect();
        assert_eq!(counts.iter().sum::<usize>(), 30);
        assert!(counts.contains(&0) && counts.contains(&2), "{counts:?}");
    }

    #[test]
    fn a_solar_birthday_of_29_february_is_the_28th_in_common_years() {
        let born = day("2000-02-29");
        assert_eq!(
            next_birthday(born, BirthdayCalendar::Solar, day("2026-11-28")),
            Some(day("2027-02-28"))
        );
        assert_eq!(
            next_birthday(born, BirthdayCalendar::Solar, day("2028-02-29")),
            Some(day("2028-02-29"))
        );
        assert!(has_birthday_month(born, BirthdayCalendar::Solar, day("2027-02-01")));
        assert!(!has_birthday_month(born, BirthdayCalendar::Solar, day("2027-03-01")));
    }

    #[test]
    fn lunar_days_are_read_as_they_are_written() {
        for (text, day) in [
            ("1978-08-15", lunar(1978, 8, false, 15)),
            ("1979年闰6月1日", lunar(1979, 6, true, 1)),
            ("1979-闰6-01", lunar(1979, 6, true, 1)),
            ("1984/12/30", lunar(1984, 12, false, 30)),
        ] {
            assert_eq!(text.parse(), Ok(day));
            assert_eq!(day.to_string().parse(), Ok(day));
        }
        for wrong in ["", "1978-08", "1978-08-15-1", "八月十五", "1978-800-15"] {
            assert_eq!(wrong.parse::<LunarDay>(), Err(CalendarError::NotADate), "{wrong}");
        }
    }

    #[test]
    fn every_tabulated_day_is_itself_again() {
        let (first, last) = (day("1901-01-01"), day("2099-12-31"));
        for number in (first.0..=last.0).step_by(7) {
            let there = LunarDay::of(Day(number)).unwrap();
            assert_eq!(there.solar(), Some(Day(number)), "{there:?}");
        }
        assert_eq!(LunarDay::of(day("1850-01-01")), None);
        assert_eq!(lunar(2027, 2, true, 1).solar(), None, "no leap month");
        assert_eq!(lunar(2026, 12, false, 30).solar(), None, "29 days");
        assert_eq!(lunar(2026, 13, false, 1).solar(), None);
    }
}
