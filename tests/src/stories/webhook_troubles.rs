//! Events whose receiver fails (D-HQ-3): tried again, given up, switched off; and the death of the server that sends them.

use super::messages::until;
use super::webhooks::{deliveries, endpoint, path, sell};
use crate::harness::hook::HookServer;
use crate::harness::process::{LISTEN, Served};
use crate::harness::{Actor, Backend, Field, Site, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const SALES: usize = 18;

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("webhooks":
        d_hq_3_an_event_is_tried_again_under_the_same_id,
        d_hq_3_a_receiver_says_when_to_try_again,
        d_hq_3_who_wants_no_more_is_switched_off,
        d_hq_3_what_was_given_up_is_sent_again,
        d_hq_3_who_fails_for_five_days_is_switched_off,
    );
    for backend in Backend::ALL.iter().copied() {
        trials.push(
            backend.trial("webhooks::d_hq_3_kill_9_while_telling_loses_nothing", move || {
                killed_while_telling(backend);
                Ok(Completion::Completed)
            }),
        );
    }
    trials
}

fn first(app: &TestApp, endpoint: &Value) -> Value {
    deliveries(app, endpoint).pop().expect("a delivery")
}

/// Whether one waits that was tried so often.
fn tried(app: &TestApp, endpoint: &Value, tries: i64) -> bool {
    let all = deliveries(app, endpoint);
    all.iter()
        .any(|found| found.int("/tries") == tries && found["state"] == "queued")
}

fn d_hq_3_an_event_is_tried_again_under_the_same_id(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, secret) = endpoint(&app.hq(), &server, &["sale.created"]);
    // An error, then cut after the whole event, then taken.
    server.answer(&["500 Oops", ""]);
    app.set_now("2026-03-02 09:00");
    sell(app, 1000);
    until(|| tried(app, &endpoint, 1));
    let waits = first(app, &endpoint);
    assert_eq!(waits.int("/code"), 500);
    assert!(waits.text("/said/en").contains("500"), "{waits}");
    let listed = app.hq().get("/webhook-endpoints").ok();
    assert_eq!(
        (listed[0].int("/queued"), listed[0].text("/failing_since")),
        (1, "2026-03-02T01:00:00Z".into())
    );
    app.set_now("2026-03-02 09:01");
    until(|| tried(app, &endpoint, 2));
    // Others don't wait for it.
    sell(app, 2000);
    until(|| deliveries(app, &endpoint).iter().any(|found| found["state"] == "sent"));
    app.set_now("2026-03-02 09:05");
    until(|| deliveries(app, &endpoint).iter().all(|found| found["state"] == "sent"));
    let came = server.of("sale.created");
    let same: Vec<_> = came.iter().filter(|event| event.id == waits.text("/id")).collect();
    let bodies: BTreeSet<&str> = same.iter().map(|event| event.text.as_str()).collect();
    let ids: BTreeSet<&str> = came.iter().map(|event| event.id.as_str()).collect();
    assert_eq!((came.len(), ids.len()), (4, 2), "{came:#?}");
    assert_eq!((same.len(), bodies.len()), (3, 1), "{came:#?}");
    assert!(came.iter().all(|event| event.signed_by(&secret) == Some(0)));
    assert_eq!(app.hq().get(&path(&endpoint)).ok()["failing_since"], Value::Null);
}

fn d_hq_3_a_receiver_says_when_to_try_again(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &["sale.created"]);
    server.answer(&["503 Busy\r\nretry-after: 7200"]);
    app.set_now("2026-03-02 09:00");
    sell(app, 1000);
    until(|| tried(app, &endpoint, 1));
    let next = first(app, &endpoint).text("/next_at");
    assert!(
        ("2026-03-02T03:00:01"..="2026-03-02T03:00:11Z").contains(&next.as_str()),
        "{next}"
    );
    app.set_now("2026-03-02 10:59");
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(server.events().len(), 1);
    app.set_now("2026-03-02 11:01");
    server.wait_for("sale.created", 2);
}

fn d_hq_3_who_wants_no_more_is_switched_off(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &["sale.created"]);
    server.answer(&["410 Gone"]);
    sell(app, 1000);
    let shown = || app.hq().get(&path(&endpoint)).ok();
    until(|| shown()["active"] == json!(false));
    let off = shown();
    assert!(off.text("/off_why/zh").contains("410"), "{off}");
    assert_eq!((off.int("/version"), off.int("/dead")), (2, 1));
    let noted = app
        .hq()
        .get("/audit?action=webhook_endpoint.switch_off")
        .ok()
        .list("/items");
    assert_eq!(
        (noted.len(), noted[0].text("/detail")),
        (1, r#"{"reason":"gone"}"#.into())
    );
    sell(app, 2000);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(server.events().len(), 1, "it gets nothing more");
    app.hq().patch(&path(&endpoint), "\"2\"", &json!({"active": true})).ok();
    assert_eq!(shown()["off_why"], Value::Null);
    let sold = sell(app, 3000);
    let came = server.wait_for("sale.created", 2);
    assert_eq!(came[1].body.text("/data/id"), sold);
}

