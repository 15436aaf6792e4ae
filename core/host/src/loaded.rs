//! A loaded component and the calls it answers.

use super::api::{Function, admission, describe, earning, redeeming};
use super::breaker::{Breaker, Change, Suspension};
use super::call::Call;
use super::error::{Counters, Counts, Failure, PluginError};
use super::host::{Failed, Guest, Runtime, Suspended};
use super::limits::CallState;
use super::output;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use wasmtime::Store;
use wasmtime::component::Instance;

/// A loaded component. Every call runs in an instance of its own.
pub struct Plugin {
    pub(super) runtime: Arc<Runtime>,
    pub(super) digest: String,
    pub(super) description: describe::Description,
    pub(super) guest: Guest,
    pub(super) counters: Counters,
    pub(super) suspension: Suspension,
    pub(super) breaker: Mutex<Breaker>,
}

impl Plugin {
    /// Stable and lower case, e.g. `retail`.
    pub fn id(&self) -> &str {
        &self.description.id
    }

    /// SHA-256 of the component, hex: what a program pins and an entry names.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// What the plugin said about itself when it was loaded.
    pub fn description(&self) -> &describe::Description {
        &self.description
    }

    /// Counts of this plugin since it was loaded.
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Whether it keeps failing and is left alone for now.
    pub fn is_suspended(&self) -> bool {
        self.breaker.lock().is_suspended()
    }

    /// Whether the plugin decides this at all; all but `describe` and `earning` is optional.
    pub fn has(&self, function: Function) -> bool {
        match function {
            Function::Describe | Function::EarningJudge => true,
            Function::AdmissionHistory | Function::AdmissionDecide => self.guest.admission.is_some(),
            Function::RedeemingDecide => self.guest.redeeming.is_some(),
            Function::ToppingUpDecide => self.guest.topping_up.is_some(),
            Function::RenewalHistory | Function::RenewalDecide => self.guest.renewal.is_some(),
            Function::ExpiryDecide => self.guest.expiry.is_some(),
            Function::ReplacementDecide => self.guest.replacement.is_some(),
            Function::GuardDecide => self.guest.guard.is_some(),
        }
    }

    /// Which purchases to look up before asking for admission.
    pub fn admission_history(&self, config: &str) -> Result<admission::Window, PluginError> {
        let call = self.begin(Function::AdmissionHistory);
        let admission = self.optional(&call, &self.guest.admission)?;
        let window = self.run(&call, |store, instance| {
            admission.load(&mut *store, instance)?.call_history(store, config)
        })?;
        self.accept(&call, output::window(&window), window)
    }

    /// May this customer hold a card?
    pub fn admission_decide(&self, request: &admission::Request) -> Result<admission::Decision, PluginError> {
        let call = self.begin(Function::AdmissionDecide);
        let admission = self.optional(&call, &self.guest.admission)?;
        let decision = self.run(&call, |store, instance| {
            admission.load(&mut *store, instance)?.call_decide(store, request)
        })?;
        self.accept(
            &call,
            output::admission(request, &decision, self.guest.limits.string_bytes),
            decision,
        )
    }

    /// What a sale earns.
    pub fn judge(&self, sale: &earning::Sale) -> Result<earning::Outcome, PluginError> {
        let call = self.begin(Function::EarningJudge);
        let outcome = self.run(&call, |store, instance| {
            self.guest.earning.load(&mut *store, instance)?.call_judge(store, sale)
        })?;
        self.accept(
            &call,
            output::outcome(sale, &outcome, self.guest.limits.string_bytes),
            outcome,
        )
    }

    /// May these points buy this reward?
    pub fn redeem(&self, request: &redeeming::Request) -> Result<redeeming::Decision, PluginError> {
        let call = self.begin(Function::RedeemingDecide);
        let redeeming = self.optional(&call, &self.guest.redeeming)?;
        let decision = self.run(&call, |store, instance| {
            redeeming.load(&mut *store, instance)?.call_decide(store, request)
        })?;
        self.accept(
            &call,
            output::redeeming(&decision, self.guest.limits.string_bytes),
            decision,
        )
    }

