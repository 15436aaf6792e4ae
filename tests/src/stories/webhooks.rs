//! Events to other systems (D-HQ-3): what is told to whom, signed, in order, once over all tries.

use super::messages::until;
use crate::harness::hook::HookServer;
use crate::harness::{Actor, Backend, Field, TestApp, fresh_key};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("webhooks":
        d_hq_3_a_sale_is_told_to_other_systems_and_signed,
        d_hq_3_only_wanted_topics_are_told,
        d_hq_3_nothing_is_told_from_before_or_of_what_was_refused,
        d_hq_3_events_come_in_their_order,
        d_hq_3_secrets_are_told_once_and_rotated,
        d_hq_3_addresses_are_checked,
        d_hq_3_an_address_is_tried_out,
        d_hq_3_old_deliveries_are_forgotten,
    );
    for backend in Backend::ALL.iter().copied() {
        trials.push(
            backend.trial("webhooks::d_hq_3_private_addresses_get_no_events", move || {
                let app = TestApp::start_with(backend, &|options| options.network = Default::default());
                private_addresses(&app);
                app.finish();
                Ok(Completion::Completed)
            }),
        );
    }
    trials
}

/// Sets an address up; its document and its secret.
pub fn endpoint(hq: &Actor, server: &HookServer, topics: &[&str]) -> (Value, String) {
    let body = json!({"name": "ERP", "url": server.url(), "topics": topics});
    let made = hq.post("/webhook-endpoints", &body).created();
    (made["endpoint"].clone(), made.text("/secret"))
}

pub fn path(endpoint: &Value) -> String {
    format!("/webhook-endpoints/{}", endpoint.text("/id"))
}

pub fn sell(app: &TestApp, amount: i64) -> String {
    app.sale().line("tea", "drinks", amount).ring().id
}

/// What goes and went to an address.
pub fn deliveries(app: &TestApp, endpoint: &Value) -> Vec<Value> {
    let path = format!("{}/deliveries", path(endpoint));
    app.hq().get(&path).ok().list("/items")
}

fn region(app: &TestApp, code: &str) -> String {
    let body = json!({"code": code, "name": code});
    app.hq().post("/regions", &body).created().text("/id")
}

fn d_hq_3_a_sale_is_told_to_other_systems_and_signed(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, secret) = endpoint(&app.hq(), &server, &[]);
    let customer = app.customer("王芳").create();
    let bill = app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.return_of(&bill).book();
    let sold = server.wait_for("sale.created", 1).remove(0);
    assert_eq!(sold.signed_by(&secret), Some(0), "{sold:?}");
    assert_eq!(sold.signatures.len(), 1);
    let now = app.server().engine().clock().now().0 / 1000;
    assert!(
        (now - 60..=now).contains(&sold.timestamp),
        "{} at {now}",
        sold.timestamp
    );
    assert_eq!(sold.body.text("/data/id"), bill.id);
    assert_eq!(sold.body.text("/chain_id"), app.chain().id);
    assert_eq!(
        (sold.body.int("/data/paid"), sold.body.text("/data/customer_id")),
        (1000_00, customer.clone())
    );
    assert!(sold.body.text("/timestamp").ends_with('Z'));
    let returned = server.wait_for("return.created", 1).remove(0);
    assert_eq!(returned.body.text("/data/original_id"), bill.id);
    let opened = server.wait_for("membership.created", 1).remove(0);
    assert_eq!(opened.body.text("/data/customer_id"), customer);
    let issued = server.wait_for("card.changed", 1).remove(0);
    assert_eq!(
        (issued.body.text("/data/card_id"), issued.body.text("/data/operation")),
        (member.card.clone(), "issue".to_owned())
    );
    server.wait_for("customer.created", 1);
    for event in server.events() {
        let personal = ["王芳", "138", member.number.as_str()];
        let data = event.body["data"].to_string();
        assert!(
            !personal.iter().any(|text| data.contains(&format!("\"{text}"))),
            "{data}"
        );
    }
    until(|| deliveries(app, &endpoint).iter().all(|found| found["state"] == "sent"));
    let all = deliveries(app, &endpoint);
    let found = all
        .iter()
        .find(|found| found["topic"] == "sale.created")
        .expect("it is listed");
    assert_eq!(
        (found.text("/id"), found.int("/code"), found.int("/tries")),
        (sold.id, 200, 1)
    );
    assert_eq!(found.text("/said/zh"), "there");
    let first = app.hq().get(&format!("{}/deliveries?limit=1", path(&endpoint))).ok();
    assert_eq!(first.list("/items")[0]["id"], all[0]["id"], "the newest first");
    let rest = format!("{}/deliveries?after={}", path(&endpoint), first.text("/next"));
    assert_eq!(app.hq().get(&rest).ok().list("/items").len(), all.len() - 1);
}

