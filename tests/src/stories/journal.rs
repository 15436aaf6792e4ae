//! Customers' journals (D-ARC-4).

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("journal":
        d_arc_4_an_entry_is_due_by_its_category_and_open_until_answered,
        d_arc_4_a_correction_stands_in_the_place_of_an_entry_that_stays,
        d_arc_4_an_open_entry_is_answered_once_and_gets_a_verdict,
        d_arc_4_what_is_overdue_is_listed_over_all_customers,
        d_arc_4_a_journal_adds_up_by_category,
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

fn d_arc_4_an_open_entry_is_answered_once_and_gets_a_verdict(app: &TestApp) {
    let path = format!("/customers/{}/journal", app.customer("王芳").create());
    let consultant = app.actor("consultant", &[app.east()]);
    let manager = app.actor("store_manager", &[app.east()]);
    let complaint = json!({"category": "complaint", "description": "瓶盖漏"});
    let id = consultant.post(&path, &complaint).created().text("/id");
    let (resolve, judge) = (format!("/journal/{id}/resolve"), format!("/journal/{id}/verdict"));
    let approved = json!({"verdict": "approved", "remark": "处理及时"});
    consultant.post(&judge, &approved).expect_problem(403, "forbidden");
    manager.post(&judge, &approved).expect_problem(409, "in_use");
    consultant
        .post(&resolve, &json!({"resolution": " "}))
        .expect_problem(422, "field_invalid");
    app.actor("consultant", &[app.west()])
        .post(&resolve, &json!({"resolution": "x"}))
        .expect_problem(403, "forbidden");
    let answered = consultant.post(&resolve, &json!({"resolution": "换了新瓶"})).ok();
    assert_eq!(
        (answered["open"].clone(), answered.text("/resolution")),
        (json!(false), "换了新瓶".into())
    );
    consultant
        .post(&resolve, &json!({"resolution": "再说"}))
        .expect_problem(409, "already_exists");
    let judged = manager.post(&judge, &approved).ok();
    assert_eq!(
        (judged.text("/verdict/verdict"), judged.text("/verdict/remark")),
        ("approved".into(), "处理及时".into())
    );
    manager.post(&judge, &approved).expect_problem(409, "already_exists");
    assert!(descriptions(app, &format!("{path}?open=true")).is_empty());
    assert_eq!(descriptions(app, &format!("{path}?open=false")), ["瓶盖漏"]);
    let noted = app.hq().get(&format!("/audit?subject={id}")).ok().to_string();
    assert!(
        noted.contains("journal.judge") && !noted.contains("换了") && !noted.contains("及时"),
        "{noted}"
    );
}

fn d_arc_4_what_is_overdue_is_listed_over_all_customers(app: &TestApp) {
    let [wang, li] = ["王芳", "李娜"].map(|name| app.customer(name).create());
    let hq = app.hq();
    let write = |customer: &str, category: &str, description: &str| {
        let entry = json!({"category": category, "description": description});
        hq.post(&format!("/customers/{customer}/journal"), &entry)
            .created()
            .text("/id")
    };
    write(&wang, "promise", "送样");
    let complaint = write(&li, "complaint", "瓶盖漏");
    let need = write(&wang, "need", "要大瓶");
    write(&li, "intelligence", "隔壁开店");
    let listed = |query: &str| {
        let found = hq.get(&format!("/journal{query}")).ok();
        found
            .list("/items")
            .iter()
            .map(|item| item.text("/entry/description"))
            .collect::<Vec<String>>()
    };
    assert_eq!(listed(""), ["瓶盖漏", "要大瓶", "送样"]);
    app.set_now("2026-03-09 10:00");
    assert_eq!(listed("?overdue=true"), ["瓶盖漏", "要大瓶"]);
    let first = hq.get("/journal?limit=1").ok();
    assert_eq!(
        (first.text("/items/0/customer/zh"), first["items"][0]["overdue"].clone()),
        ("李女士".into(), json!(true))
    );
    assert_eq!(
        listed(&format!("?limit=200&after={}", first.text("/next"))),
        ["要大瓶", "送样"]
    );
    hq.post(&format!("/journal/{complaint}/resolve"), &json!({"resolution": "换了"}))
        .ok();
    let again = json!({"category": "need", "description": "要小瓶", "corrects": need});
    hq.post(&format!("/customers/{wang}/journal"), &again).created();
    hq.post(&format!("/journal/{need}/resolve"), &json!({"resolution": "x"}))
        .expect_problem(409, "in_use");
    assert_eq!(
        listed("?overdue=true"),
        Vec::<String>::new(),
        "answered, or corrected today"
    );
    assert_eq!(listed("?category=need"), ["要小瓶"]);
    assert_eq!(
        listed(&format!("?consultant_id={}", app.consultant())),
        ["要小瓶", "送样"]
    );
    assert!(
        app.actor("consultant", &[app.west()])
            .get("/journal")
            .ok()
            .list("/items")
            .is_empty()
    );
}

fn d_arc_4_a_journal_adds_up_by_category(app: &TestApp) {
    let path = format!("/customers/{}/journal", app.customer("王芳").create());
    let hq = app.hq();
    let write = |body: Value| hq.post(&path, &body).created().text("/id");
    write(json!({"category": "samples", "description": "a", "amount": 10_00, "quantity": 2000}));
    let wrong = write(json!({"category": "samples", "description": "b", "amount": 99_00, "quantity": 9000}));
    write(json!({"category": "samples", "description": "c", "amount": 5_00, "resolution": "x", "corrects": wrong}));
    write(json!({"category": "returns", "description": "d", "quantity": 1000}));
    let totals = hq.get(&format!("{path}/totals")).ok();
    let expected = json!([
        {"category": "returns", "entries": 1, "open": 1, "amount": 0, "quantity": 1000},
        {"category": "samples", "entries": 2, "open": 1, "amount": 15_00, "quantity": 2000},
    ]);
    assert_eq!(totals["items"], expected, "what was corrected doesn't count");
}
