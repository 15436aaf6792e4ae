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

pub use bindings::cardea::industry::types::{Asset, Attribute, Day, Demands, Money, Ppm, Reason, Scope, Text, Value};
pub use export::{Level, log};

/// `admission`: may this customer hold a card?
pub use bindings::exports::cardea::industry::admission;
/// `describe`: what the plugin is and how it is configured.
pub use bindings::exports::cardea::industry::describe;
/// `earning`: what a sale earns.
pub use bindings::exports::cardea::industry::earning;
/// `redeeming`: may these points buy this reward?
pub use bindings::exports::cardea::industry::redeeming;

/// `expiry`: what happens to what has come to its end?
pub use bindings::expiry::exports::cardea::industry::expiry;
/// `guard`: what must be shown or given before an operation?
pub use bindings::guard::exports::cardea::industry::guard;
/// `renewal`: may this membership be renewed, and through which day?
pub use bindings::renewal::exports::cardea::industry::renewal;
/// `replacement`: what does a new card cost in the place of a lost or damaged one?
pub use bindings::replacement::exports::cardea::industry::replacement;
/// `topping-up`: may this top-up be made, and which bonus does it bring?
pub use bindings::topping_up::exports::cardea::industry::topping_up;

/// One whole in parts per million: × 1, or 1 point.
pub const ONE: Ppm = 1_000_000;

/// The largest money, points or rate the platform books: 2^53 − 1, exact in every client.
pub const LIMIT: i64 = 9_007_199_254_740_991;

/// Nothing is demanded.
pub const NOTHING: Demands = Demands {
    pin: false,
    signature: false,
    identity: false,
    manager: false,
};

/// The rules of an industry. An `Err` is for the operator and means that no decision was possible, for instance
/// because the configuration can't be read; a refusal is a decision.
///
/// From [`Rules::top_up`] on, a component has a function only where [`export!`] names its interface; what isn't exported,
/// the program's own terms decide.
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

    /// May this top-up be made, and which bonus does it bring? Interface `topping_up`.
    fn top_up(_request: &topping_up::Request) -> Result<topping_up::Decision, String> {
        Err(undecided("topping_up"))
    }

    /// Over which months figures are counted before a renewal is asked for: by default since the last one. Interface
    /// `renewal`.
    fn renewal_history(_config: &str) -> Result<renewal::Window, String> {
        Ok(renewal::Window { months: 0 })
    }

    /// May this membership be renewed, and through which day? Interface `renewal`.
    fn renew(_request: &renewal::Request) -> Result<renewal::Decision, String> {
        Err(undecided("renewal"))
    }

    /// What happens to a lot or a membership at its end? Interface `expiry`.
    fn expire(_request: &expiry::Request) -> Result<expiry::Decision, String> {
        Err(undecided("expiry"))
    }

    /// What does a new card cost, and what must be shown? Interface `replacement`.
    fn replace(_request: &replacement::Request) -> Result<replacement::Decision, String> {
        Err(undecided("replacement"))
    }

    /// What must be shown or given before an operation? Interface `guard`.
    fn guard(_request: &guard::Request) -> Result<guard::Decision, String> {
        Err(undecided("guard"))
    }
}

fn undecided(interface: &str) -> String {
    format!("these rules don't decide {interface}")
}
