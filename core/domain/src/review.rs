//! The review of a tier (D-TIER-2): it falls here and nowhere else, by the ladder's rule.

use crate::calendar::{Day, Instant};
use crate::error::Text;
use crate::ledger::Member;
use crate::money::{Minor, format_minor};
use crate::rows::{Rows, TierChangeKind, TierChangeRow};
use crate::tier::{Fall, Ladder};

/// When and where a tier is reviewed.
#[derive(Clone, Copy, Debug)]
pub struct ReviewArgs {
    /// Day on which it was last reached or reviewed.
    pub since: Day,
    pub today: Day,
    pub now: Instant,
    /// Decimal places of the currency, for the sentence.
    pub minor_units: u32,
}

impl Ladder {
    /// The last day of a tier that was reached or kept on `since`; the day after it, and its grace, it is reviewed. None
    /// for the lowest one, and where tiers never fall.
    pub fn tier_until(&self, tier: &str, since: Day) -> Option<Day> {
        let falls = self.review.fall != Fall::Never && self.position(tier) != Some(0);
        since.add_months(self.months).filter(|_| falls)
    }

    /// Whether a tier that was reached or kept on `since` is due.
    pub fn is_due(&self, tier: &str, since: Day, today: Day) -> bool {
        let grace = i32::try_from(self.review.grace_days).unwrap_or(i32::MAX);
        let until = self.tier_until(tier, since).and_then(|last| last.plus_days(grace));
        until.is_some_and(|last| today > last)
    }
}

/// Reviews a tier, once for every period that is over. `member` is as afterwards, with what was paid since the window of
/// the first one. Nothing to do, and nothing done, before it is due.
pub fn review(member: &mut Member, ladder: &Ladder, args: ReviewArgs) -> Rows {
    let mut rows = Rows::default();
    let mut since = args.since;
    while ladder.is_due(&member.tier, since, args.today) {
        // The day after: the window no longer holds what was paid on the day on which it was reached.
        let last = ladder.tier_until(&member.tier, since);
        let Some(day) = last.and_then(|last| last.plus_days(1)) else {
            break;
        };
        rows.tier_changes.push(judge(member, ladder, day, args));
        since = day;
    }
    if !rows.tier_changes.is_empty() {
        rows.membership_updates.push(member.touch());
    }
    rows
}

/// One review as of `day`, or of today where that says more for the member.
fn judge(member: &mut Member, ladder: &Ladder, day: Day, args: ReviewArgs) -> TierChangeRow {
    let then = ladder.window_sum(&member.paid_by_day, day);
    let figure: Minor = then.max(ladder.window_sum(&member.paid_by_day, args.today));
    let from = member.tier.clone();
    let keeps = ladder.step(&from).filter(|step| figure >= step.threshold);
    if keeps.is_none() {
        let reached = ladder.step_for(figure);
        let place = ladder.position(&from);
        let below = place.and_then(|place| ladder.steps.get(place.checked_sub(1)?));
        // A tier that the ladder no longer has goes to where the figures say.
        let to = match ladder.review.fall {
            Fall::OneStep => below.or(reached),
            Fall::Figures | Fall::Never => reached,
        };
        member.tier = to.map_or_else(String::new, |step| step.id.clone());
    }
    let threshold = ladder.step(&from).map_or(0, |step| step.threshold);
    let (since, name) = (ladder.window_start(day), ladder.view(&member.tier).name);
    let money = |amount| format_minor(amount, args.minor_units);
    let (kind, zh, en) = if keeps.is_some() {
        (
            TierChangeKind::Kept,
            format!(
                "等级复核：{since}至{day}实付{}，达到{}，保留{}。",
                money(figure),
                money(threshold),
                name.zh
            ),
            format!(
                "Review: {} paid reach {}: {} is kept.",
                money(figure),
                money(threshold),
                name.en
            ),
        )
    } else {
        (
            TierChangeKind::Downgrade,
            format!(
                "等级复核：{since}至{day}实付{}，不足{}，降为{}。",
                money(figure),
                money(threshold),
                name.zh
            ),
            format!(
                "Review: {} paid from {since} to {day} are below {}: {} from now on.",
                money(figure),
                money(threshold),
                name.en
            ),
        )
    };
    TierChangeRow {
        membership: member.id,
        kind,
        from,
        to: member.tier.clone(),
        at: args.now,
        day,
        cause: None,
        since,
        figure,
        threshold,
        explanation: Text::new(zh, en),
    }
}
