//! Which chains tell other systems what happens. What happens at tills is so much that it's only written down for those.

use super::schema::webhook_endpoints;
use super::{Conn, Id};
use crate::each;
use crate::error::Result;
use cardea_domain::id::ChainId;
use diesel::prelude::*;
use parking_lot::RwLock;
use std::collections::BTreeSet;

/// Kept in memory: the writer asks with every sale.
#[derive(Default)]
pub(crate) struct Listeners(RwLock<Known>);

#[derive(Default)]
struct Known {
    chains: BTreeSet<ChainId>,
    /// Rises when a chain begins to be listened to.
    begun: u64,
}

/// Chains with an address that gets events, as the database says.
///
/// # Errors
/// The database fails.
pub(crate) fn listened_to(conn: &mut Conn) -> Result<BTreeSet<ChainId>> {
    let chains: Vec<Id> = each!(conn, c => webhook_endpoints::table
        .select(webhook_endpoints::chain_id)
        .filter(webhook_endpoints::active.eq(true))
        .distinct()
        .load(c)?);
    Ok(chains.into_iter().map(Id::typed).collect())
}

impl Listeners {
    pub fn hear(&self, chain: ChainId) -> bool {
        self.0.read().chains.contains(&chain)
    }

    /// A chain is listened to from now on.
    pub fn begin(&self, chain: ChainId) {
        let mut known = self.0.write();
        known.chains.insert(chain);
        known.begun += 1;
    }

    /// For [`Listeners::refresh`]: to be asked before the database is.
    pub fn begun(&self) -> u64 {
        self.0.read().begun
    }

    /// Takes over what the database said, as other servers change it too. What is older than the last beginning ends nothing.
    pub fn refresh(&self, found: BTreeSet<ChainId>, begun: u64) {
        let mut known = self.0.write();
        if known.begun == begun {
            known.chains = found;
        } else {
            known.chains.extend(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn an_older_look_ends_nothing_that_began_since() {
        let (listeners, chain) = (Listeners::default(), ChainId(Uuid::nil()));
        let before = listeners.begun();
        listeners.begin(chain);
        listeners.refresh(BTreeSet::new(), before);
        assert!(listeners.hear(chain));
        listeners.refresh(BTreeSet::new(), listeners.begun());
        assert!(!listeners.hear(chain));
        listeners.refresh(BTreeSet::from([chain]), before);
        assert!(listeners.hear(chain));
    }
}
