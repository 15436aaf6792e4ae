//! What plugins were asked: whatever a plugin decided names its recorded input, which is there and whole (D-LED-6).

use super::Books;
use super::chain::Chain;
use super::holdings::{EntryRow, KEYS};
use crate::each;
use crate::error::Result;
use crate::plugin::RecordedInput;
use crate::store::schema::{recorded_inputs, unjudged};
use crate::store::{Conn, Id};
use cardea_domain::ledger::EntryKind;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Unjudged sales read at a time.
const PAGE: i64 = 500;

/// Recorded inputs by hash, and whether they are whole.
#[derive(Default)]
pub(super) struct Inputs(HashMap<Vec<u8>, bool>);

impl Inputs {
    pub fn load<'a>(conn: &mut Conn, chain: Id, hashes: impl Iterator<Item = &'a Vec<u8>>) -> Result<Self> {
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
        Ok(Self(found))
    }

    /// What is wrong with what an entry names.
    pub fn problem(&self, entry: &EntryRow, kind: EntryKind) -> Option<&'static str> {
        let decided = matches!(kind, EntryKind::Earn | EntryKind::Bonus) && entry.bill_id.is_some();
        match &entry.input {
            None if decided => Some("it doesn't name its recorded input"),
            None => None,
            Some(hash) => self.wrong(hash),
        }
    }

    fn wrong(&self, hash: &[u8]) -> Option<&'static str> {
        match self.0.get(hash) {
            None => Some("its recorded input isn't there"),
            Some(false) => Some("its recorded input was changed"),
            Some(true) => None,
        }
    }
}

/// Sales that wait for their judgement can be judged.
pub(super) fn verify_unjudged(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let mut after = Id(Uuid::nil());
    loop {
        let rows: Vec<(Id, Vec<u8>)> = each!(conn, c => unjudged::table
            .select((unjudged::bill_id, unjudged::input))
            .filter(unjudged::chain_id.eq(chain.id).and(unjudged::bill_id.gt(after)))
            .order(unjudged::bill_id)
            .limit(PAGE)
            .load(c)?);
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        let inputs = Inputs::load(conn, chain.id, rows.iter().map(|(_, hash)| hash))?;
        for (bill, hash) in &rows {
            if let Some(wrong) = inputs.wrong(hash) {
                books.problem(format_args!("unjudged sale {} of {}: {wrong}", bill.text(), chain.code));
            }
        }
    }
}
