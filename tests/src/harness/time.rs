//! Times as stories tell them: "2026-03-01 10:00" in the stores' zone, which is eight hours ahead of UTC all year.
//! Worked out here once more, independently of the product's calendar.

/// The zone of the chain and its stores.
pub const ZONE: &str = "Asia/Shanghai";

const OFFSET_MINUTES: i64 = 8 * 60;

/// Milliseconds since 1970 of a local time "2026-03-01 10:00" or "2026-03-01 10:00:30".
pub fn millis(local: &str) -> i64 {
    let (date, time) = local.split_once(' ').expect("a date and a time");
    let parts: Vec<i64> = time.split(':').map(|part| part.parse().expect("a number")).collect();
    let second = parts.get(2).copied().unwrap_or(0);
    ((day_number(date) * 1440 + parts[0] * 60 + parts[1] - OFFSET_MINUTES) * 60 + second) * 1000
}

/// "2026-03-01 10:00" as the interface wants it: "2026-03-01T02:00:00Z".
pub fn instant(local: &str) -> String {
    let seconds = millis(local) / 1000;
    let (year, month, day) = date(seconds.div_euclid(86400));
    let rest = seconds.rem_euclid(86400);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// The local time of an instant, to the second.
pub fn local(millis: i64) -> String {
    let seconds = millis.div_euclid(1000) + OFFSET_MINUTES * 60;
    let (year, month, day) = date(seconds.div_euclid(86400));
    let rest = seconds.rem_euclid(86400);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// The date part of a local time.
pub fn day(local: &str) -> &str {
    local.split(' ').next().unwrap_or(local)
}

/// The date so many days before "2026-03-01".
pub fn days_before(of: &str, days: i64) -> String {
    let (year, month, day) = date(day_number(of) - days);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Days since 1970 of "2026-03-01".
fn day_number(date: &str) -> i64 {
    let parts: Vec<i64> = date.split('-').map(|part| part.parse().expect("a number")).collect();
    let (year, month, day) = (parts[0], parts[1], parts[2]);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days - era * 146_097;
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (
        year + era * 400 + i64::from(month <= 2),
        month,
        of_year - (153 * shifted + 2) / 5 + 1,
    )
}
