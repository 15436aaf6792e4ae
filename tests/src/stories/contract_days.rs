//! What follows a contract, and whose days count (D-CON-3).

use super::contracts::{agree, consultant, content, customer, draft, kind, path, request, sign, signed, step};
use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("contract_days":
        d_con_3_a_contract_names_its_successor,
        d_con_3_the_days_of_a_contract_are_its_stores,
    )
}

fn d_con_3_a_contract_names_its_successor(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(100);
    text["starts_on"] = json!("2026-01-01");
    text["ends_on"] = json!("2026-03-31");
    let main = draft(&consultant(app), &kind, &customer, &text);
    let main_path = path(&main);
    signed(app, &main, "2026-01-01");
    let named = || app.hq().get(&main_path).ok()["successor_id"].clone();
    assert_eq!(named(), Value::Null);
    let gone = step(&consultant(app), &main_path, "renew").created();
    assert_eq!(named(), gone["id"], "one that is being written");
    step(&app.hq(), &path(&gone), "archive").ok();
    assert_eq!(named(), Value::Null, "a draft that came to nothing follows nobody");
    let next = step(&consultant(app), &main_path, "renew").created();
    signed(app, &next, "2026-02-20");
    assert_eq!(named(), next["id"]);
    assert_eq!(next["predecessor_id"], main["id"]);
    app.set_now("2027-03-01 10:00");
    app.night();
    step(&app.hq(), &path(&next), "archive").ok();
    assert_eq!(named(), next["id"], "what was signed stays its successor");
    step(&consultant(app), &main_path, "renew").expect_problem(409, "already_exists");
}

fn d_con_3_the_days_of_a_contract_are_its_stores(app: &TestApp) {
    let store = json!({
        "code": "new-york", "name": "纽约店", "region_id": null, "time_zone": "America/New_York", "kind": "own",
    });
    let store = app.hq().post("/stores", &store).created().text("/id");
    let kind = kind(app);
    let away = app.customer("李娜").with("store_id", store.as_str()).create();
    let mut text = content(100);
    text["starts_on"] = json!("2026-03-01");
    text["ends_on"] = json!("2026-03-31");
    text["other_party"] = json!({"address": "第五大道 1 号"});
    let manager = app.actor("store_manager", &[store.as_str()]);
    let approved = |text: &Value| {
        let contract = path(&draft(&app.hq(), &kind, &away, text));
        step(&app.hq(), &contract, "submit").ok();
        agree(&manager, &request(app, &contract)).ok();
        contract
    };
    let contract = approved(&text);
    // In Shanghai it is ten o'clock on 1 March, in New York nine on 28 February.
    sign(app, &contract, &away, "2026-03-01").expect_problem(422, "field_invalid");
    assert_eq!(sign(app, &contract, &away, "2026-02-28").ok().text("/state"), "signed");
    let here = draft(&consultant(app), &kind, &customer(app), &text);
    assert_eq!(signed(app, &here, "2026-03-01").text("/state"), "in_force");
    // The clocks of New York go forward on 8 March.
    for (now, there, expected) in [
        ("2026-03-01 12:30", "signed", "in_force"),
        ("2026-03-01 13:30", "in_force", "in_force"),
        ("2026-04-01 09:00", "in_force", "expired"),
        ("2026-04-01 11:30", "in_force", "expired"),
        ("2026-04-01 12:30", "expired", "expired"),
    ] {
        app.set_now(now);
        app.night();
        let state = |path: &str| app.hq().get(path).ok().text("/state");
        assert_eq!(
            (state(&contract), state(&path(&here))),
            (there.into(), expected.into()),
            "{now}"
        );
    }
    // Whoever ends one says so on a day of the store.
    text["starts_on"] = json!("2026-04-01");
    text["ends_on"] = json!("2026-12-31");
    let other = approved(&text);
    sign(app, &other, &away, "2026-04-01").ok();
    app.set_now("2026-04-11 10:00");
    let end = |day: &str| json!({"ends_on": day, "right": "x", "reason": "x"});
    let told = manager.post(&format!("{other}/terminate"), &end("2026-04-10")).ok();
    assert_eq!(told.text("/state"), "in_force", "in New York this is its last day");
    app.set_now("2026-04-11 12:30");
    app.night();
    assert_eq!(app.hq().get(&other).ok().text("/state"), "terminated");
}
