//! What a plugin may use, and how that is held.

use super::pins::v0_1_0::cardea::industry::{logging, types};
use parking_lot::{Condvar, Mutex};
use std::fmt;
use std::time::Duration;
use wasmtime::{EngineWeak, ResourceLimiter};

/// How often the clock of deadlines ticks.
const TICK: Duration = Duration::from_millis(10);

/// What one call of a plugin may use. A program may lower them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of the component in bytes.
    pub component_bytes: usize,
    /// All linear memories together, bytes. At most [`Limits::MEMORY`].
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Instructions, roughly.
    pub fuel: u64,
    /// Wall time of one attempt, held to 10 ms.
    pub deadline: Duration,
    /// What a call may hand back, bytes.
    pub output_bytes: usize,
    /// Each string of a decision, bytes.
    pub string_bytes: usize,
    /// All lines of a call's log together, bytes.
    pub log_bytes: usize,
}

impl Limits {
    /// The most memory a plugin can have, bytes: what a slot of the pool is made for.
    pub const MEMORY: usize = 16 << 20;
    /// Stack of the guest, bytes. Calls need a thread with twice as much.
    pub const STACK: usize = 512 << 10;

    pub(super) fn ticks(&self) -> u64 {
        // One more: the first tick may come at once.
        (self.deadline.as_millis() / TICK.as_millis()) as u64 + 1
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 2 << 20,
            memory_bytes: Self::MEMORY,
            table_elements: 20_000,
            fuel: 20_000_000,
            deadline: Duration::from_millis(50),
            output_bytes: 256 << 10,
            string_bytes: 1 << 10,
            log_bytes: 8 << 10,
        }
    }
}

/// The guest wanted more memory than it may have.
#[derive(Debug)]
pub(super) struct MemoryLimit {
    wanted: usize,
    limit: usize,
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wanted {} of {}", self.wanted, self.limit)
    }
}

impl std::error::Error for MemoryLimit {}

/// What lives as long as one call: its budgets and whom to name in the log.
pub(super) struct CallState {
    pub plugin: String,
    pub call: u64,
    memory: usize,
    tables: usize,
    memory_limit: usize,
    table_limit: usize,
    log_left: usize,
}

impl CallState {
    pub(super) fn new(plugin: String, call: u64, limits: &Limits) -> Self {
        Self {
            plugin,
            call,
            memory: 0,
            tables: 0,
            memory_limit: limits.memory_bytes.min(Limits::MEMORY),
            table_limit: limits.table_elements,
            log_left: limits.log_bytes,
        }
    }
}

fn grow(used: &mut usize, limit: usize, current: usize, desired: usize) -> wasmtime::Result<bool> {
    let wanted = used.saturating_add(desired.saturating_sub(current));
    if wanted > limit {
        return Err(MemoryLimit { wanted, limit }.into());
    }
    *used = wanted;
    Ok(true)
}

impl ResourceLimiter for CallState {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.memory, self.memory_limit, current, desired)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        grow(&mut self.tables, self.table_limit, current, desired)
    }
}

impl types::Host for CallState {}

impl logging::Host for CallState {
    fn log(&mut self, level: logging::Level, message: String) {
        if self.log_left == 0 {
            return;
        }
        let cut = message.floor_char_boundary(self.log_left.min(message.len()));
        self.log_left = self.log_left.saturating_sub(message.len().max(1));
        let (line, plugin, call) = (&message[..cut], self.plugin.as_str(), self.call);
        match level {
            logging::Level::Info => tracing::info!(plugin, call, line, "plugin log"),
            logging::Level::Warn => tracing::warn!(plugin, call, line, "plugin log"),
            logging::Level::Error => tracing::error!(plugin, call, line, "plugin log"),
        }
    }
}

/// Advances the clock of deadlines until the engine is gone.
pub(super) fn start_ticker(engine: EngineWeak) -> std::io::Result<()> {
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    std::thread::Builder::new()
        .name("plugin-clock".to_owned())
        .spawn(tick)
        .map(|_| ())
}

/// As many calls at the same time as the pool has places; the others wait.
#[derive(Debug)]
pub(super) struct Places {
    free: Mutex<u32>,
    freed: Condvar,
    patience: Duration,
}

/// A place for one call; free again when dropped.
pub(super) struct Place<'a>(&'a Places);

impl Places {
    pub(super) fn new(count: u32, patience: Duration) -> Self {
        Self {
            free: Mutex::new(count),
            freed: Condvar::new(),
            patience,
        }
    }

    /// `None` if no place got free in time.
    pub(super) fn take(&self) -> Option<Place<'_>> {
        let mut free = self.free.lock();
        if *free == 0 {
            self.freed.wait_while_for(&mut free, |free| *free == 0, self.patience);
        }
        *free = free.checked_sub(1)?;
        Some(Place(self))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free.lock() += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_over_all_memories() {
        let limits = Limits {
            memory_bytes: 100,
            table_elements: 5,
            ..Limits::default()
        };
        let mut state = CallState::new("p".to_owned(), 1, &limits);
        assert!(state.memory_growing(0, 60, None).is_ok());
        assert!(state.memory_growing(0, 40, None).is_ok(), "a second memory");
        let error = state.memory_growing(60, 61, None).expect_err("too much");
        assert!(error.is::<MemoryLimit>());
        assert!(state.table_growing(0, 5, None).is_ok());
        assert!(state.table_growing(5, 6, None).is_err());
    }

    #[test]
    fn places_are_given_back() {
        let places = Places::new(1, Duration::from_millis(1));
        let first = places.take();
        assert!(first.is_some());
        assert!(places.take().is_none(), "busy");
        drop(first);
        assert!(places.take().is_some());
    }

    #[test]
    fn a_deadline_is_never_shorter_than_said() {
        assert_eq!(Limits::default().ticks(), 6);
    }
}
