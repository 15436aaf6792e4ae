//! Retail: a cosmetics chain's VIP rules. Every figure is configuration; `config.default.json` is the rule book.

mod admission;
mod config;
mod earning;
mod redeeming;

use cardea_plugin::describe::{Description, Ladder, Step};
use cardea_plugin::{ONE, Rules, Text};

/// The rules of this plugin.
pub struct Retail;

cardea_plugin::export!(Retail);

impl Rules for Retail {
    fn describe() -> Description {
        let step = |id: &str, name: Text, threshold, multiplier| Step {
            id: id.to_owned(),
            name,
            threshold,
            multiplier,
        };
        Description {
            id: "retail".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            name: Text::new("零售", "Retail"),
            config_schema: include_str!("../config.schema.json").to_owned(),
            default_config: include_str!("../config.default.json").to_owned(),
            line_schema: "{}".to_owned(),
            default_ladder: Ladder {
                months: 12,
                steps: vec![
                    step("vip", Text::new("VIP", "VIP"), 0, ONE),
                    step("silver", Text::new("银卡", "Silver"), 5_000 * 100, ONE / 10 * 12),
                    step("gold", Text::new("金卡", "Gold"), 20_000 * 100, ONE / 10 * 15),
                ],
            },
        }
    }

    fn admission_history(config: &str) -> Result<cardea_plugin::admission::Window, String> {
        admission::history(config)
    }

    fn admission_decide(
        request: &cardea_plugin::admission::Request,
    ) -> Result<cardea_plugin::admission::Decision, String> {
        admission::decide(request)
    }

    fn judge(sale: &cardea_plugin::earning::Sale) -> Result<cardea_plugin::earning::Outcome, String> {
        earning::judge(sale)
    }

    fn redeem(request: &cardea_plugin::redeeming::Request) -> Result<cardea_plugin::redeeming::Decision, String> {
        redeeming::decide(request)
    }
}
