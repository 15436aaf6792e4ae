//! What a slice of memberships holds, loaded by key, a few hundred keys per statement.

use super::chain::{Chain, Seen};
use super::fingerprint::Record;
use super::inputs::Inputs;
use crate::each;
use crate::error::Result;
use crate::store::schema::{accounts, bills, cards, entries, lot_moves, lots, measures, postings, tier_changes};
use crate::store::statement::{fetch_all, ids, statements};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use std::collections::{BTreeSet, HashMap};

/// The name of a membership's own account in a posting.
pub(super) const MEMBER: &str = "member";

statements! {
    SelectReturnedSales -> (Binary,) =
        "SELECT b.membership_id FROM bills b WHERE b.chain_id = ? AND b.kind = 'sale' AND (b.returned_money > 0 OR b.total = 0) \
         AND NOT EXISTS (SELECT 1 FROM bill_lines l \
          WHERE l.chain_id = b.chain_id AND l.bill_id = b.id AND l.returned_quantity < l.quantity) \
         AND b.membership_id IN ({})" of "?";
}

/// Keys per statement.
pub(super) const KEYS: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entries)]
pub(super) struct EntryRow {
    pub id: Id,
    pub program_id: Id,
    pub membership_id: Id,
    pub asset: String,
    pub kind: String,
    pub amount: i64,
    pub counter: String,
    pub bill_id: Option<Id>,
    pub store_id: Option<Id>,
    pub occurred_at: i64,
    pub rule: String,
    pub line: Option<i32>,
    pub reverses: Option<Id>,
    pub configuration_id: Option<Id>,
    pub input: Option<Vec<u8>>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = postings)]
pub(super) struct PostingRow {
    entry_id: Id,
    pub account: String,
    pub holder: Id,
    pub asset: String,
    pub amount: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = lot_moves)]
pub(super) struct MoveRow {
    pub lot_id: Id,
    pub entry_id: Id,
    pub delta: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = lots)]
pub(super) struct LotRow {
    pub id: Id,
    pub membership_id: Id,
    pub asset: String,
    pub entry_id: Id,
    pub bill_id: Option<Id>,
    pub amount: i64,
    pub remaining: i64,
    pub opened_at: i64,
    pub matures_at: Option<i64>,
    pub expires_at: Option<i64>,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(super) struct AccountRow {
    membership_id: Id,
    pub asset: String,
    pub balance: i64,
    pub debt: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = measures)]
pub(super) struct MeasureRow {
    membership_id: Id,
    pub measure: String,
    pub day: i32,
    pub amount: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = tier_changes)]
pub(super) struct TierChangeRow {
    membership_id: Id,
    pub kind: String,
    pub from_tier: String,
    pub to_tier: String,
    pub day: i32,
    pub cause: Option<Id>,
    pub figure: i64,
    pub threshold: i64,
}

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = cards)]
pub(super) struct CardRow {
    membership_id: Id,
    pub id: Id,
    pub number: String,
    pub state: String,
    pub replaces: Option<Id>,
    pub replaced_by: Option<Id>,
}

/// A sale, as far as measures need it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = bills)]
pub(super) struct SaleRow {
    membership_id: Option<Id>,
    pub business_date: i32,
    pub paid: i64,
    pub returned_paid: i64,
}

/// What one membership holds.
#[derive(Default)]
pub(super) struct Holdings {
    pub entries: Vec<EntryRow>,
    /// By entry.
    pub postings: HashMap<Id, Vec<PostingRow>>,
    /// By its entries, by lot.
    pub moves: HashMap<Id, Vec<MoveRow>>,
    /// Σ moves, by entry.
    pub moved: HashMap<Id, i64>,
    /// Lots that its entries have moved.
    pub lots: Vec<LotRow>,
    pub accounts: Vec<AccountRow>,
    pub measures: Vec<MeasureRow>,
    /// In the order in which they happened.
    pub tier_changes: Vec<TierChangeRow>,
    pub cards: Vec<CardRow>,
    pub sales: Vec<SaleRow>,
    /// Of them, those of which nothing is kept.
    pub returned_sales: i64,
    /// Place of an entry in `entries`.
    places: HashMap<Id, usize>,
}

/// What a slice holds.
pub(super) struct Slice {
    pub of: HashMap<Id, Holdings>,
    /// Natural keys of all bills that are named.
    pub bills: HashMap<Id, Record>,
    /// What its entries name.
    pub inputs: Inputs,
}

