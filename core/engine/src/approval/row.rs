//! The `approvals` and `approval_decisions` tables.

use super::ApprovalKind;
use crate::actor::Role;
use crate::each;
use crate::error::Result;
use crate::store::schema::{approval_decisions, approvals};
use crate::store::{Conn, Id, Name};
use cardea_domain::approval::ApprovalState;
use cardea_domain::id::{ChainId, StaffId};
use diesel::prelude::*;
use std::collections::BTreeSet;

#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = approvals, primary_key(chain_id, id), treat_none_as_null = true)]
pub(super) struct ApprovalRow {
    pub chain_id: Id,
    pub id: Id,
    pub kind: Name<ApprovalKind>,
    pub subject_id: Id,
    pub subject_version: i32,
    pub store_id: Option<Id>,
    pub hash: Vec<u8>,
    pub steps: String,
    pub makers: String,
    pub amount: Option<i64>,
    pub summary: String,
    pub state: Name<ApprovalState>,
    pub asked_by: Option<Id>,
    pub asked_at: i64,
    pub expires_at: i64,
    pub ended_at: Option<i64>,
    pub request: Option<String>,
    pub used_at: Option<i64>,
}

impl ApprovalRow {
    /// Who may agree, step by step.
    pub fn steps(&self) -> Result<Vec<Vec<Role>>> {
        Ok(serde_json::from_str(&self.steps)?)
    }

    pub fn makers(&self) -> Result<BTreeSet<StaffId>> {
        Ok(serde_json::from_str(&self.makers)?)
    }

    pub fn insert(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::insert_into(approvals::table).values(self).execute(c)?);
        Ok(())
    }

    pub fn save(&self, conn: &mut Conn) -> Result<()> {
        each!(conn, c => diesel::update(approvals::table.find((self.chain_id, self.id))).set(self).execute(c)?);
        Ok(())
    }
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = approval_decisions)]
pub(super) struct DecisionRow {
    pub chain_id: Id,
    pub approval_id: Id,
    pub id: Id,
    pub staff_id: Option<Id>,
    pub person_id: Option<Id>,
    pub agreed: bool,
    pub remark: Option<Vec<u8>>,
    pub at: i64,
}

/// Bound to the decision: moved to another row, it doesn't open.
pub(super) fn purpose(decision: Id) -> Vec<u8> {
    [b"approval/".as_slice(), decision.0.as_bytes()].concat()
}

pub(super) fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<ApprovalRow>> {
    let row = approvals::table.find((Id::from(chain), id));
    Ok(each!(conn, c => row.select(ApprovalRow::as_select()).get_result(c).optional()?))
}

/// The decisions on some requests, oldest first.
pub(super) fn decisions(conn: &mut Conn, chain: ChainId, of: &[Id]) -> Result<Vec<DecisionRow>> {
    Ok(each!(conn, c => approval_decisions::table
        .select(DecisionRow::as_select())
        .filter(approval_decisions::chain_id.eq(Id::from(chain)).and(approval_decisions::approval_id.eq_any(of)))
        .order((approval_decisions::approval_id, approval_decisions::id))
        .load(c)?))
}
