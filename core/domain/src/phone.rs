//! Phone numbers as people type, paste and export them, brought to one form.

use crate::identifier::{Fault, half_width, is_invisible};

/// Why a text is no phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneError {
    /// Stands where only digits and separators may: the letter in `1380013800O`, the `E` of `1.38E+10`; its position
    /// counts from 1, without blanks.
    Character { position: usize, character: char },
    /// Too few or too many digits, or digits that no number begins with.
    NotANumber,
    /// An extension of a mobile number.
    Extension,
}

impl PhoneError {
    /// The sentence for whoever typed `text`.
    pub fn fault(self, text: &str) -> Fault {
        let typed = plain(text);
        match self {
            PhoneError::Character { position, character } => {
                Fault::at(position, character, "请只填数字", "digits only")
            }
            PhoneError::Extension => Fault::whole("手机号码没有分机", "A mobile number has no extension"),
            PhoneError::NotANumber => mobile_fault(&typed).unwrap_or_else(|| {
                Fault::whole(
                    "不是有效的电话号码：手机 11 位（13–19 开头），固话带区号，国外号码以 + 开头",
                    "Not a phone number: 11 digits from 13…–19…, a land line with its area code, or + and the country",
                )
            }),
        }
    }
}

/// What is wrong with a number that begins as a mobile one does.
fn mobile_fault(typed: &str) -> Option<Fault> {
    let digits: Vec<char> = typed.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < 7 || digits[0] != '1' || typed.contains('+') {
        return None;
    }
    if digits.len() == 11 {
        let (zh, en) = ("手机号的第 2 位是 3–9", "the second digit of a mobile number is 3–9");
        return Some(Fault::at(2, digits[1], zh, en));
    }
    let found = digits.len();
    Some(Fault::whole(
        format!("手机号应为 11 位，现有 {found} 位"),
        format!("A mobile number has 11 digits, here are {found}"),
    ))
}

/// A number as [`international`], refused with a sentence.
///
/// # Errors
/// [`Fault`]
pub fn check(text: &str) -> Result<String, Fault> {
    international(text).map_err(|error| error.fault(text))
}

/// What stands before an extension, in lower case; the first is the form that is kept (RFC 3966).
const EXTENSION_MARKS: [&str; 10] = [
    ";ext=",
    "分机",
    "分機",
    "内线",
    "转",
    "轉",
    "extension",
    "ext",
    "x",
    "#",
];
/// Digits of the longest extension.
const LONGEST_EXTENSION: usize = 6;

