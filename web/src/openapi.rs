//! The OpenAPI document, generated from the routes, and its browsable form.

use crate::http::ProblemDocument;
use actix_web::{App, HttpResponse, get};
use std::sync::LazyLock;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::{Config, SwaggerUi};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Cardea",
        description = "Memberships, cards, sales and points of shop chains.\n\n\
            Money is an integer number of minor units (fen, cents), points are integers, quantities are integers of \
            thousandths, rates integers of parts per million. Instants are RFC 3339 in UTC, dates are days in a \
            store's zone, ids are UUIDs, card numbers are strings. Lists are paged: give `next` back as `after`.\n\n\
            Every POST and PATCH except log-in and quotes needs an `Idempotency-Key`; every PATCH needs `If-Match`. \
            Unknown fields are refused. Refusals are `application/problem+json` (RFC 9457) with a stable `code`, in \
            Chinese or English by `Accept-Language`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(ProblemDocument, cardea_engine::export::SheetFormat))
)]
struct Base;

static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(|| {
    use utoipa::OpenApi as _;
    let app = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(crate::api::routes);
    let mut document = app.split_for_parts().1;
    secure(&mut document);
    refuse(&mut document);
    document
});

/// The document of all routes.
pub fn document() -> &'static OpenApi {
    &DOCUMENT
}

/// The document as JSON, the same bytes for the same code.
///
/// # Errors
/// None in practice: the document has no map with keys that are no strings.
pub fn json() -> serde_json::Result<String> {
    // Through a value: its maps are sorted, so that the order of registration doesn't show.
    let value = serde_json::to_value(document())?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// Everything under `/api/v1` needs a token, except getting one.
fn secure(document: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some(
            "`access_token` of `POST /api/v1/auth/login`, valid for at most ten minutes.",
        ))
        .build();
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for (path, item) in &mut document.paths.paths {
        let open = !path.starts_with("/api/v1/")
            || path.ends_with("/auth/login")
            || path.ends_with("/forms/open")
            || path.ends_with("/forms/answer")
            || path.ends_with("/auth/refresh")
            || path.ends_with("/demo");
        if open {
            continue;
        }
        for operation in operations(item) {
            operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
        }
    }
}

/// Every operation may be refused in the one form.
fn refuse(document: &mut OpenApi) {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let response: Response = ResponseBuilder::new()
        .description("Refused: the code says why, the detail what to do.")
        .content("application/problem+json", content)
        .build();
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            operation
                .responses
                .responses
                .insert("default".into(), RefOr::T(response.clone()));
        }
    }
}

fn operations(item: &mut utoipa::openapi::PathItem) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

static JSON: LazyLock<Result<String, String>> = LazyLock::new(|| json().map_err(|e| e.to_string()));

/// The document itself.
#[get("/api/openapi.json")]
pub async fn openapi_json() -> HttpResponse {
    match &*JSON {
        Ok(json) => HttpResponse::Ok().content_type("application/json").body(json.as_str()),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// `/api/docs` itself, for those who type it.
#[get("/api/docs")]
pub async fn docs_folder() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header(("location", "/api/docs/"))
        .finish()
}

/// The browsable reference at `/api/docs/`; its validator, an outside service, is off.
pub fn reference() -> SwaggerUi {
    let config = Config::from("/api/openapi.json")
        .validator_url("none")
        .persist_authorization(false);
    SwaggerUi::new("/api/docs/{_:.*}").config(config)
}
