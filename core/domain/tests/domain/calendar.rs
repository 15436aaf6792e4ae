use crate::kit::{at, day};
use cardea_domain::calendar::{CalendarError, Day, Instant, Zone};

fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}

#[test]
fn dates_and_instants_are_read_strictly_and_written_back() {
    for text in ["2026-11-22", "2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31"] {
        assert_eq!(day(text).to_string(), text);
    }
    for text in [
        "2026-2-1",
        "2026-02-30",
        "2025-02-29",
        "26-01-01",
        "2026/01/01",
        "2026-01-01 ",
        "+026-01-01",
        "",
        "0000-01-01",
    ] {
        assert_eq!(text.parse::<Day>(), Err(CalendarError::NotADate), "{text:?}");
    }
    assert_eq!(day("1970-01-02"), Day(1));
    assert_eq!(at("1970-01-01T08:00:00+08:00"), Instant(0));
    assert_eq!(at("2026-11-22T04:07:00Z").to_string(), "2026-11-22T04:07:00Z");
    assert_eq!(at("2026-11-22T04:07:00.120Z").to_string(), "2026-11-22T04:07:00.120Z");
    for text in ["2026-11-22", "2026-11-22T04:07:00", "2026-11-22T25:00:00Z", "yesterday"] {
        assert_eq!(text.parse::<Instant>(), Err(CalendarError::NotAnInstant), "{text:?}");
    }
    assert_eq!("Mars/Base".parse::<Zone>(), Err(CalendarError::UnknownZone));
    assert_eq!(
        serde_json::to_string(&(day("2026-11-22"), Instant(0))).unwrap(),
        r#"["2026-11-22","1970-01-01T00:00:00Z"]"#
    );
    assert_eq!(
        serde_json::from_str::<Day>(r#""2026-11-22""#).unwrap(),
        day("2026-11-22")
    );
}

#[test]
fn months_end_where_they_end() {
    let cases = [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2026-01-15", 1, "2026-02-15"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-10-31", 4, "2027-02-28"),
        ("2026-12-31", 0, "2026-12-31"),
    ];
    for (from, months, expected) in cases {
        assert_eq!(day(from).add_months(months), Some(day(expected)), "{from} + {months}");
    }
    assert_eq!(
        day("2026-08-31").months_earlier(6),
        Some(day("2026-02-28")),
        "half a year"
    );
    assert_eq!(day("2026-07-15").months_earlier(6), Some(day("2026-01-15")));
    assert_eq!(day("9999-12-31").add_months(1), None);
    assert_eq!(day("0001-01-01").months_earlier(1), None);
    assert_eq!(day("9999-12-31").plus_days(1), None);
}

#[test]
fn a_validity_ends_the_day_before_its_anniversary() {
    let cases = [
        ("2026-03-01", 12, "2027-02-28"),
        ("2026-11-22", 24, "2028-11-21"),
        ("2023-03-01", 12, "2024-02-29"),
        // There is no 29 February 2025: the year is full at the end of the 28th.
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-28"),
        ("2026-01-31", 1, "2026-02-28"),
    ];
    for (from, months, expected) in cases {
        assert_eq!(
            day(from).day_before_anniversary(months),
            Some(day(expected)),
            "{from} + {months}"
        );
    }
}

#[test]
fn a_birthday_on_29_february_is_the_28th_in_common_years() {
    let born = day("2000-02-29");
    assert_eq!(born.birthday_in(2024), Some(day("2024-02-29")));
    assert_eq!(born.birthday_in(2026), Some(day("2026-02-28")));
    assert_eq!(born.birthday_in(2100), Some(day("2100-02-28")));
    assert_eq!(day("1990-05-01").birthday_in(2026), Some(day("2026-05-01")));
}

#[test]
fn a_business_day_is_the_store_s() {
    let late = at("2026-11-22T16:30:00Z");
    assert_eq!(zone("Asia/Shanghai").day_of(late), day("2026-11-23"));
    assert_eq!(zone("America/New_York").day_of(late), day("2026-11-22"));
    assert_eq!(Zone::UTC.day_of(Instant(-1)), day("1969-12-31"));
}

