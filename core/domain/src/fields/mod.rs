//! Fields that a chain declares itself: on customers' cards, in records of its own types. One engine checks the
//! declarations and what is filled in; whoever stores values keeps with each the version it was written under.

mod checklist;
mod definition;
mod value;

pub use checklist::{MOST_COPIES, MissingDocument, RequiredDocument, missing};
pub use definition::{Choice, Condition, FieldDefinition, FieldKind, MOST_FIELDS, check_definitions, is_name};

use crate::calendar::Day;
use crate::error::{Text, WrongField};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A value with the version of the declarations under which it was written: under that version it is shown, whatever
/// later ones say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WrittenValue {
    /// Version of the declarations.
    #[schema(example = 1)]
    pub version: i32,
    /// As its kind has it: text, whole number, true or false, or a list of choices.
    #[schema(value_type = Object)]
    pub value: Value,
}

/// Values by the fields' names.
pub type WrittenValues = BTreeMap<String, WrittenValue>;

/// What was filled in, in one form, or everything that is wrong with it.
///
/// # Errors
/// One [`WrongField`] per field at fault.
pub fn validate(
    fields: &[FieldDefinition],
    values: &Map<String, Value>,
    today: Day,
) -> Result<Map<String, Value>, Vec<WrongField>> {
    let cleaned = change(fields, &WrittenValues::new(), values, today)?;
    Ok(cleaned.into_iter().filter(|(_, value)| !value.is_null()).collect())
}

/// What a change sets, in one form; null where it empties a field. Fields it doesn't name stay as they are, and count
/// for conditions and for what is required as far as they fit the declarations.
///
/// # Errors
/// One [`WrongField`] per field at fault; pointers are `/name`.
pub fn change(
    fields: &[FieldDefinition],
    before: &WrittenValues,
    changes: &Map<String, Value>,
    today: Day,
) -> Result<Map<String, Value>, Vec<WrongField>> {
    let mut wrong = Vec::new();
    for name in changes.keys() {
        if !fields.iter().any(|field| field.name == *name) {
            wrong.push(WrongField::new(
                pointer(name),
                "没有这个字段，或它已停用",
                "There is no such field, or it is no longer in use",
            ));
        }
    }
    let (mut cleaned, mut after, mut shown) = (Map::new(), Map::new(), BTreeSet::new());
    for field in fields {
        let is_shown = field
            .when
            .as_ref()
            .is_none_or(|when| shown.contains(when.field.as_str()) && when.holds(after.get(&when.field)));
        if is_shown {
            shown.insert(field.name.as_str());
        }
        let given = changes.get(&field.name);
        let value = match given {
            Some(value) => match value::clean(field, value, today) {
                Ok(value) => value,
                Err(faults) => {
                    wrong.extend(faults);
                    continue;
                }
            },
            None => before
                .get(&field.name)
                .and_then(|written| value::clean(field, &written.value, today).ok())
                .unwrap_or(Value::Null),
        };
        if let Some(refused) = misplaced(field, is_shown, given.is_some(), &value) {
            wrong.push(WrongField {
                pointer: pointer(&field.name),
                detail: refused,
            });
        }
        if given.is_some() {
            cleaned.insert(field.name.clone(), value.clone());
        }
        after.insert(field.name.clone(), value);
    }
    if wrong.is_empty() { Ok(cleaned) } else { Err(wrong) }
}

/// What is asked for must be there; what isn't asked for must not be given.
fn misplaced(field: &FieldDefinition, is_shown: bool, given: bool, value: &Value) -> Option<Text> {
    let label = &field.label;
    if is_shown && field.required && value.is_null() {
        return Some(Text::new(
            format!("请填写“{}”", label.zh),
            format!("“{}” must be filled in", label.en),
        ));
    }
    (!is_shown && given && !value.is_null()).then(|| {
        Text::new(
            format!("按其他字段所填，“{}”不适用，请留空", label.zh),
            format!(
                "“{}” doesn't apply to what is filled in elsewhere; leave it empty",
                label.en
            ),
        )
    })
}

/// Writes a change that [`change`] has accepted. What it doesn't name keeps its value and its version, also where the
/// field is gone from the declarations.
pub fn write(values: &mut WrittenValues, version: i32, cleaned: Map<String, Value>) {
    for (name, value) in cleaned {
        if value.is_null() {
            values.remove(&name);
        } else {
            values.insert(name, WrittenValue { version, value });
        }
    }
}

fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
