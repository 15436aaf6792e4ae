//! Records of types that a chain declares: a loan application with a board, filled in, moved, exported.

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("records":
        d_arc_15_a_type_is_declared_filled_in_and_moved_on_its_board,
        d_arc_15_wrong_declarations_and_values_are_named,
        d_arc_15_a_new_version_of_a_type_loses_no_value,
        d_arc_15_records_stay_with_their_store_masked_and_sealed,
        d_arc_15_an_export_is_masked_and_holds_no_formula,
    )
}

fn words(text: &str) -> Value {
    json!({"zh": text, "en": text})
}

fn loan_fields() -> Value {
    let choice = |code: &str, text: &str| json!({"code": code, "label": words(text)});
    json!([
        {"name": "state", "label": words("进度"), "kind": "choice", "required": true,
            "choices": [choice("new", "新申请"), choice("checking", "审核中"), choice("granted", "已放款")]},
        {"name": "amount", "label": words("金额"), "kind": "money", "required": true, "minimum": 1},
        {"name": "guarantor", "label": words("担保人电话"), "kind": "phone"},
        {"name": "car", "label": words("有车"), "kind": "flag"},
        {"name": "plate", "label": words("车牌"), "kind": "plate", "required": true,
            "when": {"field": "car", "is": ["true"]}},
        {"name": "note", "label": words("备注"), "kind": "text"},
    ])
}

fn loan(app: &TestApp) -> String {
    let body = json!({
        "code": "loan", "name": {"zh": "贷款申请", "en": "Loan"}, "fields": loan_fields(), "board_field": "state",
        "columns": ["state", "amount"],
    });
    app.hq().post("/record-types", &body).created().text("/id")
}

fn file(actor: &Actor, kind: &str, customer: &str, values: Value) -> Answer {
    let body = json!({"type_id": kind, "customer_id": customer, "values": values});
    actor.post("/records", &body)
}

/// Changes the newest version.
fn change(actor: &Actor, path: &str, body: &Value) -> Answer {
    let tag = actor.get(path).header("etag").expect("an ETag").to_owned();
    actor.patch(path, &tag, body)
}

fn d_arc_15_a_type_is_declared_filled_in_and_moved_on_its_board(app: &TestApp) {
    let (kind, customer) = (loan(app), app.customer("王芳").create());
    let consultant = app.actor("consultant", &[app.east()]);
    let values = json!({"state": "new", "amount": 50_000_00, "car": true, "plate": "京a·12345", "note": "急"});
    let record = file(&consultant, &kind, &customer, values).created();
    let path = format!("/records/{}", record.text("/id"));
    assert_eq!(
        (record.text("/board_value"), record.text("/customer/zh")),
        ("new".into(), "王女士".into())
    );
    assert_eq!(record["values"]["amount"], json!({"version": 1, "value": 50_000_00}));
    let second = file(&consultant, &kind, &customer, json!({"state": "granted", "amount": 1})).created();
    let column = |code: &str| -> Vec<String> {
        let listed = consultant
            .get(&format!("/records?type_id={kind}&board_value={code}"))
            .ok();
        listed.list("/items").iter().map(|one| one.text("/id")).collect()
    };
    assert_eq!(
        (column("new"), column("granted")),
        (vec![record.text("/id")], vec![second.text("/id")])
    );
    let moved = consultant
        .post(&format!("{path}/move"), &json!({"to": "checking"}))
        .ok();
    assert_eq!(
        (moved.text("/board_value"), moved.int("/version")),
        ("checking".into(), 2)
    );
    assert_eq!((column("new").len(), column("checking").len()), (0, 1));
    let wrong = consultant.post(&format!("{path}/move"), &json!({"to": "lost"}));
    assert_eq!(wrong.expect_problem(422, "field_invalid").text("/pointer"), "/to");
    change(
        &app.hq(),
        &path,
        &json!({"values": {"note": "已补材料", "amount": 40_000_00}}),
    )
    .ok();
    change(&app.hq(), &path, &json!({"active": false})).ok();
    let history = consultant.get(&format!("{path}/history")).ok().list("/items");
    let kinds: Vec<String> = history.iter().map(|event| event.text("/kind")).collect();
    assert_eq!(kinds, ["archive", "change", "move", "create"]);
    let (changed, moved) = (&history[1], &history[2]);
    assert_eq!(changed["earlier"]["note"]["value"], "急");
    assert_eq!(changed["earlier"]["amount"]["value"], 50_000_00);
    assert_eq!(
        (moved.text("/from"), moved.text("/to")),
        ("new".into(), "checking".into())
    );
    assert_eq!(moved.text("/staff_id"), consultant.get("/me").ok().text("/staff_id"));
    let told = app.messages("record.moved");
    assert!(
        told.len() == 1 && told[0].contains(&record.text("/id")) && told[0].contains("checking"),
        "{told:?}"
    );
    let in_use = consultant
        .get(&format!("/records?customer_id={customer}&active=true"))
        .ok();
    assert_eq!(in_use.list("/items").len(), 1);
}

