//! Merges of memberships (D-CARD-13): the membership that went says where, and every lot of it has one that goes on for it, as
//! large and with the same dates.

use super::Books;
use super::chain::Chain;
use crate::each;
use crate::error::Result;
use crate::store::schema::{membership_merges, memberships};
use crate::store::statement::{fetch, statements};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use std::collections::HashMap;

statements! {
    // Of lots that went: those that nothing goes on for.
    SelectWrong -> (Binary,) =
        "SELECT l.lot_id FROM merged_lots l JOIN membership_merges m ON m.chain_id = l.chain_id AND m.id = l.merge_id \
         LEFT JOIN lots o ON o.chain_id = m.chain_id AND o.membership_id = m.merged_id AND o.id = l.lot_id \
         LEFT JOIN lots h ON h.chain_id = m.chain_id AND h.membership_id = m.membership_id AND h.id = l.heir_id \
         WHERE l.chain_id = ? AND l.merge_id = ? AND (o.id IS NULL OR h.id IS NULL OR o.asset <> h.asset \
         OR o.amount <> h.amount OR o.opened_at <> h.opened_at OR l.came > l.moved OR l.moved > o.amount)";
    SelectLeft -> (BigInt,) =
        "SELECT CAST(COUNT(*) AS BIGINT) FROM lots WHERE chain_id = ? AND membership_id = ? AND (remaining > 0 OR NOT ended)";
}

/// Which memberships were merged, as a chain's books look at them.
#[derive(Default)]
pub(super) struct Merged {
    /// The membership that goes on, by the one that was merged, at the end of all merges that stand.
    into: HashMap<Id, Id>,
    /// All that were ever merged into one, by it.
    of: HashMap<Id, Vec<Id>>,
}

impl Merged {
    pub fn load(conn: &mut Conn, chain: Id) -> Result<Self> {
        let steps: Vec<(Id, Option<Id>)> = each!(conn, c => memberships::table
            .select((memberships::id, memberships::merged_into))
            .filter(memberships::chain_id.eq(chain).and(memberships::merged_into.is_not_null()))
            .load(c)?);
        let steps: HashMap<Id, Id> = steps.into_iter().filter_map(|(id, into)| Some((id, into?))).collect();
        let last = |id: &Id| {
            let mut last = *id;
            for _ in 0..steps.len() {
                match steps.get(&last) {
                    Some(into) => last = *into,
                    None => break,
                }
            }
            last
        };
        let into = steps.keys().map(|id| (*id, last(id))).collect();
        let ever: Vec<(Id, Id)> = each!(conn, c => membership_merges::table
            .select((membership_merges::membership_id, membership_merges::merged_id))
            .filter(membership_merges::chain_id.eq(chain))
            .load(c)?);
        let mut of: HashMap<Id, Vec<Id>> = HashMap::new();
        for (survivor, merged) in ever {
            of.entry(survivor).or_default().push(merged);
        }
        Ok(Self { into, of })
    }

    /// Whose what a membership once booked is now.
    pub fn holder(&self, membership: Id) -> Id {
        self.into.get(&membership).copied().unwrap_or(membership)
    }

    /// Memberships whose bills are those of one of these now.
    pub fn standing_of(&self, members: &[Id]) -> Vec<Id> {
        let gone = self.into.iter().filter(|(_, into)| members.contains(into));
        gone.map(|(id, _)| *id).collect()
    }

    /// All that were ever merged into a membership, directly or by another.
    pub fn ever_of(&self, membership: Id) -> Vec<Id> {
        let (mut found, mut at) = (vec![membership], 0);
        while let Some(one) = found.get(at).copied() {
            at += 1;
            for merged in self.of.get(&one).into_iter().flatten() {
                if !found.contains(merged) {
                    found.push(*merged);
                }
            }
        }
        found.split_off(1)
    }
}

type Row = (Id, Id, Id, Option<i64>);

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let rows: Vec<Row> = each!(conn, c => membership_merges::table
        .select((
            membership_merges::id,
            membership_merges::membership_id,
            membership_merges::merged_id,
            membership_merges::undone_at,
        ))
        .filter(membership_merges::chain_id.eq(chain.id))
        .order(membership_merges::id)
        .load(c)?);
    let mut standing: HashMap<Id, Id> = HashMap::new();
    for (merge, survivor, merged, undone) in &rows {
        let name = || format!("merge {} of memberships of {}", merge.text(), chain.code);
        for (lot,) in fetch!(conn, SelectWrong, [chain.id.0, merge.0] => (Id,))? {
            books.problem(format_args!("{}: nothing goes on for lot {}", name(), lot.text()));
        }
        if undone.is_none() {
            standing.insert(*merged, *survivor);
            let left = fetch!(conn, SelectLeft, [chain.id.0, merged.0] => (i64,))?.pop();
            books.agree(left.map_or(0, |(left,)| left), 0, || {
                format!("lots left behind by {}", name())
            });
        }
    }
    let closed: Vec<(Id, Option<Id>, bool)> = each!(conn, c => memberships::table
        .select((memberships::id, memberships::merged_into, memberships::open))
        .filter(memberships::chain_id.eq(chain.id).and(memberships::merged_into.is_not_null()))
        .load(c)?);
    for (id, into, open) in &closed {
        if *open || standing.get(id) != into.as_ref() {
            books.problem(format_args!(
                "membership {} of {}: it was merged, and no merge that stands says so",
                id.text(),
                chain.code
            ));
        }
    }
    books.agree(closed.len() as i64, standing.len() as i64, || {
        format!("the number of merged memberships of {}", chain.code)
    });
    Ok(())
}
