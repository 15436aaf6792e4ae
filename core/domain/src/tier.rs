//! Tiers: a ladder that HQ edits, measured on figures in windows (D-TIER-1, -2, -3).

mod change;
mod manual;
mod merged;
mod standing;

pub(crate) use change::{Cause, changed, set_own, undo, upgrade};
pub(crate) use manual::end_manual;
pub use manual::{ManualArgs, TierReason, decide_manual, decide_revoke};
pub use merged::KeptTier;
pub(crate) use merged::{merge, unmerge};
pub use standing::{Needed, NeededFigure, Standing};

use crate::calendar::Day;
use crate::error::{FieldError, Text};
use crate::measure::{Condition, Conditions, Figures, Join, Measured, PAID, Wanted, Window};
use crate::money::{LIMIT, Minor, ONE, Ppm};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeSet;
use utoipa::ToSchema;

// One step of a ladder; a plugin multiplies points by 100 at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = LadderStep)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable, unique in the ladder.
    #[schema(example = "gold")]
    pub id: String,
    pub name: Text,
    /// Reached at or above this much paid in the ladder's `months`, minor units; 0 where the step has conditions.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0, example = 2_000_000, required = true)]
    pub threshold: Minor,
    /// Reached by these instead of the threshold; never on the first step, where everybody begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Conditions>,
    /// Parts per million: 1 500 000 is × 1.5.
    #[schema(value_type = i64, minimum = 0, example = 1_500_000)]
    pub multiplier: Ppm,
}

/// The tiers, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    // The same day that many months earlier is still inside.
    /// Rolling months of the thresholds' window, and how long a tier lasts before its review.
    #[schema(minimum = 1, maximum = 120, example = 12)]
    pub months: u32,
    pub steps: Vec<Step>,
    /// Of a tier whose time is over; the nightly job does it.
    #[serde(default)]
    pub review: Review,
}

// The review of a tier, after its last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierReview)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    pub fall: Fall,
    pub ends: Ends,
    /// Days that the review waits for.
    #[schema(maximum = 366)]
    pub grace_days: u32,
}

/// How far a tier falls whose threshold isn't reached any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierFall)]
#[serde(rename_all = "snake_case")]
pub enum Fall {
    #[default]
    OneStep,
    /// To where the figures say.
    Figures,
    Never,
}

/// When a tier that was reached or kept is reviewed. A change of the ladder doesn't move the last day that a tier has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierEnds)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// After the same day, the ladder's `months` later.
    #[default]
    Months,
    /// After 31 December: of the next year where it was reached, of the year that begins where it was kept.
    YearEnd,
}

/// A step of a program's ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Tier)]
pub struct TierView {
    #[schema(example = "gold")]
    pub id: String,
    pub name: Text,
}

/// What comes next on the ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = NextTier)]
pub struct NextStep {
    pub id: String,
    pub name: Text,
    /// How much more must be paid in the window, minor units; 0 where it asks for other figures alone.
    #[schema(value_type = i64)]
    pub missing_paid: Minor,
    /// All that it asks for, with the figures as of today.
    pub needs: Needed,
}

/// A tier that figures alone give, while somebody has set a higher one by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    pub tier: String,
    /// Its last day before its review.
    pub until: Option<Day>,
}

/// An upgrade that figures caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    pub from: String,
    pub to: String,
    /// As of when it was reached.
    pub day: Day,
    /// What `to` needed at that time, with the figures of that time.
    pub measured: Measured,
}

impl Ladder {
    /// Everything wrong with it, with pointers below the ladder.
    pub fn validate(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut wrong = |pointer: String, detail: &str| {
            errors.push(FieldError {
                pointer,
                detail: detail.to_owned(),
            })
        };
        if !(1..=120).contains(&self.months) {
            wrong("/months".to_owned(), "must be 1 to 120");
        }
        if self.review.grace_days > 366 {
            wrong("/review/grace_days".to_owned(), "must be 0 to 366");
        }
        if !(1..=20).contains(&self.steps.len()) {
            wrong("/steps".to_owned(), "must have 1 to 20 steps");
        }
        let mut ids = BTreeSet::new();
        for (i, step) in self.steps.iter().enumerate() {
            let id_shape = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
            if !(1..=32).contains(&step.id.len()) || !step.id.bytes().all(id_shape) {
                wrong(
                    format!("/steps/{i}/id"),
                    "must be 1 to 32 characters of a-z, 0-9, _ and -",
                );
            }
            if !ids.insert(&step.id) {
                wrong(format!("/steps/{i}/id"), "must be unique in the ladder");
            }
            if step.name.zh.trim().is_empty() || step.name.en.trim().is_empty() {
                wrong(format!("/steps/{i}/name"), "must be given in both languages");
            }
            if !(0..=100 * ONE).contains(&step.multiplier) {
                wrong(
                    format!("/steps/{i}/multiplier"),
                    "must be 0 to 100 000 000 parts per million",
                );
            }
            for error in self.validate_needs(i, step) {
                wrong(format!("/steps/{i}{}", error.pointer), &error.detail);
            }
        }
        errors
    }

