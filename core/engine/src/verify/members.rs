//! A slice of memberships with all that hangs on them: every kept figure is added up again.

use super::Books;
use super::chain::{Chain, Seen};
use super::fingerprint::Record;
use super::holdings::{self, EntryRow, Holdings};
use super::inputs::Inputs;
use super::people;
use crate::error::Result;
use crate::store::{Conn, Id};
use cardea_domain::ledger::EntryKind;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = crate::store::schema::memberships)]
pub(super) struct MemberRow {
    pub id: Id,
    pub program_id: Id,
    pub tier: String,
    pub open: bool,
    pub purchases: i64,
    pub reference: String,
}

pub(super) fn verify(
    conn: &mut Conn,
    books: &mut Books,
    chain: &Chain,
    slice: Vec<MemberRow>,
    seen: &mut Seen,
) -> Result<()> {
    let ids: Vec<Id> = slice.iter().map(|member| member.id).collect();
    let mut holdings = holdings::load(conn, chain, &ids, seen)?;
    people::verify(conn, books, chain, &ids, &holdings)?;
    for row in slice {
        let held = holdings.of.remove(&row.id).unwrap_or_default();
        let member = Member {
            chain,
            bills: &holdings.bills,
            inputs: &holdings.inputs,
            row,
            held,
        };
        member.entries(books);
        member.lots(books);
        member.accounts(books);
        member.measures(books);
        member.tiers(books);
        member.cards(books);
        member.fingerprint(books);
    }
    Ok(())
}

/// One membership.
struct Member<'a> {
    chain: &'a Chain,
    /// Natural keys of the bills that its rows name.
    bills: &'a HashMap<Id, Record>,
    inputs: &'a Inputs,
    row: MemberRow,
    held: Holdings,
}

