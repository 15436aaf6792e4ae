//! Two documents about one person made one, and taken apart again (D-ARC-13).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What happens to a value that differs in the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The survivor's stays, the other one is lost; of objects, member by member.
    Keep,
    /// As one value, members and all.
    Whole,
    /// The survivor's stays, and nothing is lost by it.
    Silent,
    /// The larger number.
    Newest,
    /// true only where both say so.
    Stricter,
    /// Both notes one below the other, if they have at most this many characters together.
    Notes(usize),
    /// Every item once, at most this many.
    Union(usize),
}

/// A value that the survivor doesn't have after a merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// JSON pointer into the document.
    pub field: String,
    pub value: Value,
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

/// The survivor's document after another one has been merged into it; what is lost is added to `lost`. `rule` is asked by
/// JSON pointer.
pub fn blend(at: &str, mine: &Value, theirs: &Value, rule: &dyn Fn(&str) -> Rule, lost: &mut Vec<Lost>) -> Value {
    if mine == theirs || is_empty(theirs) {
        return mine.clone();
    }
    if is_empty(mine) {
        return theirs.clone();
    }
    let mut lose = |value: Value| {
        lost.push(Lost {
            field: at.to_owned(),
            value,
        });
    };
    match (rule(at), mine, theirs) {
        (Rule::Silent, ..) => {}
        (Rule::Newest, Value::Number(a), Value::Number(b)) if b.as_i64() > a.as_i64() => return theirs.clone(),
        (Rule::Newest, ..) => {}
        (Rule::Stricter, Value::Bool(_), Value::Bool(_)) => {
            lose(Value::Bool(true));
            return Value::Bool(false);
        }
        (Rule::Notes(most), Value::String(a), Value::String(b)) => {
            if a.contains(b.as_str()) {
                return mine.clone();
            }
            let both = format!("{a}\n{b}");
            if both.chars().count() <= most {
                return Value::String(both);
            }
            lose(theirs.clone());
        }
        (Rule::Union(most), Value::Array(a), Value::Array(b)) => {
            let mut all = a.clone();
            for item in b.iter().filter(|item| !a.contains(item)) {
                if all.len() < most {
                    all.push(item.clone());
                } else {
                    lose(item.clone());
                }
            }
            return Value::Array(all);
        }
        (Rule::Keep, Value::Object(a), Value::Object(b)) => {
            let mut all = a.clone();
            for (name, value) in b {
                let had = a.get(name).unwrap_or(&Value::Null);
                all.insert(name.clone(), blend(&format!("{at}/{name}"), had, value, rule, lost));
            }
            return Value::Object(all);
        }
        _ => lose(theirs.clone()),
    }
    mine.clone()
}

/// The survivor's document without what a merge had brought: what was changed since stays as it is.
pub fn restore(now: &Value, before: &Value, after: &Value) -> Value {
    if now == after {
        return before.clone();
    }
    match (now, before, after) {
        (Value::Array(now), Value::Array(before), Value::Array(after)) => {
            let brought = |item: &&Value| after.contains(item) && !before.contains(item);
            let kept = now.iter().filter(|item| !brought(item));
            Value::Array(kept.cloned().collect())
        }
        (Value::Object(now), before, Value::Object(after)) => {
            let mut all = Map::new();
            for (name, value) in now {
                let value = restore(value, &before[name], after.get(name).unwrap_or(&Value::Null));
                if !value.is_null() || before.get(name).is_some() || !after.contains_key(name) {
                    all.insert(name.clone(), value);
                }
            }
            Value::Object(all)
        }
        _ => now.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(at: &str) -> Rule {
        match at {
            "/note" => Rule::Notes(10),
            "/tags" => Rule::Union(3),
            "/marketing" => Rule::Stricter,
            "/identity" => Rule::Whole,
            "/version" => Rule::Newest,
            "/trail" => Rule::Silent,
            _ => Rule::Keep,
        }
    }

    fn lost(field: &str, value: Value) -> Lost {
        Lost {
            field: field.into(),
            value,
        }
    }

    #[test]
    fn a12_both_notes_stricter_consent_and_every_lost_value() {
        let mine = json!({"name": "王芳", "note": "一", "tags": ["a", "b"], "marketing": true, "card": {"sex": "female", "job": null},
            "identity": {"kind": "resident", "number": "1"}, "version": 1, "trail": "x"});
        let theirs = json!({"name": "王方", "note": "二", "tags": ["b", "c", "d"], "marketing": false,
            "card": {"sex": "male", "job": "教师"}, "identity": {"kind": "passport", "number": "2"}, "version": 2, "trail": "y",
            "more": 1});
        let mut gone = Vec::new();
        let after = blend("", &mine, &theirs, &rule, &mut gone);
        assert_eq!(
            after,
            json!({"name": "王芳", "note": "一\n二", "tags": ["a", "b", "c"], "marketing": false,
                "card": {"sex": "female", "job": "教师"}, "identity": {"kind": "resident", "number": "1"}, "version": 2,
                "trail": "x", "more": 1})
        );
        gone.sort_by(|a, b| a.field.cmp(&b.field));
        assert_eq!(
            gone,
            [
                lost("/card/sex", json!("male")),
                lost("/identity", json!({"kind": "passport", "number": "2"})),
                lost("/marketing", json!(true)),
                lost("/name", json!("王方")),
                lost("/tags", json!("d")),
            ]
        );
        assert_eq!(restore(&after, &mine, &after), mine);
        let mut long = Vec::new();
        let note = blend("/note", &json!("一二三四五"), &json!("六七八九十"), &rule, &mut long);
        assert_eq!(
            (note, long),
            (json!("一二三四五"), vec![lost("/note", json!("六七八九十"))])
        );
    }

    #[test]
    fn what_was_changed_since_stays() {
        let before = json!({"phones": ["1"], "own": {}, "note": "一"});
        let after = json!({"phones": ["1", "2"], "own": {"x": 1}, "note": "一\n二"});
        let now = json!({"phones": ["1", "2", "3"], "own": {"x": 1, "y": 2}, "note": "新"});
        assert_eq!(
            restore(&now, &before, &after),
            json!({"phones": ["1", "3"], "own": {"y": 2}, "note": "新"})
        );
    }
}
