//! The interface as a whole: its description is a snapshot, and no route is open by oversight.

use crate::harness::{Actor, Field, TestApp, fresh_key};
use crate::tidy::root;
use libtest_mimic::Trial;
use serde_json::Value;
use std::path::Path;

pub fn tests() -> Vec<Trial> {
    crate::stories!("interface":
        the_openapi_document_is_the_snapshot,
        every_route_asks_for_a_permission,
        every_write_asks_for_a_key,
        health_figures_and_reference_are_served,
        s26_asking_whether_it_is_ready_costs_the_writer_nothing,
        pages_are_served_under_a_strict_policy,
    )
}

/// Methods a path item may have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation: method, path, its description.
fn operations(app: &TestApp) -> Vec<(String, String, Value)> {
    let document = Actor::nobody(app.base()).get("!/api/openapi.json").ok();
    let paths = document["paths"].as_object().expect("paths").clone();
    paths
        .into_iter()
        .flat_map(|(path, item)| {
            METHODS
                .into_iter()
                .filter_map(move |method| Some((method.to_uppercase(), path.clone(), item.get(method)?.clone())))
        })
        .collect()
}

fn the_openapi_document_is_the_snapshot(app: &TestApp) {
    let document = Actor::nobody(app.base()).get("!/api/openapi.json").ok();
    let text = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
    is_the_snapshot(&root().join("tests/snapshots/openapi.json"), &text);
}

/// Every operation that somebody must be logged in for: `GET /stores`.
pub(super) fn protected_routes(app: &TestApp) -> Vec<String> {
    let protected = |(method, path, operation): (String, String, Value)| {
        let own = OWN.contains(&path.as_str()) || operation["security"].is_null();
        let path = path.strip_prefix("/api/v1")?;
        (!own).then(|| format!("{method} {path}"))
    };
    operations(app).into_iter().filter_map(protected).collect()
}

/// Compares with a committed file; with UPDATE_SNAPSHOTS=1 it is written first.
#[track_caller]
pub(super) fn is_the_snapshot(file: &Path, text: &str) {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(file, text).expect("the snapshot is written");
    }
    let snapshot = std::fs::read_to_string(file).unwrap_or_default();
    let differs = snapshot.lines().zip(text.lines()).position(|(old, new)| old != new);
    let line = differs.or((snapshot != text).then_some(snapshot.lines().count().min(text.lines().count())));
    if let Some(line) = line {
        let (old, new) = (
            snapshot.lines().nth(line).unwrap_or_default(),
            text.lines().nth(line).unwrap_or_default(),
        );
        panic!(
            "{} differs from line {}: was {old:?}, is {new:?}. If clients can live with it, run the tests with \
             UPDATE_SNAPSHOTS=1 and commit it.",
            file.display(),
            line + 1
        );
    }
}

/// What everybody may call without a log-in, and what every logged-in person may.
const OPEN: [&str; 5] = [
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/demo",
    "/api/v1/forms/open",
    "/api/v1/forms/answer",
];
const OWN: [&str; 3] = ["/api/v1/auth/logout", "/api/v1/auth/password", "/api/v1/me"];
/// What a plugin's vendor may look at: where their plugin serves and how it is configured.
const VENDORS: [&str; 3] = [
    "/api/v1/programs",
    "/api/v1/programs/{id}",
    "/api/v1/programs/{id}/configurations",
];

fn every_route_asks_for_a_permission(app: &TestApp) {
    let (nobody, vendor) = (Actor::nobody(app.base()), app.actor("vendor", &[]));
    let mut asked = 0;
    for (method, path, operation) in operations(app) {
        let concrete = concrete(&path);
        assert!(!concrete.contains('{'), "only `id` is a parameter of a path: {path}");
        let send = |actor: &Actor| {
            let request = actor
                .request(&method, &format!("!{concrete}"))
                .key(&fresh_key())
                .header("If-Match", "\"1\"");
            if method == "GET" {
                request.send()
            } else {
                request.text("{}").send()
            }
        };
        if !path.starts_with("/api/v1/") || OPEN.contains(&path.as_str()) {
            assert!(operation.get("security").is_none(), "{method} {path} is open");
            continue;
        }
        assert!(
            !operation["security"].is_null(),
            "{method} {path} is described as protected"
        );
        send(&nobody).expect_problem(401, "unauthenticated");
        // A vendor sees little of a chain: what else doesn't refuse them asks for no permission.
        let vendors = method == "GET" && VENDORS.contains(&path.as_str());
        if !OWN.contains(&path.as_str()) && !vendors {
            send(&vendor).expect_problem(403, "forbidden");
        }
        asked += 1;
    }
    assert!(
        asked >= 40,
        "the document lists the whole interface, {asked} operations were tried"
    );
}

/// The path of something that isn't there. Most things have ids, channels names.
fn concrete(path: &str) -> String {
    let name = path.contains("/message-channels/");
    path.replace(
        "{id}",
        if name {
            "mail"
        } else {
            "0198c0de-0000-7000-8000-00000000dead"
        },
    )
}

fn every_write_asks_for_a_key(app: &TestApp) {
    let hq = app.hq();
    for (method, path, _) in operations(app) {
        let exempt =
            method == "GET" || path.contains("/auth/") || path.ends_with("/quote") || path.ends_with("-quotes");
        // A member's code is computed, not kept.
        let exempt = exempt || path.ends_with("/cards/{id}/code") || OPEN.contains(&path.as_str());
        if exempt || !path.starts_with("/api/v1/") {
            continue;
        }
        let concrete = concrete(&path);
        let answer = hq
            .request(&method, &format!("!{concrete}"))
            .header("If-Match", "\"1\"")
            .text("{}")
            .send();
        answer.expect_problem(400, "idempotency_key_missing");
    }
}

fn health_figures_and_reference_are_served(app: &TestApp) {
    let nobody = Actor::nobody(app.base());
    app.sale().line("cream", "skin", 10_00).ring();
    assert_eq!(nobody.get("!/healthz").ok().text("/status"), "ok");
    assert_eq!(nobody.get("!/readyz").ok().text("/status"), "ok");
    let figures = nobody.get("!/metrics").ok();
    assert!(
        figures.as_str().is_some_and(|text| text.contains("# TYPE")),
        "{figures}"
    );
    let reference = nobody.get("!/api/docs/");
    assert!(
        reference
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
}

fn pages_are_served_under_a_strict_policy(app: &TestApp) {
    let nobody = Actor::nobody(app.base());
    for page in ["!/till/", "!/hq/"] {
        let answer = nobody.get(page);
        let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(
            policy.contains("default-src 'self'") && !policy.contains("unsafe"),
            "{page}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{page}");
        answer.ok();
    }
}

fn s26_asking_whether_it_is_ready_costs_the_writer_nothing(app: &TestApp) {
    const TIMES: u64 = 200;
    let nobody = Actor::nobody(app.base());
    let commands = || app.server().engine().writer_counts().commands;
    let before = commands();
    for _ in 0..TIMES {
        nobody.get("!/readyz").ok();
    }
    let cost = commands() - before;
    assert!(cost < TIMES / 4, "{cost} transactions for {TIMES} questions");
}