impl EntryRow {
    /// Whether these are its two postings.
    pub fn is_posted_as(&self, postings: &[PostingRow]) -> bool {
        let has = |account: &str, holder: Id, amount: i64| {
            let same = |p: &PostingRow| {
                p.account == account && p.holder == holder && p.asset == self.asset && p.amount == amount
            };
            postings.iter().any(same)
        };
        postings.len() == 2
            && has(MEMBER, self.membership_id, self.amount)
            && has(&self.counter, self.program_id, -self.amount)
    }
}

impl Holdings {
    pub fn entry(&self, id: Id) -> Option<&EntryRow> {
        self.places.get(&id).map(|place| &self.entries[*place])
    }

    /// What its entries did to a lot.
    pub fn moves_of(&self, lot: Id) -> &[MoveRow] {
        self.moves.get(&lot).map_or(&[], Vec::as_slice)
    }
}

/// Loads the memberships' rows and counts them as seen.
pub(super) fn load(conn: &mut Conn, chain: &Chain, members: &[Id], seen: &mut Seen) -> Result<Slice> {
    let mut of: HashMap<Id, Holdings> = members.iter().map(|id| (*id, Holdings::default())).collect();
    load_entries(conn, chain.id, members, &mut of)?;
    let holders: HashMap<Id, Id> = of
        .iter()
        .flat_map(|(member, held)| held.entries.iter().map(|entry| (entry.id, *member)))
        .collect();
    load_movements(conn, chain.id, &holders, &mut of)?;
    load_figures(conn, chain.id, members, &mut of)?;
    load_cards_and_sales(conn, chain.id, members, &mut of)?;
    for (member, held) in &of {
        seen.entries += held.entries.len() as u64;
        seen.postings += held
            .postings
            .values()
            .map(|postings| postings.len() as u64)
            .sum::<u64>();
        seen.lot_moves += held.moves.values().map(|moves| moves.len() as u64).sum::<u64>();
        seen.lots += held.lots.iter().filter(|lot| lot.membership_id == *member).count() as u64;
        seen.accounts += held.accounts.len() as u64;
    }
    let bills = load_bill_keys(conn, chain, &of)?;
    let named = of
        .values()
        .flat_map(|held| held.entries.iter().filter_map(|entry| entry.input.as_ref()));
    let inputs = Inputs::load(conn, chain.id, named)?;
    Ok(Slice { of, bills, inputs })
}

