//! Top-ups, passes and their uses: what the writer saves of them, and what it loads before they are used or paid back.

use super::ledger::{Needs, State};
use super::parts::Parts;
use super::record::spent_moves;
use super::save::expect;
use super::{heirs, load};
use crate::error::{Error, Result};
use crate::store::statement::{Bind, Waiting, fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::prepaid::{PassRecord, PassTerms, PassUseRecord, TopUpRecord, list_share};
use cardea_domain::rows::{PassRow, PassUseRow, RefundRow, Rows, TopUpRow};
use cardea_domain::sale::Tender;
use cardea_domain::{Day, Instant};
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};
use std::collections::BTreeMap;

statements! {
    InsertTopUp = "INSERT INTO top_ups (chain_id, id, membership_id, store_id, at, paid_on, paid, granted, offer, \
        principal_lot, bonus_lot, payer, payer_id, staff_id) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertPass = "INSERT INTO passes (chain_id, id, membership_id, store_id, at, paid_on, service, name, sessions, gifts, \
        paid, list, valid_through, paid_lot, gift_lot, staff_id) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    InsertPassUse = "INSERT INTO pass_uses (chain_id, id, pass_id, membership_id, store_id, at, sessions, therapist_id, \
        confirmation, staff_id) VALUES {}" of "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    RefundTopUp = "UPDATE top_ups SET refund_id = ?, refunded = COALESCE(refunded, 0) + ?, refund_reason = ? \
        WHERE chain_id = ? AND id = ?";
    RefundPass = "UPDATE passes SET refund_id = ?, refunded = ?, refund_reason = ? WHERE chain_id = ? AND id = ? \
        AND refund_id IS NULL";
    CancelPassUse = "UPDATE pass_uses SET cancelled_by = ? WHERE chain_id = ? AND id = ? AND cancelled_by IS NULL";
    SelectTopUp -> (
        Binary, BigInt, Integer, BigInt, BigInt, Nullable<Binary>, Nullable<Binary>, Nullable<BigInt>, Nullable<Text>,
        Nullable<Text>
    ) = "SELECT t.membership_id, t.at, t.paid_on, t.paid, t.granted, t.principal_lot, t.bonus_lot, t.refunded, b.receipt, \
         b.parts FROM top_ups t LEFT JOIN bills b ON b.chain_id = t.chain_id AND b.id = t.id WHERE t.chain_id = ? AND t.id = ?";
    SelectLotLeft -> (BigInt,) = "SELECT remaining FROM lots WHERE chain_id = ? AND membership_id = ? AND id = ?";
    SelectLotMoves -> (Text, Nullable<Binary>, BigInt) =
        "SELECT e.kind, e.bill_id, m.delta FROM lot_moves m JOIN entries e ON e.chain_id = m.chain_id \
         AND e.membership_id = ? AND e.id = m.entry_id WHERE m.chain_id = ? AND m.lot_id = ?";
    SelectSold -> (Text, Nullable<Binary>, BigInt, BigInt, Text) =
        "SELECT kind, original_id, total, returned_money, parts FROM bills WHERE chain_id = ? AND id = ?";
    // What a bill took before, less what came back of it: a sale that was returned whole was no use.
    SelectSpentBefore -> (Binary,) = "SELECT s.id FROM entries s WHERE s.chain_id = ? AND s.membership_id = ? \
        AND s.kind IN ('spend', 'redeem') AND s.asset IN ('principal', 'bonus') AND s.occurred_at < ? \
        AND -s.amount > (SELECT COALESCE(SUM(b.amount), 0) FROM entries b WHERE b.chain_id = s.chain_id \
        AND b.membership_id = s.membership_id AND b.reverses = s.id AND b.kind = 'give_back') LIMIT 1";
    SelectUsedBefore -> (Binary,) = "SELECT u.id FROM pass_uses u JOIN passes p ON p.chain_id = u.chain_id \
        AND p.id = u.pass_id WHERE u.chain_id = ? AND u.membership_id = ? AND p.service = ? AND u.at < ? \
        AND u.cancelled_by IS NULL LIMIT 1";
    SelectPass -> (
        Binary, BigInt, Integer, Text, Text, BigInt, BigInt, BigInt, BigInt, Nullable<Integer>, Nullable<Binary>,
        Nullable<Binary>, Nullable<Binary>
    ) = "SELECT membership_id, at, paid_on, service, name, sessions, gifts, paid, list, valid_through, paid_lot, gift_lot, \
         refund_id FROM passes WHERE chain_id = ? AND id = ?";
    SelectPassUse -> (Binary, Binary, BigInt, Nullable<Binary>, Text, Binary) =
        "SELECT u.pass_id, u.membership_id, u.sessions, u.cancelled_by, b.receipt, e.id FROM pass_uses u \
         JOIN bills b ON b.chain_id = u.chain_id AND b.id = u.id \
         JOIN entries e ON e.chain_id = u.chain_id AND e.membership_id = u.membership_id AND e.bill_id = u.id \
         WHERE u.chain_id = ? AND u.id = ?";
}

