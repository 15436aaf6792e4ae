//! Programs and the versions of their configuration.

use crate::http::{Answer, Id, IdempotencyKey, Page, Permit, Query, Write, action, answer};
use crate::state::State;
use actix_web::{get, post, web};
use cardea_domain::id::ProgramId;
use cardea_engine::page::PageArgs;
use cardea_engine::program::{ConfigurationView, NewConfiguration, NewProgram, ProgramView};
use utoipa_actix_web::service_config::ServiceConfig;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_programs)
        .service(create_program)
        .service(read_program);
    config.service(list_configurations).service(create_configuration);
}

/// Programs, oldest first.
#[utoipa::path(tag = "programs", params(PageArgs), responses((status = 200, body = Page<ProgramView>)))]
#[get("/programs")]
async fn list_programs(permit: Permit<action::ProgramRead>, page: Query<PageArgs>, state: web::Data<State>) -> Answer {
    let programs = state
        .read(move |engine| engine.programs(permit.actor(), &page.0))
        .await?;
    Ok(answer::ok(&programs))
}

/// Creates a program: pins the plugin's component and begins with the plugin's default configuration.
#[utoipa::path(
    tag = "programs", params(IdempotencyKey), request_body = NewProgram, responses((status = 201, body = ProgramView))
)]
#[post("/programs")]
async fn create_program(
    permit: Permit<action::ProgramWrite>,
    write: Write<NewProgram>,
    state: web::Data<State>,
) -> Answer {
    let program = state
        .engine
        .create_program(permit.in_chain()?, Some(write.key), write.body)
        .await?;
    Ok(answer::written(program, |program| program.version, |program| program))
}

/// One program, with the JSON Schema of its configuration.
#[utoipa::path(tag = "programs", params(("id" = Uuid, Path)), responses((status = 200, body = ProgramView)))]
#[get("/programs/{id}")]
async fn read_program(permit: Permit<action::ProgramRead>, id: Id<ProgramId>, state: web::Data<State>) -> Answer {
    // Reading the schema may load the component.
    let program = state.read(move |engine| engine.program(permit.actor(), id.0)).await?;
    Ok(answer::tagged(program.version, &program))
}

/// Versions of a program's configuration, newest first.
#[utoipa::path(
    tag = "programs", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<ConfigurationView>))
)]
#[get("/programs/{id}/configurations")]
async fn list_configurations(
    permit: Permit<action::ConfigurationRead>,
    id: Id<ProgramId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let versions = state
        .read(move |engine| engine.configurations(permit.actor(), id.0, &page.0))
        .await?;
    Ok(answer::ok(&versions))
}

/// Publishes a new version; 422 `configuration_invalid` lists every field at fault.
#[utoipa::path(
    tag = "programs", params(("id" = Uuid, Path), IdempotencyKey), request_body = NewConfiguration,
    responses((status = 201, body = ConfigurationView))
)]
#[post("/programs/{id}/configurations")]
async fn create_configuration(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<ProgramId>,
    write: Write<NewConfiguration>,
    state: web::Data<State>,
) -> Answer {
    let actor = permit.in_chain()?;
    let version = state
        .engine
        .create_configuration(actor, Some(write.key), id.0, write.body)
        .await?;
    Ok(answer::written(version, |version| version.version, |version| version))
}
