//! Staff accounts: roles and store scope. Whoever administers them can't lock everybody out, and only an operator
//! touches an operator.

use super::login::revoke_all;
use super::session::stores_of;
use super::{Action, StoreScope};
use crate::actor::{Actor, Role};
use crate::approval;
use crate::error::Result;
use crate::input::{self, Stored, Written, clearable, exists, field, not_found};
use crate::keys::check_new_password;
use crate::page::PageArgs;
use crate::resource::{Listed, Resource, VersionedRow, counted, listed, versioned, wanted};
use crate::store::schema::{staff, staff_stores, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, StaffId, StoreId};
use cardea_domain::{Code, Instant, Refusal};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use zeroize::Zeroizing;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// Log-in name, unique in the chain.
    #[schema(example = "wang.li", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub user: String,
    #[schema(example = "王丽", min_length = 1, max_length = 64)]
    pub name: String,
    pub role: Role,
    /// Where they work; empty: the whole chain.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    pub store_ids: Vec<StoreId>,
    /// Initial; must be changed at the first log-in.
    #[schema(format = Password, min_length = 10)]
    pub password: String,
}

#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffChange {
    #[schema(min_length = 1, max_length = 64)]
    pub name: Option<String>,
    pub role: Option<Role>,
    #[schema(value_type = Option<Vec<Uuid>>)]
    pub store_ids: Option<Vec<StoreId>>,
    /// false ends all their sessions at once.
    pub active: Option<bool>,
    /// A new initial password; must be changed at the next log-in.
    #[schema(format = Password, min_length = 10)]
    pub password: Option<String>,
    /// Their first log-in, if this is another one of the same person: nobody approves what they made under another.
    /// null: they have only this one.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    pub same_person_as: Option<Option<StaffId>>,
    /// What the password became on its way to the table.
    #[serde(skip)]
    pub(crate) hash: Option<String>,
}

