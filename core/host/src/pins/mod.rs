//! One module per version of the interface that components may be built for. A released version is frozen: its module
//! stays, converts and delegates.

pub mod v0_1_0;
