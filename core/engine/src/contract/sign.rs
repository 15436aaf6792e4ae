//! Signing: the scan, the filing number, the parties as they are then. A successor begins when the one before is over.

use super::document::{Contract, Signing};
use super::row::{self, ContractRow, seal};
use super::steps::parties;
use super::write::Opened;
use super::{custody, kind, milestone, template, zone};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{Stored, Written, field, not_found};
use crate::store::schema::filing_numbers;
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::contract::filing::FilingNumber;
use cardea_domain::contract::{ContractState, ContractStep};
use cardea_domain::id::ContractId;
use cardea_domain::{Code, Day, Refusal};
use diesel::prelude::*;
use std::sync::Arc;

/// # Errors
/// `contract_state`, if the contract before isn't over when this one begins.
pub(super) fn check_follows(conn: &mut Conn, row: &ContractRow) -> Result<()> {
    let Some(before) = row.predecessor_id else {
        return Ok(());
    };
    let before = row::find(conn, row.chain_id.typed(), before)?.ok_or_else(not_found)?;
    let last = before.ended_on.or(before.ends_on);
    if last.zip(row.starts_on).is_some_and(|(last, first)| first > last) {
        return Ok(());
    }
    let until = last.map_or_else(|| "…".to_owned(), |last| Day(last).to_string());
    let zh = format!("前一份合同到 {until} 为止，续签合同须在其后开始");
    let en = format!("The contract before holds until {until}; its successor begins after that");
    Err(Refusal::new(Code::ContractState, zh, en)
        .at("/content/starts_on")
        .into())
}

/// The next filing number of a category in a year: `JX-2026-0001`, without gaps, because it is given in the transaction
/// that signs.
fn next_number(tx: &mut Tx<'_>, kind: &kind::Row, signed_on: Day) -> Result<String> {
    let (chain, year) = (Id::from(tx.chain()), signed_on.year());
    let place = filing_numbers::table.find((chain, kind.category.as_str(), year));
    let last: Option<i64> = each!(tx.conn(), c => place.select(filing_numbers::last).get_result(c).optional()?);
    let last = u32::try_from(last.unwrap_or_default()).ok();
    let next = FilingNumber::next(&kind.category, year, last);
    let next = next.ok_or_else(|| Error::internal("no filing number is left"))?;
    let row = (
        filing_numbers::chain_id.eq(chain),
        filing_numbers::category.eq(&kind.category),
        filing_numbers::year.eq(year),
        filing_numbers::last.eq(i64::from(next.number())),
    );
    each!(tx.conn(), c => {
        diesel::delete(filing_numbers::table.find((chain, kind.category.as_str(), year))).execute(c)?;
        diesel::insert_into(filing_numbers::table).values(row).execute(c)?;
    });
    Ok(next.to_string())
}

/// Its own number, or for a supplement that of the contract with its how-manieth change.
fn number(tx: &mut Tx<'_>, opened: &Opened, signed_on: Day) -> Result<String> {
    let (chain, row) = (tx.chain(), &opened.row);
    let (Some(main), Some(supplement)) = (row.main_id, row.supplement) else {
        return next_number(tx, &opened.kind, signed_on);
    };
    let main = row::find(tx.conn(), chain, main)?.ok_or_else(not_found)?;
    if !main.state.0.binds() {
        let (zh, en) = ("原合同已不再有效", "The contract that it changes doesn't hold any more");
        return Err(Refusal::new(Code::ContractState, zh, en).into());
    }
    Ok(format!("{}-S{supplement}", main.number.unwrap_or_default()))
}

