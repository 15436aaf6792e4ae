//! Beginning, ticking and closing stock-takes.

use super::row::{self, ItemRow, StockTakeRow};
use super::{NewStockTake, StockTake, StockTakeClosing, Tick, TickAnswer};
use crate::actor::Actor;
use crate::contract::{custody, row as contract};
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::store::schema::{contracts, staff, stock_takes, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Lane, Name, Tx};
use crate::{Engine, each};
use cardea_domain::contract::StockOutcome;
use cardea_domain::contract::custody::{Ticked, unticked};
use cardea_domain::id::{ChainId, StockTakeId};
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashSet;

/// Characters of a filing number, that of a supplement too.
const LONGEST: usize = 40;

/// # Errors
/// `field_invalid` for a store or somebody that the chain doesn't have.
fn check_named(conn: &mut Conn, chain: ChainId, new: &NewStockTake) -> Result<()> {
    let chain = Id::from(chain);
    if let Some(store) = new.store_id {
        let row = stores::table.find((chain, Id::from(store)));
        let found: i64 = each!(conn, c => row.count().get_result(c)?);
        if found == 0 {
            return Err(field("/store_id", "没有这家门店", "There is no such store").into());
        }
    }
    if let Some(custodian) = new.custodian_id {
        let row = staff::table.find((chain, Id::from(custodian)));
        let found: i64 = each!(conn, c => row.count().get_result(c)?);
        if found == 0 {
            return Err(field("/custodian_id", "没有这位员工", "There is no such staff member").into());
        }
    }
    Ok(())
}

/// A stock-take that is still open, for somebody who may take it.
///
/// # Errors
/// `not_found`, `forbidden`, `decided_already`.
fn open(tx: &mut Tx<'_>, id: StockTakeId) -> Result<StockTakeRow> {
    let chain = tx.chain();
    let take = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    tx.actor()
        .require(Action::ContractCustody, take.store_id.map(Id::typed))?;
    if take.closed_at.is_some() {
        let (zh, en) = (
            "盘点已结束，不能再更改；请开始新的盘点",
            "The stock-take is closed and can't change any more: begin a new one",
        );
        return Err(Refusal::new(Code::DecidedAlready, zh, en).into());
    }
    Ok(take)
}

/// As filing numbers are spelt: capitals, half width.
///
/// # Errors
/// `field_invalid`
fn spelt(number: &str) -> Result<String, Refusal> {
    let half = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '—' | '–' => '-',
        _ => c,
    };
    let number: String = number.chars().map(half).collect();
    Ok(input::text(&number, LONGEST, "/number")?.to_uppercase())
}

/// The signed contract of a filing number.
fn of_number(conn: &mut Conn, chain: ChainId, number: &str) -> Result<Option<contract::ContractRow>> {
    let same = contracts::chain_id
        .eq(Id::from(chain))
        .and(contracts::number.eq(Some(number)))
        .assume_not_null();
    Ok(each!(conn, c => contracts::table
        .select(contract::ContractRow::as_select())
        .filter(same)
        .first(c)
        .optional()?))
}

/// Whether somebody keeps it who is counted here.
fn within(take: &StockTakeRow, contract: &contract::ContractRow, original: &custody::OriginalRow) -> bool {
    take.store_id.is_none_or(|store| store == contract.store_id)
        && take
            .custodian_id
            .is_none_or(|custodian| custodian == original.custodian_id)
}

fn tick(tx: &mut Tx<'_>, take: &StockTakeRow, number: String) -> Result<TickAnswer> {
    let chain = tx.chain();
    let line = row::item(tx.conn(), take, &number)?;
    if let Some(outcome) = line.as_ref().and_then(|line| line.outcome) {
        return Ok(TickAnswer {
            number,
            outcome: outcome.0,
            double: true,
        });
    }
    let contract = of_number(tx.conn(), chain, &number)?;
    let (original, lent) = match &contract {
        Some(contract) => (
            custody::find(tx.conn(), chain, contract.id)?,
            custody::away(tx.conn(), chain, contract.id)?.is_some(),
        ),
        None => (None, false),
    };
    let now = contract.as_ref().zip(original.as_ref());
    let ticked = Ticked {
        known: contract.is_some(),
        here: line.is_some() || now.is_some_and(|(contract, original)| within(take, contract, original)),
        lent,
    };
    let (outcome, by, at) = (ticked.outcome(), tx.actor().staff.map(Id::from), tx.business_now().0);
    if line.is_some() {
        row::settle(tx.conn(), take, &[number.as_str()], (outcome, by, at))?;
    } else {
        let item = ItemRow {
            chain_id: take.chain_id,
            stock_take_id: take.id,
            number: number.clone(),
            contract_id: contract.as_ref().map(|contract| contract.id),
            custodian_id: original.map(|row| row.custodian_id),
            expected: false,
            outcome: Some(Name(outcome)),
            at: Some(at),
            staff_id: by,
        };
        row::insert(tx.conn(), &[item])?;
    }
    if let Some(contract) = &contract {
        custody::find_again(tx, contract, Some(take.id))?;
    }
    Ok(TickAnswer {
        number,
        outcome,
        double: false,
    })
}

