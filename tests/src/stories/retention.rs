//! What is past its time (D-ARC-19): named at night, deleted by two people.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("retention":
        d_arc_19_nothing_is_kept_shorter_than_it_must_be,
        d_arc_19_what_is_past_its_time_is_named_and_goes_by_two_people,
    )
}

fn set(app: &TestApp, rules: Value) -> crate::harness::Answer {
    let version = app
        .hq()
        .get("/retention-rules")
        .header("etag")
        .expect("an ETag")
        .to_owned();
    app.hq().patch("/retention-rules", &version, &json!({ "rules": rules }))
}

fn d_arc_19_nothing_is_kept_shorter_than_it_must_be(app: &TestApp) {
    let kind = app
        .hq()
        .post("/record-types", &super::world::World::record_type_form("x"))
        .created()
        .text("/id");
    let record =
        |contract: bool, years: u32| json!({"records": [{"type_id": kind, "contract": contract, "years": years}]});
    for (rules, at) in [
        (json!({"prospect_years": 0}), "/rules/prospect_years"),
        (json!({"identity_years": 4}), "/rules/identity_years"),
        (record(true, 9), "/rules/records/0/years"),
        (record(false, 0), "/rules/records/0/years"),
    ] {
        let refused = set(app, rules);
        assert_eq!(
            (refused.status, refused.body.text("/pointer")),
            (422, at.to_owned()),
            "{:#}",
            refused.body
        );
    }
    set(app, json!({"prospect_years": 1, "identity_years": 5})).ok();
    let kept = set(app, record(true, 10)).ok();
    assert_eq!(
        (kept.int("/version"), &kept["rules"]["prospect_years"]),
        (2, &Value::Null),
        "they are replaced"
    );
    let change = json!({"rules": {}});
    app.manager()
        .patch("/retention-rules", "\"2\"", &change)
        .expect_problem(403, "forbidden");
    app.hq()
        .patch("/retention-rules", "\"1\"", &change)
        .expect_problem(412, "version_conflict");
}

/// What waits, by scope and customer.
fn due(app: &TestApp) -> Vec<(String, String)> {
    let listed = app.auditor().get("/deletions?state=due").ok().list("/items");
    let mut due: Vec<_> = listed
        .iter()
        .map(|row| (row.text("/scope"), row.text("/customer_id")))
        .collect();
    due.sort_unstable();
    due
}

fn night(app: &TestApp, now: &str) {
    app.set_now(now);
    app.server().run_nightly_jobs();
}

fn decide(app: &TestApp, scope: &str, word: &str) {
    let listed = app.hq().get("/deletions?state=due").ok().list("/items");
    let row = listed.iter().find(|row| row["scope"] == scope).expect("it is due");
    let path = format!("/deletions/{}/{word}", row.text("/id"));
    let first = app.hq().post(&path, &json!({})).ok();
    if word == "confirm" {
        assert_eq!(first.text("/state"), "requested");
        app.hq()
            .post(&path, &json!({}))
            .expect_problem(409, "second_person_needed");
        let second = app.actor("hq_admin", &[]).post(&path, &json!({})).ok();
        assert_eq!(
            (second.text("/state"), second.text("/ground")),
            ("done".into(), "retention".into())
        );
    }
}

fn d_arc_19_what_is_past_its_time_is_named_and_goes_by_two_people(app: &TestApp) {
    let prospect = app.customer("王芳").create();
    let talked_to = app.customer("李娜").create();
    let buyer = app
        .customer("张伟")
        .with("identity_number", "110105198706050026")
        .create();
    app.sale().customer(&buyer).line("cream", "skin", 10_00).ring();
    let kind = app
        .hq()
        .post("/record-types", &super::world::World::record_type_form("x"))
        .created()
        .text("/id");
    let record = json!({"type_id": kind, "customer_id": buyer, "values": {"state": "new"}});
    let record = app.hq().post("/records", &record).created().text("/id");
    night(app, "2029-01-01 10:00");
    assert!(due(app).is_empty(), "without rules everything is kept");
    let contracts = json!([{"type_id": kind, "contract": true, "years": 10}]);
    set(
        app,
        json!({"prospect_years": 1, "identity_years": 5, "records": contracts}),
    )
    .ok();
    let entry = json!({"category": "need", "description": "来电"});
    app.hq()
        .post(&format!("/customers/{talked_to}/journal"), &entry)
        .created();
    night(app, "2029-06-01 10:00");
    let person = |customer: &str| ("person".to_owned(), customer.to_owned());
    assert_eq!(
        due(app),
        [person(&prospect)],
        "who bought or was talked to lately stays"
    );
    assert_eq!(super::jobs::last(app, "retention").int("/done"), 1, "HQ sees how many");
    assert_eq!(
        app.hq().get(&format!("/customers/{prospect}")).ok()["erased"],
        json!(false),
        "nothing goes by itself"
    );
    app.server().run_nightly_jobs();
    night(app, "2029-06-02 10:00");
    assert_eq!(due(app).len(), 1, "named once");
    decide(app, "person", "confirm");
    assert_eq!(
        app.hq().get(&format!("/customers/{prospect}")).ok()["erased"],
        json!(true)
    );
    later(app, (&talked_to, &buyer), &record);
}

/// The years after.
fn later(app: &TestApp, (talked_to, buyer): (&str, &str), record: &str) {
    let person = |customer: &str| ("person".to_owned(), customer.to_owned());
    // Five years after the last purchase the number may go, a year after the last call the prospect.
    night(app, "2031-03-01 10:00");
    assert_eq!(due(app), [person(talked_to)]);
    decide(app, "person", "reject");
    night(app, "2032-01-01 10:00");
    assert_eq!(
        due(app),
        [("identity".to_owned(), buyer.to_owned())],
        "what was rejected isn't asked about every night"
    );
    decide(app, "identity", "confirm");
    let shown = app.hq().get(&format!("/customers/{buyer}")).ok();
    assert_eq!(
        (&shown["identity_number"], &shown["erased"]),
        (&Value::Null, &json!(false))
    );
    night(app, "2032-03-03 10:00");
    assert_eq!(due(app), [person(talked_to)], "but a year later");
    decide(app, "person", "reject");
    night(app, "2036-03-02 10:00");
    assert!(
        due(app).contains(&("record".to_owned(), buyer.to_owned())),
        "contracts after ten years"
    );
    decide(app, "record", "confirm");
    assert_eq!(app.hq().get(&format!("/records/{record}")).ok()["erased"], json!(true));
    assert_eq!(app.server().verify(), [""; 0]);
}