impl Engine {
    /// Notes that both parties have signed what was approved. The parties stand in it as they are now; a later change of an
    /// address doesn't change it. Where its first day has come, it is in force at once.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state`; `field_invalid` for a day to come, or a file that isn't the customer's.
    pub async fn sign_contract(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        signing: Signing,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractSign)?;
        let row = self.read(actor.chain, |conn| row::find(conn, actor.chain, id.into()))?;
        let row = row.ok_or_else(not_found)?;
        actor.require(Action::ContractSign, Some(row.store_id.typed()))?;
        let now = self.clock().business(actor.chain);
        let today = self.read(actor.chain, |conn| zone::day_in(conn, actor.chain, row.store_id, now))?;
        if signing.signed_on > today {
            return Err(field("/signed_on", "不能晚于今天", "Not after today"));
        }
        row.state.0.after(ContractStep::Sign)?;
        let unknown = || field("/scan_id", "这不是该顾客的文件", "This isn't a file of the customer's");
        let digest = self
            .file_digest(actor, row.customer_id.typed(), signing.scan_id)
            .await?;
        let digest = digest.ok_or_else(unknown)?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let mut opened = Opened::load(tx, &keys, id, Action::ContractSign)?;
            opened.row.state.0.after(ContractStep::Sign)?;
            check_follows(tx.conn(), &opened.row)?;
            let content = opened.content()?;
            let parties = parties(tx.conn(), &keys, &opened.customer, &content)?;
            let number = number(tx, &opened, signing.signed_on)?;
            let template = template::pin(tx, opened.row.type_id)?;
            let row = &mut opened.row;
            row.template_number = Some(template);
            row.parties = Some(seal(&opened.key, b"parties", &parties)?);
            row.number = Some(number);
            row.signed_on = Some(signing.signed_on.0);
            row.starts_on = row.starts_on.or(Some(signing.signed_on.0));
            row.scan_id = Some(signing.scan_id.into());
            row.scan_hash = Some(digest.clone());
            milestone::begin(tx, &opened.row, &content.milestones)?;
            opened.take(tx, ContractStep::Sign, None)?;
            custody::begin(tx, &opened.row, signing.custody.as_ref())?;
            if opened.row.starts_on.is_some_and(|day| day <= today.0) {
                opened.take(tx, ContractStep::Begin, None)?;
            }
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.sign", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }
}

/// The state that the calendar makes of a contract on a day, with the step; none if it stays.
pub(super) fn turned(row: &ContractRow, today: Day) -> Option<ContractStep> {
    let past = |day: Option<i32>| day.is_some_and(|day| day < today.0);
    match row.state.0 {
        ContractState::Signed | ContractState::InForce if past(row.ended_on) => Some(ContractStep::Terminate),
        ContractState::Signed if row.starts_on.is_some_and(|day| day <= today.0) => Some(ContractStep::Begin),
        ContractState::InForce if past(row.ends_on) => Some(ContractStep::Expire),
        _ => None,
    }
}

/// The day's step for a contract, which may be followed by another one.
pub(super) fn turn(tx: &mut Tx<'_>, row: &mut ContractRow, today: Day) -> Result<u64> {
    let mut taken = 0;
    while let Some(step) = turned(row, today) {
        take(tx, row, step)?;
        end_supplements(tx, row)?;
        taken += 1;
    }
    Ok(taken)
}

/// What changes a contract ends with it.
pub(super) fn end_supplements(tx: &mut Tx<'_>, main: &ContractRow) -> Result<()> {
    if main.main_id.is_some() || !matches!(main.state.0, ContractState::Expired | ContractState::Terminated) {
        return Ok(());
    }
    for mut row in row::supplements(tx.conn(), main.chain_id, main.id)? {
        if row.state.0.binds() {
            row.ended_on = main.ended_on.or(main.ends_on);
            take(tx, &mut row, ContractStep::Terminate)?;
        }
    }
    Ok(())
}

/// A step that nobody says anything to.
pub(super) fn take(tx: &mut Tx<'_>, row: &mut ContractRow, step: ContractStep) -> Result<()> {
    row.state = Name(row.state.0.after(step)?);
    row.version += 1;
    row.changed_at = tx.business_now().0;
    row::update(tx.conn(), row)?;
    row::tell(tx, row, step, None)
}
