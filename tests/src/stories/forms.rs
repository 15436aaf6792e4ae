//! Forms that customers fill in by a one-time link (D-ARC-2): opened without a log-in, kept apart until somebody has
//! decided on each answer.

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("forms":
        d_arc_2_a_customer_fills_in_a_form_and_each_answer_is_decided,
        d_arc_2_a_link_works_once_and_shows_nothing_of_the_card,
        d_arc_2_a_link_expires_is_withdrawn_and_belongs_to_its_chain,
        d_arc_2_answers_are_checked_and_only_what_is_asked_for_is_taken,
        d_arc_2_a_chains_own_fields_are_asked_for_and_checked,
        d_arc_2_answers_to_own_fields_are_decided_one_by_one,
        d_arc_2_who_guesses_links_is_slowed_down,
        d_arc_2_forms_go_along_with_a_merge_and_away_with_the_person,
    )
}

const PHONE: &str = "13812345678";

fn someone(app: &TestApp) -> String {
    let card = json!({"contact": {"mail": "wang@example.com", "qq": "77415926"}, "deal": {"terms": "现款"}});
    let form = app.customer("王芳").phone(PHONE).with("form_of_address", "ms");
    form.with("card", card).create()
}

/// Sends a form; answers it and the token of its link.
fn send(actor: &Actor, customer: &str, body: &Value) -> (String, String) {
    let sent = actor.post(&format!("/customers/{customer}/forms"), body).created();
    let path = sent.text("/path");
    let token = path.strip_prefix("/form/#").expect("a page of its own").to_owned();
    (sent.text("/form/id"), token)
}

fn open(app: &TestApp, token: &str) -> Answer {
    let nobody = Actor::nobody(app.base());
    nobody
        .request("POST", "/forms/open")
        .json(&json!({"token": token}))
        .send()
}

fn fill(app: &TestApp, token: &str, answers: &Value) -> Answer {
    let body = json!({"token": token, "answers": answers});
    Actor::nobody(app.base())
        .request("POST", "/forms/answer")
        .json(&body)
        .send()
}

fn forms(app: &TestApp, customer: &str) -> Vec<Value> {
    let path = format!("/customers/{customer}/forms");
    app.hq().get(&path).ok().list("/items")
}

fn d_arc_2_a_customer_fills_in_a_form_and_each_answer_is_decided(app: &TestApp) {
    let customer = someone(app);
    let consultant = app.actor("consultant", &[app.east()]);
    let (id, token) = send(&consultant, &customer, &json!({"groups": ["person", "contact"]}));
    let answers = json!({
        "birthday": "1990-05-01", "phones": ["139 1234 5678"],
        "card": {"person": {"occupation": "医生"}, "contact": {"mail": "fang@example.com", "qq": "88888", "wechat": ""}},
    });
    fill(app, &token, &answers).expect(204);
    let card = || app.hq().get(&format!("/customers/{customer}")).ok();
    assert_eq!(
        card().text("/card/contact/mail"),
        "w***@example.com",
        "nothing is on the card yet"
    );
    let form = &forms(app, &customer)[0];
    let row = |form: &Value, field: &str| {
        let found = form.list("/fields").into_iter().find(|row| row.text("/field") == field);
        found.unwrap_or_else(|| panic!("no {field}"))
    };
    assert_eq!(
        (form.text("/state"), form.list("/fields").len()),
        ("answered".into(), 5)
    );
    let mail = row(form, "card/contact/mail");
    assert_eq!(
        (mail.text("/current"), mail.text("/value"), &mail["decision"]),
        ("w***@example.com".into(), "f***@example.com".into(), &Value::Null)
    );
    let review = |body: Value| consultant.post(&format!("/customer-forms/{id}/review"), &body);
    let some = json!({"accept": ["card/contact/mail", "phones"], "refuse": ["card/contact/qq"]});
    let form = review(some).ok();
    assert_eq!(form.text("/state"), "answered", "two answers wait");
    assert_eq!(row(&form, "card/contact/qq").text("/decision"), "refused");
    let changed = card();
    assert_eq!(
        (changed.text("/card/contact/mail"), changed.text("/card/contact/qq")),
        ("f***@example.com".into(), "77*****6".into())
    );
    assert_eq!(
        changed["phones"],
        json!(["139****5678", "138****5678"]),
        "the old one stays behind it"
    );
    assert_eq!(changed.text("/card/provenance/contact/source"), "self");
    assert_eq!(
        changed["card"]["provenance"]["person"]["source"],
        Value::Null,
        "nothing of it was accepted"
    );
    review(json!({"refuse": ["card/contact/qq"]})).expect_problem(422, "field_invalid");
    review(json!({})).expect_problem(422, "field_invalid");
    let rest = json!({"accept": ["card/person/occupation"], "refuse": ["birthday"]});
    assert_eq!(review(rest).ok().text("/state"), "reviewed");
    let changed = card();
    assert_eq!(
        (
            changed.text("/birthday"),
            changed.text("/card/person/occupation"),
            changed.text("/card/deal/terms")
        ),
        ("****-05-20".into(), "医生".into(), "现款".into()),
        "what was refused is as it was"
    );
    assert_eq!(changed.text("/card/provenance/person/source"), "self");
    review(json!({"accept": ["birthday"]})).expect_problem(409, "decided_already");
    let found = app.hq().get("/customers?query=13912345678").ok().list("/items");
    assert_eq!(found.len(), 1, "found by the number that they gave");
}

