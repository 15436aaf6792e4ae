//! How amounts, days and numbers are written in each language.

use super::PrintedContract;
use super::sheet::PrintLanguage::{self, En, Zh};
use crate::braces::is_unprintable;
use crate::calendar::Day;
use crate::error::Text;
use crate::identifier::is_invisible;
use crate::money::{Minor, Ppm, format_minor, format_ppm, minor_units};

const FIGURES: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
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

/// One of a text's languages.
pub(super) fn in_language(text: &Text, language: PrintLanguage) -> &str {
    match language {
        Zh => &text.zh,
        En => &text.en,
    }
}

/// 2026年3月1日, 1 March 2026
pub fn day(day: Day, language: PrintLanguage) -> String {
    let (year, month, of_month) = day.ymd();
    match language {
        Zh => format!("{year}年{month}月{of_month}日"),
        En => {
            let name = MONTHS.get(month as usize - 1).copied().unwrap_or_default();
            format!("{of_month} {name} {year}")
        }
    }
}

/// Digits in groups of three: 1,005.00
pub(super) fn amount(amount: Minor, currency: &str) -> String {
    let plain = format_minor(amount, minor_units(currency).unwrap_or(2));
    let (whole, decimals) = plain.split_at(plain.find('.').unwrap_or(plain.len()));
    let mut written = String::with_capacity(plain.len() + plain.len() / 3);
    for (n, digit) in whole.chars().enumerate() {
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        if (whole.len() - n).is_multiple_of(3) && is_digit(written.chars().last()) {
            written.push(',');
        }
        written.push(digit);
    }
    written + decimals
}

/// ￥1,005.00, USD 1,005.00; in English CNY 1,005.00
pub fn amount_with_currency(minor: Minor, currency: &str, language: PrintLanguage) -> String {
    let amount = amount(minor, currency);
    match (language, currency) {
        (Zh, "CNY") => format!("￥{amount}"),
        _ => format!("{currency} {amount}"),
    }
}

/// 13 for 130 000 parts per million.
pub(super) fn percent(ppm: Ppm) -> String {
    format_ppm(ppm.saturating_mul(100))
}

/// 1.5 for 1500 thousandths.
pub(super) fn quantity(thousandths: i64) -> String {
    format_ppm(thousandths.saturating_mul(1000))
}

/// Numbers of clauses, 1–999: 一, 十二, 一百零三.
pub(super) fn chinese(number: usize) -> String {
    let (hundreds, tens, ones) = (number / 100 % 10, number / 10 % 10, number % 10);
    let mut text = String::new();
    if hundreds > 0 {
        text = format!("{}百", FIGURES[hundreds]);
        if tens == 0 && ones > 0 {
            text.push('零');
        }
    }
    if tens > 0 {
        // 十一 alone, but 一百一十一.
        if tens > 1 || hundreds > 0 {
            text.push_str(FIGURES[tens]);
        }
        text.push('十');
    }
    text + FIGURES[ones]
}

/// 第一条 标的, Article 1  Subject
pub(super) fn heading(number: usize, text: &str, language: PrintLanguage) -> String {
    match language {
        Zh => format!("第{}条 {text}", chinese(number)),
        En => format!("Article {number}  {text}"),
    }
}

/// The amount in words with its currency: 人民币壹仟零伍元整, CNY one thousand and five only.
pub(super) fn in_words(contract: &PrintedContract, language: PrintLanguage) -> Option<String> {
    let currency = contract.currency.as_str();
    match language {
        Zh => {
            let words = contract
                .amount_in_words
                .as_deref()
                .filter(|words| says_something(words))?;
            let prefix = if currency == "CNY" { "人民币" } else { currency };
            Some(format!("{prefix}{words}"))
        }
        En => Some(format!(
            "{currency} {}",
            spelt(contract.amount?, minor_units(currency)?)
        )),
    }
}

/// one thousand and five only, five and 50/100
fn spelt(amount: Minor, scale: u32) -> String {
    let unit = 10u64.pow(scale);
    let (whole, rest) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let minus = if amount < 0 { "minus " } else { "" };
    let end = if rest == 0 {
        " only".to_owned()
    } else {
        format!(" and {rest:0>width$}/{unit}", width = scale as usize)
    };
    format!("{minus}{}{end}", whole_spelt(whole))
}

