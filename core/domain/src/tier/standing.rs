//! What keeps a tier, what reaches the next one, and which follows when it ends (D-TIER-3).

use super::{Fall, Ladder, NextStep, TierView};
use crate::calendar::Day;
use crate::ledger::Member;
use crate::measure::{Figure, Join, Measured, Unit, Window};
use crate::review::{ReviewArgs, review};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Conditions with their figures, as people see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierNeeds)]
pub struct Needed {
    pub join: Join,
    /// Whether they hold.
    pub met: bool,
    pub of: Vec<NeededFigure>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierNeed)]
pub struct NeededFigure {
    /// `paid`, `visits`, `points`, `nights`, `vehicles`.
    #[schema(example = "paid")]
    pub measure: String,
    pub unit: Unit,
    pub window: Window,
    /// First day of the window; null: since enrolment.
    #[schema(value_type = Option<String>, format = Date)]
    pub since: Option<Day>,
    /// Its last day.
    #[schema(value_type = String, format = Date)]
    pub until: Day,
    pub figure: i64,
    pub threshold: i64,
    pub missing: i64,
}

/// How a membership's tier stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Last day of the tier before its review, or of one that was set by hand; none: it has no end.
    pub valid_through: Option<Day>,
    /// What keeps it, with what counts at its review so far; none where it has no end.
    pub keeps: Option<Measured>,
    pub next: Option<NextStep>,
    /// The tier that follows if nothing is added until then; none where this one has no end.
    pub then: Option<TierView>,
}

impl Needed {
    pub fn of(measured: &Measured) -> Self {
        let figure = |figure: &Figure| NeededFigure {
            measure: figure.measure.clone(),
            unit: figure.unit(),
            window: figure.window,
            since: figure.since,
            until: figure.until,
            figure: figure.figure,
            threshold: figure.threshold,
            missing: figure.missing(),
        };
        Self {
            join: measured.join,
            met: measured.holds(),
            of: measured.of.iter().map(figure).collect(),
        }
    }
}

impl Ladder {
    /// How the tier of a member stands, whose figures of the ladder are loaded. `since`: when it was last reached or
    /// reviewed, for tiers from before their last day was kept.
    pub fn standing(&self, member: &Member, since: Option<Day>, today: Day) -> Standing {
        let next = self.next_step(&member.tier, &member.figures, today);
        let manual = member.below.is_some();
        let until = member.tier_until.or_else(|| self.lasts_until(&member.tier, since?));
        let ends = manual || self.review.fall != Fall::Never && self.position(&member.tier) != Some(0);
        let Some(until) = until.filter(|_| ends) else {
            return Standing {
                valid_through: None,
                keeps: None,
                next,
                then: None,
            };
        };
        let keeps = self
            .step(&member.tier)
            .map(|step| self.at_review(step, &member.figures, until));
        let mut later = member.clone();
        let grace = i32::try_from(self.review.grace_days).unwrap_or(i32::MAX);
        let args = ReviewArgs {
            since,
            today: until.plus_days(grace.saturating_add(1)).unwrap_or(until).max(today),
            now: member.opened_at,
            minor_units: 0,
        };
        review(&mut later, self, args);
        Standing {
            valid_through: Some(until),
            keeps,
            next,
            then: Some(self.view(&later.tier)),
        }
    }
}
