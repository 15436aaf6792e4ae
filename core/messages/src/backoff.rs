//! When a message is tried again, and when no more. Pure: randomness and instants are arguments.

use std::time::Duration;

/// Waits between tries, in ms: 10 s, 1 min, 5 min, 15 min, 1 h, 3 h, 8 h; the last one repeats.
pub const WAITS_MS: [i64; 7] = [10_000, 60_000, 300_000, 900_000, 3_600_000, 10_800_000, 28_800_000];

/// When somebody gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tries in all, from 1.
    pub tries: u32,
    /// Age of a message, from when it was due, in ms.
    pub age_ms: i64,
}

impl Default for Limits {
    /// Twelve tries within three days: a server that was down over a long weekend's start still gets its mail.
    fn default() -> Self {
        Self {
            tries: 12,
            age_ms: 3 * 24 * 3_600_000,
        }
    }
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Try again at this instant (epoch ms).
    At(i64),
    /// Dead: nobody tries again unless a person says so.
    Dead,
}

/// A failed message's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Tries that failed so far, this one included; 0 counts as 1.
    pub failures: u32,
    /// When the message was due first, epoch ms.
    pub due: i64,
    /// Now, epoch ms.
    pub now: i64,
    /// The other side asked to wait this long.
    pub retry_after: Option<Duration>,
}

/// When a message that failed is tried again. `jitter` is evenly spread over 0..=1 000 000 (parts per million): the wait is
/// that part of the schedule's (full jitter), so that many messages that failed together don't come back together. A wait that the
/// other side asked for is kept in full, and the jitter comes on top.
pub fn next(failed: Failed, limits: Limits, jitter: u32) -> Next {
    let failures = failed.failures.max(1);
    if failures >= limits.tries {
        return Next::Dead;
    }
    let step = usize::try_from(failures - 1).unwrap_or(usize::MAX);
    let longest = WAITS_MS[step.min(WAITS_MS.len() - 1)];
    let spread = longest * i64::from(jitter.min(1_000_000)) / 1_000_000;
    let asked = failed
        .retry_after
        .map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
    // At least a second: a jitter of nothing must not become a loop.
    let at = failed.now.saturating_add(asked).saturating_add(spread.max(1_000));
    if at.saturating_sub(failed.due) > limits.age_ms {
        Next::Dead
    } else {
        Next::At(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(failures: u32) -> Failed {
        Failed {
            failures,
            due: 0,
            now: 0,
            retry_after: None,
        }
    }

    #[test]
    fn waits_follow_the_schedule_and_the_last_repeats() {
        let limits = Limits {
            tries: 100,
            age_ms: i64::MAX,
        };
        for (index, wait) in WAITS_MS.iter().enumerate() {
            let failures = u32::try_from(index + 1).unwrap();
            assert_eq!(next(failed(failures), limits, 1_000_000), Next::At(*wait));
            assert_eq!(next(failed(failures), limits, 500_000), Next::At(*wait / 2));
        }
        assert_eq!(next(failed(50), limits, 1_000_000), Next::At(28_800_000));
        assert_eq!(next(failed(1), limits, 0), Next::At(1_000), "never at once");
        assert_eq!(next(failed(0), limits, 1_000_000), next(failed(1), limits, 1_000_000));
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept() {
        let asked = Failed {
            now: 5_000,
            retry_after: Some(Duration::from_secs(120)),
            ..failed(1)
        };
        assert_eq!(
            next(asked, Limits::default(), 500_000),
            Next::At(5_000 + 120_000 + 5_000)
        );
    }

    #[test]
    fn it_ends_by_tries_or_by_age() {
        let limits = Limits::default();
        assert!(matches!(next(failed(11), limits, 0), Next::At(_)));
        assert_eq!(next(failed(12), limits, 0), Next::Dead);
        let old = Failed {
            now: limits.age_ms - 10_000,
            ..failed(1)
        };
        assert_eq!(next(old, limits, 1_000_000), Next::At(limits.age_ms));
        let late = Failed {
            now: old.now + 1,
            ..old
        };
        assert_eq!(next(late, limits, 1_000_000), Next::Dead);
        let forever = Failed {
            retry_after: Some(Duration::MAX),
            ..failed(1)
        };
        assert_eq!(next(forever, limits, 0), Next::Dead);
    }
}
