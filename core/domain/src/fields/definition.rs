//! Declarations of fields, and what is wrong with them.

use super::checklist::{MOST_COPIES, RequiredDocument};
use crate::error::{Text, WrongField};
use crate::money::LIMIT;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Fields of one set of declarations.
pub const MOST_FIELDS: usize = 100;
const MOST_CHOICES: usize = 200;
const MOST_DOCUMENTS: usize = 50;
/// Characters of a text without `max_length`, and of any.
pub(super) const USUAL_LENGTH: u32 = 200;
const LONGEST: u32 = 4000;

named! {
/// What a field holds.
pub enum FieldKind {
    /// Text of `min_length` to `max_length` characters.
    Text = "text",
    /// A whole number from `minimum` to `maximum`.
    Number = "number",
    /// A number with `digits` decimals, as a whole number of the last of them: 1250 with two digits is 12.50.
    Decimal = "decimal",
    /// Minor units of the chain's currency.
    Money = "money",
    /// `2026-03-01`
    Date = "date",
    /// true or false.
    Flag = "flag",
    /// The code of one of `choices`.
    Choice = "choice",
    /// Codes of several of `choices`.
    Choices = "choices",
    /// In international form.
    Phone = "phone",
    /// Number of an identity document.
    Identity = "identity",
    /// Licence plate.
    Plate = "plate",
    /// Unified social credit code.
    CreditCode = "credit_code",
    /// Mail address.
    Mail = "mail",
    /// A checklist: copies handed in by the codes of `documents`, `{"identity": 2}`.
    Documents = "documents",
    /// Whole numbers by year, such as service visits: `{"2026": 3}`.
    Years = "years",
}
}

impl FieldKind {
    fn has_choices(self) -> bool {
        matches!(self, FieldKind::Choice | FieldKind::Choices)
    }

    fn has_range(self) -> bool {
        matches!(self, FieldKind::Number | FieldKind::Decimal | FieldKind::Money)
    }
}

/// One of a field's choices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Unique in the field: 1–32 lower-case letters, digits and `_`.
    #[schema(example = "own")]
    pub code: String,
    pub label: Text,
}

/// A field is asked for only when another one holds a certain value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Name of a flag or of a field with choices that stands before this one.
    #[schema(example = "married")]
    pub field: String,
    /// `true` or `false`, or codes of choices: one of them must be there.
    #[schema(example = json!(["true"]))]
    pub is: Vec<String>,
}

impl Condition {
    /// Whether the other field's value is one of those wanted.
    pub(super) fn holds(&self, value: Option<&Value>) -> bool {
        let wanted = |text: &str| self.is.iter().any(|one| one == text);
        match value {
            Some(Value::Bool(flag)) => wanted(if *flag { "true" } else { "false" }),
            Some(Value::String(code)) => wanted(code),
            Some(Value::Array(codes)) => codes.iter().filter_map(Value::as_str).any(wanted),
            _ => false,
        }
    }
}

/// A field as a chain declares it. Limits that its kind doesn't have are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    /// Unique in its set, never shown: 1–32 lower-case letters, digits and `_`, a letter first.
    #[schema(example = "skin_type", pattern = r"^[a-z][a-z0-9_]{0,31}$")]
    pub name: String,
    pub label: Text,
    pub kind: FieldKind,
    /// Must be filled in where it is asked for.
    #[serde(default)]
    pub required: bool,
    /// Absent: always asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// Characters of a text, at most 4000; 200 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// Of a number, a decimal (in its last digit) or money (minor units).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
    /// Decimals of a decimal, 1–6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<RequiredDocument>,
}

/// Everything wrong with a set of declarations; pointers are below `/fields`.
pub fn check_definitions(fields: &[FieldDefinition]) -> Vec<WrongField> {
    let mut faults = Faults::default();
    if !(1..=MOST_FIELDS).contains(&fields.len()) {
        faults.at = "/fields".into();
        faults.add("", "应有 1 至 100 个字段", "There must be 1 to 100 fields");
    }
    let mut names = BTreeSet::new();
    for (i, field) in fields.iter().enumerate() {
        faults.at = format!("/fields/{i}");
        if !is_name(&field.name) || !names.insert(field.name.as_str()) {
            faults.add(
                "/name",
                "1–32 个小写字母、数字或 _，字母开头，不能重复",
                "1–32 lower-case letters, digits or '_', a letter first, not used twice",
            );
        }
        check_label(&mut faults, "/label", &field.label);
        check_limits(&mut faults, field);
        check_choices(&mut faults, field);
        check_documents(&mut faults, field);
        if let Some(when) = &field.when {
            check_condition(&mut faults, when, &fields[..i]);
        }
    }
    faults.found
}

#[derive(Default)]
struct Faults {
    /// Pointer of the field that is looked at.
    at: String,
    found: Vec<WrongField>,
}

impl Faults {
    fn add(&mut self, below: &str, zh: &str, en: &str) {
        self.found.push(WrongField::new(format!("{}{below}", self.at), zh, en));
    }
}

