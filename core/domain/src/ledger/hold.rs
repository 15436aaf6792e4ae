//! Holds (D-LED-3): points (or value) set aside for something that isn't done yet. What is held can't be spent elsewhere;
//! it stays in its lots, so what expires meanwhile expires all the same. A hold ends once: it is captured, released, or
//! its time is over, whether or not a job has written that down.

use super::{Asset, Member};
use crate::calendar::Instant;
use crate::error::{Code, Refusal};
use crate::id::HoldId;

named! {
/// How a hold stands.
pub enum HoldState {
    Open = "open",
    /// What was wanted of it is spent; the rest is free.
    Captured = "captured",
    Released = "released",
    /// Its time was over.
    Expired = "expired",
}
}

impl HoldState {
    /// As it is at an instant: the time of an open one may be over.
    pub fn at(self, until: Instant, now: Instant) -> Self {
        match self {
            HoldState::Open if now >= until => HoldState::Expired,
            state => state,
        }
    }

    /// # Errors
    /// `hold_ended`, saying how.
    pub fn check_open(self) -> Result<(), Refusal> {
        let (zh, en) = match self {
            HoldState::Open => return Ok(()),
            HoldState::Captured => (
                "该预留已扣用，不能再次扣用或释放；如还需扣用，请重新预留。",
                "The hold was captured already, so it can't be captured or released again; hold anew for more.",
            ),
            HoldState::Released => (
                "该预留已释放，不能再扣用；如仍需要，请重新预留。",
                "The hold was released already, so nothing of it can be captured; hold anew if it is still wanted.",
            ),
            HoldState::Expired => (
                "该预留已超时，所留已可另行使用；如仍需要，请重新预留。",
                "The hold's time is over and what it held is free again; hold anew if it is still wanted.",
            ),
        };
        Err(Refusal::new(Code::HoldEnded, zh, en))
    }
}

/// A hold that nobody has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub id: HoldId,
    pub asset: Asset,
    /// > 0
    pub amount: i64,
    /// First instant at which it no longer holds.
    pub until: Instant,
}

impl Member {
    /// What is set aside of an asset at `at`.
    pub fn held(&self, asset: &Asset, at: Instant) -> i64 {
        let open = self.holds.iter().filter(|hold| hold.asset == *asset && at < hold.until);
        open.map(|hold| hold.amount).sum()
    }
}