/// What waits to be written.
#[derive(Default)]
pub(super) struct Waits<'a> {
    top_ups: Waiting<'a, InsertTopUp>,
    passes: Waiting<'a, InsertPass>,
    uses: Waiting<'a, InsertPassUse>,
    refunds: Vec<(ChainId, &'a RefundRow)>,
    cancelled: Vec<(ChainId, BillId, BillId)>,
}

impl<'a> Waits<'a> {
    pub fn take(&mut self, chain: ChainId, rows: &'a Rows) {
        for row in &rows.top_ups {
            self.top_ups.add(top_up_row(chain, row));
        }
        for row in &rows.passes {
            self.passes.add(pass_row(chain, row));
        }
        for row in &rows.pass_uses {
            self.uses.add(use_row(chain, row));
        }
        self.refunds.extend(rows.refunds.iter().map(|row| (chain, row)));
        let cancelled = rows.pass_uses_cancelled.iter();
        self.cancelled.extend(cancelled.map(|(used, by)| (chain, *used, *by)));
    }

    pub fn write(self, conn: &mut Conn) -> Result<()> {
        self.top_ups.write(conn)?;
        self.passes.write(conn)?;
        self.uses.write(conn)?;
        for (chain, row) in self.refunds {
            let reason = row.reason.as_str();
            let changed = match row.pass {
                false => run!(conn, RefundTopUp, [row.refund, row.amount, reason, chain, row.of])?,
                true => run!(conn, RefundPass, [row.refund, row.amount, reason, chain, row.of])?,
            };
            expect((1, changed), "top-up or pass")?;
        }
        for (chain, used, by) in self.cancelled {
            let changed = run!(conn, CancelPassUse, [by, chain, used])?;
            expect((1, changed), "use of a pass")?;
        }
        Ok(())
    }
}

fn top_up_row(chain: ChainId, row: &TopUpRow) -> [Bind<'_>; 14] {
    [
        chain.into(),
        row.id.into(),
        row.membership.into(),
        row.store.into(),
        row.at.into(),
        row.on.into(),
        row.paid.into(),
        row.granted.into(),
        row.offer.as_deref().into(),
        row.principal.into(),
        row.bonus.into(),
        row.payer.as_str().into(),
        row.payer_id.into(),
        row.staff.into(),
    ]
}

fn pass_row(chain: ChainId, row: &PassRow) -> [Bind<'_>; 16] {
    [
        chain.into(),
        row.id.into(),
        row.membership.into(),
        row.store.into(),
        row.at.into(),
        row.on.into(),
        (&row.service).into(),
        (&row.name).into(),
        row.sessions.into(),
        row.gifts.into(),
        row.paid.into(),
        row.list.into(),
        row.valid_through.into(),
        row.paid_lot.into(),
        row.gift_lot.into(),
        row.staff.into(),
    ]
}

fn use_row(chain: ChainId, row: &PassUseRow) -> [Bind<'_>; 10] {
    [
        chain.into(),
        row.id.into(),
        row.pass.into(),
        row.membership.into(),
        row.store.into(),
        row.at.into(),
        row.sessions.into(),
        row.therapist.into(),
        row.confirmation.as_str().into(),
        row.staff.into(),
    ]
}

/// What commands on stored value ask for.
pub(super) fn load(conn: &mut Conn, chain: ChainId, needs: &Needs, state: &mut State) -> Result<()> {
    if let Some(membership) = needs.balances_of
        && let Some(member) = load::member_balances(conn, chain, membership)?
    {
        state.members.insert(membership, member);
    }
    if let Some(id) = needs.top_up {
        state.top_up = top_up(conn, chain, id)?;
    }
    if let Some(id) = needs.pass {
        state.pass = pass(conn, chain, id)?;
    }
    if let Some(id) = needs.pass_use {
        state.pass_use = pass_use(conn, chain, id)?;
    }
    Ok(())
}

