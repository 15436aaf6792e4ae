//! How far an import is. Steps end in any order; only those before the first unfinished one count, so that an
//! interrupted import goes on there, with a report that agrees.

use super::row::{BadRow, Reason};
use cardea_domain::Points;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an import has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// Steps of the plan that are done: the next run starts behind them.
    pub steps: u64,
    /// Last line of the file that was dealt with.
    pub line: u64,
    pub sales: u64,
    pub returns: u64,
    /// Memberships opened.
    pub members: u64,
    pub points_earned: Points,
    pub points_taken_back: Points,
    /// Rows that weren't booked, by reason.
    pub bad: BTreeMap<Reason, u64>,
    /// Of the sales and returns, those that were there already.
    pub repeated: u64,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Sold {
        points: Points,
        opened: bool,
        repeated: bool,
    },
    Returned {
        points: Points,
        repeated: bool,
    },
    Bad(BadRow),
}

/// Puts the outcomes back into the plan's order.
#[derive(Debug, Default)]
pub struct Progress {
    report: Report,
    /// Beyond the first unfinished step; never more than are in flight.
    ahead: BTreeMap<u64, (u64, Outcome)>,
}

impl Progress {
    /// Goes on from a stored report.
    pub fn from(report: Report) -> Self {
        Self {
            report,
            ahead: BTreeMap::new(),
        }
    }

    pub fn report(&self) -> &Report {
        &self.report
    }

    /// A step has ended. `step` counts from 0.
    pub fn end(&mut self, step: u64, line: u64, outcome: Outcome) {
        self.ahead.insert(step, (line, outcome));
        while let Some((line, outcome)) = self.ahead.remove(&self.report.steps) {
            self.report.steps += 1;
            self.report.line = self.report.line.max(line);
            self.report.count(&outcome);
        }
    }
}

impl Report {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Sold {
                points,
                opened,
                repeated,
            } => {
                self.sales += 1;
                self.points_earned += points;
                self.members += u64::from(*opened);
                self.repeated += u64::from(*repeated);
            }
            Outcome::Returned { points, repeated } => {
                self.returns += 1;
                self.points_taken_back += points;
                self.repeated += u64::from(*repeated);
            }
            Outcome::Bad(row) => *self.bad.entry(row.reason).or_default() += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_before_the_first_open_step_counts() {
        let sold = |points| Outcome::Sold {
            points,
            opened: points == 1,
            repeated: false,
        };
        let mut progress = Progress::default();
        progress.end(2, 30, sold(4));
        progress.end(
            1,
            20,
            Outcome::Returned {
                points: 2,
                repeated: true,
            },
        );
        assert_eq!(progress.report(), &Report::default());
        progress.end(0, 10, sold(1));
        let report = progress.report();
        assert_eq!(
            (report.steps, report.line, report.sales, report.returns, report.members),
            (3, 30, 2, 1, 1)
        );
        assert_eq!(
            (report.points_earned, report.points_taken_back, report.repeated),
            (5, 2, 1)
        );
        let mut resumed = Progress::from(report.clone());
        let bad = BadRow {
            line: 40,
            receipt: "1".into(),
            reason: Reason::Negative,
            detail: String::new(),
        };
        resumed.end(3, 40, Outcome::Bad(bad));
        assert_eq!(
            (resumed.report().steps, resumed.report().bad[&Reason::Negative]),
            (4, 1)
        );
    }
}