const ONES: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 10] = [
    "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
/// Up to what 64 bits hold.
const GROUPS: [(u64, &str); 6] = [
    (1_000_000_000_000_000_000, "quintillion"),
    (1_000_000_000_000_000, "quadrillion"),
    (1_000_000_000_000, "trillion"),
    (1_000_000_000, "billion"),
    (1_000_000, "million"),
    (1_000, "thousand"),
];

fn whole_spelt(number: u64) -> String {
    if number < 1000 {
        return below_thousand(number);
    }
    let mut words = Vec::new();
    for (size, name) in GROUPS {
        let group = number / size % 1000;
        if group > 0 {
            words.push(format!("{} {name}", below_thousand(group)));
        }
    }
    match number % 1000 {
        0 => {}
        rest if rest < 100 => words.push(format!("and {}", below_thousand(rest))),
        rest => words.push(below_thousand(rest)),
    }
    words.join(" ")
}

fn below_thousand(number: u64) -> String {
    let (hundreds, rest) = ((number / 100) as usize, (number % 100) as usize);
    let small = match rest {
        0..20 => ONES[rest].to_owned(),
        _ if rest.is_multiple_of(10) => TENS[rest / 10].to_owned(),
        _ => format!("{}-{}", TENS[rest / 10], ONES[rest % 10]),
    };
    match (hundreds, rest) {
        (0, _) => small,
        (_, 0) => format!("{} hundred", ONES[hundreds % 10]),
        _ => format!("{} hundred and {small}", ONES[hundreds % 10]),
    }
}

/// A line to write on.
pub(super) fn blank(language: PrintLanguage) -> &'static str {
    match language {
        Zh => "＿＿＿＿",
        En => "____",
    }
}

/// A value within a line.
pub(super) fn one_line(text: &str) -> String {
    let plain = |c| if is_unprintable(c) { ' ' } else { c };
    let text: String = text.replace("\r\n", "\n").chars().map(plain).collect();
    text.trim().to_owned()
}

/// Whether there is anything to see.
pub(super) fn says_something(text: &str) -> bool {
    let is_seen = |c: char| !c.is_whitespace() && !is_unprintable(c) && !is_invisible(c);
    text.chars().any(is_seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::print::fixture;

    #[test]
    fn d_con_2_clauses_are_numbered_in_chinese() {
        for (number, wanted) in [
            (1, "一"),
            (9, "九"),
            (10, "十"),
            (11, "十一"),
            (20, "二十"),
            (35, "三十五"),
            (99, "九十九"),
            (100, "一百"),
            (101, "一百零一"),
            (110, "一百一十"),
            (111, "一百一十一"),
        ] {
            assert_eq!(chinese(number), wanted, "{number}");
        }
    }

    #[test]
    fn d_con_2_amounts_are_grouped() {
        for (minor, currency, zh, en) in [
            (1_005_00, "CNY", "￥1,005.00", "CNY 1,005.00"),
            (999_99, "CNY", "￥999.99", "CNY 999.99"),
            (5, "CNY", "￥0.05", "CNY 0.05"),
            (-123_456_789_01, "USD", "USD -123,456,789.01", "USD -123,456,789.01"),
            (-100_00, "USD", "USD -100.00", "USD -100.00"),
            (1_234_567, "JPY", "JPY 1,234,567", "JPY 1,234,567"),
            (1_234_567, "KWD", "KWD 1,234.567", "KWD 1,234.567"),
        ] {
            assert_eq!(amount_with_currency(minor, currency, Zh), zh);
            assert_eq!(amount_with_currency(minor, currency, En), en);
        }
    }

    #[test]
    fn d_con_2_amounts_are_spelt_in_english() {
        for (minor, scale, wanted) in [
            (0, 2, "zero only"),
            (5, 2, "zero and 05/100"),
            (1_005_00, 2, "one thousand and five only"),
            (21_17, 2, "twenty-one and 17/100"),
            (340_00, 2, "three hundred and forty only"),
            (1_000_000, 0, "one million only"),
            (
                -2_512_119,
                0,
                "minus two million five hundred and twelve thousand one hundred and nineteen only",
            ),
            (1_234, 3, "one and 234/1000"),
        ] {
            assert_eq!(spelt(minor, scale), wanted);
        }
        for minor in [i64::MIN, i64::MAX] {
            assert!(spelt(minor, 0).contains("nine quintillion two hundred and twenty-three quadrillion"));
        }
    }

    #[test]
    fn d_con_2_capitals_name_the_currency() {
        let mut contract = fixture::empty();
        assert_eq!((in_words(&contract, Zh), in_words(&contract, En)), (None, None));
        contract.amount = Some(1_00);
        contract.amount_in_words = Some("壹元整".into());
        assert_eq!(in_words(&contract, Zh).as_deref(), Some("人民币壹元整"));
        contract.currency = "USD".into();
        assert_eq!(in_words(&contract, Zh).as_deref(), Some("USD壹元整"));
        assert_eq!(in_words(&contract, En).as_deref(), Some("USD one only"));
    }

    #[test]
    fn d_con_2_days_percents_and_quantities() {
        let day_of = fixture::day(2026, 12, 31);
        assert_eq!(
            (day(day_of, Zh).as_str(), day(day_of, En).as_str()),
            ("2026年12月31日", "31 December 2026")
        );
        assert_eq!(
            (percent(130_000), percent(2_500), quantity(1_500)),
            ("13".into(), "0.25".into(), "1.5".into())
        );
    }
}
