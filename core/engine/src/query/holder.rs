//! What cards and memberships show of the membership behind them, as of the chain's business time.

use super::CustomerBrief;
use crate::Engine;
use crate::error::Result;
use crate::store::writer::ledger::MemberNeed;
use crate::store::writer::load;
use cardea_domain::Instant;
use cardea_domain::id::{ChainId, CustomerId, MembershipId, ProgramId};
use cardea_domain::ledger::Member;
use cardea_domain::tier::{Ladder, TierView};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Memberships with what is shown of them, each read once.
pub(super) struct Holders {
    pub now: Instant,
    members: HashMap<MembershipId, Member>,
    ladders: HashMap<ProgramId, Ladder>,
    customers: HashMap<CustomerId, CustomerBrief>,
}

impl Holders {
    /// Reads the memberships, of each the figures of its tier from a day on if wanted.
    pub fn load(engine: &Engine, chain: ChainId, needs: &[MemberNeed]) -> Result<Self> {
        let now = engine.clock().business(chain);
        let members = engine.read(chain, |conn| {
            let mut members = HashMap::new();
            for need in needs {
                if !members.contains_key(&need.id)
                    && let Some(member) = load::member(conn, chain, need)?
                {
                    members.insert(need.id, member);
                }
            }
            Ok(members)
        })?;
        let mut ladders = HashMap::new();
        for member in members.values() {
            if let Entry::Vacant(place) = ladders.entry(member.program) {
                place.insert(engine.ladder_at(chain, member.program, now)?);
            }
        }
        let customers: Vec<CustomerId> = members.values().filter_map(|member| member.customer).collect();
        Ok(Self {
            now,
            members,
            ladders,
            customers: engine.customer_briefs(chain, &customers)?,
        })
    }

    pub fn member(&self, id: MembershipId) -> Option<&Member> {
        self.members.get(&id)
    }

    pub fn customer(&self, member: &Member) -> Option<CustomerBrief> {
        self.customers.get(&member.customer?).cloned()
    }

    /// The ladder in force.
    pub fn ladder(&self, member: &Member) -> Option<&Ladder> {
        self.ladders.get(&member.program)
    }

    pub fn tier(&self, member: &Member) -> TierView {
        self.ladder(member).map_or_else(
            || Ladder::default().view(&member.tier),
            |ladder| ladder.view(&member.tier),
        )
    }
}

/// A membership without the figures of its tier.
pub(super) fn without_figures(id: MembershipId) -> MemberNeed {
    MemberNeed {
        id,
        figures: None,
        upgrades: false,
    }
}
