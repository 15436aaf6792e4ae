//! Arithmetic on business dates. A [`Day`] counts from 1970-01-01 in the proleptic Gregorian calendar.

use crate::Day;

/// A date in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
}

const MONTHS: i64 = 12;
/// Days of 400 years, after which the calendar repeats.
const ERA: i64 = 146_097;
/// From 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// The parts of a day.
pub fn date(day: Day) -> Date {
    // Years are counted from 1 March, so that the leap day is the last one.
    let shifted = i64::from(day) + EPOCH;
    let era = shifted.div_euclid(ERA);
    let of_era = shifted.rem_euclid(ERA);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date {
        year: year as i32,
        month: month as u32,
        day: day as u32,
    }
}

/// The day of a year, month (1 to 12) and day of the month, or `None` where the calendar has no such date.
pub fn day(year: i32, month: u32, day_of_month: u32) -> Option<Day> {
    if !(1..=12).contains(&month) || day_of_month < 1 || day_of_month > days_in(year, month) {
        return None;
    }
    Day::try_from(count(year, month, day_of_month)).ok()
}

/// Reads "2026-03-01".
pub fn parse(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let part = |range: std::ops::Range<usize>| {
        let digits = text.get(range)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse::<u32>().ok())
            .flatten()
    };
    day(i32::try_from(part(0..4)?).ok()?, part(5..7)?, part(8..10)?)
}

fn count(year: i32, month: u32, day_of_month: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = (i64::from(month) + 9) % 12;
    let of_year = (153 * from_march + 2) / 5 + i64::from(day_of_month) - 1;
    era * ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - EPOCH
}

/// How many days a month has.
pub fn days_in(year: i32, month: u32) -> u32 {
    match month {
        2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The year and month `months` away, and the day of the month of `from`.
fn shift(from: Day, months: i64) -> (i32, u32, u32) {
    let Date { year, month, day } = date(from);
    let index = i64::from(year) * MONTHS + i64::from(month) - 1 + months;
    (
        index.div_euclid(MONTHS) as i32,
        index.rem_euclid(MONTHS) as u32 + 1,
        day,
    )
}

/// The same day `months` later (earlier if negative); where that month is shorter, its last day: 31 January + 1 month
/// is 28 or 29 February.
pub fn add_months(from: Day, months: i32) -> Day {
    let (year, month, day_of_month) = shift(from, i64::from(months));
    clamp(count(year, month, day_of_month.min(days_in(year, month))))
}

/// The first day that counts for "within `months` months" on `today`: the same day that many months earlier, inclusive.
pub fn window_start(today: Day, months: u32) -> Day {
    add_months(today, -i32::try_from(months).unwrap_or(i32::MAX))
}

/// The last day on which something of `counted` still lies within `months` months.
pub fn window_end(counted: Day, months: u32) -> Day {
    let mut last = add_months(counted, i32::try_from(months).unwrap_or(i32::MAX));
    // The 31st of a longer month looks back to the 30th of a shorter one: at most three more days count.
    while last < Day::MAX && window_start(last + 1, months) <= counted {
        last += 1;
    }
    last
}

/// The last valid day of something issued on `issued` for `months` months: the day before the same date, so
/// 2026-03-01 for 24 months is 2028-02-29. Where that month has no such date, its last day.
pub fn last_valid(issued: Day, months: u32) -> Day {
    let (year, month, day_of_month) = shift(issued, i64::from(months));
    let end = if day_of_month > days_in(year, month) {
        count(year, month, days_in(year, month))
    } else {
        count(year, month, day_of_month) - 1
    };
    clamp(end)
}

fn clamp(days: i64) -> Day {
    days.clamp(i64::from(Day::MIN), i64::from(Day::MAX)) as Day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Day {
        parse(text).expect("a date")
    }

    #[test]
    fn days_count_from_1970_and_come_back() {
        assert_eq!(d("1970-01-01"), 0);
        assert_eq!(d("1969-12-31"), -1);
        assert_eq!(d("2000-02-29"), 11_016);
        assert_eq!(d("2026-03-01"), 20_513);
        for day_number in (-800_000..800_000).step_by(17) {
            let Date {
                year,
                month,
                day: of_month,
            } = date(day_number);
            assert_eq!(day(year, month, of_month), Some(day_number));
        }
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2026-4-01",
            "2026/04/01",
            "+026-04-01",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last() {
        for (from, months, expected) in [
            ("2026-01-31", 1, "2026-02-28"),
            ("2028-01-31", 1, "2028-02-29"),
            ("2026-03-31", -1, "2026-02-28"),
            ("2026-12-15", 1, "2027-01-15"),
            ("2026-01-15", -1, "2025-12-15"),
            ("2028-02-29", 12, "2029-02-28"),
            ("2026-05-05", 0, "2026-05-05"),
        ] {
            assert_eq!(add_months(d(from), months), d(expected), "{from} {months:+}");
        }
    }

    #[test]
    fn half_a_year_is_the_same_day_six_months_earlier_inclusive() {
        assert_eq!(window_start(d("2026-07-15"), 6), d("2026-01-15"));
        assert_eq!(window_start(d("2026-08-31"), 6), d("2026-02-28"));
        for (counted, last) in [
            ("2026-01-15", "2026-07-15"),
            ("2025-12-31", "2026-06-30"),
            ("2025-12-30", "2026-06-30"),
            ("2026-02-28", "2026-08-31"),
            ("2026-02-27", "2026-08-27"),
            ("2026-08-31", "2027-02-28"),
        ] {
            let end = window_end(d(counted), 6);
            assert_eq!(end, d(last), "{counted}");
            assert!(
                window_start(end, 6) <= d(counted) && window_start(end + 1, 6) > d(counted),
                "{counted}"
            );
        }
        assert_eq!(window_end(d("2026-01-15"), 0), d("2026-01-15"));
    }

    #[test]
    fn validity_ends_the_day_before_the_same_date() {
        for (issued, months, last) in [
            ("2026-03-01", 24, "2028-02-29"),
            ("2026-03-01", 12, "2027-02-28"),
            ("2026-03-02", 24, "2028-03-01"),
            ("2028-02-29", 24, "2030-02-28"),
            ("2026-08-31", 6, "2027-02-28"),
            ("2026-01-01", 24, "2027-12-31"),
        ] {
            assert_eq!(last_valid(d(issued), months), d(last), "{issued}");
        }
    }

    #[test]
    fn absurd_spans_saturate() {
        assert_eq!(add_months(0, i32::MAX), Day::MAX);
        assert_eq!(add_months(0, i32::MIN), Day::MIN);
        assert_eq!(window_start(0, u32::MAX), Day::MIN);
        assert_eq!(window_end(0, u32::MAX), Day::MAX);
        assert_eq!(last_valid(0, u32::MAX), Day::MAX);
    }
}
