//! The languages of messages, and how days and times read in them.

use crate::error::Text;
use crate::{Day, Instant, Zone};

named! {
/// In what language a message is written.
#[derive(Default, PartialOrd, Ord)]
pub enum MessageLanguage {
    #[default]
    Chinese = "zh-CN",
    English = "en",
}
}

const MONTHS: &str = "January February March April May June July August September October November December";

impl MessageLanguage {
    /// The text in this language.
    pub fn of(self, text: &Text) -> &str {
        match self {
            Self::Chinese => &text.zh,
            Self::English => &text.en,
        }
    }

    /// A day as people read it: 2026年12月31日, 31 December 2026.
    pub fn day(self, day: Day) -> String {
        let (year, month, day) = day.ymd();
        match self {
            Self::Chinese => format!("{year}年{month}月{day}日"),
            Self::English => {
                let name = MONTHS.split(' ').nth(month as usize - 1).unwrap_or_default();
                format!("{day} {name} {year}")
            }
        }
    }

    /// A time by the receiver's clock: 2026年12月31日 21:05, 31 December 2026, 21:05.
    pub fn time(self, at: Instant, zone: Zone) -> String {
        let day = self.day(zone.day_of(at));
        let minutes = zone.seconds_of_day(at) / 60;
        let comma = match self {
            Self::Chinese => "",
            Self::English => ",",
        };
        format!("{day}{comma} {:02}:{:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MessageLanguage::{Chinese, English};

    #[test]
    fn days_and_times_read_as_people_write_them() {
        for (day, zh, en) in [
            ("2026-01-05", "2026年1月5日", "5 January 2026"),
            ("2026-12-31", "2026年12月31日", "31 December 2026"),
        ] {
            let day = day.parse().unwrap();
            assert_eq!((Chinese.day(day), English.day(day)), (zh.into(), en.into()));
        }
    }

    #[test]
    fn a_time_is_the_receivers() {
        let zone: Zone = "Asia/Shanghai".parse().unwrap();
        let at = "2026-12-30T16:05:59Z".parse().unwrap();
        assert_eq!(Chinese.time(at, zone), "2026年12月31日 00:05");
        assert_eq!(English.time(at, Zone::UTC), "30 December 2026, 16:05");
        // The hour that summer time repeats is told twice.
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        for at in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(Chinese.time(at.parse().unwrap(), zone), "2026年10月25日 02:30");
        }
    }

    #[test]
    fn a_text_is_read_in_the_language() {
        let text = Text::new("金卡", "Gold");
        assert_eq!((Chinese.of(&text), English.of(&text)), ("金卡", "Gold"));
        assert_eq!(MessageLanguage::default(), Chinese);
    }
}
