//! Somebody with a log-in who calls the interface.

use super::answer::Answer;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use ureq::Agent;

/// A person or a till; cheap to clone.
#[derive(Clone)]
pub struct Actor {
    pub base: String,
    agent: Agent,
    token: Option<String>,
    language: &'static str,
}

static KEYS: AtomicU64 = AtomicU64::new(1);

/// A key that no other request of this run has.
pub fn fresh_key() -> String {
    let n = KEYS.fetch_add(1, Ordering::Relaxed);
    format!("0198c0de-0000-7000-8000-{n:012x}")
}

/// A text as it stands in a query.
pub fn query_value(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// A client that reports every status as an answer.
pub fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .new_agent()
}

impl Actor {
    /// Nobody yet: no token.
    pub fn nobody(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            agent: agent(),
            token: None,
            language: "en",
        }
    }

    /// Logs in.
    #[track_caller]
    pub fn log_in(base: &str, chain: &str, user: &str, password: &str) -> Self {
        let body = Self::nobody(base).login(chain, user, password).ok();
        Self::nobody(base).with_token(body["access_token"].as_str().expect("an access token"))
    }

    /// The answer to a log-in.
    pub fn login(&self, chain: &str, user: &str, password: &str) -> Answer {
        self.request("POST", "/auth/login")
            .json(&json!({"chain": chain, "user": user, "password": password}))
            .send()
    }

    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same person reading another language.
    #[must_use]
    pub fn reading(&self, language: &'static str) -> Self {
        Self {
            language,
            ..self.clone()
        }
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }

    /// A write with a key of its own.
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path).key(&fresh_key()).json(body).send()
    }

    pub fn patch(&self, path: &str, version: &str, body: &Value) -> Answer {
        self.request("PATCH", path)
            .key(&fresh_key())
            .header("If-Match", version)
            .json(body)
            .send()
    }

    /// A request to be completed; `path` is below `/api/v1` unless it starts with `!`.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let url = match path.strip_prefix('!') {
            Some(path) => format!("{}{path}", self.base),
            None => format!("{}/api/v1{path}", self.base),
        };
        let mut headers = vec![("Accept-Language".to_owned(), self.language.to_owned())];
        if let Some(token) = &self.token {
            headers.push(("Authorization".into(), format!("Bearer {token}")));
        }
        Request {
            agent: self.agent.clone(),
            method: method.into(),
            url,
            path: path.into(),
            headers,
            body: None,
        }
    }
}

/// One request.
#[derive(Clone)]
pub struct Request {
    agent: Agent,
    method: String,
    url: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<(Vec<u8>, &'static str)>,
}

impl Request {
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text(&body.to_string())
    }

    /// A body as it is, to send what no serialiser would write.
    #[must_use]
    pub fn text(mut self, body: &str) -> Self {
        self.body = Some((body.as_bytes().to_vec(), "application/json"));
        self
    }

    /// A file.
    #[must_use]
    pub fn file(mut self, bytes: &[u8]) -> Self {
        self.body = Some((bytes.to_vec(), "application/octet-stream"));
        self
    }

    #[track_caller]
    pub fn send(self) -> Answer {
        let request = format!("{} {}", self.method, self.path);
        self.try_send().unwrap_or_else(|error| panic!("{request}: {error}"))
    }

    /// The answer, or why there is none: the connection was refused or cut.
    ///
    /// # Errors
    /// Of the connection.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let mut builder = ureq::http::Request::builder()
            .method(self.method.as_str())
            .uri(&self.url);
        for (name, value) in &self.headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let request = format!("{} {}", self.method, self.path);
        let sent = match self.body {
            Some((body, media_type)) => {
                let ready = builder
                    .header("Content-Type", media_type)
                    .body(body)
                    .expect("a request");
                self.agent.run(ready)
            }
            None => self.agent.run(builder.body(()).expect("a request")),
        };
        let mut response = sent?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer {
            request,
            status: response.status().as_u16(),
            headers,
            body,
            bytes,
        })
    }
}