impl Member<'_> {
    fn name(&self) -> String {
        format!("membership {} of {}", self.row.reference, self.chain.code)
    }

    /// Each entry names the counter account of its kind, and has moved lots by what its kind allows.
    fn entries(&self, books: &mut Books) {
        for entry in &self.held.entries {
            let name = || format!("entry {} of {}", entry.id.text(), self.name());
            let moved = self.held.moved.get(&entry.id).copied().unwrap_or_default();
            let Ok(kind) = entry.kind.parse::<EntryKind>() else {
                books.problem(format_args!("{}: there is no kind {:?}", name(), entry.kind));
                continue;
            };
            if kind.counter().as_str() != entry.counter {
                books.problem(format_args!("{}: its counter account is {}", name(), entry.counter));
            }
            let undone = kind == EntryKind::Expire && entry.reverses.is_some() && moved == entry.amount;
            if !undone && !may_move(kind, entry.amount, moved) {
                books.problem(format_args!("{}: {} moved its lots by {moved}", name(), entry.amount));
            }
            if let Some(wrong) = self.inputs.problem(entry, kind) {
                books.problem(format_args!("{}: {wrong}", name()));
            }
            let here = |id: &Id| self.held.entry(*id).is_some() || self.held.elsewhere.contains(id);
            let reversed = entry.reverses.filter(|id| !here(id));
            if let Some(id) = reversed {
                books.problem(format_args!("{}: what it reverses, {}, isn't there", name(), id.text()));
            }
            if entry.bill_id.is_some_and(|bill| !self.bills.contains_key(&bill)) {
                books.problem(format_args!("{}: its bill isn't there", name()));
            }
        }
    }

    /// A lot's remainder is what it was opened with and the sum of its moves.
    fn lots(&self, books: &mut Books) {
        let there: BTreeSet<Id> = self.held.lots.iter().map(|lot| lot.id).collect();
        for lot in self.held.moves.keys().filter(|lot| !there.contains(lot)) {
            books.problem(format_args!(
                "lot {} of {} was moved and isn't there",
                lot.text(),
                self.name()
            ));
        }
        for lot in &self.held.lots {
            let name = || format!("lot {} of {}", lot.id.text(), self.name());
            let moves = self.held.moves_of(lot.id);
            let sum: i64 = moves.iter().map(|m| m.delta).sum();
            books.agree(lot.remaining, lot.amount + sum, || {
                format!("the remainder of {}", name())
            });
            if !(0..=lot.amount).contains(&lot.remaining) {
                books.problem(format_args!("{}: {} of {} remain", name(), lot.remaining, lot.amount));
            }
            let opened = self.held.entry(lot.entry_id);
            // One that came over from a merged membership was emptied at once by what had been used of it.
            let at_once: i64 = moves
                .iter()
                .filter(|m| m.entry_id == lot.entry_id)
                .map(|m| m.delta)
                .sum();
            if !opened.is_some_and(|entry| entry.asset == lot.asset && entry.amount >= lot.amount + at_once) {
                books.problem(format_args!("{}: no entry has opened it", name()));
            }
        }
    }

    /// Balance = Σ entries = Σ remainders − debt, for every asset that occurs.
    fn accounts(&self, books: &mut Books) {
        let held = &self.held;
        let entries = held.entries.iter().map(|entry| entry.asset.as_str());
        let accounts = held.accounts.iter().map(|account| account.asset.as_str());
        let assets: BTreeSet<&str> = entries.chain(accounts).collect();
        for asset in assets {
            let name = || format!("the balance of {asset} of {}", self.name());
            let Some(account) = held.accounts.iter().find(|account| account.asset == asset) else {
                books.problem(format_args!("{} isn't kept", name()));
                continue;
            };
            let own = held.entries.iter().filter(|entry| entry.asset == asset);
            books.agree(account.balance, own.map(|entry| entry.amount).sum(), || {
                format!("{} (entries)", name())
            });
            let left: i64 = held
                .lots
                .iter()
                .filter(|lot| lot.asset == asset)
                .map(|lot| lot.remaining)
                .sum();
            books.agree(account.balance, left - account.debt, || {
                format!("{} (lots less debt)", name())
            });
            if account.debt < 0 {
                books.problem(format_args!("{}: a debt of {}", name(), account.debt));
            }
        }
    }

    /// What is counted, day by day and in all, is what the sales say; what was returned counts on the sale's day.
    fn measures(&self, books: &mut Books) {
        let mut expected: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        let mut totals: BTreeMap<&str, i64> = BTreeMap::new();
        for (measure, day, amount) in &self.held.counted {
            *expected.entry((measure, *day)).or_default() += amount;
            *totals.entry(measure).or_default() += amount;
        }
        let mut kept: BTreeMap<(&str, i32), i64> = BTreeMap::new();
        for measure in &self.held.measures {
            kept.insert((&measure.measure, measure.day), measure.amount);
        }
        for key in expected.keys().chain(kept.keys()).collect::<BTreeSet<_>>() {
            let of = |figures: &BTreeMap<_, i64>| figures.get(key).copied().unwrap_or_default();
            books.agree(of(&kept), of(&expected), || {
                format!("measure {} on {} of {}", key.0, cardea_domain::Day(key.1), self.name())
            });
        }
        let kept: BTreeMap<&str, i64> = self
            .held
            .totals
            .iter()
            .map(|(name, total)| (name.as_str(), *total))
            .collect();
        for name in totals.keys().chain(kept.keys()).collect::<BTreeSet<_>>() {
            let of = |figures: &BTreeMap<&str, i64>| figures.get(name).copied().unwrap_or_default();
            books.agree(of(&kept), of(&totals), || {
                format!("the total of measure {name} of {}", self.name())
            });
        }
        books.agree(self.row.purchases, self.held.kept_sales, || {
            format!("the number of purchases of {}", self.name())
        });
    }

    /// Each change begins where the one before ended, and the last one at the present tier.
    fn tiers(&self, books: &mut Books) {
        let changes = &self.held.tier_changes;
        for (before, after) in changes.iter().zip(changes.iter().skip(1)) {
            if before.to_tier != after.from_tier {
                books.problem(format_args!(
                    "{}: a tier change to {} is followed by one from {}",
                    self.name(),
                    before.to_tier,
                    after.from_tier
                ));
            }
        }
        if let Some(last) = changes.last().filter(|last| last.to_tier != self.row.tier) {
            let (tier, changed) = (&self.row.tier, &last.to_tier);
            books.problem(format_args!(
                "{}: its tier is {tier}, changed to {changed}",
                self.name()
            ));
        }
    }

    /// A replaced card and its successor point at each other; the reference is one of the cards.
    fn cards(&self, books: &mut Books) {
        let cards = &self.held.cards;
        if !cards.iter().any(|card| card.number == self.row.reference) {
            books.problem(format_args!("{}: none of its cards has its reference", self.name()));
        }
        for card in cards {
            let name = || format!("card {} of {}", card.id.text(), self.name());
            // One of a merged membership names a card of the one that goes on.
            if card.state == "merged" {
                continue;
            }
            if (card.state == "replaced") != card.replaced_by.is_some() {
                books.problem(format_args!(
                    "{}: it is {}, and its successor says otherwise",
                    name(),
                    card.state
                ));
            }
            let successor = card
                .replaced_by
                .map(|id| cards.iter().any(|c| c.id == id && c.replaces == Some(card.id)));
            let before = card
                .replaces
                .map(|id| cards.iter().any(|c| c.id == id && c.replaced_by == Some(card.id)));
            if successor == Some(false) || before == Some(false) {
                books.problem(format_args!(
                    "{}: it and the card it was exchanged for don't point at each other",
                    name()
                ));
            }
        }
    }

    fn fingerprint(&self, books: &mut Books) {
        let (row, held) = (&self.row, &self.held);
        let program = self.chain.programs.get(&row.program_id).map_or("", String::as_str);
        let member = Record::of(b'M').text(program).text(&row.reference).text(&row.tier);
        books.fingerprint.add(&member.int(row.open).int(row.purchases));
        let tiers = held.tier_changes.iter().map(|change| {
            let record = Record::of(b'T')
                .text(&change.kind)
                .text(&change.from_tier)
                .text(&change.to_tier);
            let record = record.int(change.day).int(change.figure).int(change.threshold);
            self.bill(record, change.cause)
        });
        books.fingerprint.add_set(tiers.collect());
        let accounts = held.accounts.iter().map(|account| {
            let record = Record::of(b'A').text(&account.asset);
            record.int(account.balance).int(account.debt)
        });
        books.fingerprint.add_set(accounts.collect());
        let lots = held.lots.iter().map(|lot| {
            let record = Record::of(b'L')
                .text(&lot.asset)
                .int(lot.amount)
                .int(lot.remaining)
                .int(lot.opened_at);
            let record = record
                .maybe(lot.matures_at, Record::int)
                .maybe(lot.expires_at, Record::int);
            self.bill(record, lot.bill_id)
        });
        books.fingerprint.add_set(lots.collect());
        books
            .fingerprint
            .add_set(held.entries.iter().map(|entry| self.entry(entry)).collect());
    }

    fn entry(&self, entry: &EntryRow) -> Record {
        let chain = self.chain;
        let record = self
            .movement(entry)
            .int(entry.occurred_at)
            .text(&entry.rule)
            .text(&entry.counter);
        let record = record.maybe(entry.store_id, |record, id| record.text(chain.store(id)));
        let number = entry.configuration_id.and_then(|id| chain.configurations.get(&id));
        let record = record.maybe(number.copied(), Record::int);
        let reversed = entry.reverses.and_then(|id| self.held.entry(id));
        record.maybe(reversed, |record, entry| record.record(&self.movement(entry)))
    }

    /// What an entry is by itself.
    fn movement(&self, entry: &EntryRow) -> Record {
        let record = Record::of(b'E').text(&entry.asset).text(&entry.kind).int(entry.amount);
        self.bill(record.maybe(entry.line, Record::int), entry.bill_id)
    }

    /// A bill by its natural key.
    fn bill(&self, record: Record, id: Option<Id>) -> Record {
        let key = id.and_then(|id| self.bills.get(&id));
        record.maybe(key, |record, key| record.record(key))
    }
}

/// Whether an entry of `amount` may have moved lots by `moved` altogether: what enters or leaves a debt moves no lot.
fn may_move(kind: EntryKind, amount: i64, moved: i64) -> bool {
    match kind {
        EntryKind::Earn
        | EntryKind::Bonus
        | EntryKind::GiveBack
        | EntryKind::TopUp
        | EntryKind::Grant
        | EntryKind::TransferIn => (0..=amount).contains(&moved),
        EntryKind::Spend
        | EntryKind::Redeem
        | EntryKind::Use
        | EntryKind::ClawBack
        | EntryKind::Expire
        | EntryKind::Refund
        | EntryKind::Lapse
        | EntryKind::TransferOut => amount <= 0 && moved == amount,
        EntryKind::Adjust | EntryKind::Opening | EntryKind::MergeIn | EntryKind::MergeOut => {
            (amount.min(0)..=amount.max(0)).contains(&moved)
        }
        EntryKind::WriteOff => amount >= 0 && moved == 0,
        EntryKind::ClawBackExcess => amount <= 0 && moved == 0,
    }
}
