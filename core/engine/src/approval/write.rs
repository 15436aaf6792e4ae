//! Asking, deciding, and what ends a request without a decision.

use super::ApprovalKind;
use super::row::{self, ApprovalRow, DecisionRow, purpose};
use crate::actor::{Actor, Role};
use crate::each;
use crate::error::{Error, Result};
use crate::identity::{Action, stores_of};
use crate::input::{self, field, not_found};
use crate::keys::ChainKeys;
use crate::store::schema::{approval_decisions, approvals, staff};
use crate::store::{Conn, Id, Name, Notice, Receiver, Tx};
use cardea_domain::approval::{ApprovalState, Request};
use cardea_domain::id::{ApprovalId, ChainId, StaffId, StoreId};
use cardea_domain::message::MessageKind;
use cardea_domain::{Code, Refusal, Text};
use diesel::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

/// How long a request waits.
pub(super) const DAYS: i64 = 14;
pub(super) const DAY: i64 = 86_400_000;

/// What is asked for.
pub(crate) struct Wanted {
    pub kind: ApprovalKind,
    pub subject: Id,
    /// Which version of it.
    pub version: i32,
    /// Whose people may decide; None: the whole chain's.
    pub store: Option<StoreId>,
    /// SHA-256 of what it is about, as it is now.
    pub hash: Vec<u8>,
    /// Who may agree, step by step.
    pub steps: Vec<Vec<Role>>,
    /// Log-ins of those who made it.
    pub makers: BTreeSet<StaffId>,
    /// Minor units.
    pub amount: Option<i64>,
    /// What it is about, without personal data.
    pub summary: Text,
    /// Of what is done only afterwards: all of it, in JSON.
    pub request: Option<String>,
}

/// What a decision made of a request.
pub(crate) struct Agreed {
    pub kind: ApprovalKind,
    pub subject: Id,
    pub state: ApprovalState,
    /// Of what the decision was about.
    pub hash: Vec<u8>,
}

/// A decision.
#[derive(Clone)]
pub(crate) struct Remark {
    pub agreed: bool,
    pub text: Option<String>,
}

impl Remark {
    /// A yes that says nothing.
    pub fn yes() -> Self {
        Self {
            agreed: true,
            text: None,
        }
    }

    /// # Errors
    /// `field_invalid`: a no needs its reason.
    pub fn new(agreed: bool, remark: Option<&str>) -> Result<Self, Refusal> {
        let text = remark.map(|text| input::lines(text, 1000, "/remark")).transpose()?;
        if !agreed && text.is_none() {
            return Err(field("/remark", "请写明驳回原因", "Say why not"));
        }
        Ok(Self { agreed, text })
    }
}

/// The first log-in of whoever has this one.
pub(crate) fn person_of(conn: &mut Conn, chain: ChainId, id: StaffId) -> Result<StaffId> {
    let row = staff::table.find((Id::from(chain), Id::from(id)));
    let first: Option<Option<Id>> = each!(conn, c => row.select(staff::person_id).get_result(c).optional()?);
    Ok(first.flatten().map_or(id, Id::typed))
}

/// The request about a subject that waits, if there is one.
pub(crate) fn waiting_for(conn: &mut Conn, chain: ChainId, subject: Id) -> Result<Option<ApprovalId>> {
    Ok(find_waiting(conn, chain, subject)?.map(|row| row.id.typed()))
}

fn find_waiting(conn: &mut Conn, chain: ChainId, subject: Id) -> Result<Option<ApprovalRow>> {
    let own = approvals::chain_id
        .eq(Id::from(chain))
        .and(approvals::subject_id.eq(subject));
    Ok(each!(conn, c => approvals::table
        .select(ApprovalRow::as_select())
        .filter(own.and(approvals::state.eq(Name(ApprovalState::Waiting))))
        .get_result(c)
        .optional()?))
}

/// How many days a request of a kind waits.
fn waits(kind: ApprovalKind) -> i64 {
    match kind {
        // Somebody's wish to be erased doesn't lapse because nobody has looked at it.
        ApprovalKind::Erasure => 3650,
        _ => DAYS,
    }
}

