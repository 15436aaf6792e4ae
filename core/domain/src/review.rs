//! The review of a tier (D-TIER-2): it falls here and nowhere else, by the ladder's rule; one that was set by hand ends.

use crate::calendar::{Day, Instant};
use crate::error::Text;
use crate::ledger::Member;
use crate::measure::{Figures, Measured, Window};
use crate::rows::{Rows, TierChangeKind, TierChangeRow};
use crate::tier::{Below, Cause, Fall, Ladder, Step, changed, end_manual, set_own};

/// When and where a tier is reviewed.
#[derive(Clone, Copy, Debug)]
pub struct ReviewArgs {
    /// Day on which it was last reached or reviewed, for a tier from before its last day was kept.
    pub since: Option<Day>,
    pub today: Day,
    pub now: Instant,
    /// Decimal places of the currency, for the sentence.
    pub minor_units: u32,
}

impl Ladder {
    /// Whether a tier through `until` is to be reviewed, or one that was set by hand above `below` is over; `since` is for
    /// one from before its last day was kept.
    pub fn is_over(
        &self,
        (tier, until): (&str, Option<Day>),
        below: Option<&Below>,
        since: Option<Day>,
        today: Day,
    ) -> bool {
        let over = below.is_some() && until.is_some_and(|last| today > last);
        let (own, own_until) = below.map_or((tier, until), |below| (&below.tier, below.until));
        let last = own_until.or_else(|| self.lasts_until(own, since?));
        over || last.is_some_and(|last| self.is_due(own, last, today))
    }

    /// Whether a tier whose last day was `until` is due: that day and the days of grace are over.
    fn is_due(&self, tier: &str, until: Day, today: Day) -> bool {
        let falls = self.review.fall != Fall::Never && self.position(tier) != Some(0);
        let grace = i32::try_from(self.review.grace_days).unwrap_or(i32::MAX);
        falls && until.plus_days(grace).is_some_and(|last| today > last)
    }

    /// What a step asks for at the review after `last`: as of the day after, when the window no longer holds the day on
    /// which the tier was reached; of calendar years, the one that is over.
    pub(crate) fn at_review(&self, step: &Step, figures: &Figures, last: Day) -> Measured {
        let after = last.plus_days(1).unwrap_or(last);
        self.needs(step).measured(figures, |window| match window {
            Window::CalendarYear => last,
            _ => after,
        })
    }
}

impl Member {
    /// The last day of the tier that figures give; `since` is for one from before that day was kept.
    fn last_day(&self, ladder: &Ladder, since: Option<Day>) -> Option<Day> {
        self.own_until().or_else(|| ladder.lasts_until(self.own_tier(), since?))
    }
}

/// Reviews a tier, once for every period that is over. `member` is as afterwards, with the ladder's figures since the
/// window of the first one. Nothing to do, and nothing done, before it is due.
pub fn review(member: &mut Member, ladder: &Ladder, args: ReviewArgs) -> Rows {
    let mut rows = Rows::default();
    let mut since = args.since;
    loop {
        let over = member
            .tier_until
            .filter(|last| member.below.is_some() && args.today > *last);
        let last = member.last_day(ladder, since.take());
        let due = last.filter(|last| ladder.is_due(member.own_tier(), *last, args.today));
        let cause = Cause {
            bill: None,
            at: args.now,
            minor_units: args.minor_units,
        };
        let change = match (over, due) {
            (Some(over), due) if due.is_none_or(|due| over <= due) => {
                end_manual(member, ladder, (over, args.today), cause)
            }
            (_, Some(due)) => judge(member, ladder, (due, args.today), cause),
            _ => break,
        };
        rows.tier_changes.push(change);
    }
    if !rows.tier_changes.is_empty() {
        rows.membership_updates.push(member.touch());
    }
    rows
}

/// One review after `last`, or as of today where that says more for the member.
fn judge(member: &mut Member, ladder: &Ladder, (last, today): (Day, Day), cause: Cause) -> TierChangeRow {
    let before = (member.tier.clone(), member.own_tier().to_owned());
    let measured = |step: &Step| {
        let then = ladder.at_review(step, &member.figures, last);
        then.or_better(ladder.measured(step, &member.figures, today))
    };
    let (step, place) = (ladder.step(&before.1), ladder.position(&before.1));
    let reached = ladder.highest(measured);
    let figures = step.map(measured);
    let keeps = figures.as_ref().is_some_and(Measured::holds)
        || place.is_some() && reached.is_some_and(|reached| ladder.position(&reached.id) > place);
    let below = place.and_then(|place| ladder.steps.get(place.checked_sub(1)?));
    // A tier that the ladder no longer has goes to where the figures say.
    let to = match ladder.review.fall {
        _ if keeps => step,
        Fall::OneStep => below.or(reached),
        Fall::Figures | Fall::Never => reached,
    };
    let (id, name) = to.map_or_else(
        || (String::new(), Text::new("", "")),
        |step| (step.id.clone(), step.name.clone()),
    );
    let day = last.plus_days(1).unwrap_or(last);
    set_own(member, ladder, &id, ladder.kept_until(&id, day));
    let kind = if keeps {
        TierChangeKind::Kept
    } else {
        TierChangeKind::Downgrade
    };
    let explanation = explained(figures.as_ref(), keeps, &name, cause.minor_units);
    changed(
        member,
        &before,
        kind,
        day,
        figures.unwrap_or_default(),
        (cause, explanation),
    )
}

fn explained(figures: Option<&Measured>, keeps: bool, name: &Text, minor_units: u32) -> Text {
    let Some(figures) = figures else {
        return Text::new(
            format!("等级复核：现行阶梯已无原等级，改为{}。", name.zh),
            format!("Review: the ladder no longer has the tier: {} from now on.", name.en),
        );
    };
    let word = if figures.holds() {
        ["达到", "reach"]
    } else {
        ["不足", "are below"]
    };
    let told = figures.told(minor_units, word);
    if keeps {
        Text::new(
            format!("等级复核：{}，保留{}。", told.zh, name.zh),
            format!("Review: {}: {} is kept.", told.en, name.en),
        )
    } else {
        Text::new(
            format!("等级复核：{}，降为{}。", told.zh, name.zh),
            format!("Review: {}: {} from now on.", told.en, name.en),
        )
    }
}
