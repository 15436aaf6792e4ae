//! Regions and stores.

use cardea_domain::id::{RegionId, StoreId};
use cardea_engine::store_admin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRegion {
    /// Unique in the chain.
    #[schema(example = "east")]
    pub code: String,
    #[schema(example = "华东")]
    pub name: String,
}

#[derive(Serialize, ToSchema)]
pub struct Region {
    #[schema(value_type = Uuid)]
    pub id: RegionId,
    pub code: String,
    pub name: String,
    pub version: i64,
}

mirror! {
/// Who runs a store.
StoreKind = store_admin::StoreKind {
    /// 直营
    Own,
    /// 加盟
    Franchise,
    /// 分销店
    Dealer,
}
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// Unique in the chain.
    #[schema(example = "S001")]
    pub code: String,
    #[schema(example = "南京路店")]
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
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreChange {
    pub name: Option<String>,
    /// null: none.
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<Uuid>)]
    pub region_id: Option<Option<RegionId>>,
    pub kind: Option<StoreKind>,
    pub active: Option<bool>,
}

#[derive(Serialize, ToSchema)]
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

shown!(Region from store_admin::RegionView { id, code, name, version });

impl From<NewRegion> for store_admin::NewRegion {
    fn from(new: NewRegion) -> Self {
        Self {
            code: new.code,
            name: new.name,
        }
    }
}

impl From<NewStore> for store_admin::NewStore {
    fn from(new: NewStore) -> Self {
        Self {
            code: new.code,
            name: new.name,
            region_id: new.region_id,
            time_zone: new.time_zone,
            kind: new.kind.map(Into::into).unwrap_or_default(),
        }
    }
}

impl From<StoreChange> for store_admin::StorePatch {
    fn from(change: StoreChange) -> Self {
        Self {
            name: change.name,
            region_id: change.region_id,
            kind: change.kind.map(Into::into),
            active: change.active,
        }
    }
}

impl From<store_admin::StoreView> for Store {
    fn from(store: store_admin::StoreView) -> Self {
        Self {
            id: store.id,
            code: store.code,
            name: store.name,
            region_id: store.region_id,
            time_zone: store.time_zone.to_string(),
            kind: store.kind.into(),
            active: store.active,
            version: store.version,
        }
    }
}