fn d_hq_3_what_was_given_up_is_sent_again(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &["sale.created"]);
    // Redirects aren't followed, nor tried again.
    server.answer(&["302 Found", "302 Found", "302 Found"]);
    for amount in [1000, 2000, 3000] {
        sell(app, amount);
    }
    let in_state = |state: &str| {
        let list = format!("{}/deliveries?state={state}", path(&endpoint));
        app.hq().get(&list).ok().list("/items")
    };
    until(|| in_state("dead").len() == 3);
    let dead = in_state("dead").remove(0);
    let retry = format!("/webhook-deliveries/{}/retry", dead.text("/id"));
    app.manager().post(&retry, &json!({})).expect_problem(403, "forbidden");
    assert_eq!(app.hq().post(&retry, &json!({})).ok().text("/state"), "queued");
    until(|| in_state("sent").len() == 1);
    let all = format!("{}/retry-dead", path(&endpoint));
    assert_eq!(app.hq().post(&all, &json!({})).ok(), json!({"retried": 2}));
    until(|| in_state("sent").len() == 3);
    assert_eq!(app.hq().post(&all, &json!({})).ok(), json!({"retried": 0}));
    // A receiver that has lost what it took gets it once more.
    app.hq().post(&retry, &json!({})).ok();
    let came = server.wait_for("sale.created", 7);
    let ids: BTreeSet<&str> = came.iter().map(|event| event.id.as_str()).collect();
    assert_eq!((came.len(), ids.len()), (7, 3));
    assert_eq!(came[6].id, dead.text("/id"));
    until(|| in_state("sent").len() == 3);
}

fn d_hq_3_who_fails_for_five_days_is_switched_off(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &["sale.created"]);
    server.answer_always("500 Oops");
    app.set_now("2026-03-02 09:00");
    sell(app, 1000);
    until(|| tried(app, &endpoint, 1));
    app.set_now("2026-03-07 08:59");
    until(|| tried(app, &endpoint, 2));
    let shown = || app.hq().get(&path(&endpoint)).ok();
    assert_eq!(shown()["active"], json!(true));
    app.set_now("2026-03-07 09:05");
    until(|| shown()["active"] == json!(false));
    let off = shown();
    assert!(off.text("/off_why/zh").contains("5 天"), "{off}");
    assert_eq!(off.text("/off_at"), "2026-03-07T01:05:00Z");
    server.answer_always("200 OK");
    let version = format!("\"{}\"", off.int("/version"));
    app.hq()
        .patch(&path(&endpoint), &version, &json!({"active": true}))
        .ok();
    app.hq()
        .post(&format!("{}/retry-dead", path(&endpoint)), &json!({}))
        .ok();
    until(|| deliveries(app, &endpoint).iter().all(|found| found["state"] == "sent"));
}

fn start(site: &Site) -> Served {
    let mut command = site.cardea(&LISTEN);
    command
        .env("CARDEA_MESSAGE_NETWORKS", "127.0.0.1")
        .env("CARDEA_MESSAGE_LEASE", "3");
    Served::start(command)
}

fn killed_while_telling(backend: Backend) {
    let app = TestApp::start(backend);
    let server = HookServer::start();
    server.slow(Duration::from_millis(200));
    endpoint(&app.hq(), &server, &["sale.created"]);
    app.follow_the_machines_clock();
    let bodies: Vec<Value> = (0..SALES)
        .map(|_| app.sale().line("tea", "drinks", 1000).body())
        .collect();
    let token = app.till().token().to_owned();
    let site = app.leave();

    let mut served = start(&site);
    let till = Actor::nobody(&served.url).with_token(&token);
    let sold: BTreeSet<String> = bodies
        .iter()
        .map(|body| till.post("/sales", body).created().text("/id"))
        .collect();
    assert_eq!(sold.len(), SALES);
    server.wait_for("sale.created", 3);
    served.process.kill();
    let before = server.events().len();
    assert!(before < SALES, "it was killed in the middle");

    let mut served = start(&site);
    let told = || -> BTreeSet<String> {
        let events = server.of("sale.created");
        events.iter().map(|event| event.body.text("/data/id")).collect()
    };
    until(|| told() == sold);
    let events = server.events();
    let ids: BTreeSet<&str> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids.len(), SALES, "what came twice has one id");
    // What was on its way, and what had arrived without being noted.
    assert!(events.len() - ids.len() <= 3, "{} came twice", events.len() - ids.len());
    served.stop();
}