/// Asks for approval.
pub(crate) fn ask(tx: &mut Tx<'_>, wanted: Wanted) -> Result<ApprovalId> {
    let chain = tx.chain();
    let mut makers = BTreeSet::new();
    for maker in wanted.makers {
        makers.insert(person_of(tx.conn(), chain, maker)?);
    }
    let (id, now): (ApprovalId, _) = (tx.new_id(), tx.business_now().0);
    let row = ApprovalRow {
        chain_id: chain.into(),
        id: id.into(),
        kind: Name(wanted.kind),
        subject_id: wanted.subject,
        subject_version: wanted.version,
        store_id: wanted.store.map(Id::from),
        hash: wanted.hash,
        steps: serde_json::to_string(&wanted.steps)?,
        makers: serde_json::to_string(&makers)?,
        amount: wanted.amount,
        summary: serde_json::to_string(&wanted.summary)?,
        state: Name(ApprovalState::Waiting),
        asked_by: tx.actor().staff.map(Id::from),
        asked_at: now,
        expires_at: now + waits(wanted.kind) * DAY,
        ended_at: None,
        request: wanted.request,
        used_at: None,
    };
    row.insert(tx.conn())?;
    tell(tx, &row, 0, &BTreeSet::new())?;
    let detail = json!({
        "kind": wanted.kind, "subject_id": wanted.subject.0, "steps": wanted.steps, "hash": hex::encode(&row.hash),
    });
    tx.audit("approval.ask", id.0, detail);
    tx.publish(
        "approval.asked",
        json!({ "id": id, "kind": wanted.kind, "subject_id": wanted.subject.0 }),
    );
    Ok(id)
}

/// Tells those who may take a step that it waits for them.
fn tell(tx: &mut Tx<'_>, row: &ApprovalRow, step: usize, agreed: &BTreeSet<StaffId>) -> Result<()> {
    let (chain, makers) = (row.chain_id, row.makers()?);
    let Some(roles) = row.steps()?.get(step).cloned() else {
        return Ok(());
    };
    let able = staff::chain_id
        .eq(chain)
        .and(staff::active.eq(true))
        .and(staff::role.eq_any(roles.into_iter().map(Name)));
    let found: Vec<(Id, Option<Id>)> =
        each!(tx.conn(), c => staff::table.select((staff::id, staff::person_id)).filter(able).load(c)?);
    for (id, first) in found {
        let person: StaffId = first.unwrap_or(id).typed();
        let stores = stores_of(tx.conn(), chain.typed(), id.typed())?;
        let elsewhere = !stores.is_empty() && row.store_id.is_none_or(|store| !stores.contains(&store.typed()));
        if elsewhere || makers.contains(&person) || agreed.contains(&person) {
            continue;
        }
        let summary: serde_json::Value = serde_json::from_str(&row.summary)?;
        tx.notify(Notice {
            kind: MessageKind::ApprovalWaiting,
            to: Receiver::Staff(id.typed()),
            subject: Some(row.id.0),
            details: json!({ "title": summary, "link": "/hq/#/approvals" }),
            source_key: Some(format!("approval/{}/{step}/{}", row.id.0, id.0)),
        });
    }
    Ok(())
}

/// Ends what waits about a subject without a decision; nothing if nothing does.
pub(crate) fn end(tx: &mut Tx<'_>, subject: Id, state: ApprovalState) -> Result<()> {
    let chain = tx.chain();
    match find_waiting(tx.conn(), chain, subject)? {
        Some(row) => end_row(tx, row, state),
        None => Ok(()),
    }
}

/// Ends one without a decision.
pub(super) fn end_row(tx: &mut Tx<'_>, mut row: ApprovalRow, state: ApprovalState) -> Result<()> {
    row.state = Name(state);
    row.ended_at = Some(tx.business_now().0);
    row.save(tx.conn())?;
    tx.audit("approval.end", row.id.0, json!({ "state": state }));
    Ok(())
}

