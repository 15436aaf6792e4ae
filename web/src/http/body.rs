//! JSON bodies: bounded in size and time, never compressed, no unknown fields, no field twice.

use super::{IdempotencyKey, Problem};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Limits of a body, as application data.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    pub bytes: usize,
    pub time: Duration,
}

impl Default for BodyLimits {
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            time: Duration::from_secs(10),
        }
    }
}

/// Photographs come over slow lines.
const UPLOAD_TIME: Duration = Duration::from_secs(300);

type Extracting<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A parsed JSON body. `T` refuses unknown fields itself (`deny_unknown_fields`).
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = collect(req, payload);
        Box::pin(async move { Ok(Self(parse(&bytes.await?)?)) })
    }
}

/// The body of a write, under its `Idempotency-Key`.
pub struct Write<T> {
    pub body: T,
    /// Bound to method, path and the body as sent.
    pub key: cardea_engine::store::IdempotencyKey,
}

impl<T: DeserializeOwned + 'static> FromRequest for Write<T> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = IdempotencyKey::read(req.headers());
        let bytes = collect(req, payload);
        let (method, path) = (req.method().clone(), req.path().to_owned());
        Box::pin(async move {
            let key = key?;
            let bytes = bytes.await?;
            Ok(Self {
                body: parse(&bytes)?,
                key: key.bind(&method, &path, &without_pins(&bytes)),
            })
        })
    }
}

/// A file of at most `MOST` bytes as it is, under its `Idempotency-Key`: what it is says its content.
pub struct Upload<const MOST: usize> {
    /// From the header `File-Name`, percent-encoded UTF-8.
    pub name: String,
    pub bytes: web::Bytes,
    /// Bound to method, path, query and the bytes as sent.
    pub key: cardea_engine::store::IdempotencyKey,
}

impl<const MOST: usize> FromRequest for Upload<MOST> {
    type Error = Problem;
    type Future = Extracting<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let key = IdempotencyKey::read(req.headers());
        let limits = BodyLimits {
            bytes: MOST,
            time: UPLOAD_TIME,
        };
        let bytes = bounded(req, payload, limits, check_encoding(req.headers()));
        let header = req.headers().get("file-name").and_then(|name| name.to_str().ok());
        let name = header.map(|name| {
            percent_encoding::percent_decode_str(name)
                .decode_utf8_lossy()
                .into_owned()
        });
        // The same bytes for something else are another request.
        let (method, path) = (req.method().clone(), format!("{}?{}", req.path(), req.query_string()));
        Box::pin(async move {
            let (key, bytes) = (key?, bytes.await?);
            Ok(Self {
                name: name.unwrap_or_default(),
                key: key.bind(&method, &path, &bytes),
                bytes,
            })
        })
    }
}

fn collect(req: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<web::Bytes, Problem>> + use<> {
    let limits = req.app_data::<BodyLimits>().copied().unwrap_or_default();
    bounded(req, payload, limits, check_headers(req.headers()))
}

fn bounded(
    req: &HttpRequest,
    payload: &mut Payload,
    limits: BodyLimits,
    accepted: Result<(), Problem>,
) -> impl Future<Output = Result<web::Bytes, Problem>> + use<> {
    let payload = web::Payload::from_request(req, payload).into_inner();
    async move {
        accepted?;
        let incomplete = |_| Problem::unreadable(None, "the body did not arrive whole");
        let reading = payload.map_err(incomplete)?.to_bytes_limited(limits.bytes);
        tokio::time::timeout(limits.time, reading)
            .await
            .map_err(|_| Problem::body_too_slow())?
            .map_err(|_| Problem::body_too_large(limits.bytes))?
            .map_err(incomplete)
    }
}

fn value(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).map(|v| v.to_str().unwrap_or("?").trim())
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    if value(headers, CONTENT_ENCODING).is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Problem::unsupported_media_type(
            "不接受压缩的请求内容。",
            "Compressed request bodies are not accepted.",
        ));
    }
    Ok(())
}

fn check_headers(headers: &HeaderMap) -> Result<(), Problem> {
    check_encoding(headers)?;
    let media_type = value(headers, CONTENT_TYPE)
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::unsupported_media_type(
        "请求内容须为 application/json。",
        "The body must be application/json.",
    ))
}

/// Reads `bytes` as `T`.
///
/// # Errors
/// `body_invalid` with the pointer of the field at fault.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut unique = serde_json::Deserializer::from_slice(bytes);
    let checked = serde_path_to_error::deserialize::<_, UniqueKeys>(&mut unique);
    checked.map_err(|e| refuse(&e))?;
    unique.end().map_err(|e| Problem::unreadable(None, &e.to_string()))?;
    let mut body = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut body).map_err(|e| refuse(&e))
}

