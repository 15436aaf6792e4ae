//! Custody of signed originals (D-CON-4): one custodian each, and a place. Who gives one and who takes it stand in the
//! contract's history; so do loans, and what stock-takes say.

use super::author;
use super::document::Contract;
use super::row::{self, ContractRow, EventRow};
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field, not_found};
use crate::store::schema::{contract_events, contract_originals, custody_events, lendings};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::contract::custody::{self, Kept};
use cardea_domain::contract::{ContractStep, CustodyStep, OriginalState};
use cardea_domain::id::{ChainId, ContractId, CustomerId, LendingId, StaffId, StockTakeId};
use cardea_domain::{Code, Day, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Characters of a place.
const LONGEST: usize = 100;

/// Who keeps a signed original from now on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Custody {
    #[schema(value_type = Uuid)]
    pub custodian_id: StaffId,
    /// Where, e.g. a cabinet; absent: it isn't said.
    #[schema(min_length = 1, max_length = 100)]
    pub place: Option<String>,
}

/// The signed original of a contract.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Original {
    #[schema(value_type = Uuid)]
    pub custodian_id: StaffId,
    pub place: Option<String>,
    /// Since when this custodian has it.
    #[schema(value_type = String, format = DateTime)]
    pub since: Instant,
    pub state: OriginalState,
    /// A stock-take hasn't found it since.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub missing_since: Option<Instant>,
    /// Who has it, while it is lent.
    pub loan: Option<OriginalLoan>,
}

/// Who has an original.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OriginalLoan {
    #[schema(value_type = Uuid)]
    pub lending_id: LendingId,
    #[schema(value_type = Uuid)]
    pub borrower_id: StaffId,
    #[schema(value_type = String, format = Date)]
    pub due_on: Day,
    pub overdue: bool,
}

/// What an event says of the original.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustodyChange {
    pub step: CustodyStep,
    /// Who gave it.
    #[schema(value_type = Option<Uuid>)]
    pub from_id: Option<StaffId>,
    /// Who took it.
    #[schema(value_type = Option<Uuid>)]
    pub to_id: Option<StaffId>,
    pub place: Option<String>,
    #[schema(value_type = Option<Uuid>)]
    pub lending_id: Option<LendingId>,
    #[schema(value_type = Option<Uuid>)]
    pub stock_take_id: Option<StockTakeId>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contract_originals, primary_key(chain_id, contract_id), treat_none_as_null = true)]
pub(crate) struct OriginalRow {
    pub chain_id: Id,
    pub contract_id: Id,
    pub custodian_id: Id,
    pub place: Option<String>,
    pub since: i64,
    pub missing_since: Option<i64>,
    pub stock_take_id: Option<Id>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = custody_events)]
struct CustodyRow {
    chain_id: Id,
    contract_id: Id,
    event_id: Id,
    step: Name<CustodyStep>,
    from_id: Option<Id>,
    to_id: Option<Id>,
    place: Option<String>,
    lending_id: Option<Id>,
    stock_take_id: Option<Id>,
}

/// A loan of an original that isn't back.
#[derive(Clone, Copy, Queryable)]
pub(crate) struct Away {
    pub lending_id: Id,
    pub borrower_id: Id,
    pub due_on: i32,
}

/// What is to be told of an original.
#[derive(Clone)]
pub(crate) struct Told {
    pub step: CustodyStep,
    pub from: Option<Id>,
    pub to: Option<Id>,
    pub place: Option<String>,
    pub lending: Option<Id>,
    pub stock_take: Option<Id>,
}

impl Told {
    pub fn new(step: CustodyStep) -> Self {
        Self {
            step,
            from: None,
            to: None,
            place: None,
            lending: None,
            stock_take: None,
        }
    }
}

pub(crate) fn find(conn: &mut Conn, chain: ChainId, contract: Id) -> Result<Option<OriginalRow>> {
    let row = contract_originals::table.find((Id::from(chain), contract));
    Ok(each!(conn, c => row.select(OriginalRow::as_select()).get_result(c).optional()?))
}

