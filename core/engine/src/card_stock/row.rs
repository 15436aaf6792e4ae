//! The tables of blank cards.

use crate::each;
use crate::error::Result;
use crate::input::field;
use crate::store::schema::{card_batches, card_blanks, programs, stores};
use crate::store::{Conn, Id, Name};
use cardea_domain::Refusal;
use cardea_domain::card::CardKind;
use cardea_domain::card_stock::BlankState;
use cardea_domain::id::{ChainId, ProgramId, StoreId};
use diesel::prelude::*;

use super::BlankRange;

/// Rows of one statement.
pub(super) const SOME: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = card_batches)]
pub(super) struct BatchRow {
    pub chain_id: Id,
    pub id: Id,
    pub program_id: Id,
    pub kind: Name<CardKind>,
    pub place_id: Id,
    pub name: String,
    pub quantity: i32,
    pub drawn: i32,
    pub valid_through: Option<i32>,
    pub staff_id: Option<Id>,
    pub created_at: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = card_blanks)]
pub(super) struct BlankRow {
    pub chain_id: Id,
    pub number: String,
    pub batch_id: Id,
    pub serial: i32,
    pub place_id: Id,
    pub state: Name<BlankState>,
    pub card_id: Option<Id>,
}

pub(super) fn batch(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<BatchRow>> {
    let row = card_batches::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(BatchRow::as_select()).get_result(c).optional()?))
}

/// Blanks of a batch by their serial numbers, in order.
///
/// # Errors
/// `field_invalid` where some of them don't exist.
pub(super) fn in_range(conn: &mut Conn, chain: ChainId, range: &BlankRange, pointer: &str) -> Result<Vec<BlankRow>> {
    let BlankRange { batch_id, first, last } = *range;
    let own = card_blanks::chain_id
        .eq(Id::from(chain))
        .and(card_blanks::batch_id.eq(Id::from(batch_id)))
        .and(card_blanks::serial.between(first, last));
    let found: Vec<BlankRow> = each!(conn, c => card_blanks::table
        .select(BlankRow::as_select())
        .filter(own)
        .order(card_blanks::serial)
        .load(c)?);
    if first < 1 || last < first || found.len() as i64 != i64::from(last) - i64::from(first) + 1 {
        let (zh, en) = (
            "批次中没有这些序号；请核对批次和起止号",
            "The batch has no such serial numbers; check the batch and both ends",
        );
        return Err(field(pointer, zh, en).into());
    }
    Ok(found)
}

/// The first blanks of a batch that are in stock at a place.
pub(super) fn in_stock(conn: &mut Conn, (chain, place): (ChainId, Id), batch: Id, most: i64) -> Result<Vec<BlankRow>> {
    let here = card_blanks::chain_id
        .eq(Id::from(chain))
        .and(card_blanks::place_id.eq(place))
        .and(card_blanks::state.eq(Name(BlankState::InStock)))
        .and(card_blanks::batch_id.eq(batch));
    Ok(each!(conn, c => card_blanks::table
        .select(BlankRow::as_select())
        .filter(here)
        .order(card_blanks::serial)
        .limit(most)
        .load(c)?))
}

/// Blanks by their numbers, in no order; what no blank has is absent.
pub(super) fn by_number(conn: &mut Conn, chain: ChainId, numbers: &[String]) -> Result<Vec<BlankRow>> {
    let mut found = Vec::new();
    for numbers in numbers.chunks(SOME) {
        let own = card_blanks::chain_id
            .eq(Id::from(chain))
            .and(card_blanks::number.eq_any(numbers));
        found.extend(each!(conn, c => card_blanks::table
            .select(BlankRow::as_select())
            .filter(own)
            .load::<BlankRow>(c)?));
    }
    Ok(found)
}

/// # Errors
/// `field_invalid` for a store that the chain doesn't have, or that is closed.
pub(super) fn check_store(conn: &mut Conn, chain: ChainId, store: Option<StoreId>, pointer: &str) -> Result<()> {
    let Some(store) = store else { return Ok(()) };
    let row = stores::table
        .find((Id::from(chain), Id::from(store)))
        .select(stores::active);
    let active: Option<bool> = each!(conn, c => row.get_result(c).optional()?);
    match active {
        Some(true) => Ok(()),
        Some(false) => Err(field(pointer, "门店已停业", "The store is closed").into()),
        None => Err(field(pointer, "没有这家门店", "There is no such store").into()),
    }
}

/// # Errors
/// `field_invalid` for a program that the chain doesn't have.
pub(super) fn check_program(conn: &mut Conn, chain: ChainId, program: ProgramId, pointer: &str) -> Result<(), Refusal> {
    let row = programs::table.find((Id::from(chain), Id::from(program)));
    let found = |conn: &mut Conn| -> Result<i64> { Ok(each!(conn, c => row.count().get_result(c)?)) };
    match found(conn)? {
        0 => Err(field(pointer, "没有这个会员计划", "There is no such program")),
        _ => Ok(()),
    }
}
