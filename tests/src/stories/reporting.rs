//! Reports of visits and the completeness of cards (D-ARC-17).

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("reporting":
        d_arc_17_a_report_tells_each_visit_in_the_journal,
        d_arc_17_an_urgent_visit_raises_a_warning_at_once,
        d_arc_17_a_report_has_a_deadline_and_may_be_late,
        d_arc_17_who_has_not_reported_is_named,
        d_arc_17_a_report_that_is_refused_leaves_nothing,
        d_arc_17_managers_see_the_reports_of_their_stores,
        d_arc_17_how_complete_cards_are_is_a_figure,
    )
}

fn visit(customer: &str, text: &str, urgent: bool) -> Value {
    json!({"customer_id": customer, "description": text, "urgent": urgent})
}

fn hand_in(actor: &Actor, period: &str, day: &str, visits: &[Value]) -> Answer {
    let body = json!({"period": period, "day": day, "remark": "跑了一天", "visits": visits});
    actor.post("/visit-reports", &body)
}

fn warnings(app: &TestApp, customer: &str) -> Vec<Value> {
    app.hq()
        .get(&format!("/warnings?customer_id={customer}"))
        .ok()
        .list("/items")
        .to_vec()
}

fn journal(app: &TestApp, customer: &str) -> Vec<Value> {
    app.hq()
        .get(&format!("/customers/{customer}/journal"))
        .ok()
        .list("/items")
        .to_vec()
}

fn d_arc_17_a_report_tells_each_visit_in_the_journal(app: &TestApp) {
    let (wang, li) = (app.customer("王芳").create(), app.customer("李娜").create());
    let mei = app.first_log_in("mei");
    let visits = [visit(&wang, "看了陈列", false), visit(&li, "送了样品", false)];
    let report = hand_in(&mei, "day", "2026-03-01", &visits).created();
    assert_eq!(
        (report.text("/staff_id"), report.text("/due_on"), &report["late"]),
        (app.consultant().to_owned(), "2026-03-02".into(), &json!(false))
    );
    assert_eq!(report.text("/visits/0/customer/zh"), "王女士");
    for (customer, text, n) in [(&wang, "看了陈列", 0), (&li, "送了样品", 1)] {
        let told = journal(app, customer);
        assert_eq!(
            (told.len(), told[0].text("/description"), told[0].text("/category")),
            (1, text.into(), "service_visit".into())
        );
        assert_eq!(told[0].text("/id"), report.text(&format!("/visits/{n}/journal_id")));
        assert!(warnings(app, customer).is_empty(), "nothing is urgent");
    }
    hand_in(&mei, "day", "2026-03-01", &[]).expect_problem(409, "already_exists");
    let month = hand_in(&mei, "month", "2026-03-01", &[]).created();
    assert_eq!(
        (month.text("/from"), month.text("/due_on")),
        ("2026-03-01".into(), "2026-04-03".into())
    );
    let paged = mei.get("/visit-reports?limit=1").ok();
    let rest = mei
        .get(&format!("/visit-reports?limit=1&after={}", paged.text("/next")))
        .ok();
    assert_ne!(paged.text("/items/0/id"), rest.text("/items/0/id"));
    assert_eq!(rest["next"], Value::Null);
}

fn d_arc_17_an_urgent_visit_raises_a_warning_at_once(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = app.first_log_in("mei");
    let report = hand_in(&mei, "day", "2026-03-01", &[visit(&customer, "店主换人", true)]).created();
    let raised = warnings(app, &customer);
    assert_eq!(raised.len(), 1);
    assert_eq!(
        (
            raised[0].text("/id"),
            raised[0].text("/kind"),
            raised[0].text("/reports/0/text"),
            &raised[0]["urgent"]
        ),
        (
            report.text("/visits/0/warning_id"),
            "major_change".into(),
            "店主换人".into(),
            &json!(true)
        )
    );
    assert_eq!(raised[0].text("/due_on"), "2026-03-02");
}

fn d_arc_17_a_report_has_a_deadline_and_may_be_late(app: &TestApp) {
    let mei = app.first_log_in("mei");
    let late = hand_in(&mei, "day", "2026-02-27", &[]).created();
    assert_eq!(
        (&late["late"], late.text("/due_on")),
        (&json!(true), "2026-02-28".into())
    );
    let rules = json!({"value": {"day_days": 3, "month_days": 3}});
    mei.patch("/report-rules", "\"0\"", &rules)
        .expect_problem(403, "forbidden");
    app.hq().patch("/report-rules", "\"0\"", &rules).ok();
    let wrong = json!({"value": {"day_days": 15, "month_days": 3}});
    app.hq()
        .patch("/report-rules", "\"1\"", &wrong)
        .expect_problem(422, "field_invalid");
    let now = hand_in(&mei, "day", "2026-02-26", &[]).created();
    assert_eq!(
        (&now["late"], now.text("/due_on")),
        (&json!(false), "2026-03-01".into())
    );
    let month = hand_in(&mei, "month", "2026-02-03", &[]).created();
    assert_eq!(
        (month.text("/from"), &month["late"]),
        ("2026-02-01".into(), &json!(false))
    );
    let count = |query: &str| {
        app.hq()
            .get(&format!("/visit-reports?{query}"))
            .ok()
            .list("/items")
            .len()
    };
    assert_eq!(
        (count("late=true"), count("late=false"), count("period=month")),
        (1, 2, 1)
    );
}

