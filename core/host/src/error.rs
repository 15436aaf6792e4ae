//! What can go wrong with a plugin, each with a stable code, counted.

use super::api::Function;
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The kinds of failure. A refusal is not one of them: it is a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The component isn't acceptable, or isn't there; nothing of it will run.
    RefusedLoad,
    /// It isn't compiled yet.
    Loading,
    /// It doesn't export the interface that was asked for.
    MissingInterface,
    /// It executed a trap, a panic for instance.
    Trap,
    /// It used up its instructions.
    Fuel,
    /// It took too long, twice.
    Deadline,
    /// It asked for too much memory.
    Memory,
    /// What it answered is too large, malformed or names things that don't exist.
    Output,
    /// It said itself that no decision is possible, e.g. because it can't read its configuration.
    Undecided,
    /// Too many decisions at the same time; nothing of the plugin ran.
    Busy,
    /// It kept failing and is left alone for a while; nothing of it ran.
    Suspended,
}

impl Failure {
    pub const ALL: [Self; 11] = [
        Self::RefusedLoad,
        Self::Loading,
        Self::MissingInterface,
        Self::Trap,
        Self::Fuel,
        Self::Deadline,
        Self::Memory,
        Self::Output,
        Self::Undecided,
        Self::Busy,
        Self::Suspended,
    ];

    /// The stable code, e.g. `plugin_fuel`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RefusedLoad => "plugin_refused_load",
            Self::Loading => "plugin_loading",
            Self::MissingInterface => "plugin_missing_interface",
            Self::Trap => "plugin_trap",
            Self::Fuel => "plugin_fuel",
            Self::Deadline => "plugin_deadline",
            Self::Memory => "plugin_memory",
            Self::Output => "plugin_output",
            Self::Undecided => "plugin_undecided",
            Self::Busy => "plugin_busy",
            Self::Suspended => "plugin_suspended",
        }
    }

    /// Whether it counts against the plugin. A busy host and one that isn't ready yet don't, nor does a plugin that says
    /// what it can't decide: a chain whose configuration it can't read must not stop it for the others.
    pub const fn is_the_plugins(self) -> bool {
        matches!(
            self,
            Self::Trap | Self::Fuel | Self::Deadline | Self::Memory | Self::Output
        )
    }
}

/// A failed load or call. The message is for the operator, never for a customer.
#[derive(Clone, Debug, thiserror::Error)]
pub struct PluginError {
    pub failure: Failure,
    /// The plugin's id; empty if it isn't known yet.
    pub plugin: String,
    /// SHA-256 of the component, hex.
    pub digest: String,
    /// The call that failed; `None` for a load.
    pub function: Option<Function>,
    /// Number of the call since the host started, also in the log; 0 for a load.
    pub call: u64,
    pub message: String,
}

impl PluginError {
    /// Of a component that isn't loaded; `digest` in hex.
    pub fn of_load(failure: Failure, digest: String, message: String) -> Self {
        Self {
            failure,
            plugin: String::new(),
            digest,
            function: None,
            call: 0,
            message,
        }
    }

    /// The stable code, e.g. `plugin_fuel`.
    pub const fn code(&self) -> &'static str {
        self.failure.code()
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = self.digest.get(..12).unwrap_or(&self.digest);
        write!(f, "{}: plugin {}@{digest}", self.code(), self.plugin)?;
        if let Some(function) = self.function {
            write!(f, ", {} (call {})", function.as_str(), self.call)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Counts since the host started.
#[derive(Debug, Default)]
pub struct Counters {
    calls: AtomicU64,
    retried: AtomicU64,
    microseconds: AtomicU64,
    suspensions: AtomicU64,
    failures: [AtomicU64; Failure::ALL.len()],
}

/// What [`Counters`] said at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Decisions asked for, failed ones included.
    pub calls: u64,
    /// Repeated because the time, not the work, ran out.
    pub retried: u64,
    /// Time inside the calls, µs.
    pub microseconds: u64,
    /// How often a plugin was suspended because it kept failing.
    pub suspensions: u64,
    /// By code, only what happened.
    pub failures: Vec<(&'static str, u64)>,
}

impl Counters {
    pub(super) fn called(&self, microseconds: u64) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    pub(super) fn retried(&self) {
        self.retried.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn suspended(&self) {
        self.suspensions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn failed(&self, failure: Failure) {
        self.failures[failure as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub fn read(&self) -> Counts {
        let failures = Failure::ALL.map(|f| (f.code(), self.failures[f as usize].load(Ordering::Relaxed)));
        Counts {
            calls: self.calls.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            microseconds: self.microseconds.load(Ordering::Relaxed),
            suspensions: self.suspensions.load(Ordering::Relaxed),
            failures: failures.into_iter().filter(|(_, count)| *count > 0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_own_code_and_counter() {
        let counters = Counters::default();
        for failure in Failure::ALL {
            assert_eq!(Failure::ALL[failure as usize], failure);
            counters.failed(failure);
        }
        let counts = counters.read();
        assert!(
            counts
                .failures
                .iter()
                .all(|(code, count)| code.starts_with("plugin_") && *count == 1)
        );
        let codes: std::collections::BTreeSet<_> = counts.failures.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), Failure::ALL.len());
    }
}
