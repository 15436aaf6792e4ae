//! Custody of signed originals (D-CON-4): one custodian each, lent to one person at most, counted in stock-takes.

use crate::id::StaffId;

named! {
/// What happened with an original.
pub enum CustodyStep {
    /// Somebody keeps it who was named first.
    Taken = "taken",
    /// From one custodian to another.
    HandedOver = "handed_over",
    /// To another place; the custodian stays.
    Moved = "moved",
    Lent = "lent",
    Returned = "returned",
    /// A stock-take didn't find it.
    Missing = "missing",
    /// It was missing, and is there again.
    Found = "found",
}
}

named! {
/// Where an original is.
pub enum OriginalState {
    /// With its custodian.
    Kept = "kept",
    Lent = "lent",
    Missing = "missing",
}
}

named! {
/// What a stock-take says of a filing number.
pub enum StockOutcome {
    /// It should be here, and is.
    Found = "found",
    /// It should be here, and nobody has found it.
    Missing = "missing",
    /// It is here, and should be with somebody else, or nobody was named who keeps it.
    Unexpected = "unexpected",
    /// It is here, and counts as lent.
    LentFound = "lent_found",
    /// No original has such a number.
    Unknown = "unknown",
    /// It was lent or handed over while the stock was taken.
    Moved = "moved",
}
}

impl StockOutcome {
    /// Whether somebody has to look into it.
    pub fn is_difference(self) -> bool {
        !matches!(self, Self::Found | Self::Moved)
    }
}

/// Who keeps an original, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub custodian: StaffId,
    pub place: Option<String>,
    /// A stock-take didn't find it.
    pub missing: bool,
}

/// What it means that `custodian` keeps an original at `place` from now on; none where nothing changes.
pub fn step(before: Option<&Kept>, custodian: StaffId, place: Option<&str>) -> Option<CustodyStep> {
    let Some(before) = before else {
        return Some(CustodyStep::Taken);
    };
    if before.custodian != custodian {
        Some(CustodyStep::HandedOver)
    } else if before.missing {
        Some(CustodyStep::Found)
    } else {
        (before.place.as_deref() != place).then_some(CustodyStep::Moved)
    }
}

/// What is known of a filing number that somebody ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// A signed contract has it.
    pub known: bool,
    /// It should be here: as the stock-take began, or now.
    pub here: bool,
    /// It counts as lent now.
    pub lent: bool,
}

impl Ticked {
    pub fn outcome(self) -> StockOutcome {
        match self {
            Self { known: false, .. } => StockOutcome::Unknown,
            Self { lent: true, .. } => StockOutcome::LentFound,
            Self { here: true, .. } => StockOutcome::Found,
            Self { .. } => StockOutcome::Unexpected,
        }
    }
}

/// What a stock-take says at its end of an original that nobody ticked: `here`: it should still be here, and isn't lent.
pub fn unticked(here: bool) -> StockOutcome {
    if here {
        StockOutcome::Missing
    } else {
        StockOutcome::Moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn d_con_4_what_a_word_about_custody_means() {
        let [zhang, li] = [1, 2].map(|n| StaffId(Uuid::from_u128(n)));
        let kept = |missing| Kept {
            custodian: zhang,
            place: Some("A".into()),
            missing,
        };
        for (before, custodian, place, expected) in [
            (None, zhang, Some("A"), Some(CustodyStep::Taken)),
            (Some(kept(false)), li, Some("A"), Some(CustodyStep::HandedOver)),
            (Some(kept(true)), li, Some("A"), Some(CustodyStep::HandedOver)),
            (Some(kept(false)), zhang, Some("B"), Some(CustodyStep::Moved)),
            (Some(kept(false)), zhang, None, Some(CustodyStep::Moved)),
            (Some(kept(true)), zhang, Some("A"), Some(CustodyStep::Found)),
            (Some(kept(false)), zhang, Some("A"), None),
        ] {
            assert_eq!(
                step(before.as_ref(), custodian, place),
                expected,
                "{before:?} {place:?}"
            );
        }
    }

    #[test]
    fn d_con_4_what_a_tick_comes_to() {
        let outcome = |known, here, lent| Ticked { known, here, lent }.outcome();
        assert_eq!(outcome(true, true, false), StockOutcome::Found);
        assert_eq!(outcome(true, true, true), StockOutcome::LentFound);
        assert_eq!(outcome(true, false, true), StockOutcome::LentFound);
        assert_eq!(outcome(true, false, false), StockOutcome::Unexpected);
        assert_eq!(outcome(false, false, false), StockOutcome::Unknown);
        assert_eq!(unticked(true), StockOutcome::Missing);
        let differences = StockOutcome::ALL.iter().filter(|outcome| outcome.is_difference());
        assert_eq!(differences.count(), 4);
        assert!(!unticked(false).is_difference(), "who lent it out knows where it is");
    }
}
