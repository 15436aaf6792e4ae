//! The shapes of successful answers.

use super::Problem;
use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use cardea_engine::input::Written;
use cardea_engine::page::Page;
use cardea_engine::resource::Resource;
use cardea_engine::store::Answered;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Says that an answer is that of an earlier request under the same key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// 200 with a document.
pub fn ok(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(body)
}

/// 200 with a page of documents.
pub fn page<T, U: Serialize>(page: Page<T>, show: impl FnMut(T) -> U) -> HttpResponse {
    ok(&page.map(show))
}

/// 200 with a document and its version as ETag, which a change gives back in `If-Match`.
pub fn tagged(version: i64, body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, tag(version))).json(body)
}

/// The resource that a write has made or changed, as it stands now.
pub fn resource<R: Resource>(done: Written<R>) -> HttpResponse {
    written(done, R::version, |document| document)
}

/// The row that a write has made or changed, as it stands now.
pub fn written<T, U: Serialize>(
    written: Written<T>,
    version: fn(&T) -> i64,
    show: impl FnOnce(T) -> U,
) -> HttpResponse {
    let mut response = begin(written.status, written.replayed);
    response.insert_header((ETAG, tag(version(&written.value))));
    response.json(show(written.value))
}

/// What a command answered, as `show` shows it: with what stored answers don't hold (names of people).
///
/// # Errors
/// `internal`, if it isn't the documented answer; those of `show`.
pub fn answered<T: DeserializeOwned, U: Serialize>(
    answered: &Answered,
    show: impl FnOnce(T) -> Result<U, Problem>,
) -> Result<HttpResponse, Problem> {
    let stored: T = serde_json::from_str(&answered.json).map_err(|e| Problem::internal(&e))?;
    Ok(begin(answered.status, answered.replayed).json(show(stored)?))
}

fn begin(status: u16, replayed: bool) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::from_u16(status).unwrap_or(StatusCode::OK));
    if replayed {
        response.insert_header((REPLAYED, HeaderValue::from_static("true")));
    }
    response
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}
