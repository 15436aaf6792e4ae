//! What a proposal earns: contributions of what is kept, bonuses whose condition holds, rounded once.

use super::kept::PartSum;
use super::{Beneficiary, Bill, Bonus, Condition, Context, Contribution, Outcome, Rounding, explain};
use crate::calendar::Day;
use crate::error::{Code, Refusal};
use crate::ledger::{Booking, EntryDraft, EntryKind, LotTerms};
use crate::money::{LIMIT, ONE, Points, Ppm};
use std::collections::BTreeSet;

/// A line as earning sees it: number, quantity, what is kept of it, and what of it counts as paid.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeptLine {
    pub number: i32,
    pub quantity: i64,
    pub kept: i64,
    pub counted: i64,
}

impl Outcome {
    /// Whether the core accepts what a plugin proposed for `bill`: lines that exist, nothing negative (a rule never
    /// takes points away), every bonus once, and figures within ±(2^53 − 1). A plugin that proposes anything else has
    /// failed, and the sale is booked unjudged.
    ///
    /// # Errors
    /// What is wrong, for the operator.
    pub fn check(&self, bill: &Bill) -> Result<(), String> {
        self.check_lines(bill.lines.len())
    }

    /// Whether it is more than a bill can bring.
    pub fn is_too_much(&self) -> bool {
        let lines = self.contributions.iter().map(|contribution| contribution.points);
        let points = lines.chain(self.bonuses.iter().map(|bonus| bonus.points));
        points.map(i128::from).sum::<i128>() >= i128::from(TOO_MANY_POINTS) * i128::from(ONE)
    }

    pub(super) fn check_lines(&self, lines: usize) -> Result<(), String> {
        let mut total: i128 = 0;
        for contribution in &self.contributions {
            if !usize::try_from(contribution.line).is_ok_and(|line| (1..=lines).contains(&line)) {
                return Err(format!("{}: no line {}", contribution.rule, contribution.line));
            }
            if contribution.points < 0 {
                return Err(format!(
                    "{}: {} parts per million",
                    contribution.rule, contribution.points
                ));
            }
            total += i128::from(contribution.points);
        }
        let mut ids = BTreeSet::new();
        for bonus in &self.bonuses {
            if bonus.points < 0 || !ids.insert(&bonus.id) {
                return Err(format!("{}: bonus {} is negative or doubled", bonus.rule, bonus.id));
            }
            total += i128::from(bonus.points);
        }
        if total > i128::from(LIMIT) {
            return Err(format!("{total} parts per million in total"));
        }
        Ok(())
    }
}

/// So many points one bill can't bring: parts per million of them hardly fit into a figure.
pub const TOO_MANY_POINTS: Points = LIMIT / ONE;

/// A bill that would bring more points than can be booked: it is refused before it is booked, since no later judgement
/// could mend it.
pub fn too_many_points() -> Refusal {
    let zh = format!("一单的积分须少于{TOO_MANY_POINTS}分，本单超出；请核对金额，或拆成几单。");
    let en =
        format!("A bill brings fewer than {TOO_MANY_POINTS} points, this one more; check the amounts, or split it.");
    Refusal::new(Code::FieldInvalid, zh, en)
        .at("/lines")
        .with(|facts| facts.limit = Some(TOO_MANY_POINTS))
}

/// Σ what counts as paid of what is kept.
pub(super) fn kept_paid(lines: &[KeptLine]) -> PartSum {
    let mut sum = PartSum::ZERO;
    lines
        .iter()
        .for_each(|line| sum.add_part(line.counted, line.kept, line.quantity));
    sum
}

/// Whether a bonus holds while so much of `lines`, and `kept` of all of them, is kept.
pub(super) fn holds(bonus: &Bonus, lines: &[KeptLine], kept: &PartSum) -> bool {
    match &bonus.condition {
        Condition::Always | Condition::LetOff => true,
        Condition::KeptAtLeast(amount) => kept.at_least(*amount),
        Condition::LinesKeptAtLeast { lines: named, amount } => {
            let named: Vec<KeptLine> = lines
                .iter()
                .filter(|line| named.contains(&line.number))
                .copied()
                .collect();
            kept_paid(&named).at_least(*amount)
        }
    }
}

/// What a sale earns, ready to be booked.
#[derive(Clone, Debug)]
pub(super) struct Earning {
    /// Unrounded points per line, in the order of the lines.
    pub per_line: Vec<(i32, Ppm)>,
    /// Bonuses that hold, the introducer's too.
    pub bonuses: Vec<Bonus>,
    /// Of the bill's member, all entries together.
    pub earned: Points,
    /// Of the introducer.
    pub introducer: Points,
    /// The earn entry: what is left after the bonuses of whole points, which are entries of their own.
    earn: Points,
    draft: EntryDraft,
}

