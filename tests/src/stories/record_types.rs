//! Types of records: those that are shipped, their checklists, and what a move tells.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("record_types":
        d_arc_15_a_move_is_told_in_the_customers_journal,
        d_arc_15_shipped_types_are_taken_over_and_missing_documents_shown,
        d_arc_15_service_visits_stand_by_year_and_every_version_of_a_type_is_readable,
    )
}

/// Takes a shipped type over.
fn take(app: &TestApp, code: &str) -> Value {
    let shipped = app.hq().get("/record-type-templates").ok().list("/items");
    let template = shipped.iter().find(|one| one.text("/code") == code).expect("shipped");
    app.hq().post("/record-types", template).created()
}

fn loan_values() -> Value {
    json!({
        "state": "collecting", "applicant": "person", "purpose": "进货", "amount": 80_000_00, "months": 24,
        "applied_on": "2026-02-01", "married": true,
    })
}

fn d_arc_15_a_move_is_told_in_the_customers_journal(app: &TestApp) {
    let (kind, customer) = (take(app, "loan_application").text("/id"), app.customer("王芳").create());
    let consultant = app.actor("consultant", &[app.east()]);
    let new = json!({"type_id": kind, "customer_id": customer, "values": loan_values()});
    let path = format!(
        "/records/{}/move",
        consultant.post("/records", &new).created().text("/id")
    );
    let journal = || {
        let told = consultant.get(&format!("/customers/{customer}/journal?category=record"));
        told.ok().list("/items")
    };
    assert_eq!(journal().len(), 0, "a new record is in the record's history alone");
    consultant.post(&path, &json!({"to": "reviewing"})).ok();
    consultant.post(&path, &json!({"to": "reviewing"})).ok();
    let told = journal();
    assert_eq!(told.len(), 1, "what stays in its column wasn't moved");
    assert_eq!(
        told[0].text("/description"),
        "贷款申请：收集材料 → 审核中 · Loan application: Collecting documents → Under review"
    );
    assert_eq!(told[0]["open"], false);
    assert_eq!(told[0].text("/staff_id"), consultant.get("/me").ok().text("/staff_id"));
    let refused = consultant.post(&path, &json!({"to": "refused"}));
    assert_eq!(
        refused.expect_problem(422, "field_invalid").text("/pointer"),
        "/to",
        "a reason is asked for first"
    );
    assert_eq!(journal().len(), 1);
}

fn d_arc_15_shipped_types_are_taken_over_and_missing_documents_shown(app: &TestApp) {
    let kind = take(app, "loan_application");
    assert_eq!(kind.text("/name/en"), "Loan application");
    let again = app.hq().get("/record-type-templates").ok();
    let again = app.hq().post("/record-types", &again["items"][0]);
    again.expect_problem(409, "already_exists");
    let customer = app.customer("王芳").create();
    let new = json!({"type_id": kind.text("/id"), "customer_id": customer, "values": loan_values()});
    let record = app.hq().post("/records", &new).created();
    let path = format!("/records/{}", record.text("/id"));
    let lacks = |record: &Value| -> Vec<String> {
        let missing = record.list("/missing");
        let told = |one: &Value| {
            format!(
                "{} {}/{}",
                one.text("/code"),
                one.int("/handed_in"),
                one.int("/required")
            )
        };
        missing.iter().map(told).collect()
    };
    let all = [
        "identity 0/2",
        "household 0/2",
        "residence 0/1",
        "income 0/1",
        "bank_statement 0/1",
        "marriage 0/1",
        "spouse_identity 0/2",
    ];
    assert_eq!(lacks(&record), all);
    let change = |values: Value| {
        let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
        app.hq().patch(&path, &version, &json!({"values": values}))
    };
    let person = json!({"identity": 2, "household": 1, "residence": 1, "income": 1, "bank_statement": 2});
    let changed = change(json!({"person_documents": person, "spouse_documents": {"marriage": 1}})).ok();
    assert_eq!(lacks(&changed), ["household 1/2", "spouse_identity 0/2"]);
    let problem = change(json!({"person_documents": {"passport": 1}})).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/values/person_documents/passport");
    let company = json!({
        "applicant": "company", "person_documents": null, "married": null, "spouse_documents": null,
        "company_documents": {"licence": 2, "articles": 1, "resolution": 1, "statements": 2, "tax": 1},
    });
    assert_eq!(
        lacks(&change(company).ok()),
        ["representative_identity 0/2", "statements 2/3"],
        "a company hands in other papers"
    );
    let history = app.hq().get(&format!("{path}/history")).ok();
    assert_eq!(
        history["items"][0]["earlier"]["person_documents"]["value"]["household"],
        1
    );
}

fn d_arc_15_service_visits_stand_by_year_and_every_version_of_a_type_is_readable(app: &TestApp) {
    let kind = take(app, "machine");
    let (customer, path) = (
        app.customer("王芳").create(),
        format!("/record-types/{}", kind.text("/id")),
    );
    let values = json!({
        "model": "MX-2", "serial": "A-77", "state": "running", "installed_on": "2024-05-01",
        "visits": {"2024": 1, "2025": 4, "2026": 0},
    });
    let new = json!({"type_id": kind.text("/id"), "customer_id": customer, "values": values});
    let record = app.hq().post("/records", &new).created();
    assert_eq!(
        record["values"]["visits"]["value"],
        json!({"2024": 1, "2025": 4, "2026": 0})
    );
    let wrong = json!({"type_id": kind.text("/id"), "customer_id": customer, "values": {
        "model": "MX-2", "serial": "A-78", "state": "running", "installed_on": "2024-05-01", "visits": {"2030": 1},
    }});
    let problem = app.hq().post("/records", &wrong).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/values/visits/2030");
    let mut fields = kind.list("/fields");
    fields.retain(|field| field.text("/name") != "visits");
    let columns = json!(["model", "serial"]);
    app.hq()
        .patch(
            &path,
            "\"1\"",
            &json!({"fields": fields, "columns": columns, "board_field": null}),
        )
        .ok();
    let versions = app.hq().get(&format!("{path}/fields")).ok().list("/items");
    let numbers: Vec<i64> = versions.iter().map(|version| version.int("/version")).collect();
    assert_eq!(numbers, [2, 1]);
    assert!(
        versions[1]
            .list("/fields")
            .iter()
            .any(|field| field.text("/name") == "visits")
    );
    let shown = app.hq().get(&format!("/records/{}", record.text("/id"))).ok();
    assert_eq!(shown["values"]["visits"]["version"], 1, "an old value stays");
    app.cashier()
        .get(&format!("{path}/fields"))
        .expect_problem(403, "forbidden");
    let export = app.hq().get(&format!("{path}/records.csv")).ok();
    assert!(export.as_str().expect("a text").contains("MX-2,A-77"), "{export}");
}
