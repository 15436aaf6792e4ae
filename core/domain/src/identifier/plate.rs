//! Licence plates of the mainland, GA 36-2018: a province, a letter, five letters or digits; new-energy ones have six,
//! of which the first (small) or the last (large) is a letter that says what drives it.

use super::fault::{Fault, first_wrong};
use super::{half_width, is_invisible};

const PROVINCES: &str = "京津沪渝冀晋蒙辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云藏陕甘青宁新";
/// What may stand last on a plate for learners, police, Hong Kong, Macau, trailers and consulates.
const LAST: &str = "学警港澳挂领";
/// Letters for battery (A–E) and other (F–K) new-energy cars.
const ENERGY: &str = "ABCDEFGHJK";

/// The plate in its one form, without the dot: `京A12345`, `粤BD12345`.
///
/// # Errors
/// [`Fault`] with the first character that can't stand where it stands.
pub fn plate(text: &str) -> Result<String, Fault> {
    let kept = |c: &char| !c.is_whitespace() && !is_invisible(*c) && !matches!(c, '·' | '•' | '・' | '.' | '-');
    let chars: Vec<char> = text
        .chars()
        .map(half_width)
        .filter(kept)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if chars.first() == Some(&'使') {
        return embassy(&chars);
    }
    let length = chars.len();
    let belongs = |position: usize, c: char| match position {
        1 => PROVINCES.contains(c),
        2 => is_letter(c),
        _ => is_letter(c) || c.is_ascii_digit() || position == length && length == 7 && LAST.contains(c),
    };
    if let Some((position, wrong)) = first_wrong(&chars, belongs) {
        let (zh, en) = match position {
            1 => (
                "车牌以省份简称开头，例如“京”",
                "a plate begins with its province, such as 京",
            ),
            2 => (
                "第 2 位是发牌机关的字母，没有 I、O",
                "the second is a letter, but not I or O",
            ),
            _ => ("只用数字和字母，没有 I、O", "letters and digits, but no I or O"),
        };
        return Err(Fault::at(position, wrong, zh, en));
    }
    match length {
        7 => {}
        8 => new_energy(&chars)?,
        found => {
            return Err(Fault::whole(
                format!("车牌应为 7 位（新能源 8 位），现有 {found} 位"),
                format!("A plate has 7 characters (new energy: 8), here are {found}"),
            ));
        }
    }
    Ok(chars.into_iter().collect())
}

fn is_letter(c: char) -> bool {
    c.is_ascii_uppercase() && !matches!(c, 'I' | 'O')
}

fn new_energy(chars: &[char]) -> Result<(), Fault> {
    let digits = |from: usize| first_wrong(chars, move |position, c| position < from || c.is_ascii_digit());
    let small = ENERGY.contains(chars[2]) && digits(5).is_none();
    let large = ENERGY.contains(chars[7])
        && first_wrong(chars, |position, c| !(3..=7).contains(&position) || c.is_ascii_digit()).is_none();
    if small || large {
        return Ok(());
    }
    let (zh, en) = (
        "新能源车牌：小型车第 3 位是 A–K 的字母、后 4 位是数字，大型车第 8 位是字母、其余是数字",
        "a new-energy plate has its letter A–K third and four digits last (small), or its letter last (large)",
    );
    let (position, wrong) = if chars[2].is_ascii_digit() {
        (8, chars[7])
    } else if !ENERGY.contains(chars[2]) {
        (3, chars[2])
    } else {
        digits(5).unwrap_or((3, chars[2]))
    };
    Err(Fault::at(position, wrong, zh, en))
}

/// `使014578`
fn embassy(chars: &[char]) -> Result<String, Fault> {
    if let Some((position, wrong)) = first_wrong(chars, |position, c| position == 1 || c.is_ascii_digit()) {
        return Err(Fault::at(position, wrong, "“使”后面是 6 位数字", "six digits after 使"));
    }
    match chars.len() {
        7 => Ok(chars.iter().collect()),
        found => Err(Fault::length("7", found)),
    }
}
