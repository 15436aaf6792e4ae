//! Family pools (D-LED-8): whoever of a pool spends may spend what the others have, after their own. What is lacking goes
//! over lot by lot with the bill, each lot with its dates, and comes back the same way when the bill does.

use super::{Context, EntryView, SaleRecord, explain};
use crate::calendar::Instant;
use crate::error::{Refusal, Text};
use crate::id::*;
use crate::ledger::{Asset, Booking, EntryDraft, EntryKind, Lot, Member, Source, SpentMove};
use crate::money::Points;
use crate::rows::{PoolDrawRow, Rows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Who shares points with the spender, as the writer found it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pool {
    /// How the first card of each ends, the spender's too.
    pub members: BTreeMap<MembershipId, String>,
    /// Which stores have issued the others' lots; to them they still count.
    pub issuers: BTreeMap<LotId, StoreId>,
}

/// What a bill took of others in the pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FromPool {
    #[schema(value_type = i64)]
    pub points: Points,
    /// In the order in which it was taken.
    pub members: Vec<PoolPart>,
    /// "120 points of the family pool".
    pub explanation: Text,
}

/// What one of them gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PoolPart {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = i64)]
    pub points: Points,
}

/// What was lent for a bill: saved with it, before what it spends.
#[derive(Clone, Debug, Default)]
pub struct Lent {
    pub rows: Rows,
    /// The spender's.
    pub entries: Vec<EntryView>,
    pub from: FromPool,
}

/// As of when a bill is judged, and when it is booked.
#[derive(Clone, Copy, Debug)]
pub struct AsOf {
    pub judged_at: Instant,
    pub now: Instant,
}

impl AsOf {
    pub fn of(context: &Context) -> Self {
        Self {
            judged_at: context.judged_at,
            now: context.now,
        }
    }

    pub fn now(now: Instant) -> Self {
        Self { judged_at: now, now }
    }
}

/// The bill that points are lent for.
#[derive(Clone, Copy, Debug)]
pub struct LentFor {
    pub bill: BillId,
    pub occurred_at: Instant,
}

/// A lot that was lent for a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDraw {
    /// The spender's, which came of it.
    pub lot: LotId,
    pub lender: MembershipId,
    /// The lender's with its present dates, and how much of it was lent.
    pub part: SpentMove,
    pub issued_by: Option<StoreId>,
}

impl FromPool {
    fn add(&mut self, lender: MembershipId, points: Points) {
        self.points += points;
        match self.members.iter_mut().find(|part| part.membership_id == lender) {
            Some(part) => part.points += points,
            None => self.members.push(PoolPart {
                membership_id: lender,
                points,
            }),
        }
        self.explanation = Text::new(
            format!("其中{}分来自家庭积分池。", self.points),
            format!("{} points of the family pool.", self.points),
        );
    }

    /// The same of several bills together.
    pub fn and(mut self, other: &Self) -> Self {
        for part in &other.members {
            self.add(part.membership_id, part.points);
        }
        self
    }
}

impl Pool {
    /// What the others could spend for `spender`: nothing of whom is in debt or has ended, nothing that is held or matures,
    /// and of a bill that comes late only what is still there. A spender in debt gets nothing.
    pub fn spendable(&self, spender: &Member, others: &BTreeMap<MembershipId, Member>, at: AsOf) -> Points {
        if !takes(spender, at) {
            return 0;
        }
        self.lenders(spender, others).map(|other| lendable(other, at)).sum()
    }

