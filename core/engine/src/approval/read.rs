//! Requests as people see them: those that wait for somebody, those that somebody has made, all of them.

use super::ApprovalKind;
use super::row::{self, ApprovalRow, DecisionRow, purpose};
use super::write::person_of;
use crate::actor::{Actor, Role};
use crate::error::{Error, Result};
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::keys::ChainKeys;
use crate::page::{Page, PageArgs};
use crate::store::schema::approvals;
use crate::store::{Conn, Id, Name};
use crate::{Engine, each};
use cardea_domain::approval::ApprovalState;
use cardea_domain::id::{ApprovalId, ChainId, StaffId, StoreId};
use cardea_domain::{Instant, Refusal, Text};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Requests that are looked through for those that wait for somebody.
const LOOKED_THROUGH: i64 = 1000;

/// Something that one person wants and others have to agree to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Approval {
    #[schema(value_type = Uuid)]
    pub id: ApprovalId,
    pub kind: ApprovalKind,
    /// What it is about: the id of a contract, a program, a log-in, a chain, or of whoever takes a file away.
    pub subject_id: Uuid,
    /// Which version of that.
    pub subject_version: i32,
    pub summary: Text,
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// SHA-256 of what it is about, hexadecimal: what else it may have become isn't agreed to.
    pub hash: String,
    /// Minor units of the chain's currency.
    pub amount: Option<i64>,
    pub state: ApprovalState,
    /// Who may agree, step by step.
    pub steps: Vec<Vec<Role>>,
    /// In their order.
    pub decisions: Vec<ApprovalDecision>,
    /// Whether the reader can decide on it now.
    pub mine: bool,
    #[schema(value_type = Option<Uuid>)]
    pub asked_by: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Instant,
    /// When it ends by itself.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
    /// Of what is done only afterwards: all of it.
    #[schema(value_type = Option<Object>)]
    pub request: Option<Value>,
    /// When that was done; it can be done once.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Instant>,
}

/// What somebody has said to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApprovalDecision {
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub agreed: bool,
    pub remark: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub at: Instant,
}

/// How many wait for the reader, for a mark beside the page's name.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct WaitingApprovals {
    pub count: usize,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ApprovalQuery {
    #[param(inline)]
    pub state: Option<ApprovalState>,
    /// Only those about this.
    pub subject_id: Option<Uuid>,
    /// true: only those that wait for the reader.
    pub mine: Option<bool>,
    /// true: only those that the reader has asked for.
    pub asked: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Who reads.
struct Reader<'a> {
    actor: &'a Actor,
    person: Option<StaffId>,
}

impl<'a> Reader<'a> {
    fn new(conn: &mut Conn, actor: &'a Actor) -> Result<Self> {
        let person = actor.staff.map(|staff| person_of(conn, actor.chain, staff));
        Ok(Self {
            actor,
            person: person.transpose()?,
        })
    }

    /// Whether the next step is theirs.
    fn may_decide(&self, row: &ApprovalRow, decisions: &[&DecisionRow]) -> Result<bool> {
        let permitted = self
            .actor
            .require(Action::ApprovalDecide, row.store_id.map(Id::typed))
            .is_ok();
        let Some(person) = self
            .person
            .filter(|_| permitted && row.state.0 == ApprovalState::Waiting)
        else {
            return Ok(false);
        };
        let role = row
            .steps()?
            .get(decisions.len())
            .is_some_and(|roles| roles.contains(&self.actor.role));
        let before = decisions.iter().any(|step| step.person_id == Some(person.into()));
        Ok(role && !before && !row.makers()?.contains(&person))
    }
}

fn views(conn: &mut Conn, keys: &ChainKeys, actor: &Actor, rows: Vec<ApprovalRow>) -> Result<Vec<Approval>> {
    let ids: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let all = row::decisions(conn, actor.chain, &ids)?;
    let reader = Reader::new(conn, actor)?;
    let view = |row: ApprovalRow| {
        let own: Vec<&DecisionRow> = all.iter().filter(|step| step.approval_id == row.id).collect();
        Ok(Approval {
            mine: reader.may_decide(&row, &own)?,
            decisions: own.into_iter().map(|step| told(keys, step)).collect::<Result<_>>()?,
            id: row.id.typed(),
            kind: row.kind.0,
            subject_id: row.subject_id.0,
            subject_version: row.subject_version,
            summary: serde_json::from_str(&row.summary)?,
            store_id: row.store_id.map(Id::typed),
            hash: hex::encode(&row.hash),
            amount: row.amount,
            state: row.state.0,
            steps: row.steps()?,
            asked_by: row.asked_by.map(Id::typed),
            asked_at: Instant(row.asked_at),
            expires_at: Instant(row.expires_at),
            ended_at: row.ended_at.map(Instant),
            request: row.request.as_deref().map(serde_json::from_str).transpose()?,
            used_at: row.used_at.map(Instant),
        })
    };
    rows.into_iter().map(view).collect()
}

