//! The statements of a sale as the server sends them, recorded through diesel, so that a peer can run the same ones.

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use serde_json::Value;
use std::sync::Mutex;

/// A statement with its values: bytes as arrays of numbers.
#[derive(Clone, Debug)]
pub struct Statement {
    pub sql: String,
    pub binds: Vec<Value>,
    /// Sent by the writer, inside its transaction.
    pub writer: bool,
}

static RECORD: Mutex<Option<Vec<(bool, String)>>> = Mutex::new(None);

fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && let Some(record) = RECORD.lock().expect("not poisoned").as_mut()
        {
            let writer = std::thread::current().name() == Some("writer");
            record.push((writer, query.to_string()));
        }
    }))
}

fn nothing() -> Option<Box<dyn Instrumentation>> {
    None
}

/// Connections that are opened during `body` can be recorded.
pub fn recordable<T>(body: impl FnOnce() -> T) -> T {
    set_default_instrumentation(recorder).expect("no connection is being opened");
    let answer = body();
    set_default_instrumentation(nothing).expect("no connection is being opened");
    answer
}

/// What recordable connections are sent during `body`.
pub fn record(body: impl FnOnce()) -> Vec<Statement> {
    let set = |to| std::mem::replace(&mut *RECORD.lock().expect("not poisoned"), to);
    set(Some(Vec::new()));
    body();
    let record = set(None).expect("a record");
    record.into_iter().map(|(writer, text)| parse(writer, &text)).collect()
}

fn parse(writer: bool, text: &str) -> Statement {
    let (sql, binds) = text.rsplit_once(" -- binds: ").unwrap_or((text, "[]"));
    Statement {
        sql: sql.trim().to_owned(),
        binds: serde_json::from_str(&json(binds)).unwrap_or_else(|e| panic!("{e}: {binds}")),
        writer,
    }
}

/// Rust's notation of lists, numbers and texts is JSON's but for `None`, `Id(…)`, `Name(…)` (here of one word)
/// and `\u{1}` (here of one digit).
fn json(debug: &str) -> String {
    let (mut out, mut rest, mut inside) = (String::with_capacity(debug.len()), debug, false);
    while let Some(first) = rest.chars().next() {
        if !inside && let Some(after) = rest.strip_prefix("None") {
            out.push_str("null");
            rest = after;
        } else if !inside && let Some((id, after)) = rest.strip_prefix("Id(").and_then(|rest| rest.split_once(')')) {
            let id = uuid::Uuid::parse_str(id).expect("an id");
            out.push_str(&serde_json::to_string(id.as_bytes()).expect("JSON"));
            rest = after;
        } else if !inside && let Some((name, after)) = rest.strip_prefix("Name(").and_then(|rest| rest.split_once(')'))
        {
            out.push_str(&serde_json::to_string(&name.to_lowercase()).expect("JSON"));
            rest = after;
        } else if inside && let Some((digit, after)) = rest.strip_prefix("\\u{").and_then(|rest| rest.split_once('}')) {
            out.push_str("\\u000");
            out.push_str(digit);
            rest = after;
        } else {
            let escaped = inside && first == '\\';
            let length = first.len_utf8() + usize::from(escaped);
            out.push_str(&rest[..length]);
            inside ^= first == '"';
            rest = &rest[length..];
        }
    }
    out
}

/// The bytes of a value.
pub fn bytes(value: &Value) -> Option<Vec<u8>> {
    let numbers = value.as_array()?;
    Some(numbers.iter().filter_map(Value::as_u64).map(|n| n as u8).collect())
}

/// When a UUIDv7 was made, in milliseconds.
pub fn made_at(id: &[u8]) -> Option<u64> {
    let id = uuid::Uuid::from_slice(id).ok()?;
    (id.get_version_num() == 7).then(|| (id.as_u128() >> 80) as u64)
}

/// Now, as [`made_at`] counts.
pub fn now() -> u64 {
    made_at(uuid::Uuid::now_v7().as_bytes()).expect("a UUIDv7")
}
