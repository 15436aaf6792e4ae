//! Blank cards (D-CARD-2): the one that a new card takes out of stock in the card's own transaction, and the two tables that
//! every step of blanks writes: what has happened, and how many there are.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::store::statement::{fetch, run, statements};
use crate::store::{Conn, Id};
use cardea_domain::card_stock::{Blank, BlankState, BlankStep};
use cardea_domain::id::*;
use cardea_domain::{Day, Instant};
use diesel::sql_types::{Binary, Integer, Nullable, Text};
use uuid::Uuid;

statements! {
    SelectBlank -> (Text, Binary, Integer, Binary, Text, Binary, Text, Nullable<Integer>) =
        "SELECT b.number, b.batch_id, b.serial, b.place_id, b.state, g.program_id, g.kind, g.valid_through \
         FROM card_blanks b JOIN card_batches g ON g.chain_id = b.chain_id AND g.id = b.batch_id \
         WHERE b.chain_id = ? AND b.number = ?";
    IssueBlank = "UPDATE card_blanks SET state = 'issued', card_id = ? \
         WHERE chain_id = ? AND number = ? AND place_id = ? AND state = 'in_stock'";
    InsertMove = "INSERT INTO card_moves (chain_id, id, batch_id, first_serial, last_serial, step, from_place, to_place, \
         staff_id, at, reason, transfer_id, count_id, card_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    AddQuantity = "INSERT INTO card_stock (chain_id, place_id, batch_id, state, quantity) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (chain_id, place_id, batch_id, state) DO UPDATE SET quantity = card_stock.quantity + excluded.quantity";
}

/// A blank that becomes a card.
#[derive(Clone, Debug)]
pub struct TakenBlank {
    pub blank: Blank,
    pub card: CardId,
}

/// A place as the tables hold it: a store, or the chain itself for HQ.
pub(crate) fn place(chain: ChainId, store: Option<StoreId>) -> Id {
    store.map_or(Id::from(chain), Id::from)
}

/// The other way round.
pub(crate) fn store_at(chain: ChainId, place: Id) -> Option<StoreId> {
    (place != Id::from(chain)).then(|| place.typed())
}

/// The blank of a number, if one has it.
pub(crate) fn find(conn: &mut Conn, chain: ChainId, number: &str) -> Result<Option<Blank>> {
    type Row = (String, Id, i32, Id, String, Id, String, Option<i32>);
    let row = fetch!(conn, SelectBlank, [chain, number] => Row)?.pop();
    let blank = |(number, batch, serial, place, state, program, kind, valid_through): Row| {
        Ok(Blank {
            number: number.parse().map_err(Error::internal)?,
            batch: batch.typed(),
            serial,
            program: program.typed(),
            kind: kind.parse().map_err(Error::internal)?,
            valid_through: valid_through.map(Day),
            store: store_at(chain, place),
            state: state.parse().map_err(Error::internal)?,
        })
    };
    row.map(blank).transpose()
}

/// What happened to a run of blanks of one batch.
pub(crate) struct NewMove<'a> {
    pub batch: Id,
    pub run: (i32, i32),
    pub step: BlankStep,
    /// The state before and where they counted; None: they weren't there.
    pub from: Option<(BlankState, Id)>,
    /// The same afterwards.
    pub to: (BlankState, Id),
    pub reason: Option<&'a str>,
    pub transfer: Option<Id>,
    pub count: Option<Id>,
    pub card: Option<CardId>,
}

/// Notes a move, and changes the quantities by it.
pub(crate) fn note(conn: &mut Conn, (actor, at): (&Actor, Instant), id: Uuid, moved: &NewMove<'_>) -> Result<()> {
    let (chain, batch, quantity) = (actor.chain, moved.batch.0, i64::from(moved.run.1 - moved.run.0 + 1));
    let optional = |id: Option<Id>| id.map(|id| id.0);
    run!(
        conn,
        InsertMove,
        [
            chain,
            id,
            batch,
            moved.run.0,
            moved.run.1,
            moved.step.as_str(),
            optional(moved.from.map(|(_, place)| place)),
            moved.to.1.0,
            actor.staff,
            at,
            moved.reason,
            optional(moved.transfer),
            optional(moved.count),
            moved.card,
        ]
    )?;
    let before = moved.from.map(|(state, place)| (state, place, -quantity));
    let after = (moved.to.0, moved.to.1, quantity);
    for (state, place, difference) in before.into_iter().chain([after]) {
        run!(conn, AddQuantity, [chain, place.0, batch, state.as_str(), difference])?;
    }
    Ok(())
}

/// Takes a blank out of stock for its card.
pub(super) fn issue(conn: &mut Conn, (actor, at): (&Actor, Instant), id: Uuid, taken: &TakenBlank) -> Result<()> {
    let TakenBlank { blank, card } = taken;
    let place = place(actor.chain, blank.store);
    let changed = run!(conn, IssueBlank, [*card, actor.chain, blank.number.as_str(), place.0])?;
    if changed != 1 {
        return Err(Error::internal("a blank card left the stock while it was issued"));
    }
    let moved = NewMove {
        batch: blank.batch.into(),
        run: (blank.serial, blank.serial),
        step: BlankStep::Issued,
        from: Some((BlankState::InStock, place)),
        to: (BlankState::Issued, place),
        reason: None,
        transfer: None,
        count: None,
        card: Some(*card),
    };
    note(conn, (actor, at), id, &moved)
}
