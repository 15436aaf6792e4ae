//! What operators and other services ask: health, figures, keys.

use crate::http::{Answer, Problem, answer};
use crate::state::State;
use actix_web::{HttpResponse, get, web};
use cardea_domain::id::ChainId;
use cardea_domain::{Code, Refusal};
use cardea_engine::Actor;
use cardea_engine::store::Answer as Written;
use serde::Serialize;
use std::time::{Duration, Instant};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

/// How long the writer may take for nothing at all.
const READY_WITHIN: Duration = Duration::from_secs(2);
/// Nobody has to log in to ask: however often they do, the writer is bothered this often at most.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Serialize, ToSchema)]
pub struct Health {
    #[schema(example = "ok")]
    pub status: &'static str,
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(healthz).service(readyz).service(metrics).service(jwks);
}

/// The process answers.
#[utoipa::path(tag = "system", responses((status = 200, body = Health)))]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    answer::ok(&Health { status: "ok" })
}

/// The writer runs and can use the database; 503 `storage_unavailable` otherwise.
#[utoipa::path(tag = "system", responses((status = 200, body = Health)))]
#[get("/readyz")]
async fn readyz(state: web::Data<State>) -> Answer {
    let mut last = state.last_look.lock().await;
    let known = last.as_ref().filter(|(at, _)| at.elapsed() < LOOK_AGAIN);
    let found = match known {
        Some((_, found)) => found.clone(),
        None => {
            let found = look(&state).await;
            *last = Some((Instant::now(), found.clone()));
            found
        }
    };
    found?;
    Ok(answer::ok(&Health { status: "ok" }))
}

/// Lets the writer commit nothing at all.
async fn look(state: &State) -> Result<(), Refusal> {
    let system = Actor::system(ChainId(Uuid::nil()));
    let nothing = state
        .engine
        .transact(&system, None, "system.ready", |_| Ok(Written::no_content()));
    let answered = tokio::time::timeout(READY_WITHIN, nothing).await.map_err(|_| {
        Refusal::new(
            Code::StorageUnavailable,
            "数据库未及时应答。",
            "The database does not answer in time.",
        )
    })?;
    answered.map(|_| ())
}

/// Figures in the Prometheus text format.
#[utoipa::path(tag = "system", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/metrics")]
async fn metrics(state: web::Data<State>) -> Answer {
    let text = state.metrics.text(&state.engine).map_err(|e| Problem::internal(&e))?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .body(text))
}

/// Public keys of access tokens (RFC 7517).
#[utoipa::path(tag = "system", responses((status = 200, body = Object)))]
#[get("/.well-known/jwks.json")]
async fn jwks(state: web::Data<State>) -> Answer {
    Ok(answer::ok(&state.engine.jwks()))
}
