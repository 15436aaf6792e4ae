//! The values that go in and out, by the interface of today; other modules name them from here only.

use super::pins::v0_1_0::exports::cardea::industry;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::pins::v0_1_0::cardea::industry::types::{Asset, Attribute, Demands, Reason, Scope, Text, Value};
pub use industry::{admission, describe, earning, expiry, guard, redeeming, renewal, replacement, topping_up};

/// A function of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    Describe,
    AdmissionHistory,
    AdmissionDecide,
    EarningJudge,
    RedeemingDecide,
    ToppingUpDecide,
    RenewalHistory,
    RenewalDecide,
    ExpiryDecide,
    ReplacementDecide,
    GuardDecide,
}

impl Function {
    pub const ALL: [Self; 11] = [
        Self::Describe,
        Self::AdmissionHistory,
        Self::AdmissionDecide,
        Self::EarningJudge,
        Self::RedeemingDecide,
        Self::ToppingUpDecide,
        Self::RenewalHistory,
        Self::RenewalDecide,
        Self::ExpiryDecide,
        Self::ReplacementDecide,
        Self::GuardDecide,
    ];

    /// Its stable name, also in recorded inputs: `earning.judge`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe.describe",
            Self::AdmissionHistory => "admission.history",
            Self::AdmissionDecide => "admission.decide",
            Self::EarningJudge => "earning.judge",
            Self::RedeemingDecide => "redeeming.decide",
            Self::ToppingUpDecide => "topping-up.decide",
            Self::RenewalHistory => "renewal.history",
            Self::RenewalDecide => "renewal.decide",
            Self::ExpiryDecide => "expiry.decide",
            Self::ReplacementDecide => "replacement.decide",
            Self::GuardDecide => "guard.decide",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|f| f.as_str() == name)
    }

    /// The interface it belongs to: `earning`.
    pub fn interface(self) -> &'static str {
        let name = self.as_str();
        name.split_once('.').map_or(name, |(interface, _)| interface)
    }
}

/// A request that is recorded with the entry it led to. The configuration isn't: the entry names its version, and it
/// is put back when the request is replayed.
pub trait Request: Serialize + DeserializeOwned + Clone {
    const FUNCTION: Function;

    /// The configuration's place in the request.
    fn config_mut(&mut self) -> &mut String;
}

macro_rules! requests {
    ($($request:ty => $function:ident),* $(,)?) => {$(
        impl Request for $request {
            const FUNCTION: Function = Function::$function;

            fn config_mut(&mut self) -> &mut String {
                &mut self.config
            }
        }
    )*};
}

requests! {
    admission::Request => AdmissionDecide,
    earning::Sale => EarningJudge,
    redeeming::Request => RedeemingDecide,
    topping_up::Request => ToppingUpDecide,
    renewal::Request => RenewalDecide,
    expiry::Request => ExpiryDecide,
    replacement::Request => ReplacementDecide,
    guard::Request => GuardDecide,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_functions_are_read_back() {
        for function in Function::ALL {
            assert_eq!(Function::parse(function.as_str()), Some(function));
        }
        assert_eq!(Function::EarningJudge.interface(), "earning");
        assert_eq!(Function::ToppingUpDecide.interface(), "topping-up");
        assert_eq!(Function::parse("earning.burn"), None);
    }
}
