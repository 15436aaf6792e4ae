//! What the calendar does with contracts, and with requests for approval that nobody decides.

use super::row::{self, ContractRow};
use super::sign;
use crate::approval::{self, ApprovalKind};
use crate::each;
use crate::error::Result;
use crate::store::schema::contracts;
use crate::store::{Conn, Id, Name, Tx};
use cardea_domain::Day;
use cardea_domain::contract::{ContractState, ContractStep};
use cardea_domain::id::ChainId;
use diesel::prelude::*;

/// Contracts of one transaction.
pub(crate) const SOME: i64 = 100;

/// Some contracts of stores whose day has come.
pub(crate) fn due(conn: &mut Conn, chain: ChainId, today: Day, stores: &[Id]) -> Result<Vec<Id>> {
    let begin = contracts::state
        .eq(Name(ContractState::Signed))
        .and(contracts::starts_on.le(Some(today.0)));
    let end = contracts::state
        .eq(Name(ContractState::InForce))
        .and(contracts::ends_on.lt(Some(today.0)));
    let ended = contracts::state
        .eq_any([Name(ContractState::Signed), Name(ContractState::InForce)])
        .and(contracts::ended_on.lt(Some(today.0)));
    let own = contracts::chain_id.eq(Id::from(chain));
    Ok(each!(conn, c => contracts::table
        .select(contracts::id)
        .filter(contracts::store_id.eq_any(stores))
        .filter(own.and(begin.assume_not_null().or(end.assume_not_null()).or(ended.assume_not_null())))
        .order(contracts::id)
        .limit(SOME)
        .load::<Id>(c)?))
}

/// Begins, ends and expires some; answers how many steps that were.
pub(crate) fn bring_about(tx: &mut Tx<'_>, ids: &[Id], today: Day) -> Result<u64> {
    let chain = tx.chain();
    let rows: Vec<ContractRow> = each!(tx.conn(), c => contracts::table
        .select(ContractRow::as_select())
        .filter(contracts::chain_id.eq(Id::from(chain)).and(contracts::id.eq_any(ids)))
        .order(contracts::id)
        .load(c)?);
    let mut taken = 0;
    for mut row in rows {
        taken += sign::turn(tx, &mut row, today)?;
    }
    Ok(taken)
}

/// Ends requests that nobody decided in time; their contracts are drafts again. Answers how many.
pub(crate) fn expire_approvals(tx: &mut Tx<'_>) -> Result<u64> {
    let (chain, late) = (tx.chain(), approval::expire(tx, SOME)?);
    for (_, subject) in late.iter().filter(|(kind, _)| *kind == ApprovalKind::Contract) {
        // Without its key: whom it is with may be erased.
        if let Some(mut row) = row::find(tx.conn(), chain, *subject)? {
            sign::take(tx, &mut row, ContractStep::Reject)?;
        }
    }
    Ok(late.len() as u64)
}
