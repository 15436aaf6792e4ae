//! Blanks by their serial numbers: runs of them, and where each must be by the moves that were noted.

use super::{BlankState, BlankStep, after};
use std::collections::BTreeMap;

/// Serial numbers in order as runs without gaps, both ends included.
pub fn runs(serials: impl IntoIterator<Item = i32>) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for serial in serials {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == serial => *last = serial,
            _ => runs.push((serial, serial)),
        }
    }
    runs
}

/// Something that happened to a run of blanks of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<P> {
    pub first: i32,
    pub last: i32,
    pub step: BlankStep,
    /// Where they count after it.
    pub to: P,
}

/// A blank's state, and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<P> {
    pub state: BlankState,
    pub place: P,
}

/// Where each blank of a batch must be by its moves, the oldest first. Second: moves that weren't possible.
pub fn replay<P: Copy>(moves: impl IntoIterator<Item = Move<P>>) -> (BTreeMap<i32, Standing<P>>, usize) {
    let mut blanks: BTreeMap<i32, Standing<P>> = BTreeMap::new();
    let mut impossible = 0;
    for Move { first, last, step, to } in moves {
        for serial in first..=last {
            match after(blanks.get(&serial).map(|blank| blank.state), step) {
                Some(state) => drop(blanks.insert(serial, Standing { state, place: to })),
                None => impossible += 1,
            }
        }
    }
    (blanks, impossible)
}

/// Serial numbers of blanks that don't stand where their moves say, as runs.
pub fn differences<P: PartialEq>(
    by_moves: &BTreeMap<i32, Standing<P>>,
    found: &BTreeMap<i32, Standing<P>>,
) -> Vec<(i32, i32)> {
    let mut serials: Vec<i32> = by_moves.keys().chain(found.keys()).copied().collect();
    serials.sort_unstable();
    serials.dedup();
    runs(
        serials
            .into_iter()
            .filter(|serial| by_moves.get(serial) != found.get(serial)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(first: i32, last: i32, step: BlankStep, to: char) -> Move<char> {
        Move { first, last, step, to }
    }

    #[test]
    fn runs_have_no_gaps() {
        assert_eq!(runs([1, 2, 3, 5, 7, 8]), [(1, 3), (5, 5), (7, 8)]);
        assert_eq!(runs([]), []);
    }

    #[test]
    fn d_card_2_moves_say_where_each_blank_is() {
        let moves = [
            moved(1, 5, BlankStep::Made, 'h'),
            moved(2, 4, BlankStep::Sent, 's'),
            moved(2, 3, BlankStep::Received, 's'),
            moved(3, 3, BlankStep::Issued, 's'),
            moved(4, 4, BlankStep::Lost, 's'),
        ];
        let (blanks, impossible) = replay(moves);
        let standing = |state, place| Standing { state, place };
        let expected = BTreeMap::from([
            (1, standing(BlankState::InStock, 'h')),
            (2, standing(BlankState::InStock, 's')),
            (3, standing(BlankState::Issued, 's')),
            (4, standing(BlankState::Lost, 's')),
            (5, standing(BlankState::InStock, 'h')),
        ]);
        assert_eq!((&blanks, impossible), (&expected, 0));
        assert_eq!(differences(&blanks, &expected), []);
        let mut other = expected.clone();
        other.insert(2, standing(BlankState::Issued, 's'));
        other.remove(&3);
        other.insert(6, standing(BlankState::InStock, 'h'));
        assert_eq!(differences(&blanks, &other), [(2, 3), (6, 6)]);
        let twice = moves.into_iter().chain([moved(2, 3, BlankStep::Issued, 's')]);
        assert_eq!(replay(twice).1, 1, "a card is issued once");
    }
}
