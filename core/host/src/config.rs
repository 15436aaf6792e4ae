//! Configurations under the plugin's JSON Schema.

use super::api::describe::Description;
use jsonschema::{Draft, PatternOptions, Validator};
use serde::Serialize;
use serde_json::Value;

/// Why a configuration isn't valid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigError {
    /// JSON Pointer of the setting; empty: the whole.
    pub pointer: String,
    pub message: String,
}

/// Errors told at once.
const MANY: usize = 50;

/// Schemas come from vendors: nothing is fetched, and patterns run in linear time.
fn validator(schema: &str) -> Result<Validator, String> {
    let schema: Value = serde_json::from_str(schema).map_err(|e| e.to_string())?;
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .build(&schema)
        .map_err(|e| e.to_string())
}

pub(super) fn check_schema(name: &str, schema: &str) -> Result<(), String> {
    validator(schema).map(|_| ()).map_err(|e| format!("{name}: {e}"))
}

/// Checks a configuration against the schema that the plugin ships. All errors at once, at most 50.
pub fn validate_config(description: &Description, config: &Value) -> Result<(), Vec<ConfigError>> {
    let whole = |message| {
        vec![ConfigError {
            pointer: String::new(),
            message,
        }]
    };
    let validator = validator(&description.config_schema).map_err(whole)?;
    let errors: Vec<_> = validator
        .iter_errors(config)
        .take(MANY)
        .map(|e| ConfigError {
            pointer: e.instance_path().to_string(),
            message: e.to_string(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
