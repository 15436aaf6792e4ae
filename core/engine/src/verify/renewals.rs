//! Renewals: what a plugin was asked is there and whole, and no membership ends before what it was renewed through.

use super::Books;
use super::chain::Chain;
use super::inputs::{Asked, Inputs};
use crate::each;
use crate::error::Result;
use crate::store::schema::{memberships, renewals};
use crate::store::{Conn, Id};
use cardea_domain::Day;
use diesel::prelude::*;
use uuid::Uuid;

/// Renewals read at a time.
const PAGE: i64 = 500;

#[derive(Queryable)]
struct Row {
    id: Id,
    renewed_through: i32,
    valid_through: Option<i32>,
    input: Option<Vec<u8>>,
}

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let mut after = Id(Uuid::nil());
    let member = memberships::chain_id
        .eq(renewals::chain_id)
        .and(memberships::id.eq(renewals::membership_id));
    loop {
        let rows: Vec<Row> = each!(conn, c => renewals::table
            .inner_join(memberships::table.on(member))
            .select((renewals::id, renewals::valid_through, memberships::valid_through, renewals::input_hash))
            .filter(renewals::chain_id.eq(chain.id).and(renewals::id.gt(after)))
            .order(renewals::id)
            .limit(PAGE)
            .load(c)?);
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let named = rows.iter().filter_map(|row| row.input.as_ref());
        let inputs = Inputs::load(conn, chain.id, named, Asked::default())?;
        for row in &rows {
            let (renewal, code) = (row.id.text(), &chain.code);
            if let Some(problem) = row.input.as_ref().and_then(|hash| inputs.wrong(None, hash)) {
                books.problem(format_args!("renewal {renewal} of {code}: {problem}"));
            }
            if row.valid_through.is_some_and(|through| through < row.renewed_through) {
                let through = Day(row.renewed_through);
                books.problem(format_args!(
                    "renewal {renewal} of {code}: through {through}, but its membership ends before"
                ));
            }
        }
    }
}
