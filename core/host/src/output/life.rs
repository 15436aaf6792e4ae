//! Answers about a card's later life: within the request, within ten years, and never against what was paid for.

use super::{LIMIT, MONTHS, told};
use crate::api::{Asset, Reason, expiry, guard, renewal, replacement, topping_up};

/// No answer extends anything further, days: ten years with their leap days.
const TEN_YEARS: i32 = 3653;
/// A bonus is at most so many times what was paid in.
const TIMES: i64 = 10;

fn reason(reason: &Reason, limit: usize) -> Result<(), String> {
    told(&reason.rule, &reason.explanation, limit)
}

fn reasons(reasons: &[Reason], limit: usize) -> Result<(), String> {
    reasons.iter().try_for_each(|r| reason(r, limit))
}

fn refusals(refusals: &[Reason], limit: usize) -> Result<(), String> {
    if refusals.is_empty() {
        return Err("refused without a reason".to_owned());
    }
    reasons(refusals, limit)
}

/// A new last valid day, which `from` is the earliest of.
fn last_day(day: i32, from: i32) -> Result<(), String> {
    if day < from {
        return Err("until a day that is over".to_owned());
    }
    if day > from.saturating_add(TEN_YEARS) {
        return Err("until a day more than ten years away".to_owned());
    }
    Ok(())
}

pub(crate) fn topping_up(
    request: &topping_up::Request,
    decision: &topping_up::Decision,
    limit: usize,
) -> Result<(), String> {
    match decision {
        topping_up::Decision::Granted(grant) => {
            reasons(&grant.reasons, limit)?;
            let most = request.amount.saturating_mul(TIMES).min(LIMIT);
            if !(0..=most).contains(&grant.bonus) {
                return Err(format!("a bonus of {}, 0 to {most} is allowed", grant.bonus));
            }
            if grant.bonus > 0 && grant.reasons.is_empty() {
                return Err("a bonus without a reason".to_owned());
            }
            Ok(())
        }
        topping_up::Decision::Refused(why) => refusals(why, limit),
    }
}

pub(crate) fn window(window: &renewal::Window) -> Result<(), String> {
    if window.months > MONTHS {
        return Err(format!("{} months, at most {MONTHS} are allowed", window.months));
    }
    Ok(())
}

pub(crate) fn renewal(request: &renewal::Request, decision: &renewal::Decision, limit: usize) -> Result<(), String> {
    match decision {
        renewal::Decision::Granted(grant) => {
            reason(&grant.reason, limit)?;
            if grant.valid_through <= request.valid_through {
                return Err("renewed through a day that it is valid through already".to_owned());
            }
            if grant.valid_through < request.applied_on {
                return Err("renewed through a day that is over".to_owned());
            }
            last_day(grant.valid_through, request.valid_through.max(request.applied_on))
        }
        renewal::Decision::Refused(why) => refusals(why, limit),
    }
}

pub(crate) fn expiry(request: &expiry::Request, decision: &expiry::Decision, limit: usize) -> Result<(), String> {
    let asset = match &request.subject {
        expiry::Subject::Membership => None,
        expiry::Subject::Lot(lot) => Some(lot.asset),
    };
    match decision {
        expiry::Decision::Extended(extension) => {
            reason(&extension.reason, limit)?;
            last_day(extension.through, request.today)
        }
        _ if asset == Some(Asset::Principal) => Err("stored value that was paid for can only be extended".to_owned()),
        expiry::Decision::Lapsed(why) => reason(why, limit),
        expiry::Decision::Converted(conversion) => {
            reason(&conversion.reason, limit)?;
            if !matches!(asset, Some(Asset::Points | Asset::Bonus)) {
                return Err("only lots of points and bonus become something else".to_owned());
            }
            if !matches!(conversion.into, Asset::Points | Asset::Bonus) || Some(conversion.into) == asset {
                return Err("points become bonus, bonus becomes points, and nothing else".to_owned());
            }
            if !(1..=LIMIT).contains(&conversion.amount) {
                return Err("a conversion into nothing, or out of range".to_owned());
            }
            conversion.through.map_or(Ok(()), |day| last_day(day, request.today))
        }
    }
}

