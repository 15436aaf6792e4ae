//! The one place where a refusal becomes an HTTP answer: kind → status, RFC 9457 document in the client's language.

use super::{Language, unreadable};
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use cardea_domain::error::{Code, Facts, Kind, Refusal, Text};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::fmt;

/// A refused request, not yet in a language: the envelope renders it when it knows the client's.
#[derive(Debug)]
pub struct Problem(Box<Told>);

#[derive(Debug)]
struct Told {
    status: StatusCode,
    code: &'static str,
    title: Text,
    detail: Text,
    pointer: Option<String>,
    facts: Box<Facts>,
    allow: Option<String>,
}

/// The wire form of every refusal (RFC 9457), `application/problem+json`. Further members carry the facts a code
/// brings along: `available` and `needed` points, `possible_points` and `possible_amount` that can be paid instead,
/// `minimum_points` and `minimum_amount`, the `limit` of what was too much, `state`, `blocks` and `allowed` of a card,
/// `blank_state` of a blank card and `blank_store_id` where it is,
/// `sale_id` of the first bill under a receipt number, `memberships` that may be meant, `customers` whom a new one may be,
/// `refusals` of a program's rules.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:cardea:problem:` and the code.
    #[schema(example = "urn:cardea:problem:insufficient_points")]
    pub r#type: String,
    /// What happened, in the language of `Accept-Language` (zh or en).
    #[schema(example = "Not enough points")]
    pub title: String,
    #[schema(example = 409)]
    pub status: u16,
    /// Why, and what to do about it.
    pub detail: String,
    /// Stable name; switch on this.
    #[schema(example = "insufficient_points")]
    pub code: String,
    /// Fields at fault, as JSON pointers into the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<ProblemField>,
    /// Facts of the code.
    #[serde(flatten)]
    pub facts: Map<String, Value>,
}

/// One field at fault.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ProblemField {
    #[schema(example = "/lines/0/amount")]
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// The table kind → status.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unconditional => StatusCode::PRECONDITION_REQUIRED,
        Kind::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(Told {
            status: status(refusal.code.kind()),
            code: refusal.code.as_str(),
            title: refusal.code.title(),
            detail: refusal.detail,
            pointer: refusal.pointer,
            facts: refusal.facts,
            allow: None,
        }))
    }
}

impl Problem {
    /// A refusal by code.
    pub fn new(code: Code, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Refusal::new(code, zh, en).into()
    }

    /// A refusal that names a field of the body.
    pub fn of_field(code: Code, pointer: &str, zh: &str, en: &str) -> Self {
        Refusal::new(code, zh, en).at(pointer).into()
    }

    /// The body or the query can't be read; `pointer` names the field, if one is at fault.
    pub fn unreadable(pointer: Option<String>, why: &str) -> Self {
        let why = unreadable::silent(why);
        let zh = unreadable::in_chinese(pointer.as_deref(), &why);
        let mut refusal = Refusal::new(Code::BodyInvalid, zh, why);
        refusal.pointer = pointer;
        refusal.into()
    }