pub(crate) fn save(conn: &mut Conn, row: &OriginalRow) -> Result<()> {
    let found = contract_originals::table.find((row.chain_id, row.contract_id));
    each!(conn, c => diesel::update(found).set(row).execute(c)?);
    Ok(())
}

fn insert(conn: &mut Conn, row: &OriginalRow) -> Result<()> {
    each!(conn, c => diesel::insert_into(contract_originals::table).values(row).execute(c)?);
    Ok(())
}

/// The loan of an original that isn't back: one at most.
pub(crate) fn away(conn: &mut Conn, chain: ChainId, contract: Id) -> Result<Option<Away>> {
    let open = lendings::chain_id
        .eq(Id::from(chain))
        .and(lendings::contract_id.eq(Some(contract)))
        .assume_not_null()
        .and(lendings::returned_at.is_null());
    Ok(each!(conn, c => lendings::table
        .select((lendings::id, lendings::borrower_id, lendings::due_on))
        .filter(open)
        .get_result(c)
        .optional()?))
}

/// The original of a contract; None where nobody was named who keeps it.
pub(super) fn view(conn: &mut Conn, contract: &ContractRow, today: Day) -> Result<Option<Original>> {
    let chain = contract.chain_id.typed();
    let Some(row) = find(conn, chain, contract.id)? else {
        return Ok(None);
    };
    let away = away(conn, chain, contract.id)?;
    let state = match (&away, row.missing_since) {
        (Some(_), _) => OriginalState::Lent,
        (None, Some(_)) => OriginalState::Missing,
        (None, None) => OriginalState::Kept,
    };
    let loan = |away: Away| OriginalLoan {
        lending_id: away.lending_id.typed(),
        borrower_id: away.borrower_id.typed(),
        due_on: Day(away.due_on),
        overdue: Day(away.due_on) < today,
    };
    Ok(Some(Original {
        custodian_id: row.custodian_id.typed(),
        place: row.place,
        since: Instant(row.since),
        state,
        missing_since: row.missing_since.map(Instant),
        loan: away.map(loan),
    }))
}

/// What some events of a contract say of its original, by their ids.
pub(super) fn of_events(conn: &mut Conn, contract: &ContractRow, ids: &[Id]) -> Result<HashMap<Id, CustodyChange>> {
    let own = custody_events::chain_id
        .eq(contract.chain_id)
        .and(custody_events::contract_id.eq(contract.id));
    let rows: Vec<CustodyRow> = each!(conn, c => custody_events::table
        .select(CustodyRow::as_select())
        .filter(own.and(custody_events::event_id.eq_any(ids)))
        .load(c)?);
    let view = |row: CustodyRow| {
        let change = CustodyChange {
            step: row.step.0,
            from_id: row.from_id.map(Id::typed),
            to_id: row.to_id.map(Id::typed),
            place: row.place,
            lending_id: row.lending_id.map(Id::typed),
            stock_take_id: row.stock_take_id.map(Id::typed),
        };
        (row.event_id, change)
    };
    Ok(rows.into_iter().map(view).collect())
}

fn keep(conn: &mut Conn, (contract, event): (&ContractRow, Id), told: Told) -> Result<()> {
    let row = CustodyRow {
        chain_id: contract.chain_id,
        contract_id: contract.id,
        event_id: event,
        step: Name(told.step),
        from_id: told.from,
        to_id: told.to,
        place: told.place,
        lending_id: told.lending,
        stock_take_id: told.stock_take,
    };
    each!(conn, c => diesel::insert_into(custody_events::table).values(&row).execute(c)?);
    Ok(())
}

