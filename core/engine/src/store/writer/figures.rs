//! Loads the figures that tiers stand on: those of the days that a ladder's windows reach back to, and totals.

use super::ledger::MemberNeed;
use super::load::Members;
use crate::error::Result;
use crate::store::statement::{fetch_all, ids, statements};
use crate::store::{Conn, Id};
use cardea_domain::Day;
use cardea_domain::id::*;
use cardea_domain::measure::{PAID, Wanted};
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use std::collections::BTreeMap;

statements! {
    SelectPaid -> (Binary, Integer, BigInt) =
        "SELECT membership_id, day, amount FROM measures WHERE measure = 'paid' AND chain_id = ? AND day >= ? \
         AND membership_id IN ({})" of "?";
    SelectFigures -> (Binary, Text, Integer, BigInt) =
        "SELECT membership_id, measure, day, amount FROM measures WHERE chain_id = ? AND day >= ? \
         AND membership_id IN ({})" of "?";
    SelectTotals -> (Binary, Text, BigInt) =
        "SELECT membership_id, measure, amount FROM measure_totals WHERE chain_id = ? AND membership_id IN ({})" of "?";
}

/// The wanted windows of each membership, or further back to those of its oldest upgrade.
pub(super) fn load(conn: &mut Conn, chain: ChainId, needs: &[MemberNeed], members: &mut Members) -> Result<()> {
    let (mut paid, mut all, mut totals) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for need in needs {
        let Some((wanted, member)) = need.figures.zip(members.get(&need.id)) else {
            continue;
        };
        let first = |day: Day| day.plus_days(-wanted.back).unwrap_or(day);
        let upgrades = member.upgrades.iter();
        let windows = upgrades.flat_map(|upgrade| {
            let own = upgrade.measured.of.iter().filter_map(|figure| figure.since);
            own.chain([first(upgrade.day)])
        });
        let since = windows.chain([wanted.since]).min().unwrap_or(wanted.since);
        let other = member.upgrades.iter().flat_map(|upgrade| &upgrade.measured.of);
        let other = other.filter(|figure| figure.measure != PAID || figure.since.is_none());
        let Wanted {
            all: every,
            totals: ever,
            ..
        } = wanted;
        let other = other.count() > 0;
        let days = if every || other { &mut all } else { &mut paid };
        days.insert(need.id, since);
        if ever || other {
            totals.push(need.id);
        }
    }
    if let Some(first) = paid.values().min() {
        let ids = ids(paid.keys().copied());
        for (id, day, amount) in fetch_all!(conn, SelectPaid, [chain, *first], &ids => (Id, i32, i64))? {
            add(members, &paid, id, (PAID, Day(day)), amount);
        }
    }
    if let Some(first) = all.values().min() {
        let ids = ids(all.keys().copied());
        type Row = (Id, String, i32, i64);
        for (id, measure, day, amount) in fetch_all!(conn, SelectFigures, [chain, *first], &ids => Row)? {
            add(members, &all, id, (&measure, Day(day)), amount);
        }
    }
    for (id, measure, amount) in fetch_all!(conn, SelectTotals, [chain], &ids(totals) => (Id, String, i64))? {
        if let Some(member) = members.get_mut(&id.typed()) {
            member.figures.load_total(&measure, amount);
        }
    }
    Ok(())
}

fn add(members: &mut Members, since: &BTreeMap<MembershipId, Day>, id: Id, (measure, day): (&str, Day), amount: i64) {
    let id = id.typed();
    if let Some(member) = members.get_mut(&id)
        && since.get(&id).is_some_and(|since| *since <= day)
    {
        member.figures.load(measure, day, amount);
    }
}
