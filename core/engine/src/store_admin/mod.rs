//! The chain's organisation: regions and stores. Staff stand in [`crate::identity`].

mod region;
mod store;
#[cfg(test)]
mod tests;

pub use region::{NewRegion, RegionView};
pub(crate) use store::zone;
pub use store::{NewStore, StoreKind, StorePatch, StoreView};
