//! One chain: its memberships slice by slice, its bills page by page, and what belongs to neither.

use super::fingerprint::Record;
use super::merges::{self, Merged};
use super::{
    Books, bills, blanks, campaigns, inputs, members, openings, orphans, pools, prepaid, questions, renewals, vouchers,
};
use crate::each;
use crate::error::Result;
use crate::store::schema::{configurations, memberships, programs, stores};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use std::collections::HashMap;

/// Memberships read at a time.
const SLICE: i64 = 200;

/// A chain with the names that natural keys are made of. Stores, programs and their configurations are few.
pub(super) struct Chain {
    pub id: Id,
    pub code: String,
    pub stores: HashMap<Id, String>,
    pub programs: HashMap<Id, String>,
    pub configurations: HashMap<Id, i64>,
    pub merged: Merged,
}

/// Rows that belong to some membership, as they were met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub entries: u64,
    pub lots: u64,
    pub lot_moves: u64,
    pub accounts: u64,
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, id: Id, code: String) -> Result<()> {
    let chain = Chain::load(conn, id, code)?;
    books.report.chains += 1;
    books.fingerprint.add(&Record::of(b'C').text(&chain.code));
    let mut seen = Seen::default();
    let mut after = String::new();
    loop {
        let slice = slice(conn, chain.id, &after)?;
        let Some(last) = slice.last() else { break };
        after.clone_from(&last.reference);
        members::verify(conn, books, &chain, slice, &mut seen)?;
    }
    books.report.entries += seen.entries;
    books.report.lots += seen.lots;
    books.report.accounts += seen.accounts;
    orphans::verify(conn, books, &chain, seen)?;
    bills::verify(conn, books, &chain)?;
    blanks::verify(conn, books, &chain)?;
    campaigns::verify(conn, books, &chain)?;
    prepaid::verify(conn, books, &chain)?;
    pools::verify(conn, books, &chain)?;
    renewals::verify(conn, books, &chain)?;
    openings::verify(conn, books, &chain)?;
    merges::verify(conn, books, &chain)?;
    questions::verify(conn, books, &chain)?;
    vouchers::verify(conn, books, &chain)?;
    inputs::verify_unjudged(conn, books, &chain)
}

/// The next memberships by reference, the first card's number.
fn slice(conn: &mut Conn, chain: Id, after: &str) -> Result<Vec<members::MemberRow>> {
    Ok(each!(conn, c => memberships::table
        .select(members::MemberRow::as_select())
        .filter(memberships::chain_id.eq(chain).and(memberships::reference.gt(after)))
        .order(memberships::reference)
        .limit(SLICE)
        .load(c)?))
}

impl Chain {
    fn load(conn: &mut Conn, id: Id, code: String) -> Result<Self> {
        let stores: Vec<(Id, String)> = each!(conn, c => stores::table
            .select((stores::id, stores::code))
            .filter(stores::chain_id.eq(id))
            .load(c)?);
        let programs: Vec<(Id, String)> = each!(conn, c => programs::table
            .select((programs::id, programs::code))
            .filter(programs::chain_id.eq(id))
            .load(c)?);
        let configurations: Vec<(Id, i64)> = each!(conn, c => configurations::table
            .select((configurations::id, configurations::number))
            .filter(configurations::chain_id.eq(id))
            .load(c)?);
        Ok(Self {
            id,
            code,
            stores: stores.into_iter().collect(),
            programs: programs.into_iter().collect(),
            configurations: configurations.into_iter().collect(),
            merged: Merged::load(conn, id)?,
        })
    }

    /// A store's code; of one that is gone, nothing.
    pub fn store(&self, id: Id) -> &str {
        self.stores.get(&id).map_or("", String::as_str)
    }
}
