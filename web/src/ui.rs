//! The browser application's files, embedded in the binary.

use crate::http::Problem;
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::borrow::Cow;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Files;

/// Answers a request for a page or one of its files; None if there is no such file.
///
/// # Errors
/// Another method than GET and HEAD on a file.
pub fn answer(req: &HttpRequest) -> Option<Result<HttpResponse, Problem>> {
    let path = req.path().trim_start_matches('/');
    let name = if path.is_empty() || path.ends_with('/') {
        format!("{path}index.html")
    } else {
        path.to_owned()
    };
    let Some(file) = Files::get(&name) else {
        return Files::get(&format!("{name}/index.html")).map(|_| Ok(to_folder(&name)));
    };
    if !matches!(*req.method(), Method::GET | Method::HEAD) {
        return Some(Err(Problem::method_not_allowed("GET, HEAD".into())));
    }
    Some(Ok(serve(file, req.headers())))
}

fn to_folder(name: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, format!("/{name}/")))
        .finish()
}

/// File names are stable from build to build, so browsers ask again with the ETag each time.
fn serve(file: EmbeddedFile, headers: &HeaderMap) -> HttpResponse {
    let tag = format!(
        "\"{}\"",
        file.metadata
            .sha256_hash()
            .iter()
            .take(16)
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    );
    let known = headers
        .get(IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|known| {
            known
                .split(',')
                .any(|candidate| candidate.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "no-cache"));
    if known {
        response.finish()
    } else {
        with_content(response, file)
    }
}

fn with_content(mut response: HttpResponseBuilder, file: EmbeddedFile) -> HttpResponse {
    let kind = file.metadata.mimetype();
    let text = kind.starts_with("text/") || kind == "application/json" || kind.ends_with("javascript");
    let kind = if text {
        format!("{kind}; charset=utf-8")
    } else {
        kind.to_owned()
    };
    response.insert_header((CONTENT_TYPE, kind));
    response.body(match file.data {
        Cow::Borrowed(data) => web::Bytes::from_static(data),
        Cow::Owned(data) => web::Bytes::from(data),
    })
}
