//! D-HOT-8: a year more for who has stayed in the year; applied for before the end, or as late as the club allows.

use crate::config::Config;
use crate::reason;
use cardea_plugin::renewal::{Decision, Grant, Request, Window};
use cardea_plugin::{Reason, Text, calendar, text};

pub fn history(config: &str) -> Result<Window, String> {
    let config = Config::read(config)?;
    Ok(Window {
        months: config.validity_months,
    })
}

pub fn decide(request: &Request) -> Result<Decision, String> {
    let config = Config::read(&request.config)?;
    let refusals: Vec<Reason> = too_late(&config, request)
        .into_iter()
        .chain(stays_missing(&config, request))
        .collect();
    if !refusals.is_empty() {
        return Ok(Decision::Refused(refusals));
    }
    let valid_through = calendar::last_valid(request.valid_through.saturating_add(1), config.validity_months);
    let day = text::date(valid_through, request.applied_on);
    Ok(Decision::Granted(Grant {
        reason: reason(
            "club.renewal",
            Text::new(format!("续期至{}。", day.zh), format!("Renewed through {}.", day.en)),
        ),
        valid_through,
    }))
}

fn too_late(config: &Config, request: &Request) -> Option<Reason> {
    let last = request.valid_through.saturating_add(config.late_days);
    (request.applied_on > last).then(|| {
        let day = text::date(last, request.applied_on);
        let explanation = Text::new(
            format!("续卡须在{}前（含当日）申请。", day.zh),
            format!("A renewal had to be applied for by {}.", day.en),
        );
        reason("club.renewal-late", explanation)
    })
}

fn stays_missing(config: &Config, request: &Request) -> Option<Reason> {
    let visits = request.measures.iter().find(|m| m.name == "visits");
    let missing = config.stays - visits.map_or(0, |m| m.value);
    (missing > 0).then(|| {
        let since = text::date(request.since, request.applied_on);
        let last = text::date(request.valid_through, request.applied_on);
        let explanation = Text::new(
            format!("{}至{}期间还差{missing}次消费。", since.zh, last.zh),
            format!("Visits from {} to {}: {missing} missing.", since.en, last.en),
        );
        reason("club.renewal-stays", explanation)
    })
}
