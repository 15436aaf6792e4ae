//! The unified social credit code (统一社会信用代码) of companies and other bodies, GB 32100: 18 characters, of which 3–8
//! are the place's digits and the last is a check character.

use super::fault::{Fault, first_wrong};
use super::grouped_number;
use crate::error::Text;

const LENGTH: usize = 18;
/// Digits and capitals without I, O, S, V and Z, in the order of their values.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The code in its one form, 18 characters, capitals.
///
/// # Errors
/// [`Fault`] with the first character that can't stand where it stands.
pub fn credit_code(text: &str) -> Result<String, Fault> {
    let code = grouped_number(text).to_ascii_uppercase();
    let chars: Vec<char> = code.chars().collect();
    if let Some((position, wrong)) = first_wrong(&chars, |_, c| ALPHABET.contains(c)) {
        let (zh, en) = (
            "只用数字和大写字母，没有 I、O、S、V、Z",
            "digits and capitals, but no I, O, S, V or Z",
        );
        return Err(Fault::at(position, wrong, zh, en));
    }
    if chars.len() != LENGTH {
        return Err(Fault::length("18", chars.len()));
    }
    let place = |position: usize, c: char| !(3..=8).contains(&position) || c.is_ascii_digit();
    if let Some((position, wrong)) = first_wrong(&chars, place) {
        let (zh, en) = (
            "第 3–8 位是登记地的行政区划，只有数字",
            "3–8 are the digits of the place",
        );
        return Err(Fault::at(position, wrong, zh, en));
    }
    let values: Vec<usize> = chars.iter().filter_map(|c| ALPHABET.find(*c)).collect();
    let weighed = values[..LENGTH - 1]
        .iter()
        .zip(weights())
        .map(|(value, weight)| value * weight);
    if (31 - weighed.sum::<usize>() % 31) % 31 == values[LENGTH - 1] {
        return Ok(code);
    }
    let last = chars[LENGTH - 1];
    Err(Fault {
        position: Some(LENGTH),
        detail: Text::new(
            format!("第 18 位校验码“{last}”与前 17 位不符：有一位填错，或两位颠倒了；请对照营业执照逐位核对"),
            format!(
                "Character 18, the check “{last}”, doesn't fit the 17 before it: one of them is wrong, or two changed \
                 places; compare them with the licence"
            ),
        ),
    })
}

/// Powers of 3 modulo 31.
fn weights() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(1), |weight| Some(weight * 3 % 31))
}
