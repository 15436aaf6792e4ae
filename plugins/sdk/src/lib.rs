//! What a vendor depends on to write the rules of an industry.
//!
//! Implement [`Rules`] with plain functions over plain values, call [`export!`] once, and test natively with
//! [`cases`]. The same code becomes a WebAssembly component with `plugins/build.sh`; nothing else is needed.
//!
//! Rules have no clock, no randomness and no memory between calls: everything they know is in the request. Money is
//! an integer of minor units, rates and unrounded points are parts per million, days count from 1970-01-01.

pub mod calendar;
pub mod decimal;
pub mod text;

#[cfg(not(target_arch = "wasm32"))]
pub mod cases;

#[doc(hidden)]
#[path = "bindings.rs"]
pub mod __bindings;
mod export;
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod memory;

use __bindings as bindings;
#[doc(hidden)]
pub use export::Component as __Component;

pub use bindings::cardea::industry::types::{Attribute, Day, Money, Ppm, Scope, Text, Value};
pub use export::{Level, log};

/// `admission`: may this customer hold a card?
pub use bindings::exports::cardea::industry::admission;
/// `describe`: what the plugin is and how it is configured.
pub use bindings::exports::cardea::industry::describe;
/// `earning`: what a sale earns.
pub use bindings::exports::cardea::industry::earning;
/// `redeeming`: may these points buy this reward?
pub use bindings::exports::cardea::industry::redeeming;

/// One whole in parts per million: × 1, or 1 point.
pub const ONE: Ppm = 1_000_000;

/// The largest money, points or rate the platform books: 2^53 − 1, exact in every client.
pub const LIMIT: i64 = 9_007_199_254_740_991;

/// The rules of an industry. An `Err` is for the operator and means that no decision was possible, for instance
/// because the configuration can't be read; a refusal is a decision.
pub trait Rules {
    /// Identity, version, schema and defaults. Must not depend on anything.
    fn describe() -> describe::Description;

    /// Which purchases the host shall look up before it asks for admission. By default those of today.
    fn admission_history(_config: &str) -> Result<admission::Window, String> {
        Ok(admission::Window {
            months: 0,
            scope: Scope::Store,
        })
    }

    /// May this customer hold a card? By default anybody may, without an end.
    fn admission_decide(_request: &admission::Request) -> Result<admission::Decision, String> {
        Ok(admission::Decision::Granted(admission::Grant {
            rule: "open".to_owned(),
            explanation: Text::new("无入会条件。", "Open to everybody."),
            valid_through: None,
            qualifying: None,
        }))
    }

    /// What a sale earns.
    fn judge(sale: &earning::Sale) -> Result<earning::Outcome, String>;

    /// May these points buy this reward? By default whenever there are enough of them, and never cancelled.
    fn redeem(request: &redeeming::Request) -> Result<redeeming::Decision, String> {
        Ok(if request.available >= request.price {
            redeeming::Decision::Permitted(redeeming::Permit {
                rule: "balance".to_owned(),
                explanation: text::exchange(request.price),
                cancellable_days: 0,
            })
        } else {
            redeeming::Decision::Refused(redeeming::Refusal {
                rule: "balance".to_owned(),
                explanation: text::short_of(request.price, request.available),
            })
        })
    }
}
