//! What somebody does only once others have agreed (D-CON-3's mechanism): rules, log-ins, files of personal data.

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("permits":
        d_con_3_new_rules_of_a_program_wait_for_a_second_person,
        d_con_3_a_yes_is_for_exactly_what_was_asked_and_once,
        d_con_3_another_role_waits_and_so_does_a_password_of_who_agrees,
        d_con_3_personal_data_leave_only_after_a_second_yes,
        d_con_3_nobody_loosens_the_rules_alone,
        d_con_3_a_yes_goes_stale,
        d_con_3_d_arc_13_an_erasure_is_agreed_to_among_the_requests,
    )
}

fn demand(app: &TestApp, rules: &Value) -> Answer {
    let version = app.hq().get("/approval-rules").ok().int("/version");
    app.hq()
        .patch("/approval-rules", &format!("\"{version}\""), &json!({"value": rules}))
}

/// Finance agrees to one thing.
fn finance_for(app: &TestApp, kind: &str) -> Actor {
    let finance = app.actor("finance", &[]);
    demand(app, &json!({kind: [["finance"]]})).ok();
    finance
}

/// The request that a command has become.
fn request(answer: Answer) -> String {
    let refused = answer.expect_problem(409, "approval_needed");
    format!("/approvals/{}", refused.text("/approval_id"))
}

fn agree(actor: &Actor, request: &str) -> Answer {
    actor.post(&format!("{request}/agree"), &json!({}))
}

fn versions(app: &TestApp) -> i64 {
    let all = app
        .hq()
        .get(&format!("/programs/{}/configurations", app.program()))
        .ok();
    all.int("/items/0/version")
}

fn d_con_3_new_rules_of_a_program_wait_for_a_second_person(app: &TestApp) {
    let before = versions(app);
    let finance = finance_for(app, "configuration");
    let wanted = || app.configure().term("maturing_days", 7);
    let asked = request(wanted().post());
    assert_eq!(versions(app), before, "nothing is published yet");
    assert_eq!(request(wanted().post()), asked, "asked once");
    let shown = finance.get(&asked).ok();
    assert_eq!(
        (shown.text("/kind"), &shown["mine"]),
        ("configuration".into(), &json!(true))
    );
    assert_eq!(shown["request"]["configuration"], *wanted().body(), "in full");
    assert_eq!(finance.get("/approvals/waiting").ok().int("/count"), 1);
    agree(&app.hq(), &asked).expect_problem(403, "forbidden");
    agree(&finance, &asked).ok();
    assert_eq!(versions(app), before, "whoever asked does it");
    wanted().publish();
    assert_eq!(versions(app), before + 1);
    assert!(app.hq().get(&asked).ok()["used_at"].is_string());
    let audited = app.auditor().get("/audit?action=approval.use").ok().list("/items");
    assert_eq!(audited.len(), 1);
}

fn d_con_3_a_yes_is_for_exactly_what_was_asked_and_once(app: &TestApp) {
    let finance = finance_for(app, "configuration");
    let wanted = |days: i64| app.configure().term("maturing_days", days);
    let first = request(wanted(7).post());
    let second = request(wanted(8).post());
    assert_ne!(first, second);
    assert_eq!(
        app.hq().get(&first).ok().text("/state"),
        "void",
        "another wish took its place"
    );
    agree(&finance, &second).ok();
    let third = request(wanted(9).post());
    agree(&finance, &third).ok();
    wanted(8).publish();
    let again = request(wanted(9).post());
    assert_ne!(again, third, "after another version it is another wish");
    finance
        .post(&format!("{again}/reject"), &json!({"remark": "太长"}))
        .ok();
    let asked_anew = request(wanted(9).post());
    assert_ne!(asked_anew, again, "a no stays a no; one may ask again");
}

fn d_con_3_another_role_waits_and_so_does_a_password_of_who_agrees(app: &TestApp) {
    let finance = finance_for(app, "staff");
    let (hq, decider) = (app.hq(), finance.get("/me").ok().text("/staff_id"));
    let hire = json!({"user": "zhao", "name": "赵", "role": "cashier", "store_ids": [app.east()], "password": "first password"});
    let asked = request(hq.post("/staff", &hire));
    let shown = finance.get(&asked).ok();
    assert_eq!(shown["request"]["role"], "cashier");
    assert!(
        !shown.to_string().contains("first password"),
        "no password in a request: {shown}"
    );
    agree(&finance, &asked).ok();
    let zhao = hq.post("/staff", &hire).created().text("/id");
    let change = |actor: &Actor, id: &str, change: Value| {
        let version = actor.get(&format!("/staff/{id}")).ok().int("/version");
        actor.patch(&format!("/staff/{id}"), &format!("\"{version}\""), &change)
    };
    change(&hq, &zhao, json!({"name": "赵四"})).ok();
    change(&hq, &zhao, json!({"password": "another password"})).ok();
    request(change(&hq, &zhao, json!({"role": "hq_admin", "store_ids": []})));
    assert_eq!(hq.get(&format!("/staff/{zhao}")).ok().text("/role"), "cashier");
    change(&hq, &zhao, json!({"active": false})).ok();
    request(change(&hq, &zhao, json!({"active": true})));
    let reset = json!({"password": "a known password"});
    request(hq.post(&format!("/staff/{decider}/password"), &reset));
    finance.get("/me").ok();
    request(change(&hq, &decider, reset));
}

