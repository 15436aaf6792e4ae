//! Pieces that several documents share.

pub use cardea_domain::Text;
pub use cardea_domain::ledger::Balance;
pub use cardea_domain::sale::EntryView as Entry;
pub use cardea_domain::tier::TierView as Tier;
pub use cardea_engine::query::CustomerShown;