/// A top-up with what is left of it and what it bought.
pub(crate) fn top_up(conn: &mut Conn, chain: ChainId, id: BillId) -> Result<Option<TopUpRecord>> {
    type Row = (
        Id,
        i64,
        i32,
        i64,
        i64,
        Option<Id>,
        Option<Id>,
        Option<i64>,
        Option<String>,
        Option<String>,
    );
    let found = fetch!(conn, SelectTopUp, [chain, id] => Row)?.pop();
    let Some((membership, at, on, paid, granted, principal, bonus, refunded, receipt, parts)) = found else {
        return Ok(None);
    };
    let membership: MembershipId = membership.typed();
    let (principal, bonus) = (principal.map(Id::typed), bonus.map(Id::typed));
    let (own, free) = (
        lot_uses(conn, (chain, membership), principal)?,
        lot_uses(conn, (chain, membership), bonus)?,
    );
    let used_before = used_before(conn, (chain, membership), &Before::Value(at))?;
    // What was brought from another system has no bill.
    let parts = parts.as_deref().map(Parts::parse).transpose()?;
    let (brought, tenders) = (parts.is_none(), parts.unwrap_or_default().tenders);
    let tender = |tender: crate::store::writer::parts::Tender| {
        Ok(Tender {
            kind: tender.kind.parse().map_err(Error::internal)?,
            amount: tender.amount,
        })
    };
    Ok(Some(TopUpRecord {
        id,
        membership,
        on: Day(on),
        at: Instant(at),
        paid,
        granted,
        receipt: receipt.unwrap_or_else(|| "–".to_owned()),
        principal,
        bonus,
        principal_left: own.left,
        bonus_left: free.left,
        principal_used: own.used(),
        bonus_used: free.used(),
        list: listed(conn, chain, &[own, free])?,
        used_before,
        refunded,
        tenders: tenders.into_iter().map(tender).collect::<Result<_>>()?,
        brought,
    }))
}

/// What was paid for in advance, and when.
enum Before {
    Value(i64),
    Sessions(String, i64),
}

