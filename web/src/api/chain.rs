//! What a chain sets for itself.

use crate::http::{Answer, IdempotencyKey, IfMatch, Permit, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, web};
use cardea_engine::store_admin;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// The settings of a chain.
#[derive(Serialize, ToSchema)]
pub struct ChainSettings {
    /// A bill beyond it is booked only with `over_limit`, minor units.
    #[schema(example = 100_000_000)]
    pub bill_limit: i64,
    /// Rises with every change; the ETag.
    pub version: i64,
}

/// Absent fields stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChainChange {
    #[schema(minimum = 1)]
    pub bill_limit: Option<i64>,
}

impl From<store_admin::ChainSettings> for ChainSettings {
    fn from(chain: store_admin::ChainSettings) -> Self {
        let store_admin::ChainSettings { bill_limit, version } = chain;
        Self { bill_limit, version }
    }
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_chain).service(update_chain);
}

/// The chain's settings.
#[utoipa::path(tag = "stores", responses((status = 200, body = ChainSettings)))]
#[get("/chain")]
async fn read_chain(permit: Permit<action::StoreRead>, state: web::Data<State>) -> Answer {
    let chain = state.engine.chain_settings(permit.in_chain()?)?;
    Ok(answer::tagged(chain.version, &ChainSettings::from(chain)))
}

/// Changes the chain's settings.
#[utoipa::path(
    tag = "stores", params(IdempotencyKey, IfMatch), request_body = ChainChange,
    responses((status = 200, body = ChainSettings))
)]
#[patch("/chain")]
async fn update_chain(
    permit: Permit<action::ConfigurationWrite>,
    version: IfMatch,
    write: Write<ChainChange>,
    state: web::Data<State>,
) -> Answer {
    let patch = store_admin::ChainPatch {
        bill_limit: write.body.bill_limit,
    };
    let actor = permit.in_chain()?;
    let chain = state
        .engine
        .update_chain(actor, Some(write.key), version.0, patch)
        .await?;
    Ok(answer::written(chain, |chain| chain.version, ChainSettings::from))
}
