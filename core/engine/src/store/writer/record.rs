//! Loads a bill as it was booked: what a return works from.

use super::parts::{self, Parts};
use super::{answers, heirs, pools};
use crate::error::{Error, Result};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use cardea_domain::id::*;
use cardea_domain::ledger::{Asset, LotTerms, SpentMove};
use cardea_domain::measure;
use cardea_domain::sale::{
    AttrValue, IntroducerBonus, NaturalKey, RecordedDraw, RecordedLine, RecordedTender, SaleRecord, Terms,
};
use cardea_domain::{Day, Instant};
use diesel::prelude::Queryable;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

statements! {
    SelectBill -> (
        Text, Binary, Text, Text, Integer, Text, BigInt, Nullable<Binary>, Nullable<Binary>, BigInt, BigInt, BigInt, Text,
        Text, Text, BigInt, BigInt, BigInt, BigInt, BigInt, BigInt, Text
    ) = "SELECT kind, store_id, source, till, business_date, receipt, occurred_at, customer_id, membership_id, total, \
         rounding, paid, judgement, bonuses, terms, earned, spent, returned_money, returned_paid, clawed_back, given_back, \
         parts FROM bills WHERE chain_id = ? AND id = ?";
    SelectBillParts -> (Text,) = "SELECT parts FROM bills WHERE chain_id = ? AND id = ?";
    SelectEntries -> (Binary, Binary, Text, Text, BigInt, Nullable<Binary>) =
        "SELECT id, membership_id, asset, kind, amount, configuration_id FROM entries WHERE chain_id = ? AND bill_id = ? \
         ORDER BY id";
    SelectLotsOfBill -> (Binary, Binary) =
        "SELECT id, entry_id FROM lots WHERE chain_id = ? AND membership_id = ? AND bill_id = ? ORDER BY id";
    SelectExpired -> (Binary, BigInt) =
        "SELECT m.lot_id, m.delta FROM lots l JOIN lot_moves m ON m.chain_id = l.chain_id AND m.lot_id = l.id \
         JOIN entries e ON e.chain_id = m.chain_id AND e.membership_id = l.membership_id AND e.id = m.entry_id \
         WHERE l.chain_id = ? AND l.membership_id = ? AND l.bill_id = ? AND e.kind = 'expire'";
    SelectTaken -> (BigInt,) =
        "SELECT -earned FROM bills WHERE chain_id = ? AND original_id = ? AND earned <> 0";
    SelectExchange -> (Nullable<Binary>, Nullable<Binary>, Text) =
        "SELECT reward_id, membership_id, answer FROM bills WHERE chain_id = ? AND id = ?";
    SelectSpentMoves -> (Binary, Nullable<Binary>, BigInt, Nullable<BigInt>, Nullable<BigInt>, BigInt) =
        "SELECT l.id, l.bill_id, l.opened_at, l.matures_at, l.expires_at, m.delta FROM lot_moves m \
         JOIN lots l ON l.chain_id = m.chain_id AND l.membership_id = ? AND l.id = m.lot_id \
         WHERE m.chain_id = ? AND m.entry_id = ?";
}

#[derive(Queryable)]
struct Bill {
    kind: String,
    store: Id,
    source: String,
    till: String,
    business_date: i32,
    receipt: String,
    occurred_at: i64,
    customer: Option<Id>,
    membership: Option<Id>,
    total: i64,
    rounding: i64,
    paid: i64,
    judgement: String,
    bonuses: String,
    terms: String,
    earned: i64,
    spent: i64,
    returned_money: i64,
    returned_paid: i64,
    clawed_back: i64,
    given_back: i64,
    parts: String,
}

/// A bill with lines, tenders, entries and lots; None if there is none with this id.
pub(crate) fn load(conn: &mut Conn, chain: ChainId, id: BillId) -> Result<Option<SaleRecord>> {
    let Some(bill) = fetch!(conn, SelectBill, [chain, id] => Bill)?.pop() else {
        return Ok(None);
    };
    let own: Option<MembershipId> = bill.membership.map(Id::typed);
    let mut booked = booked(conn, chain, id, own)?;
    let membership = own.map(|own| follow(conn, chain, id, own, &mut booked)).transpose()?;
    let parts = Parts::parse(&bill.parts)?;
    let pool_draws = match bill.spent {
        0 => Vec::new(),
        _ => pools::draws(conn, chain, id)?,
    };
    Ok(Some(SaleRecord {
        id,
        kind: bill.kind.parse().map_err(Error::internal)?,
        key: NaturalKey {
            store: bill.store.typed(),
            source: bill.source,
            till: bill.till,
            business_date: Day(bill.business_date),
            receipt: bill.receipt,
            kind: bill.kind.parse().map_err(Error::internal)?,
        },
        occurred_at: Instant(bill.occurred_at),
        customer: bill.customer.map(Id::typed),
        membership,
        total: bill.total,
        rounding: bill.rounding,
        paid: bill.paid,
        judgement: bill.judgement.parse().map_err(Error::internal)?,
        lines: parts.lines.into_iter().map(line).collect::<Result<_>>()?,
        tenders: parts.tenders.into_iter().map(tender).collect::<Result<_>>()?,
        bonuses: serde_json::from_str(&bill.bonuses)?,
        terms: Terms::from_row(&bill.terms)?,
        earned: bill.earned,
        spent: bill.spent,
        earn_entry: booked.earn,
        spend_entry: booked.spend,
        configuration: booked.configuration,
        own_lots: booked.own_lots,
        spent_moves: booked.spent_moves,
        pool_draws,
        draws: booked.draws,
        introducer: booked.introducer,
        returned_money: bill.returned_money,
        returned_paid: bill.returned_paid,
        clawed_back: bill.clawed_back,
        given_back: bill.given_back,
        expired_unspent: booked.expired,
        lapsed: lapsed(conn, chain, id, bill.clawed_back)?,
    }))
}

