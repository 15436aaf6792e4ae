//! Customers and contracts as files; how any table goes out.

use super::resource::prelude::*;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_engine::Engine;
use cardea_engine::export::{ContractExportQuery, CustomerExportQuery, Export, SheetFormat};
use futures_util::stream;

pub fn routes(config: &mut ServiceConfig) {
    config.service(export_customers).service(export_contracts);
}

/// Sends a table as it is written.
pub(super) fn sheet(state: &web::Data<State>, export: Export, format: SheetFormat) -> HttpResponse {
    let name = format!("attachment; filename=\"{}.{format}\"", export.name());
    let state = state.clone();
    let pieces = stream::try_unfold(export, move |mut export| {
        let state = state.clone();
        async move {
            let write = move |engine: &Engine| Ok((engine.go_on_with_export(&mut export)?, export));
            let failed = |problem: crate::http::Problem| std::io::Error::other(problem.code());
            let (bytes, export) = state.read(write).await.map_err(failed)?;
            Ok::<_, std::io::Error>(bytes.map(|bytes| (web::Bytes::from(bytes), export)))
        }
    });
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, format.media_type()));
    response.insert_header((CONTENT_DISPOSITION, name));
    response.streaming(Box::pin(pieces))
}

/// The customers of one's stores as a file, newest first: masked as on the pages, or in full, with the card, for who may
/// take such data away and says what for. No cell is computed by a spreadsheet; phones are texts. The titles are those
/// under which an import reads them. The last column of every line says who took it away and when; its number leads to
/// the access log.
#[utoipa::path(
    tag = "customers", params(CustomerExportQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
#[get("/customer-export")]
async fn export_customers(
    permit: Permit<action::CustomerRead>,
    query: Query<CustomerExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let begun = state
        .engine
        .begin_customer_export(permit.actor(), &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}

/// The contracts of one's stores as a file, newest first, by the filters of their list: no texts but titles; amounts are
/// decimals of the chain's currency. Who may take data away may take this; the last column of every line says who did and
/// when.
#[utoipa::path(
    tag = "contracts", params(ContractExportQuery),
    responses((status = 200, body = String, content_type = "text/csv"))
)]
#[get("/contract-export")]
async fn export_contracts(
    permit: Permit<action::CustomerExport>,
    query: Query<ContractExportQuery>,
    language: Language,
    state: web::Data<State>,
) -> Answer {
    let begun = state
        .engine
        .begin_contract_export(permit.actor(), &query.0, language.picker());
    Ok(sheet(&state, begun.await?, query.0.format))
}
