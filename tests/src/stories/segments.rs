//! Tags and segments (D-CAM-2): who is meant, seen before anything is done with them.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("segments":
        d_cam_2_every_field_finds_whom_it_should,
        d_cam_2_conditions_are_joined_by_all_any_and_none,
        d_cam_2_a_preview_shows_how_many_and_the_first_of_them_masked,
        d_cam_2_one_sees_the_customers_of_ones_own_stores,
        d_cam_2_tags_are_given_and_taken_one_by_one,
        d_cam_2_a_tag_for_everybody_wants_the_number_that_was_seen,
        d_cam_2_a_message_goes_to_who_agreed_and_to_nobody_twice,
        d_cam_2_what_cannot_be_asked_is_refused,
    )
}

pub(super) fn tag(app: &TestApp, name: &str) -> String {
    app.hq().post("/tags", &json!({ "name": name })).created().text("/id")
}

pub(super) fn give(app: &TestApp, customer: &str, tags: &[&str]) {
    let change = json!({ "add": tags });
    app.hq().post(&format!("/customers/{customer}/tags"), &change).ok();
}

/// Names of a customer's tags.
pub(super) fn tags_of(app: &TestApp, customer: &str) -> Vec<String> {
    let tags = app.hq().get(&format!("/customers/{customer}/tags")).ok();
    tags.list("/items").iter().map(|tag| tag.text("/name")).collect()
}

fn all_of(conditions: &[Value]) -> Value {
    json!({"join": "all", "groups": [{"join": "all", "conditions": conditions}]})
}

/// A saved segment of those who meet every condition.
pub(super) fn segment(app: &TestApp, name: &str, conditions: &[Value]) -> String {
    let body = json!({ "name": name, "rules": all_of(conditions) });
    app.hq().post("/segments", &body).created().text("/id")
}

fn preview(app: &TestApp, rules: &Value) -> Value {
    app.hq().post("/segments/preview", &json!({ "rules": rules })).ok()
}

/// Names of whom rules mean, sorted.
fn meant(app: &TestApp, rules: &Value) -> Vec<String> {
    let found = preview(app, rules);
    let mut names: Vec<String> = found.list("/items").iter().map(|one| one.text("/name")).collect();
    names.sort();
    assert_eq!(found.int("/count"), names.len() as i64, "{rules}");
    names
}

/// 王芳 is a member who bought for 1 200.00, 李雷 a customer without anything, 赵敏 one of the west store.
fn people(app: &TestApp) -> [String; 3] {
    let form = app
        .customer("李雷")
        .with("form_of_address", "mr")
        .birthday("1960-12-01");
    let plain = form
        .with("consent", json!({"marketing": false, "privacy": true}))
        .with("consultant_id", Value::Null)
        .create();
    let west = app
        .customer("赵敏")
        .with("store_id", app.west())
        .with("consultant_id", Value::Null)
        .birthday("2004-02-29")
        .create();
    let member = app.member("王芳");
    app.set_now("2026-03-11 10:00");
    app.sale_to(&member).line("cream", "skin", 200_00).ring();
    app.set_now("2026-03-21 10:00");
    [member.customer, plain, west]
}

fn d_cam_2_every_field_finds_whom_it_should(app: &TestApp) {
    let [member, plain, west] = people(app);
    let tag = tag(app, "爱喝茶");
    give(app, &west, &[&tag]);
    let class = json!({"dimension": "nature", "class": "partner"});
    app.hq().post(&format!("/customers/{plain}/classes"), &class).ok();
    let is = |field: &str, values: Value| json!({"field": field, "test": "in", "values": values});
    let least = |field: &str, amount: i64| json!({"field": field, "test": "at_least", "amount": amount});
    let below = |field: &str, amount: i64| json!({"field": field, "test": "below", "amount": amount});
    let in_months = |field: &str, test: &str, amount: i64, months: i64| json!({"field": field, "test": test, "amount": amount, "months": months});
    let (li, wang, zhao) = ("李雷", "王芳", "赵敏");
    let expected: [(Value, &[&str]); 24] = [
        (is("store", json!([app.west()])), &[zhao]),
        (is("consultant", json!([app.consultant()])), &[wang]),
        (
            json!({"field": "consultant", "test": "not_in", "values": [app.consultant()]}),
            &[li, zhao],
        ),
        (is("form_of_address", json!(["mr"])), &[li]),
        (is("class", json!(["nature-partner", "nature-company"])), &[li]),
        (is("consent", json!(["no"])), &[li]),
        (is("birthday_month", json!(["5"])), &[wang]),
        // The 29th of February is kept on the 28th.
        (is("birthday_month", json!(["2", "12"])), &[li, zhao]),
        (least("age", 36), &[li, wang]),
        (least("age", 37), &[li]),
        (below("age", 23), &[zhao]),
        (below("age", 22), &[]),
        (in_months("paid", "at_least", 1_200_00, 1), &[wang]),
        (in_months("paid", "at_least", 1_200_01, 120), &[]),
        (in_months("paid", "below", 1, 1), &[li, zhao]),
        (in_months("visits", "at_least", 2, 1), &[wang]),
        (in_months("visits", "below", 3, 1), &[li, wang, zhao]),
        (least("last_visit", 10), &[wang]),
        (least("last_visit", 11), &[]),
        (below("last_visit", 11), &[wang]),
        (least("points", 1200), &[wang]),
        (is("tier", json!(["vip"])), &[wang]),
        (is("program", json!([app.program()])), &[wang]),
        (is("tag", json!([tag])), &[zhao]),
    ];
    for (condition, names) in expected {
        assert_eq!(
            meant(app, &all_of(std::slice::from_ref(&condition))),
            names,
            "{condition}"
        );
    }
    let fields = app.hq().get("/segment-fields").ok();
    let fields = fields.list("/items");
    assert_eq!(fields.len(), 14, "each is declared, and asked for above");
    let choices = |name: &str| {
        fields
            .iter()
            .find(|field| field["field"] == json!(name))
            .expect("declared")
            .clone()
    };
    assert_eq!(choices("tag").text("/choices/0/label/zh"), "爱喝茶");
    assert_eq!(choices("program").text("/choices/0/value"), app.program());
    assert!(!member.is_empty());
}