fn d_hq_3_only_wanted_topics_are_told(app: &TestApp) {
    let (cards, sales) = (HookServer::start(), HookServer::start());
    endpoint(&app.hq(), &cards, &["card.changed"]);
    let (of_sales, _) = endpoint(&app.hq(), &sales, &["sale.created", "region.created"]);
    let member = app.member("王芳");
    app.operate(&member.card, "freeze", json!({})).ok();
    let frozen = cards.wait_for("card.changed", 2);
    assert_eq!(frozen[1].body.text("/data/operation"), "freeze");
    region(app, "north");
    sales.wait_for("region.created", 1);
    assert!(cards.events().iter().all(|event| event.topic() == "card.changed"));
    let told = ["sale.created", "region.created"];
    assert!(sales.events().iter().all(|event| told.contains(&event.topic())));
    let before = sales.events().len();
    let change = json!({"topics": ["reward.created"], "name": "收银"});
    let changed = app.hq().patch(&path(&of_sales), "\"1\"", &change).ok();
    assert_eq!(
        (changed.text("/name"), &changed["topics"]),
        ("收银".into(), &json!(["reward.created"]))
    );
    sell(app, 1000);
    app.reward("mug", 10, None, None);
    sales.wait_for("reward.created", 1);
    assert_eq!(sales.events().len(), before + 1, "no sale any more");
}

fn d_hq_3_nothing_is_told_from_before_or_of_what_was_refused(app: &TestApp) {
    region(app, "before");
    sell(app, 1000);
    assert!(
        app.messages("sale.created").is_empty(),
        "nobody listens: it isn't written down"
    );
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &[]);
    let again = json!({"code": "before", "name": "x"});
    app.hq().post("/regions", &again).expect_problem(409, "already_exists");
    let receipt = app.next_receipt();
    let first = app.sale().receipt(&receipt).line("tea", "drinks", 1000).ring();
    app.sale()
        .receipt(&receipt)
        .line("tea", "drinks", 2000)
        .post()
        .expect_problem(409, "receipt_conflict");
    region(app, "after");
    server.wait_for("region.created", 1);
    let ids: Vec<Value> = server
        .of("sale.created")
        .iter()
        .map(|event| event.body["data"]["id"].clone())
        .collect();
    assert_eq!(ids, [json!(first.id)]);
    assert_eq!(server.events().len(), 2, "{:#?}", server.events());
    // Switched off, it misses what happens; what waits, waits on.
    app.hq()
        .patch(&path(&endpoint), "\"1\"", &json!({"active": false}))
        .ok();
    region(app, "meanwhile");
    app.hq().patch(&path(&endpoint), "\"2\"", &json!({"active": true})).ok();
    let last = region(app, "last");
    let told = server.wait_for("region.created", 2);
    assert_eq!(told[1].body.text("/data/id"), last);
}

fn d_hq_3_events_come_in_their_order(app: &TestApp) {
    let server = HookServer::start();
    endpoint(&app.hq(), &server, &["sale.created"]);
    let sold: Vec<String> = (1..=70).map(|n| sell(app, n * 100)).collect();
    let told = server.wait_for("sale.created", sold.len());
    let told: Vec<String> = told.iter().map(|event| event.body.text("/data/id")).collect();
    assert_eq!(told, sold);
}

fn d_hq_3_secrets_are_told_once_and_rotated(app: &TestApp) {
    let (server, key) = (HookServer::start(), fresh_key());
    let body = json!({"name": "ERP", "url": server.url()});
    let create = || {
        app.hq()
            .request("POST", "/webhook-endpoints")
            .key(&key)
            .json(&body)
            .send()
            .created()
    };
    let (made, again) = (create(), create());
    let (endpoint, old) = (made["endpoint"].clone(), made.text("/secret"));
    assert_eq!(
        (&again["secret"], &again["endpoint"]["id"]),
        (&Value::Null, &endpoint["id"])
    );
    let rotated = app.hq().post(&format!("{}/rotate", path(&endpoint)), &json!({})).ok();
    let new = rotated.text("/secret");
    assert_ne!(old, new);
    assert_eq!(rotated.text("/endpoint/previous_secret_until"), "2026-03-02T02:00:00Z");
    sell(app, 1000);
    let both = server.wait_for("sale.created", 1).remove(0);
    assert_eq!(
        (both.signed_by(&new), both.signed_by(&old)),
        (Some(0), Some(1)),
        "{both:?}"
    );
    app.set_now("2026-03-02 10:00");
    sell(app, 1000);
    let one = server.wait_for("sale.created", 2).remove(1);
    assert_eq!((one.signed_by(&new), one.signed_by(&old)), (Some(0), None), "{one:?}");
    assert_eq!(one.signatures.len(), 1);
    let shown = [
        app.hq().get("/webhook-endpoints").ok().to_string(),
        app.hq().get("/audit?limit=200").ok().to_string(),
    ];
    for text in &shown {
        assert!(!text.contains("whsec_") && !text.contains(&old[6..]) && !text.contains(&new[6..]));
    }
    assert!(
        !shown[1].contains("url-key-4711"),
        "an address may hold a key of its own"
    );
    let noted = app.hq().get("/audit?action=webhook_endpoint.").ok().list("/items");
    let noted: Vec<String> = noted.iter().map(|entry| entry.text("/action")).collect();
    assert_eq!(noted, ["webhook_endpoint.rotate", "webhook_endpoint.create"]);
}

