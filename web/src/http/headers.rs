//! The request headers that make writes safe: `Idempotency-Key` and `If-Match`.

use super::Problem;
use actix_web::http::Method;
use actix_web::http::header::{HeaderMap, IF_MATCH};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use cardea_domain::Code;
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

/// Longest key, in characters.
const LONGEST_KEY: usize = 200;

/// The client's name for one attempt at a write: the same key again gets the first answer, whatever happened to it
/// on the way. 1–200 visible ASCII characters; a UUIDv7 is best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl IdempotencyKey {
    /// Reads the header.
    ///
    /// # Errors
    /// `idempotency_key_missing`, for an unusable one too.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let missing = || {
            Problem::new(
                Code::IdempotencyKeyMissing,
                "写操作须带 Idempotency-Key 请求头：1–200 个可见 ASCII 字符，建议使用 UUIDv7。",
                "Writes need an Idempotency-Key header of 1–200 visible ASCII characters, best a UUIDv7.",
            )
        };
        let mut values = headers.get_all("idempotency-key");
        match (values.next(), values.next()) {
            (Some(value), None) => {
                let key = value.to_str().map_err(|_| missing())?;
                let usable = (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
                if usable { Ok(Self(key.into())) } else { Err(missing()) }
            }
            _ => Err(missing()),
        }
    }
}

impl IdempotencyKey {
    /// Binds the key to what was sent under it.
    pub fn bind(self, method: &Method, path: &str, body: &[u8]) -> cardea_engine::store::IdempotencyKey {
        let mut hash = Sha256::new();
        for part in [method.as_str().as_bytes(), path.as_bytes(), body] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        cardea_engine::store::IdempotencyKey {
            key: self.0,
            request: hash.finalize().into(),
        }
    }
}

impl IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(LONGEST_KEY));
        vec![
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some(
                    "Name of this attempt, 1–200 visible ASCII characters, best a UUIDv7. The same key with the same \
                     body gets the first answer again; with another body it is refused.",
                ))
                .schema(Some(text))
                .build(),
        ]
    }
}

/// The version that the client has seen, from `If-Match: "<version>"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub i64);

impl IfMatch {
    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let required = || {
            Problem::new(
                Code::PreconditionRequired,
                "修改须带 If-Match 请求头，其值为读取时得到的 ETag。",
                "Changes need an If-Match header with the ETag of what was read.",
            )
        };
        let text = headers
            .get(IF_MATCH)
            .and_then(|v| v.to_str().ok())
            .ok_or_else(required)?;
        let version = text
            .trim()
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .and_then(|t| t.parse().ok());
        version.map(Self).ok_or_else(required)
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(req.headers()))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            ParameterBuilder::new()
                .name("If-Match")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some(
                    "ETag of the version that was read. Another one since then: 412 `version_conflict`.",
                ))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String).examples(["\"3\""])))
                .build(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut map = HeaderMap::new();
        map.insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        map
    }

    #[test]
    fn keys_are_visible_ascii_of_bounded_length() {
        let read = |value: &str| IdempotencyKey::read(&headers("idempotency-key", value)).is_ok();
        assert!(read("k") && read(&"k".repeat(200)) && read("018f-~!"));
        assert!(!read("") && !read(&"k".repeat(201)) && !read("a b") && !read("é"));
        let mut twice = headers("idempotency-key", "a");
        twice.append(
            HeaderName::from_static("idempotency-key"),
            HeaderValue::from_static("b"),
        );
        assert!(IdempotencyKey::read(&twice).is_err());
        assert_eq!(
            IdempotencyKey::read(&HeaderMap::new()).unwrap_err().code(),
            "idempotency_key_missing"
        );
    }

    #[test]
    fn only_a_strong_quoted_version_counts() {
        let read = |value: &str| IfMatch::read(&headers("if-match", value)).map_err(|p| p.code());
        assert_eq!(read("\"3\""), Ok(IfMatch(3)));
        for other in ["3", "*", "W/\"3\"", "\"x\""] {
            assert_eq!(read(other), Err("precondition_required"), "{other}");
        }
    }
}
