//! Tiers: a ladder that HQ edits, measured on what was paid in rolling months (D-TIER-1, -2, -3).

use crate::calendar::{Day, Instant};
use crate::error::{FieldError, Text};
use crate::id::*;
use crate::ledger::Member;
use crate::money::{LIMIT, Minor, ONE, Ppm, format_minor};
use crate::rows::{TierChangeKind, TierChangeRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One step of a ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable, unique in the ladder.
    pub id: String,
    pub name: Text,
    /// Reached at or above this much paid in the window, minor units.
    pub threshold: Minor,
    /// Multiplier of points for the plugin, 0–100 × 1 000 000.
    pub multiplier: Ppm,
}

/// The tiers of a program, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    /// Rolling months of the window, 1–120; the same day that many months earlier is still inside.
    pub months: u32,
    pub steps: Vec<Step>,
}

/// A tier as answers show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierView {
    pub id: String,
    pub name: Text,
}

/// What comes next, and how much more must be paid in the window for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    pub id: String,
    pub name: Text,
    pub missing_paid: Minor,
}

/// An upgrade that a sale caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    pub from: String,
    pub to: String,
    /// Last day of the window in which the threshold was reached.
    pub day: Day,
    /// Paid in the window at that time.
    pub figure: Minor,
    /// What `to` needed at that time.
    pub threshold: Minor,
    pub bill: BillId,
}

impl Ladder {
    /// Everything wrong with it, with pointers below the ladder.
    pub fn validate(&self) -> Vec<FieldError> {
        todo!()
    }

    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }

    /// Place of a step on the ladder; none for a tier that the ladder no longer has, which is below all.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.steps.iter().position(|step| step.id == id)
    }

    /// The highest step at or below `paid`; the first one for less than nothing.
    pub fn step_for(&self, paid: Minor) -> Option<&Step> {
        self.steps
            .iter()
            .rev()
            .find(|step| paid >= step.threshold)
            .or_else(|| self.steps.first())
    }

    /// The next step above `tier` and what is missing for it.
    pub fn next_step(&self, tier: &str, paid: Minor) -> Option<NextStep> {
        todo!()
    }

    /// A tier as answers show it.
    pub fn view(&self, id: &str) -> TierView {
        todo!()
    }

    /// What was paid in the window that ends with `day`, inclusive at both ends.
    pub fn window_sum(&self, paid_by_day: &BTreeMap<Day, Minor>, day: Day) -> Minor {
        todo!()
    }
}

/// Upgrades `member` if what it has paid in the window that ends with `day` reaches a higher step. In effect from the
/// next sale on: the caller has earned at the old tier already.
pub(crate) fn upgrade(
    member: &mut Member,
    ladder: &Ladder,
    day: Day,
    bill: BillId,
    at: Instant,
    minor_units: u32,
) -> Option<TierChangeRow> {
    todo!()
}

/// After a return has corrected `corrected`'s figure: undoes upgrades whose threshold is no longer reached as of their
/// day. Never raises a tier.
pub(crate) fn undo(
    member: &mut Member,
    ladder: &Ladder,
    corrected: Day,
    bill: BillId,
    at: Instant,
    minor_units: u32,
) -> Option<TierChangeRow> {
    todo!()
}