fn told(keys: &ChainKeys, step: &DecisionRow) -> Result<ApprovalDecision> {
    let open = |sealed: &Vec<u8>| keys.open_text(&purpose(step.id), sealed);
    let remark = step.remark.as_ref().map(open).transpose().map_err(Error::internal)?;
    Ok(ApprovalDecision {
        staff_id: step.staff_id.map(Id::typed),
        agreed: step.agreed,
        remark: remark.map(|text| String::from_utf8_lossy(&text).into_owned()),
        at: Instant(step.at),
    })
}

fn select(
    conn: &mut Conn,
    chain: ChainId,
    (scope, query, asked_by): (&StoreScope, &ApprovalQuery, Option<Id>),
    before: Id,
    limit: i64,
) -> Result<Vec<ApprovalRow>> {
    let (all, stores) = match scope {
        StoreScope::All => (true, Vec::new()),
        StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
    };
    let state = match query.mine {
        Some(true) => Some(ApprovalState::Waiting),
        _ => query.state,
    };
    Ok(each!(conn, c => {
        let mut found = approvals::table
            .select(ApprovalRow::as_select())
            .filter(approvals::chain_id.eq(Id::from(chain)).and(approvals::id.lt(before)))
            .filter(all.into_sql::<Bool>().or(approvals::store_id.eq_any(stores.iter().map(|id| Some(*id)))
                .assume_not_null()))
            .into_boxed();
        if let Some(state) = state {
            found = found.filter(approvals::state.eq(Name(state)));
        }
        if let Some(subject) = query.subject_id {
            found = found.filter(approvals::subject_id.eq(Id(subject)));
        }
        if let Some(by) = asked_by {
            found = found.filter(approvals::asked_by.eq(Some(by)));
        }
        found.order(approvals::id.desc()).limit(limit).load(c)?
    }))
}

impl Engine {
    /// Requests of the actor's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn approvals(&self, actor: &Actor, query: &ApprovalQuery) -> Result<Page<Approval>, Refusal> {
        let scope = actor.scope(Action::ApprovalRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        let mine = query.mine == Some(true);
        let asked_by = (query.asked == Some(true)).then(|| actor.staff.map_or(Id(Uuid::nil()), Id::from));
        let rows = if mine { LOOKED_THROUGH } else { limit as i64 + 1 };
        let found = self.read(chain, |conn| {
            let rows = select(conn, chain, (&scope, query, asked_by), before, rows)?;
            views(conn, &keys, actor, rows)
        })?;
        let found = found.into_iter().filter(|approval| !mine || approval.mine).collect();
        Ok(Page::cut(found, limit, |approval| approval.id.to_string()))
    }

    /// How many requests wait for the actor.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn waiting_approvals(&self, actor: &Actor) -> Result<WaitingApprovals, Refusal> {
        let query = ApprovalQuery {
            mine: Some(true),
            limit: Some(200),
            ..ApprovalQuery::default()
        };
        let count = self.approvals(actor, &query)?.items.len();
        Ok(WaitingApprovals { count })
    }

    /// One request.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn approval(&self, actor: &Actor, id: ApprovalId) -> Result<Approval, Refusal> {
        actor.scope(Action::ApprovalRead)?;
        let approval = self.approval_view(actor, id)?;
        actor.require(Action::ApprovalRead, approval.store_id)?;
        Ok(approval)
    }

    pub(crate) fn approval_view(&self, actor: &Actor, id: ApprovalId) -> Result<Approval> {
        let (chain, keys) = (actor.chain, self.keys().chain(actor.chain));
        self.read(chain, |conn| {
            let row = row::find(conn, chain, id.into())?.ok_or_else(not_found)?;
            let mut shown = views(conn, &keys, actor, vec![row])?;
            shown.pop().ok_or_else(|| not_found().into())
        })
    }
}
