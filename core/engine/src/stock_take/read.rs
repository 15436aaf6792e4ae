//! Reading stock-takes.

use super::row::{self, ItemRow, StockTakeRow};
use super::{StockItem, StockItemQuery, StockPart, StockTake};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::schema::{stock_take_items, stock_takes};
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::contract::StockOutcome;
use cardea_domain::id::{ChainId, StockTakeId};
use cardea_domain::{Instant, Refusal};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

fn view(conn: &mut Conn, row: StockTakeRow) -> Result<StockTake> {
    let counts = row::counts(conn, &row)?;
    Ok(StockTake {
        id: row.id.typed(),
        store_id: row.store_id.map(Id::typed),
        custodian_id: row.custodian_id.map(Id::typed),
        begun_by: row.begun_by.map(Id::typed),
        begun_at: Instant(row.begun_at),
        closed_by: row.closed_by.map(Id::typed),
        closed_at: row.closed_at.map(Instant),
        counts,
    })
}

fn told(row: ItemRow) -> StockItem {
    StockItem {
        number: row.number,
        contract_id: row.contract_id.map(Id::typed),
        custodian_id: row.custodian_id.map(Id::typed),
        expected: row.expected,
        outcome: row.outcome.map(|outcome| outcome.0),
        staff_id: row.staff_id.map(Id::typed),
        at: row.at.map(Instant),
    }
}

/// A stock-take of a store that the actor may see, or for who sees all stores.
fn permitted(conn: &mut Conn, actor: &Actor, id: StockTakeId) -> Result<StockTakeRow> {
    let row = row::find(conn, actor.chain, id.into())?.ok_or_else(not_found)?;
    actor.require(Action::ContractRead, row.store_id.map(Id::typed))?;
    Ok(row)
}

impl Engine {
    pub(super) fn stock_take_view(&self, chain: ChainId, id: Id) -> Result<StockTake> {
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, row)
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn stock_take(&self, actor: &Actor, id: StockTakeId) -> Result<StockTake, Refusal> {
        actor.scope(Action::ContractRead)?;
        Ok(self.read(actor.chain, |conn| {
            let row = permitted(conn, actor, id)?;
            view(conn, row)
        })?)
    }

    /// Stock-takes of the actor's stores, begun last first; those of all stores for who sees all.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn stock_takes(&self, actor: &Actor, page: &PageArgs) -> Result<Page<StockTake>, Refusal> {
        let scope = actor.scope(Action::ContractRead)?;
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (all, stores) = match &scope {
            StoreScope::All => (true, Vec::new()),
            StoreScope::Only(stores) => (false, stores.iter().map(|store| Some(Id::from(*store))).collect()),
        };
        let found = self.read(actor.chain, |conn| {
            let rows: Vec<StockTakeRow> = each!(conn, c => stock_takes::table
                .select(StockTakeRow::as_select())
                .filter(stock_takes::chain_id.eq(Id::from(actor.chain)).and(stock_takes::id.lt(before)))
                .filter(all.into_sql::<Bool>().or(stock_takes::store_id.eq_any(stores.iter().copied()).assume_not_null()))
                .order(stock_takes::id.desc())
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter().map(|row| view(conn, row)).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |take| take.id.to_string()))
    }

    /// Filing numbers of a stock-take, in their order.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `body_invalid` (limit).
    pub fn stock_items(
        &self,
        actor: &Actor,
        id: StockTakeId,
        query: &StockItemQuery,
    ) -> Result<Page<StockItem>, Refusal> {
        actor.scope(Action::ContractRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let limit = page.limit()?;
        let after = query.after.clone().unwrap_or_default();
        let found = self.read(actor.chain, |conn| {
            let take = permitted(conn, actor, id)?;
            select(conn, &take, query, (&after, limit as i64 + 1))
        })?;
        let items = found.into_iter().map(told).collect();
        Ok(Page::cut(items, limit, |item: &StockItem| item.number.clone()))
    }
}

fn select(
    conn: &mut Conn,
    take: &StockTakeRow,
    query: &StockItemQuery,
    (after, limit): (&str, i64),
) -> Result<Vec<ItemRow>> {
    let differences = StockOutcome::ALL.iter().filter(|outcome| outcome.is_difference());
    let differences: Vec<Option<Name<StockOutcome>>> = differences.map(|outcome| Some(Name(*outcome))).collect();
    let own = stock_take_items::chain_id
        .eq(take.chain_id)
        .and(stock_take_items::stock_take_id.eq(take.id));
    Ok(each!(conn, c => {
        let mut found = stock_take_items::table
            .select(ItemRow::as_select())
            .filter(own.and(stock_take_items::number.gt(after)))
            .into_boxed();
        match query.part {
            Some(StockPart::Open) => found = found.filter(stock_take_items::outcome.is_null()),
            Some(StockPart::Differences) => {
                found = found.filter(stock_take_items::outcome.eq_any(differences.iter().copied()).assume_not_null());
            }
            None => {}
        }
        if let Some(outcome) = query.outcome {
            found = found.filter(stock_take_items::outcome.eq(Some(Name(outcome))).assume_not_null());
        }
        found.order(stock_take_items::number).limit(limit).load(c)?
    }))
}
