//! What comes on top of a top-up: a program's offers (D-HOT-5).

use crate::calendar::Day;
use crate::error::{FieldError, Text};
use crate::money::{LIMIT, Minor, ONE, mul_div};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most offers of a program.
pub const MAX_OFFERS: usize = 20;
/// Most steps of an offer.
pub const MAX_STEPS: usize = 20;

/// An offer of a program: whoever pays in gets a bonus on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TopUpOffer {
    /// The offer's own, within the program.
    #[schema(min_length = 1, max_length = 64, example = "summer")]
    pub code: String,
    pub name: Text,
    /// From the lowest up. The highest step that a top-up reaches holds for all of it.
    #[schema(min_items = 1, max_items = 20)]
    pub steps: Vec<OfferStep>,
    /// First day; null: at once.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Day>,
    /// Last day; null: until it is taken out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Day>,
}

/// What a top-up of at least so much brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferStep {
    /// Minor units.
    #[schema(value_type = i64, minimum = 1, example = 500_00)]
    pub from: Minor,
    pub grant: Grant,
}

/// The bonus of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Grant {
    /// At least 1, minor units.
    Amount(i64),
    /// Share of what is paid in, 1 to 1 000 000 parts per million; the bonus is rounded down to the minor unit.
    SharePpm(i64),
}

impl TopUpOffer {
    /// The bonus of a top-up; 0 below the first step.
    pub fn grant(&self, paid: Minor) -> Minor {
        let reached = self.steps.iter().filter(|step| paid >= step.from);
        match reached.max_by_key(|step| step.from).map(|step| step.grant) {
            Some(Grant::Amount(amount)) => amount,
            Some(Grant::SharePpm(share)) => mul_div(paid, share, ONE).unwrap_or(0),
            None => 0,
        }
    }

    /// Whether it holds on a day.
    pub fn holds(&self, on: Day) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on <= until)
    }

    fn faults(&self, faults: &mut Faults) {
        let named = |text: &str| (1..=64).contains(&text.trim().chars().count());
        faults.check(named(&self.code), "/code", "must have 1 to 64 characters");
        faults.check(
            named(&self.name.zh) && named(&self.name.en),
            "/name",
            "must have 1 to 64 characters in both languages",
        );
        faults.check(
            (1..=MAX_STEPS).contains(&self.steps.len()),
            "/steps",
            "must have 1 to 20 steps",
        );
        let rising = self.steps.windows(2).all(|two| two[0].from < two[1].from);
        faults.check(rising, "/steps", "must rise: each step begins above the one before it");
        for (i, step) in self.steps.iter().enumerate() {
            let from = format!("/steps/{i}/from");
            faults.check((1..=LIMIT).contains(&step.from), &from, "must be at least 1 minor unit");
            let (right, name, detail) = match step.grant {
                Grant::Amount(amount) => ((1..=LIMIT).contains(&amount), "amount", "must be at least 1 minor unit"),
                Grant::SharePpm(share) => (
                    (1..=ONE).contains(&share),
                    "share_ppm",
                    "must be 1 to 1 000 000 parts per million",
                ),
            };
            faults.check(right, &format!("/steps/{i}/grant/{name}"), detail);
        }
        let days = self.from.zip(self.until).is_none_or(|(from, until)| from <= until);
        faults.check(days, "/until", "must not be before the first day");
    }
}

/// Everything wrong with a program's offers, with pointers below them.
pub fn offers_faults(offers: &[TopUpOffer]) -> Vec<FieldError> {
    let mut faults = Faults::default();
    faults.check(offers.len() <= MAX_OFFERS, "", "must be at most 20 offers");
    for (i, offer) in offers.iter().enumerate() {
        faults.below = format!("/{i}");
        offer.faults(&mut faults);
        let twice = offers[..i].iter().any(|other| other.code == offer.code);
        faults.check(!twice, "/code", "must be no other offer's");
    }
    faults.found
}

#[derive(Default)]
struct Faults {
    below: String,
    found: Vec<FieldError>,
}

impl Faults {
    fn check(&mut self, right: bool, pointer: &str, detail: &str) {
        if !right {
            self.found.push(FieldError {
                pointer: format!("{}{pointer}", self.below),
                detail: detail.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(from: Minor, grant: Grant) -> OfferStep {
        OfferStep { from, grant }
    }

    fn offer(steps: Vec<OfferStep>) -> TopUpOffer {
        TopUpOffer {
            code: "summer".into(),
            name: Text::new("夏季充值", "Summer top-up"),
            steps,
            from: None,
            until: None,
        }
    }

    #[test]
    fn d_hot_5_the_brackets_rate_applies_to_the_whole() {
        let rates = offer(vec![
            step(1, Grant::SharePpm(30_000)),
            step(1_000_00, Grant::SharePpm(50_000)),
            step(3_000_00, Grant::SharePpm(80_000)),
        ]);
        for (paid, granted) in [
            (1_000_00, 50_00),
            (999_99, 29_99),
            (3_000_00, 240_00),
            (2_999_99, 149_99),
            (1, 0),
        ] {
            assert_eq!(rates.grant(paid), granted, "{paid}");
        }
        let fixed = offer(vec![
            step(500_00, Grant::Amount(100_00)),
            step(1_000_00, Grant::Amount(250_00)),
        ]);
        for (paid, granted) in [(499_99, 0), (500_00, 100_00), (999_99, 100_00), (5_000_00, 250_00)] {
            assert_eq!(fixed.grant(paid), granted, "{paid}");
        }
    }

    #[test]
    fn an_offer_has_its_days() {
        let day = |d| Day::from_ymd(2026, 7, d).unwrap();
        let mut summer = offer(vec![step(1, Grant::Amount(1))]);
        assert!(summer.holds(day(1)));
        (summer.from, summer.until) = (Some(day(2)), Some(day(3)));
        let held: Vec<bool> = (1..=4).map(|d| summer.holds(day(d))).collect();
        assert_eq!(held, [false, true, true, false]);
    }

    #[test]
    fn offers_are_checked_whole() {
        let good = offer(vec![step(500_00, Grant::Amount(100_00))]);
        assert_eq!(offers_faults(std::slice::from_ref(&good)), []);
        let pointers = |offers: &[TopUpOffer]| -> Vec<String> {
            offers_faults(offers).into_iter().map(|fault| fault.pointer).collect()
        };
        assert_eq!(pointers(&[good.clone(), good.clone()]), ["/1/code"]);
        assert_eq!(pointers(&[offer(vec![])]), ["/0/steps"]);
        let falling = offer(vec![step(2, Grant::Amount(0)), step(2, Grant::SharePpm(1_000_001))]);
        assert_eq!(
            pointers(&[falling]),
            ["/0/steps", "/0/steps/0/grant/amount", "/0/steps/1/grant/share_ppm"]
        );
        let backwards = TopUpOffer {
            code: String::new(),
            from: Day::from_ymd(2026, 7, 2),
            until: Day::from_ymd(2026, 7, 1),
            ..good.clone()
        };
        assert_eq!(pointers(&[backwards]), ["/0/code", "/0/until"]);
        assert_eq!(pointers(&vec![good; 21])[0], "");
    }
}
