//! Industry rules as sandboxed WebAssembly components.
//!
//! [`PluginHost::load`] checks and compiles a component once; every decision then runs in a fresh instance of it, with
//! bounded instructions, time, memory and output. A plugin proposes; the ledger bounds what it proposes. All calls are
//! synchronous, take some ten microseconds, need 1 MiB of stack, and belong on request threads, never under a lock.

mod api;
mod breaker;
mod cache;
mod call;
mod child;
mod compile;
mod config;
mod error;
mod host;
mod json;
mod life;
mod limits;
mod loaded;
mod output;
mod pins;
mod record;
mod structure;

pub use api::{
    Asset, Attribute, Demands, Function, Reason, Request, Scope, Text, Value, admission, describe, earning, expiry,
    guard, redeeming, renewal, replacement, topping_up,
};
pub use breaker::Suspension;
pub use child::{Compiler, CompilerLimits, SUBCOMMAND, compile_stdin};
pub use config::{ConfigError, validate_config};
pub use error::{Counters, Counts, Failure, PluginError};
pub use host::{PluginHost, Settings, Suspended};
pub use limits::Limits;
pub use loaded::Plugin;
pub use record::{RecordedInput, ReplayError, fingerprint, record};

/// The first-party components, by id, as they were built by `plugins/build.sh`.
pub fn embedded() -> &'static [(&'static str, &'static [u8])] {
    &[("retail", include_bytes!("../../../plugins/dist/retail.wasm"))]
}