/// 1–32 lower-case letters, digits and `_`, a letter first.
pub fn is_name(text: &str) -> bool {
    is_code(text, 32) && text.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_code(text: &str, longest: usize) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}

fn check_label(faults: &mut Faults, below: &str, label: &Text) {
    for (language, text) in [("zh", &label.zh), ("en", &label.en)] {
        if text.trim().is_empty() || text.chars().count() > 100 || text.chars().any(char::is_control) {
            let below = format!("{below}/{language}");
            faults.add(&below, "请填写 1–100 个字符", "1 to 100 characters");
        }
    }
}

fn check_limits(faults: &mut Faults, field: &FieldDefinition) {
    let text = field.kind == FieldKind::Text;
    let range = field.kind.has_range();
    for (name, present, fits) in [
        ("min_length", field.min_length.is_some(), text),
        ("max_length", field.max_length.is_some(), text),
        ("minimum", field.minimum.is_some(), range),
        ("maximum", field.maximum.is_some(), range),
        ("digits", field.digits.is_some(), field.kind == FieldKind::Decimal),
    ] {
        if present && !fits {
            let below = format!("/{name}");
            faults.add(&below, "这类字段没有此项限制", "A field of this kind has no such limit");
        }
    }
    let (shortest, longest) = (field.min_length.unwrap_or(0), field.max_length.unwrap_or(USUAL_LENGTH));
    if longest == 0 || longest > LONGEST || shortest > longest {
        faults.add(
            "/max_length",
            "最大长度为 1–4000，且不小于最小长度",
            "1 to 4000, and not below min_length",
        );
    }
    let (least, most) = (field.minimum.unwrap_or(-LIMIT), field.maximum.unwrap_or(LIMIT));
    if least < -LIMIT || most > LIMIT || least > most {
        faults.add(
            "/maximum",
            "不能小于 minimum，且须在 ±(2^53−1) 之内",
            "Not below minimum, within ±(2^53−1)",
        );
    }
    if field.kind == FieldKind::Decimal && !field.digits.is_some_and(|digits| (1..=6).contains(&digits)) {
        faults.add(
            "/digits",
            "小数字段须说明小数位数，1–6",
            "A decimal says how many digits it has, 1 to 6",
        );
    }
}

fn check_choices(faults: &mut Faults, field: &FieldDefinition) {
    let count = field.choices.len();
    if field.kind.has_choices() != (count > 0) || count > MOST_CHOICES {
        faults.add(
            "/choices",
            "选择字段须有 1–200 个选项，其他字段没有选项",
            "1 to 200 for a field with choices, none for others",
        );
    }
    let mut codes = BTreeSet::new();
    for (i, choice) in field.choices.iter().enumerate() {
        check_code(faults, &format!("/choices/{i}"), &choice.code, &mut codes);
        check_label(faults, &format!("/choices/{i}/label"), &choice.label);
    }
}

fn check_documents(faults: &mut Faults, field: &FieldDefinition) {
    let count = field.documents.len();
    if (field.kind == FieldKind::Documents) != (count > 0) || count > MOST_DOCUMENTS {
        faults.add(
            "/documents",
            "材料清单须有 1–50 份材料，其他字段没有材料",
            "1 to 50 for a checklist, none for others",
        );
    }
    let mut codes = BTreeSet::new();
    for (i, document) in field.documents.iter().enumerate() {
        check_code(faults, &format!("/documents/{i}"), &document.code, &mut codes);
        check_label(faults, &format!("/documents/{i}/label"), &document.label);
        if !(1..=MOST_COPIES).contains(&document.copies) {
            faults.add(&format!("/documents/{i}/copies"), "份数应为 1 至 99", "1 to 99 copies");
        }
    }
}

/// A code that stands once in its list.
fn check_code<'c>(faults: &mut Faults, below: &str, code: &'c str, seen: &mut BTreeSet<&'c str>) {
    if !is_code(code, 32) || !seen.insert(code) {
        faults.add(
            &format!("{below}/code"),
            "1–32 个小写字母、数字或 _，不能重复",
            "1–32 lower-case letters, digits or '_', not used twice",
        );
    }
}

fn check_condition(faults: &mut Faults, when: &Condition, earlier: &[FieldDefinition]) {
    let other = earlier.iter().find(|field| field.name == when.field);
    let known = |value: &String| match other {
        Some(field) if field.kind == FieldKind::Flag => matches!(value.as_str(), "true" | "false"),
        Some(field) if field.kind.has_choices() => field.choices.iter().any(|choice| choice.code == *value),
        _ => false,
    };
    let Some(other) = other else {
        faults.add(
            "/when/field",
            "条件只能引用排在前面的字段",
            "A condition names a field that stands before this one",
        );
        return;
    };
    if other.kind != FieldKind::Flag && !other.kind.has_choices() {
        faults.add(
            "/when/field",
            "条件只能引用是否或选择字段",
            "A condition names a flag or a field with choices",
        );
    } else if when.is.is_empty() || !when.is.iter().all(known) {
        faults.add(
            "/when/is",
            "须是该字段的选项，或 true、false",
            "Choices of that field, or true or false",
        );
    }
}
