//! The one place that books: entries, lots and the cached balance change together, and every posting has its counter.

use super::{Account, Asset, EntryKind, LotTerms, Member, SpentMove};
use crate::calendar::Instant;
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::rows::Rows;
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
    /// Now: decides what has matured and expired.
    pub booked_at: Instant,
    pub configuration: Option<ConfigurationId>,
    /// SHA-256 of the recorded plugin input.
    pub input: Option<[u8; 32]>,
}

/// What giving back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GivenBack {
    pub entry: Option<EntryId>,
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
        Self {
            member,
            asset,
            source,
            ids,
            rows,
            views: Vec::new(),
        }
    }

    /// Adds `amount` > 0: fills a debt first, the rest opens a lot with `terms`. The lot's id, if one was opened.
    pub fn credit(&mut self, draft: EntryDraft, amount: i64, terms: LotTerms) -> Option<LotId> {
        todo!()
    }

    /// Takes `amount` > 0 in spend order from lots that can be spent now; nothing while in debt.
    ///
    /// # Errors
    /// `insufficient_points` with `available` and `needed`; nothing is booked then.
    pub fn debit(&mut self, draft: EntryDraft, amount: i64) -> Result<(EntryId, Vec<SpentMove>), Refusal> {
        todo!()
    }

    /// Gives `parts` (lot and amount > 0) back to the lots they came from with their old dates. What goes to a lot
    /// that has expired meanwhile expires at once (`expire` explains that entry); a debt is settled first of all.
    pub fn give_back(&mut self, draft: EntryDraft, parts: &[SpentMove], expire: EntryDraft) -> GivenBack {
        todo!()
    }

    /// Takes `amount` ≥ 0 back: first from `own` lots, maturing or not, then in spend order; the rest as `policy` says,
    /// as an entry of its own (`excess` explains it).
    pub fn claw_back(
        &mut self,
        draft: EntryDraft,
        amount: i64,
        own: &[LotId],
        policy: ReturnPolicy,
        excess: EntryDraft,
    ) -> ClawedBack {
        todo!()
    }

    /// Books the end of a lot: one entry over what is left, 0 where nothing is.
    pub fn expire(&mut self, draft: EntryDraft, lot: LotId) -> EntryId {
        todo!()
    }

    /// The account as it stands.
    pub fn account(&self) -> &Account {
        todo!()
    }

    /// Adds the account's balance to the rows; the entries as people see them.
    pub fn finish(self) -> Vec<EntryView> {
        todo!()
    }
}
