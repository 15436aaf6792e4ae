//! Staff accounts: roles and store scope. Whoever administers them can't lock everybody out, and only an operator
//! touches an operator.

use super::Action;
use super::login::revoke_all;
use super::session::stores_of;
use crate::actor::{Actor, Role};
use crate::error::{Error, Result};
use crate::input::{self, Stored, Written, check_version, exists, field, not_found};
use crate::keys::check_new_password;
use crate::page::{Page, PageArgs};
use crate::store::schema::{staff, staff_stores, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, StaffId, StoreId};
use cardea_domain::{Code, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use uuid::Uuid;
use zeroize::Zeroizing;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// 1–32 letters, digits, `-`, `_`, `.`; unique in the chain; case doesn't matter.
    pub user: String,
    pub name: String,
    pub role: Role,
    /// Empty: the whole chain.
    #[serde(default)]
    pub store_ids: Vec<StoreId>,
    /// The initial one: it must be changed at the first log-in.
    pub password: String,
}

/// A change: fields that are missing stay.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StaffPatch {
    pub name: Option<String>,
    pub role: Option<Role>,
    /// Empty: the whole chain.
    pub store_ids: Option<Vec<StoreId>>,
    /// A disabled account is logged out everywhere at once.
    pub active: Option<bool>,
    /// A new initial password; the sessions end.
    pub password: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StaffView {
    pub id: StaffId,
    pub user: String,
    pub name: String,
    pub role: Role,
    pub platform_operator: bool,
    /// Empty: the whole chain.
    pub store_ids: Vec<StoreId>,
    pub must_change_password: bool,
    pub active: bool,
    /// For `If-Match`.
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = staff)]
pub(crate) struct StaffRow {
    pub chain_id: Id,
    pub id: Id,
    pub user_name: String,
    pub name: String,
    pub role: String,
    pub platform_operator: bool,
    pub password_hash: String,
    pub must_change_password: bool,
    pub active: bool,
    pub created_at: i64,
    pub version: i64,
}

impl StaffRow {
    fn find(conn: &mut Conn, chain: ChainId, id: StaffId) -> Result<Self> {
        let found: Option<Self> = each!(conn, c => staff::table
            .find((Id::from(chain), Id::from(id)))
            .select(StaffRow::as_select())
            .get_result(c)
            .optional()?);
        Ok(found.ok_or_else(not_found)?)
    }

    fn view(self, conn: &mut Conn, chain: ChainId) -> Result<StaffView> {
        let id: StaffId = self.id.typed();
        Ok(StaffView {
            id,
            role: Role::parse(&self.role).ok_or_else(|| Error::internal(format!("unknown role {:?}", self.role)))?,
            user: self.user_name,
            name: self.name,
            platform_operator: self.platform_operator,
            store_ids: stores_of(conn, chain, id)?,
            must_change_password: self.must_change_password,
            active: self.active,
            version: self.version,
        })
    }

    /// Inserts an account; its user name must be free.
    pub fn insert(&self, conn: &mut Conn) -> Result<()> {
        let same = staff::chain_id
            .eq(self.chain_id)
            .and(staff::user_name.eq(&self.user_name));
        let taken: i64 = each!(conn, c => staff::table.filter(same).count().get_result(c)?);
        if taken > 0 {
            return Err(exists("/user").into());
        }
        each!(conn, c => diesel::insert_into(staff::table).values(self).execute(c)?);
        Ok(())
    }
}