/// The body that a key is bound to: without PINs, whose six digits a stored hash would give away to who tries them all.
fn without_pins(bytes: &[u8]) -> Cow<'_, [u8]> {
    const NAMES: [&str; 2] = ["pin", "old_pin"];
    fn clear(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if value.is_string() && NAMES.contains(&name.as_str()) {
                        *value = Value::Bool(true);
                    }
                    clear(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(clear),
            _ => {}
        }
    }
    if !bytes.windows(3).any(|three| three == b"in\"") {
        return Cow::Borrowed(bytes);
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else {
        return Cow::Borrowed(bytes);
    };
    clear(&mut body);
    Cow::Owned(body.to_string().into_bytes())
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    Problem::unreadable(pointer(error.path()), &error.inner().to_string())
}

/// RFC 6901 form of a path; none for the whole document.
fn pointer(path: &serde_path_to_error::Path) -> Option<String> {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    (!pointer.is_empty()).then_some(pointer)
}

/// Any JSON value in which no object has a key twice, and no text a character that a database can't keep. serde checks
/// the fields of structs; this checks maps too.
struct UniqueKeys;

impl<'de> Deserialize<'de> for UniqueKeys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

/// A key of an object, borrowed from the body where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for UniqueKeys {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self, E> {
        if text.contains('\0') {
            return Err(E::custom("a text with the character U+0000"));
        }
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(Key(key)) = members.next_key::<Key<'de>>()? {
            members.next_value::<Self>()?;
            if let Some(key) = seen.replace(key) {
                return Err(serde::de::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        amount: i64,
        #[serde(default)]
        lines: Vec<Line>,
    }

    #[derive(Debug, serde::Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[serde(default)]
        attributes: BTreeMap<String, i64>,
    }

    fn refusal(body: &str) -> String {
        parse::<Sample>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn d_card_10_no_hash_is_made_of_a_pin() {
        let body = |pin: &str| format!(r#"{{"total": 5, "confirmation": {{"pin": "{pin}", "signed": true}}}}"#);
        let (one, two) = (body("471902"), body("820416"));
        assert_eq!(without_pins(one.as_bytes()), without_pins(two.as_bytes()));
        assert!(!String::from_utf8_lossy(&without_pins(one.as_bytes())).contains("471902"));
        let other = one.replace("5", "6");
        assert_ne!(without_pins(one.as_bytes()), without_pins(other.as_bytes()));
        let escaped = one.replace("pin", r"\u0070in");
        assert!(
            !String::from_utf8_lossy(&without_pins(escaped.as_bytes())).contains("471902"),
            "{escaped}"
        );
        let plain = br#"{"shopping": 1}"#;
        assert!(matches!(without_pins(plain), Cow::Borrowed(_)), "as it was sent");
    }

    #[test]
    fn good_bodies_are_read() {
        let body = r#"{"amount": -5, "lines": [{"attributes": {"a": 1, "b": 2}}]}"#;
        assert_eq!(parse::<Sample>(body.as_bytes()).unwrap().lines[0].attributes["b"], 2);
    }

    #[test]
    fn unknown_duplicate_and_mistyped_fields_are_refused() {
        assert!(refusal(r#"{"amount": 1, "amuont": 2}"#).contains("unknown field `amuont`"));
        assert!(refusal(r#"{"amount": 1, "amount": 2}"#).contains("duplicate field `amount`"));
        assert!(
            refusal(r#"{"amount": 1, "lines": [{"attributes": {"a": 1, "a": 2}}]}"#).contains("duplicate field `a`")
        );
        assert!(refusal(r#"{"amount": 1, "lines": [{"attributes": {"a": 1, "\u0061": 2}}]}"#).contains("duplicate"));
        assert!(refusal(r#"{"amount": 1.0}"#).contains("invalid type: floating point"));
        assert!(refusal(r#"{"amount": 9223372036854775808}"#).contains("amount") || !refusal("{}").is_empty());
        assert!(refusal(r#"{"amount": 1} {}"#).contains("trailing characters"));
        assert!(refusal("").contains("EOF"));
    }

    #[test]
    fn a_field_at_fault_has_a_pointer() {
        let path_of = |body: &str| {
            let mut de = serde_json::Deserializer::from_str(body);
            pointer(
                serde_path_to_error::deserialize::<_, Sample>(&mut de)
                    .unwrap_err()
                    .path(),
            )
        };
        assert_eq!(
            path_of(r#"{"amount": 1, "lines": [{}, {"attributes": {"x/y": "z"}}]}"#).unwrap(),
            "/lines/1/attributes/x~1y"
        );
        assert_eq!(path_of("[]"), None);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(refusal(&deep).contains("recursion limit"));
    }

    #[test]
    fn only_plain_json_is_accepted() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in pairs {
                map.insert(
                    actix_web::http::header::HeaderName::from_static(name),
                    actix_web::http::header::HeaderValue::from_static(value),
                );
            }
            check_headers(&map).map_err(|p| p.code())
        };
        assert_eq!(headers(&[("content-type", "application/json; charset=utf-8")]), Ok(()));
        assert_eq!(
            headers(&[("content-type", "text/plain")]),
            Err("media_type_unsupported")
        );
        assert_eq!(headers(&[]), Err("media_type_unsupported"));
        let zipped = [("content-type", "application/json"), ("content-encoding", "gzip")];
        assert_eq!(headers(&zipped), Err("media_type_unsupported"));
    }
}
