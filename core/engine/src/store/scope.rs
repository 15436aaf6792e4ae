//! Whose rows a read sees. On PostgreSQL the database keeps to it, whatever the query says; SQLite has nothing like it,
//! there a test of the sources finds queries without the chain.

use cardea_domain::id::ChainId;

/// Said with every read; there is no default, so that nobody forgets it. `db.read(actor.chain, |conn| …)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One chain's rows, and what belongs to the installation.
    Chain(ChainId),
    /// What belongs to the installation alone: plugins' bytes, checkpoints, the installation's own row.
    Installation,
    /// Every chain's rows.
    AllChains(Across),
}

/// What crosses chains. This is all of it: whoever adds a reason says here why a chain can't be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// Who logs in, or starts a job or an import, names the chain by its code: its id is what is looked for. Everything
    /// after that, sessions and refresh tokens too, carries the id.
    ChainByCode,
    /// Jobs go through all chains; each is then done in its own.
    Jobs,
    /// At the start, the business clocks of all chains are set.
    BusinessClocks,
    /// The writer learns which chains tell other systems what happens, and the sender whose turn it is.
    Listeners,
    /// At the start, who was erased is compared with the list beside the keys.
    Erasures,
    /// An entry of the audit log names the one before it in its lane, whichever chain's that is. Other chains' entries
    /// leave the read as hashes.
    AuditLanes,
    /// The books of all chains are recomputed, and the whole audit log.
    Verification,
}

impl Scope {
    /// Whether a read of this scope may go through a connection that was opened for the other: it sees all that it
    /// should, and nothing of other chains.
    pub(super) fn within(self, shared: Scope) -> bool {
        self == shared || self == Scope::Installation
    }
}

impl From<ChainId> for Scope {
    fn from(chain: ChainId) -> Self {
        Scope::Chain(chain)
    }
}
