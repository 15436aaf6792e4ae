//! What a refusal looks like: problem documents in the reader's language, with a stable code and a pointer.

use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("problems":
        a_problem_speaks_the_readers_language,
        a_wrong_field_is_pointed_at,
        unknown_fields_are_errors,
        doubled_keys_are_errors,
        what_is_not_json_is_refused,
        a_body_may_not_be_too_large,
        compressed_bodies_are_refused,
        unknown_paths_and_methods_are_problems_too,
        a_configuration_is_checked_against_the_schema,
        a_version_guards_a_change,
        causes_stay_in_the_log,
        pages_have_limits,
        the_null_character_is_refused,
        s19_a_body_that_cannot_be_read_is_told_in_the_readers_language,
    )
}

fn a_problem_speaks_the_readers_language(app: &TestApp) {
    let path = "/cards/0198c0de-0000-7000-8000-00000000dead";
    let told = |language| app.hq().reading(language).get(path).expect_problem(404, "not_found");
    let (en, zh) = (told("en"), told("zh-CN"));
    assert!(en.text("/title").is_ascii() && en.text("/detail").is_ascii(), "{en:#}");
    assert_eq!(zh.text("/title"), "没有找到");
    assert_eq!(told("zh"), zh);
    assert_eq!(told("zh-TW,zh;q=0.9,en;q=0.8").text("/title"), zh.text("/title"));
    assert_eq!(told("fr, en;q=0.5").text("/title"), en.text("/title"));
    assert_eq!(
        told("fr").text("/title"),
        en.text("/title"),
        "English where nothing fits"
    );
    assert_eq!(en["type"], zh["type"], "the code and the type don't change");
}

/// Posts a sale with one member changed.
fn changed(app: &TestApp, pointer: &str, value: Value) -> Answer {
    let mut body = app.sale().line("cream", "skin", 10_00).body();
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect("its parent")[member] = value;
    app.till().post("/sales", &body)
}

fn a_wrong_field_is_pointed_at(app: &TestApp) {
    let wrong = [
        ("/lines/0/quantity", json!(0)),
        ("/lines/0/amount", json!(-1)),
        ("/receipt", json!("")),
        ("/till", json!("T".repeat(1000))),
        ("/tenders/0/amount", json!(-10_00)),
    ];
    for (pointer, value) in wrong {
        let answer = changed(app, pointer, value);
        assert_eq!(answer.status, 422, "{pointer}: {:#}", answer.body);
        assert!(
            answer.body.to_string().contains(&format!("\"{pointer}\"")),
            "{pointer}: {:#}",
            answer.body
        );
    }
    let unreadable = [
        ("/lines/0/quantity", json!("1")),
        ("/lines/0/amount", json!(1.5)),
        ("/store_id", json!("east")),
        ("/occurred_at", json!("yesterday")),
        ("/tenders/0/kind", json!("shells")),
    ];
    for (pointer, value) in unreadable {
        let problem = changed(app, pointer, value).expect_problem(400, "body_invalid");
        let field = pointer.rsplit('/').next().expect("a name");
        assert!(problem.to_string().contains(field), "{field} is named: {problem:#}");
    }
}

fn unknown_fields_are_errors(app: &TestApp) {
    // `trusted` is what imports say of bills of the past: nobody says it over HTTP.
    for pointer in ["/customer", "/trusted", "/lines/0/price", "/tenders/0/currency"] {
        let problem = changed(app, pointer, json!(1)).expect_problem(400, "body_invalid");
        let field = pointer.rsplit('/').next().expect("a name");
        assert!(problem.to_string().contains(field), "{field} is named: {problem:#}");
    }
}

fn doubled_keys_are_errors(app: &TestApp) {
    let body = app.sale().line("cream", "skin", 10_00).body().to_string();
    let send = |text: &str| app.till().request("POST", "/sales").key(&fresh_key()).text(text).send();
    send(&body.replacen('{', "{\"receipt\":\"other\",", 1)).expect_problem(400, "body_invalid");
    send(&body.replacen("\"sku\"", "\"quantity\":1000,\"sku\"", 1)).expect_problem(400, "body_invalid");
    let free = body.replacen("\"attributes\":{}", "\"attributes\":{\"a\":1,\"a\":2}", 1);
    send(&free).expect_problem(400, "body_invalid");
    send(&body).created();
}

