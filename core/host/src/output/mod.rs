//! What a plugin answered is checked before anybody believes it: sizes, indices, ranges.

pub(super) mod life;

use super::api::{Text, admission, describe, earning, redeeming};
use super::config;
use std::collections::BTreeSet;

/// The largest money or points the platform books.
const LIMIT: i64 = (1 << 53) - 1;
const MONTHS: u32 = 1200;
/// An id or code that a plugin makes up, bytes.
const ID_BYTES: usize = 64;

fn string(name: &str, text: &str, limit: usize) -> Result<(), String> {
    if text.len() > limit {
        Err(format!("{name} has {} bytes, at most {limit} are allowed", text.len()))
    } else {
        Ok(())
    }
}

fn told(rule: &str, explanation: &Text, limit: usize) -> Result<(), String> {
    if rule.is_empty() {
        return Err("a rule has no name".to_owned());
    }
    string("a rule's name", rule, ID_BYTES)?;
    string("an explanation", &explanation.zh, limit)?;
    string("an explanation", &explanation.en, limit)
}

fn id(name: &str, text: &str) -> Result<(), String> {
    let mut bytes = text.bytes();
    let starts = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    let goes_on = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if starts && goes_on && text.len() <= ID_BYTES {
        Ok(())
    } else {
        Err(format!("{name} isn't a plain lower-case id"))
    }
}

pub(super) fn description(description: &describe::Description, limit: usize) -> Result<(), String> {
    id("the plugin's id", &description.id)?;
    if description.version.is_empty() || description.version.len() > ID_BYTES {
        return Err("the version is empty or too long".to_owned());
    }
    string("the name", &description.name.zh, limit)?;
    string("the name", &description.name.en, limit)?;
    config::check_schema("the line schema", &description.line_schema)?;
    config::check_schema("the configuration's schema", &description.config_schema)?;
    let default =
        serde_json::from_str(&description.default_config).map_err(|e| format!("the default configuration: {e}"))?;
    if let Err(errors) = config::validate_config(description, &default) {
        let first = errors
            .first()
            .map(|e| format!("{}: {}", e.pointer, e.message))
            .unwrap_or_default();
        return Err(format!("the default configuration isn't valid: {first}"));
    }
    ladder(&description.default_ladder, limit)
}

fn ladder(ladder: &describe::Ladder, limit: usize) -> Result<(), String> {
    if ladder.months > MONTHS {
        return Err("the ladder's window is too long".to_owned());
    }
    if ladder.steps.first().is_none_or(|first| first.threshold != 0) {
        return Err("the ladder's first step must have the threshold 0".to_owned());
    }
    if !ladder.steps.is_sorted_by(|a, b| a.threshold < b.threshold) {
        return Err("the ladder's steps must rise".to_owned());
    }
    let mut ids = BTreeSet::new();
    for step in &ladder.steps {
        id("a step's id", &step.id)?;
        string("a step's name", &step.name.zh, limit)?;
        string("a step's name", &step.name.en, limit)?;
        if !ids.insert(&step.id) || !(0..=LIMIT).contains(&step.multiplier) || step.threshold > LIMIT {
            return Err(format!("step {}: used twice, or a figure out of range", step.id));
        }
    }
    Ok(())
}

pub(super) fn window(window: &admission::Window) -> Result<(), String> {
    if window.months > MONTHS {
        Err(format!("{} months, at most {MONTHS} are allowed", window.months))
    } else {
        Ok(())
    }
}

pub(super) fn admission(
    request: &admission::Request,
    decision: &admission::Decision,
    limit: usize,
) -> Result<(), String> {
    match decision {
        admission::Decision::Granted(grant) => {
            told(&grant.rule, &grant.explanation, limit)?;
            if grant.valid_through.is_some_and(|day| day < request.today) {
                return Err("granted until a day that is over".to_owned());
            }
            let Some(index) = grant.qualifying else { return Ok(()) };
            match request.purchases.get(index as usize) {
                None => Err(format!("there is no purchase {index}")),
                Some(purchase) if purchase.earned => Err(format!("purchase {index} has earned already")),
                Some(_) => Ok(()),
            }
        }
        admission::Decision::Refused(refusals) if refusals.is_empty() => Err("refused without a reason".to_owned()),
        admission::Decision::Refused(refusals) => {
            refusals.iter().try_for_each(|r| told(&r.rule, &r.explanation, limit))
        }
    }
}

pub(super) fn outcome(sale: &earning::Sale, outcome: &earning::Outcome, limit: usize) -> Result<(), String> {
    outcome
        .reasons
        .iter()
        .try_for_each(|r| told(&r.rule, &r.explanation, limit))?;
    let lines: BTreeSet<u32> = sale.lines.iter().map(|l| l.number).collect();
    let reason = |index: u32| {
        outcome
            .reasons
            .get(index as usize)
            .map(|_| ())
            .ok_or_else(|| format!("there is no reason {index}"))
    };
    let in_range = |points: i64| points.unsigned_abs() <= LIMIT.unsigned_abs();
    for contribution in &outcome.contributions {
        reason(contribution.reason)?;
        if !lines.contains(&contribution.line) {
            return Err(format!("there is no line {}", contribution.line));
        }
        if !in_range(contribution.points) {
            return Err(format!("line {}: points out of range", contribution.line));
        }
    }
    let mut ids = BTreeSet::new();
    for bonus in &outcome.bonuses {
        reason(bonus.reason)?;
        id("a bonus's id", &bonus.id)?;
        if !ids.insert(&bonus.id) || !in_range(bonus.points) {
            return Err(format!("bonus {}: used twice, or points out of range", bonus.id));
        }
    }
    Ok(())
}

