//! D-RET-3: exchanges for rewards of the store's catalogue.

use crate::config::Config;
use cardea_plugin::redeeming::{Decision, Permit, Refusal, Request};
use cardea_plugin::{Text, text};

pub fn decide(request: &Request) -> Result<Decision, String> {
    let config = Config::read(&request.config)?;
    if request.price < 0 {
        return Err("the price is negative".to_owned());
    }
    // Restrictions come before balances.
    let refusal = tier_refusal(&config, request)
        .or_else(|| minimum_refusal(&config, request))
        .or_else(|| balance_refusal(request));
    Ok(match refusal {
        Some((rule, explanation)) => Decision::Refused(Refusal {
            rule: rule.to_owned(),
            explanation,
        }),
        None => Decision::Permitted(Permit {
            rule: "retail.exchange".to_owned(),
            explanation: permit_text(request.price, config.cancellable_days),
            cancellable_days: config.cancellable_days,
        }),
    })
}

fn tier_refusal(config: &Config, request: &Request) -> Option<(&'static str, Text)> {
    let rule = config
        .reward_rules
        .iter()
        .find(|r| r.reward == request.reward && !r.tiers.contains(&request.tier))?;
    let tiers = Text::list(rule.tiers.iter().take(8).map(|t| Text::new(t, t)));
    let explanation = tiers.map(
        |zh| format!("该奖品仅限等级：{zh}。"),
        |en| format!("This reward is only for the tiers: {en}."),
    );
    Some(("retail.reward-tier", explanation))
}

fn minimum_refusal(config: &Config, request: &Request) -> Option<(&'static str, Text)> {
    let (price, minimum) = (request.price, config.minimum_points);
    (price < i64::from(minimum)).then(|| {
        let explanation = Text::new(
            format!("兑换{minimum}分起，此奖品为{price}分。"),
            format!("Exchanges start at {minimum} points; this one is {price}."),
        );
        ("retail.minimum", explanation)
    })
}

fn balance_refusal(request: &Request) -> Option<(&'static str, Text)> {
    (request.available < request.price).then(|| ("retail.balance", text::short_of(request.price, request.available)))
}

fn permit_text(price: i64, cancellable_days: u32) -> Text {
    match cancellable_days {
        0 => Text::new(
            format!("兑换使用{price}分，不可撤销。"),
            format!("{price} points are exchanged; this can't be cancelled."),
        ),
        days => Text::new(
            format!("兑换使用{price}分，{days}天内可撤销。"),
            format!("{price} points are exchanged; this can be cancelled within {days} days."),
        ),
    }
}
