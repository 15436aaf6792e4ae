//! A breaker for each destination of this process.

use cardea_messages::Outcome;
use cardea_messages::breaker::{Breaker, Limits, Pass};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;

/// By destination; instants are technical time, epoch ms.
pub(crate) struct Breakers<P>(Mutex<HashMap<P, Breaker>>);

impl<P> Default for Breakers<P> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<P: Copy + Eq + Hash> Breakers<P> {
    /// Whether a message may go; else when to ask again.
    pub fn ask(&self, place: P, now: i64) -> Pass {
        let mut breakers = self.0.lock();
        let before = breakers.get(&place).copied().unwrap_or_default();
        let (after, pass) = before.ask(now, Limits::default());
        breakers.insert(place, after);
        pass
    }

    /// What became of it.
    pub fn learn(&self, place: P, now: i64, outcome: &Outcome) {
        let mut breakers = self.0.lock();
        let before = breakers.get(&place).copied().unwrap_or_default();
        let after = match outcome {
            Err(failure) if failure.channel_fault => {
                let asked = failure
                    .retry_after
                    .and_then(|wait| i64::try_from(wait.as_millis()).ok());
                before.fault(now, asked, Limits::default())
            }
            _ => before.well(),
        };
        breakers.insert(place, after);
    }

    /// Until when a destination rests because it fails.
    pub fn paused_until(&self, place: &P, now: i64) -> Option<i64> {
        match self.0.lock().get(place) {
            Some(Breaker::Open { until, .. }) if *until > now => Some(*until),
            _ => None,
        }
    }

    /// What was known of a destination says nothing of it any more.
    pub fn forget(&self, place: &P) {
        self.0.lock().remove(place);
    }
}
