//! What must be shown before something is done (D-HOT-7, D-BEA-2), and what a new card costs.

use crate::config::Config;
use crate::reason;
use cardea_plugin::guard::{self, Operation};
use cardea_plugin::replacement::{self, Cause};
use cardea_plugin::{Demands, NOTHING, Reason, Text, decimal};

/// Free where the card broke, and for gold; a lost one asks for the document.
pub fn replace(request: &replacement::Request) -> Result<replacement::Decision, String> {
    let config = Config::read(&request.config)?;
    let paid_for = request.principal > 0 || request.sessions > 0;
    if !request.named && request.cause == Cause::Lost && !paid_for {
        let explanation = Text::new("不记名卡遗失不补。", "A lost anonymous card isn't replaced.");
        return Ok(replacement::Decision::Refused(vec![reason(
            "club.anonymous",
            explanation,
        )]));
    }
    let free = request.cause == Cause::Damaged || request.tier == "gold";
    let explanation = match free {
        true => Text::new("免费补卡。", "A new card for free."),
        false => Text::new(
            format!("补卡工本费{}。", config.card_fee),
            format!("A new card costs {}.", config.card_fee),
        ),
    };
    Ok(replacement::Decision::Permitted(replacement::Permit {
        reason: reason("club.replacement", explanation),
        fee: if free {
            0
        } else {
            decimal::money(&config.card_fee, request.minor_digits)?
        },
        demands: Demands {
            identity: request.cause == Cause::Lost,
            manager: !request.issuing_store,
            ..NOTHING
        },
    }))
}

/// Stored value by its sum of the day; a session at a time, signed for by the customer.
pub fn guard(request: &guard::Request) -> Result<guard::Decision, String> {
    let config = Config::read(&request.config)?;
    match request.operation {
        Operation::UseSession => Ok(session(request)),
        Operation::SpendValue | Operation::Refund => {
            let sum = request.amount.saturating_add(request.earlier_today);
            let from = |text: &str| decimal::money(text, request.minor_digits).map(|from| sum >= from);
            let demands = Demands {
                pin: true,
                identity: from(&config.identity_from)?,
                manager: from(&config.manager_from)?,
                ..NOTHING
            };
            let explanation = Text::new(
                format!(
                    "使用储值须输入密码；当日满{}须出示证件，满{}须经理确认。",
                    config.identity_from, config.manager_from
                ),
                format!(
                    "Stored value needs the PIN; from {} a day a document, from {} a manager.",
                    config.identity_from, config.manager_from
                ),
            );
            Ok(permitted(demands, vec![reason("club.value", explanation)]))
        }
        Operation::Transfer | Operation::ChangeData => {
            let explanation = Text::new("须出示证件。", "An identity document is needed.");
            let demands = Demands {
                identity: true,
                ..NOTHING
            };
            Ok(permitted(demands, vec![reason("club.identity", explanation)]))
        }
        Operation::SpendPoints | Operation::Exchange | Operation::TopUp => Ok(permitted(NOTHING, Vec::new())),
    }
}

fn session(request: &guard::Request) -> guard::Decision {
    if request.amount != 1 {
        let explanation = Text::new("疗程卡每次只能核销一次。", "A pass is used one session at a time.");
        return guard::Decision::Refused(vec![reason("club.one-session", explanation)]);
    }
    let explanation = Text::new("核销须顾客签字确认。", "The customer signs for each session.");
    let demands = Demands {
        signature: true,
        ..NOTHING
    };
    permitted(demands, vec![reason("club.session", explanation)])
}

fn permitted(demands: Demands, reasons: Vec<Reason>) -> guard::Decision {
    guard::Decision::Permitted(guard::Permit { demands, reasons })
}
