//! What happened with a customer in one list, and what the card said before (D-ARC-1).

use super::files::attach;
use crate::harness::{Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::Instant;

pub fn tests() -> Vec<Trial> {
    crate::stories!("timeline":
        d_arc_1_a_timeline_tells_all_kinds_by_time_page_by_page,
        d_arc_1_a_timeline_shows_each_kind_to_who_may_see_its_list,
        d_arc_1_a_page_of_a_long_timeline_costs_what_one_of_a_short_one_does,
        d_arc_1_earlier_values_of_a_card_are_kept_and_masked,
        d_arc_1_earlier_values_go_along_with_a_merge_and_away_with_the_person,
    )
}

fn patch(app: &TestApp, customer: &str, body: &Value) {
    let (hq, path) = (app.hq(), format!("/customers/{customer}"));
    let tag = hq.get(&path).header("etag").expect("an ETag").to_owned();
    hq.patch(&path, &tag, body).ok();
}

/// One of every kind, a minute apart; answers the customer.
fn eventful(app: &TestApp) -> String {
    let member = app.member("王芳");
    let (hq, customer) = (app.hq(), member.customer.clone());
    let mut minute = 0;
    let mut later = || {
        minute += 1;
        app.set_now(&format!("2026-03-02 10:{minute:02}"));
    };
    later();
    app.sale_to(&member)
        .line("cream", "skin", 100_00)
        .at("2026-03-02 10:01")
        .ring();
    later();
    let entry = json!({"category": "need", "description": "要小瓶", "amount": 500});
    hq.post(&format!("/customers/{customer}/journal"), &entry).created();
    later();
    let task = json!({"customer_id": customer, "title": "送样品", "due_on": "2026-03-05"});
    hq.post("/tasks", &task).created();
    later();
    patch(
        app,
        &customer,
        &json!({"name": "王小芳", "card": {"contact": {"mail": "wang@example.com"}}}),
    );
    later();
    let form = super::world::World::record_type_form("machine");
    let kind = hq.post("/record-types", &form).created().text("/id");
    let record = json!({"type_id": kind, "customer_id": customer, "values": {"state": "new"}});
    hq.post("/records", &record).created();
    later();
    attach(&hq, &customer, "", &fresh_key(), b"%PDF-1.7 a").created();
    customer
}

fn kinds(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item.text("/kind")).collect()
}

const ALL: [&str; 7] = ["file", "record", "change", "task", "journal", "sale", "card"];

fn d_arc_1_a_timeline_tells_all_kinds_by_time_page_by_page(app: &TestApp) {
    let customer = eventful(app);
    let path = format!("/customers/{customer}/timeline");
    let all = app.hq().get(&path).ok().list("/items");
    let told: Vec<String> = kinds(&all).into_iter().filter(|kind| kind != "card").collect();
    assert_eq!(
        told,
        ["file", "record", "change", "task", "journal", "sale", "sale"],
        "{all:#?}"
    );
    let of = |kind: &str| {
        let found = all.iter().find(|item| item.text("/kind") == kind);
        found.unwrap_or_else(|| panic!("no {kind}")).clone()
    };
    assert_eq!(
        (of("journal").text("/text"), of("journal").int("/amount")),
        ("要小瓶".into(), 500)
    );
    assert_eq!(
        (of("task").text("/text"), of("task").text("/state")),
        ("送样品".into(), "open".into())
    );
    assert_eq!(
        of("change")["fields"],
        json!(["card/contact/mail", "card/kind", "name"])
    );
    assert_eq!(of("file").text("/text"), "合同 王芳.pdf");
    assert_eq!((of("sale").int("/amount"), of("sale").int("/points")), (100_00, 100));
    assert_eq!(of("card").text("/what"), "issue");
    // Page by page the same, though what happens meanwhile stands above.
    let (mut paged, mut next) = (Vec::new(), String::new());
    loop {
        let page = app.hq().get(&format!("{path}?limit=2{next}")).ok();
        paged.extend(page.list("/items"));
        if paged.len() == 2 {
            app.set_now("2026-03-02 11:00");
            let entry = json!({"category": "need", "description": "后来"});
            app.hq()
                .post(&format!("/customers/{customer}/journal"), &entry)
                .created();
        }
        match page["next"].as_str() {
            Some(cursor) => next = format!("&after={}", crate::harness::query_value(cursor)),
            None => break,
        }
    }
    assert_eq!(paged, all);
    let entries = app.hq().get(&format!("{path}?kind=journal")).ok().list("/items");
    assert_eq!(kinds(&entries), ["journal", "journal"]);
    // What a correction stands in the place of isn't told twice.
    let correction = json!({"category": "need", "description": "要大瓶", "corrects": entries[1].text("/id")});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &correction)
        .created();
    let entries = app.hq().get(&format!("{path}?kind=journal")).ok().list("/items");
    assert!(
        entries.iter().all(|entry| entry.text("/text") != "要小瓶"),
        "{entries:#?}"
    );
    app.hq()
        .get(&format!("{path}?after=x"))
        .expect_problem(400, "body_invalid");
}

