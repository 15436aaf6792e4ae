//! What is over: a membership ends, its points last a little longer, bonus becomes points, what was paid for goes on.

use crate::config::Config;
use crate::reason;
use cardea_plugin::expiry::{Conversion, Decision, Extension, Lot, Request, Subject};
use cardea_plugin::{Asset, Reason, Text, calendar, decimal};

pub fn decide(request: &Request) -> Result<Decision, String> {
    let config = Config::read(&request.config)?;
    Ok(match &request.subject {
        Subject::Membership => Decision::Lapsed(over("club.end", "会籍到期。", "The membership is over.")),
        Subject::Lot(lot) => match lot.asset {
            Asset::Points => points(&config, request, lot),
            Asset::Bonus => bonus(&config, request, lot)?,
            Asset::Principal => Decision::Extended(Extension {
                reason: over(
                    "club.principal",
                    "储值本金继续有效。",
                    "Stored value that was paid for goes on.",
                ),
                through: calendar::add_months(request.today, config.principal_months),
            }),
            Asset::Session => Decision::Lapsed(over(
                "club.pass-end",
                "疗程卡有效期已过。",
                "The pass is past its validity.",
            )),
        },
    })
}

fn over(rule: &str, zh: &str, en: &str) -> Reason {
    reason(rule, Text::new(zh, en))
}

/// D-HOT-8: points of an unrenewed membership end some days later.
fn points(config: &Config, request: &Request, lot: &Lot) -> Decision {
    let through = request.ended_on.saturating_add(config.points_days);
    if lot.with_membership && through >= request.today {
        let days = config.points_days;
        return Decision::Extended(Extension {
            reason: reason(
                "club.points-grace",
                Text::new(
                    format!("会籍到期后积分保留{days}天。"),
                    format!("Points are kept for {days} days after the membership."),
                ),
            ),
            through,
        });
    }
    Decision::Lapsed(over("club.points-end", "积分到期。", "The points are over."))
}

fn bonus(config: &Config, request: &Request, lot: &Lot) -> Result<Decision, String> {
    let points = lot.remaining / decimal::scale(request.minor_digits)? * config.points_per_bonus;
    if points <= 0 {
        return Ok(Decision::Lapsed(over(
            "club.bonus-end",
            "赠送金额到期。",
            "The bonus is over.",
        )));
    }
    let explanation = Text::new(
        format!("赠送金额到期，转为{points}积分。"),
        format!("The bonus is over and becomes {points} points."),
    );
    Ok(Decision::Converted(Conversion {
        reason: reason("club.bonus-points", explanation),
        into: Asset::Points,
        amount: points,
        through: None,
    }))
}