/// Binds an account to these stores and no others.
fn bind(conn: &mut Conn, chain: ChainId, id: StaffId, store_ids: &[StoreId]) -> Result<()> {
    let wanted: BTreeSet<StoreId> = store_ids.iter().copied().collect();
    let ids: Vec<Id> = wanted.iter().map(|store| (*store).into()).collect();
    let existing = stores::chain_id.eq(Id::from(chain)).and(stores::id.eq_any(ids));
    let found: i64 = each!(conn, c => stores::table.filter(existing).count().get_result(c)?);
    if found != wanted.len() as i64 {
        return Err(field("/store_ids", "含有不存在的门店", "One of these stores doesn't exist").into());
    }
    let old = staff_stores::chain_id
        .eq(Id::from(chain))
        .and(staff_stores::staff_id.eq(Id::from(id)));
    let row = |store: StoreId| {
        (
            staff_stores::chain_id.eq(Id::from(chain)),
            staff_stores::staff_id.eq(Id::from(id)),
            staff_stores::store_id.eq(Id::from(store)),
        )
    };
    let new: Vec<_> = wanted.into_iter().map(row).collect();
    each!(conn, c => {
        diesel::delete(staff_stores::table.filter(old)).execute(c)?;
        diesel::insert_into(staff_stores::table).values(&new).execute(c)?;
    });
    Ok(())
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid`, `already_exists` (user).
    pub async fn create_staff(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewStaff,
    ) -> Result<Written<StaffView>, Refusal> {
        actor.require(Action::StaffWrite, None)?;
        let password = Zeroizing::new(new.password);
        let user = input::code(&new.user, "/user")?;
        check_new_password(&password, &user, "/password")?;
        let template = StaffRow {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            user_name: user,
            name: input::text(&new.name, 64, "/name")?,
            role: new.role.as_str().into(),
            platform_operator: false,
            password_hash: self.identity().passwords.hash(&password).await?,
            must_change_password: true,
            active: true,
            created_at: 0,
            version: 1,
        };
        let store_ids = new.store_ids;
        let answered = self
            .transact(actor, key, "staff.create", move |tx| {
                let (chain, id) = (tx.chain(), tx.new_id::<StaffId>());
                let row = StaffRow {
                    id: id.into(),
                    created_at: tx.now().0,
                    ..template.clone()
                };
                row.insert(tx.conn())?;
                bind(tx.conn(), chain, id, &store_ids)?;
                tx.audit(
                    "staff.create",
                    id.0,
                    json!({ "role": row.role, "store_ids": store_ids }),
                );
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.staff_view(actor.chain, id.into()))
    }

    /// One staff member.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn staff_member(&self, actor: &Actor, id: StaffId) -> Result<StaffView, Refusal> {
        let scope = actor.scope(Action::StaffRead)?;
        let view = self.staff_view(actor.chain, id)?;
        let mine = scope == super::StoreScope::All || view.store_ids.iter().any(|store| scope.allows(*store));
        if mine { Ok(view) } else { Err(not_found()) }
    }

    fn staff_view(&self, chain: ChainId, id: StaffId) -> Result<StaffView> {
        self.read(chain, |conn| StaffRow::find(conn, chain, id)?.view(conn, chain))
    }

    /// Staff, oldest first; those bound to stores see whoever shares one with them.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn staff(&self, actor: &Actor, page: &PageArgs) -> Result<Page<StaffView>, Refusal> {
        let scope = actor.scope(Action::StaffRead)?;
        let (all, own) = match &scope {
            super::StoreScope::All => (true, Vec::new()),
            super::StoreScope::Only(stores) => (false, stores.iter().map(|store| Id::from(*store)).collect()),
        };
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let views = self.read(actor.chain, |conn| {
            let shared = staff_stores::table.select(staff_stores::staff_id).filter(
                staff_stores::chain_id
                    .eq(Id::from(actor.chain))
                    .and(staff_stores::store_id.eq_any(own)),
            );
            let rows: Vec<StaffRow> = each!(conn, c => staff::table
                .select(StaffRow::as_select())
                .filter(staff::chain_id.eq(Id::from(actor.chain)).and(staff::id.gt(after)))
                .filter(all.into_sql::<diesel::sql_types::Bool>().or(staff::id.eq_any(shared)))
                .order(staff::id)
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter()
                .map(|row| row.view(conn, actor.chain))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |member| member.id.to_string()))
    }

    /// Changes an account that the client saw at `version`. A change of role, stores, password or state holds at once.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_staff(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: StaffId,
        version: i64,
        patch: StaffPatch,
    ) -> Result<Written<StaffView>, Refusal> {
        actor.require(Action::StaffWrite, None)?;
        let name = patch
            .name
            .as_deref()
            .map(|name| input::text(name, 64, "/name"))
            .transpose()?;
        let hash = match patch.password.map(Zeroizing::new) {
            None => None,
            Some(password) => {
                let user = self.staff_view(actor.chain, id)?.user;
                check_new_password(&password, &user, "/password")?;
                Some(self.identity().passwords.hash(&password).await?)
            }
        };
        let change = Change {
            name,
            role: patch.role,
            store_ids: patch.store_ids,
            active: patch.active,
            hash,
        };
        let work = move |tx: &mut Tx<'_>| change.apply(tx, id, version);
        let answered = self.transact(actor, key, "staff.update", work).await?;
        self.identity().sessions.forget_all();
        Written::read(answered, |id| self.staff_view(actor.chain, id.into()))
    }
}

/// A checked patch.
struct Change {
    name: Option<String>,
    role: Option<Role>,
    store_ids: Option<Vec<StoreId>>,
    active: Option<bool>,
    hash: Option<String>,
}

impl Change {
    fn apply(&self, tx: &mut Tx<'_>, id: StaffId, version: i64) -> Result<Answer> {
        let chain = tx.chain();
        let old = StaffRow::find(tx.conn(), chain, id)?;
        check_version(old.version, version)?;
        if old.platform_operator && !tx.actor().platform_operator {
            let (zh, en) = (
                "只有平台运维人员可以修改此账号",
                "Only a platform operator may change an operator's account",
            );
            return Err(Refusal::new(Code::Forbidden, zh, en).into());
        }
        let role = self.role.map_or(&*old.role, |role| role.as_str());
        let active = self.active.unwrap_or(old.active);
        let admin = Role::HqAdmin.as_str();
        if old.active && old.role == admin && (role != admin || !active) {
            check_another_admin(tx.conn(), chain, id)?;
        }
        let name = self.name.as_ref().unwrap_or(&old.name);
        let row = staff::table.find((Id::from(chain), Id::from(id)));
        each!(tx.conn(), c => diesel::update(row)
            .set((
                (staff::name.eq(name), staff::role.eq(role), staff::active.eq(active)),
                staff::password_hash.eq(self.hash.as_ref().unwrap_or(&old.password_hash)),
                staff::must_change_password.eq(old.must_change_password || self.hash.is_some()),
                staff::version.eq(version + 1),
            ))
            .execute(c)?);
        if let Some(store_ids) = &self.store_ids {
            bind(tx.conn(), chain, id, store_ids)?;
        }
        if !active || self.hash.is_some() {
            revoke_all(tx, id, None)?;
        }
        let password = self.hash.is_some();
        let detail = json!({ "role": role, "active": active, "store_ids": self.store_ids, "password": password });
        tx.audit("staff.update", id.0, detail);
        Answer::ok(&Stored::of(id))
    }
}

/// Refuses to leave the chain without anybody who could let people in.
fn check_another_admin(conn: &mut Conn, chain: ChainId, id: StaffId) -> Result<()> {
    let others: i64 = each!(conn, c => staff::table
        .filter(staff::chain_id.eq(Id::from(chain)).and(staff::id.ne(Id::from(id))))
        .filter(staff::role.eq(Role::HqAdmin.as_str()).and(staff::active.eq(true)))
        .count()
        .get_result(c)?);
    if others > 0 {
        return Ok(());
    }
    let (zh, en) = (
        "这是最后一位总部管理员",
        "This is the last HQ administrator; make another one first",
    );
    Err(Refusal::new(Code::FieldInvalid, zh, en).at("/active").into())
}
