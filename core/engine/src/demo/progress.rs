//! How far a fill is, for everybody who looks at it.

use super::Watch;
use std::sync::atomic::{AtomicU64, Ordering};

/// Events that have happened, of those that will; nothing of nothing while none is known.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    of: AtomicU64,
}

impl Progress {
    /// So many events of so many; None before the first and after the last.
    pub fn under_way(&self) -> Option<(u64, u64)> {
        let (done, of) = (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed));
        (done < of).then_some((done, of))
    }
}

impl Watch for &Progress {
    fn starts(&mut self, events: u64) {
        self.of.store(events, Ordering::Relaxed);
    }

    fn goes_on(&mut self, events: u64) {
        self.done.store(events, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fill_is_under_way_from_its_first_event_to_its_last() {
        let progress = Progress::default();
        assert_eq!(progress.under_way(), None);
        (&progress).starts(10);
        assert_eq!(progress.under_way(), Some((0, 10)));
        (&progress).goes_on(9);
        assert_eq!(progress.under_way(), Some((9, 10)));
        (&progress).goes_on(10);
        assert_eq!(progress.under_way(), None);
    }
}
