//! Classes of customers: computed ones by a rule that everybody sees, manual ones with who and when.

use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("customer_classes":
        d_arc_3_computed_classes_follow_a_rule_that_shows_its_figures,
        d_arc_3_what_was_returned_does_not_count,
        d_arc_3_a_computed_class_never_overwrites_a_manual_one,
        d_arc_3_a_manual_class_keeps_who_and_when,
        d_arc_3_a_customer_has_a_region_and_a_place_on_the_route,
        d_arc_3_classes_are_computed_once_a_day_and_with_new_rules,
        d_arc_3_lists_are_narrowed_to_a_class_and_a_consultant,
    )
}

fn buys(app: &TestApp, customer: &str, amount: i64) -> crate::harness::Bill {
    app.sale().customer(customer).line("tea", "drinks", amount).ring()
}

fn compute(app: &TestApp) -> Value {
    app.hq()
        .request("POST", "/customer-class-rules/compute")
        .key(&fresh_key())
        .json(&json!({}))
        .send()
        .ok()
}

fn class(app: &TestApp, customer: &str, dimension: &str) -> Value {
    let classes = app.hq().get(&format!("/customers/{customer}/classes")).ok();
    let mut items = classes.list("/items").into_iter();
    items.find(|item| item["dimension"] == dimension).unwrap_or_default()
}

fn name(app: &TestApp, customer: &str, dimension: &str) -> Option<String> {
    class(app, customer, dimension)["class"].as_str().map(str::to_owned)
}

fn set(actor: &Actor, customer: &str, dimension: &str, class: Value) -> Answer {
    let body = json!({"dimension": dimension, "class": class});
    actor.post(&format!("/customers/{customer}/classes"), &body)
}

fn d_arc_3_computed_classes_follow_a_rule_that_shows_its_figures(app: &TestApp) {
    let [old, big, middle, small, never] = ["甲", "乙", "丙", "丁", "戊"].map(|name| app.customer(name).create());
    app.set_now("2024-06-01 10:00");
    buys(app, &old, 9_000_00);
    app.set_now("2026-03-01 10:00");
    // 80 % of all is A, up to 95 % B: 800 + 150 + 50.
    buys(app, &big, 800_00);
    for _ in 0..3 {
        buys(app, &middle, 50_00);
    }
    for _ in 0..6 {
        buys(app, &small, 8_00);
    }
    let done = compute(app);
    assert_eq!(done.int("/customers"), 5);
    assert_eq!(
        compute(app).int("/changed"),
        0,
        "computed again, nothing is another one"
    );
    let of = |customer: &str| ["time", "volume", "loyalty"].map(|dimension| name(app, customer, dimension));
    let some = |names: [&str; 3]| names.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()));
    assert_eq!(of(&old), some(["old", "", "lapsed"]));
    assert_eq!(of(&big), some(["new", "a", "occasional"]));
    assert_eq!(of(&middle), some(["new", "b", "regular"]));
    assert_eq!(of(&small), some(["new", "c", "loyal"]));
    assert_eq!(of(&never), some(["future", "", "none"]));
    let why = class(app, &middle, "volume");
    assert_eq!((&why["manual"], &why["set_by"]), (&json!(false), &Value::Null));
    for figure in ["150.00", "800.00", "12"] {
        assert!(
            why.text("/why/zh").contains(figure) && why.text("/why/en").contains(figure),
            "{why:#}"
        );
    }
    assert!(
        class(app, &small, "loyalty")
            .text("/why/en")
            .starts_with("6 purchases in 12 months")
    );
    assert!(class(app, &old, "time").text("/why/en").contains("2024-06-01"));
    // Members are known by their card.
    let member = app.member("己");
    app.sale_to(&member).line("tea", "drinks", 10_000_00).ring();
    compute(app);
    assert_eq!(name(app, &member.customer, "volume").as_deref(), Some("a"));
    assert_eq!(
        name(app, &big, "volume").as_deref(),
        Some("b"),
        "of more sales it is a smaller share"
    );
}

fn d_arc_3_what_was_returned_does_not_count(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let bill = buys(app, &customer, 100_00);
    compute(app);
    assert_eq!(name(app, &customer, "volume").as_deref(), Some("a"));
    app.return_of(&bill).line(1, 1000).book();
    compute(app);
    assert_eq!(name(app, &customer, "volume"), None);
    assert_eq!(name(app, &customer, "loyalty").as_deref(), Some("lapsed"));
}

