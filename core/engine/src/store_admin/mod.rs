//! The chain's organisation: its settings, regions and stores. Staff stand in [`crate::identity`].

mod chain;
mod region;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use chain::chain_ids;
pub use chain::{ChainChange, ChainSettings};
pub use region::{NewRegion, Region, RegionChange};
pub(crate) use store::zone;
pub use store::{NewStore, Store, StoreChange, StoreKind, StoreQuery};
