//! Family pools as people see them: who is and was in one, and what each has for the others.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::{Action, StoreScope};
use crate::input::not_found;
use crate::page::PageArgs;
use crate::store::schema::{memberships, pool_members, pools};
use crate::store::writer::{load, pools as shared};
use crate::store::{Conn, Id};
use crate::{Engine, Page, each};
use cardea_domain::id::*;
use cardea_domain::sale::{PoolAsOf, lendable};
use cardea_domain::{Instant, Points, Refusal};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A family pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolView {
    #[schema(value_type = Uuid)]
    pub id: PoolId,
    /// Empty once its head was erased.
    pub name: String,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    #[schema(value_type = Uuid)]
    pub head_id: MembershipId,
    /// The store that opened it.
    #[schema(value_type = Uuid)]
    pub store_id: StoreId,
    #[schema(value_type = Option<Uuid>)]
    pub staff_id: Option<StaffId>,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Instant,
    /// null while it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Instant>,
    /// What all of it can spend now.
    #[schema(value_type = i64)]
    pub spendable: Points,
    /// In the order in which they joined, those who have left too.
    pub members: Vec<PoolMember>,
}

/// Somebody who is or was in a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PoolMember {
    #[schema(value_type = Uuid)]
    pub membership_id: MembershipId,
    #[schema(value_type = String, format = DateTime)]
    pub joined_at: Instant,
    /// Who wrote down that they agreed.
    #[schema(value_type = Option<Uuid>)]
    pub joined_by: Option<StaffId>,
    pub reason: String,
    /// null while they are in it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Instant>,
    #[schema(value_type = Option<Uuid>)]
    pub left_by: Option<StaffId>,
    /// What was said, or `membership_ended`, `pool_ended`, `erased`.
    pub left_reason: Option<String>,
    /// What it has for the others now: nothing while in debt, nothing that is held or matures, 0 after leaving.
    #[schema(value_type = i64)]
    pub spendable: Points,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PoolQuery {
    /// Only those that this membership is or was in.
    #[param(value_type = Option<Uuid>)]
    pub membership_id: Option<MembershipId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = pools)]
pub(super) struct Row {
    pub chain_id: Id,
    pub id: Id,
    pub program_id: Id,
    pub head_id: Id,
    pub name: String,
    pub store_id: Id,
    pub staff_id: Option<Id>,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = pool_members)]
pub(super) struct MemberRow {
    pub chain_id: Id,
    pub id: Id,
    pub pool_id: Id,
    pub membership_id: Id,
    pub joined_at: i64,
    pub joined_by: Option<Id>,
    pub reason: String,
    pub left_at: Option<i64>,
    pub left_by: Option<Id>,
    pub left_reason: Option<String>,
}

impl Row {
    pub fn find(conn: &mut Conn, chain: ChainId, id: PoolId) -> Result<Option<Self>> {
        let own = pools::table.find((Id::from(chain), Id::from(id)));
        Ok(each!(conn, c => own.select(Self::as_select()).get_result(c).optional()?))
    }
}

impl MemberRow {
    /// Everybody who is or was in a pool, in the order in which they joined.
    fn of_pool(conn: &mut Conn, chain: ChainId, pool: PoolId) -> Result<Vec<Self>> {
        let of = pool_members::chain_id
            .eq(Id::from(chain))
            .and(pool_members::pool_id.eq(Id::from(pool)));
        Ok(each!(conn, c => pool_members::table
            .select(Self::as_select())
            .filter(of)
            .order(pool_members::id)
            .load(c)?))
    }

    pub fn present(conn: &mut Conn, chain: ChainId, pool: PoolId) -> Result<Vec<Self>> {
        let mut rows = Self::of_pool(conn, chain, pool)?;
        rows.retain(|row| row.left_at.is_none());
        Ok(rows)
    }

    fn view(self, conn: &mut Conn, chain: ChainId, now: Instant) -> Result<PoolMember> {
        let id: MembershipId = self.membership_id.typed();
        let member = match self.left_at {
            None => load::member(conn, chain, &shared::need(id))?,
            Some(_) => None,
        };
        Ok(PoolMember {
            membership_id: id,
            joined_at: Instant(self.joined_at),
            joined_by: self.joined_by.map(Id::typed),
            reason: self.reason,
            left_at: self.left_at.map(Instant),
            left_by: self.left_by.map(Id::typed),
            left_reason: self.left_reason,
            spendable: member.map_or(0, |member| lendable(&member, PoolAsOf::now(now))),
        })
    }
}

