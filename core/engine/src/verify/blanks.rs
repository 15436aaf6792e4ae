//! Blank cards (D-CARD-2): where each is must follow from the moves of its batch, and how many there are from the blanks;
//! a blank that was issued is a card, and the other way round.

use super::Books;
use super::chain::Chain;
use crate::each;
use crate::error::Result;
use crate::store::schema::{card_batches, card_blanks, card_moves, card_stock, cards};
use crate::store::{Conn, Id, Name};
use cardea_domain::card_stock::{BlankState, BlankStep, Move, Standing, differences, replay};
use diesel::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// A batch: id, name, how many numbers were drawn.
type Batch = (Id, String, i32);
/// A blank: serial number, state, place, and the card's number if there is one.
type Blank = (i32, Name<BlankState>, Id, Option<Id>, Option<Id>);

pub(super) fn verify(conn: &mut Conn, books: &mut Books, chain: &Chain) -> Result<()> {
    let batches: Vec<Batch> = each!(conn, c => card_batches::table
        .select((card_batches::id, card_batches::name, card_batches::drawn))
        .filter(card_batches::chain_id.eq(chain.id))
        .order(card_batches::id)
        .load(c)?);
    for (id, name, drawn) in batches {
        let what = format!("blank cards \"{name}\" ({}) of {}", id.text(), chain.code);
        let blanks = blanks(conn, chain.id, id)?;
        books.agree(drawn.into(), blanks.len() as i64, || format!("the number of {what}"));
        for (serial, state, _, named, card) in &blanks {
            let issued = state.0 == BlankState::Issued;
            if issued != card.is_some() || named != card {
                books.problem(format_args!(
                    "{what}: {serial} is {}, which its card doesn't say",
                    state.0
                ));
            }
        }
        let found: BTreeMap<i32, Standing<Id>> = blanks
            .iter()
            .map(|(serial, state, place, ..)| {
                (
                    *serial,
                    Standing {
                        state: state.0,
                        place: *place,
                    },
                )
            })
            .collect();
        let (by_moves, impossible) = replay(moves(conn, chain.id, id)?);
        if impossible > 0 {
            books.problem(format_args!("{what}: {impossible} moves that weren't possible"));
        }
        for (first, last) in differences(&by_moves, &found) {
            books.problem(format_args!("{what}: {first}–{last} aren't where their moves say"));
        }
        quantities(conn, books, (chain.id, id), (&found, &what))?;
    }
    Ok(())
}

/// Blanks of a batch, each with the card of its number.
fn blanks(conn: &mut Conn, chain: Id, batch: Id) -> Result<Vec<Blank>> {
    let card = cards::chain_id
        .eq(card_blanks::chain_id)
        .and(cards::number.eq(card_blanks::number));
    Ok(each!(conn, c => card_blanks::table
        .left_join(cards::table.on(card))
        .select((
            card_blanks::serial,
            card_blanks::state,
            card_blanks::place_id,
            card_blanks::card_id,
            cards::id.nullable(),
        ))
        .filter(card_blanks::chain_id.eq(chain).and(card_blanks::batch_id.eq(batch)))
        .order(card_blanks::serial)
        .load(c)?))
}

fn moves(conn: &mut Conn, chain: Id, batch: Id) -> Result<Vec<Move<Id>>> {
    let rows: Vec<(i32, i32, Name<BlankStep>, Id)> = each!(conn, c => card_moves::table
        .select((card_moves::first_serial, card_moves::last_serial, card_moves::step, card_moves::to_place))
        .filter(card_moves::chain_id.eq(chain).and(card_moves::batch_id.eq(batch)))
        .order(card_moves::id)
        .load(c)?);
    let moved = |(first, last, step, to): (i32, i32, Name<BlankStep>, Id)| Move {
        first,
        last,
        step: step.0,
        to,
    };
    Ok(rows.into_iter().map(moved).collect())
}

fn quantities(
    conn: &mut Conn,
    books: &mut Books,
    (chain, batch): (Id, Id),
    (blanks, what): (&BTreeMap<i32, Standing<Id>>, &str),
) -> Result<()> {
    let rows: Vec<(Id, Name<BlankState>, i64)> = each!(conn, c => card_stock::table
        .select((card_stock::place_id, card_stock::state, card_stock::quantity))
        .filter(card_stock::chain_id.eq(chain).and(card_stock::batch_id.eq(batch)))
        .load(c)?);
    let mut kept: HashMap<(Id, BlankState), i64> = rows
        .into_iter()
        .map(|(place, state, quantity)| ((place, state.0), quantity))
        .collect();
    let mut counted: BTreeMap<(Id, BlankState), i64> = BTreeMap::new();
    for blank in blanks.values() {
        *counted.entry((blank.place, blank.state)).or_default() += 1;
    }
    for ((place, state), quantity) in counted {
        let found = kept.remove(&(place, state)).unwrap_or(0);
        books.agree(found, quantity, || format!("{what} {state} at {}", place.text()));
    }
    for ((place, state), quantity) in kept {
        books.agree(quantity, 0, || format!("{what} {state} at {}", place.text()));
    }
    Ok(())
}
