//! What customers say of visits and services (D-ARC-16).

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("satisfaction":
        d_arc_16_a_low_mark_opens_a_follow_up_for_the_consultant,
        d_arc_16_good_marks_open_none,
        d_arc_16_marks_are_refused_where_nothing_was_asked,
        d_arc_16_marks_by_month_of_a_customer_a_consultant_and_a_store,
        d_arc_16_a_chain_asks_its_own_questions,
        d_arc_16_stores_see_their_own_forms,
        d_arc_16_forms_go_along_with_a_merge_and_lose_their_remark_by_an_erasure,
    )
}

fn form(actor: &Actor, customer: &str, marks: &Value) -> Answer {
    let body = json!({"occasion": "visit", "marks": marks, "remark": "等了很久"});
    actor.post(&format!("/customers/{customer}/satisfaction"), &body)
}

fn tasks(app: &TestApp, customer: &str) -> Vec<Value> {
    app.hq()
        .get(&format!("/tasks?customer_id={customer}"))
        .ok()
        .list("/items")
        .to_vec()
}

fn forms(actor: &Actor, query: &str) -> Vec<Value> {
    actor
        .get(&format!("/satisfaction?{query}"))
        .ok()
        .list("/items")
        .to_vec()
}

fn d_arc_16_a_low_mark_opens_a_follow_up_for_the_consultant(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = app.first_log_in("mei");
    let written = form(&mei, &customer, &json!({"service": 2, "overall": 4})).created();
    assert_eq!(
        (&written["low"], written.text("/remark")),
        (&json!(true), "等了很久".into())
    );
    assert_eq!(
        (
            written.text("/staff_id"),
            written.text("/marks/0/label/zh"),
            written.int("/marks/0/mark")
        ),
        (app.consultant().to_owned(), "服务态度".into(), 2)
    );
    let open = tasks(app, &customer);
    assert_eq!(open.len(), 1);
    assert_eq!(
        (
            open[0].text("/id"),
            open[0].text("/source"),
            open[0].text("/due_on"),
            open[0].text("/staff_id")
        ),
        (
            written.text("/task_id"),
            "satisfaction".into(),
            "2026-03-03".into(),
            app.consultant().to_owned()
        )
    );
    assert!(open[0].text("/title").contains("服务态度 2"), "{open:#?}");
    assert_eq!(forms(&mei, "low=true").len(), 1);
    assert!(app.database().dump().is_none_or(|text| !text.contains("等了很久")));
    let noted = app
        .hq()
        .get(&format!("/audit?subject={}", written.text("/id")))
        .ok()
        .to_string();
    assert!(
        noted.contains("satisfaction.write") && !noted.contains("等了"),
        "{noted}"
    );
}

fn d_arc_16_good_marks_open_none(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let written = form(&app.hq(), &customer, &json!({"service": 3, "overall": 5})).created();
    assert_eq!((&written["low"], &written["task_id"]), (&json!(false), &Value::Null));
    assert!(tasks(app, &customer).is_empty());
    assert!(forms(&app.hq(), "low=true").is_empty());
    assert_eq!(forms(&app.hq(), "low=false").len(), 1);
}

fn d_arc_16_marks_are_refused_where_nothing_was_asked(app: &TestApp) {
    let customer = app.customer("王芳").create();
    for marks in [
        json!({}),
        json!({"service": 0}),
        json!({"service": 6}),
        json!({"belief": 3}),
    ] {
        form(&app.hq(), &customer, &marks).expect_problem(422, "field_invalid");
    }
    let path = format!("/customers/{customer}/satisfaction");
    let late = json!({"occasion": "visit", "marks": {"service": 3}, "day": "2026-03-02"});
    app.hq().post(&path, &late).expect_problem(422, "field_invalid");
    assert!(
        forms(&app.hq(), "").is_empty(),
        "nothing is written of what was refused"
    );
    assert!(tasks(app, &customer).is_empty());
}

