//! Tiers: a ladder that HQ edits, measured on what was paid in rolling months (D-TIER-1, -2, -3).

use crate::calendar::{Day, Instant};
use crate::error::{FieldError, Text};
use crate::id::*;
use crate::ledger::Member;
use crate::money::{LIMIT, Minor, ONE, Ppm, format_minor};
use crate::rows::{TierChangeKind, TierChangeRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Reached at or above this much paid in the window, minor units.
    #[schema(value_type = i64, minimum = 0, example = 2_000_000)]
    pub threshold: Minor,
    /// Parts per million: 1 500 000 is × 1.5.
    #[schema(value_type = i64, minimum = 0, example = 1_500_000)]
    pub multiplier: Ppm,
}

/// The tiers, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ladder {
    // The same day that many months earlier is still inside.
    /// Rolling months of the window.
    #[schema(minimum = 1, maximum = 120, example = 12)]
    pub months: u32,
    pub steps: Vec<Step>,
    /// Of a tier that was reached or kept `months` ago; the nightly job does it.
    #[serde(default)]
    pub review: Review,
}

// The review of a tier, `months` after it was reached or kept last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TierReview)]
#[serde(default, deny_unknown_fields)]
pub struct Review {
    pub fall: Fall,
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
    /// How much more must be paid in the window, minor units.
    #[schema(value_type = i64)]
    pub missing_paid: Minor,
}

