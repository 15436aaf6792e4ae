//! The better tier of two memberships that become one, and the way back (D-CARD-13).

use super::change::{Cause, both, changed};
use super::{Below, Ladder};
use crate::calendar::{Day, Instant};
use crate::error::Text;
use crate::ledger::Member;
use crate::measure::Measured;
use crate::rows::{TierChangeKind, TierChangeRow};
use serde::{Deserialize, Serialize};

/// A membership's tier as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptTier {
    pub tier: String,
    pub until: Option<Day>,
    /// What figures gave below one that was set by hand, and its end.
    pub own: Option<(String, Option<Day>)>,
}

impl KeptTier {
    pub(crate) fn of(member: &Member) -> Self {
        let below = member.below.as_ref();
        Self {
            tier: member.tier.clone(),
            until: member.tier_until,
            own: below.map(|below| (below.tier.clone(), below.until)),
        }
    }

    fn own(&self) -> (&str, Option<Day>) {
        match &self.own {
            Some((tier, until)) => (tier.as_str(), *until),
            None => (self.tier.as_str(), self.until),
        }
    }

    fn give(self, member: &mut Member) {
        (member.tier, member.tier_until) = (self.tier, self.until);
        member.below = self.own.map(|(tier, until)| Below { tier, until });
    }
}

/// The higher one; of two equal ones the one that ends later, which without an end is never.
fn better<'a>(ladder: &Ladder, one: (&'a str, Option<Day>), other: (&'a str, Option<Day>)) -> (&'a str, Option<Day>) {
    let rank = |(tier, until): (&str, Option<Day>)| (ladder.position(tier), until.is_none(), until);
    if rank(other) > rank(one) { other } else { one }
}

/// Gives `into` the better of both tiers; the change, if it is one.
pub(crate) fn merge(
    into: &mut Member,
    from: &Member,
    ladder: &Ladder,
    (today, now): (Day, Instant),
) -> Option<TierChangeRow> {
    let (mine, theirs) = (KeptTier::of(into), KeptTier::of(from));
    let (tier, until) = better(
        ladder,
        (mine.tier.as_str(), mine.until),
        (theirs.tier.as_str(), theirs.until),
    );
    let own = better(ladder, mine.own(), theirs.own());
    let by_hand = ladder.position(own.0) < ladder.position(tier);
    let merged = KeptTier {
        tier: tier.to_owned(),
        until,
        own: by_hand.then(|| (own.0.to_owned(), own.1)),
    };
    if merged == mine {
        return None;
    }
    let before = both(into);
    merged.give(into);
    let name = ladder.view(&into.tier).name;
    let explanation = Text::new(
        format!("两个会籍合并，等级取较高的{}。", name.zh),
        format!("Two memberships became one, with the better tier of both: {}.", name.en),
    );
    Some(row(into, &before, TierChangeKind::Merged, (today, now), explanation))
}

/// Gives `member` the tier back that it had before a merge.
pub(crate) fn unmerge(
    member: &mut Member,
    kept: &KeptTier,
    ladder: &Ladder,
    at: (Day, Instant),
) -> Option<TierChangeRow> {
    if KeptTier::of(member) == *kept {
        return None;
    }
    let before = both(member);
    kept.clone().give(member);
    let name = ladder.view(&member.tier).name;
    let explanation = Text::new(
        format!("撤销会籍合并，等级恢复为{}。", name.zh),
        format!("The merge was taken back, and so was its tier: {} again.", name.en),
    );
    Some(row(member, &before, TierChangeKind::Unmerged, at, explanation))
}

fn row(
    member: &Member,
    before: &(String, String),
    kind: TierChangeKind,
    (today, now): (Day, Instant),
    explanation: Text,
) -> TierChangeRow {
    let cause = Cause {
        bill: None,
        at: now,
        minor_units: 0,
    };
    changed(member, before, kind, today, Measured::default(), (cause, explanation))
}