    pub(super) fn begin(&self, function: Function) -> Call {
        Call::new(function, self.runtime.calls.fetch_add(1, Ordering::Relaxed) + 1)
    }

    pub(super) fn optional<'a, T>(&self, call: &Call, interface: &'a Option<T>) -> Result<&'a T, PluginError> {
        interface.as_ref().ok_or_else(|| {
            let message = format!("it doesn't export {}", call.function.interface());
            self.fail(call, (Failure::MissingInterface, message))
        })
    }

    /// Runs a call, a second time if only the time ran out: the machine may have been busy with something else.
    pub(super) fn run<T>(
        &self,
        call: &Call,
        body: impl Fn(&mut Store<CallState>, &Instance) -> wasmtime::Result<Result<T, String>>,
    ) -> Result<T, PluginError> {
        if !self.breaker.lock().admits(call.begun) {
            let message = "it kept failing and is left alone for a while".to_owned();
            return Err(self.fail(call, (Failure::Suspended, message)));
        }
        let once = || {
            self.runtime
                .run(&self.guest, &self.guest.limits, self.id(), call.number, &body)
        };
        let answer = match once() {
            Err((Failure::Deadline, _)) => {
                self.counters.retried();
                self.runtime.counters.retried();
                once()
            }
            answer => answer,
        };
        let microseconds = call.begun.elapsed().as_micros() as u64;
        self.counters.called(microseconds);
        self.runtime.counters.called(microseconds);
        match answer {
            Ok(Ok(decision)) => Ok(decision),
            Ok(Err(mut message)) => {
                message.truncate(message.floor_char_boundary(self.guest.limits.string_bytes));
                Err(self.fail(call, (Failure::Undecided, message)))
            }
            Err(failed) => Err(self.fail(call, failed)),
        }
    }

    pub(super) fn accept<T>(&self, call: &Call, checked: Result<(), String>, decision: T) -> Result<T, PluginError> {
        match checked {
            Ok(()) => {
                self.ended(Ok(()));
                Ok(decision)
            }
            Err(message) => Err(self.fail(call, (Failure::Output, message))),
        }
    }

    pub(super) fn fail(&self, call: &Call, (failure, message): Failed) -> PluginError {
        self.counters.failed(failure);
        self.runtime.counters.failed(failure);
        self.ended(Err(failure));
        let error = PluginError {
            failure,
            plugin: self.id().to_owned(),
            digest: self.digest.clone(),
            function: Some(call.function),
            call: call.number,
            message,
        };
        if failure != Failure::Suspended {
            tracing::warn!(
                code = error.code(),
                plugin = error.plugin,
                digest = error.digest,
                function = call.function.as_str(),
                call = error.call,
                error = error.message,
                "plugin call failed"
            );
        }
        error
    }

    /// How a decision ended, for the suspension.
    fn ended(&self, ended: Result<(), Failure>) {
        let mut breaker = self.breaker.lock();
        let change = match ended {
            Err(Failure::Suspended) => return,
            Ok(()) | Err(Failure::Undecided) => breaker.succeeded(),
            Err(failure) if failure.is_the_plugins() => breaker.failed(Instant::now()),
            Err(_) => {
                breaker.unknown(Instant::now());
                return;
            }
        };
        drop(breaker);
        let (plugin, version, digest) = (self.id(), self.description.version.as_str(), self.digest.as_str());
        match (change, ended) {
            (Change::Suspended(cool_down), Err(reason)) => {
                let (failures, code, seconds) = (self.suspension.failures, reason.code(), cool_down.as_secs());
                tracing::error!(
                    plugin,
                    version,
                    digest,
                    code,
                    failures,
                    seconds,
                    "plugin suspended: it keeps failing"
                );
                self.counters.suspended();
                self.runtime.counters.suspended();
                if let Some(teller) = self.runtime.teller.get() {
                    teller(Suspended {
                        plugin: plugin.to_owned(),
                        version: version.to_owned(),
                        digest: digest.to_owned(),
                        reason,
                        failures,
                        cool_down,
                    });
                }
            }
            (Change::Resumed, _) => tracing::info!(plugin, version, digest, "plugin works again"),
            _ => {}
        }
    }
}
