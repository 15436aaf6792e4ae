//! An answer of the server and what a story expects of it.

use serde_json::Value;

/// Status, headers of interest and body, with the request that caused it for messages.
pub struct Answer {
    pub request: String,
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body, if the status is the expected one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(
            self.status, status,
            "{} answered {} {:#}",
            self.request, self.status, self.body
        );
        self.body
    }

    #[track_caller]
    pub fn ok(self) -> Value {
        self.expect(200)
    }

    #[track_caller]
    pub fn created(self) -> Value {
        self.expect(201)
    }

    /// A refusal with this status and this code, as a complete problem document.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        let shown = format!("{} answered {} {:#}", self.request, self.status, self.body);
        assert_eq!(
            (self.status, self.body["code"].as_str().unwrap_or_default()),
            (status, code),
            "{shown}"
        );
        let media = self.header("content-type").unwrap_or_default();
        assert!(
            media.starts_with("application/problem+json"),
            "content type {media:?}: {shown}"
        );
        assert_eq!(self.body["status"], status, "{shown}");
        for member in ["type", "title", "detail"] {
            assert!(
                self.body[member].as_str().is_some_and(|text| !text.is_empty()),
                "`{member}` is missing: {shown}"
            );
        }
        self.body
    }
}

/// Reading a JSON answer with a message that shows it.
pub trait Field {
    /// A whole number, by pointer.
    fn int(&self, pointer: &str) -> i64;
    /// A text, by pointer.
    fn text(&self, pointer: &str) -> String;
    /// A list, by pointer.
    fn list(&self, pointer: &str) -> Vec<Value>;
}

impl Field for Value {
    #[track_caller]
    fn int(&self, pointer: &str) -> i64 {
        let found = self.pointer(pointer).and_then(Value::as_i64);
        found.unwrap_or_else(|| panic!("no whole number at {pointer} in {self:#}"))
    }

    #[track_caller]
    fn text(&self, pointer: &str) -> String {
        let found = self.pointer(pointer).and_then(Value::as_str);
        found
            .unwrap_or_else(|| panic!("no text at {pointer} in {self:#}"))
            .to_owned()
    }

    #[track_caller]
    fn list(&self, pointer: &str) -> Vec<Value> {
        let found = self.pointer(pointer).and_then(Value::as_array);
        found
            .unwrap_or_else(|| panic!("no list at {pointer} in {self:#}"))
            .clone()
    }
}