fn d_con_3_personal_data_leave_only_after_a_second_yes(app: &TestApp) {
    app.customer("王芳").phone("13812345678").create();
    let finance = finance_for(app, "export");
    let hq = app.hq();
    let masked = hq.get("/customer-export");
    assert_eq!(masked.status, 200, "as on the pages");
    let full = "/customer-export?full=true&purpose=asked&format=json";
    let asked = request(hq.get(full));
    let shown = finance.get(&asked).ok();
    assert_eq!(shown["request"]["purpose"], "asked");
    agree(&finance, &asked).ok();
    request(hq.get("/customer-export?full=true&purpose=asked&format=csv"));
    let taken = hq.get(full);
    assert_eq!(taken.status, 200);
    assert!(taken.body.to_string().contains("13812345678"), "{:#}", taken.body);
    assert_ne!(request(hq.get(full)), asked, "a file for a yes");
}

fn d_con_3_nobody_loosens_the_rules_alone(app: &TestApp) {
    let rules = json!({"export": [["finance"]]});
    demand(app, &rules).expect_problem(422, "field_invalid");
    let finance = app.actor("finance", &[]);
    let wrong = demand(app, &json!({"export": [["store_manager"]]})).expect_problem(422, "field_invalid");
    assert_eq!(wrong.text("/errors/0/pointer"), "/value/export");
    demand(app, &rules).ok();
    let asked = request(demand(app, &json!({})));
    assert_eq!(
        app.hq().get("/approval-rules").ok()["value"]["export"],
        json!([["finance"]])
    );
    agree(&finance, &asked).ok();
    demand(app, &json!({})).ok();
    assert_eq!(app.hq().get("/customer-export?full=true&purpose=asked").status, 200);
}

fn d_con_3_a_yes_goes_stale(app: &TestApp) {
    app.set_now("2026-03-02 10:00");
    let finance = finance_for(app, "export");
    let full = "/customer-export?full=true&purpose=asked";
    let asked = request(app.hq().get(full));
    agree(&finance, &asked).ok();
    app.set_now("2026-03-16 10:00");
    let anew = request(app.hq().get(full));
    assert_ne!(anew, asked);
    app.set_now("2026-03-31 10:00");
    agree(&finance, &anew).expect_problem(409, "decided_already");
    app.night();
    assert_eq!(app.hq().get(&anew).ok().text("/state"), "expired");
}

fn d_con_3_d_arc_13_an_erasure_is_agreed_to_among_the_requests(app: &TestApp) {
    let ask = |customer: &str| {
        let body = json!({"scope": "person", "customer_id": customer, "ground": "asked", "reference": "F-12"});
        let deletion = app.manager().post("/deletions", &body).created().text("/id");
        let waits = app.hq().get("/approvals?mine=true").ok().list("/items");
        let request = waits.iter().find(|one| one["subject_id"] == json!(deletion));
        let request = request.unwrap_or_else(|| panic!("it waits for HQ: {waits:#?}"));
        (deletion, format!("/approvals/{}", request.text("/id")))
    };
    let state = |deletion: &str| {
        let all = app.hq().get("/deletions").ok().list("/items");
        let found = all.iter().find(|one| one["id"] == json!(deletion)).cloned();
        found.expect("a deletion").text("/state")
    };
    let (stays, goes) = (app.customer("李娜").create(), app.customer("王芳").create());
    let (first, no) = ask(&stays);
    app.hq()
        .post(&format!("{no}/reject"), &json!({"remark": "仍有未结清的账"}))
        .ok();
    assert_eq!(state(&first), "rejected");
    assert_eq!(
        app.hq().get(&format!("/customers/{stays}")).ok()["erased"],
        json!(false)
    );
    let (second, yes) = ask(&goes);
    let shown = app.hq().get(&yes).ok();
    assert_eq!(
        (shown.text("/kind"), shown.text("/request/reference")),
        ("erasure".into(), "f-12".into())
    );
    agree(&app.actor("finance", &[]), &yes).expect_problem(403, "forbidden");
    agree(&app.hq(), &yes).ok();
    assert_eq!(state(&second), "done");
    assert_eq!(app.hq().get(&format!("/customers/{goes}")).ok()["erased"], json!(true));
    let again = format!("/deletions/{second}/confirm");
    app.hq().post(&again, &json!({})).expect_problem(409, "decided_already");
    // The page of deletions settles the request as well.
    let (third, settled) = ask(&stays);
    app.hq().post(&format!("/deletions/{third}/confirm"), &json!({})).ok();
    assert_eq!(app.hq().get(&settled).ok().text("/state"), "approved");
}
