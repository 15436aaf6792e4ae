//! The reward catalogue.

use super::common::Text;
use cardea_domain::id::{ProgramId, RewardId, StoreId};
use cardea_engine::reward;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReward {
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// null: offered in all stores.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Unique in the program.
    #[schema(example = "umbrella")]
    pub code: String,
    pub name: Text,
    /// Price in points.
    #[schema(minimum = 1, example = 500)]
    pub points: i64,
    /// Pieces left; null: not counted.
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
}

/// Absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewardChange {
    pub name: Option<Text>,
    #[schema(minimum = 1)]
    pub points: Option<i64>,
    /// null: not counted.
    #[serde(default, deserialize_with = "super::common::present")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub stock: Option<Option<i64>>,
    pub active: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct Reward {
    #[schema(value_type = Uuid)]
    pub id: RewardId,
    #[schema(value_type = Uuid)]
    pub program_id: ProgramId,
    /// null: offered in all stores.
    #[schema(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    pub code: String,
    pub name: Text,
    /// Price in points.
    pub points: i64,
    /// Pieces left; null: not counted.
    pub stock: Option<i64>,
    pub active: bool,
    /// Rises with every change; the ETag.
    pub version: i64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RewardQuery {
    /// Only those of this program.
    #[param(value_type = Option<Uuid>)]
    pub program_id: Option<ProgramId>,
    /// Only what can be had in this store.
    #[param(value_type = Option<Uuid>)]
    pub store_id: Option<StoreId>,
    /// Most items of a page, 1–200; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before.
    pub after: Option<String>,
}

impl From<NewReward> for reward::NewReward {
    fn from(new: NewReward) -> Self {
        Self {
            program_id: new.program_id,
            store_id: new.store_id,
            code: new.code,
            name: new.name.into(),
            points: new.points,
            stock: new.stock,
        }
    }
}

impl From<RewardChange> for reward::RewardPatch {
    fn from(change: RewardChange) -> Self {
        Self {
            name: change.name.map(Into::into),
            points: change.points,
            stock: change.stock,
            active: change.active,
        }
    }
}

shown!(Reward from reward::RewardView { id, program_id, store_id, code, name, points, stock, active, version });
