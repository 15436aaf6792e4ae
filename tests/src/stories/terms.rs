//! Accepted terms (D-CON-6): versions that stay, acceptance per membership, what programs demand.

use crate::harness::{Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub fn tests() -> Vec<Trial> {
    crate::stories!("terms":
        d_con_6_a_version_stays_as_it_was_published,
        d_con_6_a_membership_accepts_versions_and_lacks_others,
        d_con_6_a_program_demands_terms_at_enrolment,
        d_con_6_paper_may_be_older_and_nothing_is_accepted_ahead,
    )
}

fn publish(app: &TestApp, kind: &str, follows: i32, text: &str) -> Answer {
    let body = json!({"kind": kind, "follows": follows, "texts": {"zh-CN": text, "en": format!("{text} (en)")}});
    app.hq().post("/terms", &body)
}

fn accept(app: &TestApp, membership: &str, terms: &Value, channel: &str) -> Answer {
    let body = json!({"terms_id": terms["id"], "channel": channel});
    app.cashier()
        .post(&format!("/memberships/{membership}/acceptances"), &body)
}

fn demand(app: &TestApp, version: i32, demands: &Value) {
    let etag = format!("\"{version}\"");
    app.hq()
        .patch("/terms-rules", &etag, &json!({"value": {"demands": demands}}))
        .ok();
}

/// Kind, occasion, the version accepted before.
fn lacking(app: &TestApp, membership: &str) -> Vec<(String, String, Value)> {
    let found = app.hq().get(&format!("/memberships/{membership}/acceptances")).ok();
    let told = |one: &Value| (one.text("/kind"), one.text("/occasion"), one["accepted"].clone());
    found.list("/lacking").iter().map(told).collect()
}

fn d_con_6_a_version_stays_as_it_was_published(app: &TestApp) {
    let first = publish(app, "membership", 0, "会员章程第一版").created();
    publish(app, "membership", 0, "又一个第一版").expect_problem(412, "version_conflict");
    let second = publish(app, "membership", 1, "会员章程第二版").created();
    assert_eq!((second.int("/number"), second.int("/least")), (2, 2));
    app.set_now("2036-03-01 10:00");
    let path = format!("/terms/{}", first.text("/id"));
    let later = app.hq().get(&path).ok();
    assert_eq!(later, first, "ten years later, to the letter");
    let document = later.text("/document");
    assert_eq!(hex::encode(Sha256::digest(&document)), later.text("/sha256"));
    let sealed: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(
        sealed,
        json!({"kind": "membership", "number": 1, "texts": {"en": "会员章程第一版 (en)", "zh-CN": "会员章程第一版"}})
    );
    for method in ["PATCH", "DELETE"] {
        let request = app.hq().request(method, &path).key(&fresh_key());
        assert_eq!(
            request.json(&json!({})).send().status,
            405,
            "{method}: there is no way to change one"
        );
    }
    let listed = app.hq().get("/terms?kind=membership").ok().list("/items");
    let numbers: Vec<i64> = listed.iter().map(|terms| terms.int("/number")).collect();
    assert_eq!(numbers, [2, 1]);
    for texts in [json!({}), json!({"zh-CN": " "}), json!({"chinese": "x"})] {
        let body = json!({"kind": "privacy", "follows": 0, "texts": texts});
        app.hq().post("/terms", &body).expect_problem(422, "field_invalid");
    }
    let body = json!({"kind": "privacy", "follows": 0, "texts": {"en": "x"}});
    app.manager().post("/terms", &body).expect_problem(403, "forbidden");
    let audited = app.auditor().get("/audit?action=terms.publish").ok().list("/items");
    assert_eq!(audited.len(), 2);
}

fn d_con_6_a_membership_accepts_versions_and_lacks_others(app: &TestApp) {
    let member = app.member("王芳").membership;
    demand(
        app,
        0,
        &json!([
            {"occasion": "top_up", "kinds": ["stored_value", "membership"]},
            {"program_id": app.program(), "occasion": "enrolment", "kinds": ["privacy"]},
            {"program_id": "0198c0de-0000-7000-8000-00000000dead", "occasion": "top_up", "kinds": ["marketing"]},
        ]),
    );
    let lacks = |kind: &str, occasion: &str, accepted: Value| (kind.to_owned(), occasion.to_owned(), accepted);
    assert_eq!(
        lacking(app, &member),
        [
            lacks("privacy", "enrolment", Value::Null),
            lacks("membership", "top_up", Value::Null),
            lacks("stored_value", "top_up", Value::Null),
        ],
        "of its own program only, and nobody can accept what isn't published"
    );
    let charter = publish(app, "membership", 0, "章程").created();
    let stored = publish(app, "stored_value", 0, "储值").created();
    let privacy = publish(app, "privacy", 0, "隐私").created();
    for terms in [&charter, &stored, &privacy] {
        accept(app, &member, terms, "till").created();
    }
    assert_eq!(lacking(app, &member), []);
    accept(app, &member, &charter, "till").expect_problem(409, "already_exists");
    // A slip of the pen set right asks nobody anew; a new rule does.
    let body = json!({"kind": "membership", "follows": 1, "texts": {"zh-CN": "章程。"}, "accept_anew": false});
    app.hq().post("/terms", &body).created();
    assert_eq!(lacking(app, &member), []);
    let third = publish(app, "membership", 2, "新章程").created();
    assert_eq!(lacking(app, &member), [lacks("membership", "top_up", json!(1))]);
    let now = accept(app, &member, &third, "member_page").created();
    assert_eq!(lacking(app, &member), []);
    let first = &now.list("/items")[0];
    assert_eq!(
        (first.int("/number"), first.text("/channel"), first.text("/terms_id")),
        (3, "member_page".into(), third.text("/id"))
    );
    let cashier = app.cashier().get("/me").ok().text("/staff_id");
    assert_eq!(first.text("/staff_id"), cashier, "by whom");
    assert_eq!(first.text("/accepted_at"), "2026-03-01T02:00:00Z");
    let consultant = app.actor("consultant", &[app.east()]);
    let body = json!({"terms_id": third["id"], "channel": "till"});
    consultant
        .post(&format!("/memberships/{member}/acceptances"), &body)
        .expect_problem(403, "forbidden");
}

fn d_con_6_a_program_demands_terms_at_enrolment(app: &TestApp) {
    let charter = publish(app, "membership", 0, "章程").created();
    let privacy = publish(app, "privacy", 0, "隐私").created();
    demand(
        app,
        0,
        &json!([{"program_id": app.program(), "occasion": "enrolment", "kinds": ["privacy", "membership"]}]),
    );
    let customer = app.customer("王芳").create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let enrol = |accepted: &[&Value]| {
        let accepted: Vec<Value> = accepted
            .iter()
            .map(|terms| json!({"terms_id": terms["id"], "channel": "till"}))
            .collect();
        let body = json!({
            "program_id": app.program(), "customer_id": customer, "store_id": app.east(), "kind": "customer",
            "accepted_terms": accepted,
        });
        app.cashier().post("/cards", &body)
    };
    let refused = enrol(&[]).expect_problem(409, "terms_not_accepted");
    let pointers: Vec<String> = refused
        .list("/errors")
        .iter()
        .map(|wrong| wrong.text("/pointer"))
        .collect();
    assert_eq!(pointers, ["/terms/membership", "/terms/privacy"]);
    enrol(&[&charter]).expect_problem(409, "terms_not_accepted");
    enrol(&[&charter, &charter, &privacy]).expect_problem(409, "already_exists");
    let newer = publish(app, "privacy", 1, "新隐私").created();
    enrol(&[&charter, &privacy]).expect_problem(422, "field_invalid");
    let card = enrol(&[&charter, &newer]).created();
    let membership = card.text("/membership_id");
    let kept = app.hq().get(&format!("/memberships/{membership}/acceptances")).ok();
    assert_eq!((kept.list("/items").len(), kept.list("/lacking").len()), (2, 0));
    let own = format!("/customers/{customer}/own-data");
    let file = app.manager().post(&own, &json!({"purpose": "asked"})).ok();
    let accepted = file.list("/accepted_terms");
    assert_eq!(
        (accepted.len(), accepted[1].text("/kind"), accepted[1].int("/number")),
        (2, "privacy".into(), 2)
    );
    assert!(app.server().verify().is_empty());
}

fn d_con_6_paper_may_be_older_and_nothing_is_accepted_ahead(app: &TestApp) {
    let member = app.member("王芳").membership;
    let old = publish(app, "stored_value", 0, "旧").created();
    publish(app, "stored_value", 1, "新").created();
    let path = format!("/memberships/{member}/acceptances");
    let accept = |channel: &str, at: Value| {
        let body = json!({"terms_id": old["id"], "channel": channel, "accepted_at": at});
        app.cashier().post(&path, &body)
    };
    accept("till", Value::Null).expect_problem(422, "field_invalid");
    accept("paper", json!("2027-01-01T00:00:00Z")).expect_problem(422, "field_invalid");
    let done = accept("paper", json!("2026-02-20T06:30:00Z")).created();
    assert_eq!(
        (done.text("/items/0/accepted_at"), done.text("/items/0/noted_at")),
        ("2026-02-20T06:30:00Z".into(), "2026-03-01T02:00:00Z".into())
    );
    demand(app, 0, &json!([{"occasion": "top_up", "kinds": ["stored_value"]}]));
    assert_eq!(
        lacking(app, &member),
        [("stored_value".to_owned(), "top_up".to_owned(), json!(1))],
        "what was signed then doesn't count any more"
    );
}
