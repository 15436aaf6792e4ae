//! Two memberships of a customer in a program become one, and two again (D-CARD-13). Past bills stay with the membership that
//! booked them; the one that goes on is found from there.

mod along;
mod row;
mod undo;
mod write;

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::not_found;
use crate::page::{Page, PageArgs};
use crate::store::Id;
use cardea_domain::id::*;
use cardea_domain::{Instant, Refusal};
use row::MergeRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// What is merged into a membership.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMembershipMerge {
    /// The membership that goes: of the same customer, in the same program.
    #[schema(value_type = Uuid)]
    pub from: MembershipId,
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(min_length = 1, max_length = 200, example = "重复办卡")]
    pub reason: String,
}

/// Takes a merge back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoMembershipMerge {
    /// The store that does it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(min_length = 1, max_length = 200, example = "并错了")]
    pub reason: String,
}

/// Two memberships that became one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MembershipMerge {
    #[schema(value_type = Uuid)]
    pub id: MembershipMergeId,
    /// Which goes on.
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Which went.
    #[schema(value_type = Uuid)]
    pub merged_id: MembershipId,
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    pub reason: String,
    /// What was left and went over, by asset: points, minor units, sessions.
    pub moved: BTreeMap<String, i64>,
    /// What was owed and went over, by asset.
    pub debts: BTreeMap<String, i64>,
    #[schema(value_type = String, format = DateTime)]
    pub merged_at: Instant,
    #[schema(value_type = Option<Uuid>)]
    pub undone_by: Option<StaffId>,
    /// null: it stands.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undone_at: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MembershipMergeQuery {
    /// Those that this membership survived or went in.
    #[param(value_type = Uuid)]
    pub membership_id: MembershipId,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

fn view(row: MergeRow) -> Result<MembershipMerge> {
    let content = row.content()?;
    let debts = content.absorbed.debts.into_iter();
    Ok(MembershipMerge {
        id: row.id.typed(),
        membership_id: row.membership_id.typed(),
        merged_id: row.merged_id.typed(),
        store_id: row.store_id.typed(),
        staff_id: row.staff_id.map(Id::typed),
        reason: row.reason,
        moved: content.moved,
        debts: debts.map(|moved| (moved.asset.0, moved.debt)).collect(),
        merged_at: Instant(row.merged_at),
        undone_by: row.undone_by.map(Id::typed),
        undone_at: row.undone_at.map(Instant),
    })
}

impl Engine {
    /// Merges into or of a membership, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn membership_merges(
        &self,
        actor: &Actor,
        query: &MembershipMergeQuery,
    ) -> Result<Page<MembershipMerge>, Refusal> {
        actor.scope(Action::MembershipRead)?;
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, before) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let of = (actor.chain, query.membership_id);
        let found = self.read(actor.chain, |conn| {
            let rows = row::select(conn, of, before, limit as i64 + 1)?;
            rows.into_iter().map(view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |merge| merge.id.to_string()))
    }

    fn membership_merge(&self, actor: &Actor, id: Id) -> Result<MembershipMerge> {
        self.read(actor.chain, |conn| {
            view(row::find(conn, actor.chain, id)?.ok_or_else(not_found)?)
        })
    }
}
