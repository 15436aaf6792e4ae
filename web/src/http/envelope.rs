//! What surrounds every answer: request id, security headers, problems in the client's language, log line, figures.

use super::{Language, Problem};
use crate::state::State;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use std::time::Instant;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest request id that is taken over from a proxy.
const LONGEST_ID: usize = 64;

const STRICT: HeaderValue =
    HeaderValue::from_static("default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'");
/// Swagger UI sets styles from its script and has inline images; nothing else may.
const REFERENCE: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; \
     base-uri 'none'; form-action 'self'",
);

/// The outermost middleware.
///
/// # Errors
/// Those of inner middlewares; refusals of handlers and extractors are answers here.
pub async fn envelope(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id(req.headers());
    let mut response = next.call(req).await?.map_into_boxed_body();
    let mut code = "";
    if let Some(problem) = response.response().error().and_then(|e| e.as_error::<Problem>()) {
        code = problem.code();
        if !problem.for_log().is_empty() {
            tracing::warn!(
                request = id.to_str().unwrap_or_default(),
                code,
                reason = problem.for_log(),
                "failed"
            );
        }
        let rendered = problem.render(Language::of(response.request().headers()));
        response = response.into_response(rendered);
    }
    secure(&mut response, &id);
    observe(&response, &id, code, started);
    Ok(response)
}

/// The proxy's id if it is a harmless one, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let harmless = |v: &&HeaderValue| {
        (1..=LONGEST_ID).contains(&v.len()) && v.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    headers.get(REQUEST_ID).filter(harmless).cloned().unwrap_or_else(|| {
        let id = Uuid::now_v7().to_string();
        HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("none"))
    })
}

fn secure(response: &mut ServiceResponse, id: &HeaderValue) {
    let path = response.request().path();
    let policy = if path.starts_with("/api/docs") {
        REFERENCE
    } else {
        STRICT
    };
    let private = path.starts_with("/api/v1/");
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.clone());
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if private {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Counts and logs by route pattern: addresses and query strings may hold names and phone numbers.
fn observe(response: &ServiceResponse, id: &HeaderValue, code: &str, started: Instant) {
    let request = response.request();
    let route = request.match_pattern();
    let route = route.as_deref().unwrap_or("unmatched");
    let status = response.status().as_u16();
    let elapsed = started.elapsed();
    if let Some(state) = request.app_data::<web::Data<State>>() {
        state.metrics.observe(request.method(), route, status, elapsed);
    }
    tracing::debug!(
        request = id.to_str().unwrap_or_default(),
        method = request.method().as_str(),
        route,
        status,
        code,
        microseconds = elapsed.as_micros() as u64,
        "answered"
    );
}
