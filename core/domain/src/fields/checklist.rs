//! Checklists of documents with copies, and figures by year.

use super::value::Faults;
use super::{FieldDefinition, FieldKind, WrittenValues, pointer};
use crate::calendar::Day;
use crate::error::{Text, WrongField};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Copies of one document, wanted or handed in.
pub const MOST_COPIES: u32 = 99;
const MOST_PER_YEAR: i64 = 9999;
const FIRST_YEAR: i32 = 1950;

/// A document that a checklist asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredDocument {
    /// Unique in the field: 1–32 lower-case letters, digits and `_`.
    #[schema(example = "identity")]
    pub code: String,
    pub label: Text,
    /// How many are wanted, 1–99.
    #[schema(minimum = 1, maximum = 99, example = 2)]
    pub copies: u32,
}

/// A document of which too few copies were handed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MissingDocument {
    /// Name of the checklist.
    pub field: String,
    pub code: String,
    pub label: Text,
    pub required: u32,
    pub handed_in: u32,
}

/// Which documents the checklists that apply still lack, in the order of the declarations (D-ARC-15).
pub fn missing(fields: &[FieldDefinition], values: &WrittenValues) -> Vec<MissingDocument> {
    let (mut found, mut asked) = (Vec::new(), BTreeSet::new());
    let value = |name: &str| values.get(name).map(|written| &written.value);
    for field in fields {
        let applies = field
            .when
            .as_ref()
            .is_none_or(|when| asked.contains(when.field.as_str()) && when.holds(value(&when.field)));
        if !applies {
            continue;
        }
        asked.insert(field.name.as_str());
        for document in &field.documents {
            let handed_in = value(&field.name).and_then(|held| held.get(&document.code)?.as_u64());
            let handed_in = handed_in.and_then(|copies| u32::try_from(copies).ok()).unwrap_or(0);
            if handed_in < document.copies {
                found.push(MissingDocument {
                    field: field.name.clone(),
                    code: document.code.clone(),
                    label: document.label.clone(),
                    required: document.copies,
                    handed_in,
                });
            }
        }
    }
    found
}

/// A checklist's copies by document, or figures by year, without those that say nothing.
pub(super) fn clean(field: &FieldDefinition, value: &Value, today: Day) -> Result<Value, Faults> {
    let at = pointer(&field.name);
    let Some(given) = value.as_object() else {
        return Err(vec![WrongField::new(
            at,
            "应为按名称的数目",
            "Numbers by their names are expected here",
        )]);
    };
    let (mut faults, mut kept) = (Vec::new(), Map::new());
    for (name, number) in given {
        let checked = match field.kind {
            FieldKind::Documents => copies(field, name, number),
            _ => figure(name, number, today),
        };
        match checked {
            Ok(None) => {}
            Ok(Some(number)) => {
                kept.insert(name.clone(), json!(number));
            }
            Err((zh, en)) => faults.push(WrongField::new(format!("{at}{}", pointer(name)), zh, en)),
        }
    }
    match (faults.is_empty(), kept.is_empty()) {
        (false, _) => Err(faults),
        (true, true) => Ok(Value::Null),
        (true, false) => Ok(Value::Object(kept)),
    }
}

type Checked = Result<Option<i64>, (&'static str, &'static str)>;

fn copies(field: &FieldDefinition, code: &str, number: &Value) -> Checked {
    if !field.documents.iter().any(|document| document.code == code) {
        return Err(("清单中没有这份材料", "There is no such document in the checklist"));
    }
    match number.as_i64() {
        _ if number.is_null() => Ok(None),
        Some(0) => Ok(None),
        Some(copies) if (1..=i64::from(MOST_COPIES)).contains(&copies) => Ok(Some(copies)),
        _ => Err(("份数应为 0 至 99", "0 to 99 copies")),
    }
}

