//! Numbers of identity documents: each kind by its own rule, none better than another.

use super::fault::{Fault, first_wrong};
use super::{grouped_number, resident};
use crate::calendar::Day;

named! {
/// A kind of identity document.
pub enum DocumentKind {
    /// Resident identity card, or a residence permit with a number of that form.
    ResidentId = "resident_id",
    /// Any country's passport, and the mainland's travel permits to Hong Kong, Macau and Taiwan.
    Passport = "passport",
    /// 港澳居民来往内地通行证
    HkMacauPermit = "hk_macau_permit",
    /// 台湾居民来往大陆通行证
    TaiwanPermit = "taiwan_permit",
    /// Another document: 5–32 letters and digits.
    Other = "other",
}
}

/// The document's kind and its number in one form: capitals, no blanks. Without a kind it is a resident's if it looks
/// like one, else `other`.
///
/// # Errors
/// [`Fault`]
pub fn document(kind: Option<DocumentKind>, text: &str, today: Day) -> Result<(DocumentKind, String), Fault> {
    let kind = kind.unwrap_or_else(|| guessed(text));
    let number = grouped_number(text).to_ascii_uppercase();
    let chars: Vec<char> = number.chars().collect();
    match kind {
        DocumentKind::ResidentId => return Ok((kind, resident(text, today)?)),
        DocumentKind::Passport => passport(&chars)?,
        DocumentKind::HkMacauPermit => hk_macau(&chars)?,
        DocumentKind::TaiwanPermit => taiwan(&chars)?,
        DocumentKind::Other => other(&chars)?,
    }
    Ok((kind, number))
}

/// Fifteen digits and more are nobody's passport: most likely a resident's number with a slip in it.
fn guessed(text: &str) -> DocumentKind {
    let number = grouped_number(text);
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits >= 15 && number.chars().count() <= 20 {
        DocumentKind::ResidentId
    } else {
        DocumentKind::Other
    }
}

/// ICAO 9303: at most nine letters and digits.
fn passport(chars: &[char]) -> Result<(), Fault> {
    if let Some((position, wrong)) = first_wrong(chars, |_, c| c.is_ascii_alphanumeric()) {
        let (zh, en) = (
            "护照号只有字母和数字",
            "a passport's number has letters and digits only",
        );
        return Err(Fault::at(position, wrong, zh, en));
    }
    if !(5..=9).contains(&chars.len()) {
        return Err(Fault::length("5–9", chars.len()));
    }
    if chars.iter().any(char::is_ascii_digit) {
        Ok(())
    } else {
        Err(Fault::whole("护照号里应有数字", "A passport's number has digits"))
    }
}

/// H or M, eight digits, and two more where the number of the issue is given.
fn hk_macau(chars: &[char]) -> Result<(), Fault> {
    let belongs = |position: usize, c: char| match position {
        1 => matches!(c, 'H' | 'M'),
        _ => c.is_ascii_digit(),
    };
    if let Some((position, wrong)) = first_wrong(chars, belongs) {
        let (zh, en) = (
            "通行证号以 H（香港）或 M（澳门）开头，后面是 8 位数字",
            "H (Hong Kong) or M (Macau), then eight digits",
        );
        return Err(Fault::at(position, wrong, zh, en));
    }
    match chars.len() {
        9 | 11 => Ok(()),
        found => Err(Fault::length("9", found)),
    }
}

/// Eight digits; older ones ten, or eight with the number of the issue.
fn taiwan(chars: &[char]) -> Result<(), Fault> {
    if let Some((position, wrong)) = first_wrong(chars, |_, c| c.is_ascii_digit()) {
        let (zh, en) = ("台胞证号只有数字", "a Taiwan permit's number has digits only");
        return Err(Fault::at(position, wrong, zh, en));
    }
    match chars.len() {
        8 | 10 => Ok(()),
        found => Err(Fault::length("8", found)),
    }
}

fn other(chars: &[char]) -> Result<(), Fault> {
    if let Some((position, wrong)) = first_wrong(chars, |_, c| c.is_ascii_alphanumeric()) {
        let (zh, en) = (
            "证件号只有字母和数字",
            "a document's number has letters and digits only",
        );
        return Err(Fault::at(position, wrong, zh, en));
    }
    match chars.len() {
        5..=32 => Ok(()),
        found => Err(Fault::length("5–32", found)),
    }
}
