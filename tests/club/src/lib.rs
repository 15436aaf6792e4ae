//! A club with a hotel and a spa: it decides every interface there is, with the figures of D-HOT-5, D-HOT-7, D-HOT-8 and
//! D-BEA-2. Only the tests load it.

mod config;
mod ending;
mod guarding;
mod renewing;
mod value;

use cardea_plugin::describe::{Description, Ladder, Step};
use cardea_plugin::{
    ONE, Reason, Rules, Text, admission, calendar, decimal, earning, expiry, guard, renewal, replacement, topping_up,
};
use config::Config;

/// The rules of this plugin.
pub struct Club;

cardea_plugin::export!(Club: topping_up, renewal, expiry, replacement, guard);

fn reason(rule: &str, explanation: Text) -> Reason {
    Reason {
        rule: rule.to_owned(),
        explanation,
    }
}

impl Rules for Club {
    fn describe() -> Description {
        let step = |id: &str, zh: &str, en: &str, threshold| Step {
            id: id.to_owned(),
            name: Text::new(zh, en),
            threshold,
            multiplier: ONE,
        };
        Description {
            id: "club".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: Text::new("会所", "Club"),
            config_schema: include_str!("../config.schema.json").to_owned(),
            default_config: "{}".to_owned(),
            line_schema: "{}".to_owned(),
            default_ladder: Ladder {
                months: 12,
                steps: vec![
                    step("member", "普通", "Member", 0),
                    step("gold", "金卡", "Gold", 20_000 * 100),
                ],
            },
        }
    }

    /// Open to everybody, for a year (D-HOT-8).
    fn admission_decide(request: &admission::Request) -> Result<admission::Decision, String> {
        let config = Config::read(&request.config)?;
        Ok(admission::Decision::Granted(admission::Grant {
            rule: "club.open".to_owned(),
            explanation: Text::new("无入会条件。", "Open to everybody."),
            valid_through: Some(calendar::last_valid(request.today, config.validity_months)),
            qualifying: None,
        }))
    }

    /// A point per unit of the currency, whatever is bought.
    fn judge(sale: &earning::Sale) -> Result<earning::Outcome, String> {
        let unit = decimal::scale(sale.minor_digits)?;
        let points = |line: &earning::Line| earning::Contribution {
            line: line.number,
            points: line.counted.saturating_mul(ONE / unit),
            reason: 0,
        };
        Ok(earning::Outcome {
            reasons: vec![earning::Reason {
                rule: "club.points".to_owned(),
                explanation: Text::new("每消费1元积1分。", "One point per 1.00 paid."),
            }],
            contributions: sale.lines.iter().map(points).collect(),
            bonuses: Vec::new(),
        })
    }

    fn top_up(request: &topping_up::Request) -> Result<topping_up::Decision, String> {
        value::top_up(request)
    }

    fn renewal_history(config: &str) -> Result<renewal::Window, String> {
        renewing::history(config)
    }

    fn renew(request: &renewal::Request) -> Result<renewal::Decision, String> {
        renewing::decide(request)
    }

    fn expire(request: &expiry::Request) -> Result<expiry::Decision, String> {
        ending::decide(request)
    }

    fn replace(request: &replacement::Request) -> Result<replacement::Decision, String> {
        guarding::replace(request)
    }

    fn guard(request: &guard::Request) -> Result<guard::Decision, String> {
        guarding::guard(request)
    }
}
