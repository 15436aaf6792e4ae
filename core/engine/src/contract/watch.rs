//! Watching contracts (D-CON-5): reminders of ends and milestones as tasks.

use super::due::SOME;
use super::row::{self, ContractRow};
use crate::archive::find_customer;
use crate::each;
use crate::error::Result;
use crate::keys::ChainKeys;
use crate::store::schema::{contract_milestones, contracts};
use crate::store::{Conn, Id, Name, Notice, Receiver, Tx};
use crate::task::row::{Draft, make};
use cardea_domain::Day;
use cardea_domain::contract::dates::{LEADS, Reminded, reminder_due};
use cardea_domain::contract::{ContractState, MilestoneKind};
use cardea_domain::id::{ChainId, StaffId};
use cardea_domain::message::MessageKind;
use cardea_domain::task::{TaskKind, TaskSource};
use diesel::prelude::*;
use serde_json::json;

/// The last day of a contract, or a milestone, that is near.
#[derive(Clone)]
pub(crate) struct Coming {
    contract: Id,
    /// None: the end of the contract.
    milestone: Option<(i32, MilestoneKind)>,
    due_on: Day,
    signed_on: Day,
}

fn furthest(today: Day) -> Day {
    today.plus_days(i32::from(LEADS[0])).unwrap_or(today)
}

const BINDING: [Name<ContractState>; 2] = [Name(ContractState::Signed), Name(ContractState::InForce)];

/// Some contracts whose end is near, after an id; with the last of them.
pub(crate) fn coming(conn: &mut Conn, chain: ChainId, today: Day, after: Id) -> Result<(Vec<Coming>, Option<Id>)> {
    let own = contracts::chain_id
        .eq(Id::from(chain))
        .and(contracts::state.eq_any(BINDING));
    let near = contracts::ends_on.between(Some(today.0), Some(furthest(today).0));
    let ends: Vec<(Id, Option<i32>, Option<i32>)> = each!(conn, c => contracts::table
        .select((contracts::id, contracts::ends_on, contracts::signed_on))
        .filter(own.and(contracts::main_id.is_null()).and(contracts::id.gt(after)))
        .filter(near.assume_not_null())
        .order(contracts::id)
        .limit(SOME)
        .load(c)?);
    let next = ends.last().map(|(id, _, _)| *id);
    let end = |(contract, due_on, signed_on): (Id, Option<i32>, Option<i32>)| {
        Some(Coming {
            contract,
            milestone: None,
            due_on: Day(due_on?),
            signed_on: Day(signed_on?),
        })
    };
    Ok((ends.into_iter().filter_map(end).collect(), next))
}

/// Milestones that are near, all of them: few contracts have many within two months.
pub(crate) fn milestones(conn: &mut Conn, chain: ChainId, today: Day) -> Result<Vec<Coming>> {
    type Row = (Id, i32, Name<MilestoneKind>, i32, Option<i32>);
    let same = contracts::chain_id
        .eq(contract_milestones::chain_id)
        .and(contracts::id.eq(contract_milestones::contract_id));
    let open = contract_milestones::chain_id
        .eq(Id::from(chain))
        .and(contract_milestones::due_on.between(today.0, furthest(today).0))
        .and(contract_milestones::done_at.is_null())
        .and(contract_milestones::replaced.eq(false));
    let rows: Vec<Row> = each!(conn, c => contract_milestones::table
        .inner_join(contracts::table.on(same))
        .select((
            contract_milestones::contract_id,
            contract_milestones::number,
            contract_milestones::kind,
            contract_milestones::due_on,
            contracts::signed_on,
        ))
        .filter(open)
        .filter(contracts::state.eq_any(BINDING))
        .order((contract_milestones::contract_id, contract_milestones::number))
        .load(c)?);
    let near = |(contract, number, kind, due_on, signed_on): Row| {
        Some(Coming {
            contract,
            milestone: Some((number, kind.0)),
            due_on: Day(due_on),
            signed_on: Day(signed_on?),
        })
    };
    Ok(rows.into_iter().filter_map(near).collect())
}

/// Whether a successor was signed: then nobody needs to be reminded of the end.
fn is_followed(conn: &mut Conn, row: &ContractRow) -> Result<bool> {
    let following = contracts::predecessor_id.eq(Some(row.id)).assume_not_null();
    let count: i64 = each!(conn, c => contracts::table
        .filter(contracts::chain_id.eq(row.chain_id).and(following))
        .filter(contracts::signed_on.is_not_null())
        .count()
        .get_result(c)?);
    Ok(count > 0)
}

fn title(row: &ContractRow, coming: &Coming) -> String {
    let number = row.number.as_deref().unwrap_or_default();
    match coming.milestone {
        None => format!("合同 {number} 将于 {} 到期，请安排续签", coming.due_on),
        Some((_, kind)) => format!("合同 {number} 的{}：{}", kind.label().zh, coming.due_on),
    }
}

/// The same as a message to whoever has the task.
fn notice(row: &ContractRow, coming: &Coming, (staff, today, lead): (StaffId, Day, u16)) -> Notice {
    let number = row.number.as_deref().unwrap_or_default();
    let day = json!({ "day": coming.due_on.0 });
    let (kind, details) = match coming.milestone {
        None => {
            let days = (coming.due_on.0 - today.0).to_string();
            (
                MessageKind::ContractReminder,
                json!({ "number": number, "day": day, "days": days }),
            )
        }
        Some((_, kind)) => {
            let details = json!({ "number": number, "day": day, "milestone": kind.label() });
            (MessageKind::MilestoneReminder, details)
        }
    };
    let milestone = coming.milestone.map_or(0, |(number, _)| number);
    Notice {
        kind,
        to: Receiver::Staff(staff),
        subject: Some(row.id.0),
        details,
        source_key: Some(format!("contract/{}/{milestone}/{}/{lead}", row.id.0, coming.due_on)),
    }
}

/// Makes the tasks that remind of what is near: 60, 30 and 7 days ahead, one for those missed meanwhile. Answers how many.
pub(crate) fn remind(tx: &mut Tx<'_>, keys: &ChainKeys, near: &[Coming], today: Day) -> Result<u64> {
    let (chain, mut made) = (tx.chain(), 0);
    for coming in near {
        let of = Reminded {
            on: coming.due_on,
            known_since: coming.signed_on,
            // What was sent already has its task: a second one for the same isn't made.
            sent: &[],
        };
        let Some(lead) = reminder_due(of, today, &LEADS) else {
            continue;
        };
        let Some(row) = row::find(tx.conn(), chain, coming.contract)? else {
            continue;
        };
        if coming.milestone.is_none() && is_followed(tx.conn(), &row)? {
            continue;
        }
        let Some(customer) = find_customer(tx.conn(), chain, row.customer_id.typed())? else {
            continue;
        };
        let number = coming.milestone.map_or(0, |(number, _)| number);
        let draft = Draft {
            staff: customer.consultant_id.or(row.author_id).map(Id::typed),
            kind: TaskKind::FollowUp,
            due_on: today,
            title: title(&row, coming),
            source: TaskSource::Contract,
            source_key: Some(format!("contract/{}/{number}/{}/{lead}", row.id.0, coming.due_on)),
        };
        let staff = draft.staff;
        if make(tx, keys, &customer, draft)?.is_none() {
            continue;
        }
        made += 1;
        if let Some(staff) = staff {
            tx.notify(notice(&row, coming, (staff, today, lead)));
        }
    }
    Ok(made)
}
