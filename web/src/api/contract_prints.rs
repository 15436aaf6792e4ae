//! Templates of contracts, and contracts as PDFs.

use super::resource::prelude::*;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use cardea_domain::contract::print::PrintLanguage;
use cardea_domain::id::{ContractId, ContractTypeId};
use cardea_engine::contract::{ContractTemplate, ShippedForm, TemplateChange, TemplateWanted, shipped_forms};
use cardea_engine::page::PageArgs;
use serde::Deserialize;
use utoipa::IntoParams;

pub fn routes(config: &mut ServiceConfig) {
    config
        .service(list_shipped_templates)
        .service(read_contract_template)
        .service(list_contract_templates)
        .service(update_contract_template)
        .service(preview_contract_template)
        .service(print_contract);
}

#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PrintQuery {
    /// Absent: the reader's language.
    #[param(inline)]
    language: Option<PrintLanguage>,
}

fn pdf(name: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((CONTENT_DISPOSITION, format!("inline; filename=\"{name}.pdf\"")))
        .insert_header((CACHE_CONTROL, "private, no-store"))
        .body(bytes)
}

/// Templates to begin with, each with the fields that a type needs for it.
#[utoipa::path(tag = "contracts", responses((status = 200, body = Vec<ShippedForm>)))]
#[get("/shipped-contract-templates")]
async fn list_shipped_templates(_permit: Permit<action::ContractRead>) -> Answer {
    Ok(answer::ok(&shipped_forms()))
}

/// The template from which contracts of a type are printed until they're signed.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path)), responses((status = 200, body = ContractTemplate))
)]
#[get("/contract-types/{id}/template")]
async fn read_contract_template(
    permit: Permit<action::ContractRead>,
    id: Id<ContractTypeId>,
    state: web::Data<State>,
) -> Answer {
    let template = state.engine.contract_template(permit.actor(), id.0)?;
    Ok(answer::tagged(i64::from(template.number), &template))
}

/// All versions of a type's template, newest first.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), PageArgs), responses((status = 200, body = Page<ContractTemplate>))
)]
#[get("/contract-types/{id}/templates")]
async fn list_contract_templates(
    permit: Permit<action::ContractRead>,
    id: Id<ContractTypeId>,
    page: Query<PageArgs>,
    state: web::Data<State>,
) -> Answer {
    let list = move |engine: &Engine| engine.contract_templates(permit.actor(), id.0, &page.0);
    Ok(answer::ok(&state.read(list).await?))
}

/// Publishes the next version of a type's template. What was signed before is printed as it was.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey, IfMatch), request_body = TemplateChange,
    responses((status = 200, body = ContractTemplate))
)]
#[patch("/contract-types/{id}/template")]
async fn update_contract_template(
    permit: Permit<action::ConfigurationWrite>,
    id: Id<ContractTypeId>,
    version: IfMatch,
    write: Write<TemplateChange>,
    state: web::Data<State>,
) -> Answer {
    let published =
        state
            .engine
            .update_contract_template(permit.actor(), Some(write.key), (id.0, version.0), write.body);
    let number = |template: &ContractTemplate| i64::from(template.number);
    Ok(answer::written(published.await?, number, |template| template))
}

/// A template, also one that isn't published yet, as a form to fill in by hand; nothing is kept.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), IdempotencyKey), request_body = TemplateWanted,
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"))
)]
#[post("/contract-types/{id}/template-previews")]
async fn preview_contract_template(
    permit: Permit<action::ContractRead>,
    id: Id<ContractTypeId>,
    write: Write<TemplateWanted>,
    state: web::Data<State>,
) -> Answer {
    let printed = state
        .engine
        .preview_contract_template(permit.actor(), id.0, &write.body);
    Ok(pdf("preview", printed.await?))
}

/// A contract as a PDF: a signed one by the template it was signed with, others by the latest, marked as what they are. The
/// access log notes who printed it.
#[utoipa::path(
    tag = "contracts", params(("id" = Uuid, Path), PrintQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"))
)]
#[get("/contracts/{id}/print")]
async fn print_contract(
    permit: Permit<action::ContractRead>,
    id: Id<ContractId>,
    query: Query<PrintQuery>,
    reader: Language,
    state: web::Data<State>,
) -> Answer {
    let language = query.0.language.unwrap_or(match reader {
        Language::Chinese => PrintLanguage::Zh,
        Language::English => PrintLanguage::En,
    });
    let print = state.engine.print_contract(permit.actor(), id.0, language).await?;
    Ok(pdf(&print.name, print.pdf))
}
