//! The one clock. Each chain has a business clock behind it, which demo, import and tests may set.

use cardea_domain::Instant;
use cardea_domain::id::ChainId;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Cheap to clone; clones share the set clocks.
#[derive(Clone, Debug, Default)]
pub struct Clock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Milliseconds UTC if the whole clock is fixed (tests), else 0.
    fixed: AtomicI64,
    chains: RwLock<HashMap<ChainId, Instant>>,
}

impl Clock {
    /// The machine's time.
    pub fn system() -> Self {
        Self::default()
    }

    /// Stands still at `now` until [`Clock::set`]; for tests.
    pub fn fixed(now: Instant) -> Self {
        let clock = Self::default();
        clock.set(now);
        clock
    }

    /// Moves a fixed clock, or fixes a running one.
    pub fn set(&self, now: Instant) {
        self.0.fixed.store(now.0, Ordering::Relaxed);
    }

    /// Technical time, for ids, sessions and `booked_at`.
    pub fn now(&self) -> Instant {
        match self.0.fixed.load(Ordering::Relaxed) {
            0 => machine(),
            fixed => Instant(fixed),
        }
    }

    /// Business time of a chain: its own clock if one is set, else the technical time.
    pub fn business(&self, chain: ChainId) -> Instant {
        let set = self.0.chains.read().get(&chain).copied();
        set.unwrap_or_else(|| self.now())
    }

    /// Sets (or with None releases) a chain's business clock in memory; `Engine::set_business_clock` also stores it.
    pub fn set_business(&self, chain: ChainId, now: Option<Instant>) {
        let mut chains = self.0.chains.write();
        match now {
            Some(now) => chains.insert(chain, now),
            None => chains.remove(&chain),
        };
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one clock module")]
fn machine() -> Instant {
    Instant(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as i64),
    )
}