fn d_arc_16_marks_by_month_of_a_customer_a_consultant_and_a_store(app: &TestApp) {
    let (wang, li) = (app.customer("王芳").create(), app.customer("李娜").create());
    let hong = app.hire("hong", "consultant", &[app.east()]).text("/id");
    let write = |customer: &str, day: &str, mark: i64, staff: Option<&str>, store: Option<&str>| {
        let mut body = json!({"occasion": "service", "day": day, "marks": {"service": mark, "overall": 5}});
        for (name, value) in [("staff_id", staff), ("store_id", store)] {
            if let Some(value) = value {
                body[name] = json!(value);
            }
        }
        app.hq()
            .post(&format!("/customers/{customer}/satisfaction"), &body)
            .created();
    };
    write(&wang, "2026-01-31", 1, None, None);
    write(&wang, "2026-03-01", 5, None, None);
    write(&li, "2026-03-01", 4, Some(&hong), Some(app.west()));
    let trend = |query: &str| {
        let months = app.hq().get(&format!("/satisfaction/trend?months=3{query}")).ok();
        let told = |one: &Value| {
            (
                one.text("/month"),
                one.int("/forms"),
                one.int("/low"),
                one["mean_milli"].as_i64(),
            )
        };
        months.list("/items").iter().map(told).collect::<Vec<_>>()
    };
    let month = |name: &str, forms, low, mean| (name.to_owned(), forms, low, mean);
    let (january, february) = (month("2026-01", 1, 1, Some(3000)), month("2026-02", 0, 0, None));
    let none = month("2026-01", 0, 0, None);
    assert_eq!(
        trend(""),
        [january.clone(), february.clone(), month("2026-03", 2, 0, Some(4750))]
    );
    let only = |first: &(String, i64, i64, Option<i64>), last| vec![first.clone(), february.clone(), last];
    let (five, half) = (month("2026-03", 1, 0, Some(5000)), month("2026-03", 1, 0, Some(4500)));
    assert_eq!(trend(&format!("&customer_id={wang}")), only(&january, five.clone()));
    assert_eq!(trend(&format!("&staff_id={hong}")), only(&none, half.clone()));
    assert_eq!(trend(&format!("&store_id={}", app.west())), only(&none, half));
    assert_eq!(trend(&format!("&staff_id={}", app.consultant())), only(&january, five));
    app.hq()
        .get("/satisfaction/trend?months=61")
        .expect_problem(422, "field_invalid");
}

fn d_arc_16_a_chain_asks_its_own_questions(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let hq = app.hq();
    form(&hq, &customer, &json!({"skill": 4})).created();
    let label = json!({"zh": "等候时间", "en": "Waiting"});
    let rules = |low: i64, code: &str| json!({"value": {"questions": [{"code": code, "label": label}], "low_mark": low, "follow_up_days": 0}});
    let set = |actor: &Actor, rules: &Value| actor.patch("/satisfaction-rules", "\"0\"", rules);
    set(&app.manager(), &rules(3, "waiting")).expect_problem(403, "forbidden");
    set(&hq, &rules(5, "waiting")).expect_problem(422, "field_invalid");
    set(&hq, &rules(3, "Waiting")).expect_problem(422, "field_invalid");
    set(&hq, &rules(3, "waiting")).ok();
    form(&hq, &customer, &json!({"skill": 4})).expect_problem(422, "field_invalid");
    assert_eq!(
        form(&hq, &customer, &json!({"waiting": 3})).created()["low"],
        true,
        "the chain's limit"
    );
    assert_eq!(tasks(app, &customer)[0].text("/due_on"), "2026-03-01");
    let kept = forms(&hq, "");
    assert_eq!(kept[1].text("/marks/0/label/zh"), "专业水平", "as it was asked then");
}

fn d_arc_16_stores_see_their_own_forms(app: &TestApp) {
    let customer = app.customer("王芳").create();
    form(&app.hq(), &customer, &json!({"service": 4})).created();
    let (east, west) = (
        app.actor("store_manager", &[app.east()]),
        app.actor("store_manager", &[app.west()]),
    );
    assert_eq!((forms(&east, "").len(), forms(&west, "").len()), (1, 0));
    let forms_of = |actor: &Actor| {
        let trend = actor.get("/satisfaction/trend?months=1").ok();
        trend.int("/items/0/forms")
    };
    assert_eq!((forms_of(&east), forms_of(&west)), (1, 0));
    form(&west, &customer, &json!({"service": 4})).expect_problem(403, "forbidden");
    app.cashier().get("/satisfaction").expect_problem(403, "forbidden");
}

fn d_arc_16_forms_go_along_with_a_merge_and_lose_their_remark_by_an_erasure(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王方").create());
    form(&app.hq(), &gone, &json!({"service": 4})).created();
    let of = |customer: &str| forms(&app.hq(), &format!("customer_id={customer}"));
    let merged = super::merges::merge(&app.hq(), &stays, &gone).created();
    assert_eq!(merged.int("/moved/satisfaction"), 1);
    assert_eq!((of(&stays)[0].text("/remark"), of(&gone).len()), ("等了很久".into(), 0));
    super::merges::undo(&app.hq(), &merged).ok();
    assert_eq!((of(&gone)[0].text("/remark"), of(&stays).len()), ("等了很久".into(), 0));
    let file = app
        .hq()
        .post(&format!("/customers/{gone}/own-data"), &json!({"purpose": "asked"}))
        .ok();
    assert_eq!(file.text("/satisfaction/0/remark"), "等了很久");
    super::erasure::erase(app, &gone);
    assert_eq!(of(&gone)[0]["remark"], Value::Null, "the marks stay");
}
