//! Any call by its name and with the interface's JSON: for replays and tools.

use super::api::Function;
use super::call::Call;
use super::error::{Failure, PluginError};
use super::loaded::Plugin;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

impl Plugin {
    /// Calls a function with the interface's JSON; the answer is the decision's JSON.
    ///
    /// # Errors
    /// As the call; `plugin_undecided` for what isn't a request of this function.
    pub fn call_json(&self, function: Function, request: Value) -> Result<Value, PluginError> {
        let config = || request.get("config").and_then(Value::as_str).unwrap_or_default();
        match function {
            Function::Describe => self.write(function, &self.description),
            Function::AdmissionHistory => self.write(function, &self.admission_history(config())?),
            Function::RenewalHistory => self.write(function, &self.renewal_history(config())?),
            Function::AdmissionDecide => self.write(function, &self.admission_decide(&self.read(function, request)?)?),
            Function::EarningJudge => self.write(function, &self.judge(&self.read(function, request)?)?),
            Function::RedeemingDecide => self.write(function, &self.redeem(&self.read(function, request)?)?),
            Function::ToppingUpDecide => self.write(function, &self.top_up(&self.read(function, request)?)?),
            Function::RenewalDecide => self.write(function, &self.renew(&self.read(function, request)?)?),
            Function::ExpiryDecide => self.write(function, &self.expire(&self.read(function, request)?)?),
            Function::ReplacementDecide => self.write(function, &self.replace(&self.read(function, request)?)?),
            Function::GuardDecide => self.write(function, &self.guard(&self.read(function, request)?)?),
        }
    }

    fn read<T: DeserializeOwned>(&self, function: Function, request: Value) -> Result<T, PluginError> {
        serde_json::from_value(request).map_err(|e| {
            self.fail(
                &Call::new(function, 0),
                (Failure::Undecided, format!("not a request: {e}")),
            )
        })
    }

    fn write<T: Serialize>(&self, function: Function, decision: &T) -> Result<Value, PluginError> {
        serde_json::to_value(decision).map_err(|e| self.fail(&Call::new(function, 0), (Failure::Output, e.to_string())))
    }
}