fn d_arc_2_a_link_works_once_and_shows_nothing_of_the_card(app: &TestApp) {
    let customer = someone(app);
    let (_, token) = send(&app.hq(), &customer, &json!({"groups": ["contact"]}));
    let shown = open(app, &token).ok();
    let names: Vec<&String> = shown.as_object().expect("a document").keys().collect();
    assert_eq!(names, ["display", "expires_at", "groups", "minor_units", "own"]);
    assert_eq!(shown.text("/display/zh"), "王女士");
    let text = shown.to_string();
    for secret in ["王芳", "5678", "wang", "77415926", "现款", &customer] {
        assert!(!text.contains(secret), "{secret} is shown");
    }
    open(app, &token).ok();
    let answers = json!({"card": {"contact": {"qq": "88888"}}});
    fill(app, &token, &answers).expect(204);
    let again = json!({"card": {"contact": {"qq": "99999"}}});
    fill(app, &token, &again).expect_problem(404, "not_found");
    open(app, &token).expect_problem(404, "not_found");
    let files = super::privacy::files(app.folder());
    let tables = app.database().dump().unwrap_or_default();
    let secret = token.split_once('.').expect("two parts").1;
    for secret in [secret, "88888"] {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        let on_disk = files.iter().find(|(_, bytes)| found(bytes));
        assert!(
            on_disk.is_none() && !found(tables.as_bytes()),
            "{secret} is kept in clear"
        );
    }
}

fn d_arc_2_a_link_expires_is_withdrawn_and_belongs_to_its_chain(app: &TestApp) {
    let customer = someone(app);
    let hq = app.hq();
    let answers = json!({"card": {"contact": {"qq": "88888"}}});
    let useless = |token: &str| {
        open(app, token).expect_problem(404, "not_found");
        fill(app, token, &answers).expect_problem(404, "not_found");
    };
    let (id, withdrawn) = send(&hq, &customer, &json!({"groups": ["contact"]}));
    hq.post(&format!("/customer-forms/{id}/withdraw"), &json!({})).ok();
    useless(&withdrawn);
    hq.post(&format!("/customer-forms/{id}/withdraw"), &json!({}))
        .expect_problem(409, "decided_already");
    let (_, token) = send(&hq, &customer, &json!({"groups": ["contact"], "days": 2}));
    let foreign = app.server().second_chain();
    let other = foreign.get("/me").ok().text("/chain/id");
    let (chain, secret) = token.split_once('.').expect("two parts");
    useless(&format!("{other}.{secret}"));
    useless(&format!("{chain}.{}", secret.replace(|c: char| c != '0', "0")));
    useless(secret);
    foreign
        .get(&format!("/customers/{customer}/forms"))
        .expect_problem(404, "not_found");
    open(app, &token).ok();
    app.set_now("2026-03-04 23:59");
    useless(&token);
    assert_eq!(forms(app, &customer)[0].text("/state"), "expired");
    for wrong in [json!({"groups": []}), json!({"groups": ["contact"], "days": 31})] {
        hq.post(&format!("/customers/{customer}/forms"), &wrong)
            .expect_problem(422, "field_invalid");
    }
    let (path, body) = (format!("/customers/{customer}/forms"), json!({"groups": ["contact"]}));
    app.cashier().post(&path, &body).expect_problem(403, "forbidden");
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.post(&path, &body).expect_problem(403, "forbidden");
    elsewhere.get(&path).expect_problem(403, "forbidden");
}

