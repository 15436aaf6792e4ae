//! What HQ answers for: what members have at any date and what moved (D-LED-9), what stores owe each other (D-LED-10),
//! what members owe (D-LED-11). All of it is added up from entries and lots when it is asked for; entries count on the
//! day on which they happened, in the chain's zone, so a bill that comes later is in the figures of its own day.

mod debts;
mod liability;
mod movements;
mod settlement;

pub(crate) use debts::since_when;
pub use debts::{Debt, DebtQuery};
pub use liability::{LiabilityQuery, LiabilityReport, LiabilityRow, LiabilityTotal};
pub use movements::{MovementQuery, MovementReport, MovementRow, MovementTotal};
pub use settlement::{SettlementQuery, SettlementReport, SettlementRow, SettlementStore, StoreSettlement};

use crate::input::field;
use cardea_domain::{Day, Instant, Refusal, Zone};

/// The first instant after a day that isn't over before today.
fn end_of(zone: Zone, day: Day, pointer: &str) -> Result<Instant, Refusal> {
    zone.first_instant_after(day)
        .ok_or_else(|| field(pointer, "日期超出范围", "The date is out of range"))
}

/// # Errors
/// `field_invalid` for a day to come.
fn check_past(day: Day, today: Day, pointer: &str) -> Result<(), Refusal> {
    if day > today {
        return Err(field(pointer, "不能晚于今天", "Not later than today"));
    }
    Ok(())
}
