//! Lots that leave a membership for the one that it is merged into, and come back (D-CARD-13). Every lot goes, empty ones
//! too, so that what returns give back finds its place.

use super::{Booking, EntryDraft};
use crate::id::*;
use crate::ledger::{Lot, SpentMove};
use crate::rows::{LotMoveRow, LotRow};

/// A lot with what it was opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeLot {
    pub lot: Lot,
    /// > 0
    pub amount: i64,
    /// Its end is booked.
    pub ended: bool,
    /// The store that issued it, to which it still counts.
    pub issued_by: Option<StoreId>,
}

/// Which lot goes on for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heir {
    pub lot: LotId,
    pub heir: LotId,
    /// What was left and went over.
    pub moved: i64,
    /// Of it, what filled no debt.
    pub came: i64,
}

impl WholeLot {
    /// All that is left of it.
    fn rest(&self) -> SpentMove {
        SpentMove {
            lot: self.lot.id,
            bill: self.lot.bill,
            opened_at: self.lot.opened_at,
            terms: self.lot.terms,
            amount: self.lot.remaining,
        }
    }
}

impl Booking<'_> {
    /// Empties lots, matured or not, past their date or not: one entry over all that is left of them, none where nothing is.
    pub fn hand_over(&mut self, draft: EntryDraft, lots: &[(LotId, i64)]) {
        let left: Vec<(LotId, i64)> = lots.iter().copied().filter(|(_, amount)| *amount > 0).collect();
        if left.is_empty() {
            return;
        }
        for (id, amount) in &left {
            self.take(*amount, |lot| lot.id == *id);
        }
        let entry = self.post(draft, -left.iter().map(|(_, amount)| amount).sum::<i64>());
        self.record_moves(entry, left.into_iter().map(|(lot, amount)| (lot, -amount)).collect());
    }

    /// Opens a lot of the same size, dates and bill for each, with what is left of it; what can be spent fills a debt first.
    pub fn take_over(&mut self, draft: EntryDraft, lots: &[WholeLot]) -> Vec<Heir> {
        let now = self.source.booked_at;
        let entry = self.post(draft, lots.iter().map(|whole| whole.lot.remaining).sum());
        let mut heirs = Vec::new();
        for WholeLot { lot, amount, ended, .. } in lots {
            let debt = self.account().debt;
            let filled = if lot.terms.expired(now) {
                0
            } else {
                lot.remaining.min(debt)
            };
            self.account_mut().debt -= filled;
            let (heir, came) = (LotId(self.ids.next_id()), lot.remaining - filled);
            self.rows.lots.push(LotRow {
                id: heir,
                membership: self.member.id,
                asset: self.asset.clone(),
                entry,
                bill: lot.bill,
                amount: *amount,
                opened_at: lot.opened_at,
                matures_at: lot.terms.matures_at,
                expires_at: lot.terms.expires_at,
            });
            let moves = [(*amount, *amount), (came - amount, came)];
            let moves = moves.into_iter().filter(|(delta, _)| *delta != 0);
            self.rows.lot_moves.extend(moves.map(|(delta, remaining)| LotMoveRow {
                entry,
                lot: heir,
                delta,
                remaining,
            }));
            if *ended {
                self.rows.lots_ended.push((self.member.id, heir));
            }
            if came > 0 {
                self.insert(Lot {
                    id: heir,
                    remaining: came,
                    ..lot.clone()
                });
            }
            heirs.push(Heir {
                lot: lot.id,
                heir,
                moved: lot.remaining,
                came,
            });
        }
        heirs
    }

    /// Refills lots with what they had when they went, one entry.
    pub fn take_back(&mut self, draft: EntryDraft, lots: &[WholeLot]) {
        let back: Vec<SpentMove> = lots.iter().map(WholeLot::rest).filter(|part| part.amount > 0).collect();
        if back.is_empty() {
            return;
        }
        let entry = self.post(draft, back.iter().map(|part| part.amount).sum());
        back.iter().for_each(|part| self.restore(part));
        self.record_moves(entry, back.into_iter().map(|part| (part.lot, part.amount)).collect());
    }

    /// Takes over what another membership owes: from lots that live, in spend order; the rest is owed. What was taken.
    pub fn take_over_debt(&mut self, draft: EntryDraft, debt: i64) -> Vec<SpentMove> {
        let (now, closed) = (self.source.booked_at, self.closed);
        let taken = self.take(debt, |lot| !closed && !lot.terms.expired(now));
        let entry = self.post(draft, -debt);
        self.account_mut().debt += debt - super::total(&taken);
        self.record_moves(entry, taken.iter().map(|part| (part.lot, -part.amount)).collect());
        taken
    }

    /// Gives a debt away: nothing of it is owed here any more.
    pub fn hand_over_debt(&mut self, draft: EntryDraft, debt: i64) {
        self.post(draft, debt);
        self.account_mut().debt -= debt;
    }

    /// Undoes [`Booking::take_over_debt`]: what it took goes back to its lots, and the rest isn't owed any more.
    pub fn return_debt(&mut self, draft: EntryDraft, debt: i64, taken: &[SpentMove]) {
        let entry = self.post(draft, debt);
        self.account_mut().debt -= debt - super::total(taken);
        taken.iter().for_each(|part| self.restore(part));
        self.record_moves(entry, taken.iter().map(|part| (part.lot, part.amount)).collect());
    }

    /// Undoes [`Booking::take_over`]: its lots are emptied, and what they had filled is owed again. One entry.
    pub fn give_up(&mut self, draft: EntryDraft, heirs: &[Heir]) {
        let moved: i64 = heirs.iter().map(|heir| heir.moved).sum();
        if moved == 0 {
            return;
        }
        for Heir { heir, came, .. } in heirs {
            self.take(*came, |lot| lot.id == *heir);
        }
        let entry = self.post(draft, -moved);
        self.account_mut().debt += heirs.iter().map(|heir| heir.moved - heir.came).sum::<i64>();
        self.record_moves(entry, heirs.iter().map(|heir| (heir.heir, -heir.came)).collect());
    }

    /// Owes again what another membership had taken over.
    pub fn owe_again(&mut self, draft: EntryDraft, debt: i64) {
        self.post(draft, -debt);
        self.account_mut().debt += debt;
    }
}