fn d_arc_1_a_timeline_shows_each_kind_to_who_may_see_its_list(app: &TestApp) {
    let customer = eventful(app);
    let path = format!("/customers/{customer}/timeline");
    let seen = |role: &str| {
        let items = app.actor(role, &[app.east()]).get(&path).ok().list("/items");
        let mut seen = kinds(&items);
        seen.sort();
        seen.dedup();
        seen
    };
    let mut all = ALL.map(String::from);
    all.sort();
    assert_eq!(seen("consultant"), all);
    assert_eq!(seen("cashier"), ["card", "sale"], "no texts of people");
    let cashier = app.cashier();
    cashier
        .get(&format!("{path}?kind=journal"))
        .expect_problem(403, "forbidden");
    let elsewhere = app.actor("consultant", &[app.west()]);
    elsewhere.get(&path).expect_problem(403, "forbidden");
    let foreign = app.server().second_chain();
    foreign.get(&path).expect_problem(404, "not_found");
    super::erasure::erase(app, &customer);
    let left = app.hq().get(&path).ok();
    let mut kept = kinds(&left.list("/items"));
    kept.sort();
    kept.dedup();
    assert_eq!(kept, ["card", "journal", "record", "sale", "task"]);
    assert!(
        left.list("/items").iter().all(|item| item["text"].is_null()),
        "{left:#}"
    );
}

fn d_arc_1_a_page_of_a_long_timeline_costs_what_one_of_a_short_one_does(app: &TestApp) {
    let (long, short, hq) = (app.customer("王芳").create(), app.customer("李娜").create(), app.hq());
    let write = |customer: &str, n: usize| {
        for _ in 0..n {
            let entry = json!({"category": "need", "description": "要小瓶"});
            hq.post(&format!("/customers/{customer}/journal"), &entry).created();
        }
    };
    write(&long, 1500);
    write(&short, 30);
    let took = |customer: &str| {
        let path = format!("/customers/{customer}/timeline?limit=10");
        let once = || {
            let began = Instant::now();
            assert_eq!(hq.get(&path).ok().list("/items").len(), 10);
            began.elapsed()
        };
        (0..15).map(|_| once()).min().expect("some")
    };
    took(&short);
    let (of_long, of_short) = (took(&long), took(&short));
    assert!(of_long < of_short * 3, "{of_long:?} against {of_short:?}");
}

fn history(app: &TestApp, customer: &str) -> Vec<Value> {
    let path = format!("/customers/{customer}/card-history");
    app.hq().get(&path).ok().list("/items")
}

