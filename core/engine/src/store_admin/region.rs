//! Regions (大区): how head office groups stores.

use crate::Engine;
use crate::actor::Actor;
use crate::error::Result;
use crate::identity::Action;
use crate::input::{self, exists, in_use};
use crate::page::ListQuery;
use crate::resource::{Resource, counted, listed, versioned, wanted};
use crate::store::schema::{regions, stores};
use crate::store::{Conn, Id, Tx};
use cardea_domain::Refusal;
use cardea_domain::id::RegionId;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegion {
    /// Unique in the chain.
    #[schema(example = "east", pattern = r"^[A-Za-z0-9._\-]{1,32}$", max_length = 32)]
    pub code: String,
    #[schema(example = "华东", min_length = 1, max_length = 100)]
    pub name: String,
}

/// Absent fields stay as they are.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionChange {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    /// false: archived, once no open store is in it.
    pub active: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Region {
    #[schema(value_type = Uuid)]
    pub id: RegionId,
    pub code: String,
    pub name: String,
    pub active: bool,
    pub version: i64,
}

#[derive(Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = regions, primary_key(chain_id, id))]
pub struct Row {
    chain_id: Id,
    id: Id,
    code: String,
    name: String,
    active: bool,
    version: i64,
}

versioned!(Row of regions as "region");

impl Resource for Region {
    type Row = Row;
    type New = NewRegion;
    type Change = RegionChange;
    type Filter = ListQuery;

    const READ: Action = Action::StoreRead;
    const WRITE: Action = Action::StoreWrite;

    fn version(&self) -> i64 {
        self.version
    }

    async fn draft(_: &Engine, actor: &Actor, new: NewRegion) -> Result<Row, Refusal> {
        Ok(Row {
            chain_id: actor.chain.into(),
            id: Id(Uuid::nil()),
            code: input::code(&new.code, "/code")?,
            name: input::text(&new.name, 100, "/name")?,
            active: true,
            version: 1,
        })
    }

    fn apply(row: &mut Row, change: &RegionChange) -> Result<(), Refusal> {
        input::set_text(&mut row.name, change.name.as_deref(), 100, "/name")?;
        row.active = change.active.unwrap_or(row.active);
        Ok(())
    }

    fn check(tx: &mut Tx<'_>, row: &Row, before: Option<&Row>) -> Result<()> {
        let same = regions::code.eq(&row.code);
        if before.is_none() && counted!(tx.conn(), regions, tx.chain(), same) > 0 {
            return Err(exists("/code").into());
        }
        Ok(())
    }

    fn check_unused(conn: &mut Conn, row: &Row) -> Result<()> {
        let inside = stores::region_id
            .eq(row.id)
            .assume_not_null()
            .and(stores::active.eq(true));
        match counted!(conn, stores, row.chain_id, inside) {
            0 => Ok(()),
            n => Err(in_use(
                format!("大区内还有 {n} 家营业门店，请先将它们改到其他大区或停业"),
                format!("{n} open stores are in this region; move or close them first"),
            )
            .into()),
        }
    }

    fn detail(row: &Row, _: Option<&Row>) -> Value {
        json!({ "code": row.code, "name": row.name, "active": row.active })
    }

    fn view(row: Row) -> Self {
        Self {
            id: row.id.typed(),
            code: row.code,
            name: row.name,
            active: row.active,
            version: row.version,
        }
    }

    fn rows(conn: &mut Conn, actor: &Actor, filter: &ListQuery, after: Id, limit: i64) -> Result<Vec<Row>> {
        let active = wanted!(filter.active, regions::active.eq(filter.active.unwrap_or_default()));
        Ok(listed!(conn, regions: Row, actor.chain, after, limit, [active]))
    }
}
