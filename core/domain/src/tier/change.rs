//! How a tier changes by figures: upgrades, and what a return undoes of them (D-TIER-2).

use super::{Below, Ladder, Upgrade};
use crate::calendar::{Day, Instant, Zone};
use crate::error::Text;
use crate::id::BillId;
use crate::ledger::Member;
use crate::measure::Measured;
use crate::rows::{TierChangeKind, TierChangeRow};

/// What made a tier change, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause {
    /// None: no bill, but time.
    pub bill: Option<BillId>,
    pub at: Instant,
    /// Decimal places of the currency, for the sentence.
    pub minor_units: u32,
}

impl Member {
    /// The tier that figures alone give: below one that was set by hand.
    pub fn own_tier(&self) -> &str {
        self.below.as_ref().map_or(&self.tier, |below| &below.tier)
    }

    /// Its last day before its review; none where it has no review, or the day wasn't kept.
    pub fn own_until(&self) -> Option<Day> {
        self.below.as_ref().map_or(self.tier_until, |below| below.until)
    }
}

/// Gives a member another own tier. One that was set by hand stays above it, until the own one is as high.
pub(crate) fn set_own(member: &mut Member, ladder: &Ladder, tier: &str, until: Option<Day>) {
    let stays = ladder.position(tier) < ladder.position(&member.tier);
    match &mut member.below {
        Some(below) if stays => {
            *below = Below {
                tier: tier.to_owned(),
                until,
            };
        }
        _ => {
            tier.clone_into(&mut member.tier);
            (member.tier_until, member.below) = (until, None);
        }
    }
}

/// The row of a change. `before` is the member before it, `day` as of when it is.
pub(crate) fn changed(
    member: &Member,
    before: &(String, String),
    kind: TierChangeKind,
    day: Day,
    measured: Measured,
    (cause, explanation): (Cause, Text),
) -> TierChangeRow {
    let decisive = measured.decisive();
    let since = decisive.and_then(|figure| figure.since);
    let by_hand = before.0 != before.1 || member.below.is_some();
    TierChangeRow {
        membership: member.id,
        kind,
        from: before.0.clone(),
        to: member.tier.clone(),
        at: cause.at,
        day,
        cause: cause.bill,
        since: since.unwrap_or_else(|| Zone::UTC.day_of(member.opened_at)),
        figure: decisive.map_or(0, |figure| figure.figure),
        threshold: decisive.map_or(0, |figure| figure.threshold),
        measured,
        valid_through: member.tier_until,
        own: by_hand.then(|| (before.1.clone(), member.own_tier().to_owned())),
        staff: None,
        reason: None,
        explanation,
    }
}

/// A member's tier and own tier.
pub(super) fn both(member: &Member) -> (String, String) {
    (member.tier.clone(), member.own_tier().to_owned())
}

/// Upgrades `member` if its figures as of `day` reach a higher step (at or above), which then lasts anew. In effect from
/// the next sale on: the caller has earned at the old tier already.
pub(crate) fn upgrade(member: &mut Member, ladder: &Ladder, day: Day, cause: Cause) -> Option<TierChangeRow> {
    if ladder.steps.len() < 2 {
        return None;
    }
    let step = ladder.step_for(&member.figures, day)?;
    if ladder.position(&step.id) <= ladder.position(member.own_tier()) {
        return None;
    }
    let (before, measured) = (both(member), ladder.measured(step, &member.figures, day));
    set_own(member, ladder, &step.id, ladder.lasts_until(&step.id, day));
    let told = measured.told(cause.minor_units, ["达到", "reach"]);
    let explanation = match member.below {
        None => Text::new(
            format!("{}，升为{}，下一笔起生效。", told.zh, step.name.zh),
            format!("{}: {} from the next sale on.", told.en, step.name.en),
        ),
        Some(_) => Text::new(
            format!("{}，达到{}；人工设定的等级到期后按此等级。", told.zh, step.name.zh),
            format!(
                "{}: {} once the tier that was set by hand is over.",
                told.en, step.name.en
            ),
        ),
    };
    member.upgrades.push(Upgrade {
        from: before.1.clone(),
        to: step.id.clone(),
        day,
        measured: measured.clone(),
    });
    let kind = TierChangeKind::Upgrade;
    Some(changed(member, &before, kind, day, measured, (cause, explanation)))
}

/// After a return has corrected figures of days: undoes the upgrades whose conditions, as they stood then, no longer hold
/// as of their day. Never raises a tier, and looks at nothing where no window is touched.
pub(crate) fn undo(
    member: &mut Member,
    ladder: &Ladder,
    corrected: &[(&str, Day)],
    cause: Cause,
) -> Option<TierChangeRow> {
    let touched = |upgrade: &Upgrade| {
        corrected
            .iter()
            .any(|(measure, day)| upgrade.measured.counts(measure, *day))
    };
    if !member.upgrades.iter().any(touched) {
        return None;
    }
    let mut current = member.upgrades.first()?.from.clone();
    let (mut lost, mut mine): (Option<(Day, Measured)>, bool) = (None, false);
    for upgrade in &member.upgrades {
        let again = upgrade.measured.again(&member.figures);
        let reached = if again.holds() {
            Some(upgrade.to.as_str())
        } else {
            // Best the one that gave the tier of now.
            if lost.is_none() || upgrade.to == member.own_tier() || !mine {
                lost = Some((upgrade.day, again));
                mine = upgrade.to == member.own_tier();
            }
            // What the rest still reaches, but never above what was reached then.
            let step = ladder.step_for(&member.figures, upgrade.day);
            let step = step.map(|step| step.id.as_str());
            step.filter(|id| ladder.position(id) < ladder.position(&upgrade.to))
        };
        if let Some(id) = reached.filter(|id| ladder.position(id) > ladder.position(&current)) {
            current = id.to_owned();
        }
    }
    let (day, measured) = lost.filter(|_| ladder.position(&current) < ladder.position(member.own_tier()))?;
    let before = both(member);
    set_own(member, ladder, &current, ladder.lasts_until(&current, day));
    let (told, name) = (
        measured.told(cause.minor_units, ["不足", "are below"]),
        ladder.view(&current).name,
    );
    let explanation = Text::new(
        format!("退货后{}，恢复为{}。", told.zh, name.zh),
        format!("After the return {}: back to {}.", told.en, name.en),
    );
    let kind = TierChangeKind::Undone;
    Some(changed(member, &before, kind, day, measured, (cause, explanation)))
}
