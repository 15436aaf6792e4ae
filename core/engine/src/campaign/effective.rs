//! Which campaigns a bill meets. A chain's versions are read once for each change of one; a chain without campaigns reads
//! nothing at all.

use super::row;
use crate::Engine;
use crate::error::Result;
use crate::segment;
use cardea_domain::campaign::{CampaignRules, Offer};
use cardea_domain::id::{ChainId, CustomerId, ProgramId, StoreId};
use cardea_domain::{Instant, Text, Zone};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Chains whose campaigns are remembered.
const REMEMBERED: usize = 1024;

/// A version of a campaign, parsed.
pub(crate) struct Known {
    program: ProgramId,
    from: Instant,
    active: bool,
    offer: Arc<Offer>,
}

/// Versions of chains' campaigns as of a count of their changes (`chains.campaigns_version`).
pub(crate) struct Campaigns(quick_cache::sync::Cache<(ChainId, i64), Arc<Vec<Known>>>);

impl Campaigns {
    pub fn new() -> Self {
        Self(quick_cache::sync::Cache::new(REMEMBERED))
    }
}

/// Who, where and when something is that may meet campaigns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    pub chain: ChainId,
    /// `chains.campaigns_version`, read beside something else.
    pub changes: i64,
    pub program: ProgramId,
    pub store: StoreId,
    pub zone: Zone,
    pub at: Instant,
    pub customer: Option<CustomerId>,
}

impl Engine {
    /// The campaigns of a program that are open there and then, and whose segments the customer is in.
    pub(crate) fn offers(&self, meeting: &Meeting) -> Result<Vec<Arc<Offer>>> {
        let mut met = Vec::new();
        for offer in self.offers_at(meeting.chain, meeting.changes, meeting.program, meeting.at)? {
            let rules = &offer.rules;
            let here = rules.stores.is_empty() || rules.stores.contains(&meeting.store);
            if !here || !rules.window.contains(meeting.at, meeting.zone) {
                continue;
            }
            if self.is_for(&offer, meeting.chain, meeting.customer, meeting.at)? {
                met.push(offer);
            }
        }
        Ok(met)
    }

    /// Whether a customer is in one of a campaign's segments, if it has any.
    pub(crate) fn is_for(
        &self,
        offer: &Offer,
        chain: ChainId,
        customer: Option<CustomerId>,
        at: Instant,
    ) -> Result<bool> {
        match (offer.rules.segments.as_slice(), customer) {
            ([], _) => Ok(true),
            (_, None) => Ok(false),
            (segments, Some(customer)) => segment::is_in_any(self, chain, segments, customer, at),
        }
    }

    /// A program's campaigns as they stood at an instant, whether or not they are open.
    pub(crate) fn offers_at(
        &self,
        chain: ChainId,
        changes: i64,
        program: ProgramId,
        at: Instant,
    ) -> Result<Vec<Arc<Offer>>> {
        if changes == 0 {
            return Ok(Vec::new());
        }
        let known = self.known_campaigns(chain, changes)?;
        // By campaign in the order of versions: the last one that had begun holds.
        let mut standing = BTreeMap::new();
        for version in known
            .iter()
            .filter(|known| known.program == program && known.from <= at)
        {
            standing.insert(version.offer.id, version);
        }
        let active = standing.into_values().filter(|version| version.active);
        Ok(active.map(|version| version.offer.clone()).collect())
    }

    fn known_campaigns(&self, chain: ChainId, changes: i64) -> Result<Arc<Vec<Known>>> {
        let cache = &self.campaigns_cache().0;
        if let Some(known) = cache.get(&(chain, changes)) {
            return Ok(known);
        }
        let rows = self.read(chain, |conn| row::versions(conn, chain.into()))?;
        let known = rows.into_iter().map(known).collect::<Result<Vec<_>>>()?;
        let known = Arc::new(known);
        cache.insert((chain, changes), known.clone());
        Ok(known)
    }
}

fn known(row: row::Version) -> Result<Known> {
    let rules: CampaignRules = serde_json::from_str(&row.rules)?;
    Ok(Known {
        program: row.program_id.typed(),
        from: Instant(row.from_at),
        active: row.active,
        offer: Arc::new(Offer {
            id: row.campaign_id.typed(),
            code: row.code,
            name: Text::new(row.name_zh, row.name_en),
            version: row.version,
            rules,
        }),
    })
}
