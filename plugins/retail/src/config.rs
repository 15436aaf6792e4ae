//! The configuration as it is written: JSON with exact decimals as strings.

use cardea_plugin::{Money, Ppm, Scope, decimal};
use serde::Deserialize;
use std::borrow::Cow;

/// Where purchases are counted.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    Store,
    Chain,
}

impl From<Counted> for Scope {
    fn from(counted: Counted) -> Self {
        match counted {
            Counted::Store => Scope::Store,
            Counted::Chain => Scope::Chain,
        }
    }
}

/// A multiplier of one category.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryMultiplier<'a> {
    #[serde(borrow)]
    pub category: Cow<'a, str>,
    #[serde(borrow)]
    pub multiplier: Cow<'a, str>,
}

/// A reward that only some tiers may take.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardRule<'a> {
    #[serde(borrow)]
    pub reward: Cow<'a, str>,
    pub tiers: Vec<String>,
}

/// What is left out has the rule book's figure.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config<'a> {
    pub scope: Counted,
    #[serde(borrow)]
    pub single_purchase: Cow<'a, str>,
    #[serde(borrow)]
    pub window_total: Cow<'a, str>,
    pub window_months: u32,
    pub required_fields: Vec<String>,
    /// 0: no expiry.
    pub validity_months: u32,
    #[serde(borrow)]
    pub points_per_unit: Cow<'a, str>,
    #[serde(borrow)]
    pub birthday_multiplier: Cow<'a, str>,
    #[serde(borrow)]
    pub category_multipliers: Vec<CategoryMultiplier<'a>>,
    pub excluded_categories: Vec<String>,
    pub introducer_points: u32,
    pub introduced_points: u32,
    pub minimum_points: u32,
    /// 0: never.
    pub cancellable_days: u32,
    #[serde(borrow)]
    pub reward_rules: Vec<RewardRule<'a>>,
}

impl Default for Config<'_> {
    fn default() -> Self {
        Self {
            scope: Counted::Store,
            single_purchase: "1000.00".into(),
            window_total: "2000.00".into(),
            window_months: 6,
            required_fields: ["name", "phone", "birthday", "store", "consultant"]
                .map(str::to_owned)
                .into(),
            validity_months: 24,
            points_per_unit: "1".into(),
            birthday_multiplier: "2".into(),
            category_multipliers: Vec::new(),
            excluded_categories: Vec::new(),
            introducer_points: 100,
            introduced_points: 100,
            minimum_points: 0,
            cancellable_days: 0,
            reward_rules: Vec::new(),
        }
    }
}

impl<'a> Config<'a> {
    pub fn read(json: &'a str) -> Result<Self, String> {
        // serde would read `[]` as a structure whose settings are all left out.
        if !json.trim_start().starts_with('{') {
            return Err("configuration: not a JSON object".to_owned());
        }
        serde_json::from_str(json).map_err(|e| format!("configuration: {e}"))
    }
}

/// A figure of the configuration that can't be negative, in parts per million.
pub fn rate(name: &str, text: &str) -> Result<Ppm, String> {
    not_negative(name, decimal::ppm(text))
}

/// An amount of the configuration that can't be negative, in minor units.
pub fn money(name: &str, text: &str, minor_digits: u8) -> Result<Money, String> {
    not_negative(name, decimal::money(text, minor_digits))
}

fn not_negative(name: &str, figure: Result<i64, String>) -> Result<i64, String> {
    match figure {
        Ok(value) if value < 0 => Err(format!("configuration: {name} is negative")),
        Ok(value) => Ok(value),
        Err(error) => Err(format!("configuration: {name}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ships_and_what_is_assumed_are_the_same() {
        assert_eq!(
            Config::read(include_str!("../config.default.json")),
            Ok(Config::default())
        );
        assert_eq!(Config::read("{}"), Ok(Config::default()));
    }

    #[test]
    fn the_schema_knows_every_setting_and_its_default() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../config.schema.json")).expect("JSON");
        let default: serde_json::Value = serde_json::from_str(include_str!("../config.default.json")).expect("JSON");
        let default = default.as_object().expect("an object");
        let properties = schema["properties"].as_object().expect("an object");
        assert!(properties.keys().eq(default.keys()), "the same settings");
        for (name, property) in properties {
            assert_eq!(property["default"], default[name], "{name}");
            assert!(
                property["title"].is_string() && property["x-zh"]["title"].is_string(),
                "{name} has both titles"
            );
        }
    }

    #[test]
    fn a_bad_setting_is_named() {
        assert!(
            Config::read(r#"{"windowtotal":"1"}"#)
                .expect_err("unknown")
                .contains("unknown field `windowtotal`")
        );
        assert_eq!(
            money("single_purchase", "1e3", 2),
            Err("configuration: single_purchase: \"1e3\" is not a decimal number".into())
        );
        assert_eq!(
            rate("birthday_multiplier", "-1"),
            Err("configuration: birthday_multiplier is negative".into())
        );
    }
}
