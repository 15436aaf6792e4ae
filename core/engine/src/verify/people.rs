//! What people booked without a bill: every adjustment has its entry and every such entry its adjustment; of a hold that
//! was captured, the entry says what was spent.

use super::Books;
use super::chain::Chain;
use super::holdings::{EntryRow, KEYS, Slice};
use crate::each;
use crate::error::Result;
use crate::store::schema::{adjustments, holds};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use std::collections::HashMap;

/// A row that names an entry: which, of whom, the entry and what it must say.
type Named = (Id, Id, Id, i64);

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain, members: &[Id], slice: &Slice) -> Result<()> {
    for members in members.chunks(KEYS) {
        let own = adjustments::chain_id
            .eq(chain.id)
            .and(adjustments::membership_id.eq_any(members));
        let adjusted: Vec<Named> = each!(conn, c => adjustments::table
            .select((adjustments::id, adjustments::membership_id, adjustments::entry_id, adjustments::amount))
            .filter(own)
            .load(c)?);
        let own = holds::chain_id.eq(chain.id).and(holds::membership_id.eq_any(members));
        let captured: Vec<(Id, Id, Option<Id>, i64, String)> = each!(conn, c => holds::table
            .select((holds::id, holds::membership_id, holds::entry_id, holds::captured, holds::state))
            .filter(own)
            .load(c)?);
        let mut reasons: HashMap<Id, Id> = HashMap::new();
        for named in adjusted {
            reasons.insert(named.2, named.0);
            check(books, slice, ("adjustment", "adjust"), named);
        }
        for (id, member, entry, amount, state) in captured {
            match entry {
                Some(entry) => check(books, slice, ("hold", "redeem"), (id, member, entry, -amount)),
                None if state == "captured" || amount != 0 => {
                    books.problem(format_args!(
                        "hold {} of {}: no entry says what it took",
                        id.text(),
                        chain.code
                    ));
                }
                None => {}
            }
        }
        let entries = members
            .iter()
            .filter_map(|id| slice.of.get(id))
            .flat_map(|held| &held.entries);
        for entry in entries.filter(|entry| entry.kind == "adjust" && !reasons.contains_key(&entry.id)) {
            books.problem(format_args!(
                "entry {} of {}: nobody gave a reason for it",
                entry.id.text(),
                chain.code
            ));
        }
    }
    Ok(())
}

/// The entry that a row names is of its kind and says its amount.
fn check(books: &mut Books, slice: &Slice, (what, kind): (&str, &str), (id, member, entry, amount): Named) {
    let entry: Option<&EntryRow> = slice.of.get(&member).and_then(|held| held.entry(entry));
    match entry {
        Some(entry) if entry.kind == kind => {
            books.agree(entry.amount, amount, || format!("the entry of {what} {}", id.text()));
        }
        _ => books.problem(format_args!("{what} {}: its entry isn't there", id.text())),
    }
}