fn d_arc_3_a_computed_class_never_overwrites_a_manual_one(app: &TestApp) {
    let [big, small] = ["甲", "乙"].map(|name| app.customer(name).create());
    buys(app, &big, 900_00);
    buys(app, &small, 10_00);
    set(&app.hq(), &small, "volume", json!("a")).ok();
    compute(app);
    app.server().run_nightly_jobs();
    let kept = class(app, &small, "volume");
    assert_eq!(
        (&kept["class"], &kept["manual"]),
        (&json!("a"), &json!(true)),
        "{kept:#}"
    );
    assert_eq!(kept.text("/set_by"), app.hq().get("/me").ok().text("/staff_id"));
    // Taken back, the figures count again.
    set(&app.hq(), &small, "volume", Value::Null).ok();
    assert_eq!(name(app, &small, "volume"), None);
    compute(app);
    let computed = class(app, &small, "volume");
    assert_eq!((&computed["class"], &computed["manual"]), (&json!("c"), &json!(false)));
}

fn d_arc_3_a_manual_class_keeps_who_and_when(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let consultant = app.actor("consultant", &[app.east()]);
    for (dimension, class) in [
        ("process", "dealing"),
        ("nature", "government"),
        ("ownership", "joint"),
        ("trade_form", "wholesale"),
        ("location", "transport_hub"),
    ] {
        set(&consultant, &customer, dimension, json!(class)).ok();
    }
    let mine = class(app, &customer, "nature");
    assert_eq!(
        (mine.text("/class"), &mine["manual"]),
        ("government".into(), &json!(true))
    );
    assert_eq!(mine.text("/set_by"), consultant.get("/me").ok().text("/staff_id"));
    assert!(mine.text("/set_at").starts_with("2026-03-01"), "{mine:#}");
    let before = class(app, &customer, "process");
    let problem = set(&consultant, &customer, "process", json!("a")).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/class");
    let elsewhere = app.actor("consultant", &[app.west()]);
    set(&elsewhere, &customer, "process", json!("dealt")).expect_problem(403, "forbidden");
    assert_eq!(class(app, &customer, "process"), before);
    let noted = app.hq().get(&format!("/audit?subject={customer}")).ok().list("/items");
    let count = noted
        .iter()
        .filter(|entry| entry["action"] == "customer.classify")
        .count();
    assert_eq!(count, 5);
}

fn d_arc_3_classes_are_computed_once_a_day_and_with_new_rules(app: &TestApp) {
    let customer = app.customer("王芳").create();
    buys(app, &customer, 100_00);
    let rules = || app.hq().get("/customer-class-rules");
    assert_eq!(rules().ok()["computed_on"], Value::Null);
    app.server().run_nightly_jobs();
    assert_eq!(rules().ok().text("/computed_on"), "2026-03-01");
    let runs = || app.hq().get("/audit?action=classes.compute").ok().list("/items").len();
    app.server().run_nightly_jobs();
    assert_eq!(runs(), 1, "once a day");
    app.set_now("2026-03-02 10:00");
    app.server().run_nightly_jobs();
    assert_eq!((runs(), rules().ok().text("/computed_on")), (2, "2026-03-02".into()));
    // Two purchases are enough from now on.
    buys(app, &customer, 100_00);
    let mut changed = rules().ok()["rules"].clone();
    changed["regular_purchases"] = json!(2);
    let tag = rules().header("etag").expect("an ETag").to_owned();
    let mut wrong = changed.clone();
    wrong["b_share_ppm"] = json!(700_000);
    let path = "/customer-class-rules";
    let problem = app
        .hq()
        .patch(path, &tag, &json!({"rules": wrong}))
        .expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/rules/b_share_ppm");
    app.manager()
        .patch(path, &tag, &json!({"rules": changed}))
        .expect_problem(403, "forbidden");
    app.hq().patch(path, &tag, &json!({"rules": changed})).ok();
    app.hq()
        .patch(path, &tag, &json!({"rules": changed}))
        .expect_problem(412, "version_conflict");
    app.server().run_nightly_jobs();
    assert_eq!(
        name(app, &customer, "loyalty").as_deref(),
        Some("regular"),
        "new rules are due at once"
    );
}