/// A new initial password, for somebody who has forgotten theirs.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    /// Handed over by word of mouth or on paper; must be changed at the next log-in.
    #[schema(format = Password, min_length = 10)]
    pub password: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Staff {
    #[schema(value_type = Uuid)]
    pub id: StaffId,
    pub user: String,
    pub name: String,
    pub role: Role,
    /// Empty: the whole chain.
    #[schema(value_type = Vec<Uuid>)]
    pub store_ids: Vec<StoreId>,
    pub platform_operator: bool,
    /// The password is an initial one.
    pub must_change_password: bool,
    pub active: bool,
    /// Their first log-in, if this is another one of the same person.
    #[schema(value_type = Option<Uuid>)]
    pub same_person_as: Option<StaffId>,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StaffQuery {
    /// Only those of this role.
    #[param(inline)]
    pub role: Option<Role>,
    /// Only those bound to this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for StaffQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = staff, primary_key(chain_id, id), treat_none_as_null = true)]
pub(crate) struct StaffRow {
    pub chain_id: Id,
    pub id: Id,
    pub user_name: String,
    pub name: String,
    pub role: Name<Role>,
    pub platform_operator: bool,
    pub password_hash: String,
    pub must_change_password: bool,
    pub active: bool,
    pub created_at: i64,
    pub version: i64,
    pub person_id: Option<Id>,
}

versioned!(StaffRow of staff as "staff", born created_at);

impl StaffRow {
    /// # Errors
    /// `already_exists`, if the user name isn't free.
    pub fn check_user(&self, conn: &mut Conn) -> Result<()> {
        match counted!(conn, staff, self.chain_id, staff::user_name.eq(&self.user_name)) {
            0 => Ok(()),
            _ => Err(exists("/user").into()),
        }
    }

    /// # Errors
    /// `field_invalid`, unless what is named is somebody's first log-in, and this one isn't.
    fn check_person(&self, conn: &mut Conn) -> Result<()> {
        let Some(first) = self.person_id else { return Ok(()) };
        let found = Self::find(conn, self.chain_id.typed(), first)?;
        let others = counted!(conn, staff, self.chain_id, staff::person_id.eq(Some(self.id)));
        if first != self.id && found.is_some_and(|row| row.person_id.is_none()) && others == 0 {
            return Ok(());
        }
        let (zh, en) = (
            "请选择此人的第一个账号",
            "Name the first log-in of this person, which this one isn't",
        );
        Err(field("/same_person_as", zh, en).into())
    }
}

/// An account with the stores it is bound to.
#[derive(Clone)]
pub struct Account {
    pub(super) row: StaffRow,
    pub(super) store_ids: Vec<StoreId>,
}

impl VersionedRow for Account {
    const CREATE: &'static str = StaffRow::CREATE;
    const UPDATE: &'static str = StaffRow::UPDATE;
    const CREATED: &'static str = StaffRow::CREATED;
    const CHANGED: &'static str = StaffRow::CHANGED;

    fn id(&self) -> Uuid {
        self.row.id.0
    }

    fn version(&self) -> i64 {
        self.row.version
    }

    fn active(&self) -> bool {
        self.row.active
    }

    fn begin(&mut self, id: Id, now: Instant) {
        self.row.begin(id, now);
    }

    fn set_version(&mut self, version: i64) {
        self.row.version = version;
    }

    fn find(conn: &mut Conn, chain: ChainId, id: Id) -> Result<Option<Self>> {
        let row = StaffRow::find(conn, chain, id)?;
        row.map(|row| Self::of(conn, row)).transpose()
    }

    fn insert(&self, conn: &mut Conn) -> Result<()> {
        self.row.insert(conn)?;
        bind(conn, self.row.chain_id, self.row.id, &self.store_ids)
    }

    fn save(&self, conn: &mut Conn) -> Result<bool> {
        let saved = self.row.save(conn)?;
        bind(conn, self.row.chain_id, self.row.id, &self.store_ids)?;
        Ok(saved)
    }
}

impl Account {
    fn of(conn: &mut Conn, row: StaffRow) -> Result<Self> {
        let store_ids = stores_of(conn, row.chain_id.typed(), row.id.typed())?;
        Ok(Self { row, store_ids })
    }

    /// # Errors
    /// `forbidden`, if it is an operator's and the actor isn't one.
    fn check_operator(&self, actor: &Actor) -> Result<(), Refusal> {
        if !self.row.platform_operator || actor.platform_operator {
            return Ok(());
        }
        let (zh, en) = (
            "只有平台运维人员可以修改此账号",
            "Only a platform operator may change an operator's account",
        );
        Err(Refusal::new(Code::Forbidden, zh, en))
    }
}

/// Binds an account to these stores and no others.
fn bind(conn: &mut Conn, chain: Id, id: Id, store_ids: &[StoreId]) -> Result<()> {
    let wanted: BTreeSet<StoreId> = store_ids.iter().copied().collect();
    let ids: Vec<Id> = wanted.iter().map(|store| (*store).into()).collect();
    let found = counted!(conn, stores, chain, stores::id.eq_any(ids));
    if found != wanted.len() as i64 {
        return Err(field("/store_ids", "含有不存在的门店", "One of these stores doesn't exist").into());
    }
    let old = staff_stores::chain_id.eq(chain).and(staff_stores::staff_id.eq(id));
    let row = |store: StoreId| {
        (
            staff_stores::chain_id.eq(chain),
            staff_stores::staff_id.eq(id),
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

impl Resource for Staff {
    type Row = Account;
    type New = NewStaff;
    type Change = StaffChange;
    type Filter = StaffQuery;

    const READ: Action = Action::StaffRead;
    const WRITE: Action = Action::StaffWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(engine: &Engine, actor: &Actor, new: NewStaff) -> Result<Account, Refusal> {
        actor.require(Action::StaffWrite, None)?;
        let password = Zeroizing::new(new.password);
        let user = input::code(&new.user, "/user")?;
        check_new_password(&password, &user, "/password")?;
        let row = StaffRow {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            user_name: user,
            name: input::text(&new.name, 64, "/name")?,
            role: Name(new.role),
            platform_operator: false,
            password_hash: engine.identity().passwords.hash(&password).await?,
            must_change_password: true,
            active: true,
            created_at: 0,
            version: 1,
            person_id: None,
        };
        let store_ids = new.store_ids;
        Ok(Account { row, store_ids })
    }

    async fn prepare(engine: &Engine, actor: &Actor, id: Uuid, change: StaffChange) -> Result<StaffChange, Refusal> {
        actor.require(Action::StaffWrite, None)?;
        let Some(password) = change.password else {
            return Ok(change);
        };
        let hash = Some(engine.hash_for(actor, id, password).await?);
        Ok(StaffChange {
            password: None,
            hash,
            ..change
        })
    }

    fn apply(account: &mut Account, change: &StaffChange) -> Result<(), Refusal> {
        let row = &mut account.row;
        input::set_text(&mut row.name, change.name.as_deref(), 64, "/name")?;
        row.role = change.role.map_or(row.role, Name);
        row.active = change.active.unwrap_or(row.active);
        if let Some(first) = change.same_person_as {
            row.person_id = first.map(Id::from);
        }
        if let Some(hash) = &change.hash {
            row.password_hash.clone_from(hash);
            row.must_change_password = true;
        }
        if let Some(store_ids) = &change.store_ids {
            account.store_ids.clone_from(store_ids);
        }
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, account: &Account, before: Option<&Account>) -> Result<()> {
        let Some(before) = before else {
            return account.row.check_user(tx.conn());
        };
        account.check_operator(tx.actor())?;
        if account.row.person_id != before.row.person_id {
            account.row.check_person(tx.conn())?;
        }
        let administers = |account: &Account| account.row.active && account.row.role.0 == Role::HqAdmin;
        if administers(before) && !administers(account) {
            check_another_admin(tx.conn(), account.row.chain_id.typed(), account.row.id.typed())?;
        }
        Ok(())
    }

    fn hold(tx: &mut Tx<'_>, account: &Account, before: Option<&Account>) -> Result<Option<Answer>> {
        let guarded = account.guarded(before);
        guarded.map_or(Ok(None), |guarded| approval::permit(tx, guarded))
    }

    fn follow(tx: &mut Tx<'_>, account: &Account, before: &Account) -> Result<()> {
        if !account.row.active || account.row.password_hash != before.row.password_hash {
            revoke_all(tx, account.row.id.typed(), None)?;
        }
        Ok(())
    }

    fn visible(&self, actor: &Actor) -> Result<bool, Refusal> {
        let scope = actor.scope(Action::StaffRead)?;
        Ok(scope == StoreScope::All || self.store_ids.iter().any(|store| scope.allows(*store)))
    }

    fn detail(account: &Account, before: Option<&Account>) -> Value {
        let password = before.is_none_or(|before| before.row.password_hash != account.row.password_hash);
        json!({
            "role": account.row.role.0, "active": account.row.active, "store_ids": account.store_ids, "password": password,
            "same_person_as": account.row.person_id.map(Id::typed::<StaffId>),
        })
    }

    fn view(account: Account) -> Self {
        Self {
            id: account.row.id.typed(),
            user: account.row.user_name,
            name: account.row.name,
            role: account.row.role.0,
            store_ids: account.store_ids,
            platform_operator: account.row.platform_operator,
            must_change_password: account.row.must_change_password,
            active: account.row.active,
            same_person_as: account.row.person_id.map(Id::typed),
            version: account.row.version,
        }
    }

    /// Those bound to stores see whoever shares one with them.
    fn rows(conn: &mut Conn, actor: &Actor, filter: &StaffQuery, after: Id, limit: i64) -> Result<Vec<Account>> {
        let own: Option<Vec<StoreId>> = match actor.scope(Action::StaffRead)? {
            StoreScope::All => filter.store_id.map(|store| vec![store]),
            StoreScope::Only(mut stores) => {
                stores.retain(|store| filter.store_id.is_none_or(|wanted| wanted == *store));
                Some(stores)
            }
        };
        let ids: Vec<Id> = own.iter().flatten().map(|store| Id::from(*store)).collect();
        let shared = staff_stores::chain_id
            .eq(Id::from(actor.chain))
            .and(staff_stores::store_id.eq_any(ids));
        let shared = staff_stores::table.select(staff_stores::staff_id).filter(shared);
        let shared = wanted!(own, staff::id.eq_any(shared));
        let role = wanted!(filter.role, staff::role.eq(filter.role.map_or("", Role::as_str)));
        let active = wanted!(filter.active, staff::active.eq(filter.active.unwrap_or_default()));
        let rows: Vec<StaffRow> = listed!(conn, staff: StaffRow, actor.chain, after, limit, [shared, role, active]);
        rows.into_iter().map(|row| Account::of(conn, row)).collect()
    }
}

impl Engine {
    /// The hash of an initial password for somebody.
    async fn hash_for(&self, actor: &Actor, id: Uuid, password: String) -> Result<String, Refusal> {
        let password = Zeroizing::new(password);
        let account = self.read(actor.chain, |conn| StaffRow::find(conn, actor.chain, Id(id)))?;
        check_new_password(&password, &account.ok_or_else(not_found)?.user_name, "/password")?;
        self.identity().passwords.hash(&password).await
    }

    /// Gives somebody who has forgotten theirs a new initial password; their sessions end.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `field_invalid`.
    pub async fn reset_password(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: StaffId,
        reset: PasswordReset,
    ) -> Result<Written<Staff>, Refusal> {
        actor.require(Action::StaffWrite, None)?;
        let hash = self.hash_for(actor, id.0, reset.password).await?;
        let work = move |tx: &mut Tx<'_>| {
            let chain = tx.chain();
            let mut account = Account::find(tx.conn(), chain, id.into())?.ok_or_else(not_found)?;
            account.check_operator(tx.actor())?;
            let before = account.clone();
            account.row.password_hash.clone_from(&hash);
            account.row.must_change_password = true;
            account.row.version += 1;
            if let Some(guarded) = account.guarded(Some(&before))
                && let Some(waits) = approval::permit(tx, guarded)?
            {
                return Ok(waits);
            }
            account.row.save(tx.conn())?;
            revoke_all(tx, id, None)?;
            tx.audit("staff.reset_password", id.0, json!({}));
            tx.publish(Account::CHANGED, json!({ "id": id, "version": account.row.version }));
            Answer::ok(&Stored::of(id))
        };
        let answered = self.transact(actor, key, "staff.reset_password", work).await?;
        self.identity().sessions.forget_all();
        self.as_written(actor, answered)
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
