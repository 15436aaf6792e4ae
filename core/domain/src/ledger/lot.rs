//! Lots: what a credit opened, with its own dates (D-LED-2).

use crate::calendar::Instant;
use crate::id::*;

/// When a lot's points can be spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LotTerms {
    /// First instant at which they can be spent; none: at once.
    pub matures_at: Option<Instant>,
    /// First instant at which they no longer can; none: never.
    pub expires_at: Option<Instant>,
}

/// A lot as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    pub id: LotId,
    /// The bill that opened it: the parts of one top-up belong together.
    pub bill: Option<BillId>,
    pub opened_at: Instant,
    pub terms: LotTerms,
    /// What is left, ≥ 0.
    pub remaining: i64,
}

/// The end of a lot that was booked after the instant as of which a bill is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedLot {
    /// The lot with what it had at its end.
    pub was: Lot,
    /// The entry that booked the end.
    pub entry: EntryId,
}

/// What a sale once took from a lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpentMove {
    pub lot: LotId,
    /// The bill that opened the lot.
    pub bill: Option<BillId>,
    pub opened_at: Instant,
    pub terms: LotTerms,
    /// Taken, > 0.
    pub amount: i64,
}

impl LotTerms {
    pub fn expired(&self, now: Instant) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    pub fn maturing(&self, now: Instant) -> bool {
        self.matures_at.is_some_and(|start| now < start)
    }
}

impl Lot {
    /// Whether it can be spent: matured and not expired, whether or not a job has booked either.
    pub fn spendable(&self, now: Instant) -> bool {
        !self.terms.expired(now) && !self.terms.maturing(now)
    }

    /// The spend order: soonest expiry first, no expiry last, then oldest, then id.
    pub fn spend_order(&self) -> impl Ord + use<> {
        spend_order(&self.terms, self.opened_at, self.id)
    }
}

impl SpentMove {
    pub(crate) fn spend_order(&self) -> impl Ord + use<> {
        spend_order(&self.terms, self.opened_at, self.lot)
    }
}

fn spend_order(terms: &LotTerms, opened_at: Instant, lot: LotId) -> impl Ord + use<> {
    (terms.expires_at.is_none(), terms.expires_at, opened_at, lot)
}
