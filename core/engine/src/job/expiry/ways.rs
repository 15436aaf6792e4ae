//! Where a plugin may have a say in the ends of lots: found out once for each program in a run.

use super::Over;
use crate::Engine;
use crate::command::ending::may_decide_ends;
use crate::error::Result;
use cardea_domain::Instant;
use cardea_domain::id::*;
use std::collections::HashMap;

/// What is known of programs.
pub(super) struct Ways<'a> {
    engine: &'a Engine,
    chain: ChainId,
    now: Instant,
    known: HashMap<ProgramId, bool>,
}

impl<'a> Ways<'a> {
    pub fn of(engine: &'a Engine, chain: ChainId, now: Instant) -> Self {
        Self {
            engine,
            chain,
            now,
            known: HashMap::new(),
        }
    }

    /// Whether a plugin may have a say in what ends in the program from this lot on, which must be the first one that is
    /// asked about. Where that can't be found out it may: whoever asks says what is wrong.
    pub fn may_ask(&mut self, first: &Over) -> bool {
        let program = first.program;
        if let Some(known) = self.known.get(&program) {
            return *known;
        }
        let found = self.find(program, first.ended_at).unwrap_or_else(|error| {
            tracing::error!(%error, "it isn't known whether a plugin has a say in ends");
            true
        });
        self.known.insert(program, found);
        found
    }

    /// Any configuration that was in force since counts: a command books all that is due of a membership.
    fn find(&self, program: ProgramId, since: Instant) -> Result<bool> {
        let during = (since, self.now);
        for id in self.engine.configuration_ids_during(self.chain, program, during)? {
            let configuration = self.engine.configuration_by_id(self.chain, id)?;
            if may_decide_ends(self.engine, &configuration)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
