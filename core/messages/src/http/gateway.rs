//! SMS and chat through a provider's HTTP interface, declared instead of programmed: providers in China take the id of an approved
//! template, a signature, a number and variables, and most of them say 200 whatever happened, with their own code in the body.

use super::{Answer, Client, Request, check_url};
use crate::channel::said;
use crate::{Class, Failure, Outcome, Receipt, Refused, Secret};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a provider is asked, and how its answers are read. Texts hold placeholders: `{phone}`, `{template}`, `{sign}`, `{id}`, `{key}`,
/// `{var.NAME}`, and `{vars}`, which is all variables as a JSON object. Each is escaped for where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// `https`; no placeholders in its host.
    pub url: String,
    #[serde(default)]
    pub method: Method,
    #[serde(default)]
    pub headers: Vec<Field>,
    #[serde(default)]
    pub body: Body,
    #[serde(default)]
    pub accepted: Accepted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    #[default]
    Post,
    Put,
    Get,
}

/// A header or a field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    #[default]
    None,
    /// Placeholders stand in its texts. A text that is `{vars}` and nothing else holds JSON as text; `{vars.object}` becomes the object.
    Json(Value),
    Form(Vec<Field>),
}

/// When a provider has taken a message over, and what its codes mean. A code of text ends in `*` where only its beginning counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accepted {
    /// JSON pointer to the code in the answer (RFC 6901), such as `/Code`; without it the HTTP status decides.
    pub pointer: Option<String>,
    /// Codes that mean taken, such as `OK` or `0`.
    pub equals: Vec<String>,
    /// JSON pointer to the provider's number for the message.
    pub receipt: Option<String>,
    /// Codes that no later try changes, such as a wrong number.
    pub permanent: Vec<String>,
    /// Codes that are the account's fault, such as no money left: everything waits.
    pub channel: Vec<String>,
}

/// One message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The same over all tries; providers that know idempotency recognise a double by it.
    pub id: String,
    /// A number, or what a chat calls its members.
    pub phone: String,
    /// The provider's id of the template.
    pub template: String,
    /// The signature that the provider has approved, such as `某某美容`.
    pub sign: String,
    pub vars: BTreeMap<String, String>,
}

/// Everything but letters, digits and `-._~`: right in paths, queries and forms.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Method {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Get => "GET",
        }
    }
}

impl Gateway {
    /// Checks a declaration before it is used: its address and its placeholders. `plain` permits `http`.
    ///
    /// # Errors
    /// [`Refused`] with the field at fault.
    pub fn check(&self, plain: bool) -> Result<(), Refused> {
        let after_scheme = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let host = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains(['{', '}']) {
            let (zh, en) = ("域名里不能有占位符", "A host can't hold placeholders");
            return Err(Refused::new("url", zh, en));
        }
        let everything = |name: &str| Some(format!("x{}", name.len()));
        check_url(&filled("url", &self.url, &everything, escaped_component)?, plain)?;
        for pointer in [&self.accepted.pointer, &self.accepted.receipt].into_iter().flatten() {
            if !pointer.starts_with('/') {
                let (zh, en) = (
                    "JSON 指针应以 / 开头，如 /Code",
                    "A JSON pointer begins with /, such as /Code",
                );
                return Err(Refused::new("accepted", zh, en));
            }
        }
        if self.accepted.pointer.is_some() && self.accepted.equals.is_empty() {
            let (zh, en) = (
                "请写出表示成功的代码，如 OK",
                "Say which code means accepted, such as OK",
            );
            return Err(Refused::new("accepted", zh, en));
        }
        let sample = Values {
            get: &everything,
            vars: &BTreeMap::new(),
        };
        self.request(&sample).map(drop)
    }

    fn request(&self, values: &Values<'_>) -> Result<Request, Refused> {
        let mut headers = Vec::new();
        for header in &self.headers {
            let value = filled("headers", &header.value, values.get, Ok)?;
            headers.push((header.name.clone(), header_safe(value)?));
        }
        let (kind, body) = match &self.body {
            Body::None => (None, None),
            Body::Json(template) => {
                let filled = json(template, values)?;
                (Some("application/json"), Some(filled.to_string().into_bytes()))
            }
            Body::Form(fields) => {
                let pair = |field: &Field| {
                    let value = filled("body", &field.value, values.get, escaped_component)?;
                    Ok(format!("{}={value}", utf8_percent_encode(&field.name, COMPONENT)))
                };
                let pairs: Result<Vec<String>, Refused> = fields.iter().map(pair).collect();
                (
                    Some("application/x-www-form-urlencoded"),
                    Some(pairs?.join("&").into_bytes()),
                )
            }
        };
        let named = self
            .headers
            .iter()
            .any(|header| header.name.eq_ignore_ascii_case("content-type"));
        if let Some(kind) = kind.filter(|_| !named) {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        Ok(Request {
            method: self.method,
            url: filled("url", &self.url, values.get, escaped_component)?,
            headers,
            body,
        })
    }
}

impl Client {
    /// Sends one message through a provider. `key` is what `{key}` stands for; `now` is epoch ms.
    ///
    /// # Errors
    /// [`Failure`]; its reason is the provider's own code. [`Class::Unknown`] where the answer was lost.
    pub fn send_notice(&self, gateway: &Gateway, notice: &Notice, key: &Secret, now: i64) -> Outcome {
        let get = |name: &str| match name {
            "phone" => Some(notice.phone.clone()),
            "template" => Some(notice.template.clone()),
            "sign" => Some(notice.sign.clone()),
            "id" => Some(notice.id.clone()),
            "key" => Some(key.reveal().to_owned()),
            "vars" => Some(vars_object(&notice.vars).to_string()),
            name => notice.vars.get(name.strip_prefix("var.")?).cloned(),
        };
        let values = Values {
            get: &get,
            vars: &notice.vars,
        };
        let request = gateway.request(&values).map_err(|refused| Failure::refused(&refused))?;
        let mut hidden = vec![key.reveal(), &notice.phone];
        hidden.extend(notice.vars.values().map(String::as_str));
        let answer = self.send(&request, now, &hidden)?;
        judged(&gateway.accepted, &answer, &hidden)
    }
}

/// What placeholders stand for.
struct Values<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    vars: &'a BTreeMap<String, String>,
}