fn d_cam_2_conditions_are_joined_by_all_any_and_none(app: &TestApp) {
    people(app);
    let east = json!({"field": "store", "test": "in", "values": [app.east()]});
    let agreed = json!({"field": "consent", "test": "in", "values": ["yes"]});
    let one = |join: &str| json!({"join": "all", "groups": [{"join": join, "conditions": [east, agreed]}]});
    assert_eq!(meant(app, &one("all")), ["王芳"]);
    assert_eq!(meant(app, &one("any")), ["李雷", "王芳", "赵敏"]);
    assert!(meant(app, &one("none")).is_empty());
    let group = |condition: &Value| json!({"join": "all", "conditions": [condition]});
    let two = |join: &str| json!({"join": join, "groups": [group(&east), {"join": "none", "conditions": [agreed]}]});
    assert_eq!(meant(app, &two("all")), ["李雷"]);
    assert_eq!(meant(app, &two("any")), ["李雷", "王芳"]);
    assert_eq!(meant(app, &two("none")), ["赵敏"]);
    assert_eq!(
        meant(app, &json!({"join": "all", "groups": []})).len(),
        3,
        "without a question everybody"
    );
}

fn d_cam_2_a_preview_shows_how_many_and_the_first_of_them_masked(app: &TestApp) {
    for n in 0..7 {
        let consent = json!({"marketing": n < 4, "privacy": true});
        app.customer(&format!("顾客{n}")).with("consent", consent).create();
    }
    let everybody = json!({"join": "all", "groups": []});
    let asked = json!({"rules": everybody, "limit": 3});
    let found = app.hq().post("/segments/preview", &asked).ok();
    assert_eq!(
        (
            found.int("/count"),
            found.int("/consenting"),
            found.list("/items").len()
        ),
        (7, 4, 3)
    );
    let shown = found["items"][0].clone();
    assert!(shown.text("/phones/0").contains("****"), "{shown:#}");
    assert_eq!(shown.text("/birthday"), "****-05-20");
    // Saved, it is read on page by page.
    let saved = app
        .hq()
        .post("/segments", &json!({"name": "所有人", "rules": everybody}))
        .created()
        .text("/id");
    let (mut names, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.hq().get(&format!("/segments/{saved}/members?limit=3{after}")).ok();
        assert_eq!(page.int("/count"), 7);
        names.extend(page.list("/items").iter().map(|one| one.text("/name")));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    names.sort();
    assert_eq!(names.len(), 7);
    names.dedup();
    assert_eq!(names.len(), 7, "nobody twice");
}

fn d_cam_2_one_sees_the_customers_of_ones_own_stores(app: &TestApp) {
    people(app);
    let saved = segment(app, "五月", &[json!({"field": "age", "test": "at_least", "amount": 0})]);
    let path = format!("/segments/{saved}/members");
    assert_eq!(app.hq().get(&path).ok().int("/count"), 3);
    assert_eq!(app.manager().get(&path).ok().int("/count"), 2);
    let west = app.actor("store_manager", &[app.west()]);
    assert_eq!(west.get(&path).ok().text("/items/0/name"), "赵敏");
    app.cashier().get(&path).expect_problem(403, "forbidden");
    app.manager()
        .post(
            &format!("/segments/{saved}/tags"),
            &json!({"tag_id": tag(app, "x"), "expected_count": 2}),
        )
        .expect_problem(403, "forbidden");
}

fn d_cam_2_tags_are_given_and_taken_one_by_one(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let (tea, old) = (tag(app, "爱喝茶"), tag(app, "老顾客"));
    app.hq()
        .post("/tags", &json!({"name": "爱喝茶"}))
        .expect_problem(409, "already_exists");
    give(app, &customer, &[&tea, &old]);
    give(app, &customer, &[&tea]);
    assert_eq!(tags_of(app, &customer), ["爱喝茶", "老顾客"]);
    let path = format!("/customers/{customer}/tags");
    let left = app.manager().post(&path, &json!({"remove": [tea]})).ok();
    assert_eq!(left.list("/items").len(), 1);
    app.hq()
        .patch(&format!("/tags/{old}"), "\"1\"", &json!({"active": false}))
        .ok();
    app.hq()
        .post(&path, &json!({"add": [old]}))
        .expect_problem(422, "field_invalid");
    assert_eq!(tags_of(app, &customer), ["老顾客"], "whoever has it keeps it");
    let elsewhere = app.actor("store_manager", &[app.west()]);
    elsewhere
        .post(&path, &json!({"add": [tea]}))
        .expect_problem(403, "forbidden");
    let noted = app.hq().get(&format!("/audit?subject={customer}")).ok();
    assert_eq!(noted.text("/items/0/action"), "customer.tag");
}

fn d_cam_2_a_tag_for_everybody_wants_the_number_that_was_seen(app: &TestApp) {
    let [member, plain, west] = people(app);
    let tag = tag(app, "东店");
    let saved = segment(
        app,
        "东店顾客",
        &[json!({"field": "store", "test": "in", "values": [app.east()]})],
    );
    let path = format!("/segments/{saved}/tags");
    let seen = app.hq().get(&format!("/segments/{saved}/members")).ok().int("/count");
    app.customer("韩梅").create();
    let stale = app.hq().post(&path, &json!({"tag_id": tag, "expected_count": seen}));
    let problem = stale.expect_problem(409, "count_changed");
    assert_eq!(problem.int("/available"), seen + 1, "{problem:#}");
    assert!(tags_of(app, &member).is_empty(), "nothing is done then");
    let done = app
        .hq()
        .post(&path, &json!({"tag_id": tag, "expected_count": seen + 1}))
        .created();
    assert_eq!(done.int("/count"), 3);
    assert_eq!(
        (tags_of(app, &member), tags_of(app, &plain)),
        (vec!["东店".to_owned()], vec!["东店".to_owned()])
    );
    assert!(tags_of(app, &west).is_empty());
    let away = json!({"tag_id": tag, "remove": true, "expected_count": 3});
    app.hq().post(&path, &away).created();
    assert!(tags_of(app, &member).is_empty());
    let noted = app.hq().get(&format!("/audit?subject={saved}")).ok();
    assert_eq!(noted.text("/items/0/action"), "segment.tag");
}

fn d_cam_2_a_message_goes_to_who_agreed_and_to_nobody_twice(app: &TestApp) {
    let [member, plain, west] = people(app);
    let saved = segment(
        app,
        "所有人",
        &[json!({"field": "age", "test": "at_least", "amount": 0})],
    );
    let path = format!("/segments/{saved}/messages");
    let seen = app.hq().get(&format!("/segments/{saved}/members")).ok();
    assert_eq!((seen.int("/count"), seen.int("/consenting")), (3, 2));
    let message =
        |expected: i64| json!({"title": "周五会员日", "text": "本周五双倍积分。", "expected_count": expected});
    app.hq().post(&path, &message(3)).expect_problem(409, "count_changed");
    app.hq().post(&path, &message(2)).created();
    app.hq().post(&path, &message(2)).created();
    let told = |customer: &str| {
        let messages = app.hq().get(&format!("/messages?customer_id={customer}")).ok();
        let kinds = messages.list("/items");
        kinds.iter().filter(|one| one["kind"] == json!("announcement")).count()
    };
    assert_eq!((told(&member), told(&plain), told(&west)), (1, 0, 1));
}

fn d_cam_2_what_cannot_be_asked_is_refused(app: &TestApp) {
    let at = "/rules/groups/0/conditions/0";
    for (condition, pointer) in [
        (
            json!({"field": "paid", "test": "in", "values": ["1"], "months": 1}),
            "test",
        ),
        (json!({"field": "paid", "test": "at_least", "amount": 1}), "months"),
        (
            json!({"field": "points", "test": "at_least", "amount": 1, "months": 1}),
            "months",
        ),
        (json!({"field": "age", "test": "below"}), "amount"),
        (json!({"field": "store", "test": "in", "values": ["x"]}), "values"),
    ] {
        let body = json!({"name": "x", "rules": all_of(std::slice::from_ref(&condition))});
        let problem = app.hq().post("/segments", &body).expect_problem(422, "field_invalid");
        assert_eq!(
            problem.text("/errors/0/pointer"),
            format!("{at}/{pointer}"),
            "{condition}"
        );
    }
}