/// An upgrade that a sale caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    pub from: String,
    pub to: String,
    /// First day of the window in which the threshold was reached.
    pub since: Day,
    /// Its last day.
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
            match i.checked_sub(1).map(|before| self.steps[before].threshold) {
                None if step.threshold != 0 => wrong(format!("/steps/{i}/threshold"), "the first step begins at 0"),
                Some(before) if step.threshold <= before || step.threshold > LIMIT => {
                    wrong(format!("/steps/{i}/threshold"), "must be above the step before");
                }
                _ => {}
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

    /// The highest step at or below `paid`; the first one for less than nothing.
    pub fn step_for(&self, paid: Minor) -> Option<&Step> {
        self.steps
            .iter()
            .rev()
            .find(|step| paid >= step.threshold)
            .or_else(|| self.steps.first())
    }

    /// The next step above `tier`, and what is missing for it when `paid` was paid in the window.
    pub fn next_step(&self, tier: &str, paid: Minor) -> Option<NextStep> {
        let next = self.steps.get(self.position(tier).map_or(0, |place| place + 1))?;
        let missing_paid = next.threshold.saturating_sub(paid).max(0);
        Some(NextStep {
            id: next.id.clone(),
            name: next.name.clone(),
            missing_paid,
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

    /// First day of the window that ends with `day`: the same day `months` earlier, inclusive.
    pub fn window_start(&self, day: Day) -> Day {
        day.months_earlier(self.months).unwrap_or(day)
    }

    /// What was paid in the window that ends with `day`.
    pub fn window_sum(&self, paid_by_day: &BTreeMap<Day, Minor>, day: Day) -> Minor {
        paid_between(paid_by_day, self.window_start(day), day)
    }
}

/// Σ paid from `since` to `day`, both inclusive; saturates at ±[`LIMIT`].
fn paid_between(paid_by_day: &BTreeMap<Day, Minor>, since: Day, day: Day) -> Minor {
    if since > day {
        return 0;
    }
    let total: i128 = paid_by_day.range(since..=day).map(|(_, paid)| i128::from(*paid)).sum();
    total.clamp(i128::from(-LIMIT), i128::from(LIMIT)) as i64
}

/// What made a tier change, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    pub bill: BillId,
    pub at: Instant,
    /// Decimal places of the currency, for the sentence.
    pub minor_units: u32,
}

/// Upgrades `member` if what it has paid in the window that ends with `day` reaches a higher step (at or above). In
/// effect from the next sale on: the caller has earned at the old tier already.
pub(crate) fn upgrade(member: &mut Member, ladder: &Ladder, day: Day, cause: Cause) -> Option<TierChangeRow> {
    let figure = ladder.window_sum(&member.paid_by_day, day);
    let step = ladder.step_for(figure)?;
    if ladder.position(&step.id) <= ladder.position(&member.tier) {
        return None;
    }
    let upgrade = Upgrade {
        from: std::mem::replace(&mut member.tier, step.id.clone()),
        to: step.id.clone(),
        since: ladder.window_start(day),
        day,
        figure,
        threshold: step.threshold,
        bill: cause.bill,
    };
    let money = |amount| format_minor(amount, cause.minor_units);
    let explanation = Text::new(
        format!(
            "{}至{day}实付{}，达到{}，升为{}，下一笔起生效。",
            upgrade.since,
            money(figure),
            money(step.threshold),
            step.name.zh
        ),
        format!(
            "{} paid from {} to {day} reach {}: {} from the next sale on.",
            money(figure),
            upgrade.since,
            money(step.threshold),
            step.name.en
        ),
    );
    let row = row(member.id, TierChangeKind::Upgrade, &upgrade, cause, explanation);
    member.upgrades.push(upgrade);
    Some(row)
}

/// After a return has corrected the figure of day `corrected`: undoes the upgrades whose threshold, as it stood then,
/// is no longer reached as of their day. Never raises a tier, and looks at nothing where no window is touched.
pub(crate) fn undo(member: &mut Member, ladder: &Ladder, corrected: Day, cause: Cause) -> Option<TierChangeRow> {
    if !member.upgrades.iter().any(|u| (u.since..=u.day).contains(&corrected)) {
        return None;
    }
    let mut current = member.upgrades.first()?.from.clone();
    let mut lost: Option<Upgrade> = None;
    for upgrade in &member.upgrades {
        let figure = paid_between(&member.paid_by_day, upgrade.since, upgrade.day);
        let reached = if figure >= upgrade.threshold {
            Some(upgrade.to.as_str())
        } else {
            lost = Some(Upgrade {
                figure,
                ..upgrade.clone()
            });
            // What the rest still reaches, but never above what was reached then.
            let step = ladder.step_for(figure).map(|step| step.id.as_str());
            step.filter(|id| ladder.position(id) < ladder.position(&upgrade.to))
        };
        if let Some(id) = reached.filter(|id| ladder.position(id) > ladder.position(&current)) {
            current = id.to_owned();
        }
    }
    let lost = lost.filter(|_| ladder.position(&current) < ladder.position(&member.tier))?;
    let from = std::mem::replace(&mut member.tier, current.clone());
    let (money, name) = (
        |amount| format_minor(amount, cause.minor_units),
        ladder.view(&current).name,
    );
    let explanation = Text::new(
        format!(
            "退货后{}至{}实付{}，不足{}，恢复为{}。",
            lost.since,
            lost.day,
            money(lost.figure),
            money(lost.threshold),
            name.zh
        ),
        format!(
            "After the return {} paid from {} to {} are below {}: back to {}.",
            money(lost.figure),
            lost.since,
            lost.day,
            money(lost.threshold),
            name.en
        ),
    );
    Some(row(
        member.id,
        TierChangeKind::Undone,
        &Upgrade {
            from,
            to: current,
            ..lost
        },
        cause,
        explanation,
    ))
}

fn row(
    membership: MembershipId,
    kind: TierChangeKind,
    change: &Upgrade,
    cause: Cause,
    explanation: Text,
) -> TierChangeRow {
    TierChangeRow {
        membership,
        kind,
        from: change.from.clone(),
        to: change.to.clone(),
        at: cause.at,
        day: change.day,
        cause: Some(cause.bill),
        since: change.since,
        figure: change.figure,
        threshold: change.threshold,
        explanation,
    }
}