fn load_entries(conn: &mut Conn, chain: Id, members: &[Id], of: &mut HashMap<Id, Holdings>) -> Result<()> {
    let rows: Vec<EntryRow> = each!(conn, c => entries::table
        .select(EntryRow::as_select())
        .filter(entries::chain_id.eq(chain).and(entries::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        let held = of.entry(row.membership_id).or_default();
        held.places.insert(row.id, held.entries.len());
        held.entries.push(row);
    }
    Ok(())
}

/// Postings, moves and lots of the entries; `holders` are the entries' memberships.
fn load_movements(conn: &mut Conn, chain: Id, holders: &HashMap<Id, Id>, of: &mut HashMap<Id, Holdings>) -> Result<()> {
    let ids: Vec<Id> = holders.keys().copied().collect();
    for ids in ids.chunks(KEYS) {
        let rows: Vec<PostingRow> = each!(conn, c => postings::table
            .select(PostingRow::as_select())
            .filter(postings::chain_id.eq(chain).and(postings::entry_id.eq_any(ids)))
            .load(c)?);
        for row in rows {
            let held = of.entry(holders[&row.entry_id]).or_default();
            held.postings.entry(row.entry_id).or_default().push(row);
        }
        let rows: Vec<MoveRow> = each!(conn, c => lot_moves::table
            .select(MoveRow::as_select())
            .filter(lot_moves::chain_id.eq(chain).and(lot_moves::entry_id.eq_any(ids)))
            .load(c)?);
        for row in rows {
            let held = of.entry(holders[&row.entry_id]).or_default();
            *held.moved.entry(row.entry_id).or_default() += row.delta;
            held.moves.entry(row.lot_id).or_default().push(row);
        }
    }
    // A lot is its mover's, so that one moved by two memberships is looked at in both.
    let moved: BTreeSet<(Id, Id)> = of
        .iter()
        .flat_map(|(member, held)| held.moves.keys().map(|lot| (*lot, *member)))
        .collect();
    let ids: Vec<Id> = moved.iter().map(|(lot, _)| *lot).collect();
    let mut lots: HashMap<Id, LotRow> = HashMap::new();
    for ids in ids.chunks(KEYS) {
        let rows: Vec<LotRow> = each!(conn, c => lots::table
            .select(LotRow::as_select())
            .filter(lots::chain_id.eq(chain).and(lots::id.eq_any(ids)))
            .load(c)?);
        lots.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    for (lot, member) in moved {
        if let Some(lot) = lots.get(&lot) {
            of.entry(member).or_default().lots.push(lot.clone());
        }
    }
    Ok(())
}

fn load_figures(conn: &mut Conn, chain: Id, members: &[Id], of: &mut HashMap<Id, Holdings>) -> Result<()> {
    let rows: Vec<AccountRow> = each!(conn, c => accounts::table
        .select(AccountRow::as_select())
        .filter(accounts::chain_id.eq(chain).and(accounts::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        of.entry(row.membership_id).or_default().accounts.push(row);
    }
    let rows: Vec<MeasureRow> = each!(conn, c => measures::table
        .select(MeasureRow::as_select())
        .filter(measures::chain_id.eq(chain).and(measures::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        of.entry(row.membership_id).or_default().measures.push(row);
    }
    let rows: Vec<TierChangeRow> = each!(conn, c => tier_changes::table
        .select(TierChangeRow::as_select())
        .filter(tier_changes::chain_id.eq(chain).and(tier_changes::membership_id.eq_any(members)))
        .order((tier_changes::at, tier_changes::id))
        .load(c)?);
    for row in rows {
        of.entry(row.membership_id).or_default().tier_changes.push(row);
    }
    Ok(())
}

fn load_cards_and_sales(conn: &mut Conn, chain: Id, members: &[Id], of: &mut HashMap<Id, Holdings>) -> Result<()> {
    let rows: Vec<CardRow> = each!(conn, c => cards::table
        .select(CardRow::as_select())
        .filter(cards::chain_id.eq(chain).and(cards::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        of.entry(row.membership_id).or_default().cards.push(row);
    }
    let rows: Vec<SaleRow> = each!(conn, c => bills::table
        .select(SaleRow::as_select())
        .filter(bills::chain_id.eq(chain).and(bills::membership_id.eq_any(members)).and(bills::kind.eq("sale")))
        .load(c)?);
    for row in rows {
        if let Some(member) = row.membership_id {
            of.entry(member).or_default().sales.push(row);
        }
    }
    let keys = ids(members.iter().map(|id| id.0));
    for (member,) in fetch_all!(conn, SelectReturnedSales, [chain.0], &keys => (Id,))? {
        of.entry(member).or_default().returned_sales += 1;
    }
    Ok(())
}

/// The natural keys of the bills that the rows name.
fn load_bill_keys(conn: &mut Conn, chain: &Chain, of: &HashMap<Id, Holdings>) -> Result<HashMap<Id, Record>> {
    let named = |held: &Holdings| {
        let entries = held.entries.iter().filter_map(|entry| entry.bill_id);
        let lots = held.lots.iter().filter_map(|lot| lot.bill_id);
        let tiers = held.tier_changes.iter().filter_map(|change| change.cause);
        entries.chain(lots).chain(tiers).collect::<Vec<Id>>()
    };
    let ids: BTreeSet<Id> = of.values().flat_map(named).collect();
    let ids: Vec<Id> = ids.into_iter().collect();
    let mut keys = HashMap::new();
    for ids in ids.chunks(KEYS) {
        let rows: Vec<(Id, Id, String, String, i32, String, String)> = each!(conn, c => bills::table
            .select((bills::id, bills::store_id, bills::source, bills::till, bills::business_date, bills::receipt, bills::kind))
            .filter(bills::chain_id.eq(chain.id).and(bills::id.eq_any(ids)))
            .load(c)?);
        for (id, store, source, till, day, receipt, kind) in rows {
            let key = Record::of(b'B').text(chain.store(store)).text(&source).text(&till);
            keys.insert(id, key.int(day).text(&receipt).text(&kind));
        }
    }
    Ok(keys)
}
