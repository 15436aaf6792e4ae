//! What people book by their own word: deductions, debts that are let go, what another membership hands over.

use super::{Booking, EntryDraft};
use crate::error::Refusal;
use crate::id::*;
use crate::ledger::{Lot, SpentMove};
use crate::rows::{LotMoveRow, LotRow};

impl Booking<'_> {
    /// Takes `amount` > 0 in spend order from lots that live, those that mature last. Where more is wanted than isn't held,
    /// what goes beyond it must stay within `limit` with all that is owed; what no lot covers becomes a debt.
    ///
    /// # Errors
    /// `insufficient_points` (of other assets `insufficient_value`); nothing is booked then.
    pub fn deduct(&mut self, draft: EntryDraft, amount: i64, limit: i64) -> Result<(), Refusal> {
        let now = self.source.booked_at;
        let closed = self.closed;
        let live = |lot: &Lot| !closed && !lot.terms.expired(now);
        let left: i64 = self
            .account()
            .lots
            .iter()
            .filter(|lot| live(lot))
            .map(|lot| lot.remaining)
            .sum();
        let free = (left - self.member.held(&self.asset, now)).max(0);
        let (debt, beyond) = (self.account().debt, (amount - free).max(0));
        if beyond > 0 && debt + beyond > limit {
            return Err(self.short(free - debt, amount));
        }
        let missing = (amount - left).max(0);
        let mut taken = self.take(amount - missing, |lot| live(lot) && lot.spendable(now));
        let rest = amount - missing - super::total(&taken);
        taken.extend(self.take(rest, live));
        let entry = self.post(draft, -amount);
        self.record_moves(entry, taken.iter().map(|spent| (spent.lot, -spent.amount)).collect());
        self.account_mut().debt += missing;
        Ok(())
    }

    /// Lets all that is owed go; how much that was.
    pub fn write_off(&mut self, draft: EntryDraft) -> i64 {
        let debt = self.account().debt;
        self.post(draft, debt);
        self.account_mut().debt = 0;
        debt
    }

    /// Takes all that is left of a lot, whatever its dates say; nothing where nothing is left.
    pub fn withdraw(&mut self, draft: EntryDraft, lot: LotId) {
        let found = self.account().lots.iter().find(|found| found.id == lot);
        let left = found.map_or(0, |found| found.remaining);
        if left > 0 {
            self.take(left, |found| found.id == lot);
            let entry = self.post(draft, -left);
            self.record_moves(entry, vec![(lot, -left)]);
        }
    }

    /// Gives a part back to its lot as it is: no debt is settled and no end looked at, for it goes on at once
    /// ([`Booking::hand_on`]).
    pub(crate) fn give_back_whole(&mut self, draft: EntryDraft, part: &SpentMove) {
        let entry = self.post(draft, part.amount);
        self.restore(part);
        self.record_moves(entry, vec![(part.lot, part.amount)]);
    }

    /// Takes a part out of its lot again, whatever is owed or has ended.
    pub(crate) fn hand_on(&mut self, draft: EntryDraft, part: &SpentMove) {
        self.take(part.amount, |lot| lot.id == part.lot);
        let entry = self.post(draft, -part.amount);
        self.record_moves(entry, vec![(part.lot, -part.amount)]);
    }

    /// Adds what came from another lot, with that one's dates: fills a debt first, the rest opens a lot. The lot's id, if one
    /// was opened.
    pub fn receive(&mut self, draft: EntryDraft, part: &SpentMove) -> Option<LotId> {
        let entry = self.post(draft, part.amount);
        let account = self.account_mut();
        let filled = part.amount.min(account.debt);
        account.debt -= filled;
        let rest = part.amount - filled;
        if rest == 0 {
            return None;
        }
        let id = LotId(self.ids.next_id());
        self.rows.lots.push(LotRow {
            id,
            membership: self.member.id,
            asset: self.asset.clone(),
            entry,
            bill: None,
            amount: rest,
            opened_at: part.opened_at,
            matures_at: part.terms.matures_at,
            expires_at: part.terms.expires_at,
        });
        self.rows.lot_moves.push(LotMoveRow {
            entry,
            lot: id,
            delta: rest,
            remaining: rest,
        });
        self.insert(Lot {
            id,
            bill: None,
            opened_at: part.opened_at,
            terms: part.terms,
            remaining: rest,
        });
        Some(id)
    }
}
