//! Customers and contracts as files; how any table goes out.

use super::resource::prelude::*;
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use cardea_engine::Engine;
use cardea_engine::export::{ContractExportQuery, CustomerExportQuery, Export, SheetFormat};
use futures_util::stream;
use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::{
    ArrayBuilder, ContentBuilder, KnownFormat, ObjectBuilder, RefOr, Response, ResponseBuilder, Schema, SchemaFormat,
    Type,
};

pub fn routes(config: &mut ServiceConfig) {
    config.service(export_customers).service(export_contracts);
}

/// A table as an answer: CSV unless `format` asks for another form.
pub(super) struct SheetAnswer;

impl IntoResponses for SheetAnswer {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let book = text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
        let lines = ArrayBuilder::new().items(ObjectBuilder::new());
        let forms: [(SheetFormat, Schema); 3] = [
            (SheetFormat::Csv, text().into()),
            (SheetFormat::Xlsx, book.into()),
            (SheetFormat::Json, lines.into()),
        ];
        let mut response = ResponseBuilder::new().description("As `format` asks, CSV if it is absent");
        for (format, schema) in forms {
            let content = ContentBuilder::new().schema(Some(schema)).build();
            let (media_type, _) = format.media_type().split_once(';').unwrap_or((format.media_type(), ""));
            response = response.content(media_type, content);
        }
        BTreeMap::from([("200".to_owned(), RefOr::T(response.build()))])
    }
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
#[utoipa::path(tag = "customers", params(CustomerExportQuery), responses(SheetAnswer))]
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
#[utoipa::path(tag = "contracts", params(ContractExportQuery), responses(SheetAnswer))]
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
