//! Top-ups on one account: what they add up to grows with every one, and none may read those before it.

use super::figures::{length, millis, report};
use super::load;
use cardea_tests::harness::{Backend, Field, TestApp};
use serde_json::json;
use std::time::Duration;

const CLIENTS: usize = 8;

pub fn measure(backend: Backend) {
    let app = TestApp::start_with(backend, &|_| {});
    app.configure().term("value", json!({"draw": "pro_rata"})).publish();
    // Where no law limits what an account may hold.
    let elsewhere = json!({"value": {"jurisdiction": "HK", "class": "scale"}});
    app.hq().patch("/prepaid-issuer", "\"0\"", &elsewhere).ok();
    let (member, till) = (app.member("王芳"), app.till());
    let head = format!(
        "POST /api/v1/top-ups HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
        app.server().addr(),
        till.token()
    );
    let request = |n: u64| {
        let body = json!({
            "card": member.number, "store_id": app.east(), "till": "T1", "receipt": format!("V{n}"), "amount": 100,
            "tenders": [{"kind": "cash", "amount": 100}],
        });
        let body = body.to_string();
        let key = format!("0198c0dd-{:04x}-7000-8000-{n:012x}", n >> 16 & 0xffff);
        let length = body.len();
        format!("{head}idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
    };
    let load = load::run(app.server().addr(), CLIENTS, length(), Duration::ZERO, &request);
    let name = |what: &str| format!("{backend:?}_top_ups_on_one_account_{what}").to_lowercase();
    report(&name("per_second"), load.per_second, load.per_second / 2000.0, 1.0);
    let p99 = millis(load.p99);
    report(&name("p99_ms"), p99, 50.0 / p99, 1.0);
    let listed = app
        .hq()
        .get(&format!("/memberships/{}/top-ups?limit=1", member.membership))
        .ok();
    assert_eq!(listed.list("/items").len(), 1);
    app.finish();
}
