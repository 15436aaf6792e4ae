//! What a database would hold after rows were saved, and whether its books balance.

use crate::kit::points;
use cardea_domain::calendar::Instant;
use cardea_domain::id::*;
use cardea_domain::ledger::{Account, Asset, EntryKind, LotTerms, Member, SpentMove};
use cardea_domain::measure::of_line;
use cardea_domain::rows::{BillLineRow, BillTenderRow, EntryRow, Rows};
use cardea_domain::sale::*;
use std::collections::BTreeMap;

/// What a database would hold of a sale after its rows were saved.
pub fn record(rows: &Rows, introducer: Option<&Member>) -> SaleRecord {
    let bill = &rows.bills[0];
    let of_member = |m: MembershipId| bill.membership == Some(m);
    let entry = |kinds: &[EntryKind]| {
        rows.entries
            .iter()
            .find(|e| of_member(e.membership) && e.asset == points() && kinds.contains(&e.kind))
            .map(|e| e.id)
    };
    let spend_entry = entry(&[EntryKind::Spend]);
    let introduced = introducer.and_then(|member| {
        let entry = rows.entries.iter().find(|e| e.membership == member.id)?;
        let lot = rows.lots.iter().find(|lot| lot.entry == entry.id).map(|lot| lot.id);
        Some(IntroducerBonus {
            membership: member.id,
            entry: entry.id,
            earned: entry.amount,
            lot,
            expired_unspent: 0,
        })
    });
    SaleRecord {
        id: bill.id,
        kind: bill.kind,
        key: bill.key.clone(),
        occurred_at: bill.occurred_at,
        customer: bill.customer,
        membership: bill.membership,
        total: bill.total,
        rounding: bill.rounding,
        paid: bill.paid,
        judgement: bill.judgement,
        lines: rows.lines.iter().map(recorded_line).collect(),
        tenders: rows.tenders.iter().map(recorded_tender).collect(),
        bonuses: serde_json::from_str(&bill.bonuses).unwrap(),
        terms: serde_json::from_str(&bill.terms).unwrap(),
        earned: bill.earned,
        spent: bill.spent,
        earn_entry: entry(&[EntryKind::Earn, EntryKind::Bonus]),
        spend_entry,
        configuration: None,
        own_lots: rows
            .lots
            .iter()
            .filter(|lot| of_member(lot.membership))
            .map(|lot| lot.id)
            .collect(),
        spent_moves: Vec::new(),
        pool_draws: Vec::new(),
        draws: Vec::new(),
        introducer: introduced,
        returned_money: 0,
        returned_paid: 0,
        clawed_back: 0,
        given_back: 0,
        expired_unspent: 0,
        lapsed: 0,
    }
}

fn recorded_line(row: &BillLineRow) -> RecordedLine {
    let attributes: BTreeMap<String, AttrValue> = serde_json::from_str(&row.attributes).unwrap();
    RecordedLine {
        counts: of_line(attributes.iter().map(|(name, value)| (name.as_str(), value))),
        number: row.number,
        sku: row.sku.clone(),
        category: row.category.clone(),
        quantity: row.quantity,
        returned: 0,
        amount: row.amount,
        list_amount: row.list_amount,
        counted: row.counted,
        contribution: row.contribution,
    }
}

fn recorded_tender(row: &BillTenderRow) -> RecordedTender {
    RecordedTender {
        position: row.position,
        kind: row.kind,
        amount: row.amount,
        points: row.points,
        returned: 0,
    }
}

/// What a database would hold of the sale after a return of it was saved.
pub fn apply(record: &mut SaleRecord, rows: &Rows) {
    let progress = &rows.progress[0];
    assert_eq!(progress.bill, record.id);
    for (number, returned) in &progress.lines {
        record
            .lines
            .iter_mut()
            .find(|line| line.number == *number)
            .unwrap()
            .returned = *returned;
    }
    for (position, returned) in &progress.tenders {
        record
            .tenders
            .iter_mut()
            .find(|tender| tender.position == *position)
            .unwrap()
            .returned = *returned;
    }
    record.returned_money = progress.returned_money;
    record.returned_paid = progress.returned_paid;
    record.clawed_back = progress.clawed_back;
    record.given_back = progress.given_back;
}

/// Folds everything that was saved and compares it with the member in memory: double entry, lots, debt.
pub fn check_books(saved: &[Rows], member: &Member, now: Instant) {
    let of_member = || {
        saved
            .iter()
            .flat_map(|rows| &rows.entries)
            .filter(|entry| entry.membership == member.id)
    };
    assert!(of_member().all(|entry| member.accounts.contains_key(&entry.asset)));
    for (asset, account) in &member.accounts {
        let mine = || of_member().filter(|entry| entry.asset == *asset);
        check_account(saved, (member.id, asset), account, &mine, now);
    }
}

fn check_account<'a, I: Iterator<Item = &'a EntryRow>>(
    saved: &[Rows],
    (member, asset): (MembershipId, &Asset),
    account: &Account,
    mine: &dyn Fn() -> I,
    now: Instant,
) {
    assert_eq!(
        account.balance,
        mine().map(|entry| entry.amount).sum::<i64>(),
        "Σ entries = balance"
    );
    assert!(mine().all(|entry| entry.counter == entry.kind.counter()));
    let mut lots: BTreeMap<LotId, i64> = BTreeMap::new();
    let ids: Vec<EntryId> = mine().map(|entry| entry.id).collect();
    for row in saved
        .iter()
        .flat_map(|rows| &rows.lot_moves)
        .filter(|row| ids.contains(&row.entry))
    {
        let left = lots.entry(row.lot).or_default();
        *left += row.delta;
        assert_eq!(*left, row.remaining, "a move says what is left");
        assert!(*left >= 0, "a lot never falls below zero");
    }
    lots.retain(|_, left| *left > 0);
    let held: BTreeMap<LotId, i64> = account.lots.iter().map(|lot| (lot.id, lot.remaining)).collect();
    assert_eq!(held, lots, "Σ moves = remainders");
    assert_eq!(
        account.balance,
        held.values().sum::<i64>() - account.debt,
        "balance = Σ remainders − debt"
    );
    assert!(account.debt >= 0);
    if account.debt > 0 {
        assert!(
            account.lots.iter().all(|lot| lot.terms.expired(now)),
            "a debt leaves no lot that still counts"
        );
    }
    let last = saved
        .iter()
        .flat_map(|rows| &rows.accounts)
        .rfind(|row| row.membership == member && row.asset == *asset);
    assert_eq!(
        last.map(|row| (row.balance, row.debt)),
        Some((account.balance, account.debt))
    );
}

/// The lots that a spend entry took from, in spend order, as a database would find them.
pub fn spent_moves(saved: &[Rows], entry: Option<EntryId>) -> Vec<SpentMove> {
    let rows = || saved.iter().flat_map(|rows| &rows.lot_moves);
    let lot = |id: LotId| {
        saved
            .iter()
            .flat_map(|rows| &rows.lots)
            .find(|lot| lot.id == id)
            .unwrap()
    };
    let of_entry = rows().filter(|row| Some(row.entry) == entry);
    of_entry
        .map(|row| {
            let lot = lot(row.lot);
            let terms = LotTerms {
                matures_at: lot.matures_at,
                expires_at: lot.expires_at,
            };
            SpentMove {
                lot: row.lot,
                bill: lot.bill,
                opened_at: lot.opened_at,
                terms,
                amount: -row.delta,
            }
        })
        .collect()
}