    /// What is wrong with what a step asks for, with pointers below the step.
    fn validate_needs(&self, i: usize, step: &Step) -> Vec<FieldError> {
        let wrong = |pointer: &str, detail: &str| {
            vec![FieldError {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            }]
        };
        let Some(before) = i.checked_sub(1).map(|before| &self.steps[before]) else {
            return match (&step.conditions, step.threshold) {
                (None, 0) => Vec::new(),
                (Some(_), _) => wrong("/conditions", "everybody begins on the first step"),
                (None, _) => wrong("/threshold", "the first step begins at 0"),
            };
        };
        let Some(conditions) = &step.conditions else {
            let before = if before.conditions.is_some() {
                0
            } else {
                before.threshold
            };
            return if step.threshold <= before || step.threshold > LIMIT {
                wrong("/threshold", "must be above the step before")
            } else {
                Vec::new()
            };
        };
        if step.threshold != 0 {
            return wrong("/threshold", "must be 0 beside conditions");
        }
        let mut errors = conditions.validate();
        for error in &mut errors {
            error.pointer.insert_str(0, "/conditions");
        }
        let below = self.needs(before);
        for (place, condition) in conditions.of.iter().enumerate() {
            let same = |other: &&Condition| other.measure == condition.measure && other.window == condition.window;
            if below
                .of
                .iter()
                .find(same)
                .is_some_and(|other| condition.threshold < other.threshold)
            {
                errors.extend(wrong(
                    &format!("/conditions/of/{place}/threshold"),
                    "must not be below the step before",
                ));
            }
        }
        errors
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Place of a step on the ladder; none for a tier that the ladder no longer has, which is below all.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// What a step asks for: its conditions, or its threshold as one. Nothing of the first one.
    pub(crate) fn needs<'a>(&'a self, step: &'a Step) -> Cow<'a, Conditions> {
        match &step.conditions {
            Some(conditions) => Cow::Borrowed(conditions),
            None => Cow::Owned(Conditions {
                join: Join::All,
                of: vec![Condition {
                    measure: PAID.to_owned(),
                    window: Window::RollingMonths { months: self.months },
                    threshold: step.threshold,
                }],
            }),
        }
    }

    /// What a step asks for, with the figures of windows that end with `day`.
    pub fn measured(&self, step: &Step, figures: &Figures, day: Day) -> Measured {
        self.needs(step).measured(figures, |_| day)
    }

    /// The highest step that the figures as of a day reach, at or above; the first one where they reach none.
    pub fn step_for(&self, figures: &Figures, day: Day) -> Option<&Step> {
        self.highest(|step| self.measured(step, figures, day))
    }

    pub(crate) fn highest(&self, measured: impl Fn(&Step) -> Measured) -> Option<&Step> {
        let above = self.steps.iter().skip(1).rev();
        above
            .into_iter()
            .find(|step| measured(step).holds())
            .or_else(|| self.steps.first())
    }

    /// Which figures a decision as of a day needs; none for a ladder of one step, which measures nothing.
    pub fn wanted(&self, day: Day) -> Option<Wanted> {
        let above = self.steps.get(1..).filter(|above| !above.is_empty())?;
        let mut wanted = Wanted {
            since: day,
            back: 0,
            all: false,
            totals: false,
        };
        for condition in above.iter().flat_map(|step| self.needs(step).into_owned().of) {
            match condition.window.since(day) {
                Some(since) => wanted.since = wanted.since.min(since),
                None => wanted.totals = true,
            }
            wanted.all |= condition.measure != PAID;
        }
        // Whatever day it ends with: leap days, and a calendar year of which it is only the beginning.
        wanted.back = (day.0 - wanted.since.0).max(366) + 4;
        Some(wanted)
    }

    /// The last day of a tier that was reached on a day; none for the lowest one.
    pub(crate) fn lasts_until(&self, tier: &str, reached: Day) -> Option<Day> {
        self.until(tier, reached, 1)
    }

    /// The last day of a tier that a review has left on a day; none for the lowest one.
    pub(crate) fn kept_until(&self, tier: &str, reviewed: Day) -> Option<Day> {
        self.until(tier, reviewed, 0)
    }

    fn until(&self, tier: &str, from: Day, years: i32) -> Option<Day> {
        if self.position(tier) == Some(0) {
            return None;
        }
        match self.review.ends {
            Ends::Months => from.add_months(self.months),
            Ends::YearEnd => Day::from_ymd(from.year() + years, 12, 31),
        }
    }

    /// The next step above `tier`, and what is missing for it as of a day.
    pub fn next_step(&self, tier: &str, figures: &Figures, day: Day) -> Option<NextStep> {
        let next = self.steps.get(self.position(tier).map_or(0, |place| place + 1))?;
        let measured = self.measured(next, figures, day);
        let paid = measured.of.iter().find(|figure| figure.measure == PAID);
        Some(NextStep {
            id: next.id.clone(),
            name: next.name.clone(),
            missing_paid: paid.map_or(0, crate::measure::Figure::missing),
            needs: Needed::of(&measured),
        })
    }

    /// A tier as answers show it; one that the ladder no longer has, by its id.
    pub fn view(&self, id: &str) -> TierView {
        TierView {
            id: id.to_owned(),
            name: self
                .step(id)
                .map_or_else(|| Text::new(id, id), |step| step.name.clone()),
        }
    }
}
