//! Sentences for people, in both languages.

use crate::calendar::{self, Date};
use crate::{Day, Money, Text, decimal};

impl Text {
    /// One sentence in Chinese and in English.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// Several texts as one list: "甲、乙" and "A, B".
    pub fn list(items: impl IntoIterator<Item = Text>) -> Self {
        let (zh, en): (Vec<_>, Vec<_>) = items.into_iter().map(|t| (t.zh, t.en)).unzip();
        Self {
            zh: zh.join("、"),
            en: en.join(", "),
        }
    }

    /// Both languages through the same function, e.g. to put a text into a sentence.
    pub fn map(self, zh: impl FnOnce(String) -> String, en: impl FnOnce(String) -> String) -> Self {
        Self {
            zh: zh(self.zh),
            en: en(self.en),
        }
    }
}

/// Money as people read it, the same in both languages: "340.00".
pub fn money(amount: Money, minor_digits: u8) -> String {
    decimal::format(amount, minor_digits)
}

const MONTHS: [&str; 12] = [
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

/// A date as people read it: "6月30日", "30 June"; with the year if it isn't that of `today`.
pub fn date(day: Day, today: Day) -> Text {
    let Date { year, month, day } = calendar::date(day);
    let name = MONTHS[month as usize - 1];
    if year == calendar::date(today).year {
        Text::new(format!("{month}月{day}日"), format!("{day} {name}"))
    } else {
        Text::new(format!("{year}年{month}月{day}日"), format!("{day} {name} {year}"))
    }
}

/// "100 points are exchanged."
pub fn exchange(price: i64) -> Text {
    Text::new(format!("兑换使用{price}分。"), format!("{price} points are exchanged."))
}

/// "500 points needed, 320 available: 180 missing."
pub fn short_of(price: i64, available: i64) -> Text {
    let missing = price.saturating_sub(available);
    Text::new(
        format!("需要{price}分，可用{available}分，还差{missing}分。"),
        format!("{price} points needed, {available} available: {missing} missing."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_a_year_only_when_it_is_another() {
        let today = calendar::parse("2026-02-01").expect("a date");
        let date_of = |text: &str| date(calendar::parse(text).expect("a date"), today);
        assert_eq!(date_of("2026-06-30"), Text::new("6月30日", "30 June"));
        assert_eq!(date_of("2027-01-05"), Text::new("2027年1月5日", "5 January 2027"));
    }

    #[test]
    fn lists_use_each_language_s_separator() {
        let list = Text::list([Text::new("电话", "phone"), Text::new("生日", "birthday")]);
        assert_eq!(
            list.map(|zh| format!("缺：{zh}。"), |en| format!("Missing: {en}.")),
            Text::new("缺：电话、生日。", "Missing: phone, birthday.")
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(short_of(500, 320).en, "500 points needed, 320 available: 180 missing.");
        assert_eq!(exchange(100).zh, "兑换使用100分。");
        assert_eq!(money(34_000, 2), "340.00");
    }
}
