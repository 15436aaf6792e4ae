//! When a plugin that keeps failing is left alone, so that its sales don't wait for a failure that is certain.

use std::time::{Duration, Instant};

/// How much a plugin may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// So many failures in a row suspend it; at least 1. Decisions between them that succeed start the count anew, so
    /// one bill that is too much for it doesn't. Default 8.
    pub failures: u32,
    /// How long it is left alone before one decision is tried; twice as long after each try that fails. Default 30 s.
    pub cool_down: Duration,
    /// No cool-down is longer. Default 10 min.
    pub longest: Duration,
}

impl Default for Suspension {
    fn default() -> Self {
        Self {
            failures: 8,
            cool_down: Duration::from_secs(30),
            longest: Duration::from_secs(600),
        }
    }
}

/// One plugin's state. Time is an argument.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: Suspension,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// So many failures in a row.
    Working {
        failed: u32,
    },
    Suspended {
        until: Instant,
        cool_down: Duration,
    },
    /// One decision is being tried since then.
    Trying {
        since: Instant,
        cool_down: Duration,
    },
}

/// What an ended decision changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// Suspended, for so long at first.
    Suspended(Duration),
    /// It works again.
    Resumed,
}

impl Breaker {
    pub fn new(settings: Suspension) -> Self {
        Self {
            settings,
            state: State::Working { failed: 0 },
        }
    }

    /// Whether a decision may be asked for now.
    pub fn admits(&mut self, now: Instant) -> bool {
        match self.state {
            State::Working { .. } => true,
            State::Suspended { until, cool_down } if until <= now => {
                self.state = State::Trying { since: now, cool_down };
                true
            }
            // Whoever tried never said how it went.
            State::Trying { since, cool_down } if since + cool_down <= now => {
                self.state = State::Trying { since: now, cool_down };
                true
            }
            State::Suspended { .. } | State::Trying { .. } => false,
        }
    }

    /// A decision was made.
    pub fn succeeded(&mut self) -> Change {
        let change = match self.state {
            State::Working { .. } => Change::Nothing,
            State::Suspended { .. } | State::Trying { .. } => Change::Resumed,
        };
        self.state = State::Working { failed: 0 };
        change
    }

    /// A decision failed through the plugin's fault.
    pub fn failed(&mut self, now: Instant) -> Change {
        match self.state {
            State::Working { failed } if failed + 1 < self.settings.failures => {
                self.state = State::Working { failed: failed + 1 };
                Change::Nothing
            }
            State::Working { .. } => {
                let cool_down = self.settings.cool_down;
                self.suspend(now, cool_down);
                Change::Suspended(cool_down)
            }
            // Of several that were under way when it was suspended.
            State::Suspended { .. } => Change::Nothing,
            State::Trying { cool_down, .. } => {
                self.suspend(now, (cool_down * 2).min(self.settings.longest));
                Change::Nothing
            }
        }
    }

    /// A decision ended without saying anything about the plugin.
    pub fn unknown(&mut self, now: Instant) {
        if let State::Trying { cool_down, .. } = self.state {
            self.state = State::Suspended { until: now, cool_down };
        }
    }

    pub fn is_suspended(&self) -> bool {
        !matches!(self.state, State::Working { .. })
    }

    fn suspend(&mut self, now: Instant, cool_down: Duration) {
        let until = now + cool_down;
        self.state = State::Suspended { until, cool_down };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn breaker() -> (Breaker, Instant) {
        let settings = Suspension {
            failures: 3,
            cool_down: 10 * SECOND,
            longest: 35 * SECOND,
        };
        (Breaker::new(settings), Instant::now())
    }

    fn suspended() -> (Breaker, Instant) {
        let (mut breaker, now) = breaker();
        let changes = [(); 3].map(|()| breaker.failed(now));
        assert_eq!(
            changes,
            [Change::Nothing, Change::Nothing, Change::Suspended(10 * SECOND)]
        );
        (breaker, now)
    }

    #[test]
    fn only_failures_in_a_row_suspend() {
        let (mut breaker, now) = breaker();
        for _ in 0..10 {
            assert_eq!([breaker.failed(now), breaker.failed(now)], [Change::Nothing; 2]);
            assert_eq!(breaker.succeeded(), Change::Nothing);
            breaker.unknown(now);
        }
        assert!(breaker.admits(now) && !breaker.is_suspended());
    }

    #[test]
    fn a_suspended_plugin_is_tried_once_after_its_cool_down() {
        let (mut breaker, now) = suspended();
        assert_eq!(breaker.failed(now), Change::Nothing, "it was under way");
        assert!(!breaker.admits(now) && !breaker.admits(now + 9 * SECOND));
        let later = now + 10 * SECOND;
        assert!(breaker.admits(later), "one is tried");
        assert!(
            !breaker.admits(later) && breaker.is_suspended(),
            "the others wait for it"
        );
        assert_eq!(breaker.succeeded(), Change::Resumed);
        assert!(breaker.admits(later) && !breaker.is_suspended());
        assert_eq!(breaker.failed(later), Change::Nothing, "it begins anew");
    }

    #[test]
    fn each_failed_try_doubles_the_cool_down_up_to_the_longest() {
        let (mut breaker, mut now) = suspended();
        for seconds in [10, 20, 35, 35] {
            assert!(
                !breaker.admits(now + seconds * SECOND - Duration::from_millis(1)),
                "{seconds}"
            );
            now += seconds * SECOND;
            assert!(breaker.admits(now), "{seconds}");
            assert_eq!(breaker.failed(now), Change::Nothing, "it is the same suspension");
        }
    }

    #[test]
    fn a_try_that_says_nothing_is_made_again() {
        let (mut breaker, now) = suspended();
        let now = now + 10 * SECOND;
        assert!(breaker.admits(now));
        breaker.unknown(now);
        assert!(breaker.admits(now), "the host was busy");
        assert!(!breaker.admits(now + 9 * SECOND));
        assert!(breaker.admits(now + 10 * SECOND), "it never came back");
    }
}