fn d_arc_17_who_has_not_reported_is_named(app: &TestApp) {
    app.hire("hong", "consultant", &[app.east()]);
    let mei = app.first_log_in("mei");
    hand_in(&mei, "day", "2026-03-01", &[]).created();
    let manager = app.actor("store_manager", &[app.east()]);
    let stand = |actor: &Actor| {
        let all = actor.get("/visit-reports/standing?period=day&day=2026-03-01").ok();
        let told = |one: &Value| (one.text("/name"), one.text("/state"));
        all.list("/items").iter().map(told).collect::<Vec<_>>()
    };
    let named = |hong: &str| vec![("hong".to_owned(), hong.to_owned()), ("mei".into(), "in_time".into())];
    assert_eq!(stand(&manager), named("waiting"));
    app.set_now("2026-03-03 10:00");
    assert_eq!(stand(&manager), named("missing"));
    hand_in(&app.first_log_in("hong"), "day", "2026-03-01", &[]).created();
    assert_eq!(stand(&manager), named("late"));
    assert!(stand(&app.actor("store_manager", &[app.west()])).is_empty());
    mei.get("/visit-reports/standing?period=day")
        .expect_problem(403, "forbidden");
}

fn d_arc_17_a_report_that_is_refused_leaves_nothing(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let there = app.customer("李娜").with("store_id", app.west()).create();
    let mei = app.first_log_in("mei");
    let mixed = [visit(&customer, "店主换人", true), visit(&there, "x", false)];
    hand_in(&mei, "day", "2026-03-01", &mixed).expect_problem(403, "forbidden");
    let nobody = [
        visit(&customer, "店主换人", true),
        visit("01900000-0000-7000-8000-000000000000", "x", false),
    ];
    hand_in(&mei, "day", "2026-03-01", &nobody).expect_problem(422, "field_invalid");
    hand_in(&mei, "day", "2026-03-02", &[]).expect_problem(422, "field_invalid");
    hand_in(&mei, "day", "2026-03-01", &[visit(&customer, " ", false)]).expect_problem(422, "field_invalid");
    assert!(journal(app, &customer).is_empty() && warnings(app, &customer).is_empty());
    assert!(app.hq().get("/visit-reports").ok().list("/items").is_empty());
}

fn d_arc_17_managers_see_the_reports_of_their_stores(app: &TestApp) {
    let mei = app.first_log_in("mei");
    hand_in(&mei, "day", "2026-03-01", &[]).created();
    let seen = |actor: &Actor| actor.get("/visit-reports").ok().list("/items").len();
    let (east, west) = (
        app.actor("store_manager", &[app.east()]),
        app.actor("store_manager", &[app.west()]),
    );
    let other = app.actor("consultant", &[app.east()]);
    assert_eq!(
        [&app.hq(), &app.auditor(), &east, &west, &mei, &other].map(seen),
        [1, 1, 1, 0, 1, 0]
    );
    app.cashier().get("/visit-reports").expect_problem(403, "forbidden");
}

fn d_arc_17_how_complete_cards_are_is_a_figure(app: &TestApp) {
    let figures = || app.hq().get("/card-completeness").ok();
    assert_eq!(figures()["day"], Value::Null);
    // Phone and birthday are two of ten.
    app.customer("王芳").create();
    let card = json!({
        "person": {"sex": "female", "native_place": "苏州", "employer": "学校", "occupation": "教师", "products_used": ["茶"]},
        "contact": {"mail": "li@example.com", "wechat": "linana8", "address": "苏州市观前街 1 号"},
    });
    app.customer("李娜").with("card", card).create();
    app.customer("张敏").with("consultant_id", Value::Null).create();
    app.night();
    let counted = figures();
    assert_eq!(
        (counted.text("/day"), counted.list("/items").len()),
        ("2026-03-01".into(), 1)
    );
    assert_eq!(
        (
            counted.text("/items/0/name"),
            counted.int("/items/0/customers"),
            counted.int("/items/0/filled_ppm")
        ),
        ("mei".into(), 2, 600_000)
    );
    let west = app.actor("store_manager", &[app.west()]);
    assert!(west.get("/card-completeness").ok().list("/items").is_empty());
    app.first_log_in("mei")
        .get("/card-completeness")
        .expect_problem(403, "forbidden");
}
