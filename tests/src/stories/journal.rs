//! Customers' journals (D-ARC-4).

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("journal":
        d_arc_4_an_entry_is_due_by_its_category_and_open_until_answered,
        d_arc_4_a_correction_stands_in_the_place_of_an_entry_that_stays,
        d_arc_4_a_journal_stays_with_its_store_and_out_of_the_audit_log,
    )
}

fn descriptions(app: &TestApp, path: &str) -> Vec<String> {
    let items = app.hq().get(path).ok().list("/items");
    items.iter().map(|item| item.text("/description")).collect()
}

fn d_arc_4_an_entry_is_due_by_its_category_and_open_until_answered(app: &TestApp) {
    let path = format!("/customers/{}/journal", app.customer("王芳").create());
    let consultant = app.actor("consultant", &[app.east()]);
    let write = |body: Value| consultant.post(&path, &body);
    let complaint = json!({"category": "complaint", "description": "瓶盖漏\n两瓶", "amount": 128_00, "quantity": 2000});
    let written = write(complaint).created();
    assert_eq!(
        (
            written.text("/due_on"),
            written.int("/amount"),
            written.int("/quantity")
        ),
        ("2026-03-04".into(), 128_00, 2000)
    );
    assert_eq!(
        (&written["open"], written.text("/description")),
        (&json!(true), "瓶盖漏\n两瓶".into())
    );
    write(json!({"category": "promise", "description": "送样", "resolution": "已送"})).created();
    let heard = write(json!({"category": "intelligence", "description": "隔壁开店"})).created();
    assert_eq!((&heard["open"], &heard["due_on"]), (&json!(false), &Value::Null));
    assert_eq!(descriptions(app, &path), ["隔壁开店", "送样", "瓶盖漏\n两瓶"]);
    assert_eq!(descriptions(app, &format!("{path}?open=true")), ["瓶盖漏\n两瓶"]);
    assert_eq!(descriptions(app, &format!("{path}?category=promise")), ["送样"]);
    for wrong in [
        json!({"category": "complaint", "description": " "}),
        json!({"category": "complaint", "description": "x", "occurred_at": "2027-01-01T00:00:00Z"}),
    ] {
        write(wrong).expect_problem(422, "field_invalid");
    }
}

fn d_arc_4_a_correction_stands_in_the_place_of_an_entry_that_stays(app: &TestApp) {
    let path = format!("/customers/{}/journal", app.customer("王芳").create());
    let other = format!("/customers/{}/journal", app.customer("李娜").create());
    let hq = app.hq();
    let first = json!({"category": "need", "description": "要小瓶"});
    let first = hq.post(&path, &first).created().text("/id");
    let again = json!({"category": "need", "description": "要大瓶", "resolution": "已订", "corrects": first});
    hq.post(&other, &again).expect_problem(422, "field_invalid");
    assert_eq!(hq.post(&path, &again).created().text("/corrects"), first);
    hq.post(&path, &again).expect_problem(409, "already_exists");
    assert_eq!(descriptions(app, &path), ["要大瓶"]);
    assert!(descriptions(app, &format!("{path}?open=true")).is_empty());
    assert_eq!(
        descriptions(app, &format!("{path}?corrected=true")),
        ["要大瓶", "要小瓶"]
    );
}

fn d_arc_4_a_journal_stays_with_its_store_and_out_of_the_audit_log(app: &TestApp) {
    let path = format!("/customers/{}/journal", app.customer("王芳").create());
    let entry = json!({"category": "complaint", "description": "秘密的事"});
    let id = app.hq().post(&path, &entry).created().text("/id");
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.get(&path).expect_problem(403, "forbidden");
    elsewhere.post(&path, &entry).expect_problem(403, "forbidden");
    let noted = app.hq().get(&format!("/audit?subject={id}")).ok();
    assert_eq!(noted.list("/items").len(), 1);
    assert!(!noted.to_string().contains("秘密"), "{noted:#}");
}
