//! D-HOT-5: every top-up brings a bonus, by the bracket that the whole of it lies in, floored to the minor unit.

use crate::config::Config;
use crate::reason;
use cardea_plugin::topping_up::{Decision, Grant, Request};
use cardea_plugin::{ONE, Text, decimal, text};

pub fn top_up(request: &Request) -> Result<Decision, String> {
    let config = Config::read(&request.config)?;
    if !request.named {
        let explanation = Text::new(
            "不记名卡不能充值，请先实名登记。",
            "Only a named card is topped up: register it first.",
        );
        return Ok(Decision::Refused(vec![reason("club.named", explanation)]));
    }
    let rate = config.rate(request.amount, request.minor_digits)?;
    let bonus = i128::from(request.amount) * i128::from(rate) / i128::from(ONE);
    let bonus = i64::try_from(bonus).map_err(|_| "the bonus is too large")?;
    let percent = decimal::format_ppm(rate.saturating_mul(100));
    let (paid, given) = (
        text::money(request.amount, request.minor_digits),
        text::money(bonus, request.minor_digits),
    );
    let explanation = Text::new(
        format!("充值{paid}，按{percent}%赠送{given}。"),
        format!("A top-up of {paid} brings {percent} %: {given}."),
    );
    let reasons = (bonus > 0).then(|| reason("club.top-up", explanation));
    Ok(Decision::Granted(Grant {
        bonus,
        reasons: reasons.into_iter().collect(),
    }))
}