pub(crate) fn replacement(
    request: &replacement::Request,
    decision: &replacement::Decision,
    limit: usize,
) -> Result<(), String> {
    match decision {
        replacement::Decision::Permitted(permit) => {
            reason(&permit.reason, limit)?;
            if !(0..=LIMIT).contains(&permit.fee) {
                return Err(format!("a fee of {}", permit.fee));
            }
            Ok(())
        }
        replacement::Decision::Refused(_) if request.named && (request.principal > 0 || request.sessions > 0) => {
            Err("a named card with something that was paid for is always replaced".to_owned())
        }
        replacement::Decision::Refused(why) => refusals(why, limit),
    }
}

pub(crate) fn guard(_request: &guard::Request, decision: &guard::Decision, limit: usize) -> Result<(), String> {
    match decision {
        guard::Decision::Permitted(permit) => {
            let demands = permit.demands;
            let anything = demands.pin || demands.signature || demands.identity || demands.manager;
            if anything && permit.reasons.is_empty() {
                return Err("a demand without a reason".to_owned());
            }
            reasons(&permit.reasons, limit)
        }
        guard::Decision::Refused(why) => refusals(why, limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Demands, Text};

    const TODAY: i32 = 20_513;

    fn why() -> Reason {
        Reason {
            rule: "r".to_owned(),
            explanation: Text {
                zh: "一".to_owned(),
                en: "one".to_owned(),
            },
        }
    }

    #[test]
    fn a_bonus_is_told_and_bounded_by_what_was_paid() {
        let request = topping_up::Request {
            config: String::new(),
            minor_digits: 2,
            today: TODAY,
            tier: String::new(),
            named: true,
            amount: 1_000_00,
            principal: 0,
            bonus: 0,
        };
        let check = |bonus, reasons| {
            let grant = topping_up::Grant { bonus, reasons };
            topping_up(&request, &topping_up::Decision::Granted(grant), 100)
        };
        assert_eq!(check(50_00, vec![why()]), Ok(()));
        assert_eq!(check(0, Vec::new()), Ok(()));
        assert_eq!(check(10_000_00, vec![why()]), Ok(()));
        assert!(check(10_000_01, vec![why()]).unwrap_err().contains("0 to 1000000"));
        assert!(check(-1, vec![why()]).is_err());
        assert_eq!(check(1, Vec::new()), Err("a bonus without a reason".to_owned()));
        let refused = topping_up::Decision::Refused(Vec::new());
        assert_eq!(
            topping_up(&request, &refused, 100),
            Err("refused without a reason".to_owned())
        );
    }

    #[test]
    fn a_renewal_goes_on_from_the_end_and_from_today() {
        let check = |valid_through, applied_on, until| {
            let request = renewal::Request {
                config: String::new(),
                minor_digits: 2,
                applied_on,
                valid_through,
                tier: String::new(),
                since: 0,
                measures: Vec::new(),
                by_terms: None,
            };
            let grant = renewal::Grant {
                reason: why(),
                valid_through: until,
            };
            renewal(&request, &renewal::Decision::Granted(grant), 100)
        };
        assert_eq!(check(TODAY + 10, TODAY, TODAY + 375), Ok(()));
        assert!(check(TODAY + 10, TODAY, TODAY + 10).is_err(), "the same day");
        assert_eq!(check(TODAY - 5, TODAY, TODAY), Ok(()));
        assert!(check(TODAY - 5, TODAY, TODAY - 1).is_err(), "over already");
        assert_eq!(check(TODAY, TODAY, TODAY + TEN_YEARS), Ok(()));
        assert!(check(TODAY, TODAY, TODAY + TEN_YEARS + 1).is_err(), "for ever");
        assert!(window(&renewal::Window { months: MONTHS }).is_ok());
        assert!(window(&renewal::Window { months: MONTHS + 1 }).is_err());
    }

    fn at_the_end(subject: Option<Asset>, decision: &expiry::Decision) -> Result<(), String> {
        let lot = |asset| {
            expiry::Subject::Lot(expiry::Lot {
                asset,
                service: String::new(),
                opened_on: 0,
                remaining: 100,
                with_membership: false,
            })
        };
        let request = expiry::Request {
            config: String::new(),
            minor_digits: 2,
            today: TODAY,
            tier: String::new(),
            ended_on: TODAY - 1,
            subject: subject.map_or(expiry::Subject::Membership, lot),
        };
        expiry(&request, decision, 100)
    }

    fn converted(into: Asset, amount: i64, through: Option<i32>) -> expiry::Decision {
        expiry::Decision::Converted(expiry::Conversion {
            reason: why(),
            into,
            amount,
            through,
        })
    }

    fn extended(through: i32) -> expiry::Decision {
        let reason = why();
        expiry::Decision::Extended(expiry::Extension { reason, through })
    }

    #[test]
    fn stored_value_that_was_paid_for_is_never_forfeited() {
        let lapsed = expiry::Decision::Lapsed(why());
        assert!(at_the_end(Some(Asset::Principal), &lapsed).is_err());
        assert!(at_the_end(Some(Asset::Principal), &converted(Asset::Points, 1, None)).is_err());
        assert_eq!(at_the_end(Some(Asset::Principal), &extended(TODAY + 365)), Ok(()));
        for asset in [Asset::Points, Asset::Bonus, Asset::Session] {
            assert_eq!(at_the_end(Some(asset), &lapsed), Ok(()));
        }
        assert_eq!(at_the_end(None, &lapsed), Ok(()));
    }

    #[test]
    fn what_ends_becomes_only_what_was_never_paid_for() {
        assert_eq!(
            at_the_end(Some(Asset::Points), &converted(Asset::Bonus, 1, None)),
            Ok(())
        );
        assert!(at_the_end(Some(Asset::Points), &converted(Asset::Principal, 1, None)).is_err());
        assert!(at_the_end(Some(Asset::Bonus), &converted(Asset::Bonus, 1, None)).is_err());
        assert!(at_the_end(Some(Asset::Points), &converted(Asset::Bonus, 0, None)).is_err());
        assert!(at_the_end(None, &converted(Asset::Bonus, 1, None)).is_err());
        assert_eq!(at_the_end(None, &extended(TODAY)), Ok(()));
        assert!(at_the_end(None, &extended(TODAY - 1)).is_err());
        assert!(at_the_end(None, &extended(TODAY + TEN_YEARS + 1)).is_err());
    }

    #[test]
    fn a_named_card_with_value_is_always_replaced() {
        let check = |named, principal, decision: &replacement::Decision| {
            let request = replacement::Request {
                config: String::new(),
                minor_digits: 2,
                today: TODAY,
                cause: replacement::Cause::Lost,
                tier: String::new(),
                named,
                issuing_store: true,
                replaced: 0,
                principal,
                sessions: 0,
            };
            replacement(&request, decision, 100)
        };
        let refused = replacement::Decision::Refused(vec![why()]);
        assert_eq!(check(false, 1, &refused), Ok(()));
        assert_eq!(check(true, 0, &refused), Ok(()));
        assert!(check(true, 1, &refused).unwrap_err().contains("always replaced"));
        let for_fee = |fee| {
            replacement::Decision::Permitted(replacement::Permit {
                reason: why(),
                fee,
                demands: NOTHING,
            })
        };
        assert_eq!(check(true, 1, &for_fee(20_00)), Ok(()));
        assert!(check(true, 1, &for_fee(-1)).is_err());
    }

    const NOTHING: Demands = Demands {
        pin: false,
        signature: false,
        identity: false,
        manager: false,
    };

    #[test]
    fn a_demand_is_told() {
        let request = guard::Request {
            config: String::new(),
            minor_digits: 2,
            today: TODAY,
            operation: guard::Operation::SpendValue,
            amount: 100,
            earlier_today: 0,
            service: String::new(),
            tier: String::new(),
            named: true,
        };
        let check = |demands, reasons| {
            let permit = guard::Permit { demands, reasons };
            guard(&request, &guard::Decision::Permitted(permit), 100)
        };
        let pin = Demands { pin: true, ..NOTHING };
        assert_eq!(check(NOTHING, Vec::new()), Ok(()));
        assert_eq!(check(pin, vec![why()]), Ok(()));
        assert_eq!(check(pin, Vec::new()), Err("a demand without a reason".to_owned()));
    }
}