    fn lenders<'a>(
        &'a self,
        spender: &'a Member,
        others: &'a BTreeMap<MembershipId, Member>,
    ) -> impl Iterator<Item = &'a Member> {
        let others = others.values();
        others.filter(move |other| other.id != spender.id && self.members.contains_key(&other.id))
    }

    /// Which lots give `amount`: in spend order over all of them, from none more than it has free.
    fn plan(
        &self,
        spender: &Member,
        others: &BTreeMap<MembershipId, Member>,
        amount: Points,
        at: AsOf,
    ) -> Vec<(MembershipId, SpentMove)> {
        let mut lots: Vec<(MembershipId, &Lot)> = Vec::new();
        let mut frees = BTreeMap::new();
        for other in self.lenders(spender, others) {
            frees.insert(other.id, lendable(other, at));
            let account = other.account(&Asset::points());
            let own = account.into_iter().flat_map(|account| &account.lots);
            lots.extend(own.filter(|lot| is_free(lot, at)).map(|lot| (other.id, lot)));
        }
        lots.sort_by_cached_key(|(_, lot)| lot.spend_order());
        let mut left = amount;
        let mut parts = Vec::new();
        for (lender, lot) in lots {
            let free = frees.entry(lender).or_default();
            let part = left.min(lot.remaining).min(*free);
            if part > 0 {
                left -= part;
                *free -= part;
                parts.push((lender, moved(lot, part)));
            }
        }
        parts
    }

    /// Lends what `spender` lacks of `needed`, if the others have it; else nothing, and nothing has changed. Both sides of
    /// each part are entries of the bill. `others` are as afterwards.
    ///
    /// # Errors
    /// None that what was loaded allows: a lot that isn't as planned is `insufficient_points`.
    pub fn lend(
        &self,
        (spender, others): (&mut Member, &mut BTreeMap<MembershipId, Member>),
        needed: Points,
        to: LentFor,
        context: &Context,
        ids: &mut dyn NewIds,
    ) -> Result<Lent, Refusal> {
        let mut lent = Lent::default();
        let at = AsOf::of(context);
        let lacking = needed - spender.spendable(&Asset::points(), context.judged_at);
        if lacking <= 0 || self.spendable(spender, others, at) < lacking {
            return Ok(lent);
        }
        for (id, part) in self.plan(spender, others, lacking, at) {
            let Some(lender) = others.get_mut(&id) else { continue };
            let source = source(context, to, self.issuers.get(&part.lot).copied());
            let (out, into) = (
                self.draft(EntryKind::TransferOut, part.amount, spender.id),
                self.draft(EntryKind::TransferIn, part.amount, id),
            );
            let mut booking = Booking::new(lender, Asset::points(), source.clone(), &mut lent.rows, ids);
            booking.debit_lots(out, &[(part.lot, part.amount)])?;
            booking.finish();
            let mut booking = Booking::new(spender, Asset::points(), source, &mut lent.rows, ids);
            let lot = booking.receive(into, &part);
            lent.entries.extend(booking.finish());
            lent.rows.pool_draws.extend(lot.map(|lot| PoolDrawRow {
                bill: to.bill,
                lot,
                membership: spender.id,
                lender: id,
                lender_lot: part.lot,
                amount: part.amount,
            }));
            lent.from.add(id, part.amount);
        }
        let lenders: Vec<MembershipId> = lent.from.members.iter().map(|part| part.membership_id).collect();
        for lender in lenders {
            let touched = others.get_mut(&lender).map(Member::touch);
            lent.rows.membership_updates.extend(touched);
        }
        Ok(lent)
    }

    /// `other`: who is at the other end.
    fn draft(&self, kind: EntryKind, points: Points, other: MembershipId) -> EntryDraft {
        let tail = self.members.get(&other).map_or("", String::as_str);
        let (rule, zh, en) = match kind {
            EntryKind::TransferOut => (
                "core.pool_out",
                format!("家庭积分池：{points}分由成员（卡尾号{tail}）用于消费或兑换。"),
                format!("Family pool: {points} points were used by the member whose card ends in {tail}."),
            ),
            _ => (
                "core.pool_in",
                format!("家庭积分池：使用成员（卡尾号{tail}）的{points}分，有效期不变。"),
                format!("Family pool: {points} points of the member whose card ends in {tail}, with their dates."),
            ),
        };
        draft(kind, rule, zh, en)
    }
}

fn draft(kind: EntryKind, rule: &str, zh: String, en: String) -> EntryDraft {
    EntryDraft {
        kind,
        rule: rule.to_owned(),
        explanation: Text::new(zh, en),
        line: None,
        reverses: None,
    }
}

fn source(context: &Context, to: LentFor, issued_by: Option<StoreId>) -> Source {
    Source {
        bill: Some(to.bill),
        store: issued_by.or(Some(context.store)),
        occurred_at: to.occurred_at,
        booked_at: context.now,
        judged_at: context.judged_at,
        configuration: Some(context.configuration),
        input: None,
    }
}

fn debt(member: &Member) -> Points {
    member.account(&Asset::points()).map_or(0, |account| account.debt)
}

/// Whether others may lend to it.
fn takes(spender: &Member, at: AsOf) -> bool {
    spender.is_open_as_of(at.judged_at, at.now) && debt(spender) == 0
}

fn is_free(lot: &Lot, at: AsOf) -> bool {
    lot.spendable(at.judged_at) && lot.spendable(at.now)
}

