//! Checks that every archive input shares: texts, codes, patches. Each refusal names its field.

use crate::error::Result;
use crate::store::Answered;
use cardea_domain::identifier::Fault;
use cardea_domain::{Code, Refusal, Text};
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// What a write of the archive gives back: the row as it stands now, in clear as the actor may see it. The stored
/// answer holds only its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// 201 or 200.
    pub status: u16,
    /// Answered from an earlier command under the same idempotency key.
    pub replayed: bool,
    pub value: T,
}

/// The answer that is stored: an id.
#[derive(serde::Serialize, Deserialize)]
pub(crate) struct Stored {
    pub id: Uuid,
}

impl Stored {
    pub fn of(id: impl Into<crate::store::Id>) -> Self {
        Self { id: id.into().0 }
    }
}

impl<T> Written<T> {
    /// Reads what an answered write is about.
    pub(crate) fn read(answered: Answered, read: impl FnOnce(Uuid) -> Result<T>) -> Result<Self, Refusal> {
        let stored: Stored = serde_json::from_str(&answered.json).map_err(crate::Error::from)?;
        Ok(Self {
            status: answered.status,
            replayed: answered.replayed,
            value: read(stored.id)?,
        })
    }
}

pub(crate) fn field(pointer: &str, zh: &str, en: &str) -> Refusal {
    Refusal::new(Code::FieldInvalid, zh, en).at(pointer)
}

/// A number that isn't what it should be.
pub(crate) fn faulty(pointer: &str, fault: Fault) -> Refusal {
    field(pointer, &fault.detail.zh, &fault.detail.en)
}

/// A text without its outer spaces, 1–`longest` characters, none of them a control character.
pub(crate) fn text(value: &str, longest: usize, pointer: &str) -> Result<String, Refusal> {
    let value = value.trim();
    if value.is_empty() {
        return Err(field(pointer, "不能为空", "Must not be empty"));
    }
    if value.chars().count() > longest {
        return Err(field(
            pointer,
            &format!("最多 {longest} 个字符"),
            &format!("At most {longest} characters"),
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(field(pointer, "不能包含控制字符", "Must not hold control characters"));
    }
    Ok(value.to_owned())
}

/// A text of several lines, as [`text`].
pub(crate) fn lines(value: &str, longest: usize, pointer: &str) -> Result<String, Refusal> {
    text(&value.replace(['\n', '\r', '\t'], " "), longest, pointer)?;
    Ok(value.trim().to_owned())
}

/// A code that people type and tills send: 1–32 lower-case letters, digits, `-`, `_` and `.`; capitals are lowered.
pub(crate) fn code(value: &str, pointer: &str) -> Result<String, Refusal> {
    let value = value.trim().to_ascii_lowercase();
    let valid = (1..=32).contains(&value.len())
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if valid {
        return Ok(value);
    }
    Err(field(
        pointer,
        "只能用 1–32 个字母、数字或 - _ .",
        "1–32 letters, digits, '-', '_' or '.'",
    ))
}

/// Both languages of a name.
pub(crate) fn name_pair(name: &Text, pointer: &str) -> Result<Text, Refusal> {
    Ok(Text::new(
        text(&name.zh, 100, &format!("{pointer}/zh"))?,
        text(&name.en, 100, &format!("{pointer}/en"))?,
    ))
}

/// A change's text, if there is one, checked as [`text`].
pub(crate) fn set_text(field: &mut String, value: Option<&str>, longest: usize, pointer: &str) -> Result<(), Refusal> {
    if let Some(value) = value {
        *field = text(value, longest, pointer)?;
    }
    Ok(())
}

/// What is still in use isn't archived.
pub(crate) fn in_use(zh: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(Code::InUse, zh, en).at("/active")
}

/// # Errors
/// `version_conflict` unless the row is still at the version the client saw.
pub(crate) fn check_version(found: i64, expected: i64) -> Result<(), Refusal> {
    if found == expected {
        return Ok(());
    }
    Err(Refusal::new(
        Code::VersionConflict,
        "内容已被他人修改，请刷新后重试",
        "Somebody has changed it since you read it; read it again",
    ))
}

/// Of a customer whose data were erased nothing can be written or shown.
pub(crate) fn erased() -> Refusal {
    Refusal::new(
        Code::Erased,
        "这位顾客的资料已删除，不能再登记或查看",
        "This customer's data were erased: nothing can be written about them or shown",
    )
}

pub(crate) fn not_found() -> Refusal {
    Refusal::new(Code::NotFound, "没有找到", "There is no such thing here")
}

/// # Errors
/// `already_exists` at `pointer`.
pub(crate) fn exists(pointer: &str) -> Refusal {
    Refusal::new(Code::AlreadyExists, "已被使用", "It is in use already").at(pointer)
}

/// A field of a patch that may be cleared: missing is None, `null` is Some(None).
pub(crate) fn clearable<'de, D, T>(deserializer: D) -> std::result::Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// A field of something new that may be missing or `null`: then it has its default.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_codes_are_checked() {
        assert_eq!(text("  王府井店 ", 5, "/name").unwrap(), "王府井店");
        for wrong in ["", "   ", "one two three", "a\nb"] {
            let refusal = text(wrong, 5, "/name").unwrap_err();
            assert_eq!(
                (refusal.code, refusal.pointer.as_deref()),
                (Code::FieldInvalid, Some("/name")),
                "{wrong:?}"
            );
        }
        assert_eq!(code(" S01 ", "/code").unwrap(), "s01");
        for wrong in ["", "s 1", "店", &"x".repeat(33)] {
            assert!(code(wrong, "/code").is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_patch_tells_missing_from_null() {
        #[derive(Deserialize)]
        struct Patch {
            #[serde(default, deserialize_with = "clearable")]
            stock: Option<Option<i64>>,
        }
        let read = |json: &str| serde_json::from_str::<Patch>(json).unwrap().stock;
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"stock":null}"#), Some(None));
        assert_eq!(read(r#"{"stock":3}"#), Some(Some(3)));
    }
}
