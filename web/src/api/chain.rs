//! What a chain sets for itself.

use crate::http::{Answer, IdempotencyKey, IfMatch, Permit, Write, action, answer};
use crate::state::State;
use actix_web::{get, patch, web};
use cardea_engine::store_admin::{ChainChange, ChainSettings};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_chain).service(update_chain);
}

/// The chain's settings.
#[utoipa::path(tag = "stores", responses((status = 200, body = ChainSettings)))]
#[get("/chain")]
async fn read_chain(permit: Permit<action::StoreRead>, state: web::Data<State>) -> Answer {
    let chain = state.engine.chain_settings(permit.in_chain()?)?;
    Ok(answer::tagged(chain.version, &chain))
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
    let actor = permit.in_chain()?;
    let chain = state
        .engine
        .update_chain(actor, Some(write.key), version.0, write.body)
        .await?;
    Ok(answer::written(chain, |chain| chain.version, |chain| chain))
}
