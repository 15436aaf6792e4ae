//! The values that go in and out, by the interface of today; other modules name them from here only.

use super::pins::v0_1_0::exports::cardea::industry;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use super::pins::v0_1_0::cardea::industry::types::{Attribute, Scope, Text, Value};
pub use industry::{admission, describe, earning, redeeming};

/// A function of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    Describe,
    AdmissionHistory,
    AdmissionDecide,
    EarningJudge,
    RedeemingDecide,
}

impl Function {
    const ALL: [Self; 5] = [
        Self::Describe,
        Self::AdmissionHistory,
        Self::AdmissionDecide,
        Self::EarningJudge,
        Self::RedeemingDecide,
    ];

    /// Its stable name, also in recorded inputs: `earning.judge`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe.describe",
            Self::AdmissionHistory => "admission.history",
            Self::AdmissionDecide => "admission.decide",
            Self::EarningJudge => "earning.judge",
            Self::RedeemingDecide => "redeeming.decide",
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

impl Request for admission::Request {
    const FUNCTION: Function = Function::AdmissionDecide;

    fn config_mut(&mut self) -> &mut String {
        &mut self.config
    }
}

impl Request for earning::Sale {
    const FUNCTION: Function = Function::EarningJudge;

    fn config_mut(&mut self) -> &mut String {
        &mut self.config
    }
}

impl Request for redeeming::Request {
    const FUNCTION: Function = Function::RedeemingDecide;

    fn config_mut(&mut self) -> &mut String {
        &mut self.config
    }
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
        assert_eq!(Function::parse("earning.burn"), None);
    }
}