/// A number in international form, `+8613812345678`, with its extension `+8675526123456;ext=8`. Without a country it is
/// Chinese: a mobile number (`1…`, 11 digits) or a land line with its area code (`0…`). Invisible characters that come
/// with pasted text, blanks, hyphens, dots, brackets and a spreadsheet's `.0` are left out; anything else is refused, never
/// guessed (D-ARC-13). That a number is *possible* isn't asked: `1380013800O` would be, less its letter.
///
/// # Errors
/// [`PhoneError`]
pub fn international(text: &str) -> Result<String, PhoneError> {
    let text = plain(text);
    let (number, extension) = split_extension(&text)?;
    let number = number
        .strip_suffix(".0")
        .filter(|whole| whole.len() >= 7 && whole.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or(number);
    let (abroad, digits) = digits(number)?;
    let international = match (abroad, digits.len()) {
        (true, 7..=15) => match digits.strip_prefix("86") {
            Some(national) => chinese(national.strip_prefix('0').unwrap_or(national))?,
            None if digits.starts_with('0') => return Err(PhoneError::NotANumber),
            None => format!("+{digits}"),
        },
        (false, 13) if digits.starts_with("861") => chinese(&digits[2..])?,
        (false, _) => match digits.strip_prefix('0') {
            Some(land_line) => chinese(land_line)?,
            None if digits.starts_with('1') => chinese(&digits)?,
            None => return Err(PhoneError::NotANumber),
        },
        _ => return Err(PhoneError::NotANumber),
    };
    match extension {
        None => Ok(international),
        Some(_) if is_chinese_mobile(&international) => Err(PhoneError::Extension),
        Some(extension) => Ok(format!("{international}{}{extension}", EXTENSION_MARKS[0])),
    }
}

/// A number in international form as its line and its extension.
pub fn line_and_extension(international: &str) -> (&str, Option<&str>) {
    match international.split_once(EXTENSION_MARKS[0]) {
        Some((line, extension)) => (line, Some(extension)),
        None => (international, None),
    }
}

/// The last four digits of the line of a number in international form.
pub fn last_four(international: &str) -> &str {
    let (line, _) = line_and_extension(international);
    &line[line.len().saturating_sub(4)..]
}

/// What somebody who says a number's last four digits types; None if it is anything else.
pub fn as_last_four(text: &str) -> Option<String> {
    let text = plain(text);
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Half-width, without blanks and what can't be seen.
fn plain(text: &str) -> String {
    text.chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .collect()
}

/// What stands before the extension's mark, and the extension's digits.
fn split_extension(text: &str) -> Result<(&str, Option<&str>), PhoneError> {
    let lower = text.to_ascii_lowercase();
    let found = EXTENSION_MARKS
        .iter()
        .filter_map(|mark| Some((lower.find(mark)?, mark.len())));
    // The first one; of two that begin there (ext, extension) the longer.
    let found = found.min_by_key(|(at, length)| (*at, usize::MAX - length));
    let Some((at, length)) = found.filter(|(at, _)| *at > 0) else {
        return Ok((text, None));
    };
    let (number, marked) = text.split_at(at);
    let extension = marked[length..].trim_start_matches(|c: char| matches!(c, '.' | ':' | '-') || "分机".contains(c));
    let wrong = |rest: &str| {
        let before = &text[..text.len() - rest.len()];
        let character = rest.chars().next().unwrap_or_default();
        PhoneError::Character {
            position: before.chars().count() + 1,
            character,
        }
    };
    match extension.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => Err(wrong(&extension[at..])),
        None if extension.is_empty() => Err(wrong(marked)),
        None if extension.len() > LONGEST_EXTENSION => Err(PhoneError::NotANumber),
        None => Ok((number, Some(extension))),
    }
}

/// Whether the number names its country (`+` or `00`), and its digits.
fn digits(number: &str) -> Result<(bool, String), PhoneError> {
    // The trunk prefix that callers from abroad leave out: +44 (0)20 …
    let trunk = number.find("(0)").filter(|_| number.contains('+')).map(|at| at + 1);
    let (mut abroad, mut digits) = (false, String::with_capacity(number.len()));
    for (position, (at, c)) in (1..).zip(number.char_indices()) {
        match c {
            '0' if trunk == Some(at) => {}
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() && !abroad => abroad = true,
            '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' => {}
            character => return Err(PhoneError::Character { position, character }),
        }
    }
    match digits.strip_prefix("00") {
        Some(rest) if !abroad => Ok((true, rest.to_owned())),
        _ => Ok((abroad, digits)),
    }
}

/// A Chinese number without its leading 0: 11 digits from 13 to 19 for a mobile, 9–11 from an area code.
fn chinese(national: &str) -> Result<String, PhoneError> {
    let bytes = national.as_bytes();
    let land_line = match bytes.first() {
        // Beijing's 10 is the one area code that starts with 1.
        Some(b'1') => bytes.len() == 10 && bytes[1] == b'0',
        Some(b'2'..=b'9') => (9..=11).contains(&bytes.len()),
        _ => false,
    };
    let international = format!("+86{national}");
    if land_line || is_chinese_mobile(&international) {
        Ok(international)
    } else {
        Err(PhoneError::NotANumber)
    }
}

/// Every second digit from 3 to 9 is in use or assigned; finer tables are out of date each time an operator opens a range.
fn is_chinese_mobile(international: &str) -> bool {
    let national = international.strip_prefix("+86").unwrap_or_default().as_bytes();
    national.len() == 11 && national[0] == b'1' && (b'3'..=b'9').contains(&national[1])
}
