//! The commands that write ends down: one for each membership or account that a plugin may have a say in, one for the lots
//! of many others.

use super::{Desk, Over};
use crate::Engine;
use crate::command::ending::{self as command, AskedEnds, Booked, decides_ends, end_membership};
use crate::error::Result;
use crate::program::Configuration;
use crate::store::Answer;
use crate::store::writer::ledger::{Decision, DueNeed, LedgerCommand, MemberNeed, Needs, State};
use crate::store::writer::{AuditRow, load};
use cardea_domain::id::*;
use cardea_domain::rows::Rows;
use cardea_domain::sale::{Context, expire_lots};
use cardea_domain::{Instant, Refusal};
use serde_json::json;
use std::collections::HashSet;

/// So many lots take as long as one usual command.
const LOTS_OF_A_COMMAND: usize = 8;

/// The end of a membership with its cards and lots, or of the lots of one account.
pub(super) struct Ending {
    over: Over,
    context: Context,
    /// None: no plugin has a say.
    asked: Option<AskedEnds>,
}

impl Ending {
    /// With what the plugin says of it, where it has a say.
    ///
    /// # Errors
    /// `plugin_failed`
    pub fn ask(engine: &Engine, desk: &Desk, over: &Over) -> Result<Self> {
        let configuration = engine.configuration_at(desk.actor.chain, over.program, over.ended_at)?;
        let mut ending = Self {
            context: desk.context(over, configuration.id, configuration.terms.clone()),
            over: over.clone(),
            asked: None,
        };
        ending.asked = ending.word(engine, desk, &configuration)?;
        Ok(ending)
    }

    /// None where the plugin has no say, or nothing is left to ask about.
    fn word(&self, engine: &Engine, desk: &Desk, configuration: &Configuration) -> Result<Option<AskedEnds>> {
        let (over, chain) = (&self.over, desk.actor.chain);
        if decides_ends(engine, chain, configuration)?.is_none() {
            return Ok(None);
        }
        let state = engine.read(chain, |conn| load::load(conn, chain, &self.needs()))?;
        let Some(member) = state.members.get(&over.membership) else {
            return Ok(None);
        };
        let zone = self.context.zone;
        let last = |end: Instant| zone.day_of(Instant(end.0 - 1));
        let (whole, lots) = match &over.asset {
            None if !member.open => return Ok(None),
            None => {
                let ended_on = last(over.ended_at);
                (Some(ended_on), command::Over::with_membership(member, ended_on))
            }
            Some(asset) => {
                let due = state.due_lots.get(&over.membership);
                let due = due.and_then(|due| due.get(asset));
                let lots = due.into_iter().flatten().map(|lot| command::LotOver {
                    asset,
                    lot,
                    ended_on: last(lot.terms.expires_at.unwrap_or(desk.now)),
                    with_membership: false,
                });
                (None, lots.collect())
            }
        };
        let over = command::Over {
            member,
            zone,
            minor_units: desk.minor_units,
            today: zone.day_of(desk.now),
            whole,
            lots,
        };
        over.ask(engine, chain, configuration)
    }
}

impl LedgerCommand for Ending {
    fn needs(&self) -> Needs {
        let membership = self.over.membership;
        let whole = self.over.asset.is_none();
        Needs {
            members: vec![MemberNeed {
                id: membership,
                figures: None,
                upgrades: false,
            }],
            cards_of: whole.then_some(membership),
            due_lots: (!whole).then_some(DueNeed {
                memberships: vec![membership],
                at: self.context.now,
            }),
            ..Needs::default()
        }
    }

    /// What somebody else has ended meanwhile isn't ended again.
    fn decide(&self, state: &mut State, ids: &mut dyn NewIds) -> Result<Decision, Refusal> {
        let membership = self.over.membership;
        let Some(mut member) = state.take(Some(membership)) else {
            return Ok(Decision::new(Rows::default(), Answer::ok(&Booked::default())?));
        };
        let ends = self.asked.as_ref().map(|asked| &asked.ends);
        if let Some(ends) = ends {
            ends.check(&member)?;
        }
        let (rows, events) = match &self.over.asset {
            Some(asset) => {
                let due = state.due_lots.get_mut(&membership);
                let due = due.and_then(|due| due.remove(asset)).unwrap_or_default();
                let rows = expire_lots(&mut member, (asset, &due), ends, &self.context, ids);
                (rows, Vec::new())
            }
            None => end_membership(&mut member, (state, ends), &self.context, self.over.ended_at, ids),
        };
        let booked = Booked::of(&rows);
        let mut decision = Decision::new(rows, Answer::ok(&booked)?);
        decision.notes.audit.extend(booked.note(membership, self.over.ended_at));
        decision.card_events = events;
        if booked != Booked::default() {
            let asked = self.asked.iter().flat_map(|asked| asked.questions.iter().cloned());
            decision.questions.extend(asked);
        }
        Ok(decision)
    }
}

/// The end of all lots of some memberships that are past their date, in which no plugin has a say.
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
                let ended = expire_lots(&mut member, (&asset, &lots), None, context, ids);
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