pub(super) fn redeeming(decision: &redeeming::Decision, limit: usize) -> Result<(), String> {
    match decision {
        redeeming::Decision::Permitted(permit) => told(&permit.rule, &permit.explanation, limit),
        redeeming::Decision::Refused(refusal) => told(&refusal.rule, &refusal.explanation, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Text {
        Text {
            zh: "一".to_owned(),
            en: "one".to_owned(),
        }
    }

    fn sale() -> earning::Sale {
        let line = earning::Line {
            number: 1,
            sku: "A".to_owned(),
            category: "c".to_owned(),
            quantity: 1000,
            counted: 100,
            attributes: Vec::new(),
        };
        earning::Sale {
            config: "{}".to_owned(),
            minor_digits: 2,
            today: 0,
            birthday_month: false,
            tier: "vip".to_owned(),
            tier_multiplier: 1_000_000,
            first_purchase: false,
            introduced: false,
            lines: vec![line],
        }
    }

    fn good() -> earning::Outcome {
        earning::Outcome {
            reasons: vec![earning::Reason {
                rule: "r".to_owned(),
                explanation: text(),
            }],
            contributions: vec![earning::Contribution {
                line: 1,
                points: 5,
                reason: 0,
            }],
            bonuses: vec![earning::Bonus {
                id: "b".to_owned(),
                points: 5,
                condition: earning::Condition::Always,
                beneficiary: earning::Beneficiary::Member,
                reason: 0,
            }],
        }
    }

    #[test]
    fn an_outcome_names_only_what_exists() {
        let refused = |change: fn(&mut earning::Outcome)| {
            let mut bad = good();
            change(&mut bad);
            outcome(&sale(), &bad, 100).expect_err("refused")
        };
        assert_eq!(outcome(&sale(), &good(), 100), Ok(()));
        assert_eq!(refused(|o| o.contributions[0].line = 2), "there is no line 2");
        assert_eq!(refused(|o| o.contributions[0].reason = 1), "there is no reason 1");
        assert_eq!(refused(|o| o.bonuses[0].reason = 9), "there is no reason 9");
        assert_eq!(
            refused(|o| o.contributions[0].points = i64::MIN),
            "line 1: points out of range"
        );
        assert!(refused(|o| o.bonuses.push(o.bonuses[0].clone())).contains("used twice"));
        assert!(refused(|o| o.bonuses[0].id = "B b".to_owned()).contains("lower-case id"));
        assert!(refused(|o| o.reasons[0].explanation.zh = "分".repeat(40)).contains("120 bytes"));
        assert!(refused(|o| o.reasons[0].rule.clear()).contains("no name"));
    }

    #[test]
    fn a_grant_is_held_against_the_request() {
        let purchase = admission::Purchase {
            day: 0,
            paid: 1,
            earned: true,
        };
        let request = admission::Request {
            config: String::new(),
            minor_digits: 2,
            today: 10,
            filled: Vec::new(),
            purchases: vec![purchase],
        };
        let check = |valid_through, qualifying| {
            let grant = admission::Grant {
                rule: "r".to_owned(),
                explanation: text(),
                valid_through,
                qualifying,
            };
            admission(&request, &admission::Decision::Granted(grant), 100)
        };
        assert_eq!(check(Some(10), None), Ok(()));
        assert_eq!(check(Some(9), None), Err("granted until a day that is over".to_owned()));
        assert_eq!(check(None, Some(0)), Err("purchase 0 has earned already".to_owned()));
        assert_eq!(check(None, Some(1)), Err("there is no purchase 1".to_owned()));
        let nothing = admission::Decision::Refused(Vec::new());
        assert_eq!(
            admission(&request, &nothing, 100),
            Err("refused without a reason".to_owned())
        );
    }

    #[test]
    fn a_ladder_starts_at_nothing_and_rises() {
        let step = |id: &str, threshold| describe::Step {
            id: id.to_owned(),
            name: text(),
            threshold,
            multiplier: 1,
        };
        let of = |steps| ladder(&describe::Ladder { months: 12, steps }, 100);
        assert_eq!(of(vec![step("a", 0), step("b", 5)]), Ok(()));
        assert!(of(vec![]).is_err());
        assert!(of(vec![step("a", 1)]).is_err());
        assert!(of(vec![step("a", 0), step("b", 0)]).is_err());
        assert!(of(vec![step("a", 0), step("a", 5)]).is_err());
    }
}
