//! The number of a resident identity card (居民身份证), GB 11643: six digits of the place, the birth date, three digits
//! of order, and a check character after ISO 7064 MOD 11-2. Residence permits of people from Hong Kong, Macau and Taiwan
//! (81–83) and the foreigners' card of 2023 (9…) are built the same way.

use super::fault::{Fault, first_wrong};
use super::grouped_number;
use crate::calendar::Day;
use crate::error::Text;

const LENGTH: usize = 18;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];

/// The first two digits: provinces after GB/T 2260, and the permits of 2018.
const PROVINCES: [u32; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82, 83,
];

/// The number in its one form, 18 characters, a final `X` as a capital.
///
/// # Errors
/// [`Fault`] with the first character that can't stand where it stands.
pub fn resident(text: &str, today: Day) -> Result<String, Fault> {
    let number = grouped_number(text).to_ascii_uppercase();
    let chars: Vec<char> = number.chars().collect();
    if let Some((position, wrong)) = first_wrong(&chars, |position, c| {
        c.is_ascii_digit() || position == LENGTH && c == 'X'
    }) {
        return Err(Fault::at(
            position,
            wrong,
            "前 17 位是数字，第 18 位是数字或 X",
            "17 digits, then a digit or X",
        ));
    }
    if chars.len() == 15 {
        return Err(Fault::whole(
            "15 位的旧身份证号已停用，请填新证上的 18 位号码",
            "Numbers of 15 digits are no longer valid: give the 18 characters of the new card",
        ));
    }
    if chars.len() != LENGTH {
        return Err(Fault::length("18", chars.len()));
    }
    let digits: Vec<u32> = chars.iter().map(|c| c.to_digit(10).unwrap_or(10)).collect();
    // A foreigner's card says 9 and then where it was issued.
    let province = if digits[0] == 9 { 11 } else { digits[0] * 10 + digits[1] };
    if !PROVINCES.contains(&province) {
        let (zh, en) = ("前两位不是省级地区代码", "the first two digits are no province");
        let position = if PROVINCES.iter().any(|known| known / 10 == digits[0]) {
            2
        } else {
            1
        };
        return Err(Fault::at(position, chars[position - 1], zh, en));
    }
    born(&number, today)?;
    check(&chars, &digits)?;
    Ok(number)
}

/// The birth date in a number that [`resident`] has accepted.
pub fn birth_date(number: &str) -> Option<Day> {
    let part = |from: usize, to: usize| number.get(from..to)?.parse::<u32>().ok();
    let year = i32::try_from(part(6, 10)?).ok()?;
    Day::from_ymd(year, part(10, 12)?, part(12, 14)?)
}

fn born(number: &str, today: Day) -> Result<(), Fault> {
    if birth_date(number).is_some_and(|day| day.year() >= 1900 && day <= today) {
        return Ok(());
    }
    Err(Fault {
        position: Some(7),
        detail: Text::new(
            "第 7–14 位不对：应为出生日期（年月日 8 位），在 1900 年至今天之间",
            "Characters 7–14 are wrong: a birth date, YYYYMMDD, between 1900 and today",
        ),
    })
}

fn check(chars: &[char], digits: &[u32]) -> Result<(), Fault> {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let last = chars[LENGTH - 1];
    if CHECKS[(sum % 11) as usize] == last {
        return Ok(());
    }
    Err(Fault {
        position: Some(LENGTH),
        detail: Text::new(
            format!("第 18 位校验码“{last}”与前 17 位不符：有一位填错，或两位颠倒了；请对照证件逐位核对"),
            format!(
                "Character 18, the check “{last}”, doesn't fit the 17 before it: one of them is wrong, or two changed \
                 places; compare them with the card"
            ),
        ),
    })
}
