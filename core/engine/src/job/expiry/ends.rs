//! The commands that write ends down: one for each membership, one for the lots of many.

use super::Over;
use crate::command::ending::{Booked, end_membership};
use crate::store::Answer;
use crate::store::writer::AuditRow;
use crate::store::writer::ledger::{Decision, DueNeed, LedgerCommand, MemberNeed, Needs, State};
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, expire_lots};
use cardea_domain::{Instant, Refusal};
use serde_json::json;
use std::collections::HashSet;

/// So many lots take as long as one usual command.
const LOTS_OF_A_COMMAND: usize = 8;

/// The end of a membership with its cards and lots.
pub(super) struct Ending {
    pub over: Over,
    pub context: Context,
}

impl LedgerCommand for Ending {
    fn needs(&self) -> Needs {
        let membership = self.over.membership;
        Needs {
            members: vec![MemberNeed {
                id: membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: Some(membership),
            ..Needs::default()
        }
    }

    /// What somebody else has ended meanwhile isn't ended again.
    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let Some(mut member) = state.take(Some(self.over.membership)) else {
            return Ok(Decision::new(Rows::default(), Answer::ok(&Booked::default())?));
        };
        let (rows, events) = end_membership(&mut member, state, &self.context, self.over.ended_at, ids);
        let booked = Booked::of(&rows);
        let mut decision = Decision::new(rows, Answer::ok(&booked)?);
        decision
            .notes
            .audit
            .extend(booked.note(self.over.membership, self.over.ended_at));
        decision.card_events = events;
        Ok(decision)
    }
}

/// The end of all lots of some memberships that are past their date.
pub(super) struct EndingLots {
    pub of: Vec<(MembershipId, Context)>,
    /// How many they are known to be.
    pub lots: usize,
    pub now: Instant,
}

impl LedgerCommand for EndingLots {
    fn needs(&self) -> Needs {
        Needs {
            due_lots: Some(DueNeed {
                memberships: self.of.iter().map(|(membership, _)| *membership).collect(),
                at: self.now,
            }),
            ..Needs::default()
        }
    }

    fn weight(&self) -> usize {
        self.lots.div_ceil(LOTS_OF_A_COMMAND)
    }

    /// What somebody else has ended meanwhile isn't ended again.
    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let mut rows = Rows::default();
        for (membership, context) in &self.of {
            let due = state.due_lots.remove(membership).unwrap_or_default();
            let Some(mut member) = state.take(Some(*membership)) else {
                continue;
            };
            for (asset, lots) in due {
                let ended = expire_lots(&mut member, &asset, &lots, context, ids);
                rows.entries.extend(ended.entries);
                rows.lot_moves.extend(ended.lot_moves);
                rows.lots_ended.extend(ended.lots_ended);
                rows.accounts.extend(ended.accounts);
            }
        }
        let booked = Booked::of(&rows);
        let note = self.note(&rows);
        let mut decision = Decision::new(rows, Answer::ok(&booked)?);
        decision.notes.audit.extend(note);
        Ok(decision)
    }
}

impl EndingLots {
    /// One line in the audit log for all: ids rise, so that the first and the last one say which entries it is about.
    fn note(&self, rows: &Rows) -> Option<AuditRow> {
        let (first, last) = (rows.entries.first()?, rows.entries.last()?);
        let of: HashSet<MembershipId> = rows.entries.iter().map(|entry| entry.membership).collect();
        Some(AuditRow {
            action: "lots.expire",
            subject: (of.len() == 1).then_some(first.membership.0),
            detail: json!({
                "memberships": of.len(), "lots": rows.entries.len(), "ended_by": self.now,
                "first_entry_id": first.id, "last_entry_id": last.id,
            }),
        })
    }
}