/// Tells the contract's history, the audit log and the outbox what has happened with its original.
pub(crate) fn tell(tx: &mut Tx<'_>, contract: &ContractRow, told: Told) -> Result<()> {
    contract.state.0.after(ContractStep::Custody)?;
    let event = EventRow {
        chain_id: contract.chain_id,
        contract_id: contract.id,
        id: tx.new_id::<ContractId>().into(),
        step: Name(ContractStep::Custody),
        state: contract.state,
        content_version: contract.content_version,
        staff_id: tx.actor().staff.map(Id::from),
        note: None,
        at: tx.business_now().0,
    };
    each!(tx.conn(), c => diesel::insert_into(contract_events::table).values(&event).execute(c)?);
    let id = |id: Option<Id>| id.map(|id| id.0);
    let detail = json!({
        "step": told.step, "number": contract.number, "from": id(told.from), "to": id(told.to),
        "lending_id": id(told.lending), "stock_take_id": id(told.stock_take),
    });
    tx.audit("contract.custody", contract.id.0, detail);
    let customer: CustomerId = contract.customer_id.typed();
    let message = json!({
        "contract_id": contract.id.0, "customer_id": customer, "step": ContractStep::Custody, "state": contract.state.0,
    });
    tx.publish("contract.changed", message);
    keep(tx.conn(), (contract, event.id), told)
}

/// Notes that a missing original is there again; one that wasn't missing stays as it is.
pub(crate) fn find_again(tx: &mut Tx<'_>, contract: &ContractRow, stock_take: Option<Id>) -> Result<()> {
    let chain = tx.chain();
    let found = find(tx.conn(), chain, contract.id)?;
    let Some(mut row) = found.filter(|row| row.missing_since.is_some()) else {
        return Ok(());
    };
    (row.missing_since, row.stock_take_id) = (None, None);
    save(tx.conn(), &row)?;
    let told = Told {
        to: Some(row.custodian_id),
        stock_take,
        ..Told::new(CustodyStep::Found)
    };
    tell(tx, contract, told)
}

/// Notes that a stock-take hasn't found an original; one that was missing before stays so since then.
pub(crate) fn miss(tx: &mut Tx<'_>, contract: Id, stock_take: Id) -> Result<()> {
    let chain = tx.chain();
    let found = find(tx.conn(), chain, contract)?;
    let Some(mut row) = found.filter(|row| row.missing_since.is_none()) else {
        return Ok(());
    };
    let contract = row::find(tx.conn(), chain, contract)?.ok_or_else(not_found)?;
    row.missing_since = Some(tx.business_now().0);
    row.stock_take_id = Some(stock_take);
    save(tx.conn(), &row)?;
    let told = Told {
        from: Some(row.custodian_id),
        stock_take: Some(stock_take),
        ..Told::new(CustodyStep::Missing)
    };
    tell(tx, &contract, told)
}

fn place(custody: &Custody, pointer: &str) -> Result<Option<String>, Refusal> {
    let place = custody.place.as_deref();
    place.map(|place| input::text(place, LONGEST, pointer)).transpose()
}

/// From signing on somebody keeps the original: who is named, or who notes the signatures. The signing's own event says so.
pub(super) fn begin(tx: &mut Tx<'_>, contract: &ContractRow, named: Option<&Custody>) -> Result<()> {
    let chain = tx.chain();
    if let Some(custody) = named {
        author::check_at(tx.conn(), chain, custody.custodian_id, "/custody/custodian_id")?;
    }
    let custodian = named.map(|custody| custody.custodian_id).or(tx.actor().staff);
    let Some(custodian) = custodian else { return Ok(()) };
    let place = named
        .map(|custody| place(custody, "/custody/place"))
        .transpose()?
        .flatten();
    let row = OriginalRow {
        chain_id: contract.chain_id,
        contract_id: contract.id,
        custodian_id: custodian.into(),
        place: place.clone(),
        since: tx.business_now().0,
        missing_since: None,
        stock_take_id: None,
    };
    insert(tx.conn(), &row)?;
    let last = row::events(tx.conn(), (contract.chain_id, contract.id), (Id(Uuid::max()), 1))?;
    let event = last.first().ok_or_else(not_found)?.id;
    let told = Told {
        to: Some(row.custodian_id),
        place,
        ..Told::new(CustodyStep::Taken)
    };
    keep(tx.conn(), (contract, event), told)
}