/// Whether the holder had used the same before, on this membership or on one that was merged into it.
fn used_before(conn: &mut Conn, (chain, membership): (ChainId, MembershipId), what: &Before) -> Result<bool> {
    for one in heirs::family(conn, chain, membership)? {
        let found = match what {
            Before::Value(at) => fetch!(conn, SelectSpentBefore, [chain, one, *at] => (Id,))?,
            Before::Sessions(service, at) => {
                fetch!(conn, SelectUsedBefore, [chain, one, service.as_str(), *at] => (Id,))?
            }
        };
        if !found.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What happened with a lot, before it came over from another membership too.
#[derive(Default)]
struct LotUses {
    left: i64,
    /// Taken less what came back, by the bill that did it.
    bills: BTreeMap<BillId, i64>,
    /// By people, or to another membership.
    otherwise: i64,
}

impl LotUses {
    fn used(&self) -> i64 {
        (self.bills.values().sum::<i64>() + self.otherwise).max(0)
    }
}

fn lot_uses(conn: &mut Conn, (chain, membership): (ChainId, MembershipId), lot: Option<LotId>) -> Result<LotUses> {
    let mut uses = LotUses::default();
    let Some(lot) = lot else { return Ok(uses) };
    uses.left = lot_left(conn, (chain, membership), Some(lot))?;
    type Row = (String, Option<Id>, i64);
    for (membership, lot) in heirs::line_of_lot(conn, chain, (membership, lot))? {
        for (kind, bill, delta) in fetch!(conn, SelectLotMoves, [membership, chain, lot] => Row)? {
            match (kind.as_str(), bill) {
                // Its end isn't a use, nor is its way from one membership to another.
                ("expire" | "lapse" | "refund" | "merge_out" | "merge_in", _) => {}
                (_, Some(bill)) => *uses.bills.entry(bill.typed()).or_default() -= delta,
                (_, None) => uses.otherwise -= delta,
            }
        }
    }
    Ok(uses)
}

fn lot_left(conn: &mut Conn, (chain, membership): (ChainId, MembershipId), lot: Option<LotId>) -> Result<i64> {
    let Some(lot) = lot else { return Ok(0) };
    let left = fetch!(conn, SelectLotLeft, [chain, membership, lot] => (i64,))?.pop();
    Ok(left.map_or(0, |(left,)| left))
}

/// The price without discount of what lots have bought; what didn't buy anything counts as it is.
fn listed(conn: &mut Conn, chain: ChainId, lots: &[LotUses]) -> Result<i64> {
    let mut sales: BTreeMap<BillId, Sold> = BTreeMap::new();
    let mut list: i64 = lots.iter().map(|lot| lot.otherwise).sum();
    for (bill, drawn) in lots.iter().flat_map(|lot| &lot.bills) {
        let Some(sold) = sold(conn, chain, *bill)? else {
            continue;
        };
        let (sale, sold) = match sold.original.filter(|_| sold.kind == "return") {
            // What a return gave back is its sale's.
            Some(sale) => match self::sold(conn, chain, sale)? {
                Some(sold) => (sale, sold),
                None => continue,
            },
            None => (*bill, sold),
        };
        sales.entry(sale).or_insert(sold).drawn += drawn;
    }
    for sold in sales.values() {
        list += match sold.kind.as_str() {
            "sale" => list_share(sold.list, sold.total, sold.drawn),
            _ => sold.drawn,
        };
    }
    Ok(list.max(0))
}

/// What is kept of a bill.
struct Sold {
    kind: String,
    original: Option<BillId>,
    total: i64,
    list: i64,
    /// By the lots in question.
    drawn: i64,
}

fn sold(conn: &mut Conn, chain: ChainId, bill: BillId) -> Result<Option<Sold>> {
    type Row = (String, Option<Id>, i64, i64, String);
    let Some((kind, original, total, returned, parts)) = fetch!(conn, SelectSold, [chain, bill] => Row)?.pop() else {
        return Ok(None);
    };
    let kept = |quantity: i64, returned: i64, list: i64| {
        let part = i128::from(list) * i128::from(quantity - returned) / i128::from(quantity.max(1));
        i64::try_from(part).unwrap_or(list)
    };
    let lines = Parts::parse(&parts)?.lines;
    let list = lines
        .iter()
        .map(|line| kept(line.quantity, line.returned, line.list_amount));
    Ok(Some(Sold {
        kind,
        original: original.map(Id::typed),
        total: total - returned,
        list: list.sum(),
        drawn: 0,
    }))
}

/// A pass with what is left of it.
pub(crate) fn pass(conn: &mut Conn, chain: ChainId, id: BillId) -> Result<Option<PassRecord>> {
    type Row = (
        Id,
        i64,
        i32,
        String,
        String,
        i64,
        i64,
        i64,
        i64,
        Option<i32>,
        Option<Id>,
        Option<Id>,
        Option<Id>,
    );
    let found = fetch!(conn, SelectPass, [chain, id] => Row)?.pop();
    let Some((membership, at, on, service, name, sessions, gifts, paid, list, valid, paid_lot, gift_lot, refund)) =
        found
    else {
        return Ok(None);
    };
    let membership: MembershipId = membership.typed();
    let (paid_lot, gift_lot) = (paid_lot.map(Id::typed), gift_lot.map(Id::typed));
    let used_before = used_before(conn, (chain, membership), &Before::Sessions(service.clone(), at))?;
    Ok(Some(PassRecord {
        id,
        membership,
        on: Day(on),
        terms: PassTerms {
            service,
            name,
            sessions,
            gifts,
            paid,
            list,
            valid_through: valid.map(Day),
        },
        paid_lot,
        gift_lot,
        paid_left: lot_left(conn, (chain, membership), paid_lot)?,
        gifts_left: lot_left(conn, (chain, membership), gift_lot)?,
        used_before,
        refunded: refund.is_some(),
    }))
}

/// A use of a pass, with the lots that it took sessions of.
pub(crate) fn pass_use(conn: &mut Conn, chain: ChainId, id: BillId) -> Result<Option<PassUseRecord>> {
    let found = fetch!(conn, SelectPassUse, [chain, id] => (Id, Id, i64, Option<Id>, String, Id))?.pop();
    let Some((pass, membership, sessions, cancelled, receipt, entry)) = found else {
        return Ok(None);
    };
    let entry: EntryId = entry.typed();
    let moves = spent_moves(conn, chain, membership.typed(), entry)?;
    let moves = heirs::of_heirs(conn, chain, moves)?;
    Ok(Some(PassUseRecord {
        id,
        pass: pass.typed(),
        sessions,
        receipt,
        entry,
        moves,
        cancelled: cancelled.is_some(),
    }))
}
