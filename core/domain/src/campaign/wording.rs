//! A window in one sentence: 每周五 18:00–22:00，至 2026-12-31.

use super::recurrence::{ByDay, Ends, Frequency, Recurrence, weekday};
use super::window::Window;
use crate::calendar::Day;
use crate::error::Text;

const MINUTES: u32 = 24 * 60;
const WEEKDAYS_ZH: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
const WEEKDAYS_EN: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Window {
    /// What it says, in both languages.
    pub fn text(&self) -> Text {
        let Some(rule) = &self.rule else { return self.once() };
        let (zh, en) = rule.days(self.start);
        let time = self.time();
        let (end_zh, end_en) = match rule.ends {
            Ends::Never => (String::new(), String::new()),
            Ends::Until(day) => (format!("，至 {day}"), format!(", until {day}")),
            Ends::Count(1) => ("，共 1 次".to_owned(), ", once".to_owned()),
            Ends::Count(count) => (format!("，共 {count} 次"), format!(", {count} times")),
        };
        Text::new(format!("{zh}{}{end_zh}", time.zh), format!("{en}{}{end_en}", time.en))
    }

    /// Once: from when to when.
    fn once(&self) -> Text {
        let end = self.from + self.minutes;
        let last = self.ends_on().unwrap_or(self.start);
        let whole_days = self.from == 0 && end.is_multiple_of(MINUTES);
        if whole_days && last == self.start {
            return Text::new(self.start.to_string(), self.start.to_string());
        }
        if whole_days {
            return Text::new(format!("{} 至 {last}", self.start), format!("{} to {last}", self.start));
        }
        if end <= MINUTES {
            let time = format!("{} {}–{}", self.start, clock(self.from), clock(end));
            return Text::new(time.clone(), time);
        }
        let (from, to) = (
            format!("{} {}", self.start, clock(self.from)),
            format!("{last} {}", until(end)),
        );
        Text::new(format!("{from} 至 {to}"), format!("{from} to {to}"))
    }

    /// From when to when on such a day; nothing for a whole day.
    fn time(&self) -> Text {
        let end = self.from + self.minutes;
        if self.from == 0 && self.minutes == MINUTES {
            return Text::new("", "");
        }
        let from = clock(self.from);
        match (end - 1) / MINUTES {
            0 => {
                let time = format!(" {from}–{}", clock(end));
                Text::new(time.clone(), time)
            }
            1 => Text::new(
                format!(" {from}–次日 {}", until(end)),
                format!(" {from}–{} the next day", until(end)),
            ),
            days => Text::new(
                format!(" {from} 起，至第 {} 天 {}", days + 1, until(end)),
                format!(" from {from} until {} on day {}", until(end), days + 1),
            ),
        }
    }
}

/// `18:00`; the end of a day is `24:00`.
fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The end on its own day.
fn until(minutes: u32) -> String {
    match minutes % MINUTES {
        0 => clock(MINUTES),
        rest => clock(rest),
    }
}

impl Recurrence {
    /// On which days, in Chinese and in English.
    fn days(&self, start: Day) -> (String, String) {
        let n = self.interval;
        let (mut zh, mut en) = match self.frequency {
            Frequency::Daily if n == 1 => ("每天".to_owned(), "Every day".to_owned()),
            Frequency::Daily => (format!("每 {n} 天"), format!("Every {n} days")),
            Frequency::Weekly => self.weeks(start),
            Frequency::Monthly if n == 1 => ("每月".to_owned(), "Every month".to_owned()),
            Frequency::Monthly => (format!("每 {n} 个月"), format!("Every {n} months")),
            Frequency::Yearly if n == 1 => ("每年".to_owned(), "Every year".to_owned()),
            Frequency::Yearly => (format!("每 {n} 年"), format!("Every {n} years")),
        };
        if self.frequency == Frequency::Yearly {
            let (months_zh, months_en) = match self.by_month.as_slice() {
                [] if self.by_month_day.is_empty() => months(&[start.month() as u8]),
                [] => ("每月".to_owned(), "every month".to_owned()),
                some => months(some),
            };
            zh.push_str(&months_zh);
            en.push_str(&format!(" in {months_en}"));
        } else if !self.by_month.is_empty() {
            let (months_zh, months_en) = months(&self.by_month);
            zh = format!("{months_zh}{zh}");
            en = format!("{en} in {months_en}");
        }
        if self.frequency != Frequency::Weekly {
            let (of_zh, of_en) = self.of_month(start);
            zh.push_str(&of_zh);
            en.push_str(&of_en);
        }
        (zh, en)
    }