#[test]
fn what_is_valid_through_a_day_ends_with_the_store_s_midnight() {
    let cases = [
        ("Asia/Shanghai", "2026-01-31", "2026-01-31T16:00:00Z"),
        ("America/New_York", "2026-01-31", "2026-02-01T05:00:00Z"),
        ("UTC", "2026-12-31", "2027-01-01T00:00:00Z"),
        // Clocks jump from 0:00 to 1:00: the day ends at the jump.
        ("America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00Z"),
        // Clocks are set back from 0:00 to 23:00: the day ends the second time.
        ("America/Sao_Paulo", "2018-02-17", "2018-02-18T03:00:00Z"),
        // Set back from 1:00 to 0:00: both belong to the next day, the first midnight counts.
        ("America/Havana", "2026-10-31", "2026-11-01T04:00:00Z"),
        // Set back one minute after midnight: the old day goes on, and ends the second time.
        ("America/St_Johns", "2006-10-28", "2006-10-29T03:30:00Z"),
        // Samoa skipped 30 December 2011 altogether.
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
    ];
    for (name, last, expected) in cases {
        let (zone, last) = (zone(name), day(last));
        let end = zone.first_instant_after(last).unwrap();
        assert_eq!(end, at(expected), "{name} {last}");
        assert!(
            zone.day_of(Instant(end.0 - 1)) <= last && zone.day_of(end) > last,
            "{name} {last}"
        );
    }
    assert_eq!(Zone::UTC.first_instant_after(day("9999-12-31")), None);
}

#[test]
fn a_time_on_the_wall_is_found_across_changes_of_the_clock() {
    let new_york = zone("America/New_York");
    let cases = [
        ("2026-07-01", 12 * 3600, "2026-07-01T16:00:00Z"),
        // 2:30 doesn't exist: the end of the gap.
        ("2026-03-08", 2 * 3600 + 1800, "2026-03-08T07:00:00Z"),
        // 1:30 comes twice: the first time.
        ("2026-11-01", 3600 + 1800, "2026-11-01T05:30:00Z"),
    ];
    for (date, seconds, expected) in cases {
        assert_eq!(
            new_york.instant_at(day(date), seconds),
            Some(at(expected)),
            "{date} {seconds}"
        );
    }
    assert_eq!(new_york.instant_at(day("2026-03-08"), 86_400), None);
}

#[test]
fn points_end_on_the_last_day_that_their_rule_says() {
    use cardea_domain::sale::{Expiry, LotEnd};
    let fixed = |month, day, years| Expiry::FixedDay {
        month,
        day,
        years,
        grace_days: 0,
    };
    let lot = |months, end| Expiry::PerLot {
        months,
        end,
        grace_days: 0,
    };
    let per_lot = |months, grace_days| Expiry::PerLot {
        months,
        end: LotEnd::SameDay,
        grace_days,
    };
    let rolling = Expiry::Rolling {
        months: 6,
        grace_days: 0,
    };
    for (rule, of, end) in [
        (per_lot(1, 0), "2026-01-31", "2026-02-28"),
        (per_lot(12, 30), "2026-03-01", "2027-03-31"),
        (lot(1, LotEnd::MonthEnd), "2028-01-01", "2028-02-29"),
        (lot(12, LotEnd::MonthEnd), "2026-12-31", "2027-12-31"),
        (lot(12, LotEnd::YearEnd), "2026-03-01", "2027-12-31"),
        (rolling, "2026-08-31", "2027-02-28"),
        (fixed(12, 31, 0), "2026-12-31", "2026-12-31"),
        (fixed(3, 31, 0), "2026-04-01", "2027-03-31"),
        (fixed(12, 31, 1), "2026-01-01", "2027-12-31"),
        (fixed(2, 29, 0), "2026-03-01", "2027-02-28"),
        (fixed(2, 29, 0), "2027-03-01", "2028-02-29"),
    ] {
        assert_eq!(rule.last_day(day(of)).unwrap().to_string(), end, "{rule:?} of {of}");
    }
}