fn figure(year: &str, number: &Value, today: Day) -> Checked {
    let plain = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
    let known = plain.then(|| year.parse().ok()).flatten();
    if !known.is_some_and(|year: i32| (FIRST_YEAR..=today.year()).contains(&year)) {
        return Err(("应为 1950 年至今年", "A year from 1950 to this one"));
    }
    match number.as_i64() {
        _ if number.is_null() => Ok(None),
        Some(number) if (0..=MOST_PER_YEAR).contains(&number) => Ok(Some(number)),
        _ => Err(("次数应为 0 至 9999", "0 to 9999")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{change, check_definitions, validate, write};
    use super::*;

    fn loan() -> Vec<FieldDefinition> {
        let words = |text: &str| json!({"zh": text, "en": text});
        let choice = |code: &str| json!({"code": code, "label": words(code)});
        let document = |code: &str, copies: u32| json!({"code": code, "label": words(code), "copies": copies});
        serde_json::from_value(json!([
            {"name": "applicant", "label": words("申请人"), "kind": "choice", "required": true,
                "choices": [choice("person"), choice("company")]},
            {"name": "personal", "label": words("个人材料"), "kind": "documents",
                "when": {"field": "applicant", "is": ["person"]},
                "documents": [document("identity", 2), document("income", 1)]},
            {"name": "corporate", "label": words("单位材料"), "kind": "documents",
                "when": {"field": "applicant", "is": ["company"]}, "documents": [document("licence", 3)]},
            {"name": "visits", "label": words("服务次数"), "kind": "years"},
        ]))
        .expect("declarations")
    }

    fn day() -> Day {
        "2026-11-22".parse().expect("a day")
    }

    fn told(value: Value) -> Map<String, Value> {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn d_arc_15_a_checklist_goes_by_person_or_company_and_counts_copies() {
        let fields = loan();
        assert_eq!(check_definitions(&fields), []);
        let lacks = |values: &WrittenValues| -> Vec<(String, u32, u32)> {
            let missing = missing(&fields, values).into_iter();
            missing.map(|one| (one.code, one.handed_in, one.required)).collect()
        };
        let mut values = WrittenValues::new();
        assert_eq!(lacks(&values), [], "nobody knows yet who applies");
        let given = told(json!({"applicant": "person", "personal": {"identity": 1, "income": 0}}));
        let cleaned = change(&fields, &values, &given, day()).expect("values");
        assert_eq!(cleaned["personal"], json!({"identity": 1}));
        write(&mut values, 1, cleaned);
        assert_eq!(lacks(&values), [("identity".into(), 1, 2), ("income".into(), 0, 1)]);
        let given = told(json!({"personal": {"identity": 2, "income": 3}}));
        let cleaned = change(&fields, &values, &given, day()).expect("values");
        write(&mut values, 1, cleaned);
        assert_eq!(lacks(&values), []);
        let given = told(json!({"applicant": "company", "personal": null}));
        let cleaned = change(&fields, &values, &given, day()).expect("values");
        write(&mut values, 1, cleaned);
        assert_eq!(lacks(&values), [("licence".into(), 0, 3)]);
    }

    #[test]
    fn d_arc_15_wrong_copies_and_years_are_named() {
        let wrong = |value: Value| -> Vec<String> {
            let faults = validate(&loan(), &told(value), day()).expect_err("faults");
            faults.into_iter().map(|fault| fault.pointer).collect()
        };
        let given = json!({
            "applicant": "person", "personal": {"identity": 100, "passport": 1},
            "visits": {"2026": 2, "2027": 1, "26": 1, "2025": -1},
        });
        assert_eq!(
            wrong(given),
            [
                "/personal/identity",
                "/personal/passport",
                "/visits/2025",
                "/visits/2027",
                "/visits/26"
            ]
        );
        assert_eq!(
            wrong(json!({"applicant": "company", "personal": {"identity": 1}})),
            ["/personal"],
            "a checklist that doesn't apply"
        );
        assert_eq!(wrong(json!({"applicant": "person", "visits": 3})), ["/visits"]);
        let mut fields = loan();
        fields[1].documents[0].copies = 0;
        fields[1].documents[1].code = "identity".into();
        fields[3].documents = fields[1].documents.clone();
        let pointers: Vec<String> = check_definitions(&fields).into_iter().map(|one| one.pointer).collect();
        assert!(
            pointers.contains(&"/fields/1/documents/0/copies".to_owned()),
            "{pointers:?}"
        );
        assert!(
            pointers.contains(&"/fields/1/documents/1/code".to_owned()),
            "{pointers:?}"
        );
        assert!(pointers.contains(&"/fields/3/documents".to_owned()), "{pointers:?}");
    }
}