fn d_arc_2_answers_are_checked_and_only_what_is_asked_for_is_taken(app: &TestApp) {
    let (_, token) = send(&app.hq(), &someone(app), &json!({"groups": ["contact"]}));
    for (answers, pointer) in [
        (
            json!({"card": {"contact": {"mail": "wang"}}}),
            "/answers/card/contact/mail",
        ),
        (json!({"phones": ["1381234"]}), "/answers/phones/0"),
        (json!({"card": {"person": {"sex": "male"}}}), "/answers/card/person/sex"),
        (json!({"birthday": "1990-05-01"}), "/answers/birthday"),
        (json!({"name": "王五"}), "/answers/name"),
        (json!({"card": {"contact": {"qq": 5}}}), "/answers"),
        (json!({"card": {"contact": {"qq": ""}}}), "/answers"),
        (json!({}), "/answers"),
    ] {
        let problem = fill(app, &token, &answers).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer, "{answers}");
        assert!(!problem.to_string().contains("1381234"), "{problem:#}");
    }
    fill(app, &token, &json!({"card": {"contact": {"plates": ["京A12345"]}}})).expect(204);
}

fn d_arc_2_who_guesses_links_is_slowed_down(app: &TestApp) {
    let (_, token) = send(&app.hq(), &someone(app), &json!({"groups": ["contact"]}));
    // However slow the machine is: links come back at two per second, guesses faster.
    let slowed = (0..400)
        .map(|n| open(app, &format!("{n}.{token}")))
        .find(|answer| answer.status == 429);
    slowed
        .expect("guesses are slowed down")
        .expect_problem(429, "login_throttled");
    app.hq().get("/me").ok();
}

fn d_arc_2_forms_go_along_with_a_merge_and_away_with_the_person(app: &TestApp) {
    let (stays, gone) = (someone(app), app.customer("王芳芳").create());
    let hq = app.hq();
    let (id, token) = send(&hq, &gone, &json!({"groups": ["contact"]}));
    fill(app, &token, &json!({"card": {"contact": {"qq": "88888"}}})).expect(204);
    super::merges::merge(&hq, &stays, &gone).created();
    assert_eq!(forms(app, &stays)[0].text("/id"), id);
    let accept = json!({"accept": ["card/contact/qq"]});
    hq.post(&format!("/customer-forms/{id}/review"), &accept).ok();
    assert_eq!(
        hq.get(&format!("/customers/{stays}")).ok().text("/card/contact/qq"),
        "88**8"
    );
    let own = hq
        .post(&format!("/customers/{stays}/own-data"), &json!({"purpose": "asked"}))
        .ok();
    assert_eq!(own.text("/forms/0/answers/card~1contact~1qq/value"), "88888");
    let (_, open_one) = send(&hq, &stays, &json!({"groups": ["contact"]}));
    super::erasure::erase(app, &stays);
    assert!(forms(app, &stays).is_empty());
    open(app, &open_one).expect_problem(404, "not_found");
}

/// Publishes a chain's own fields.
fn declare(app: &TestApp, follows: i64, fields: Value) {
    let body = json!({"follows": follows, "fields": fields});
    app.hq().post("/customer-fields", &body).created();
}

/// A choice and a sum that the card must have, a mail address, and papers that the shop keeps.
fn own_fields() -> Value {
    let label = |zh: &str, en: &str| json!({"zh": zh, "en": en});
    let skin =
        json!([{"code": "dry", "label": label("干性", "Dry")}, {"code": "oily", "label": label("油性", "Oily")}]);
    json!([
        {"name": "skin", "label": label("肤质", "Skin"), "kind": "choice", "choices": skin, "required": true},
        {"name": "budget", "label": label("预算", "Budget"), "kind": "money", "required": true},
        {"name": "mail2", "label": label("备用邮箱", "Second mail"), "kind": "mail"},
        {"name": "papers", "label": label("证件", "Papers"), "kind": "documents",
            "documents": [{"code": "id", "label": label("身份证", "Identity card"), "copies": 1}]},
    ])
}