    fn weeks(&self, start: Day) -> (String, String) {
        let own = ByDay {
            weekday: weekday(start),
            nth: None,
        };
        let days = if self.by_day.is_empty() {
            std::slice::from_ref(&own)
        } else {
            &self.by_day
        };
        let zh = join(days, "、", |by| WEEKDAYS_ZH[usize::from(by.weekday) % 7].to_owned());
        let en = join(days, ", ", |by| WEEKDAYS_EN[usize::from(by.weekday) % 7].to_owned());
        match self.interval {
            1 => (format!("每周{zh}"), format!("Every {en}")),
            n => (format!("每 {n} 周的周{zh}"), format!("Every {n} weeks on {en}")),
        }
    }

    /// The days of a month: by number, by weekday, or both at once.
    fn of_month(&self, start: Day) -> (String, String) {
        let own = [start.ymd().2 as i8];
        let unsaid = self.by_day.is_empty() && self.by_month_day.is_empty();
        let days = match self.frequency {
            Frequency::Daily => self.by_month_day.as_slice(),
            _ if unsaid => &own,
            _ => self.by_month_day.as_slice(),
        };
        let mut zh = join(days, "、", |day| day_zh(*day));
        let mut en = join(days, ", ", |day| day_en(*day));
        if !en.is_empty() {
            en = format!(" on {en}");
        }
        if !self.by_day.is_empty() {
            let (and_zh, and_en) = if days.is_empty() {
                ("的", " on ")
            } else {
                ("且为", ", if it is ")
            };
            zh = format!("{zh}{and_zh}{}", join(&self.by_day, "、", weekday_zh));
            en = format!("{en}{and_en}{}", join(&self.by_day, ", ", weekday_en));
        }
        (zh, en)
    }
}

fn join<T>(items: &[T], between: &str, word: impl Fn(&T) -> String) -> String {
    items.iter().map(word).collect::<Vec<_>>().join(between)
}

fn months(months: &[u8]) -> (String, String) {
    let zh = join(months, "、", |month| format!("{month}月"));
    let en = join(months, ", ", |month| MONTHS_EN[usize::from(month - 1) % 12].to_owned());
    (zh, en)
}

fn day_zh(day: i8) -> String {
    match day {
        -1 => "最后一天".to_owned(),
        day if day < 0 => format!("倒数第 {} 天", -day),
        day => format!("{day}日"),
    }
}

fn day_en(day: i8) -> String {
    match day {
        -1 => "the last day".to_owned(),
        day if day < 0 => format!("day {} from the end", -day),
        day => format!("day {day}"),
    }
}

fn weekday_zh(by: &ByDay) -> String {
    let name = WEEKDAYS_ZH[usize::from(by.weekday) % 7];
    match by.nth {
        None => format!("周{name}"),
        Some(-1) => format!("最后一个周{name}"),
        Some(nth) if nth < 0 => format!("倒数第 {} 个周{name}", -nth),
        Some(nth) => format!("第 {nth} 个周{name}"),
    }
}

fn weekday_en(by: &ByDay) -> String {
    let name = WEEKDAYS_EN[usize::from(by.weekday) % 7];
    let count = |n: i8| match n {
        1 => "first",
        2 => "second",
        3 => "third",
        4 => "fourth",
        _ => "fifth",
    };
    match by.nth {
        None => name.to_owned(),
        Some(-1) => format!("the last {name}"),
        Some(nth) if nth < 0 => format!("the {} last {name}", count(-nth)),
        Some(nth) => format!("the {} {name}", count(nth)),
    }
}