/// The membership that goes on for the bill's, with the lots that go on for those that the bill has moved (D-CARD-13).
fn follow(
    conn: &mut Conn,
    chain: ChainId,
    bill: BillId,
    own: MembershipId,
    booked: &mut Booked,
) -> Result<MembershipId> {
    if let Some(bonus) = booked.introducer.as_mut() {
        let line = heirs::line(conn, chain, bonus.membership)?;
        if let Some(lot) = bonus.lot.filter(|_| line.len() > 1) {
            bonus.lot = Some(heirs::heir(conn, chain, lot)?);
        }
        for later in line.iter().skip(1) {
            bonus.membership = *later;
            for (lot, delta) in fetch!(conn, SelectExpired, [chain, *later, bill] => (Id, i64))? {
                if bonus.lot == Some(lot.typed()) {
                    bonus.expired_unspent -= delta;
                }
            }
        }
    }
    let line = heirs::line(conn, chain, own)?;
    let present = line.last().copied().unwrap_or(own);
    if present == own {
        return Ok(own);
    }
    let lots = fetch!(conn, SelectLotsOfBill, [chain, present, bill] => (Id, Id))?;
    booked.own_lots = lots.into_iter().map(|(id, _)| id.typed()).collect();
    for later in line.iter().skip(1) {
        let expired = fetch!(conn, SelectExpired, [chain, *later, bill] => (Id, i64))?;
        booked.expired -= expired.into_iter().map(|(_, delta)| delta).sum::<i64>();
    }
    booked.spent_moves = heirs::of_heirs(conn, chain, std::mem::take(&mut booked.spent_moves))?;
    for draw in &mut booked.draws {
        draw.moves = heirs::of_heirs(conn, chain, std::mem::take(&mut draw.moves))?;
    }
    Ok(present)
}

/// What returns let be of `clawed_back` because it had expired unspent: what they didn't take.
fn lapsed(conn: &mut Conn, chain: ChainId, bill: BillId, clawed_back: i64) -> Result<i64> {
    if clawed_back == 0 {
        return Ok(0);
    }
    let taken = fetch!(conn, SelectTaken, [chain, bill] => (i64,))?;
    Ok(clawed_back - taken.into_iter().map(|(points,)| points).sum::<i64>())
}

fn line(line: parts::Line) -> Result<RecordedLine> {
    let attributes = line.attributes()?;
    Ok(RecordedLine {
        counts: measure::of_line(attributes.iter().map(|(name, value)| (name.as_str(), value))),
        number: line.number,
        sku: line.sku,
        category: line.category,
        quantity: line.quantity,
        returned: line.returned,
        amount: line.amount,
        list_amount: line.list_amount,
        counted: line.counted,
        contribution: line.contribution,
    })
}

fn tender(tender: parts::Tender) -> Result<RecordedTender> {
    Ok(RecordedTender {
        position: tender.position,
        kind: tender.kind.parse().map_err(Error::internal)?,
        amount: tender.amount,
        points: tender.points,
        returned: tender.returned,
    })
}

/// What the bill booked.
#[derive(Default)]
struct Booked {
    earn: Option<EntryId>,
    spend: Option<EntryId>,
    configuration: Option<ConfigurationId>,
    own_lots: Vec<LotId>,
    spent_moves: Vec<SpentMove>,
    draws: Vec<RecordedDraw>,
    introducer: Option<IntroducerBonus>,
    expired: i64,
}