/// # Errors
/// `contract_state`: only what was signed has an original.
fn check_signed(contract: &ContractRow) -> Result<(), Refusal> {
    if contract.number.is_some() {
        return Ok(());
    }
    let (zh, en) = (
        "合同尚未签署，还没有原件",
        "The contract isn't signed yet: there is no original",
    );
    Err(Refusal::new(Code::ContractState, zh, en))
}

/// An original that may be lent: a signed contract of the customer's with a custodian, neither away nor missing.
///
/// # Errors
/// `field_invalid` for a contract that isn't the customer's, `contract_state` for what can't be lent now.
pub(crate) fn lendable(conn: &mut Conn, chain: ChainId, id: ContractId, customer: CustomerId) -> Result<ContractRow> {
    let unknown = || {
        field(
            "/contract_id",
            "这不是该顾客的合同",
            "This isn't a contract of the customer's",
        )
    };
    let contract = row::find(conn, chain, id.into())?.filter(|row| row.customer_id == customer.into());
    let contract = contract.ok_or_else(unknown)?;
    check_signed(&contract)?;
    let cannot = |zh: &str, en: &str| Refusal::new(Code::ContractState, zh, en).at("/contract_id");
    let Some(original) = find(conn, chain, contract.id)? else {
        let (zh, en) = (
            "原件还没有保管人，请先登记保管人",
            "Nobody keeps the original yet: name its custodian first",
        );
        return Err(cannot(zh, en).into());
    };
    if let Some(away) = away(conn, chain, contract.id)? {
        let due = Day(away.due_on);
        let zh = format!("原件已借出，应于 {due} 前归还");
        let en = format!("The original is lent already, until {due}");
        return Err(cannot(&zh, &en).into());
    }
    if original.missing_since.is_some() {
        let (zh, en) = (
            "盘点时没有找到原件，找到后再借出",
            "A stock-take hasn't found the original: it can be lent once it is found",
        );
        return Err(cannot(zh, en).into());
    }
    Ok(contract)
}

impl Engine {
    /// Says who keeps a signed original from now on, and where. A missing one that somebody takes is there again.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `contract_state` before it is signed; `field_invalid` for somebody who isn't at work.
    pub async fn set_custody(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        new: Custody,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractCustody)?;
        let place = place(&new, "/place")?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let contract = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            tx.actor()
                .require(Action::ContractCustody, Some(contract.store_id.typed()))?;
            check_signed(&contract)?;
            author::check_at(tx.conn(), chain, new.custodian_id, "/custodian_id")?;
            let before = find(tx.conn(), chain, contract.id)?;
            let kept = before.as_ref().map(|row| Kept {
                custodian: row.custodian_id.typed(),
                place: row.place.clone(),
                missing: row.missing_since.is_some(),
            });
            let Some(step) = custody::step(kept.as_ref(), new.custodian_id, place.as_deref()) else {
                return Answer::ok(&Stored::of(id));
            };
            let to = Id::from(new.custodian_id);
            let stays = before.as_ref().filter(|row| row.custodian_id == to);
            let row = OriginalRow {
                chain_id: contract.chain_id,
                contract_id: contract.id,
                custodian_id: to,
                place: place.clone(),
                since: stays.map_or(tx.business_now().0, |row| row.since),
                missing_since: None,
                stock_take_id: None,
            };
            match &before {
                Some(_) => save(tx.conn(), &row)?,
                None => insert(tx.conn(), &row)?,
            }
            let told = Told {
                from: before.map(|row| row.custodian_id),
                to: Some(to),
                place: place.clone(),
                ..Told::new(step)
            };
            tell(tx, &contract, told)?;
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.custody", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }
}