    /// Our own fault; the cause goes to the log alone.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(cause = %cause, "internal error");
        Self::new(
            Code::Internal,
            "系统内部错误，原因见服务器日志。",
            "Internal error; the server's log has the cause.",
        )
    }

    /// Nothing under this address.
    pub fn no_such_resource() -> Self {
        Self::new(
            Code::NotFound,
            "此地址下没有内容。",
            "There is nothing under this address.",
        )
    }

    /// The address exists, the method doesn't; `allow` lists those that do.
    pub fn method_not_allowed(allow: String) -> Self {
        let mut problem = Self::of_http(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            ("不支持此方法", "Method not allowed"),
            (
                format!("此地址只支持 {allow}。"),
                format!("This address knows {allow} only."),
            ),
        );
        problem.0.allow = Some(allow);
        problem
    }

    /// A body that is not plain JSON.
    pub fn unsupported_media_type(zh: &str, en: &str) -> Self {
        Self::of_http(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "media_type_unsupported",
            ("不支持的内容格式", "Unsupported media type"),
            (zh.into(), en.into()),
        )
    }

    /// A body above the limit, in bytes.
    pub fn body_too_large(limit: usize) -> Self {
        Self::of_http(
            StatusCode::PAYLOAD_TOO_LARGE,
            Code::BodyInvalid.as_str(),
            ("请求内容过大", "The request is too large"),
            (
                format!("请求内容最多 {limit} 字节。"),
                format!("A request body has at most {limit} bytes."),
            ),
        )
    }

    /// A body that does not arrive.
    pub fn body_too_slow() -> Self {
        Self::of_http(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            ("请求超时", "The request took too long"),
            (
                "请求内容未能及时到达。".into(),
                "The request body did not arrive in time.".into(),
            ),
        )
    }

    fn of_http(status: StatusCode, code: &'static str, title: (&str, &str), detail: (String, String)) -> Self {
        Self(Box::new(Told {
            status,
            code,
            title: Text::new(title.0, title.1),
            detail: Text::new(detail.0, detail.1),
            pointer: None,
            facts: Box::default(),
            allow: None,
        }))
    }

    /// The stable name.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What the log says: no facts of the customer, only the code and the English reason of server faults.
    pub fn for_log(&self) -> &str {
        if self.0.status.is_server_error() {
            &self.0.detail.en
        } else {
            ""
        }
    }

    fn document(&self, language: Language) -> ProblemDocument {
        let mut facts = match serde_json::to_value(&self.0.facts) {
            Ok(Value::Object(facts)) => facts,
            _ => Map::new(),
        };
        facts.remove("errors");
        facts.remove("wrong");
        let mut errors: Vec<_> = self
            .0
            .facts
            .errors
            .iter()
            .map(|e| ProblemField {
                pointer: e.pointer.clone(),
                code: self.0.code.into(),
                detail: e.detail.clone(),
            })
            .collect();
        errors.extend(self.0.facts.wrong.iter().map(|wrong| ProblemField {
            pointer: wrong.pointer.clone(),
            code: self.0.code.into(),
            detail: language.pick(&wrong.detail).to_owned(),
        }));
        if let Some(pointer) = &self.0.pointer {
            facts.insert("pointer".into(), json!(pointer));
            if !errors.iter().any(|e| e.pointer == *pointer) {
                let detail = language.pick(&self.0.detail).to_owned();
                errors.insert(
                    0,
                    ProblemField {
                        pointer: pointer.clone(),
                        code: self.0.code.into(),
                        detail,
                    },
                );
            }
        }
        ProblemDocument {
            r#type: format!("urn:cardea:problem:{}", self.0.code),
            title: language.pick(&self.0.title).into(),
            status: self.0.status.as_u16(),
            detail: language.pick(&self.0.detail).into(),
            code: self.0.code.into(),
            errors,
            facts,
        }
    }

    /// The answer in the client's language.
    pub fn render(&self, language: Language) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.status);
        response.insert_header((CONTENT_LANGUAGE, language.tag()));
        match self.0.status {
            StatusCode::UNAUTHORIZED => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => response.insert_header((RETRY_AFTER, "1")),
            StatusCode::TOO_MANY_REQUESTS => response.insert_header((RETRY_AFTER, "60")),
            _ => &mut response,
        };
        if let Some(allow) = &self.0.allow {
            response.insert_header((ALLOW, allow.as_str()));
        }
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        match serde_json::to_vec(&self.document(language)) {
            Ok(body) => response.body(body),
            Err(_) => response.finish(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.detail.en)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    /// The body follows in the envelope.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.0.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardea_domain::error::FieldError;

    #[test]
    fn facts_become_members_and_pointers_become_errors() {
        let refusal = Refusal::new(Code::InsufficientPoints, "积分不足：现有 5，需要 7", "5 of 7 points")
            .at("/tenders/0")
            .with(|f| {
                f.available = Some(5);
                f.needed = Some(7);
                f.errors = vec![FieldError {
                    pointer: "/tenders/1".into(),
                    detail: "too much".into(),
                }];
            });
        let document = serde_json::to_value(Problem::from(refusal).document(Language::Chinese)).unwrap();
        assert_eq!(
            document,
            json!({
                "type": "urn:cardea:problem:insufficient_points", "title": "积分不足", "status": 409,
                "detail": "积分不足：现有 5，需要 7", "code": "insufficient_points", "pointer": "/tenders/0",
                "available": 5, "needed": 7,
                "errors": [
                    {"pointer": "/tenders/0", "code": "insufficient_points", "detail": "积分不足：现有 5，需要 7"},
                    {"pointer": "/tenders/1", "code": "insufficient_points", "detail": "too much"},
                ],
            })
        );
    }

    #[test]
    fn headers_follow_the_status() {
        let header = |problem: Problem, name: &str| {
            let response = problem.render(Language::English);
            response.headers().get(name).map(|v| v.to_str().unwrap().to_owned())
        };
        assert_eq!(
            header(Problem::new(Code::Busy, "", ""), "retry-after"),
            Some("1".into())
        );
        assert_eq!(
            header(Problem::new(Code::Unauthenticated, "", ""), "www-authenticate"),
            Some("Bearer".into())
        );
        assert_eq!(
            header(Problem::method_not_allowed("GET".into()), "allow"),
            Some("GET".into())
        );
        assert_eq!(
            header(Problem::no_such_resource(), "content-type"),
            Some("application/problem+json".into())
        );
    }
}
