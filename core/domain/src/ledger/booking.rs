//! The one place that books: entries, lots and the cached balance change together, and every posting has its counter.

mod merge;
mod people;

pub use merge::{Heir, WholeLot};

use super::{Account, Asset, AssetKind, EntryKind, Lot, LotTerms, Member, SpentMove, short};
use crate::calendar::Instant;
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::rows::{AccountRow, EntryRow, LotMoveRow, LotRow, Rows};
use crate::sale::{EntryView, ReturnPolicy};

/// What an entry says besides its amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDraft {
    pub kind: EntryKind,
    pub rule: String,
    pub explanation: Text,
    pub line: Option<i32>,
    pub reverses: Option<EntryId>,
}

/// Where the entries of one command come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub bill: Option<BillId>,
    pub store: Option<StoreId>,
    pub occurred_at: Instant,
    /// Now.
    pub booked_at: Instant,
    /// Decides what has matured and expired; never after now.
    pub judged_at: Instant,
    pub configuration: Option<ConfigurationId>,
    /// SHA-256 of the recorded plugin input.
    pub input: Option<[u8; 32]>,
}

/// What giving back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Went back, expired or not.
    pub amount: i64,
    /// Of it, to lots that had expired: it stays expired.
    pub expired: i64,
    /// Of it, settled a debt.
    pub settled: i64,
}

/// What a claw-back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClawedBack {
    /// Taken from lots.
    pub covered: i64,
    /// Of it, from lots that had not matured.
    pub from_maturing: i64,
    /// Became a debt.
    pub owed: i64,
    /// Let go by the policy.
    pub waived: i64,
}

/// Books entries of one asset against one member and collects the rows. `finish` adds the account's new balance.
pub struct Booking<'a> {
    member: &'a mut Member,
    asset: Asset,
    /// The membership has ended, and the asset with it: no lot is worth anything any more.
    closed: bool,
    source: Source,
    ids: &'a mut dyn NewIds,
    rows: &'a mut Rows,
    views: Vec<EntryView>,
}

impl<'a> Booking<'a> {
    pub fn new(
        member: &'a mut Member,
        asset: Asset,
        source: Source,
        rows: &'a mut Rows,
        ids: &'a mut dyn NewIds,
    ) -> Self {
        let open = member.is_open_as_of(source.judged_at, source.booked_at);
        let closed = asset.ends_with_membership() && !open;
        if let Some(account) = member.accounts.get_mut(&asset) {
            account.lots.sort_by_cached_key(Lot::spend_order);
        }
        Self {
            member,
            asset,
            closed,
            source,
            ids,
            rows,
            views: Vec::new(),
        }
    }

    /// Adds `amount` > 0: fills a debt first, the rest opens a lot with `terms`. The lot's id, if one was opened.
    pub fn credit(&mut self, draft: EntryDraft, amount: i64, terms: LotTerms) -> Option<LotId> {
        let entry = self.post(draft, amount);
        let account = self.account_mut();
        let filled = amount.min(account.debt);
        account.debt -= filled;
        let rest = amount - filled;
        if rest <= 0 {
            return None;
        }
        let id = LotId(self.ids.next_id());
        self.rows.lots.push(LotRow {
            id,
            membership: self.member.id,
            asset: self.asset.clone(),
            entry,
            bill: self.source.bill,
            amount: rest,
            opened_at: self.source.occurred_at,
            matures_at: terms.matures_at,
            expires_at: terms.expires_at,
        });
        self.rows.lot_moves.push(LotMoveRow {
            entry,
            lot: id,
            delta: rest,
            remaining: rest,
        });
        self.insert(Lot {
            id,
            bill: self.source.bill,
            opened_at: self.source.occurred_at,
            terms,
            remaining: rest,
        });
        Some(id)
    }