fn d_arc_2_a_chains_own_fields_are_asked_for_and_checked(app: &TestApp) {
    let customer = someone(app);
    let hq = app.hq();
    let path = format!("/customers/{customer}/forms");
    let problem = hq
        .post(&path, &json!({"groups": ["own"]}))
        .expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/groups", "nothing is declared yet");
    declare(app, 0, own_fields());
    let (_, contact) = send(&hq, &customer, &json!({"groups": ["contact"]}));
    assert_eq!(open(app, &contact).ok()["own"], json!([]), "none is asked for");
    let unasked = json!({"card": {"own": {"skin": "dry"}}});
    let problem = fill(app, &contact, &unasked).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/answers/card/own/skin");
    let (_, token) = send(&hq, &customer, &json!({"groups": ["own"]}));
    let shown = open(app, &token).ok();
    let asked: Vec<String> = shown.list("/own").iter().map(|field| field.text("/name")).collect();
    assert_eq!(asked, ["skin", "budget", "mail2"], "papers are kept by the shop");
    for (answers, pointer) in [
        (json!({"skin": "green"}), "/answers/card/own/skin"),
        (json!({"budget": "x"}), "/answers/card/own/budget"),
        (json!({"mail2": "wang"}), "/answers/card/own/mail2"),
        (json!({"papers": {"id": 1}}), "/answers/card/own/papers"),
        (json!({"nothing": 1}), "/answers/card/own/nothing"),
    ] {
        let problem = fill(app, &token, &json!({"card": {"own": answers}})).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
    }
    // Nobody must fill in everything.
    fill(app, &token, &json!({"card": {"own": {"mail2": "fang@example.com"}}})).expect(204);
}

fn d_arc_2_answers_to_own_fields_are_decided_one_by_one(app: &TestApp) {
    let customer = someone(app);
    let hq = app.hq();
    declare(app, 0, own_fields());
    let (id, token) = send(&hq, &customer, &json!({"groups": ["contact", "own"]}));
    let answers = json!({"card": {
        "own": {"skin": "dry", "budget": 500_00, "mail2": "fang@example.com"}, "contact": {"qq": "88888"},
    }});
    fill(app, &token, &answers).expect(204);
    let form = &forms(app, &customer)[0];
    let given = |field: &str| {
        let found = form.list("/fields").into_iter().find(|row| row.text("/field") == field);
        found.unwrap_or_else(|| panic!("no {field}"))["value"].clone()
    };
    assert_eq!(given("card/own/mail2"), "f***@example.com", "masked as on the card");
    assert_eq!(
        (given("card/own/skin"), given("card/own/budget")),
        (json!("dry"), json!(500_00))
    );
    // Each by itself, although both are required on the card.
    let review = |body: Value| hq.post(&format!("/customer-forms/{id}/review"), &body);
    let card = || hq.get(&format!("/customers/{customer}")).ok()["card"].clone();
    review(json!({"accept": ["card/own/skin"]})).ok();
    assert_eq!(
        (
            card().text("/own/skin/value"),
            card().int("/own/skin/version"),
            &card()["own"]["budget"]
        ),
        ("dry".into(), 1, &Value::Null)
    );
    assert_eq!(card().text("/provenance/own/source"), "self");
    // A field that is gone meanwhile can be refused alone.
    let label = |zh: &str, en: &str| json!({"zh": zh, "en": en});
    declare(
        app,
        1,
        json!([{"name": "skin", "label": label("肤质", "Skin"), "kind": "text"},
        {"name": "budget", "label": label("预算", "Budget"), "kind": "money"}]),
    );
    let gone = review(json!({"accept": ["card/own/mail2"]})).expect_problem(422, "field_invalid");
    assert_eq!(gone.text("/pointer"), "/card/own/mail2");
    let rest = json!({"accept": ["card/own/budget", "card/contact/qq"], "refuse": ["card/own/mail2"]});
    assert_eq!(review(rest).ok().text("/state"), "reviewed");
    assert_eq!(
        (
            card().int("/own/budget/value"),
            card().int("/own/budget/version"),
            card()["own"]["mail2"].clone()
        ),
        (500_00, 2, Value::Null)
    );
}