impl Earning {
    pub(super) fn new(outcome: &Outcome, lines: &[KeptLine], rounding: Rounding) -> Self {
        let kept = kept_paid(lines);
        let bonuses: Vec<Bonus> = outcome
            .bonuses
            .iter()
            .filter(|bonus| holds(bonus, lines, &kept))
            .cloned()
            .collect();
        let mut sum = PartSum::ZERO;
        for contribution in &outcome.contributions {
            if let Some(line) = line_of(contribution, lines) {
                sum.add_part(contribution.points, line.kept, line.quantity);
            }
        }
        let (whole, parts): (Vec<&Bonus>, Vec<&Bonus>) = of(&bonuses, Beneficiary::Member)
            .filter(|bonus| bonus.condition != Condition::LetOff)
            .partition(|b| is_whole(b));
        parts.iter().for_each(|bonus| sum.add_whole(bonus.points));
        let earn = sum.points(rounding);
        let per_line = |line: &KeptLine| {
            let of_line = outcome.contributions.iter().filter(|c| c.line == line.number);
            (line.number, of_line.map(|c| c.points).sum())
        };
        let mut introduced = PartSum::ZERO;
        of(&bonuses, Beneficiary::Introducer).for_each(|bonus| introduced.add_whole(bonus.points));
        Self {
            per_line: lines.iter().map(per_line).collect(),
            earned: earn + whole.iter().map(|bonus| bonus.points / ONE).sum::<Points>(),
            introducer: introduced.points(rounding),
            earn,
            draft: explain::earn(&outcome.contributions, &parts, lines, &sum, rounding),
            bonuses,
        }
    }

    /// The same where somebody introduced the customer whose membership is open; where not, without the introducer's.
    pub(super) fn introduced_if(mut self, introduced: bool) -> Self {
        if !introduced {
            self.bonuses.retain(|bonus| bonus.beneficiary == Beneficiary::Member);
            self.introducer = 0;
        }
        self
    }

    /// Unrounded points of a line.
    pub(super) fn contribution(&self, line: i32) -> Ppm {
        self.per_line
            .iter()
            .find(|(number, _)| *number == line)
            .map_or(0, |(_, points)| *points)
    }

    /// One entry for the once-rounded total, and one for each bonus of whole points; together exactly `earned`. What a cap
    /// let off is told beside them.
    pub(super) fn book(&self, booking: &mut Booking<'_>, terms: LotTerms) {
        if self.earn > 0 {
            booking.credit(self.draft.clone(), self.earn, terms);
        }
        for bonus in of(&self.bonuses, Beneficiary::Member).filter(|bonus| is_whole(bonus)) {
            booking.credit(explain::bonus(&[bonus]), bonus.points / ONE, terms);
        }
        for bonus in self.bonuses.iter().filter(|bonus| bonus.condition == Condition::LetOff) {
            booking.note(draft(EntryKind::Bonus, bonus.rule.clone(), bonus.explanation.clone()));
        }
    }

    /// The introducer's entry, in the introducer's booking.
    pub(super) fn book_introducer(&self, booking: &mut Booking<'_>, terms: LotTerms) {
        let bonuses: Vec<&Bonus> = of(&self.bonuses, Beneficiary::Introducer).collect();
        if self.introducer > 0 {
            booking.credit(explain::bonus(&bonuses), self.introducer, terms);
        }
    }
}

/// Points of a sale of `day` can be spent after the return window, from the first instant after its last day.
pub(super) fn lot_terms(context: &Context, day: Day) -> LotTerms {
    let window = i32::try_from(context.terms.maturing_days).ok().filter(|days| *days > 0);
    let matures_at = window.and_then(|days| context.zone.first_instant_after(day.plus_days(days)?));
    LotTerms {
        matures_at,
        expires_at: context.terms.expires_at(day, context),
    }
}

pub(super) fn of(bonuses: &[Bonus], beneficiary: Beneficiary) -> impl Iterator<Item = &Bonus> {
    bonuses.iter().filter(move |bonus| bonus.beneficiary == beneficiary)
}

fn is_whole(bonus: &Bonus) -> bool {
    bonus.points > 0 && bonus.points % ONE == 0
}

fn line_of<'a>(contribution: &Contribution, lines: &'a [KeptLine]) -> Option<&'a KeptLine> {
    lines.iter().find(|line| line.number == contribution.line)
}

/// The kind of an entry that a plugin's rule explains.
pub(super) fn draft(kind: EntryKind, rule: String, explanation: crate::Text) -> EntryDraft {
    EntryDraft {
        kind,
        rule,
        explanation,
        line: None,
        reverses: None,
    }
}