fn nothing_in_clear(app: &TestApp) {
    let (files, tables) = (
        super::privacy::files(app.folder()),
        app.database().dump().unwrap_or_default(),
    );
    for secret in ["wang@example.com", "13812345678", "110105198706050026", "现款"] {
        let found = |bytes: &[u8]| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        let on_disk = files.iter().find(|(_, bytes)| found(bytes));
        assert!(on_disk.is_none() && !found(tables.as_bytes()), "{secret}");
    }
}

fn d_arc_1_earlier_values_of_a_card_are_kept_and_masked(app: &TestApp) {
    let card = json!({"contact": {"mail": "wang@example.com", "plates": ["京A12345"]}, "deal": {"terms": "现款"}});
    let form = app.customer("王芳").phone("13812345678").birthday("1990-05-01");
    let form = form.with("card", card).with("identity_number", "110105198706050026");
    let customer = form.create();
    assert_eq!(history(app, &customer), [Value::Null; 0], "nothing stood there before");
    patch(
        app,
        &customer,
        &json!({"phones": ["13912345678"], "birthday": null, "identity_number": null}),
    );
    app.set_now("2026-03-02 10:30");
    let card = json!({"contact": {"mail": null, "plates": []}, "deal": {"terms": "月结", "plans": "开店"}});
    patch(app, &customer, &json!({"name": "王小芳", "card": card}));
    patch(app, &customer, &json!({"card": {"deal": {"terms": "月结"}}}));
    let changes = history(app, &customer);
    assert_eq!(changes.len(), 2, "a change of nothing is none: {changes:#?}");
    let values = |change: &Value| -> Value {
        let fields = change.list("/fields").into_iter();
        fields
            .map(|field| (field.text("/field"), field["value"].clone()))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    assert_eq!(
        values(&changes[0]),
        json!({"name": "王芳", "card/contact/mail": "w***@example.com", "card/contact/plates": ["京A****5"],
            "card/deal/terms": "现款", "card/deal/plans": null})
    );
    let first = values(&changes[1]);
    assert_eq!(
        (
            &first["phones"],
            first.text("/birthday"),
            first.text("/identity_number")
        ),
        (
            &json!(["138****5678"]),
            "****-05-01".into(),
            "1****************6".into()
        )
    );
    assert!(changes[0].text("/at") > changes[1].text("/at"));
    assert!(changes[0]["staff_id"].is_string());
    let path = format!("/customers/{customer}/card-history");
    app.cashier().get(&path).expect_problem(403, "forbidden");
    app.actor("consultant", &[app.west()])
        .get(&path)
        .expect_problem(403, "forbidden");
    nothing_in_clear(app);
    let why = json!({"purpose": "asked"});
    let own = app.hq().post(&format!("/customers/{customer}/own-data"), &why).ok();
    assert_eq!(own.text("/card_history/1/earlier/phones/0"), "+8613812345678");
    // A number that the law takes away goes out of the history too.
    let body = json!({"scope": "identity", "customer_id": customer, "ground": "law"});
    let deletion = app.hq().post("/deletions", &body).created().text("/id");
    let second = super::erasure::second(app);
    second.post(&format!("/deletions/{deletion}/confirm"), &json!({})).ok();
    let left = values(&history(app, &customer)[1]);
    assert_eq!(
        (left.get("identity_number"), &left["phones"]),
        (None, &json!(["138****5678"]))
    );
}

fn d_arc_1_earlier_values_go_along_with_a_merge_and_away_with_the_person(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王芳芳").create());
    patch(app, &gone, &json!({"name": "王小芳"}));
    let merge = super::merges::merge(&app.hq(), &stays, &gone).created();
    assert_eq!(history(app, &stays)[0].text("/fields/0/value"), "王芳芳");
    super::merges::undo(&app.hq(), &merge).ok();
    assert_eq!((history(app, &stays).len(), history(app, &gone).len()), (0, 1));
    super::erasure::erase(app, &gone);
    assert_eq!(history(app, &gone), [Value::Null; 0]);
    let rows = app.database().dump().unwrap_or_default();
    assert!(!rows.contains("王芳芳"));
}