/// What somebody has to lend to others in the pool.
pub fn lendable(lender: &Member, at: AsOf) -> Points {
    if !lender.is_open(at.now) || debt(lender) > 0 {
        return 0;
    }
    let account = lender.account(&Asset::points());
    let lots = account.into_iter().flat_map(|account| &account.lots);
    let lots: Points = lots.filter(|lot| is_free(lot, at)).map(|lot| lot.remaining).sum();
    let held = |at| lender.held(&Asset::points(), at);
    (lots - held(at.now).max(held(at.judged_at))).max(0)
}

fn moved(lot: &Lot, amount: Points) -> SpentMove {
    SpentMove {
        lot: lot.id,
        bill: lot.bill,
        opened_at: lot.opened_at,
        terms: lot.terms,
        amount,
    }
}

/// What is given back, and the part of it that others had lent: of that, their own lots.
pub(super) fn split(parts: Vec<SpentMove>, draws: &[PoolDraw]) -> (Vec<SpentMove>, Vec<(SpentMove, PoolDraw)>) {
    let (mut own, mut lent) = (Vec::new(), Vec::new());
    for part in parts {
        match draws.iter().find(|draw| draw.lot == part.lot) {
            Some(draw) => {
                let mut draw = draw.clone();
                draw.part.amount = part.amount;
                lent.push((part, draw));
            }
            None => own.push(part),
        }
    }
    (own, lent)
}

/// Gives what was lent back to the spender, as what was spent, and takes it on: the spender's account stays as it was, in
/// debt or not. The entries of the spender. [`take_home`] brings it to the lenders.
pub(super) fn pass_on(
    spender: &mut Member,
    lent: &[(SpentMove, PoolDraw)],
    (source, back): (&Source, &EntryDraft),
    rows: &mut Rows,
    ids: &mut dyn NewIds,
) -> Vec<EntryView> {
    let mut entries = Vec::new();
    for (part, draw) in lent {
        let mut booking = Booking::new(spender, Asset::points(), source.clone(), rows, ids);
        booking.give_back_whole(back.clone(), part);
        entries.extend(booking.finish());
        let issued = Source {
            store: draw.issued_by.or(source.store),
            ..source.clone()
        };
        let on = draft(
            EntryKind::TransferOut,
            "core.pool_returned",
            format!("家庭积分池：{}分退还给出借的成员。", part.amount),
            format!(
                "Family pool: {} points go back to the member they came from.",
                part.amount
            ),
        );
        let mut booking = Booking::new(spender, Asset::points(), issued, rows, ids);
        booking.hand_on(on, part);
        entries.extend(booking.finish());
    }
    entries
}

/// Brings what a return or cancelling has passed on to those who had lent it: to their lots with their dates. What has
/// expired meanwhile stays expired; in debt, it settles that first. `others` are as afterwards.
///
/// # Errors
/// `internal` where a lender wasn't loaded.
pub fn take_home(
    others: &mut BTreeMap<MembershipId, Member>,
    (record, passed): (&SaleRecord, &[PoolDraw]),
    to: LentFor,
    context: &Context,
    (rows, ids): (&mut Rows, &mut dyn NewIds),
) -> Result<(), Refusal> {
    let receipt = &record.key.receipt;
    for draw in passed {
        let missing = || Refusal::new(crate::Code::Internal, "家庭积分池成员缺失。", "A lender wasn't loaded.");
        let lender = others.get_mut(&draw.lender).ok_or_else(missing)?;
        let source = source(context, to, draw.issued_by);
        let amount = draw.part.amount;
        let came = draft(
            EntryKind::TransferIn,
            "core.pool_back",
            format!("家庭积分池：小票{receipt}退回，{amount}分回到原处，有效期不变。"),
            format!("Family pool: receipt {receipt} came back, and {amount} points return to their old dates."),
        );
        let expired = explain::returned(EntryKind::Expire, receipt, false);
        let mut booking = Booking::new(lender, Asset::points(), source, rows, &mut *ids);
        booking.give_back(came, std::slice::from_ref(&draw.part), &expired);
        booking.finish();
        rows.membership_updates.push(lender.touch());
    }
    Ok(())
}

/// How much of what is passed on has expired meanwhile.
pub(super) fn expired(lent: &[(SpentMove, PoolDraw)], now: Instant) -> Points {
    let gone = lent.iter().filter(|(_, draw)| draw.part.terms.expired(now));
    gone.map(|(part, _)| part.amount).sum()
}
