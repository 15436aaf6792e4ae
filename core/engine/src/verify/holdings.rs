//! What a slice of memberships holds, loaded by key, a few hundred keys per statement.

use super::chain::{Chain, Seen};
use super::fingerprint::Record;
use super::inputs::{Asked, Inputs};
use crate::command::judge;
use crate::each;
use crate::error::Result;
use crate::store::schema::{accounts, bills, cards, entries, lot_moves, lots, measure_totals, measures, tier_changes};
use crate::store::writer::parts::Parts;
use crate::store::{Conn, Id};
use cardea_domain::Day;
use cardea_domain::measure::{self, PAID, POINTS, VISITS};
use cardea_domain::sale::Terms;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Keys per statement.
pub(super) const KEYS: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entries)]
pub(super) struct EntryRow {
    pub id: Id,
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
    business_date: i32,
    paid: i64,
    returned_paid: i64,
    earned: i64,
    clawed_back: i64,
    terms: String,
    total: i64,
    returned_money: i64,
    parts: String,
}

/// Measure, day and figure.
type Counts = Vec<(&'static str, i32, i64)>;

impl SaleRow {
    /// What it counts for, by measure and day; whether anything of it is kept, else it counts as no purchase.
    fn counts(&self) -> Result<(Counts, bool)> {
        let (day, lines) = (self.business_date, Parts::parse(&self.parts)?.lines);
        let kept =
            self.returned_money == 0 && self.total != 0 || lines.iter().any(|line| line.returned != line.quantity);
        let points = Terms::from_row(&self.terms)?.points_count_on(Day(day));
        let mut counts = vec![
            (PAID, day, self.paid - self.returned_paid),
            (VISITS, day, i64::from(kept)),
            (POINTS, points.0, self.earned - self.clawed_back),
        ];
        for line in &lines {
            let attributes = line.attributes()?;
            let whole = measure::of_line(attributes.iter().map(|(name, value)| (name.as_str(), value)));
            let part = |whole| measure::kept_of(whole, line.quantity - line.returned, line.quantity);
            counts.extend(whole.into_iter().map(|(name, count)| (name, day, part(count))));
        }
        Ok((counts, kept))
    }
}

/// What one membership holds.
#[derive(Default)]
pub(super) struct Holdings {
    pub entries: Vec<EntryRow>,
    /// By its entries, by lot.
    pub moves: HashMap<Id, Vec<MoveRow>>,
    /// Σ of what it opened and moved of lots, by entry.
    pub moved: HashMap<Id, i64>,
    pub lots: Vec<LotRow>,
    pub accounts: Vec<AccountRow>,
    pub measures: Vec<MeasureRow>,
    /// In the order in which they happened.
    pub tier_changes: Vec<TierChangeRow>,
    /// Of each measure, everything there ever was.
    pub totals: Vec<(String, i64)>,
    pub cards: Vec<CardRow>,
    /// What its sales count for, by measure and day.
    pub counted: Vec<(&'static str, i32, i64)>,
    /// Sales of which something is kept.
    pub kept_sales: i64,
    /// Entries of memberships that were merged into this one, which its own reverse.
    pub elsewhere: HashSet<Id>,
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
    load_movements(conn, chain.id, members, &holders, &mut of)?;
    load_figures(conn, chain.id, members, &mut of)?;
    load_cards_and_sales(conn, chain, members, &mut of)?;
    load_reversed(conn, chain, &mut of)?;
    for held in of.values() {
        seen.entries += held.entries.len() as u64;
        seen.lot_moves += held.moves.values().map(|moves| moves.len() as u64).sum::<u64>();
        seen.lots += held.lots.len() as u64;
        seen.accounts += held.accounts.len() as u64;
    }
    let (bills, asked) = load_bill_keys(conn, chain, &of)?;
    let named = of
        .values()
        .flat_map(|held| held.entries.iter().filter_map(|entry| entry.input.as_ref()));
    let inputs = Inputs::load(conn, chain.id, named, asked)?;
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

/// Lots of the memberships, and what their entries moved; `holders` are the entries' memberships.
fn load_movements(
    conn: &mut Conn,
    chain: Id,
    members: &[Id],
    holders: &HashMap<Id, Id>,
    of: &mut HashMap<Id, Holdings>,
) -> Result<()> {
    let ids: Vec<Id> = holders.keys().copied().collect();
    for ids in ids.chunks(KEYS) {
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
    let rows: Vec<LotRow> = each!(conn, c => lots::table
        .select(LotRow::as_select())
        .filter(lots::chain_id.eq(chain).and(lots::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        let held = of.entry(row.membership_id).or_default();
        *held.moved.entry(row.entry_id).or_default() += row.amount;
        held.lots.push(row);
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
    let rows: Vec<(Id, String, i64)> = each!(conn, c => measure_totals::table
        .select((measure_totals::membership_id, measure_totals::measure, measure_totals::amount))
        .filter(measure_totals::chain_id.eq(chain).and(measure_totals::membership_id.eq_any(members)))
        .load(c)?);
    for (member, measure, amount) in rows {
        of.entry(member).or_default().totals.push((measure, amount));
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

/// What entries reverse that was booked to a membership which was merged since.
fn load_reversed(conn: &mut Conn, chain: &Chain, of: &mut HashMap<Id, Holdings>) -> Result<()> {
    for (member, held) in of.iter_mut() {
        let merged = chain.merged.ever_of(*member);
        let reversed = held.entries.iter().filter_map(|entry| entry.reverses);
        let missing: Vec<Id> = reversed.filter(|id| held.entry(*id).is_none()).collect();
        if merged.is_empty() || missing.is_empty() {
            continue;
        }
        for ids in missing.chunks(KEYS) {
            let found: Vec<Id> = each!(conn, c => entries::table
                .select(entries::id)
                .filter(entries::chain_id.eq(chain.id).and(entries::membership_id.eq_any(&merged)))
                .filter(entries::id.eq_any(ids))
                .load(c)?);
            held.elsewhere.extend(found);
        }
    }
    Ok(())
}

fn load_cards_and_sales(conn: &mut Conn, books: &Chain, members: &[Id], of: &mut HashMap<Id, Holdings>) -> Result<()> {
    let chain = books.id;
    let rows: Vec<CardRow> = each!(conn, c => cards::table
        .select(CardRow::as_select())
        .filter(cards::chain_id.eq(chain).and(cards::membership_id.eq_any(members)))
        .load(c)?);
    for row in rows {
        of.entry(row.membership_id).or_default().cards.push(row);
    }
    let mut holders = members.to_vec();
    holders.extend(books.merged.standing_of(members));
    let rows: Vec<SaleRow> = each!(conn, c => bills::table
        .select(SaleRow::as_select())
        .filter(bills::chain_id.eq(chain).and(bills::membership_id.eq_any(&holders)).and(bills::kind.eq("sale")))
        .load(c)?);
    for row in rows {
        // What a merged membership has bought counts for the one that goes on.
        let holder = row.membership_id.map(|member| books.merged.holder(member));
        if let Some(held) = holder.and_then(|holder| of.get_mut(&holder)) {
            let (counted, kept) = row.counts()?;
            held.kept_sales += i64::from(kept);
            held.counted.extend(counted);
        }
    }
    Ok(())
}

/// The natural keys of the bills that the rows name, and what plugins were asked of them.
fn load_bill_keys(conn: &mut Conn, chain: &Chain, of: &HashMap<Id, Holdings>) -> Result<(HashMap<Id, Record>, Asked)> {
    let named = |held: &Holdings| {
        let entries = held.entries.iter().filter_map(|entry| entry.bill_id);
        let lots = held.lots.iter().filter_map(|lot| lot.bill_id);
        let tiers = held.tier_changes.iter().filter_map(|change| change.cause);
        entries.chain(lots).chain(tiers).collect::<Vec<Id>>()
    };
    let ids: BTreeSet<Id> = of.values().flat_map(named).collect();
    let ids: Vec<Id> = ids.into_iter().collect();
    let (mut keys, mut asked) = (HashMap::new(), HashMap::new());
    for ids in ids.chunks(KEYS) {
        type Row = (Id, Id, String, String, i32, String, String, String);
        let rows: Vec<Row> = each!(conn, c => bills::table
            .select((bills::id, bills::store_id, bills::source, bills::till, bills::business_date, bills::receipt, bills::kind, bills::parts))
            .filter(bills::chain_id.eq(chain.id).and(bills::id.eq_any(ids)))
            .load(c)?);
        for (id, store, source, till, day, receipt, kind, parts) in rows {
            if let Some(input) = judge::input_of(&parts)? {
                asked.insert(id, input);
            }
            let key = Record::of(b'B').text(chain.store(store)).text(&source).text(&till);
            keys.insert(id, key.int(day).text(&receipt).text(&kind));
        }
    }
    Ok((keys, asked))
}
