//! Cases: `cases/*.json` files of request and expected decision, run natively here and against the component by the
//! platform, so that both are known to agree.
//!
//! A file names the function and holds a base that each case changes:
//!
//! ```json
//! {
//!   "function": "redeeming.decide",
//!   "config": { "minimum_points": 100 },
//!   "request": { "today": "@2026-03-01", "tier": "vip", "reward": "MUG", "price": 200, "available": 0 },
//!   "cases": [
//!     { "name": "enough", "request": { "available": 200 }, "expect": { "Ok": { "Permitted": { "…": "…" } } } }
//!   ]
//! }
//! ```
//!
//! `config` changes the plugin's default configuration (objects are merged, everything else is replaced);
//! `config_text` replaces it, valid or not. A string "@2026-03-01" stands for the number of that day.

use crate::{Rules, admission, calendar, earning, expiry, guard, redeeming, renewal, replacement, topping_up};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

/// One case, ready to be run.
#[derive(Clone, Debug)]
pub struct Case {
    /// `file.json: name`.
    pub name: String,
    /// `admission.history`, `earning.judge`, `topping-up.decide`, …: interface and function as the WIT has them.
    pub function: String,
    /// The request as the interface's JSON.
    pub request: Value,
    /// `{"Ok": decision}` or `{"Err": message}`.
    pub expected: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    function: String,
    #[serde(default)]
    config: Value,
    #[serde(default)]
    request: Value,
    cases: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    config: Value,
    config_text: Option<String>,
    #[serde(default)]
    request: Value,
    expect: Value,
}

/// Reads all `*.json` files of a folder in the order of their names; `default_config` is what `describe` ships.
pub fn load(folder: &Path, default_config: &str) -> Result<Vec<Case>, String> {
    let default: Value = serde_json::from_str(default_config).map_err(|e| format!("default configuration: {e}"))?;
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths = entries
        .map(|e| e.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| e.to_string())?;
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
        let file: File = serde_json::from_str(&text).map_err(|e| format!("{name}: {e}"))?;
        for entry in file.cases {
            cases.push(Case {
                name: format!("{name}: {}", entry.name),
                function: file.function.clone(),
                request: request(&default, &file.config, &file.request, &entry).map_err(|e| format!("{name}: {e}"))?,
                expected: dates(entry.expect)?,
            });
        }
    }
    Ok(cases)
}

fn request(default: &Value, file_config: &Value, file_request: &Value, entry: &Entry) -> Result<Value, String> {
    let config = match &entry.config_text {
        Some(text) => text.clone(),
        None => merged(&merged(default, file_config), &entry.config).to_string(),
    };
    let mut request = dates(merged(file_request, &entry.request))?;
    if request.is_null() {
        request = Value::Object(Map::new());
    }
    request
        .as_object_mut()
        .ok_or("a request is an object")?
        .insert("config".to_owned(), Value::String(config));
    Ok(request)
}

/// `change` over `base`: objects are merged, everything else is replaced, nothing is removed.
fn merged(base: &Value, change: &Value) -> Value {
    match (base, change) {
        (_, Value::Null) => base.clone(),
        (Value::Object(base), Value::Object(change)) => {
            let mut all = base.clone();
            for (key, value) in change {
                let value = all.get(key).map_or_else(|| value.clone(), |old| merged(old, value));
                all.insert(key.clone(), value);
            }
            Value::Object(all)
        }
        _ => change.clone(),
    }
}

/// Replaces "@2026-03-01" by the number of the day.
fn dates(value: Value) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => match text.strip_prefix('@') {
            Some(date) => calendar::parse(date)
                .ok_or_else(|| format!("{text} is not a date"))?
                .into(),
            None => Value::String(text),
        },
        Value::Array(items) => items.into_iter().map(dates).collect::<Result<_, _>>()?,
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| Ok((key, dates(value)?)))
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        other => other,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configured {
    config: String,
}

/// Calls a function of some rules natively, by its name and with the interface's JSON; the outer error means that the
/// request isn't one of this function.
pub fn call<R: Rules>(function: &str, request: &Value) -> Result<Value, String> {
    fn read<'a, T: Deserialize<'a>>(request: &'a Value) -> Result<T, String> {
        T::deserialize(request).map_err(|e| e.to_string())
    }
    let answer = match function {
        "admission.history" => serde_json::to_value(R::admission_history(&read::<Configured>(request)?.config)),
        "admission.decide" => serde_json::to_value(R::admission_decide(&read::<admission::Request>(request)?)),
        "earning.judge" => serde_json::to_value(R::judge(&read::<earning::Sale>(request)?)),
        "redeeming.decide" => serde_json::to_value(R::redeem(&read::<redeeming::Request>(request)?)),
        "topping-up.decide" => serde_json::to_value(R::top_up(&read::<topping_up::Request>(request)?)),
        "renewal.history" => serde_json::to_value(R::renewal_history(&read::<Configured>(request)?.config)),
        "renewal.decide" => serde_json::to_value(R::renew(&read::<renewal::Request>(request)?)),
        "expiry.decide" => serde_json::to_value(R::expire(&read::<expiry::Request>(request)?)),
        "replacement.decide" => serde_json::to_value(R::replace(&read::<replacement::Request>(request)?)),
        "guard.decide" => serde_json::to_value(R::guard(&read::<guard::Request>(request)?)),
        other => return Err(format!("there is no function {other}")),
    };
    answer.map_err(|e| e.to_string())
}

