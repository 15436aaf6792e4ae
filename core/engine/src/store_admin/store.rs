//! Stores (门店), each with the time zone that its business dates are kept in.

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::identity::Action;
use crate::input::{self, Stored, Written, check_version, clearable, exists, field, not_found};
use crate::page::{Page, PageArgs};
use crate::store::schema::{regions, stores};
use crate::store::{Answer, Conn, Id, IdempotencyKey};
use crate::{Engine, each};
use cardea_domain::id::{ChainId, RegionId, StoreId};
use cardea_domain::{Refusal, Zone};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// Who runs a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    #[default]
    Own,
    Franchise,
    Dealer,
}

impl StoreKind {
    /// The name on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            StoreKind::Own => "own",
            StoreKind::Franchise => "franchise",
            StoreKind::Dealer => "dealer",
        }
    }

    fn parse(name: &str) -> Result<Self> {
        let kinds = [StoreKind::Own, StoreKind::Franchise, StoreKind::Dealer];
        let found = kinds.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| Error::internal(format!("unknown kind of store {name:?}")))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// 1–32 letters, digits, `-`, `_`, `.`; unique in the chain.
    pub code: String,
    pub name: String,
    #[serde(default)]
    pub region_id: Option<RegionId>,
    /// Of the IANA database; the chain's if missing. Never changes: business dates of booked bills depend on it.
    #[serde(default)]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub kind: StoreKind,
}

/// A change: fields that are missing stay, `null` clears.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorePatch {
    pub name: Option<String>,
    #[serde(deserialize_with = "clearable")]
    pub region_id: Option<Option<RegionId>>,
    pub kind: Option<StoreKind>,
    /// A closed store sells nothing and takes no new customers.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreView {
    pub id: StoreId,
    pub code: String,
    pub name: String,
    pub region_id: Option<RegionId>,
    pub time_zone: Zone,
    pub kind: StoreKind,
    pub active: bool,
    /// For `If-Match`.
    pub version: i64,
}

#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = stores)]
struct Row {
    chain_id: Id,
    id: Id,
    region_id: Option<Id>,
    code: String,
    name: String,
    time_zone: String,
    kind: String,
    active: bool,
    created_at: i64,
    version: i64,
}

impl Row {
    fn find(conn: &mut Conn, chain: ChainId, id: StoreId) -> Result<Self> {
        let found: Option<Self> = each!(conn, c => stores::table
            .find((Id::from(chain), Id::from(id)))
            .select(Row::as_select())
            .get_result(c)
            .optional()?);
        Ok(found.ok_or_else(not_found)?)
    }

    fn view(self) -> Result<StoreView> {
        let time_zone = self.time_zone.parse();
        Ok(StoreView {
            id: self.id.typed(),
            time_zone: time_zone.map_err(|e| Error::internal(format!("store {}: {e}", self.code)))?,
            code: self.code,
            name: self.name,
            region_id: self.region_id.map(Id::typed),
            kind: StoreKind::parse(&self.kind)?,
            active: self.active,
            version: self.version,
        })
    }
}

fn check_region(conn: &mut Conn, chain: ChainId, region: Option<Id>) -> Result<()> {
    let Some(region) = region else { return Ok(()) };
    let same = regions::chain_id.eq(Id::from(chain)).and(regions::id.eq(region));
    let found: i64 = each!(conn, c => regions::table.filter(same).count().get_result(c)?);
    if found > 0 {
        Ok(())
    } else {
        Err(field("/region_id", "没有这个大区", "There is no such region").into())
    }
}

/// A zone by its name.
pub(crate) fn zone(name: &str, pointer: &str) -> Result<Zone, Refusal> {
    name.parse().map_err(|_| {
        field(
            pointer,
            "不是 IANA 时区，例如 Asia/Shanghai",
            "Not a zone of the IANA database such as Asia/Shanghai",
        )
    })
}

