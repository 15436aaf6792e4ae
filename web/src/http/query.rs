//! Query strings and ids in paths.

use super::Problem;
use actix_web::error::QueryPayloadError;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

/// A parsed query string; `T` refuses unknown parameters itself (`deny_unknown_fields`).
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        // No database can look for it, and PostgreSQL can't even be asked.
        if req.query_string().contains("%00") {
            return ready(Err(Problem::unreadable(None, "a value with the character U+0000")));
        }
        let parsed = web::Query::<T>::from_query(req.query_string());
        ready(match parsed {
            Ok(query) => Ok(Self(query.into_inner())),
            Err(error) => Err(Problem::unreadable(None, &reason(&error))),
        })
    }
}

/// What is wrong with a query string, without the framework's preface.
fn reason(error: &QueryPayloadError) -> String {
    match error {
        QueryPayloadError::Deserialize(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// The `{id}` of a path. What is no id names nothing: 404.
pub struct Id<T>(pub T);

impl<T: std::str::FromStr + 'static> FromRequest for Id<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = req.match_info().get("id").and_then(|id| id.parse().ok());
        ready(id.map(Self).ok_or_else(Problem::no_such_resource))
    }
}