/// Runs every case of a folder natively; `Ok` is their number, `Err` tells all that differ.
pub fn check<R: Rules>(folder: &Path) -> Result<usize, String> {
    let cases = load(folder, &R::describe().default_config)?;
    let mut failures = Vec::new();
    for case in &cases {
        match call::<R>(&case.function, &case.request) {
            Ok(answer) if answer == case.expected => {}
            Ok(answer) => failures.push(format!(
                "{}\n  expected {}\n  answered {answer}",
                case.name, case.expected
            )),
            Err(error) => failures.push(format!("{}\n  {error}", case.name)),
        }
    }
    match (cases.len(), failures.is_empty()) {
        (0, _) => Err(format!("no cases in {}", folder.display())),
        (count, true) => Ok(count),
        (count, false) => Err(format!(
            "{} of {count} cases differ:\n{}",
            failures.len(),
            failures.join("\n")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::{Description, Ladder};
    use crate::{ONE, Text};
    use serde_json::json;

    /// One point per piece, whatever it costs.
    struct Pieces;

    impl Rules for Pieces {
        fn describe() -> Description {
            Description {
                id: "pieces".to_owned(),
                version: "1.0.0".to_owned(),
                name: Text::new("计件", "Pieces"),
                config_schema: "{}".to_owned(),
                default_config: r#"{"each": 1, "nested": {"kept": true}}"#.to_owned(),
                line_schema: "{}".to_owned(),
                default_ladder: Ladder {
                    months: 12,
                    steps: Vec::new(),
                },
            }
        }

        fn judge(sale: &earning::Sale) -> Result<earning::Outcome, String> {
            let config: Value = serde_json::from_str(&sale.config).map_err(|e| e.to_string())?;
            let each = config["each"].as_i64().ok_or("each is missing")?;
            let points = |line: &earning::Line| line.quantity * each * ONE / 1000;
            Ok(earning::Outcome {
                reasons: vec![earning::Reason {
                    rule: "pieces".to_owned(),
                    explanation: Text::new("计件", "by piece"),
                }],
                contributions: sale
                    .lines
                    .iter()
                    .map(|line| earning::Contribution {
                        line: line.number,
                        points: points(line),
                        reason: 0,
                    })
                    .collect(),
                bonuses: Vec::new(),
            })
        }
    }

    const FILE: &str = r#"{
        "function": "earning.judge",
        "request": {
            "minor_digits": 2, "today": "@1970-02-01", "birthday_month": false, "tier": "vip", "tier_multiplier": 1000000,
            "first_purchase": false, "introduced": false,
            "lines": [{"number": 1, "sku": "A", "category": "c", "quantity": 3000, "counted": 0, "attributes": []}]
        },
        "cases": [
            {"name": "three", "config": {"each": 2}, "expect": {"Ok": {
                "reasons": [{"rule": "pieces", "explanation": {"zh": "计件", "en": "by piece"}}],
                "contributions": [{"line": 1, "points": 6000000, "reason": 0}], "bonuses": []}}},
            {"name": "broken", "config_text": "{}", "expect": {"Err": "each is missing"}}
        ]
    }"#;

    fn folder(name: &str, content: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("cardea-cases-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("a.json"), content).expect("a file");
        folder
    }

    #[test]
    fn cases_are_merged_dated_and_run() {
        let folder = folder("good", FILE);
        let cases = load(&folder, &Pieces::describe().default_config).expect("cases");
        assert_eq!(cases[0].request["today"], json!(31));
        assert_eq!(
            cases[0].request["config"],
            json!(r#"{"each":2,"nested":{"kept":true}}"#)
        );
        assert_eq!(check::<Pieces>(&folder), Ok(2));
    }

    #[test]
    fn a_difference_is_told_with_both_sides() {
        let folder = folder("bad", &FILE.replace("6000000", "7000000"));
        let error = check::<Pieces>(&folder).expect_err("a difference");
        assert!(
            error.contains("1 of 2") && error.contains("a.json: three") && error.contains("7000000"),
            "{error}"
        );
    }

    #[test]
    fn a_vendor_needs_only_describe_and_judge() {
        let request = json!({"config": "{}", "minor_digits": 2, "today": 0, "filled": [], "purchases": []});
        let answer = call::<Pieces>("admission.decide", &request).expect("a request");
        assert_eq!(answer["Ok"]["Granted"]["rule"], "open");
        let request = json!({"config": "{}", "today": 0, "tier": "", "reward": "R", "price": 5, "available": 4});
        let answer = call::<Pieces>("redeeming.decide", &request).expect("a request");
        assert_eq!(
            answer["Ok"]["Refused"]["explanation"]["en"],
            "5 points needed, 4 available: 1 missing."
        );
        assert!(call::<Pieces>("redeeming.burn", &json!({})).is_err());
        let request = json!({
            "config": "{}", "minor_digits": 2, "today": 0, "tier": "", "named": true, "amount": 1, "principal": 0, "bonus": 0
        });
        let answer = call::<Pieces>("topping-up.decide", &request).expect("a request");
        assert_eq!(answer["Err"], "these rules don't decide topping_up");
    }
}
