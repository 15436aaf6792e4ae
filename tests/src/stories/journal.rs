//! Customers' journals (D-ARC-4).

use crate::harness::{Field, TestApp, query_value};
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
        d_arc_4_a_chain_has_categories_of_its_own_with_their_deadlines,
        d_arc_4_an_archived_category_keeps_its_entries_and_takes_no_new_ones,
        d_arc_4_categories_stay_what_entries_are_kept_under,
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
        {
            "category": "returns", "category_name": {"zh": "退换货", "en": "Returns"},
            "entries": 1, "open": 1, "amount": 0, "quantity": 1000,
        },
        {
            "category": "samples", "category_name": {"zh": "样品与物料", "en": "Samples and materials"},
            "entries": 2, "open": 1, "amount": 15_00, "quantity": 2000,
        },
    ]);
    assert_eq!(totals["items"], expected, "what was corrected doesn't count");
}

/// A category beside the shipped ones.
fn training() -> Value {
    json!({
        "code": "training", "name": {"zh": "培训", "en": "Training"}, "deadline_days": 5,
        "amounts": false, "quantities": true, "active": true,
    })
}

/// Changes the chain's categories as somebody sees them, and sends them.
fn set_categories(app: &TestApp, change: impl FnOnce(&mut Vec<Value>)) -> crate::harness::Answer {
    let view = app.hq().get("/journal-categories").ok();
    let mut categories = view.list("/value/categories");
    change(&mut categories);
    let tag = format!("\"{}\"", view.int("/version"));
    app.hq().patch(
        "/journal-categories",
        &tag,
        &json!({"value": {"categories": categories}}),
    )
}

fn of_code<'a>(categories: &'a mut [Value], code: &str) -> &'a mut Value {
    let mut found = categories.iter_mut().filter(|one| one["code"] == code);
    found.next().expect("a category of this code")
}

fn d_arc_4_a_chain_has_categories_of_its_own_with_their_deadlines(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let path = format!("/customers/{customer}/journal");
    let consultant = app.actor("consultant", &[app.east()]);
    let complaint = json!({"category": "complaint", "description": "瓶盖漏"});
    let before = consultant.post(&path, &complaint).created();
    let lesson = json!({"category": "training", "description": "导购培训", "amount": 99_00, "quantity": 3000});
    consultant.post(&path, &lesson).expect_problem(422, "field_invalid");
    let sent = json!({"value": app.hq().get("/journal-categories").ok()["value"]});
    consultant
        .patch("/journal-categories", "\"0\"", &sent)
        .expect_problem(403, "forbidden");
    set_categories(app, |all| {
        all.push(training());
        of_code(all, "complaint")["deadline_days"] = json!(1);
    })
    .ok();
    let written = consultant.post(&path, &lesson).created();
    assert_eq!(
        (written.text("/due_on"), written.text("/category_name/en")),
        ("2026-03-06".into(), "Training".into())
    );
    let after = consultant.post(&path, &complaint).created();
    let days = [before.text("/due_on"), after.text("/due_on")];
    assert_eq!(days, ["2026-03-04", "2026-03-02"]);
    assert_eq!(
        consultant.get(&path).ok().text("/items/2/due_on"),
        days[0],
        "it keeps the day it had"
    );
    // Renamed, it is called so wherever it stands.
    set_categories(app, |all| {
        of_code(all, "training")["name"] = json!({"zh": "带教", "en": "Coaching"})
    })
    .ok();
    let totals = consultant.get(&format!("{path}/totals")).ok();
    let coaching = json!({
        "category": "training", "category_name": {"zh": "带教", "en": "Coaching"},
        "entries": 1, "open": 1, "amount": null, "quantity": 3000,
    });
    assert_eq!(totals["items"][1], coaching, "amounts of it aren't summed");
    let called = |path: &str, place: &str| app.hq().get(path).ok().text(place);
    assert_eq!(
        called(&format!("{path}?category=training"), "/items/0/category_name/zh"),
        "带教"
    );
    assert_eq!(
        called("/journal?category=training", "/items/0/entry/category_name/zh"),
        "带教"
    );
    assert_eq!(
        called(
            &format!("/search?q={}", query_value("导购培训")),
            "/journal/0/category_name/en"
        ),
        "Coaching"
    );
    let timeline = format!("/customers/{customer}/timeline?kind=journal");
    let items = app.hq().get(&timeline).ok().list("/items");
    let names: Vec<String> = items.iter().map(|item| item.text("/what_name/zh")).collect();
    assert!(names.contains(&"带教".into()), "{names:?}");
}

fn d_arc_4_an_archived_category_keeps_its_entries_and_takes_no_new_ones(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let path = format!("/customers/{customer}/journal");
    let hq = app.hq();
    set_categories(app, |all| all.push(training())).ok();
    let first = json!({"category": "training", "description": "导购培训"});
    let id = hq.post(&path, &first).created().text("/id");
    set_categories(app, |all| of_code(all, "training")["active"] = json!(false)).ok();
    let problem = hq.post(&path, &first).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/errors/0/pointer"), "/category");
    assert_eq!(hq.get(&path).ok().text("/items/0/category_name/zh"), "培训");
    let moved = json!({"category": "need", "description": "x", "corrects": id});
    let again = json!({"category": "training", "description": "导购培训两天", "corrects": id});
    let again = hq.post(&path, &again).created().text("/id");
    hq.post(&path, &moved).expect_problem(409, "already_exists");
    hq.post(
        &path,
        &json!({"category": "need", "description": "要大瓶", "corrects": again}),
    )
    .created();
    let task = json!({"customer_id": customer, "title": "回访", "due_on": "2026-03-05"});
    let task = hq.post("/tasks", &task).created().text("/id");
    let end = |category: &str| {
        hq.request("POST", &format!("/tasks/{task}/complete"))
            .key(&crate::harness::fresh_key())
            .header("If-Match", "\"1\"")
            .json(&json!({"outcome": "已回访", "category": category}))
            .send()
    };
    end("training").expect_problem(422, "field_invalid");
    end("promise").ok();
}

fn d_arc_4_categories_stay_what_entries_are_kept_under(app: &TestApp) {
    set_categories(app, |all| all.push(training())).ok();
    let refused = |change: &dyn Fn(&mut Vec<Value>)| {
        let problem = set_categories(app, |all| change(all)).expect_problem(422, "field_invalid");
        problem.text("/errors/0/pointer")
    };
    assert_eq!(refused(&|all| drop(all.pop())), "/value/categories");
    assert_eq!(refused(&|all| drop(all.remove(0))), "/value/categories");
    assert_eq!(refused(&|all| all.push(training())), "/value/categories/13");
    let archive = |code: &'static str| move |all: &mut Vec<Value>| of_code(all, code)["active"] = json!(false);
    assert_eq!(refused(&archive("service_visit")), "/value/categories/10");
    assert_eq!(refused(&archive("record")), "/value/categories/11");
    set_categories(app, archive("invoices")).ok();
    let noted = app.hq().get("/audit?action=journal_categories.update").ok();
    assert_eq!(noted.list("/items").len(), 2);
}
