//! What plugins were asked: whatever a plugin decided names its recorded input, which is there and whole (D-LED-6).

use super::Books;
use super::chain::Chain;
use super::holdings::{EntryRow, KEYS};
use crate::command::judge;
use crate::each;
use crate::error::Result;
use crate::plugin::RecordedInput;
use crate::store::schema::{bills, recorded_inputs, unjudged};
use crate::store::{Conn, Id};
use cardea_domain::ledger::EntryKind;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Unjudged sales read at a time.
const PAGE: i64 = 500;

/// By bill: the hash of what its plugin was asked, made anew from what the bill says.
pub(super) type Asked = HashMap<Id, [u8; 32]>;

/// Recorded inputs by hash, and whether they are whole; what was asked of sales stands in their bills.
#[derive(Default)]
pub(super) struct Inputs {
    recorded: HashMap<Vec<u8>, bool>,
    asked: Asked,
}

impl Inputs {
    pub fn load<'a>(
        conn: &mut Conn,
        chain: Id,
        hashes: impl Iterator<Item = &'a Vec<u8>>,
        asked: Asked,
    ) -> Result<Self> {
        let hashes: Vec<&Vec<u8>> = hashes.collect::<BTreeSet<_>>().into_iter().collect();
        let mut found = HashMap::new();
        for hashes in hashes.chunks(KEYS) {
            let rows: Vec<(Vec<u8>, Vec<u8>)> = each!(conn, c => recorded_inputs::table
                .select((recorded_inputs::hash, recorded_inputs::bytes))
                .filter(recorded_inputs::chain_id.eq(chain).and(recorded_inputs::hash.eq_any(hashes.to_vec())))
                .load(c)?);
            for (hash, bytes) in rows {
                let sha256 = <[u8; 32]>::try_from(hash.as_slice());
                let whole = sha256.is_ok_and(|sha256| RecordedInput { bytes, sha256 }.unpack().is_ok());
                found.insert(hash, whole);
            }
        }
        Ok(Self { recorded: found, asked })
    }

    /// What is wrong with what an entry names.
    pub fn problem(&self, entry: &EntryRow, kind: EntryKind) -> Option<&'static str> {
        let decided = matches!(kind, EntryKind::Earn | EntryKind::Bonus) && entry.bill_id.is_some();
        match &entry.input {
            None if decided => Some("it doesn't name its recorded input"),
            None => None,
            Some(hash) => self.wrong(entry.bill_id, hash),
        }
    }

    /// What is wrong with what a plugin was asked, by its hash.
    pub fn wrong(&self, bill: Option<Id>, hash: &[u8]) -> Option<&'static str> {
        let asked = bill.and_then(|bill| self.asked.get(&bill));
        if asked.is_some_and(|asked| asked == hash) {
            return None;
        }
        match (self.recorded.get(hash), asked) {
            (Some(true), _) => None,
            (Some(false), _) | (None, Some(_)) => Some("its recorded input was changed"),
            (None, None) => Some("its recorded input isn't there"),
        }
    }
}

/// Sales that wait for their judgement can be judged.
pub(super) fn verify_unjudged(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let mut after = Id(Uuid::nil());
    let bill = bills::chain_id
        .eq(unjudged::chain_id)
        .and(bills::id.eq(unjudged::bill_id));
    loop {
        let rows: Vec<(Id, Vec<u8>, String)> = each!(conn, c => unjudged::table
            .inner_join(bills::table.on(bill))
            .select((unjudged::bill_id, unjudged::input, bills::parts))
            .filter(unjudged::chain_id.eq(chain.id).and(unjudged::bill_id.gt(after)))
            .order(unjudged::bill_id)
            .limit(PAGE)
            .load(c)?);
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after = *last;
        for (bill, hash, parts) in &rows {
            if judge::input_of(parts)?.is_none_or(|asked| asked.as_slice() != hash) {
                let (bill, code) = (bill.text(), &chain.code);
                books.problem(format_args!(
                    "unjudged sale {bill} of {code}: its recorded input was changed"
                ));
            }
        }
    }
}
