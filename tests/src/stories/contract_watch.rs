//! Watching contracts (D-CON-5): reminders of ends and milestones, and customers who trade without one.

use super::contracts::{consultant, content, customer, draft, kind, path, request, signed, step};
use super::erasure::{erase, second};
use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("contracts":
        d_con_5_somebody_is_reminded_of_ends_and_milestones,
        d_con_5_who_trades_without_a_contract_is_listed,
        d_con_3_nobody_is_erased_while_a_contract_binds_them,
        d_con_3_a_supplement_holds_from_its_first_day_until_the_contract_ends,
    )
}

/// Titles of a consultant's open tasks that contracts have made.
fn reminders(app: &TestApp) -> Vec<String> {
    let tasks = app.hq().get("/tasks?limit=200").ok().list("/items");
    let of = tasks.iter().filter(|task| task["source"] == json!("contract"));
    let mut titles: Vec<String> = of.map(|task| task.text("/title")).collect();
    titles.sort();
    titles
}

fn d_con_5_somebody_is_reminded_of_ends_and_milestones(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(100);
    text["starts_on"] = json!("2026-03-01");
    text["ends_on"] = json!("2026-06-30");
    text["milestones"] = json!([{"kind": "payment", "due_on": "2026-03-20", "amount": 5000, "text": "首付款"}]);
    let contract = draft(&consultant(app), &kind, &customer, &text);
    let path = path(&contract);
    signed(app, &contract, "2026-02-01");
    let pay = "合同 JX-2026-0001 的付款：2026-03-20";
    let end = "合同 JX-2026-0001 将于 2026-06-30 到期，请安排续签";
    app.night();
    assert_eq!(reminders(app), [pay], "less than thirty days ahead, once");
    for (now, ends, payments) in [
        ("2026-03-12 09:00", 0, 1),
        ("2026-03-13 09:00", 0, 2),
        ("2026-04-30 09:00", 0, 2),
        ("2026-05-01 09:00", 1, 2),
        // Weeks without a server: one, not several.
        ("2026-06-25 09:00", 2, 2),
    ] {
        app.set_now(now);
        app.night();
        app.night();
        let mut expected = vec![end; ends];
        expected.extend(vec![pay; payments]);
        expected.sort_unstable();
        assert_eq!(reminders(app), expected, "{now}");
    }
    let next = step(&consultant(app), &path, "renew").created();
    assert_eq!(next.text("/content/ends_on"), "2026-10-31", "four months again");
    let note = |number: i32| {
        app.hq()
            .post(&format!("{path}/milestones"), &json!({"number": number, "done": true}))
    };
    assert!(note(1).ok()["milestones"][0]["done_at"].is_string());
    note(2).expect_problem(422, "field_invalid");
}

fn d_con_5_who_trades_without_a_contract_is_listed(app: &TestApp) {
    let (kind, bound) = (kind(app), customer(app));
    let without = app.customer("李娜").create();
    app.customer("赵六").create();
    for customer in [&bound, &without] {
        app.sale().customer(customer).line("gift-box", "gifts", 1000_00).ring();
    }
    let listed = |query: &str| -> Vec<String> {
        let found = app
            .hq()
            .get(&format!("/customers-without-contract{query}"))
            .ok()
            .list("/items");
        found.iter().map(|one| one.text("/customer_id")).collect()
    };
    assert_eq!(
        listed(""),
        [bound.clone(), without.clone()],
        "who doesn't buy needs none"
    );
    signed(
        app,
        &draft(&consultant(app), &kind, &bound, &content(100)),
        "2026-03-01",
    );
    assert_eq!(listed("").join(" "), without);
    let class = json!({"dimension": "nature", "class": "person"});
    app.hq().post(&format!("/customers/{without}/classes"), &class).ok();
    assert_eq!(listed("?class=nature-person"), [without]);
    assert!(listed("?class=volume-a").is_empty());
    app.set_now("2027-03-02 10:00");
    assert!(listed("").is_empty(), "nor who hasn't for a year");
}

fn d_con_3_nobody_is_erased_while_a_contract_binds_them(app: &TestApp) {
    let (kind, bound) = (kind(app), customer(app));
    let ask = json!({"scope": "person", "customer_id": bound, "ground": "asked"});
    let asked = app.hq().post("/deletions", &ask).created().text("/id");
    let contract = draft(&consultant(app), &kind, &bound, &content(100));
    signed(app, &contract, "2026-02-20");
    let confirm = format!("/deletions/{asked}/confirm");
    second(app).post(&confirm, &json!({})).expect_problem(409, "in_use");
    let end = json!({"ends_on": "2026-02-28", "right": "第九条", "reason": "双方同意"});
    app.hq().post(&format!("{}/terminate", path(&contract)), &end).ok();
    second(app).post(&confirm, &json!({})).ok();
    // A request about somebody who was erased meanwhile ends like any other.
    let other = app.customer("李娜").create();
    let mut text = content(100);
    text["other_party"] = json!({"address": "南京路 1 号"});
    let waiting = path(&draft(&consultant(app), &kind, &other, &text));
    step(&consultant(app), &waiting, "submit").ok();
    let request = request(app, &waiting);
    erase(app, &other);
    app.set_now("2026-03-20 10:00");
    app.night();
    assert_eq!(app.hq().get(&request).ok().text("/state"), "expired");
    let left = app.hq().get(&waiting).ok();
    assert_eq!((left.text("/state"), &left["erased"]), ("draft".into(), &json!(true)));
}

fn d_con_3_a_supplement_holds_from_its_first_day_until_the_contract_ends(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let main = draft(&consultant(app), &kind, &customer, &content(100));
    let main_path = path(&main);
    signed(app, &main, "2026-03-01");
    let from = json!({"starts_on": "2026-04-01"});
    let supplement = consultant(app)
        .post(&format!("{main_path}/supplement"), &from)
        .created();
    assert_eq!(signed(app, &supplement, "2026-03-01").text("/state"), "signed");
    let held = || app.hq().get(&main_path).ok()["text_in_force"].clone();
    assert!(held().is_null(), "its first day is to come");
    app.set_now("2026-04-01 09:00");
    app.night();
    assert_eq!(held(), supplement["id"]);
    let end = json!({"ends_on": "2026-03-31", "right": "第九条", "reason": "双方同意"});
    app.hq().post(&format!("{main_path}/terminate"), &end).ok();
    assert_eq!(app.hq().get(&path(&supplement)).ok().text("/state"), "terminated");
    assert!(held().is_null());
    super::erasure::erase(app, &customer);
}
