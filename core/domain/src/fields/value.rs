//! One value, by its field's kind.

use super::definition::USUAL_LENGTH;
use super::{FieldDefinition, FieldKind, checklist, pointer};
use crate::calendar::Day;
use crate::error::{Text, WrongField};
use crate::identifier::{self, Fault};
use crate::money::LIMIT;
use crate::phone;
use serde_json::{Value, json};

/// Everything wrong with a value.
pub(super) type Faults = Vec<WrongField>;

/// The value in one form; null for nothing, also for an empty text or list.
pub(super) fn clean(field: &FieldDefinition, value: &Value, today: Day) -> Result<Value, Faults> {
    let at = pointer(&field.name);
    let single = |detail: Text| {
        vec![WrongField {
            pointer: at.clone(),
            detail,
        }]
    };
    let empty = match value {
        Value::Null => true,
        Value::String(text) => identifier::identifier(text).is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(parts) => parts.is_empty(),
        _ => false,
    };
    if empty {
        return Ok(Value::Null);
    }
    match field.kind {
        FieldKind::Choices => choices(field, value, &at),
        FieldKind::Documents | FieldKind::Years => checklist::clean(field, value, today),
        FieldKind::Flag if value.is_boolean() => Ok(value.clone()),
        FieldKind::Flag => Err(single(Text::new("应为是或否", "True or false"))),
        FieldKind::Number | FieldKind::Decimal | FieldKind::Money => number(field, value).map_err(single),
        _ => {
            let Some(typed) = value.as_str() else {
                return Err(single(Text::new("应为文字", "A text is expected here")));
            };
            text(field, typed, today).map_err(single)
        }
    }
}

fn number(field: &FieldDefinition, value: &Value) -> Result<Value, Text> {
    let (least, most) = (field.minimum.unwrap_or(-LIMIT), field.maximum.unwrap_or(LIMIT));
    match value.as_i64() {
        Some(number) if (least..=most).contains(&number) => Ok(json!(number)),
        Some(_) => {
            let digits = field.digits.unwrap_or(0);
            let (least, most) = (scaled(least, digits), scaled(most, digits));
            let unit = if field.kind == FieldKind::Money {
                ("分", "minor units")
            } else {
                ("", "")
            };
            Err(Text::new(
                format!("应在 {least} 至 {most}{} 之间", unit.0),
                format!("It must lie between {least} and {most} {}", unit.1)
                    .trim_end()
                    .to_owned(),
            ))
        }
        None => Err(Text::new("应为整数", "A whole number is expected here")),
    }
}

/// `1250` with two digits: `12.50`.
fn scaled(number: i64, digits: u32) -> String {
    if digits == 0 {
        return number.to_string();
    }
    let unit = 10_u64.pow(digits);
    let size = number.unsigned_abs();
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}.{:0width$}", size / unit, size % unit, width = digits as usize)
}

fn text(field: &FieldDefinition, typed: &str, today: Day) -> Result<Value, Text> {
    let detail = |fault: Fault| fault.detail;
    let form = match field.kind {
        FieldKind::Date => date(typed)?,
        FieldKind::Phone => phone::check(typed).map_err(detail)?,
        FieldKind::Identity => identifier::document(None, typed, today).map_err(detail)?.1,
        FieldKind::Plate => identifier::plate(typed).map_err(detail)?,
        FieldKind::CreditCode => identifier::credit_code(typed).map_err(detail)?,
        FieldKind::Mail => identifier::mail(typed).map_err(detail)?,
        FieldKind::Choice => choice(field, typed)?,
        _ => free_text(field, typed)?,
    };
    Ok(Value::String(form))
}

fn date(typed: &str) -> Result<String, Text> {
    let day: Result<Day, _> = identifier::identifier(typed).parse();
    day.map(|day| day.to_string()).map_err(|_| {
        Text::new(
            "应为日期，例如 2026-03-01",
            "A date such as 2026-03-01 is expected here",
        )
    })
}

fn free_text(field: &FieldDefinition, typed: &str) -> Result<String, Text> {
    let text = typed.trim();
    let length = text.chars().count();
    let (shortest, longest) = (field.min_length.unwrap_or(0), field.max_length.unwrap_or(USUAL_LENGTH));
    if length < shortest as usize || length > longest as usize {
        return Err(Text::new(
            format!("应为 {shortest}–{longest} 个字符，现有 {length} 个"),
            format!("{shortest} to {longest} characters, here are {length}"),
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Text::new("不能包含控制字符", "Must not hold control characters"));
    }
    Ok(text.to_owned())
}

fn choice(field: &FieldDefinition, code: &str) -> Result<String, Text> {
    if field.choices.iter().any(|choice| choice.code == code) {
        return Ok(code.to_owned());
    }
    let known = |label: fn(&Text) -> &str, separator: &str| {
        let labels: Vec<&str> = field
            .choices
            .iter()
            .take(10)
            .map(|choice| label(&choice.label))
            .collect();
        labels.join(separator)
    };
    Err(Text::new(
        format!("不在选项中：{}", known(|label| &label.zh, "、")),
        format!("Not one of the choices: {}", known(|label| &label.en, ", ")),
    ))
}

/// Each once, in the order of the declaration.
fn choices(field: &FieldDefinition, value: &Value, at: &str) -> Result<Value, Faults> {
    let wrong = |pointer: String, detail: Text| WrongField { pointer, detail };
    let Some(items) = value.as_array() else {
        let detail = Text::new("应为选项的列表", "A list of choices is expected here");
        return Err(vec![wrong(at.to_owned(), detail)]);
    };
    let mut faults = Vec::new();
    for (i, item) in items.iter().enumerate() {
        if let Err(detail) = choice(field, item.as_str().unwrap_or_default()) {
            faults.push(wrong(format!("{at}/{i}"), detail));
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let chosen = |code: &str| items.iter().any(|item| item == code);
    let codes = field.choices.iter().map(|choice| choice.code.as_str());
    Ok(codes.filter(|code| chosen(code)).collect())
}
