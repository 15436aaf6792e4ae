//! Addresses that no route answers: a file of the browser application, 405 where another method would do, else 404.

use super::Problem;
use actix_web::dev::ResourceDef;
use actix_web::{HttpRequest, HttpResponse};
use std::sync::LazyLock;
use utoipa::openapi::path::PathItem;

struct Known {
    path: ResourceDef,
    methods: String,
}

/// Every documented address with its methods; what is documented is what is routed.
static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let paths = &crate::openapi::document().paths.paths;
    paths
        .iter()
        .map(|(path, item)| Known {
            path: ResourceDef::new(path.as_str()),
            methods: methods(item),
        })
        .collect()
});

fn methods(item: &PathItem) -> String {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    let present: Vec<_> = all
        .into_iter()
        .filter(|(_, operation)| operation.is_some())
        .map(|(name, _)| name)
        .collect();
    present.join(", ")
}

/// The application's default service.
///
/// # Errors
/// Where there is no such file.
pub async fn no_such_route(req: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(file) = crate::ui::answer(&req) {
        return file;
    }
    match KNOWN.iter().find(|known| known.path.is_match(req.path())) {
        Some(known) => Err(Problem::method_not_allowed(known.methods.clone())),
        None => Err(Problem::no_such_resource()),
    }
}
