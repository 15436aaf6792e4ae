//! What somebody does only once others have agreed to it (D-CON-3's mechanism for everything else): where the chain says so,
//! a command becomes a request instead, and goes through once when the same is sent again after the yes.

use super::row::ApprovalRow;
use super::rules::ApprovalRules;
use super::write::{DAY, DAYS, Wanted, ask, end_row, person_of};
use super::{ApprovalKind, Guarded};
use crate::actor::Role;
use crate::each;
use crate::error::Result;
use crate::settings;
use crate::store::schema::{approvals, staff};
use crate::store::{Answer, Id, Name, Tx};
use cardea_domain::approval::ApprovalState;
use cardea_domain::id::{ApprovalId, StaffId};
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A command that waits is answered with this status and the request's id; [`crate::Engine::transact`] makes a refusal of it.
pub(crate) const WAITS: u16 = 202;

/// # Errors
/// As [`crate::error::Error`].
fn waits(id: ApprovalId) -> Result<Option<Answer>> {
    Ok(Some(Answer {
        status: WAITS,
        json: serde_json::to_string(&json!({ "approval_id": id }))?,
        kept: None,
    }))
}

/// What whoever sent the command is told.
pub(crate) fn refusal(json: &str) -> Refusal {
    let answer: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let id = answer["approval_id"].as_str().and_then(|id| id.parse().ok());
    let (zh, en) = (
        "已提交审批；他人同意后，请在 14 天内原样再做一次",
        "It was sent for approval: once others have agreed, do exactly the same again within 14 days",
    );
    Refusal::new(Code::ApprovalNeeded, zh, en).with(|facts| facts.approval_id = id)
}

/// None: go on. An answer is given as it is: the command waits for others.
pub(crate) fn permit(tx: &mut Tx<'_>, guarded: Guarded) -> Result<Option<Answer>> {
    // Nobody in person: a job, an import, the demonstration.
    let Some(staff) = tx.actor().staff else { return Ok(None) };
    let (chain, now) = (tx.chain(), tx.business_now().0);
    let rules: ApprovalRules = settings::read(tx.conn(), chain)?.value;
    let Some(steps) = rules.steps(guarded.kind).cloned() else {
        return Ok(None);
    };
    let person = person_of(tx.conn(), chain, staff)?;
    let subject = Id(guarded.subject);
    let wanted = json!([guarded.kind, guarded.subject, guarded.request]);
    let hash = Sha256::digest(serde_json::to_vec(&wanted)?).to_vec();
    for mut row in open(tx, guarded.kind, subject)? {
        let own = match row.asked_by {
            Some(by) => person_of(tx.conn(), chain, by.typed())? == person,
            None => false,
        };
        let late = row.state.0 == ApprovalState::Waiting && row.expires_at <= now
            || row.ended_at.is_some_and(|at| at + DAYS * DAY <= now);
        if !own || late {
            continue;
        }
        if row.hash != hash {
            // Another wish about the same takes its place; a yes to something else stays good for that.
            if row.state.0 == ApprovalState::Waiting {
                end_row(tx, row, ApprovalState::Void)?;
            }
        } else if row.state.0 == ApprovalState::Waiting {
            return waits(row.id.typed());
        } else {
            row.used_at = Some(now);
            row.save(tx.conn())?;
            tx.audit(
                "approval.use",
                row.id.0,
                json!({ "kind": guarded.kind, "subject_id": subject.0 }),
            );
            return Ok(None);
        }
    }
    let id = ask(
        tx,
        Wanted {
            kind: guarded.kind,
            subject,
            version: 0,
            store: None,
            hash,
            steps,
            makers: BTreeSet::from([staff]),
            amount: None,
            summary: guarded.summary,
            request: Some(guarded.request.to_string()),
        },
    )?;
    waits(id)
}

/// Requests about a subject that wait, or have a yes that isn't used.
fn open(tx: &mut Tx<'_>, kind: ApprovalKind, subject: Id) -> Result<Vec<ApprovalRow>> {
    let own = approvals::chain_id
        .eq(Id::from(tx.chain()))
        .and(approvals::subject_id.eq(subject))
        .and(approvals::kind.eq(Name(kind)));
    let states = [Name(ApprovalState::Waiting), Name(ApprovalState::Approved)];
    Ok(each!(tx.conn(), c => approvals::table
        .select(ApprovalRow::as_select())
        .filter(own.and(approvals::state.eq_any(states)).and(approvals::used_at.is_null()))
        .order(approvals::id.desc())
        .load(c)?))
}

/// Rules that nobody could meet would lock the chain's people out.
///
/// # Errors
/// `field_invalid`
pub(super) fn check_deciders(tx: &mut Tx<'_>, rules: &ApprovalRules) -> Result<()> {
    let chain = Id::from(tx.chain());
    let Some(by) = tx.actor().staff else { return Ok(()) };
    let maker = person_of(tx.conn(), chain.typed(), by)?;
    for (name, steps) in rules.named() {
        let mut people = BTreeSet::from([maker]);
        for (at, roles) in steps.iter().enumerate() {
            let other = able(tx, roles)?.into_iter().find(|person| !people.contains(person));
            let Some(other) = other else {
                let (zh, en) = (
                    "除您以外，没有足够的人可以审批这一步；请先为其他人开通账号",
                    "Besides you there aren't enough people who could agree to this step; give others a log-in first",
                );
                return Err(crate::input::field(&format!("/value/{name}/{at}"), zh, en).into());
            };
            people.insert(other);
        }
    }
    Ok(())
}

/// People with one of these roles who act for the whole chain.
fn able(tx: &mut Tx<'_>, roles: &[Role]) -> Result<BTreeSet<StaffId>> {
    let chain = Id::from(tx.chain());
    let active = staff::chain_id.eq(chain).and(staff::active.eq(true));
    let roles: Vec<_> = roles.iter().copied().map(Name).collect();
    let found: Vec<(Id, Option<Id>)> = each!(tx.conn(), c => staff::table
        .select((staff::id, staff::person_id))
        .filter(active.and(staff::role.eq_any(roles)))
        .load(c)?);
    Ok(found
        .into_iter()
        .map(|(id, first)| first.unwrap_or(id).typed())
        .collect())
}
