//! Amounts in Chinese capitals (大写金额) on contracts (D-CON-1), after the People's Bank's rules for filling in bills
//! (正确填写票据和结算凭证的基本规定). Where those leave a choice, one is made here and kept everywhere:
//!
//! - 整 closes an amount that ends with 元 or 角, so that nothing can be added behind it; none follows 分.
//! - 零 stands once for each run of zeros between two figures of the whole amount, also across 万 and 亿, and between 元
//!   and 分 where 角 is zero. None stands between 元 and 角. The rules' own examples, 1 680.32 and 107 000.53, are so.
//! - Leading zeros aren't written: 0.05 is 伍分.

use crate::money::{Minor, minor_units};

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const PLACES: [(u64, &str); 4] = [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")];
const WAN: u64 = 10_000;
const YI: u64 = 100_000_000;

/// An amount in capitals, without the currency: 1 005.00 is `壹仟零伍元整`; 负 stands ahead of negative ones, and zero is
/// `零元整`. Beyond 万亿 it goes on as 亿亿. None where the currency has other than two decimal places.
pub fn capitals(amount: Minor, currency: &str) -> Option<String> {
    (minor_units(currency) == Some(2)).then(|| written(amount))
}

/// The same behind the currency: `人民币` for CNY, otherwise its three letters, since 元 alone names none.
pub fn capitals_with_currency(amount: Minor, currency: &str) -> Option<String> {
    let prefix = if currency == "CNY" { "人民币" } else { currency };
    capitals(amount, currency).map(|amount| format!("{prefix}{amount}"))
}

fn written(amount: Minor) -> String {
    let cents = amount.unsigned_abs();
    let (yuan, jiao, fen) = (cents / 100, cents / 10 % 10, cents % 10);
    let mut text = String::new();
    if amount < 0 {
        text.push('负');
    }
    if yuan > 0 {
        write_whole(yuan, &mut text);
        text.push('元');
    } else if cents == 0 {
        text.push_str("零元");
    }
    if jiao > 0 {
        text.push_str(digit(jiao));
        text.push('角');
    } else if fen > 0 && yuan > 0 {
        text.push('零');
    }
    if fen > 0 {
        text.push_str(digit(fen));
        text.push('分');
    } else {
        text.push('整');
    }
    text
}

/// A whole number above zero.
fn write_whole(number: u64, text: &mut String) {
    for (unit, name) in [(YI, "亿"), (WAN, "万")] {
        if number >= unit {
            let rest = number % unit;
            write_whole(number / unit, text);
            text.push_str(name);
            if rest > 0 {
                if rest < unit / 10 || (number / unit).is_multiple_of(10) {
                    text.push('零');
                }
                write_whole(rest, text);
            }
            return;
        }
    }
    write_group(number, text);
}

/// Up to four digits.
fn write_group(number: u64, text: &mut String) {
    let (mut begun, mut skipped) = (false, false);
    for (place, name) in PLACES {
        let figure = number / place % 10;
        if figure == 0 {
            skipped = begun;
            continue;
        }
        if skipped {
            text.push('零');
        }
        text.push_str(digit(figure));
        text.push_str(name);
        (begun, skipped) = (true, false);
    }
}

fn digit(figure: u64) -> &'static str {
    DIGITS[(figure % 10) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Minor units and what a cashier writes.
    const TABLE: &[(Minor, &str)] = &[
        (0, "零元整"),
        (1, "壹分"),
        (5, "伍分"),
        (10, "壹角整"),
        (15, "壹角伍分"),
        (99, "玖角玖分"),
        (1_00, "壹元整"),
        (1_01, "壹元零壹分"),
        (1_10, "壹元壹角整"),
        (10_00, "壹拾元整"),
        (10_05, "壹拾元零伍分"),
        (11_11, "壹拾壹元壹角壹分"),
        (20_50, "贰拾元伍角整"),
        (100_00, "壹佰元整"),
        (100_05, "壹佰元零伍分"),
        (101_00, "壹佰零壹元整"),
        (110_50, "壹佰壹拾元伍角整"),
        (325_04, "叁佰贰拾伍元零肆分"),
        (1_000_00, "壹仟元整"),
        (1_001_00, "壹仟零壹元整"),
        (1_005_00, "壹仟零伍元整"),
        (1_010_00, "壹仟零壹拾元整"),
        (1_100_00, "壹仟壹佰元整"),
        (1_409_50, "壹仟肆佰零玖元伍角整"),
        (168_032, "壹仟陆佰捌拾元叁角贰分"),
        (6_007_14, "陆仟零柒元壹角肆分"),
        (10_000_00, "壹万元整"),
        (10_001_00, "壹万零壹元整"),
        (10_010_00, "壹万零壹拾元整"),
        (10_100_00, "壹万零壹佰元整"),
        (11_000_00, "壹万壹仟元整"),
        (16_409_02, "壹万陆仟肆佰零玖元零贰分"),
        (100_000_00, "壹拾万元整"),
        (100_050_00, "壹拾万零伍拾元整"),
        (100_500_00, "壹拾万零伍佰元整"),
        (107_000_53, "壹拾万零柒仟元伍角叁分"),
        (1_000_005_00, "壹佰万零伍元整"),
        (10_200_000_00, "壹仟零贰拾万元整"),
        (10_203_040_50, "壹仟零贰拾万零叁仟零肆拾元伍角整"),
        (100_000_000_00, "壹亿元整"),
        (100_000_001_00, "壹亿零壹元整"),
        (100_001_000_00, "壹亿零壹仟元整"),
        (100_010_000_00, "壹亿零壹万元整"),
        (101_010_101_01, "壹亿零壹佰零壹万零壹佰零壹元零壹分"),
        (105_000_000_00, "壹亿零伍佰万元整"),
        (110_000_000_00, "壹亿壹仟万元整"),
        (1_010_000_000_00, "壹拾亿零壹仟万元整"),
        (2_000_000_500_05, "贰拾亿零伍佰元零伍分"),
        (10_000_000_001_00, "壹佰亿零壹元整"),
        (100_000_000_000_00, "壹仟亿元整"),
        (1_000_000_000_000_00, "壹万亿元整"),
        (1_000_000_000_000_01, "壹万亿元零壹分"),
        (1_000_100_000_000_00, "壹万零壹亿元整"),
        (
            crate::money::LIMIT,
            "玖拾万零柒佰壹拾玖亿玖仟贰佰伍拾肆万柒仟肆佰零玖元玖角壹分",
        ),
        (
            i64::MAX,
            "玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零柒分",
        ),
        (-5, "负伍分"),
        (-1_005_00, "负壹仟零伍元整"),
        (
            i64::MIN,
            "负玖亿贰仟贰佰叁拾叁万柒仟贰佰零叁亿陆仟捌佰伍拾肆万柒仟柒佰伍拾捌元零捌分",
        ),
    ];

    #[test]
    fn c3_amounts_stand_in_capitals() {
        for (amount, wanted) in TABLE {
            assert_eq!(capitals(*amount, "CNY").as_deref(), Some(*wanted), "{amount}");
        }
    }

    #[test]
    fn c3_the_currency_stands_ahead_and_has_two_decimal_places() {
        assert_eq!(
            capitals_with_currency(1_005_00, "CNY").as_deref(),
            Some("人民币壹仟零伍元整")
        );
        assert_eq!(
            capitals_with_currency(-110_50, "CNY").as_deref(),
            Some("人民币负壹佰壹拾元伍角整")
        );
        assert_eq!(capitals_with_currency(1_00, "USD").as_deref(), Some("USD壹元整"));
        for other in ["JPY", "KWD", "XAU", "cny", ""] {
            assert_eq!(capitals(1_00, other), None, "{other:?}");
            assert_eq!(capitals_with_currency(1_00, other), None, "{other:?}");
        }
    }

    /// Reads capitals back by their grammar, not by the way they were written. None for anything odd.
    fn read(text: &str) -> Option<i128> {
        let (sign, text) = text.strip_prefix('负').map_or((1, text), |rest| (-1, rest));
        let text = text.strip_suffix('整').unwrap_or(text);
        let (whole, small) = text.split_once('元').unwrap_or(("", text));
        let (mut total, mut part, mut group, mut figure) = (0i128, 0i128, 0i128, 0i128);
        for c in whole.chars() {
            if let Some(n) = DIGITS.iter().position(|d| d.starts_with(c)) {
                figure = n as i128;
                continue;
            }
            match c {
                '仟' => group += figure * 1000,
                '佰' => group += figure * 100,
                '拾' => group += figure * 10,
                '万' => (part, group) = (part + (group + figure) * 10_000, 0),
                '亿' => (total, part, group) = ((total + part + group + figure) * 100_000_000, 0, 0),
                _ => return None,
            }
            figure = 0;
        }
        let mut cents = (total + part + group + figure) * 100;
        for c in small.chars() {
            match (DIGITS.iter().position(|d| d.starts_with(c)), c) {
                (Some(n), _) => figure = n as i128,
                (_, '角') => cents += figure * 10,
                (_, '分') => cents += figure,
                _ => return None,
            }
        }
        Some(sign * cents)
    }

    proptest! {
        #[test]
        fn c3_capitals_read_back_as_the_amount(amount in prop_oneof![
            any::<i64>(),
            -100_000_00i64..100_000_000_00,
            // Many zeros.
            (0i64..100, 0u32..17).prop_map(|(n, zeros)| n * 10i64.pow(zeros)),
            (1i64..100, 3u32..16, 0i64..1000).prop_map(|(n, zeros, rest)| n * 10i64.pow(zeros) + rest),
        ]) {
            let text = capitals(amount, "CNY").unwrap();
            prop_assert_eq!(read(&text), Some(i128::from(amount)), "{}", text);
            prop_assert!(!text.contains("零零") && !text.contains("零万") && !text.contains("零亿"), "{}", text);
            prop_assert!(amount == 0 || !text.contains("零元"), "{}", text);
            let whole = (amount.unsigned_abs() / 100).to_string();
            let runs = whole.trim_matches('0').split(|c| c != '0').filter(|run| !run.is_empty()).count();
            let written = text.split('元').next().unwrap_or_default().matches('零').count();
            prop_assert!(amount == 0 || !text.contains('元') || runs == written, "{}", text);
            prop_assert_eq!(text.ends_with('整'), amount % 10 == 0, "{}", text);
        }
    }
}
