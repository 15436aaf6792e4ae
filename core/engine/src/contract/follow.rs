//! What follows a signed contract: numbered supplements that change its text, and successors.

use super::document::{Contract, Supplementing};
use super::row::{self, ContractRow};
use super::steps::text_in_force;
use super::write::{Opened, Place, begin};
use crate::Engine;
use crate::actor::Actor;
use crate::each;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{Stored, Written};
use crate::keys::ChainKeys;
use crate::store::schema::contracts;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use cardea_domain::contract::ContractState;
use cardea_domain::contract::dates::Term;
use cardea_domain::id::ContractId;
use cardea_domain::{Code, Day, Refusal};
use diesel::prelude::*;
use std::sync::Arc;

/// Months of the longest term that is told in months.
const MOST_MONTHS: u32 = 240;

/// Only what was signed is changed or followed.
fn check_signed(opened: &Opened, states: &[ContractState]) -> Result<()> {
    if states.contains(&opened.row.state.0) && opened.row.main_id.is_none() {
        return Ok(());
    }
    let (zh, en) = (
        "只有已签署的合同可以补充或续签，补充协议本身不可以",
        "Only a signed contract is supplemented or renewed, and no supplement is",
    );
    Err(Refusal::new(Code::ContractState, zh, en).into())
}

/// The content that holds now.
fn present(tx: &mut Tx<'_>, keys: &ChainKeys, opened: &Opened) -> Result<super::ContractContent> {
    let row = &opened.row;
    let Some(last) = text_in_force(tx.conn(), row.chain_id, row.id)? else {
        return opened.content();
    };
    match row::key_of(keys, &opened.customer, &last)? {
        Some(key) => row::open(&key, b"content", &last.content),
        None => opened.content(),
    }
}

/// The last day of a successor: as long again, by whole months where the term was some.
fn as_long_again(first: Option<i32>, last: Option<i32>, start: Day) -> Option<Day> {
    let (first, last) = (Day(first?), Day(last?));
    let months =
        (1..=MOST_MONTHS).find(|months| Term::of_months(first, *months).is_some_and(|term| term.until == last));
    match months {
        Some(months) => Term::of_months(start, months).map(|term| term.until),
        None => start.plus_days(last.0 - first.0),
    }
}

/// The contract that follows one, the earliest first: a draft that was put away doesn't.
pub(super) fn successor(conn: &mut Conn, row: &ContractRow) -> Result<Option<Id>> {
    let own = contracts::chain_id
        .eq(row.chain_id)
        .and(contracts::predecessor_id.eq(Some(row.id)))
        .assume_not_null();
    let held = contracts::signed_on
        .is_not_null()
        .or(contracts::state.ne(Name(ContractState::Archived)));
    Ok(each!(conn, c => contracts::table
        .select(contracts::id)
        .filter(own.and(held))
        .order(contracts::id)
        .first(c)
        .optional()?))
}

impl Engine {
    /// Begins a numbered change of a signed contract, as a draft with the text that holds now. It has its own approval and
    /// signatures; signed, its text holds.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`, `already_exists` if one is under way.
    pub async fn supplement_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        new: Supplementing,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let (_, today) = self.business_day(actor.chain)?;
        let work = move |tx: &mut Tx<'_>| {
            let opened = Opened::load(tx, &keys, id, Action::ContractWrite)?;
            check_signed(&opened, &[ContractState::Signed, ContractState::InForce])?;
            let others = row::supplements(tx.conn(), opened.row.chain_id, opened.row.id)?;
            if others
                .iter()
                .any(|row| row.number.is_none() && row.state.0 != ContractState::Archived)
            {
                return Err(under_way("补充协议", "supplement").into());
            }
            let mut content = present(tx, &keys, &opened)?;
            content.starts_on = new.starts_on.or(Some(today));
            content.ends_on = new.ends_on.or(opened.row.ends_on.map(Day));
            let number = others.iter().filter_map(|row| row.supplement).max().unwrap_or_default() + 1;
            let place = Place {
                main: Some(opened.row.id),
                supplement: Some(number),
                ..Place::default()
            };
            let of = (&opened.customer, &opened.kind);
            let id = begin(tx, &keys, of, (&content, place), latest)?;
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.supplement", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }

    /// Begins the successor of a signed contract, as a draft with the text that holds now, from the day after its last.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`, `already_exists` if there is one.
    pub async fn renew_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        new: Supplementing,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractWrite)?;
        let (keys, latest) = (Arc::new(self.keys().chain(actor.chain)), self.latest_day(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let opened = Opened::load(tx, &keys, id, Action::ContractWrite)?;
            let over = [ContractState::Expired, ContractState::Terminated];
            let states = [[ContractState::Signed, ContractState::InForce], over].concat();
            check_signed(&opened, &states)?;
            let row = &opened.row;
            if successor(tx.conn(), row)?.is_some() {
                return Err(under_way("续签合同", "successor").into());
            }
            let mut content = present(tx, &keys, &opened)?;
            let last = row.ended_on.or(row.ends_on).map(Day);
            content.starts_on = new.starts_on.or(last.and_then(|day| day.plus_days(1)));
            let length = content
                .starts_on
                .and_then(|start| as_long_again(row.starts_on, row.ends_on, start));
            content.ends_on = new.ends_on.or(length);
            let place = Place {
                predecessor: Some(row.id),
                ..Place::default()
            };
            let of = (&opened.customer, &opened.kind);
            let id = begin(tx, &keys, of, (&content, place), latest)?;
            Answer::created(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.renew", work).await?;
        Written::read(answered, |id| self.contract_view(actor, Id(id).typed()))
    }
}

fn under_way(zh: &str, en: &str) -> Refusal {
    Refusal::new(
        Code::AlreadyExists,
        format!("已有一份{zh}，请先处理那一份"),
        format!("There is a {en} already; deal with that one first"),
    )
}
