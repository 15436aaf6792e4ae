//! Milestones of signed contracts (D-CON-5): what is to happen by a day, and whether it has.

use super::document::{Contract, Milestone, MilestoneDone, MilestoneState};
use super::row::ContractRow;
use super::write::Opened;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, Stored, Written, field};
use crate::store::schema::{contract_milestones, contracts};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::contract::{ContractState, MilestoneKind};
use cardea_domain::id::ContractId;
use cardea_domain::{Code, Day, Instant, Refusal};
use diesel::prelude::*;
use serde_json::json;
use std::sync::Arc;

const MOST: usize = 100;

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_milestones)]
struct MilestoneRow {
    chain_id: Id,
    contract_id: Id,
    number: i32,
    kind: Name<MilestoneKind>,
    due_on: i32,
    amount: Option<i64>,
    replaced: bool,
    done_at: Option<i64>,
    done_by: Option<Id>,
}

/// Milestones with their texts checked, in the order of their days.
pub(super) fn checked(milestones: &[Milestone]) -> Result<Vec<Milestone>, Refusal> {
    if milestones.len() > MOST {
        return Err(field("/content/milestones", "最多 100 项", "At most 100"));
    }
    let mut kept = Vec::new();
    for (at, milestone) in milestones.iter().enumerate() {
        let pointer = format!("/content/milestones/{at}");
        if milestone.amount.is_some_and(|amount| amount < 0) {
            return Err(field(
                &format!("{pointer}/amount"),
                "金额不能为负",
                "The amount can't be negative",
            ));
        }
        let text = milestone.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let text = text.map(|text| input::text(text, 200, &format!("{pointer}/text")));
        kept.push(Milestone {
            text: text.transpose()?,
            ..milestone.clone()
        });
    }
    kept.sort_by_key(|milestone| milestone.due_on);
    Ok(kept)
}

/// From signing on somebody is reminded of them. Those of a supplement take the place of what is open of the contract's.
pub(super) fn begin(tx: &mut Tx<'_>, contract: &ContractRow, milestones: &[Milestone]) -> Result<()> {
    if let Some(main) = contract.main_id {
        let siblings = contracts::table
            .select(contracts::id)
            .filter(contracts::chain_id.eq(contract.chain_id))
            .filter(
                contracts::id
                    .eq(main)
                    .or(contracts::main_id.eq(Some(main)).assume_not_null()),
            );
        let before: Vec<Id> = each!(tx.conn(), c => siblings.load(c)?);
        let open = contract_milestones::chain_id
            .eq(contract.chain_id)
            .and(contract_milestones::contract_id.eq_any(before))
            .and(contract_milestones::done_at.is_null());
        each!(tx.conn(), c => diesel::update(contract_milestones::table.filter(open))
            .set(contract_milestones::replaced.eq(true))
            .execute(c)?);
    }
    let row = |(number, milestone): (i32, &Milestone)| MilestoneRow {
        chain_id: contract.chain_id,
        contract_id: contract.id,
        number,
        kind: Name(milestone.kind),
        due_on: milestone.due_on.0,
        amount: milestone.amount,
        replaced: false,
        done_at: None,
        done_by: None,
    };
    let rows: Vec<MilestoneRow> = (1..).zip(milestones).map(row).collect();
    each!(tx.conn(), c => diesel::insert_into(contract_milestones::table).values(&rows).execute(c)?);
    Ok(())
}

/// Milestones of a signed contract.
pub(super) fn states(conn: &mut Conn, contract: &ContractRow) -> Result<Vec<MilestoneState>> {
    let rows: Vec<MilestoneRow> = each!(conn, c => contract_milestones::table
        .select(MilestoneRow::as_select())
        .filter(contract_milestones::chain_id.eq(contract.chain_id))
        .filter(contract_milestones::contract_id.eq(contract.id))
        .order(contract_milestones::number)
        .load(c)?);
    let view = |row: MilestoneRow| MilestoneState {
        number: row.number,
        kind: row.kind.0,
        due_on: Day(row.due_on),
        amount: row.amount,
        replaced: row.replaced,
        done_at: row.done_at.map(Instant),
    };
    Ok(rows.into_iter().map(view).collect())
}

impl Engine {
    /// Notes that a milestone has happened, or hasn't after all.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `contract_state` where the contract is archived; `field_invalid` for a number that there
    /// isn't.
    pub async fn note_milestone(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: ContractId,
        note: MilestoneDone,
    ) -> Result<Written<Contract>, Refusal> {
        actor.scope(Action::ContractWrite)?;
        let keys = Arc::new(self.keys().chain(actor.chain));
        let work = move |tx: &mut Tx<'_>| {
            let opened = Opened::load(tx, &keys, id, Action::ContractWrite)?;
            if opened.row.state.0 == ContractState::Archived {
                let (zh, en) = ("合同已归档", "The contract is archived");
                return Err(Refusal::new(Code::ContractState, zh, en).into());
            }
            let done = note.done.then(|| tx.business_now().0);
            let by = tx.actor().staff.filter(|_| note.done).map(Id::from);
            let row = contract_milestones::table.find((opened.row.chain_id, opened.row.id, note.number));
            let set = (
                contract_milestones::done_at.eq(done),
                contract_milestones::done_by.eq(by),
            );
            if each!(tx.conn(), c => diesel::update(row).set(set).execute(c)?) == 0 {
                return Err(field("/number", "没有这一项", "There is no such milestone").into());
            }
            let detail = json!({ "number": note.number, "done": note.done });
            tx.audit("contract.milestone", opened.row.id.0, detail);
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "contract.milestone", work).await?;
        Written::read(answered, |id| self.contract_view(actor, id.into()))
    }
}
