//! Stock-takes of blanks (定期清查).

use super::BlankState;

named! {
/// What a count says of a number.
pub enum CountOutcome {
    /// It should be here, and is.
    Found = "found",
    /// It should be here, and nobody has counted it.
    Missing = "missing",
    /// It is here, and shouldn't be: of another place, in transit, issued, damaged or void.
    Surplus = "surplus",
    /// It counted as lost.
    FoundAgain = "found_again",
    /// No blank has such a number.
    Unknown = "unknown",
    /// It was sent, issued or registered while the stock was taken.
    Moved = "moved",
}
}

impl CountOutcome {
    /// Whether somebody has to look into it.
    pub fn is_difference(self) -> bool {
        !matches!(self, Self::Found | Self::Moved)
    }
}

/// What is known of a number that somebody counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// None: no blank has it.
    pub state: Option<BlankState>,
    /// It counts at this place now.
    pub here: bool,
    /// It should have been here as the count began.
    pub expected: bool,
}

impl Counted {
    pub fn outcome(self) -> CountOutcome {
        match self {
            Self { state: None, .. } => CountOutcome::Unknown,
            Self {
                state: Some(BlankState::Lost),
                ..
            } => CountOutcome::FoundAgain,
            Self {
                state: Some(BlankState::InStock),
                here: true,
                ..
            } => CountOutcome::Found,
            Self { expected: true, .. } => CountOutcome::Found,
            Self { .. } => CountOutcome::Surplus,
        }
    }
}

/// What a count says at its end of a blank that should have been here and that nobody has counted.
pub fn uncounted(state: BlankState, here: bool) -> CountOutcome {
    match (state, here) {
        (BlankState::InStock, true) => CountOutcome::Missing,
        _ => CountOutcome::Moved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d_card_2_what_a_count_says_of_a_number() {
        let outcome = |state, here, expected| Counted { state, here, expected }.outcome();
        assert_eq!(outcome(None, false, false), CountOutcome::Unknown);
        assert_eq!(outcome(Some(BlankState::InStock), true, true), CountOutcome::Found);
        assert_eq!(
            outcome(Some(BlankState::InStock), true, false),
            CountOutcome::Found,
            "it has arrived since"
        );
        assert_eq!(
            outcome(Some(BlankState::Issued), true, true),
            CountOutcome::Found,
            "counted, and issued at the next counter before it was scanned"
        );
        assert_eq!(outcome(Some(BlankState::Lost), true, false), CountOutcome::FoundAgain);
        for (state, here) in [
            (BlankState::InStock, false),
            (BlankState::InTransit, true),
            (BlankState::Issued, true),
            (BlankState::Damaged, true),
            (BlankState::Void, true),
        ] {
            assert_eq!(outcome(Some(state), here, false), CountOutcome::Surplus, "{state}");
        }
        assert_eq!(uncounted(BlankState::InStock, true), CountOutcome::Missing);
        assert_eq!(uncounted(BlankState::InStock, false), CountOutcome::Moved);
        assert_eq!(uncounted(BlankState::Issued, true), CountOutcome::Moved);
        let differ = CountOutcome::ALL.iter().filter(|outcome| outcome.is_difference());
        assert_eq!(differ.count(), 4);
    }
}
