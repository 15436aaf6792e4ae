//! The configuration: JSON with exact decimals as strings; what is left out has the rule book's figure.

use cardea_plugin::{Money, Ppm, decimal};
use serde::Deserialize;

/// From this amount on, the whole top-up has this rate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bracket {
    pub from: String,
    pub rate: String,
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub validity_months: u32,
    /// Rising.
    pub brackets: Vec<Bracket>,
    /// Stays that a renewal needs in the year before its end.
    pub stays: i64,
    /// Days after its end in which a membership can still be renewed.
    pub late_days: i32,
    /// Days for which points outlive an unrenewed membership.
    pub points_days: i32,
    /// Months by which stored value that was paid for goes on.
    pub principal_months: i32,
    /// Points per unit of bonus that has come to its end.
    pub points_per_bonus: i64,
    pub card_fee: String,
    pub identity_from: String,
    pub manager_from: String,
}

impl Default for Config {
    fn default() -> Self {
        let bracket = |from: &str, rate: &str| Bracket {
            from: from.to_owned(),
            rate: rate.to_owned(),
        };
        Self {
            validity_months: 12,
            brackets: vec![
                bracket("0", "0.03"),
                bracket("1000.00", "0.05"),
                bracket("3000.00", "0.08"),
            ],
            stays: 1,
            late_days: 0,
            points_days: 30,
            principal_months: 36,
            points_per_bonus: 1,
            card_fee: "20.00".to_owned(),
            identity_from: "500.00".to_owned(),
            manager_from: "5000.00".to_owned(),
        }
    }
}

impl Config {
    pub fn read(text: &str) -> Result<Self, String> {
        let config: Self = serde_json::from_str(text).map_err(|e| format!("configuration: {e}"))?;
        // As fine as any currency: only the order counts here.
        let from = config
            .brackets
            .iter()
            .map(|b| decimal::parse(&b.from, 6))
            .collect::<Result<Vec<_>, _>>()?;
        if !from.is_sorted_by(|a, b| a < b) {
            return Err("configuration: brackets: each one begins above the one before".to_owned());
        }
        Ok(config)
    }

    /// The rate of the bracket that an amount lies in; 0 below the first.
    pub fn rate(&self, amount: Money, minor_digits: u8) -> Result<Ppm, String> {
        let mut rate = 0;
        for bracket in &self.brackets {
            if amount >= decimal::money(&bracket.from, minor_digits)? {
                rate = decimal::ppm(&bracket.rate)?;
            }
        }
        Ok(rate)
    }
}