fn view(conn: &mut Conn, row: Row, now: Instant) -> Result<PoolView> {
    let chain: ChainId = row.chain_id.typed();
    let mut members = Vec::new();
    for member in MemberRow::of_pool(conn, chain, row.id.typed())? {
        members.push(member.view(conn, chain, now)?);
    }
    Ok(PoolView {
        id: row.id.typed(),
        name: row.name,
        program_id: row.program_id.typed(),
        head_id: row.head_id.typed(),
        store_id: row.store_id.typed(),
        staff_id: row.staff_id.map(Id::typed),
        opened_at: Instant(row.opened_at),
        closed_at: row.closed_at.map(Instant),
        spendable: members.iter().map(|member| member.spendable).sum(),
        members,
    })
}

/// What a person's own data tell of pools: each time one of their memberships was in one.
pub(crate) fn own_pools(conn: &mut Conn, chain: ChainId, customer: CustomerId) -> Result<Vec<Value>> {
    let mine = memberships::chain_id
        .eq(Id::from(chain))
        .and(memberships::customer_id.eq(Id::from(customer)));
    let ids: Vec<Id> = each!(conn, c => memberships::table.filter(mine).select(memberships::id).load(c)?);
    let of = pool_members::chain_id
        .eq(Id::from(chain))
        .and(pool_members::membership_id.eq_any(&ids));
    let rows: Vec<MemberRow> = each!(conn, c => pool_members::table
        .select(MemberRow::as_select())
        .filter(of)
        .order(pool_members::id)
        .load(c)?);
    let mut told = Vec::new();
    for row in rows {
        let pool = Row::find(conn, chain, row.pool_id.typed())?;
        told.push(json!({
            "pool_id": row.pool_id.typed::<PoolId>(), "name": pool.map(|pool| pool.name),
            "membership_id": row.membership_id.typed::<MembershipId>(), "joined_at": Instant(row.joined_at),
            "reason": row.reason, "left_at": row.left_at.map(Instant), "left_reason": row.left_reason,
        }));
    }
    Ok(told)
}

impl Engine {
    /// A pool without a look at permissions.
    pub(super) fn pool_view(&self, chain: ChainId, id: PoolId) -> Result<PoolView> {
        let now = self.clock().business(chain);
        self.read(chain, |conn| {
            let row = Row::find(conn, chain, id)?.ok_or_else(not_found)?;
            view(conn, row, now)
        })
    }

    /// # Errors
    /// `forbidden`, `not_found`.
    pub(super) fn pool_of_actor(&self, actor: &Actor, action: Action, id: PoolId) -> Result<(), Refusal> {
        actor.scope(action)?;
        let row = self.read(actor.chain, |conn| Row::find(conn, actor.chain, id))?;
        actor.require(action, Some(row.ok_or_else(not_found)?.store_id.typed()))
    }

    /// One pool.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn pool(&self, actor: &Actor, id: PoolId) -> Result<PoolView, Refusal> {
        self.pool_of_actor(actor, Action::MembershipRead, id)?;
        Ok(self.pool_view(actor.chain, id)?)
    }

    /// Pools of one's stores, newest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn pools(&self, actor: &Actor, query: &PoolQuery) -> Result<Page<PoolView>, Refusal> {
        let (all, stores): (bool, Vec<Id>) = match actor.scope(Action::MembershipRead)? {
            StoreScope::All => (true, Vec::new()),
            StoreScope::Only(stores) => (false, stores.into_iter().map(Id::from).collect()),
        };
        let page = PageArgs::new(query.limit, query.after.as_deref());
        let (limit, below) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::max())));
        let (chain, now) = (Id::from(actor.chain), self.clock().business(actor.chain));
        let found = self.read(actor.chain, |conn| {
            let rows: Vec<Row> = each!(conn, c => {
                let mut found = pools::table
                    .select(Row::as_select())
                    .filter(pools::chain_id.eq(chain).and(pools::id.lt(below)))
                    .filter(all.into_sql::<Bool>().or(pools::store_id.eq_any(&stores)))
                    .order(pools::id.desc())
                    .limit(limit as i64 + 1)
                    .into_boxed();
                if let Some(membership) = query.membership_id {
                    let of = pool_members::table
                        .filter(pool_members::chain_id.eq(chain))
                        .filter(pool_members::membership_id.eq(Id::from(membership)))
                        .select(pool_members::pool_id);
                    found = found.filter(pools::id.eq_any(of));
                }
                found.load(c)?
            });
            rows.into_iter()
                .map(|row| view(conn, row, now))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(found, limit, |one: &PoolView| one.id.to_string()))
    }
}