/// Ends some of what nobody decided in time; answers what it was about.
pub(crate) fn expire(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(ApprovalKind, Id)>> {
    let (chain, now) = (tx.chain(), tx.business_now().0);
    let late: Vec<ApprovalRow> = each!(tx.conn(), c => approvals::table
        .select(ApprovalRow::as_select())
        .filter(approvals::chain_id.eq(Id::from(chain)).and(approvals::state.eq(Name(ApprovalState::Waiting))))
        .filter(approvals::expires_at.le(now))
        .order(approvals::id)
        .limit(limit)
        .load(c)?);
    let ended = late.iter().map(|row| (row.kind.0, row.subject_id)).collect();
    for row in late {
        end_row(tx, row, ApprovalState::Expired)?;
    }
    Ok(ended)
}

/// Whether this actor may take the step that is next.
fn check_step(actor: &Actor, row: &ApprovalRow, taken: usize) -> Result<()> {
    actor.require(Action::ApprovalDecide, row.store_id.map(Id::typed))?;
    let steps = row.steps()?;
    if steps.get(taken).is_some_and(|roles| roles.contains(&actor.role)) {
        return Ok(());
    }
    let (zh, en) = ("这一步由其他岗位审批", "This step is for somebody of another role");
    Err(Refusal::new(Code::Forbidden, zh, en).into())
}

/// Writes a decision.
///
/// # Errors
/// `forbidden`, `not_found`, `second_person_needed`, `decided_already`.
pub(crate) fn decide(tx: &mut Tx<'_>, keys: &ChainKeys, id: ApprovalId, remark: &Remark) -> Result<Agreed> {
    let (chain, now) = (tx.chain(), tx.business_now().0);
    let mut row = row::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
    let before = row::decisions(tx.conn(), chain, &[row.id])?;
    let agreed: BTreeSet<StaffId> = before.iter().filter_map(|step| step.person_id.map(Id::typed)).collect();
    let (makers, steps) = (row.makers()?, row.steps()?.len());
    let state = if row.state.0 == ApprovalState::Waiting && row.expires_at <= now {
        ApprovalState::Expired
    } else {
        row.state.0
    };
    let request = Request {
        state,
        makers: &makers,
        agreed: &agreed,
        steps: u32::try_from(steps).unwrap_or(u32::MAX),
    };
    request.check_open()?;
    check_step(tx.actor(), &row, before.len())?;
    let by = tx.actor().staff.ok_or_else(not_found)?;
    let person = person_of(tx.conn(), chain, by)?;
    let after = request.agreed_by(person)?;
    row.state = Name(if remark.agreed { after } else { ApprovalState::Rejected });
    if row.state.0 != ApprovalState::Waiting {
        row.ended_at = Some(now);
    }
    row.save(tx.conn())?;
    let step: Id = tx.new_id::<ApprovalId>().into();
    let text = remark.text.as_deref();
    let sealed = text.map(|text| keys.seal_text(&purpose(step), text.as_bytes()));
    let decision = DecisionRow {
        chain_id: chain.into(),
        approval_id: row.id,
        id: step,
        staff_id: Some(by.into()),
        person_id: Some(person.into()),
        agreed: remark.agreed,
        remark: sealed.transpose().map_err(Error::internal)?,
        at: now,
    };
    each!(tx.conn(), c => diesel::insert_into(approval_decisions::table).values(&decision).execute(c)?);
    let detail = json!({ "agreed": remark.agreed, "step": before.len() + 1, "of": steps, "state": row.state.0 });
    tx.audit("approval.decide", row.id.0, detail);
    if row.state.0 == ApprovalState::Waiting {
        let mut agreed = agreed.clone();
        agreed.insert(person);
        tell(tx, &row, before.len() + 1, &agreed)?;
    }
    tx.publish("approval.decided", json!({ "id": id, "state": row.state.0 }));
    Ok(Agreed {
        kind: row.kind.0,
        subject: row.subject_id,
        state: row.state.0,
        hash: row.hash,
    })
}
