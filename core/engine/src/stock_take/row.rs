//! The tables of stock-takes.

use super::StockCounts;
use crate::each;
use crate::error::Result;
use crate::store::schema::{contract_originals, contracts, lendings, stock_take_items, stock_takes};
use crate::store::{Conn, Id, Name};
use cardea_domain::contract::StockOutcome;
use cardea_domain::id::ChainId;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

/// Rows of one statement.
pub(super) const SOME: usize = 500;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stock_takes, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct StockTakeRow {
    pub chain_id: Id,
    pub id: Id,
    pub store_id: Option<Id>,
    pub custodian_id: Option<Id>,
    pub begun_by: Option<Id>,
    pub begun_at: i64,
    pub closed_by: Option<Id>,
    pub closed_at: Option<i64>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = stock_take_items)]
pub(super) struct ItemRow {
    pub chain_id: Id,
    pub stock_take_id: Id,
    pub number: String,
    pub contract_id: Option<Id>,
    pub custodian_id: Option<Id>,
    pub expected: bool,
    pub outcome: Option<Name<StockOutcome>>,
    pub at: Option<i64>,
    pub staff_id: Option<Id>,
}

/// An original that should be where the stock is taken.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Here {
    pub contract: Id,
    pub number: Option<String>,
    pub custodian: Id,
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<StockTakeRow>> {
    let row = stock_takes::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(StockTakeRow::as_select()).get_result(c).optional()?))
}

pub(super) fn item(conn: &mut Conn, take: &StockTakeRow, number: &str) -> Result<Option<ItemRow>> {
    let row = stock_take_items::table.find((take.chain_id, take.id, number));
    Ok(each!(conn, c => row.select(ItemRow::as_select()).get_result(c).optional()?))
}

pub(super) fn insert(conn: &mut Conn, rows: &[ItemRow]) -> Result<()> {
    for rows in rows.chunks(SOME) {
        each!(conn, c => diesel::insert_into(stock_take_items::table).values(rows).execute(c)?);
    }
    Ok(())
}

/// Originals in custody that should be where the stock is taken now, and aren't lent.
pub(super) fn here(conn: &mut Conn, take: &StockTakeRow) -> Result<Vec<Here>> {
    let same = contracts::chain_id
        .eq(contract_originals::chain_id)
        .and(contracts::id.eq(contract_originals::contract_id));
    let lent = lendings::table.filter(
        lendings::chain_id
            .eq(contract_originals::chain_id)
            .and(lendings::contract_id.eq(contract_originals::contract_id.nullable()))
            .assume_not_null()
            .and(lendings::returned_at.is_null()),
    );
    Ok(each!(conn, c => {
        let mut found = contract_originals::table
            .inner_join(contracts::table.on(same))
            .select((contracts::id, contracts::number, contract_originals::custodian_id))
            .filter(contract_originals::chain_id.eq(take.chain_id))
            .filter(not(exists(lent)))
            .into_boxed();
        if let Some(store) = take.store_id {
            found = found.filter(contracts::store_id.eq(store));
        }
        if let Some(custodian) = take.custodian_id {
            found = found.filter(contract_originals::custodian_id.eq(custodian));
        }
        found.order(contracts::id).load(c)?
    }))
}

/// Numbers of which nobody has said anything, with their contracts.
pub(super) fn open(conn: &mut Conn, take: &StockTakeRow) -> Result<Vec<(String, Option<Id>)>> {
    let own = stock_take_items::chain_id
        .eq(take.chain_id)
        .and(stock_take_items::stock_take_id.eq(take.id));
    Ok(each!(conn, c => stock_take_items::table
        .select((stock_take_items::number, stock_take_items::contract_id))
        .filter(own.and(stock_take_items::outcome.is_null()))
        .order(stock_take_items::number)
        .load(c)?))
}

/// Says of some numbers what they came to.
pub(super) fn settle(
    conn: &mut Conn,
    take: &StockTakeRow,
    numbers: &[&str],
    (outcome, staff, at): (StockOutcome, Option<Id>, i64),
) -> Result<()> {
    for numbers in numbers.chunks(SOME) {
        let own = stock_take_items::chain_id
            .eq(take.chain_id)
            .and(stock_take_items::stock_take_id.eq(take.id))
            .and(stock_take_items::number.eq_any(numbers.to_vec()));
        let set = (
            stock_take_items::outcome.eq(Some(Name(outcome))),
            stock_take_items::staff_id.eq(staff),
            stock_take_items::at.eq(Some(at)),
        );
        each!(conn, c => diesel::update(stock_take_items::table.filter(own)).set(set).execute(c)?);
    }
    Ok(())
}

/// How many numbers a stock-take has of what.
pub(super) fn counts(conn: &mut Conn, take: &StockTakeRow) -> Result<StockCounts> {
    type Group = (Option<Name<StockOutcome>>, bool, i64);
    let own = stock_take_items::chain_id
        .eq(take.chain_id)
        .and(stock_take_items::stock_take_id.eq(take.id));
    let groups: Vec<Group> = each!(conn, c => stock_take_items::table
        .group_by((stock_take_items::outcome, stock_take_items::expected))
        .select((stock_take_items::outcome, stock_take_items::expected, count_star()))
        .filter(own)
        .load(c)?);
    let mut counts = StockCounts::default();
    for (outcome, expected, count) in groups {
        counts.expected += if expected { count } else { 0 };
        let place = match outcome.map(|outcome| outcome.0) {
            None => &mut counts.open,
            Some(StockOutcome::Found) => &mut counts.found,
            Some(StockOutcome::Missing) => &mut counts.missing,
            Some(StockOutcome::Unexpected) => &mut counts.unexpected,
            Some(StockOutcome::LentFound) => &mut counts.lent_found,
            Some(StockOutcome::Unknown) => &mut counts.unknown,
            Some(StockOutcome::Moved) => &mut counts.moved,
        };
        *place += count;
    }
    Ok(counts)
}