fn d_hq_3_addresses_are_checked(app: &TestApp) {
    let refused = |body: Value, pointer: &str| {
        let problem = app
            .hq()
            .post("/webhook-endpoints", &body)
            .expect_problem(422, "field_invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        let english = app.hq().reading("en").post("/webhook-endpoints", &body);
        assert!(english.expect_problem(422, "field_invalid").text("/detail").is_ascii());
    };
    let with = |url: &str| json!({"name": "x", "url": url});
    for url in [
        "ftp://erp.example/x",
        "erp.example",
        "http://erp.example/x",
        "https://me:secret@erp.example/",
        "https:///x",
        "",
        "http://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/",
        "https://192.168.1.1/",
    ] {
        refused(with(url), "/url");
    }
    refused(with(&format!("https://erp.example/{}", "x".repeat(481))), "/url");
    refused(
        json!({"name": "x", "url": "https://erp.example/", "topics": ["sale.created", "sale.paid"]}),
        "/topics/1",
    );
    refused(json!({"name": " ", "url": "https://erp.example/"}), "/name");
    for actor in [app.manager(), app.auditor()] {
        actor.get("/webhook-endpoints").expect_problem(403, "forbidden");
        actor
            .post("/webhook-endpoints", &with("https://erp.example/"))
            .expect_problem(403, "forbidden");
    }
    let topics = app.hq().get("/webhook-topics").ok();
    let sale = topics
        .as_array()
        .expect("a list")
        .iter()
        .find(|topic| topic["name"] == "sale.created");
    assert_eq!(sale.expect("it is there")["title"]["zh"], "销售入账");
    for number in 0..20 {
        app.hq()
            .post("/webhook-endpoints", &with(&format!("https://erp.example/{number}")))
            .created();
    }
    refused(with("https://erp.example/20"), "/url");
    let listed = app.hq().get("/webhook-endpoints").ok();
    let one = path(&listed[0]);
    app.hq()
        .patch(&one, "\"7\"", &json!({"name": "x"}))
        .expect_problem(412, "version_conflict");
    let wrong = app.hq().patch(&one, "\"1\"", &json!({"url": "http://erp.example/"}));
    assert_eq!(
        wrong.expect_problem(422, "field_invalid")["errors"][0]["pointer"],
        "/url"
    );
}

fn d_hq_3_an_address_is_tried_out(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, secret) = endpoint(&app.hq(), &server, &["sale.created"]);
    let test = || app.hq().post(&format!("{}/test", path(&endpoint)), &json!({})).ok();
    assert_eq!(
        test(),
        json!({"delivered": true, "code": 200, "said": {"zh": "there", "en": "there"}})
    );
    let came = server.wait_for("webhook.test", 1).remove(0);
    assert_eq!(came.signed_by(&secret), Some(0));
    assert_eq!(came.body["data"]["endpoint_id"], endpoint["id"]);
    server.answer(&["500 Oops"]);
    let failed = test();
    assert_eq!((&failed["delivered"], failed.int("/code")), (&json!(false), 500));
    assert!(failed.text("/said/zh").contains("500"), "{failed}");
    assert_eq!(deliveries(app, &endpoint), Vec::<Value>::new());
    let still = app.hq().get(&path(&endpoint)).ok();
    assert_eq!(
        (&still["active"], &still["failing_since"]),
        (&json!(true), &Value::Null)
    );
}

fn d_hq_3_old_deliveries_are_forgotten(app: &TestApp) {
    let server = HookServer::start();
    let (endpoint, _) = endpoint(&app.hq(), &server, &["sale.created"]);
    server.answer(&["200 OK", "302 Found"]);
    sell(app, 1000);
    until(|| deliveries(app, &endpoint).iter().any(|found| found["state"] == "sent"));
    sell(app, 2000);
    until(|| deliveries(app, &endpoint).iter().any(|found| found["state"] == "dead"));
    app.set_now("2026-03-30 10:00");
    app.night();
    assert_eq!(deliveries(app, &endpoint).len(), 2);
    app.set_now("2026-04-02 10:00");
    app.night();
    let left = deliveries(app, &endpoint);
    assert_eq!((left.len(), left[0].text("/state")), (1, "dead".into()));
    app.set_now("2026-06-10 10:00");
    app.night();
    assert_eq!(deliveries(app, &endpoint), Vec::<Value>::new());
}

/// Where the operator permits no networks of their own.
fn private_addresses(app: &TestApp) {
    let server = HookServer::start();
    for url in [
        server.url(),
        server.url().replace("http", "https"),
        "https://localhost/".into(),
    ] {
        let refused = app.hq().post("/webhook-endpoints", &json!({"name": "x", "url": url}));
        assert_eq!(
            refused.expect_problem(422, "field_invalid")["errors"][0]["pointer"],
            "/url"
        );
    }
    assert!(server.events().is_empty());
}