fn what_is_not_json_is_refused(app: &TestApp) {
    let send = |text: &str| app.till().request("POST", "/sales").key(&fresh_key()).text(text).send();
    for text in ["", "{", "[]", "null", "{} {}", "\u{feff}{}"] {
        send(text).expect_problem(400, "body_invalid");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    send(&deep).expect_problem(400, "body_invalid");
}

fn a_body_may_not_be_too_large(app: &TestApp) {
    let text = format!("{{\"receipt\":\"{}\"}}", "x".repeat(3 << 20));
    let answer = app
        .till()
        .request("POST", "/sales")
        .key(&fresh_key())
        .text(&text)
        .send();
    assert!(matches!(answer.status, 400 | 413), "{}", answer.status);
    assert_eq!(answer.body.text("/code"), "body_invalid");
}

fn compressed_bodies_are_refused(app: &TestApp) {
    let body = app.sale().line("cream", "skin", 10_00).body();
    let answer = app
        .till()
        .request("POST", "/sales")
        .key(&fresh_key())
        .header("Content-Encoding", "gzip")
        .json(&body)
        .send();
    assert!(
        matches!(answer.status, 400 | 415),
        "{}: {:#}",
        answer.status,
        answer.body
    );
}

fn unknown_paths_and_methods_are_problems_too(app: &TestApp) {
    app.hq().get("/nothing/here").expect_problem(404, "not_found");
    app.hq().get("/cards/not-an-id").expect_problem(404, "not_found");
    let answer = app.hq().request("DELETE", "/stores").key(&fresh_key()).send();
    assert!(matches!(answer.status, 404 | 405), "{}", answer.status);
    assert!(
        answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/problem+json"))
    );
}

fn a_configuration_is_checked_against_the_schema(app: &TestApp) {
    let pointed = |settings: crate::harness::Settings| {
        let problem = settings.post().expect_problem(422, "configuration_invalid");
        problem
            .list("/errors")
            .iter()
            .map(|error| error.text("/pointer"))
            .collect::<Vec<_>>()
    };
    let pointers = pointed(
        app.configure()
            .rule("/single_purchase", "a lot")
            .rule("/validity_months", -1),
    );
    let ends = |name: &str| pointers.iter().any(|pointer| pointer.ends_with(name));
    assert!(ends("/single_purchase") && ends("/validity_months"), "{pointers:?}");
    let unknown = pointed(app.configure().rule("/singel_purchase", "1.00"));
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    let ladder = pointed(app.configure().set("/ladder/steps/1/threshold", json!(-5)));
    assert!(ladder[0].contains("/steps/1"), "{ladder:?}");
    assert_eq!(
        app.hq()
            .get(&format!("/programs/{}", app.program()))
            .ok()
            .int("/configuration/version"),
        1
    );
}

fn a_version_guards_a_change(app: &TestApp) {
    let path = format!("/stores/{}", app.east());
    let found = app.hq().get(&path);
    let version = found.header("etag").expect("an ETag").to_owned();
    let change = json!({"name": "东一店"});
    app.hq()
        .request("PATCH", &path)
        .key(&fresh_key())
        .json(&change)
        .send()
        .expect_problem(428, "precondition_required");
    app.hq()
        .patch(&path, "\"999\"", &change)
        .expect_problem(412, "version_conflict");
    let changed = app.hq().patch(&path, &version, &change);
    assert_ne!(changed.header("etag"), Some(version.as_str()), "a new version");
    assert_eq!(changed.ok().text("/name"), "东一店");
    app.hq()
        .patch(&path, &version, &json!({"name": "东二店"}))
        .expect_problem(412, "version_conflict");
}

fn causes_stay_in_the_log(app: &TestApp) {
    let nobody = Actor::nobody(app.base());
    let answers = [
        nobody.get("/me"),
        nobody.request("POST", "/auth/login").text("{\"chain\":").send(),
        app.hq().get("/cards?code=%00"),
        app.hq().get("/cards?code=%27%20OR%201=1--"),
    ];
    for answer in answers {
        let text = answer.body.to_string().to_lowercase();
        let leaks = ["sqlite", "diesel", "panicked", "src/", "select ", ".rs:"];
        assert!(leaks.iter().all(|leak| !text.contains(leak)), "{text}");
        assert_ne!(answer.status, 500, "{text}");
    }
}

/// PostgreSQL can't keep it in a text, so nobody may send it.
fn the_null_character_is_refused(app: &TestApp) {
    changed(app, "/lines/0/sku", json!("a\u{0}b")).expect_problem(400, "body_invalid");
    for path in ["/cards?code=%00", "/customers?query=a%00b", "/stores?after=%00"] {
        app.hq().get(path).expect_problem(400, "body_invalid");
    }
    let log_in = Actor::nobody(app.base()).login("main\0", "admin", "secret");
    log_in.expect_problem(400, "body_invalid");
}

fn pages_have_limits(app: &TestApp) {
    app.hq().get("/stores?limit=201").expect_problem(400, "body_invalid");
    let first = app.hq().get("/stores?limit=1").ok();
    assert_eq!(first.list("/items").len(), 1);
    let second = app
        .hq()
        .get(&format!("/stores?limit=1&after={}", first.text("/next")))
        .ok();
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert!(second["next"].is_null(), "two stores, two pages");
    app.hq().get("/stores?limt=1").expect_problem(400, "body_invalid");
}

fn s19_a_body_that_cannot_be_read_is_told_in_the_readers_language(app: &TestApp) {
    let till = app.till().reading("zh-CN");
    let body = app.sale().line("cream", "skin", 100_00).body();
    let send = |pointer: &str, value: Value| {
        let mut body = body.clone();
        *body.pointer_mut(pointer).expect("a field") = value;
        let problem = till.post("/sales", &body).expect_problem(400, "body_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
        let detail = problem.text("/detail");
        for english in ["invalid", "expected", "type", "field", "minor"] {
            assert!(!detail.contains(english), "{detail}");
        }
        detail
    };
    let money = send("/lines/0/amount", json!("100.00"));
    assert!(money.starts_with("第1行的金额") && money.contains("100.00"), "{money}");
    assert!(send("/lines/0/quantity", json!(1.5)).starts_with("第1行的数量应为整数"));
    assert!(send("/receipt", json!(5)).starts_with("小票号应为文字"));
    assert!(send("/tenders/0/kind", json!("gold")).starts_with("第1笔付款的类别没有这个选项"));
    // Money that doesn't add up is named as people write it.
    let mut short = body.clone();
    short["tenders"][0]["amount"] = json!(90_00);
    let problem = till.post("/sales", &short).expect_problem(422, "tenders_mismatch");
    assert_eq!(problem.text("/detail"), "应付 100.00，付款合计 90.00，请核对。");
}