    /// Takes `amount` > 0 in spend order from lots that could be spent when it is judged; nothing while in debt. What has
    /// expired since then takes its end back first, as far as it is needed. The entry, and what it took of each lot.
    ///
    /// # Errors
    /// `insufficient_points` (of other assets `insufficient_value`) with `available` and `needed`; nothing is booked then.
    pub fn debit(&mut self, draft: EntryDraft, amount: i64) -> Result<(EntryId, Vec<SpentMove>), Refusal> {
        let at = self.source.judged_at;
        let available = if self.closed {
            0
        } else {
            self.member.spendable(&self.asset, at)
        };
        if self.account().debt > 0 || available < amount {
            return Err(self.short(available, amount));
        }
        self.revive(amount);
        let taken = self.take(amount, |lot| lot.spendable(at));
        let entry = self.post(draft, -amount);
        self.record_moves(entry, taken.iter().map(|spent| (spent.lot, -spent.amount)).collect());
        Ok((entry, taken))
    }

    /// Takes exactly these amounts > 0 from these lots, each named once; nothing while in debt. The entry, and what it took.
    ///
    /// # Errors
    /// As [`Booking::debit`], where a lot has less or can't be spent; nothing is booked then.
    pub fn debit_lots(
        &mut self,
        draft: EntryDraft,
        parts: &[(LotId, i64)],
    ) -> Result<(EntryId, Vec<SpentMove>), Refusal> {
        let at = self.source.judged_at;
        let needed = parts.iter().map(|(_, amount)| amount).sum();
        let account = self.account();
        let has = |(id, amount): &(LotId, i64)| {
            let mut lots = account.lots.iter();
            lots.any(|lot| lot.id == *id && lot.spendable(at) && lot.remaining >= *amount)
        };
        let available = self.member.spendable(&self.asset, at);
        if self.closed || account.debt > 0 || available < needed || !parts.iter().all(has) {
            return Err(self.short(available, needed));
        }
        let mut taken = Vec::new();
        for (id, amount) in parts {
            taken.extend(self.take(*amount, |lot| lot.id == *id));
        }
        let entry = self.post(draft, -needed);
        self.record_moves(entry, taken.iter().map(|spent| (spent.lot, -spent.amount)).collect());
        Ok((entry, taken))
    }

    fn short(&self, available: i64, needed: i64) -> Refusal {
        short(&self.asset, available, needed)
    }

    /// Gives `parts` (each a lot and an amount > 0) back to the lots they came from, with their old dates. What goes to
    /// a lot that has expired meanwhile expires at once (`expire` explains that entry); of the rest, a debt is settled
    /// first. A reversal of a spend never debits: nothing but what was given back can be taken here.
    pub fn give_back(&mut self, draft: EntryDraft, parts: &[SpentMove], expire: &EntryDraft) -> GivenBack {
        let now = self.source.booked_at;
        let amount: i64 = parts.iter().map(|part| part.amount).sum();
        if amount == 0 {
            return GivenBack::default();
        }
        let entry = self.post(draft, amount);
        let mut moves: Vec<(LotId, i64)> = Vec::new();
        for part in parts {
            self.restore(part);
            add(&mut moves, part.lot, part.amount);
        }
        let (dead, live): (Vec<_>, Vec<_>) = parts.iter().partition(|part| self.closed || part.terms.expired(now));
        let settled = self.account().debt.min(live.iter().map(|part| part.amount).sum());
        if settled > 0 {
            let given: Vec<LotId> = live.iter().map(|part| part.lot).collect();
            for spent in self.take(settled, |lot| given.contains(&lot.id)) {
                add(&mut moves, spent.lot, -spent.amount);
            }
            self.account_mut().debt -= settled;
        }
        self.record_moves(entry, moves);
        let mut expired = 0;
        for part in dead {
            expired += part.amount;
            self.take(part.amount, |lot| lot.id == part.lot);
            let entry = self.post(expire.clone(), -part.amount);
            self.record_moves(entry, vec![(part.lot, -part.amount)]);
        }
        GivenBack {
            amount,
            expired,
            settled,
        }
    }

