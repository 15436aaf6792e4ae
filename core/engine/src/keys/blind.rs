//! Blind indexes: keyed digests by which a customer is found without storing what was searched for. A value must
//! first be brought into one form, or the same phone written twice would have two digests.

use super::ChainKeys;
use cardea_domain::calendar::Day;
use cardea_domain::identifier::{half_width, is_invisible};
use cardea_domain::phone::{last_four, line_and_extension};
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
    /// Year of birth, for segments by age.
    BirthYear,
    /// Name and date of birth, to find duplicates.
    NameBirth,
    /// Mail address, in lower case.
    Mail,
    /// WeChat id, in lower case.
    Wechat,
    /// Unified social credit code, in lower case.
    CreditCode,
    /// Licence plate, in lower case.
    Plate,
    /// Number in another system, in one form.
    ExternalRef,
    /// How a name is typed by its sound.
    Pinyin,
    /// Two neighbouring characters of a text.
    Text,
    /// The code of a voucher.
    Voucher,
}

impl IndexKind {
    pub const ALL: [IndexKind; 14] = [
        IndexKind::Phone,
        IndexKind::PhoneLast4,
        IndexKind::Identity,
        IndexKind::BirthMd,
        IndexKind::BirthYear,
        IndexKind::NameBirth,
        IndexKind::Mail,
        IndexKind::Wechat,
        IndexKind::CreditCode,
        IndexKind::Plate,
        IndexKind::ExternalRef,
        IndexKind::Pinyin,
        IndexKind::Text,
        IndexKind::Voucher,
    ];

    /// The name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            IndexKind::Phone => "phone",
            IndexKind::PhoneLast4 => "phone_last4",
            IndexKind::Identity => "identity",
            IndexKind::BirthMd => "birth_md",
            IndexKind::BirthYear => "birth_year",
            IndexKind::NameBirth => "name_birth",
            IndexKind::Mail => "mail",
            IndexKind::Wechat => "wechat",
            IndexKind::CreditCode => "credit_code",
            IndexKind::Plate => "plate",
            IndexKind::ExternalRef => "external_ref",
            IndexKind::Pinyin => "pinyin",
            IndexKind::Text => "text",
            IndexKind::Voucher => "voucher",
        }
    }
}

/// `05-01`
pub fn birth_month_day(birthday: Day) -> String {
    let (_, month, day) = birthday.ymd();
    format!("{month:02}-{day:02}")
}

/// Name and birth date in one form: case and spaces don't tell two people apart.
pub fn name_and_birth(name: &str, birthday: Day) -> String {
    let (year, month, day) = birthday.ymd();
    let name = external_number(name);
    format!("{name}|{year:04}-{month:02}-{day:02}")
}

/// A number in another system in one form: width, case and blanks don't tell two people apart.
pub fn external_number(number: &str) -> String {
    number
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace() && !is_invisible(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

impl ChainKeys {
    /// Digests of a number in international form: the whole, its line where it has an extension, and the last four
    /// digits of the line.
    pub fn phone_digests(&self, phone: &str) -> Vec<(IndexKind, Digest)> {
        let (line, _) = line_and_extension(phone);
        let of = |kind, text| (kind, self.digest(kind, text));
        let mut digests = vec![of(IndexKind::Phone, phone), of(IndexKind::PhoneLast4, last_four(phone))];
        if line != phone {
            digests.push(of(IndexKind::Phone, line));
        }
        digests
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use cardea_domain::id::ChainId;
    use uuid::Uuid;

    #[test]
    fn digests_differ_by_chain_and_kind_and_hide_the_value() {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keys::open(&dir.path().join("keys"), true).unwrap();
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
