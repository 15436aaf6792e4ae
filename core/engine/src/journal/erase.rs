//! What erasure takes of journals: the texts and the words they are found by. Categories, days, amounts and quantities
//! stay, for the totals.

use super::row::JournalRow;
use crate::archive::CustomerRow;
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::store::Conn;
use crate::store::schema::{journal, journal_answers};
use crate::words::{self, Gram, Source};
use diesel::prelude::*;

/// Entries read at a time.
const ENTRIES: i64 = 200;

/// Before the person's key goes: without it nobody knows which words there were.
pub(crate) fn erase(conn: &mut Conn, keys: &ChainKeys, customer: &CustomerRow) -> Result<()> {
    let key = customer.person(keys)?;
    let own = || {
        journal::chain_id
            .eq(customer.chain_id)
            .and(journal::customer_id.eq(customer.id))
    };
    let mut after = crate::store::Id::default();
    loop {
        let rows: Vec<JournalRow> = each!(conn, c => journal::table
            .select(JournalRow::as_select())
            .filter(own())
            .filter(journal::id.gt(after))
            .order(journal::id)
            .limit(ENTRIES)
            .load(c)?);
        let Some(last) = rows.last() else { break };
        after = last.id;
        for entry in rows.iter().filter(|entry| !entry.texts.is_empty()) {
            let texts = entry.texts(key.as_ref())?;
            let found_by: Vec<Gram> = words::of(keys, Source::Journal, texts.all()).into_iter().collect();
            words::remove(conn, customer.chain_id.typed(), entry.id, &found_by)?;
        }
        let ids: Vec<crate::store::Id> = rows.iter().map(|row| row.id).collect();
        let answers = journal_answers::table.filter(
            journal_answers::chain_id
                .eq(customer.chain_id)
                .and(journal_answers::entry_id.eq_any(ids)),
        );
        each!(conn, c => diesel::update(answers).set(journal_answers::texts.eq(Vec::<u8>::new())).execute(c)?);
    }
    each!(conn, c => diesel::update(journal::table.filter(own())).set(journal::texts.eq(Vec::<u8>::new())).execute(c)?);
    Ok(())
}