/// What nobody ticked is missing, unless it was lent or handed over meanwhile.
fn settle(tx: &mut Tx<'_>, take: &StockTakeRow) -> Result<()> {
    let open = row::open(tx.conn(), take)?;
    let here: HashSet<Id> = row::here(tx.conn(), take)?
        .into_iter()
        .map(|one| one.contract)
        .collect();
    let outcome = |contract: &Option<Id>| unticked(contract.is_some_and(|contract| here.contains(&contract)));
    let (by, at) = (tx.actor().staff.map(Id::from), tx.business_now().0);
    for wanted in [StockOutcome::Missing, StockOutcome::Moved] {
        let of = open.iter().filter(|(_, contract)| outcome(contract) == wanted);
        let numbers: Vec<&str> = of.map(|(number, _)| number.as_str()).collect();
        row::settle(tx.conn(), take, &numbers, (wanted, by, at))?;
    }
    for contract in open.iter().filter_map(|(_, contract)| *contract) {
        if here.contains(&contract) {
            custody::miss(tx, contract, take.id)?;
        }
    }
    Ok(())
}

impl Engine {
    /// Begins a stock-take: freezes which originals should be there now.
    ///
    /// # Errors
    /// `forbidden`; `field_invalid` for a store or somebody unknown.
    pub async fn begin_stock_take(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewStockTake,
    ) -> Result<Written<StockTake>, Refusal> {
        actor.require(Action::ContractCustody, new.store_id)?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            check_named(tx.conn(), chain, &new)?;
            let take = StockTakeRow {
                chain_id: chain.into(),
                id: tx.new_id::<StockTakeId>().into(),
                store_id: new.store_id.map(Id::from),
                custodian_id: new.custodian_id.map(Id::from),
                begun_by: tx.actor().staff.map(Id::from),
                begun_at: tx.business_now().0,
                closed_by: None,
                closed_at: None,
            };
            each!(tx.conn(), c => diesel::insert_into(stock_takes::table).values(&take).execute(c)?);
            let item = |here: row::Here| {
                Some(ItemRow {
                    chain_id: take.chain_id,
                    stock_take_id: take.id,
                    number: here.number?,
                    contract_id: Some(here.contract),
                    custodian_id: Some(here.custodian),
                    expected: true,
                    outcome: None,
                    at: None,
                    staff_id: None,
                })
            };
            let here = row::here(tx.conn(), &take)?;
            let items: Vec<ItemRow> = here.into_iter().filter_map(item).collect();
            row::insert(tx.conn(), &items)?;
            let detail = json!({ "store_id": new.store_id, "custodian_id": new.custodian_id, "expected": items.len() });
            tx.audit("stock_take.begin", take.id.0, detail);
            Answer::created(&Stored::of(take.id))
        };
        let begun = self
            .transact_in(Lane::Bulk, actor, key, "stock_take.begin", work)
            .await?;
        Written::read(begun, |id| self.stock_take_view(actor.chain, id.into()))
    }

    /// Ticks a filing number that lies before somebody. One that is ticked again changes nothing. What was missing is found.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`; `decided_already` once it is closed.
    pub async fn tick(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: StockTakeId,
        ticked: Tick,
    ) -> Result<Written<TickAnswer>, Refusal> {
        actor.scope(Action::ContractCustody)?;
        let number = spelt(&ticked.number)?;
        let work = move |tx: &mut Tx<'_>| {
            let take = open(tx, id)?;
            Answer::ok(&tick(tx, &take, number.clone())?)
        };
        let answered = self.transact(actor, key, "stock_take.tick", work).await?;
        Ok(Written {
            status: answered.status,
            replayed: answered.replayed,
            value: serde_json::from_str(&answered.json).map_err(Error::from)?,
        })
    }

    /// Closes a stock-take: what nobody has ticked is missing, and is marked so until it is found. Nothing of it changes
    /// after that.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `decided_already` if it is closed.
    pub async fn close_stock_take(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: StockTakeId,
        closing: StockTakeClosing,
    ) -> Result<Written<StockTake>, Refusal> {
        actor.scope(Action::ContractCustody)?;
        let StockTakeClosing {} = closing;
        let work = move |tx: &mut Tx<'_>| {
            let mut take = open(tx, id)?;
            settle(tx, &take)?;
            take.closed_by = tx.actor().staff.map(Id::from);
            take.closed_at = Some(tx.business_now().0);
            let found = stock_takes::table.find((take.chain_id, take.id));
            each!(tx.conn(), c => diesel::update(found).set(&take).execute(c)?);
            let counts = row::counts(tx.conn(), &take)?;
            tx.audit("stock_take.close", take.id.0, json!({ "counts": counts }));
            Answer::ok(&Stored::of(take.id))
        };
        let closed = self
            .transact_in(Lane::Bulk, actor, key, "stock_take.close", work)
            .await?;
        Written::read(closed, |id| self.stock_take_view(actor.chain, id.into()))
    }
}
