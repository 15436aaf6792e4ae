//! What plugins were asked before something was done, and of what they let go on: it is there and whole (D-LED-6).

use super::Books;
use super::chain::Chain;
use super::inputs::{Asked, Inputs};
use crate::each;
use crate::error::Result;
use crate::plugin::Function;
use crate::store::schema::{lot_extensions, lots, plugin_questions};
use crate::store::{Conn, Id};
use diesel::prelude::*;
use uuid::Uuid;

/// Rows read at a time.
const PAGE: i64 = 500;

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    questions(conn, books, chain)?;
    extensions(conn, books, chain)
}

fn questions(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let mut after = Id(Uuid::nil());
    loop {
        let rows: Vec<(Id, String, Id, Vec<u8>)> = each!(conn, c => plugin_questions::table
            .select((
                plugin_questions::id,
                plugin_questions::function,
                plugin_questions::configuration_id,
                plugin_questions::input_hash,
            ))
            .filter(plugin_questions::chain_id.eq(chain.id).and(plugin_questions::id.gt(after)))
            .order(plugin_questions::id)
            .limit(PAGE)
            .load(c)?);
        let Some((last, ..)) = rows.last() else { return Ok(()) };
        after = *last;
        let inputs = Inputs::load(conn, chain.id, rows.iter().map(|row| &row.3), Asked::default())?;
        for (id, function, configuration, hash) in &rows {
            let (question, code) = (id.text(), &chain.code);
            if let Some(problem) = inputs.wrong(None, hash) {
                books.problem(format_args!("question {question} of {code} to a plugin: {problem}"));
            }
            if Function::parse(function).is_none() || !chain.configurations.contains_key(configuration) {
                books.problem(format_args!(
                    "question {question} of {code} to a plugin: {function} under a configuration that isn't there"
                ));
            }
        }
    }
}

/// A lot that goes on has been given its date by a plugin that was asked.
fn extensions(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let lot = lots::chain_id
        .eq(lot_extensions::chain_id)
        .and(lots::membership_id.eq(lot_extensions::membership_id))
        .and(lots::id.eq(lot_extensions::lot_id));
    let mut after = (Id(Uuid::nil()), i64::MIN);
    loop {
        let next = lot_extensions::lot_id
            .gt(after.0)
            .or(lot_extensions::lot_id.eq(after.0).and(lot_extensions::at.gt(after.1)));
        let rows: Vec<(Id, i64, Vec<u8>, Option<Id>)> = each!(conn, c => lot_extensions::table
            .left_join(lots::table.on(lot))
            .select((
                lot_extensions::lot_id,
                lot_extensions::at,
                lot_extensions::input_hash,
                lots::id.nullable(),
            ))
            .filter(lot_extensions::chain_id.eq(chain.id).and(next))
            .order((lot_extensions::lot_id, lot_extensions::at))
            .limit(PAGE)
            .load(c)?);
        let Some((id, at, ..)) = rows.last() else { return Ok(()) };
        after = (*id, *at);
        let inputs = Inputs::load(conn, chain.id, rows.iter().map(|row| &row.2), Asked::default())?;
        for (id, _, hash, found) in &rows {
            let (lot, code) = (id.text(), &chain.code);
            if let Some(problem) = inputs.wrong(None, hash) {
                books.problem(format_args!("the later end of lot {lot} of {code}: {problem}"));
            }
            if found.is_none() {
                books.problem(format_args!(
                    "the later end of lot {lot} of {code}: the lot isn't there"
                ));
            }
        }
    }
}
