//! Blind indexes: keyed digests by which a customer is found without storing what was searched for. A value must
//! first be brought into one form, or the same phone written twice would have two digests.

use super::ChainKeys;
use cardea_domain::calendar::Day;
use serde::{Deserialize, Serialize};

/// HMAC-SHA-256 under the chain's key of one [`IndexKind`].
pub type Digest = [u8; 32];

/// What a digest is of; also the `kind` column of `customer_indexes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKind {
    /// The whole number in international form.
    Phone,
    /// Its last four digits: what people say at the till.
    PhoneLast4,
    /// Identity number.
    Identity,
    /// Month and day of birth, for birthday messages.
    BirthMd,
    /// Name and date of birth, to find duplicates.
    NameBirth,
}

impl IndexKind {
    pub const ALL: [IndexKind; 5] = [
        IndexKind::Phone,
        IndexKind::PhoneLast4,
        IndexKind::Identity,
        IndexKind::BirthMd,
        IndexKind::NameBirth,
    ];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            IndexKind::Phone => "phone",
            IndexKind::PhoneLast4 => "phone_last4",
            IndexKind::Identity => "identity",
            IndexKind::BirthMd => "birth_md",
            IndexKind::NameBirth => "name_birth",
        }
    }
}

/// Half-width form of what a Chinese input method may have typed full-width.
fn half_width(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '＋' | '－' | '（' | '）' => {
            char::from_u32(c as u32 - 0xFEE0).unwrap_or(c)
        }
        '\u{3000}' => ' ',
        other => other,
    }
}

/// A phone number in international form (`+8613812345678`), or None where it isn't one. Without a country it is
/// Chinese: a mobile number (`1…`, 11 digits) or a land line with its area code (`0…`). Anything but digits and the
/// usual separators is refused: a spreadsheet's `1.38E+10` is not a number that can be guessed back (D-ARC-13).
pub fn phone(text: &str) -> Option<String> {
    let text: String = text.trim().chars().map(half_width).collect();
    let (international, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => match text.strip_prefix("00") {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        },
    };
    if !rest
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '(' | ')'))
    {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    match (international, digits.len()) {
        (true, 7..=15) => match digits.strip_prefix("86") {
            Some(national) => chinese(national),
            None if digits.starts_with('0') => None,
            None => Some(format!("+{digits}")),
        },
        (false, 13) if digits.starts_with("861") => chinese(&digits[2..]),
        (false, _) => match digits.strip_prefix('0') {
            Some(land_line) if (9..=11).contains(&land_line.len()) => chinese(land_line),
            Some(_) => None,
            None if digits.starts_with('1') => chinese(&digits),
            None => None,
        },
        _ => None,
    }
}

/// A Chinese number without its leading 0: 11 digits from 13 to 19 for a mobile, 9–11 from an area code.
fn chinese(national: &str) -> Option<String> {
    let bytes = national.as_bytes();
    let mobile = bytes.len() == 11 && bytes[0] == b'1' && (b'3'..=b'9').contains(&bytes[1]);
    let land_line = match bytes.first() {
        // Beijing's 10 is the one area code that starts with 1.
        Some(b'1') => bytes.len() == 10 && bytes[1] == b'0',
        Some(b'2'..=b'9') => (9..=11).contains(&bytes.len()),
        _ => false,
    };
    (mobile || land_line).then(|| format!("+86{national}"))
}

/// The last four digits of a number in international form.
pub fn last_four(phone: &str) -> &str {
    &phone[phone.len().saturating_sub(4)..]
}

/// An identity number in one form: 5–32 ASCII letters (upper case) and digits.
pub fn identity_number(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .map(half_width)
        .filter(|c| !matches!(c, ' ' | '-'))
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let valid = (5..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric());
    valid.then_some(number)
}

/// `05-01`
pub fn birth_month_day(birthday: Day) -> String {
    let (_, month, day) = birthday.ymd();
    format!("{month:02}-{day:02}")
}

/// Name and birth date in one form: case and spaces don't tell two people apart.
pub fn name_and_birth(name: &str, birthday: Day) -> String {
    let (year, month, day) = birthday.ymd();
    let name: String = name
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect();
    format!("{name}|{year:04}-{month:02}-{day:02}")
}

impl ChainKeys {
    /// Digests of a number in international form: the whole and its last four digits.
    pub fn phone_digests(&self, phone: &str) -> [(IndexKind, Digest); 2] {
        [
            (IndexKind::Phone, self.digest(IndexKind::Phone, phone)),
            (
                IndexKind::PhoneLast4,
                self.digest(IndexKind::PhoneLast4, last_four(phone)),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use cardea_domain::id::ChainId;
    use uuid::Uuid;

    #[test]
    fn phones_have_one_form() {
        for (typed, form) in [
            ("13812345678", Some("+8613812345678")),
            (" 138 1234 5678 ", Some("+8613812345678")),
            ("138-1234-5678", Some("+8613812345678")),
            ("+86 13812345678", Some("+8613812345678")),
            ("0086-13812345678", Some("+8613812345678")),
            ("8613812345678", Some("+8613812345678")),
            ("１３８１２３４５６７８", Some("+8613812345678")),
            ("010-62345678", Some("+861062345678")),
            ("0755 26123456", Some("+8675526123456")),
            ("+44 20 7946 0958", Some("+442079460958")),
            ("1.38E+10", None),
            ("1.38123E+10", None),
            ("13812345678.0", None),
            ("1381234567", None),
            ("138123456789", None),
            ("12812345678", None),
            ("+86 12812345678", None),
            ("5678", None),
            ("0138", None),
            ("", None),
            ("+", None),
            ("王芳", None),
            ("+0612345678", None),
        ] {
            assert_eq!(phone(typed).as_deref(), form, "{typed:?}");
        }
        assert_eq!(last_four("+8613812345678"), "5678");
    }

    #[test]
    fn identity_numbers_have_one_form() {
        assert_eq!(
            identity_number("11010519491231002x").as_deref(),
            Some("11010519491231002X")
        );
        assert_eq!(
            identity_number("1101 0519 4912 31002X").as_deref(),
            Some("11010519491231002X")
        );
        assert_eq!(identity_number("1.1E+17"), None);
        assert_eq!(identity_number("1234"), None);
    }

    #[test]
    fn digests_differ_by_chain_and_kind_and_hide_the_value() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(dir.path(), true).unwrap();
        let one = keys.chain(ChainId(Uuid::from_u128(1)));
        let two = keys.chain(ChainId(Uuid::from_u128(2)));
        let digest = one.digest(IndexKind::Phone, "+8613812345678");
        assert_eq!(digest, one.digest(IndexKind::Phone, "+8613812345678"));
        assert_ne!(digest, two.digest(IndexKind::Phone, "+8613812345678"));
        assert_ne!(
            one.digest(IndexKind::Phone, "5678"),
            one.digest(IndexKind::PhoneLast4, "5678")
        );
        let plain: Digest = <sha2::Sha256 as sha2::Digest>::digest(b"+8613812345678").into();
        assert_ne!(digest, plain, "an unkeyed hash of a phone can be tried out");
    }
}
