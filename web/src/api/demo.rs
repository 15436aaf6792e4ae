//! What a server of the demo offers to try first.

use crate::http::{Answer, answer};
use crate::state::State;
use actix_web::{get, web};
use cardea_engine::demo;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

/// Empty on every server but that of `serve --demo`.
#[derive(Serialize, ToSchema)]
pub struct Demo {
    /// Those to try first come first.
    pub logins: Vec<DemoLogin>,
    /// One member of each chain.
    pub members: Vec<DemoMember>,
    /// While the demo is filled.
    pub filling: Option<DemoFilling>,
}

/// How far the demo is filled.
#[derive(Serialize, ToSchema)]
pub struct DemoFilling {
    /// Purchases and other events that have happened.
    pub done: u64,
    /// Events in all.
    pub of: u64,
}

/// An invented account.
#[derive(Serialize, ToSchema)]
pub struct DemoLogin {
    #[schema(example = "liyan")]
    pub chain: String,
    #[schema(example = "cashier")]
    pub user: String,
    pub password: String,
    pub role: cardea_engine::Role,
}

/// An invented member, as a till finds them.
#[derive(Serialize, ToSchema)]
pub struct DemoMember {
    #[schema(example = "liyan")]
    pub chain: String,
    pub card: String,
    pub phone: String,
    pub name: String,
}

pub fn routes(config: &mut ServiceConfig) {
    config.service(read_demo);
}

/// Log-ins and members of the demo; nothing on a server that isn't one.
#[utoipa::path(tag = "auth", responses((status = 200, body = Demo)))]
#[get("/demo")]
async fn read_demo(state: web::Data<State>) -> Answer {
    let shown = state.demo.as_ref();
    let mut logins = shown.map(|shown| demo::logins(shown.seed)).unwrap_or_default();
    let filling = shown.and_then(|shown| shown.progress.under_way());
    logins.sort_by_key(|login| !login.try_first());
    let members = match shown {
        Some(_) => state.read(|engine| Ok(demo::samples(engine)?)).await?,
        None => Vec::new(),
    };
    let login = |login: demo::Login| DemoLogin {
        chain: login.chain.into(),
        user: login.user.into(),
        password: login.password,
        role: login.role,
    };
    let member = |sample: demo::Sample| DemoMember {
        chain: sample.chain.into(),
        card: sample.card,
        phone: sample.phone,
        name: sample.name,
    };
    Ok(answer::ok(&Demo {
        logins: logins.into_iter().map(login).collect(),
        members: members.into_iter().map(member).collect(),
        filling: filling.map(|(done, of)| DemoFilling { done, of }),
    }))
}