fn booked(conn: &mut Conn, chain: ChainId, bill: BillId, membership: Option<MembershipId>) -> Result<Booked> {
    let mut booked = Booked::default();
    let Some(membership) = membership else {
        return Ok(booked);
    };
    for (id, holder, asset, kind, amount, configuration) in
        fetch!(conn, SelectEntries, [chain, bill] => (Id, Id, String, String, i64, Option<Id>))?
    {
        match (kind.as_str(), holder.typed::<MembershipId>() == membership) {
            ("spend", true) if Asset(asset.clone()).is_money() => booked.draws.push(RecordedDraw {
                asset: Asset(asset),
                entry: id.typed(),
                moves: spent_moves(conn, chain, membership, id.typed())?,
            }),
            ("earn" | "bonus", true) => {
                booked.earn.get_or_insert(id.typed());
                booked.configuration = booked.configuration.or(configuration.map(Id::typed));
            }
            ("spend" | "redeem", true) => booked.spend = Some(id.typed()),
            ("bonus", false) => {
                let membership: MembershipId = holder.typed();
                let lots = fetch!(conn, SelectLotsOfBill, [chain, membership, bill] => (Id, Id))?;
                let lot = lots.iter().find(|(_, entry)| *entry == id).map(|(lot, _)| lot.typed());
                booked.introducer = Some(IntroducerBonus {
                    membership,
                    entry: id.typed(),
                    earned: amount,
                    lot,
                    expired_unspent: 0,
                });
            }
            _ => {}
        }
    }
    let lots = fetch!(conn, SelectLotsOfBill, [chain, membership, bill] => (Id, Id))?;
    booked.own_lots = lots.into_iter().map(|(id, _)| id.typed()).collect();
    if !booked.own_lots.is_empty() {
        let expired = fetch!(conn, SelectExpired, [chain, membership, bill] => (Id, i64))?;
        booked.expired = -expired.into_iter().map(|(_, delta)| delta).sum::<i64>();
    }
    if let Some(bonus) = booked.introducer.as_mut() {
        for (lot, delta) in fetch!(conn, SelectExpired, [chain, bonus.membership, bill] => (Id, i64))? {
            if bonus.lot == Some(lot.typed()) {
                bonus.expired_unspent -= delta;
            }
        }
    }
    if let Some(spend) = booked.spend {
        booked.spent_moves = spent_moves(conn, chain, membership, spend)?;
    }
    Ok(booked)
}

/// What an exchange was answered about cancelling it.
#[derive(serde::Deserialize)]
struct Answered {
    cancellable_until: Option<Day>,
}

/// The reward of an exchange, and the last day on which it may be cancelled.
pub(crate) fn exchange(conn: &mut Conn, chain: ChainId, id: BillId) -> Result<Option<(RewardId, Option<Day>)>> {
    let row = fetch!(conn, SelectExchange, [chain, id] => (Option<Id>, Option<Id>, String))?.pop();
    let Some((Some(reward), membership, answer)) = row else {
        return Ok(None);
    };
    let answered: Answered = serde_json::from_str(&answers::lengthened(&answer, id, membership.map(Id::typed)))?;
    Ok(Some((reward.typed(), answered.cancellable_until)))
}

/// What an entry took, in spend order.
pub(super) fn spent_moves(
    conn: &mut Conn,
    chain: ChainId,
    membership: MembershipId,
    entry: EntryId,
) -> Result<Vec<SpentMove>> {
    let rows = fetch!(conn, SelectSpentMoves, [membership, chain, entry] => (Id, Option<Id>, i64, Option<i64>, Option<i64>, i64))?;
    let mut moves: Vec<SpentMove> = rows
        .into_iter()
        .filter(|row| row.5 < 0)
        .map(|(lot, bill, opened, matures, expires, delta)| SpentMove {
            lot: lot.typed(),
            bill: bill.map(Id::typed),
            opened_at: Instant(opened),
            terms: LotTerms {
                matures_at: matures.map(Instant),
                expires_at: expires.map(Instant),
            },
            amount: -delta,
        })
        .collect();
    moves.sort_by_key(|m| (m.terms.expires_at.is_none(), m.terms.expires_at, m.opened_at, m.lot));
    Ok(moves)
}

/// A bill with the attributes of its lines, in their order: what a plugin is told of it.
pub(crate) fn load_with_attributes(
    conn: &mut Conn,
    chain: ChainId,
    id: BillId,
) -> Result<Option<(SaleRecord, Vec<Attributes>)>> {
    let Some(record) = load(conn, chain, id)? else {
        return Ok(None);
    };
    let texts = fetch!(conn, SelectBillParts, [chain, id] => (String,))?;
    let parts = texts.first().map(|(text,)| Parts::parse(text)).transpose()?;
    let lines = parts.unwrap_or_default().lines;
    let attributes = lines.iter().map(parts::Line::attributes).collect::<Result<_>>()?;
    Ok(Some((record, attributes)))
}

type Attributes = Vec<(String, AttrValue)>;
