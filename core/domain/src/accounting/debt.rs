//! How long a membership has been in debt (D-LED-11).

use crate::calendar::{Day, Instant};

/// From which age on a debt may be written off, months.
const OLD: u32 = 12;

/// Since when an account is in debt, from what each of its entries did to the debt, in the order in which they were
/// booked: since it last rose from nothing. None: it isn't.
pub fn since(steps: impl IntoIterator<Item = (Instant, i64)>) -> Option<Instant> {
    let mut debt = 0_i64;
    let mut since = None;
    for (at, change) in steps {
        let before = debt;
        debt += change;
        if before <= 0 && debt > 0 {
            since = Some(at);
        }
    }
    since.filter(|_| debt > 0)
}

/// Whether a debt that stands since a day is over twelve months old today.
pub fn is_old(since: Day, today: Day) -> bool {
    today.months_earlier(OLD).is_some_and(|bound| since < bound)
}
