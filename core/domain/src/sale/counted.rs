//! What a bill counts for beside its points: the measures that tiers stand on (D-TIER-1, -2, D-LED-5).

use super::{Bill, Context, Line, RecordedLine, SaleArgs, SaleRecord, Terms};
use crate::calendar::{Day, Instant};
use crate::id::BillId;
use crate::ledger::Member;
use crate::measure::{self, PAID, POINTS, VISITS};
use crate::money::{Minor, Points};
use crate::rows::{MeasureDelta, Rows};
use crate::tier::{self, Ladder};
use std::collections::BTreeMap;

/// Sums of what lines count for.
pub(super) type OfLines = BTreeMap<&'static str, i64>;

/// A sale, as far as it is counted.
pub(super) struct Purchase {
    pub bill: BillId,
    /// Its business day.
    pub day: Day,
    pub paid: Minor,
    pub earned: Points,
    pub of_lines: OfLines,
}

impl Purchase {
    /// A new sale.
    pub(super) fn of(args: &SaleArgs, paid: Minor, earned: Points) -> Self {
        Self {
            bill: args.id,
            day: args.key.business_date,
            paid,
            earned,
            of_lines: of_bill(&args.bill),
        }
    }
}

/// What a return takes, negative.
pub(crate) struct Returned<'a> {
    /// The return.
    pub bill: BillId,
    pub paid: Minor,
    pub points: Points,
    pub all_came_back: bool,
    pub after: &'a [RecordedLine],
}

/// What the lines of a new bill count for.
fn of_bill(bill: &Bill) -> OfLines {
    let of_line = |line: &Line| measure::of_line(line.attributes.iter().map(|(name, value)| (name.as_str(), value)));
    sums(bill.lines.iter().flat_map(of_line))
}

/// What is kept of the lines of an old one.
pub(super) fn of_lines(lines: &[RecordedLine]) -> OfLines {
    let kept = |line: &RecordedLine| {
        let (kept, quantity) = (line.quantity - line.returned, line.quantity);
        let part = move |(name, whole): &(&'static str, i64)| (*name, measure::kept_of(*whole, kept, quantity));
        line.counts.iter().map(part).collect::<Vec<_>>()
    };
    sums(lines.iter().flat_map(kept))
}

fn sums(counts: impl Iterator<Item = (&'static str, i64)>) -> OfLines {
    let mut sums = OfLines::new();
    for (name, count) in counts {
        let sum = sums.entry(name).or_default();
        *sum = sum.saturating_add(count);
    }
    sums
}

impl Terms {
    /// The day on which points of a bill of `day` count: the first one on which they can be spent.
    pub fn points_count_on(&self, day: Day) -> Day {
        let window = i32::try_from(self.maturing_days).ok().filter(|days| *days > 0);
        window.and_then(|days| day.plus_days(days + 1)).unwrap_or(day)
    }
}

/// Counts a difference of a measure on a day.
pub(crate) fn add(member: &mut Member, rows: &mut Rows, (measure, day): (&'static str, Day), delta: i64) {
    if delta == 0 {
        return;
    }
    member.figures.count(measure, day, delta);
    rows.measures.push(MeasureDelta {
        membership: member.id,
        measure,
        day,
        delta,
    });
}

/// Counts a purchase: measures, number of purchases, and the tier it may lead to from the next sale on. Whether there was
/// an upgrade.
pub(super) fn count(member: &mut Member, purchase: &Purchase, context: &Context, rows: &mut Rows) -> bool {
    let day = purchase.day;
    add(member, rows, (PAID, day), purchase.paid);
    add(member, rows, (VISITS, day), 1);
    add(
        member,
        rows,
        (POINTS, context.terms.points_count_on(day)),
        purchase.earned,
    );
    for (name, count) in &purchase.of_lines {
        add(member, rows, (name, day), *count);
    }
    member.purchases += 1;
    let upgraded = upgrade(member, (purchase.bill, day), context, rows);
    rows.membership_updates.push(member.touch());
    upgraded
}

/// Counts the points of a bill of a day that was judged late.
pub(super) fn count_points(
    member: &mut Member,
    (bill, day): (BillId, Day),
    earned: Points,
    context: &Context,
    rows: &mut Rows,
) {
    add(member, rows, (POINTS, context.terms.points_count_on(day)), earned);
    upgrade(member, (bill, day), context, rows);
}

fn upgrade(member: &mut Member, (bill, day): (BillId, Day), context: &Context, rows: &mut Rows) -> bool {
    // A bill that comes late counts beside what was bought since.
    let window_end = day.max(context.zone.day_of(context.now));
    let cause = tier::Cause {
        bill: Some(bill),
        at: context.now,
        minor_units: context.minor_units,
    };
    let change = tier::upgrade(member, &context.ladder, window_end, cause);
    let upgraded = change.as_ref().is_some_and(|change| change.from != change.to);
    rows.tier_changes.extend(change);
    upgraded
}

/// Corrects what the sale of `record` counts for, and undoes the tiers that stood on it.
pub(crate) fn take_back(
    member: &mut Member,
    record: &SaleRecord,
    returned: &Returned<'_>,
    context: &Context,
    rows: &mut Rows,
) {
    let first = rows.measures.len();
    let day = record.key.business_date;
    add(member, rows, (PAID, day), returned.paid);
    add(member, rows, (VISITS, day), -i64::from(returned.all_came_back));
    add(
        member,
        rows,
        (POINTS, record.terms.points_count_on(day)),
        returned.points,
    );
    let (before, after) = (of_lines(&record.lines), of_lines(returned.after));
    for (name, count) in before {
        add(
            member,
            rows,
            (name, day),
            after.get(name).copied().unwrap_or_default() - count,
        );
    }
    let corrected: Vec<(&str, Day)> = rows.measures[first..]
        .iter()
        .map(|delta| (delta.measure, delta.day))
        .collect();
    let cause = tier::Cause {
        bill: Some(returned.bill),
        at: context.now,
        minor_units: context.minor_units,
    };
    let undone = tier::undo(member, &context.ladder, &corrected, cause);
    rows.tier_changes.extend(undone);
}

/// What comes of points that can be spent from today on (D-TIER-2): `member` is as afterwards, with the ladder's figures.
pub fn decide_matured(member: &mut Member, ladder: &Ladder, (today, at): (Day, Instant), minor_units: u32) -> Rows {
    let mut rows = Rows::default();
    let cause = tier::Cause {
        bill: None,
        at,
        minor_units,
    };
    if let Some(change) = member
        .open
        .then(|| tier::upgrade(member, ladder, today, cause))
        .flatten()
    {
        rows.tier_changes.push(change);
        rows.membership_updates.push(member.touch());
    }
    rows
}
