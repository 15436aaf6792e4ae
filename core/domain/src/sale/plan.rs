//! What a return comes to: worked out from the record alone, before anything is booked.

use super::earn::{self, KeptLine};
use super::kept::PartSum;
use super::refund::Refund;
use super::returns::kept_lines;
use super::{Beneficiary, RecordedLine, Rounding, SaleRecord};
use crate::calendar::Instant;
use crate::id::LotId;
use crate::ledger::{Asset, Lot, Member};
use crate::money::Points;

/// What a return comes to, before anything is booked: figures so far, this return included, and what of them is new.
pub(super) struct Plan {
    pub after: Vec<RecordedLine>,
    pub refund: Refund,
    pub clawed_back: Points,
    /// What is asked back of the member: without what had expired unspent.
    pub take_back: Points,
    pub lapsed: Points,
    pub give_back: Points,
    /// The same of the introducer.
    pub from_introducer: Points,
}

impl Plan {
    pub fn new(
        record: &SaleRecord,
        after: Vec<RecordedLine>,
        member: Option<&Member>,
        introducer: Option<&Member>,
        now: Instant,
    ) -> Self {
        let refund = Refund::so_far(record, &after);
        let (kept_before, kept) = (kept_lines(&record.lines), kept_lines(&after));
        let clawed_back = clawed_so_far(record, &kept).max(record.clawed_back);
        let of_introducer = |kept: &[KeptLine]| {
            let earned = record.introducer.as_ref().map_or(0, |bonus| bonus.earned);
            earned - earned.min(bonuses(record, Beneficiary::Introducer, kept).points(Rounding::Floor))
        };
        let wanted = clawed_back - record.clawed_back;
        let expired = record.expired_unspent + unbooked(member, &record.own_lots, now) - record.lapsed;
        let lapsed = wanted.min(expired.max(0));
        let from_introducer = (of_introducer(&kept) - of_introducer(&kept_before)).max(0);
        let introduced = record.introducer.as_ref().map_or(0, |bonus| {
            bonus.expired_unspent + unbooked(introducer, bonus.lot.as_slice(), now)
        });
        Self {
            take_back: wanted - lapsed,
            lapsed,
            give_back: (refund.points - record.given_back).max(0),
            from_introducer: (from_introducer - introduced).max(0),
            clawed_back,
            refund,
            after,
        }
    }
}

/// What is left in lots whose end no job has booked yet: it can't be spent any more either.
fn unbooked(member: Option<&Member>, own: &[LotId], now: Instant) -> Points {
    let Some((member, account)) = member.and_then(|member| Some((member, member.account(&Asset::points())?))) else {
        return 0;
    };
    let closed = !member.is_open(now);
    let dead = |lot: &&Lot| own.contains(&lot.id) && (closed || lot.terms.expired(now));
    account.lots.iter().filter(dead).map(|lot| lot.remaining).sum()
}

/// What must have been taken back of the points earned while `kept` is kept.
fn clawed_so_far(record: &SaleRecord, kept: &[KeptLine]) -> Points {
    let mut sum = bonuses(record, Beneficiary::Member, kept);
    for (line, kept) in record.lines.iter().zip(kept) {
        sum.add_part(line.contribution, kept.kept, kept.quantity);
    }
    record.earned - record.earned.min(sum.points(Rounding::Floor))
}

/// Σ bonuses of a beneficiary that hold while `kept` is kept.
fn bonuses(record: &SaleRecord, beneficiary: Beneficiary, kept: &[KeptLine]) -> PartSum {
    let paid = earn::kept_paid(kept);
    let mut sum = PartSum::ZERO;
    for bonus in earn::of(&record.bonuses, beneficiary).filter(|bonus| earn::holds(bonus, kept, &paid)) {
        sum.add_whole(bonus.points);
    }
    sum
}