    /// Takes `amount` ≥ 0 back: first from `own` lots, maturing or not, then in spend order; the rest as `policy` says,
    /// as an entry of its own (`excess` explains it). A reversal of an earn never credits.
    pub fn claw_back(
        &mut self,
        draft: EntryDraft,
        amount: i64,
        own: &[LotId],
        policy: ReturnPolicy,
        excess: EntryDraft,
    ) -> ClawedBack {
        let (now, closed) = (self.source.booked_at, self.closed);
        let only_maturing = policy == ReturnPolicy::OnlyMaturing;
        let live = |lot: &Lot| !closed && !lot.terms.expired(now);
        let may_take = |lot: &Lot| live(lot) && (!only_maturing || lot.terms.maturing(now));
        let mut taken = self.take(amount, |lot| own.contains(&lot.id) && may_take(lot));
        let left = amount - total(&taken);
        if left > 0 && !only_maturing {
            taken.extend(self.take(left, live));
        }
        let covered = total(&taken);
        if covered > 0 {
            let entry = self.post(draft, -covered);
            let mut moves = Vec::new();
            taken.iter().for_each(|spent| add(&mut moves, spent.lot, -spent.amount));
            self.record_moves(entry, moves);
        }
        let from_maturing = taken
            .iter()
            .filter(|spent| spent.terms.maturing(now))
            .map(|spent| spent.amount)
            .sum();
        let missing = amount - covered;
        let owed = if policy == ReturnPolicy::GoNegative { missing } else { 0 };
        if missing > 0 {
            self.post(excess, -owed);
            self.account_mut().debt += owed;
        }
        ClawedBack {
            covered,
            from_maturing,
            owed,
            waived: missing - owed,
        }
    }

    /// Takes back the ends that were booked after the instant of judgement, for up to `amount`: what ended since comes
    /// before all else in spend order.
    fn revive(&mut self, amount: i64) {
        let (at, mut left) = (self.source.judged_at, amount);
        let mut ended = match self.asset.kind() {
            AssetKind::Points => std::mem::take(&mut self.member.ended),
            _ => Vec::new(),
        };
        ended.retain(|end| end.was.spendable(at));
        ended.sort_by_cached_key(|end| end.was.spend_order());
        for end in ended {
            let part = left.min(end.was.remaining);
            if part > 0 {
                left -= part;
                let draft = crate::sale::end_undone(part, end.entry);
                let entry = self.post(draft, part);
                self.restore(&SpentMove {
                    lot: end.was.id,
                    bill: end.was.bill,
                    opened_at: end.was.opened_at,
                    terms: end.was.terms,
                    amount: part,
                });
                self.record_moves(entry, vec![(end.was.id, part)]);
            }
        }
    }

    /// An entry that says why nothing moves.
    pub fn note(&mut self, draft: EntryDraft) {
        self.post(draft, 0);
    }

    /// Books the end of a lot: one entry over what is left, 0 where nothing is.
    pub fn expire(&mut self, draft: EntryDraft, lot: LotId) {
        let left = self
            .account()
            .lots
            .iter()
            .find(|l| l.id == lot)
            .map_or(0, |l| l.remaining);
        self.take(left, |l| l.id == lot);
        let entry = self.post(draft, -left);
        self.rows.lots_ended.push((self.member.id, lot));
        self.rows.lot_moves.push(LotMoveRow {
            entry,
            lot,
            delta: -left,
            remaining: 0,
        });
    }

    /// The account as it stands.
    pub fn account(&self) -> &Account {
        static EMPTY: Account = Account {
            balance: 0,
            debt: 0,
            lots: Vec::new(),
        };
        self.member.accounts.get(&self.asset).unwrap_or(&EMPTY)
    }

