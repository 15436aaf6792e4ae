//! Rebates of a contract from recorded sales (D-CON-5), with a statement that shows how they come about.

use super::read::opened;
use super::row::{self, ContractRow};
use super::steps::text_in_force;
use crate::actor::Actor;
use crate::archive::{CustomerRow, find_customer};
use crate::error::{Error, Result};
use crate::input::{field, not_found};
use crate::keys::ChainKeys;
use crate::store::schema::{bills, memberships};
use crate::store::{Conn, Id};
use crate::{Engine, each};
use cardea_domain::contract::dates::Term;
use cardea_domain::contract::rebate::{RebateError, RebateStatement, RecordedSale};
use cardea_domain::contract::turnover::{MonthSales, RebateAgreement, months};
use cardea_domain::id::{ContractId, CustomerId};
use cardea_domain::sale::BillKind;
use cardea_domain::{Code, Day, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Of which days.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RebateQuery {
    /// The first day; days before the contract's first don't count.
    #[param(value_type = String, format = Date)]
    pub from: Day,
    /// The last day; days after the contract's last don't count.
    #[param(value_type = String, format = Date)]
    pub to: Day,
}

/// How the rebates of some time come about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ContractRebate {
    #[schema(value_type = Uuid)]
    pub contract_id: ContractId,
    /// Its filing number.
    pub number: Option<String>,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Of the chain.
    pub currency: String,
    /// The days that count.
    pub term: Term,
    /// What the text in force says.
    pub agreed: RebateAgreement,
    /// What the customer has paid, by month, and what of it has come back since.
    pub months: Vec<MonthSales>,
    /// Turnover by period, without tax where that is agreed on, its tiers and the rebate.
    pub statement: RebateStatement,
}

/// What holds now of a contract's rebates.
fn agreed(
    conn: &mut Conn,
    keys: &ChainKeys,
    customer: &CustomerRow,
    contract: &ContractRow,
) -> Result<Option<RebateAgreement>> {
    let changed = text_in_force(conn, contract.chain_id, contract.id)?;
    let content = opened(keys, customer, changed.as_ref().unwrap_or(contract))?;
    Ok(content.and_then(|content| content.rebate))
}

/// The days of a contract among those that are asked for.
///
/// # Errors
/// `contract_state` before it is signed, `field_invalid` for days that aren't the contract's.
fn term(contract: &ContractRow, query: RebateQuery) -> Result<Term, Refusal> {
    let Some(first) = contract.signed_on.and(contract.starts_on) else {
        let (zh, en) = ("合同尚未签署", "The contract isn't signed yet");
        return Err(Refusal::new(Code::ContractState, zh, en));
    };
    let last = contract.ended_on.or(contract.ends_on);
    let term = Term {
        from: query.from.max(Day(first)),
        until: last.map_or(query.to, |last| query.to.min(Day(last))),
    };
    if term.is_sound() {
        return Ok(term);
    }
    let (zh, en) = (
        "须为合同期内的日期，且不早于起始日期",
        "Days of the contract's term, the last not before the first",
    );
    Err(field("/to", zh, en))
}

fn refused(error: RebateError) -> Error {
    match error {
        RebateError::Term => {
            let (zh, en) = ("最多 600 个返利周期", "At most 600 periods of the rebate");
            field("/to", zh, en).into()
        }
        RebateError::TooLarge => Error::internal(error),
    }
}

/// What a customer has bought within a term and paid with money; returns stand with the sale they take back.
fn sales(conn: &mut Conn, customer: &CustomerRow, term: Term) -> Result<Vec<RecordedSale>> {
    let (chain, customer) = (customer.chain_id, customer.id);
    let mine = memberships::chain_id
        .eq(chain)
        .and(memberships::customer_id.eq(Some(customer)))
        .assume_not_null();
    let memberships: Vec<Id> = each!(conn, c => memberships::table.select(memberships::id).filter(mine).load(c)?);
    let within = bills::chain_id
        .eq(chain)
        .and(bills::kind.eq(BillKind::Sale.as_str()))
        .and(bills::business_date.between(term.from.0, term.until.0));
    let figures = (bills::business_date, bills::paid, bills::returned_paid);
    let unowned = bills::customer_id.eq(Some(customer)).assume_not_null();
    let owned = bills::membership_id
        .eq_any(memberships.into_iter().map(Some))
        .assume_not_null();
    let mut found: Vec<(i32, i64, i64)> = each!(conn, c => bills::table
        .select(figures)
        .filter(within.and(bills::membership_id.is_null()).and(unowned))
        .load(c)?);
    found.extend(each!(conn, c => bills::table
        .select(figures)
        .filter(within.and(owned))
        .load::<(i32, i64, i64)>(c)?));
    let sale = |(on, amount, returned)| RecordedSale {
        on: Day(on),
        amount,
        returned,
    };
    Ok(found.into_iter().map(sale).collect())
}

impl Engine {
    /// The statement of a contract's rebates from the recorded sales of its customer. Reading it is noted as reading the
    /// contract is.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state` before it is signed; `contract_incomplete` where nothing was agreed on;
    /// `field_invalid`.
    pub async fn contract_rebate(
        &self,
        actor: &Actor,
        id: ContractId,
        query: RebateQuery,
    ) -> Result<ContractRebate, Refusal> {
        self.read_contract(actor, id).await?;
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let currency = self.chain(chain)?.currency;
        Ok(self.read(chain, |conn| {
            let contract = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let customer = find_customer(conn, chain, contract.customer_id.typed())?.ok_or_else(not_found)?;
            let term = term(&contract, query)?;
            let Some(agreed) = agreed(conn, &keys, &customer, &contract)? else {
                let (zh, en) = ("合同没有约定返利", "The contract says nothing of rebates");
                let refusal = Refusal::new(Code::ContractIncomplete, zh, en);
                return Err(refusal.at("/content/rebate").into());
            };
            let sales = sales(conn, &customer, term)?;
            Ok(ContractRebate {
                contract_id: id,
                number: contract.number,
                customer_id: contract.customer_id.typed(),
                currency,
                term,
                months: months(term, &sales).map_err(refused)?,
                statement: agreed.statement(term, &sales).map_err(refused)?,
                agreed,
            })
        })?)
    }
}
