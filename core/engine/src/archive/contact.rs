//! What is sealed under a person's own key, the blind indexes that find it, and how little of it is shown.

use crate::error::{Error, Result};
use crate::keys::{self, ChainKeys, Digest, IndexKind, PersonKey};
use cardea_domain::Day;
use cardea_domain::id::CustomerId;
use cardea_domain::identifier::DocumentKind;
use cardea_domain::lunar::{BirthdayCalendar, LunarDay};
use cardea_domain::phone::line_and_extension;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroize;

/// Contact and identity data of a customer: the document that is sealed. Wiped when dropped.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// International form, the main one first.
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub birthday: Option<Day>,
    /// By which calendar it is kept.
    #[serde(default, skip_serializing_if = "is_solar")]
    pub birthday_calendar: BirthdayCalendar,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_number: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_kind: Option<DocumentKind>,
}

fn is_solar(calendar: &BirthdayCalendar) -> bool {
    *calendar == BirthdayCalendar::Solar
}

/// Personal data don't get into logs.
impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contact").finish_non_exhaustive()
    }
}

impl Drop for Contact {
    fn drop(&mut self) {
        self.phones.zeroize();
        self.identity_number.zeroize();
    }
}

impl Contact {
    /// Seals it under the customer's key.
    pub(crate) fn seal(&self, key: &PersonKey) -> Result<Vec<u8>> {
        let document = zeroize::Zeroizing::new(serde_json::to_vec(self)?);
        key.seal(&document).map_err(Error::internal)
    }

    /// Opens what is stored of a customer. Without a key (erased) there is nothing.
    pub(crate) fn open(
        keys: &ChainKeys,
        customer: CustomerId,
        data_key: Option<&[u8]>,
        sealed: Option<&[u8]>,
    ) -> Result<Self> {
        let (Some(data_key), Some(sealed)) = (data_key, sealed) else {
            return Ok(Self::default());
        };
        let opened = keys.open_person(customer, data_key).and_then(|key| key.open(sealed));
        let document = opened.map_err(|e| Error::internal(format!("contact of customer {customer}: {e}")))?;
        Ok(serde_json::from_slice(&document)?)
    }

    /// The lunar birthday that is kept; None for a solar one.
    pub(crate) fn lunar_birthday(&self) -> Option<LunarDay> {
        let kept = self.birthday.filter(|_| !is_solar(&self.birthday_calendar));
        kept.and_then(LunarDay::of)
    }

    /// Every digest under which the customer is found, each once.
    pub(crate) fn digests(&self, keys: &ChainKeys, name: &str) -> Vec<(IndexKind, Digest)> {
        let mut digests: Vec<_> = self.phones.iter().flat_map(|phone| keys.phone_digests(phone)).collect();
        if let Some(number) = &self.identity_number {
            digests.push((IndexKind::Identity, keys.digest(IndexKind::Identity, number)));
        }
        if let Some(birthday) = self.birthday {
            digests.push((
                IndexKind::BirthMd,
                keys.digest(IndexKind::BirthMd, &kept_on(birthday, self.birthday_calendar)),
            ));
            let year = birthday.year().to_string();
            digests.push((IndexKind::BirthYear, keys.digest(IndexKind::BirthYear, &year)));
            let both = keys::name_and_birth(name, birthday);
            digests.push((IndexKind::NameBirth, keys.digest(IndexKind::NameBirth, &both)));
        }
        // Two phones may end in the same four digits.
        digests.sort_unstable();
        digests.dedup();
        digests
    }
}

/// `138****5678`: the first three and last four digits, without China's country code; `755****3456-8` with an extension.
pub fn mask_phone(phone: &str) -> String {
    match line_and_extension(phone) {
        (line, Some(extension)) => format!("{}-{extension}", mask_line(line)),
        (line, None) => mask_line(line),
    }
}

fn mask_line(phone: &str) -> String {
    let (country, digits) = match phone.strip_prefix("+86") {
        Some(national) => ("", national),
        None => match phone.strip_prefix('+') {
            Some(digits) => ("+", digits),
            None => ("", phone),
        },
    };
    let length = digits.len();
    // Short numbers would be readable between three and four digits.
    let (head, tail) = if length >= 10 {
        (3, 4)
    } else {
        (1.min(length), 2.min(length))
    };
    if !digits.is_ascii() || length <= head + tail {
        return "*".repeat(length);
    }
    format!(
        "{country}{}{}{}",
        &digits[..head],
        "*".repeat(length - head - tail),
        &digits[length - tail..]
    )
}

/// Month and day of a birthday in the calendar it is kept by: `05-01`, or `lunar 08-15`; a leap month's in the plain one.
fn kept_on(birthday: Day, calendar: BirthdayCalendar) -> String {
    match LunarDay::of(birthday).filter(|_| !is_solar(&calendar)) {
        Some(lunar) => format!("lunar {:02}-{:02}", lunar.month, lunar.day),
        None => keys::birth_month_day(birthday),
    }
}

/// Under which keys those are found who may keep their birthday on this day.
pub(crate) fn birthday_keys(today: Day) -> Vec<String> {
    let mut found = vec![keys::birth_month_day(today)];
    if today.ymd().1 == 2 && today.ymd().2 == 28 {
        found.push("02-29".into());
    }
    if let Some(lunar) = LunarDay::of(today) {
        found.push(format!("lunar {:02}-{:02}", lunar.month, lunar.day));
        if lunar.day == 29 {
            found.push(format!("lunar {:02}-30", lunar.month));
        }
    }
    found
}

/// `****-05-01`: whose birthday it is may be known, the age not.
pub fn mask_birthday(birthday: Day) -> String {
    format!("****-{}", keys::birth_month_day(birthday))
}

/// `1****************X`
pub fn mask_identity(number: &str) -> String {
    let length = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(i, c)| if i == 0 || i + 1 == length { c } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_what_the_rule_says() {
        for (phone, masked) in [
            ("+8613812345678", "138****5678"),
            ("+861062345678", "106***5678"),
            ("+8675526123456;ext=8", "755****3456-8"),
            ("+442079460958", "+442*****0958"),
            ("+3221234", "+3****34"),
            ("", ""),
            ("12", "**"),
        ] {
            assert_eq!(mask_phone(phone), masked, "{phone}");
        }
        assert_eq!(mask_birthday("1990-05-01".parse().unwrap()), "****-05-01");
        assert_eq!(mask_identity("11010519491231002X"), "1****************X");
        assert_eq!(mask_identity("A"), "A");
    }

    #[test]
    fn documents_of_older_versions_are_readable() {
        let contact: Contact = serde_json::from_str("{}").unwrap();
        assert_eq!(contact, Contact::default());
        let contact: Contact = serde_json::from_str(r#"{"phones":["+8613812345678"],"wechat":"x"}"#).unwrap();
        assert_eq!(contact.phones, ["+8613812345678"]);
    }
}