    /// Adds the account's balance to the rows, if anything was booked; the entries as people see them.
    pub fn finish(self) -> Vec<EntryView> {
        if !self.views.is_empty() {
            let account = self.account();
            let row = AccountRow {
                membership: self.member.id,
                asset: self.asset.clone(),
                balance: account.balance,
                debt: account.debt,
            };
            self.rows
                .accounts
                .retain(|old| (old.membership, &old.asset) != (row.membership, &row.asset));
            self.rows.accounts.push(row);
        }
        self.views
    }

    fn account_mut(&mut self) -> &mut Account {
        self.member.accounts.entry(self.asset.clone()).or_default()
    }

    /// An entry: the member's side, and its negative on the counter account of the kind.
    fn post(&mut self, draft: EntryDraft, amount: i64) -> EntryId {
        let id = EntryId(self.ids.next_id());
        self.account_mut().balance += amount;
        self.views.push(EntryView {
            asset: self.asset.clone(),
            amount,
            kind: draft.kind,
            rule: draft.rule.clone(),
            explanation: draft.explanation.clone(),
            line: draft.line,
        });
        self.rows.entries.push(EntryRow {
            id,
            membership: self.member.id,
            asset: self.asset.clone(),
            kind: draft.kind,
            amount,
            counter: draft.kind.counter(),
            bill: self.source.bill,
            store: self.source.store,
            occurred_at: self.source.occurred_at,
            booked_at: self.source.booked_at,
            rule: draft.rule,
            explanation: draft.explanation,
            line: draft.line,
            reverses: draft.reverses,
            configuration: self.source.configuration,
            input: self.source.input,
        });
        id
    }

    /// Takes up to `amount` from the lots that `from` accepts, in spend order.
    fn take(&mut self, amount: i64, from: impl Fn(&Lot) -> bool) -> Vec<SpentMove> {
        let mut left = amount;
        let mut taken = Vec::new();
        let Some(account) = self.member.accounts.get_mut(&self.asset) else {
            return taken;
        };
        for lot in account.lots.iter_mut().filter(|lot| from(lot)) {
            let part = left.min(lot.remaining);
            if part > 0 {
                lot.remaining -= part;
                left -= part;
                taken.push(SpentMove {
                    lot: lot.id,
                    bill: lot.bill,
                    opened_at: lot.opened_at,
                    terms: lot.terms,
                    amount: part,
                });
            }
        }
        account.lots.retain(|lot| lot.remaining > 0);
        taken
    }

    fn restore(&mut self, part: &SpentMove) {
        let account = self.account_mut();
        match account.lots.iter_mut().find(|lot| lot.id == part.lot) {
            Some(lot) => lot.remaining += part.amount,
            None => self.insert(Lot {
                id: part.lot,
                bill: part.bill,
                opened_at: part.opened_at,
                terms: part.terms,
                remaining: part.amount,
            }),
        }
    }

    fn insert(&mut self, lot: Lot) {
        let lots = &mut self.account_mut().lots;
        let place = lots.partition_point(|other| other.spend_order() < lot.spend_order());
        lots.insert(place, lot);
    }

    /// One row per lot that an entry has changed, with what is left of it now.
    fn record_moves(&mut self, entry: EntryId, moves: Vec<(LotId, i64)>) {
        for (lot, delta) in moves.into_iter().filter(|(_, delta)| *delta != 0) {
            let remaining = self
                .account()
                .lots
                .iter()
                .find(|l| l.id == lot)
                .map_or(0, |l| l.remaining);
            self.rows.lot_moves.push(LotMoveRow {
                entry,
                lot,
                delta,
                remaining,
            });
        }
    }
}

fn add(moves: &mut Vec<(LotId, i64)>, lot: LotId, delta: i64) {
    match moves.iter_mut().find(|(id, _)| *id == lot) {
        Some((_, sum)) => *sum += delta,
        None => moves.push((lot, delta)),
    }
}

fn total(taken: &[SpentMove]) -> i64 {
    taken.iter().map(|spent| spent.amount).sum()
}
