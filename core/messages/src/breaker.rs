//! A breaker for each destination: when it keeps failing, everything for it waits, and one message at a time tries whether it
//! is well again. Pure: instants are arguments, and the caller keeps the state.

/// When a destination is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Faults in a row that open it.
    pub faults: u32,
    /// How long it stays open at first, ms; doubled after each failed probe.
    pub wait_ms: i64,
    /// The longest it stays open, ms.
    pub longest_ms: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            faults: 5,
            wait_ms: 30_000,
            longest_ms: 900_000,
        }
    }
}

/// Where a destination stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breaker {
    /// Messages go; so many faults in a row.
    #[default]
    Closed,
    Failing {
        faults: u32,
    },
    /// Nothing goes before `until` (epoch ms).
    Open {
        until: i64,
        wait_ms: i64,
    },
    /// One message is trying since `since` (epoch ms); the others wait.
    HalfOpen {
        since: i64,
        wait_ms: i64,
    },
}

/// Whether a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Go,
    /// Not before this instant (epoch ms).
    Wait(i64),
}

impl Breaker {
    /// Asks for one message at `now`. Where it goes as a probe, the state says so, and the others wait for its outcome; a probe that
    /// never reported is given up after the longest wait.
    #[must_use]
    pub fn ask(self, now: i64, limits: Limits) -> (Self, Pass) {
        let probe = |wait_ms| (Self::HalfOpen { since: now, wait_ms }, Pass::Go);
        match self {
            Self::Closed | Self::Failing { .. } => (self, Pass::Go),
            Self::Open { until, .. } if now < until => (self, Pass::Wait(until)),
            Self::Open { wait_ms, .. } => probe(wait_ms),
            Self::HalfOpen { since, wait_ms } => {
                let given_up = since.saturating_add(limits.longest_ms);
                if now < given_up {
                    (self, Pass::Wait(given_up.min(now.saturating_add(limits.wait_ms))))
                } else {
                    probe(wait_ms)
                }
            }
        }
    }

    /// A message was taken, or refused for its own fault: the destination is well.
    #[must_use]
    pub fn well(self) -> Self {
        Self::Closed
    }

    /// A fault of the destination at `now`; `retry_after_ms` is what it asked for.
    #[must_use]
    pub fn fault(self, now: i64, retry_after_ms: Option<i64>, limits: Limits) -> Self {
        let open = |wait_ms: i64| {
            let wait_ms = wait_ms.min(limits.longest_ms);
            let asked = retry_after_ms.unwrap_or(0).clamp(0, limits.longest_ms);
            Self::Open {
                until: now.saturating_add(wait_ms.max(asked)),
                wait_ms,
            }
        };
        let counted = |faults: u32| {
            if faults >= limits.faults {
                open(limits.wait_ms)
            } else {
                Self::Failing { faults }
            }
        };
        match self {
            Self::Closed => counted(1),
            Self::Failing { faults } => counted(faults.saturating_add(1)),
            // Those that were under way when it opened change nothing.
            Self::Open { .. } => self,
            Self::HalfOpen { wait_ms, .. } => open(wait_ms.saturating_mul(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        faults: 2,
        wait_ms: 100,
        longest_ms: 300,
    };

    fn opened() -> Breaker {
        Breaker::default().fault(0, None, LIMITS).fault(1, None, LIMITS)
    }

    #[test]
    fn faults_in_a_row_open_it() {
        let one = Breaker::default().fault(0, None, LIMITS);
        assert_eq!(one, Breaker::Failing { faults: 1 });
        assert_eq!(one.ask(0, LIMITS).1, Pass::Go);
        assert_eq!(one.well().fault(2, None, LIMITS), Breaker::Failing { faults: 1 });
        assert_eq!(opened().ask(100, LIMITS).1, Pass::Wait(101));
        assert_eq!(opened().fault(50, None, LIMITS), opened());
    }

    #[test]
    fn one_message_tries_whether_it_is_well() {
        let (half, pass) = opened().ask(101, LIMITS);
        assert_eq!(pass, Pass::Go);
        assert_eq!(half.ask(102, LIMITS).1, Pass::Wait(202), "the others wait");
        assert_eq!(half.well(), Breaker::Closed);
        assert_eq!(half.ask(401, LIMITS).1, Pass::Go, "a probe that never reported");
    }

    #[test]
    fn failed_probes_wait_longer_up_to_a_limit() {
        let mut state = opened();
        for (now, until) in [(101, 301), (301, 601), (601, 901)] {
            state = state.ask(now, LIMITS).0.fault(now, None, LIMITS);
            assert_eq!(state.ask(now, LIMITS).1, Pass::Wait(until));
        }
        let asked = Breaker::Failing { faults: 1 }.fault(0, Some(200), LIMITS);
        assert_eq!(asked.ask(0, LIMITS).1, Pass::Wait(200));
    }
}
