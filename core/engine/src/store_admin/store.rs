//! Stores (门店), each with the time zone that its business dates are kept in.

use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, clearable, exists, field, in_use};
use crate::page::PageArgs;
use crate::resource::{Listed, Resource, counted, listed, versioned, wanted};
use crate::store::schema::{regions, staff, staff_stores, stores};
use crate::store::{Conn, Id, Name, Tx};
use crate::{Engine, each};
use cardea_domain::id::{RegionId, StoreId};
use cardea_domain::{Refusal, Zone, named};
use diesel::dsl::{exists as any, not};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

named! {
/// Who runs a store.
#[derive(Default)]
pub enum StoreKind {
    /// 直营
    #[default]
    Own = "own",
    /// 加盟
    Franchise = "franchise",
    /// 分销店
    Dealer = "dealer",
}
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// Unique in the chain.
    #[schema(example = "S001", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    #[schema(example = "南京路店", min_length = 1, max_length = 100)]
    pub name: String,
    #[schema(value_type = Option<Uuid>)]
    pub region_id: Option<RegionId>,
    /// Of the IANA database; business dates are days in it. Absent: the chain's.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: Option<String>,
    /// Absent: `own`.
    pub kind: Option<StoreKind>,
}

/// Absent fields stay as they are. Code and time zone never change: business dates hang on them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreChange {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// null: none.
    #[serde(default, deserialize_with = "clearable")]
    #[schema(value_type = Option<Uuid>)]
    pub region_id: Option<Option<RegionId>>,
    pub kind: Option<StoreKind>,
    /// false: closed. It sells nothing and takes no new customers; not while somebody works only there.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Store {
    #[schema(value_type = Uuid)]
    pub id: StoreId,
    pub code: String,
    pub name: String,
    #[schema(value_type = Option<Uuid>)]
    pub region_id: Option<RegionId>,
    pub time_zone: String,
    pub kind: StoreKind,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StoreQuery {
    /// Only those of this region.
    #[param(value_type = Option<Uuid>)]
    pub region_id: Option<RegionId>,
    /// true: only what is in use, false: only what is archived.
    pub active: Option<bool>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl Listed for StoreQuery {
    fn page(&self) -> PageArgs {
        PageArgs::new(self.limit, self.after.as_deref())
    }
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stores, primary_key(chain_id, id), treat_none_as_null = true)]
pub struct Row {
    chain_id: Id,
    id: Id,
    region_id: Option<Id>,
    code: String,
    name: String,
    time_zone: String,
    kind: Name<StoreKind>,
    active: bool,
    created_at: i64,
    version: i64,
}

versioned!(Row of stores as "store", born created_at);

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

impl Resource for Store {
    type Row = Row;
    type New = NewStore;
    type Change = StoreChange;
    type Filter = StoreQuery;

    const READ: Action = Action::StoreRead;
    const WRITE: Action = Action::StoreWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(engine: &Engine, actor: &Actor, new: NewStore) -> Result<Row, Refusal> {
        let time_zone = match &new.time_zone {
            Some(name) => zone(name, "/time_zone")?,
            None => engine.chain(actor.chain)?.time_zone,
        };
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            region_id: new.region_id.map(Into::into),
            code: input::code(&new.code, "/code")?,
            name: input::text(&new.name, 100, "/name")?,
            time_zone: time_zone.name().into(),
            kind: Name(new.kind.unwrap_or_default()),
            active: true,
            created_at: 0,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &StoreChange) -> Result<(), Refusal> {
        input::set_text(&mut row.name, change.name.as_deref(), 100, "/name")?;
        if let Some(region) = change.region_id {
            row.region_id = region.map(Into::into);
        }
        row.kind = change.kind.map_or(row.kind, Name);
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        let same = stores::code.eq(&row.code);
        if before.is_none() && counted!(tx.conn(), stores, row.chain_id, same) > 0 {
            return Err(exists("/code").into());
        }
        // A closed store may stay in a region that was archived after it.
        let Some(region) = row.region_id.filter(|_| row.active) else {
            return Ok(());
        };
        let open = regions::id.eq(region).and(regions::active.eq(true));
        if counted!(tx.conn(), regions, row.chain_id, open) == 0 {
            let (zh, en) = ("没有这个大区，或已停用", "There is no such region, or it is archived");
            return Err(field("/region_id", zh, en).into());
        }
        Ok(())
    }

    fn check_unused(conn: &mut Conn, row: &Row) -> Result<()> {
        match left_without_store(conn, row)? {
            0 => Ok(()),
            n => Err(in_use(
                format!("还有 {n} 名在职员工只在这家门店，请先调店或停用"),
                format!("{n} people work only in this store; move them or close their accounts first"),
            )
            .into()),
        }
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        json!({
            "code": row.code, "name": row.name, "time_zone": row.time_zone, "kind": row.kind.0, "active": row.active,
            "region_id": row.region_id.map(Id::text),
        })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            code: row.code,
            name: row.name,
            region_id: row.region_id.map(Id::typed),
            time_zone: row.time_zone,
            kind: row.kind.0,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &StoreQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let region = filter.region_id.map_or(Id(Uuid::nil()), Id::from);
        let region = wanted!(filter.region_id, stores::region_id.eq(region).assume_not_null());
        let active = wanted!(filter.active, stores::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, stores: Row, actor.chain, after, limit, [region, active]))
    }
}

/// Accounts in use that would be bound to closed stores alone.
fn left_without_store(conn: &mut Conn, closing: &Row) -> Result<i64> {
    let (chain, id) = (closing.chain_id, closing.id);
    let bound = staff_stores::chain_id
        .eq(chain)
        .and(staff_stores::staff_id.eq(staff::id));
    let open = stores::chain_id
        .eq(chain)
        .and(stores::id.eq(staff_stores::store_id))
        .and(stores::active.eq(true))
        .and(stores::id.ne(id));
    let here = any(staff_stores::table.filter(bound.and(staff_stores::store_id.eq(id))));
    let elsewhere = any(staff_stores::table.inner_join(stores::table.on(open)).filter(bound));
    Ok(each!(conn, c => staff::table
        .filter(staff::chain_id.eq(chain).and(staff::active.eq(true)))
        .filter(here.and(not(elsewhere)))
        .count()
        .get_result::<i64>(c)?))
}