fn d_arc_15_wrong_declarations_and_values_are_named(app: &TestApp) {
    let (kind, customer) = (loan(app), app.customer("王芳").create());
    let path = format!("/record-types/{kind}");
    for (body, pointer) in [
        (json!({"board_field": "amount"}), "/board_field"),
        (json!({"columns": ["state", "colour"]}), "/columns"),
        (
            json!({"fields": [{"name": "x", "label": words("x"), "kind": "choice"}]}),
            "/fields/0/choices",
        ),
        (
            json!({"fields": [{"name": "x", "label": words("x"), "kind": "text"}]}),
            "/board_field",
        ),
    ] {
        let problem = change(&app.hq(), &path, &body).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer, "{problem:#}");
    }
    app.manager()
        .patch(&path, "\"1\"", &json!({"active": false}))
        .expect_problem(403, "forbidden");
    let problem = file(
        &app.hq(),
        &kind,
        &customer,
        json!({"amount": 0, "car": true, "guarantor": "1380013800O"}),
    );
    let problem = problem.expect_problem(422, "field_invalid");
    let pointers: Vec<String> = problem
        .list("/errors")
        .iter()
        .map(|fault| fault.text("/pointer"))
        .collect();
    assert_eq!(
        pointers,
        ["/values/state", "/values/amount", "/values/guarantor", "/values/plate"]
    );
    change(&app.hq(), &path, &json!({"active": false})).ok();
    let problem = file(&app.hq(), &kind, &customer, json!({"state": "new", "amount": 1}));
    assert_eq!(
        problem.expect_problem(422, "field_invalid").text("/pointer"),
        "/type_id"
    );
}

fn d_arc_15_a_new_version_of_a_type_loses_no_value(app: &TestApp) {
    let (kind, customer) = (loan(app), app.customer("王芳").create());
    let old = file(
        &app.hq(),
        &kind,
        &customer,
        json!({"state": "new", "amount": 1, "note": "旧", "guarantor": "13911112222"}),
    );
    let path = format!("/records/{}", old.created().text("/id"));
    let mut fields = loan_fields();
    let fields = fields.as_array_mut().expect("a list");
    fields.retain(|field| field["name"] != "guarantor");
    fields[4] = json!({"name": "note", "label": words("评分"), "kind": "number"});
    let changed = change(&app.hq(), &format!("/record-types/{kind}"), &json!({"fields": fields})).ok();
    assert_eq!(changed.int("/fields_version"), 2);
    let shown = app.hq().get(&path).ok();
    assert_eq!(shown["values"]["note"], json!({"version": 1, "value": "旧"}));
    assert_eq!(
        shown["values"]["guarantor"],
        json!({"version": 1, "value": "139****2222"}),
        "masked as it was declared"
    );
    let moved = app.hq().post(&format!("{path}/move"), &json!({"to": "granted"})).ok();
    assert_eq!(moved["values"]["state"], json!({"version": 2, "value": "granted"}));
    assert_eq!(moved["values"]["note"], json!({"version": 1, "value": "旧"}));
    assert_eq!(moved["values"]["guarantor"]["version"], 1);
}

fn d_arc_15_records_stay_with_their_store_masked_and_sealed(app: &TestApp) {
    let (kind, customer) = (loan(app), app.customer("王芳").create());
    let values = json!({"state": "new", "amount": 777_777_77, "guarantor": "13944445555", "note": "家庭困难"});
    let record = file(&app.hq(), &kind, &customer, values).created();
    assert_eq!(record["values"]["guarantor"]["value"], "139****5555");
    let path = format!("/records/{}", record.text("/id"));
    change(&app.hq(), &path, &json!({"values": {"note": "已解决"}})).ok();
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.get(&path).expect_problem(403, "forbidden");
    assert_eq!(
        elsewhere.get(&format!("/records?type_id={kind}")).ok()["items"],
        json!([])
    );
    file(&elsewhere, &kind, &customer, json!({"state": "new", "amount": 1})).expect_problem(403, "forbidden");
    elsewhere
        .post(&format!("{path}/move"), &json!({"to": "granted"}))
        .expect_problem(403, "forbidden");
    app.cashier().get("/records").expect_problem(403, "forbidden");
    let files = super::privacy::files(app.folder());
    let tables = app.database().dump().unwrap_or_default();
    let holds = |text: &str| {
        let found = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        found(tables.as_bytes()) || files.iter().any(|(_, bytes)| found(bytes))
    };
    assert!(holds("王芳"), "the search looks where the data is");
    for secret in ["13944445555", "家庭困难", "已解决", "77777777"] {
        assert!(!holds(secret), "{secret} lies on disk in clear");
    }
}

fn d_arc_15_an_export_is_masked_and_holds_no_formula(app: &TestApp) {
    let (kind, customer) = (loan(app), app.customer("王芳").create());
    for note in ["=HYPERLINK(\"x\")", "逗号,引号\""] {
        let values = json!({"state": "new", "amount": 12_50, "guarantor": "13944445555", "note": note});
        file(&app.hq(), &kind, &customer, values).created();
    }
    let export = app.hq().reading("zh-CN").get(&format!("/record-types/{kind}/export"));
    let header = |name: &str| export.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(header("content-disposition"), "attachment; filename=\"loan.csv\"");
    let text = export.ok().as_str().expect("a text").to_owned();
    let lines: Vec<&str> = text.split("\r\n").collect();
    // Who took it and when stands last; a story of the access log looks at it.
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.rsplit_once(',').map_or(*line, |(rest, _)| rest))
        .collect();
    assert_eq!(
        lines,
        [
            "\u{feff}顾客,进度,金额,担保人电话,有车,车牌,备注",
            "王女士,新申请,12.50,139****5555,,,\"逗号,引号\"\"\"",
            "王女士,新申请,12.50,139****5555,,,\"'=HYPERLINK(\"\"x\"\")\"",
            "",
        ]
    );
    let noted = app.hq().get("/audit?action=record.export").ok().list("/items");
    assert_eq!(noted.len(), 1, "every export is noted");
}