fn d_arc_3_lists_are_narrowed_to_a_class_and_a_consultant(app: &TestApp) {
    let [partner, hers, stranger] = ["王甲", "王乙", "王丙"].map(|name| app.customer(name));
    let partner = partner.with("consultant_id", app.consultant()).create();
    let hers = hers.with("consultant_id", app.consultant()).create();
    let stranger = stranger.with("consultant_id", Value::Null).create();
    for customer in [&partner, &stranger] {
        set(&app.hq(), customer, "nature", json!("partner")).ok();
    }
    set(&app.hq(), &hers, "nature", json!("person")).ok();
    let listed = |actor: &Actor, query: &str| {
        let page = actor.get(&format!("/customers?{query}")).ok();
        let ids = page
            .list("/items")
            .iter()
            .map(|one| one.text("/id"))
            .collect::<Vec<_>>();
        (ids, page["next"].as_str().map(str::to_owned))
    };
    let all = |query: &str| listed(&app.hq(), query).0;
    assert_eq!(all("class=nature-partner"), [stranger.clone(), partner.clone()]);
    assert_eq!(
        all(&format!("consultant_id={}", app.consultant())),
        [hers, partner.clone()]
    );
    assert_eq!(
        all(&format!("class=nature-partner&consultant_id={}", app.consultant())),
        std::slice::from_ref(&partner)
    );
    // What was typed is narrowed as well, whatever it is found by.
    let phone = app.hq().get(&format!("/customers/{stranger}")).ok().text("/phones/0");
    for typed in ["王", "wangbing", &phone[phone.len() - 4..]] {
        let typed = crate::harness::query_value(typed);
        assert!(!all(&format!("query={typed}")).is_empty(), "{typed}");
        assert!(all(&format!("query={typed}&class=time-old")).is_empty(), "{typed}");
    }
    assert_eq!(
        all("query=%E7%8E%8B&class=nature-partner"),
        [stranger.clone(), partner.clone()]
    );
    // A narrowed list goes on like every other one.
    let (first, next) = listed(&app.hq(), "class=nature-partner&limit=1");
    assert_eq!(first, [stranger]);
    let (second, end) = listed(
        &app.hq(),
        &format!("class=nature-partner&limit=1&after={}", next.expect("a second page")),
    );
    assert_eq!((second, end), (vec![partner], None));
    // Nobody sees more by it than before.
    let west = app.actor("store_manager", &[app.west()]);
    assert_eq!(listed(&west, "class=nature-partner").0, Vec::<String>::new());
    app.hq()
        .get("/customers?class=nature-king")
        .expect_problem(400, "body_invalid");
}

fn d_arc_3_a_customer_has_a_region_and_a_place_on_the_route(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let region = app
        .hq()
        .post("/regions", &json!({"code": "river", "name": "江东"}))
        .created();
    let consultant = app.actor("consultant", &[app.east()]);
    set(&consultant, &customer, "region", json!("river")).ok();
    set(&consultant, &customer, "route", json!("12")).ok();
    let (mine, place) = (class(app, &customer, "region"), class(app, &customer, "route"));
    assert_eq!(
        (mine.text("/class"), place.text("/class")),
        ("river".into(), "12".into())
    );
    for one in [&mine, &place] {
        assert_eq!(one["manual"], true);
        assert_eq!(one.text("/set_by"), consultant.get("/me").ok().text("/staff_id"));
        assert!(one.text("/set_at").starts_with("2026-03-01"), "{one:#}");
    }
    for (dimension, wrong) in [
        ("region", "nowhere"),
        ("route", "0"),
        ("route", "012"),
        ("route", "10000"),
        ("route", "x"),
    ] {
        let problem = set(&consultant, &customer, dimension, json!(wrong)).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/class", "{dimension} {wrong}");
    }
    // Computing leaves them alone; an archived region stays where it is and is given to nobody else.
    compute(app);
    let path = format!("/regions/{}", region.text("/id"));
    app.hq().patch(&path, "\"1\"", &json!({"active": false})).ok();
    assert_eq!(class(app, &customer, "region"), mine);
    let other = app.customer("李娜").create();
    set(&consultant, &other, "region", json!("river")).expect_problem(422, "field_invalid");
    set(&consultant, &customer, "route", Value::Null).ok();
    assert_eq!(class(app, &customer, "route"), Value::Null);
}