impl Engine {
    /// # Errors
    /// `forbidden`, `field_invalid`, `already_exists` (code).
    pub async fn create_store(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        new: NewStore,
    ) -> Result<Written<StoreView>, Refusal> {
        actor.require(Action::StoreWrite, None)?;
        let time_zone = match &new.time_zone {
            Some(name) => zone(name, "/time_zone")?,
            None => self.chain(actor.chain)?.time_zone,
        };
        let template = Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            region_id: new.region_id.map(Into::into),
            code: input::code(&new.code, "/code")?,
            name: input::text(&new.name, 100, "/name")?,
            time_zone: time_zone.name().into(),
            kind: new.kind.as_str().into(),
            active: true,
            created_at: 0,
            version: 1,
        };
        let answered = self
            .transact(actor, key, "store.create", move |tx| {
                let id = tx.new_id::<StoreId>();
                let row = Row {
                    id: id.into(),
                    created_at: tx.now().0,
                    ..template.clone()
                };
                let chain = tx.chain();
                check_region(tx.conn(), chain, row.region_id)?;
                let same = stores::chain_id.eq(row.chain_id).and(stores::code.eq(&row.code));
                let taken: i64 = each!(tx.conn(), c => stores::table.filter(same).count().get_result(c)?);
                if taken > 0 {
                    return Err(exists("/code").into());
                }
                each!(tx.conn(), c => diesel::insert_into(stores::table).values(&row).execute(c)?);
                let detail =
                    json!({ "code": row.code, "name": row.name, "time_zone": row.time_zone, "kind": row.kind });
                tx.audit("store.create", id.0, detail);
                Answer::created(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.store_view(actor.chain, id.into()))
    }

    /// One store.
    ///
    /// # Errors
    /// `forbidden`, `not_found`.
    pub fn store(&self, actor: &Actor, id: StoreId) -> Result<StoreView, Refusal> {
        actor.require(Action::StoreRead, Some(id))?;
        Ok(self.store_view(actor.chain, id)?)
    }

    /// A store as commands need it; checks no permission.
    ///
    /// # Errors
    /// `not_found`.
    pub(crate) fn store_view(&self, chain: ChainId, id: StoreId) -> Result<StoreView> {
        self.read(chain, |conn| Row::find(conn, chain, id)?.view())
    }

    /// Stores, oldest first.
    ///
    /// # Errors
    /// `forbidden`, `body_invalid` (limit, cursor).
    pub fn stores(&self, actor: &Actor, page: &PageArgs) -> Result<Page<StoreView>, Refusal> {
        actor.require(Action::StoreRead, None)?;
        let (limit, after) = (page.limit()?, Id(page.after_id()?.unwrap_or(Uuid::nil())));
        let views = self.read(actor.chain, |conn| {
            let rows: Vec<Row> = each!(conn, c => stores::table
                .select(Row::as_select())
                .filter(stores::chain_id.eq(Id::from(actor.chain)).and(stores::id.gt(after)))
                .order(stores::id)
                .limit(limit as i64 + 1)
                .load(c)?);
            rows.into_iter().map(Row::view).collect::<Result<Vec<_>>>()
        })?;
        Ok(Page::cut(views, limit, |store| store.id.to_string()))
    }

    /// Changes a store that the client saw at `version`.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, `version_conflict`, `field_invalid`.
    pub async fn update_store(
        &self,
        actor: &Actor,
        key: Option<IdempotencyKey>,
        id: StoreId,
        version: i64,
        patch: StorePatch,
    ) -> Result<Written<StoreView>, Refusal> {
        actor.require(Action::StoreWrite, Some(id))?;
        let name = patch.name.map(|name| input::text(&name, 100, "/name")).transpose()?;
        let answered = self
            .transact(actor, key, "store.update", move |tx| {
                let chain = tx.chain();
                let old = Row::find(tx.conn(), chain, id)?;
                check_version(old.version, version)?;
                let region = patch.region_id.map_or(old.region_id, |region| region.map(Into::into));
                check_region(tx.conn(), chain, region)?;
                let name = name.as_ref().unwrap_or(&old.name);
                let kind = patch.kind.map_or(&*old.kind, |kind| kind.as_str());
                let active = patch.active.unwrap_or(old.active);
                let row = stores::table.find((Id::from(chain), Id::from(id)));
                each!(tx.conn(), c => diesel::update(row)
                    .set((
                        (stores::name.eq(name), stores::region_id.eq(region)),
                        (stores::kind.eq(kind), stores::active.eq(active)),
                        stores::version.eq(version + 1),
                    ))
                    .execute(c)?);
                let region = region.map(Id::text);
                let detail = json!({ "name": name, "kind": kind, "active": active, "region_id": region });
                tx.audit("store.update", id.0, detail);
                Answer::ok(&Stored::of(id))
            })
            .await?;
        Written::read(answered, |id| self.store_view(actor.chain, id.into()))
    }
}