fn vars_object(vars: &BTreeMap<String, String>) -> Value {
    vars.iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect()
}

fn json(template: &Value, values: &Values<'_>) -> Result<Value, Refused> {
    Ok(match template {
        Value::String(text) if text == "{vars.object}" => vars_object(values.vars),
        Value::String(text) => Value::String(filled("body", text, values.get, Ok)?),
        Value::Array(list) => Value::Array(list.iter().map(|item| json(item, values)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let filled = fields
                .iter()
                .map(|(name, value)| Ok((name.clone(), json(value, values)?)));
            Value::Object(filled.collect::<Result<_, Refused>>()?)
        }
        other => other.clone(),
    })
}

/// A text with its placeholders replaced, each value escaped. A value is never searched for placeholders itself.
fn filled(
    field: &'static str,
    template: &str,
    get: &dyn Fn(&str) -> Option<String>,
    escape: fn(String) -> Result<String, Refused>,
) -> Result<String, Refused> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, behind) = after.split_once('}').ok_or_else(|| unknown(field, after))?;
        let known = ["phone", "template", "sign", "id", "key", "vars"].contains(&name) || name.starts_with("var.");
        let value = if known { get(name) } else { None };
        out.push_str(&escape(value.ok_or_else(|| unknown(field, name))?)?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

fn unknown(field: &'static str, name: &str) -> Refused {
    let name: String = name.chars().take(40).collect();
    Refused::new(
        field,
        format!("占位符 {{{name}}} 没有值；可用 phone、template、sign、id、key、vars、var.名称"),
        format!("The placeholder {{{name}}} has no value; known are phone, template, sign, id, key, vars, var.NAME"),
    )
}

fn escaped_component(value: String) -> Result<String, Refused> {
    Ok(utf8_percent_encode(&value, COMPONENT).to_string())
}

/// A header has no way to escape: what would end its line, or isn't ASCII, is refused.
fn header_safe(value: String) -> Result<String, Refused> {
    if value.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Ok(value);
    }
    let (zh, en) = (
        "请求头的值只能用可见的 ASCII 字符；请把中文放进正文",
        "A header holds visible ASCII only; put other text into the body",
    );
    Err(Refused::new("headers", zh, en))
}

fn judged(accepted: &Accepted, answer: &Answer, hidden: &[&str]) -> Outcome {
    let status = answer.status;
    let body: Option<Value> = answer
        .body
        .as_deref()
        .and_then(|body| serde_json::from_slice(body).ok());
    let at = |pointer: &Option<String>| Some(plain(body.as_ref()?.pointer(pointer.as_deref()?)?));
    let code = at(&accepted.pointer);
    let success = (200..300).contains(&status);
    let taken = accepted.pointer.is_none() || code.as_ref().is_some_and(|code| accepted.equals.contains(code));
    if success && taken {
        return Ok(Receipt {
            code: status,
            said: said(&at(&accepted.receipt).unwrap_or_default(), hidden),
        });
    }
    let words = said(
        &String::from_utf8_lossy(answer.body.as_deref().unwrap_or_default()),
        hidden,
    );
    let fails = |class: Class, channel_fault: bool| Failure {
        channel_fault,
        retry_after: answer.retry_after,
        reason: code.as_ref().map(|code| said(code, hidden)),
        ..Failure::new(
            class,
            format!("网关回复 {status} {words}"),
            format!("The gateway answered {status} {words}"),
        )
        .with_code(status)
    };
    let listed = |codes: &[String]| {
        code.as_ref()
            .is_some_and(|code| codes.iter().any(|known| matches_code(known, code)))
    };
    Err(if listed(&accepted.permanent) {
        fails(Class::Permanent, false)
    } else if listed(&accepted.channel) {
        fails(Class::Transient, true)
    } else if success && code.is_none() {
        // 200 without the code: nobody knows what the gateway did.
        fails(Class::Unknown, true)
    } else if matches!(status, 400 | 413 | 422) && code.is_none() {
        fails(Class::Permanent, false)
    } else {
        // Wrong key, wrong address, too many, out of order: the same for every message.
        fails(Class::Transient, !success && !matches!(status, 400 | 413 | 422))
    })
}

/// A code as text: `"OK"` and `0` alike.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn matches_code(known: &str, code: &str) -> bool {
    known
        .strip_suffix('*')
        .map_or(known == code, |beginning| code.starts_with(beginning))
}
