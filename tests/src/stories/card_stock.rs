//! Blank card stock: D-CARD-2, second half. Batches of numbers, parcels, cards out of stock, the register. Counts of them:
//! `card_counts.rs`; labels: `card_labels.rs`.

use crate::harness::{Actor, Answer, Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_stock":
        d_card_2_a_batch_has_numbers_that_nobody_has,
        d_card_2_a_large_batch_is_drawn_while_others_work,
        d_card_2_numbers_are_taken_away_by_few_and_noted,
        d_card_2_blanks_go_from_place_to_place,
        d_card_2_who_sent_a_parcel_doesnt_receive_it,
        d_card_2_what_differs_on_arrival_is_named,
        d_card_2_a_card_takes_its_blank_out_of_stock,
        d_card_2_a_blank_that_may_not_be_issued_is_refused_with_its_reason,
        d_card_2_one_blank_becomes_one_card,
        d_card_2_a_program_may_hand_out_blanks_only,
        d_card_2_lost_and_damaged_blanks_are_registered,
        d_card_2_each_store_sees_its_own_stock,
        d_card_2_what_doesnt_agree_is_named,
    )
}

/// A batch of cards for customers, at a store or (null) at HQ.
pub fn batch(app: &TestApp, store: impl Into<Value>, quantity: i32) -> String {
    let body = json!({
        "program_id": app.program(), "kind": "customer", "store_id": store.into(), "quantity": quantity, "name": "金卡",
    });
    app.hq().post("/card-batches", &body).created().text("/id")
}

/// A batch's numbers, by serial number.
pub fn numbers(app: &TestApp, batch: &str) -> Vec<String> {
    let path = format!("/card-batches/{batch}/numbers?format=json");
    let rows = app.hq().get(&path).ok();
    let rows = rows.as_array().expect("a list").clone();
    for (n, row) in rows.iter().enumerate() {
        assert_eq!(row.text("/serial"), (n + 1).to_string(), "in their order");
    }
    rows.iter().map(|row| row.text("/number")).collect()
}

/// How many blanks of a batch are in a state, at all places.
fn of(app: &TestApp, batch: &str, state: &str) -> i64 {
    let found = app.hq().get(&format!("/card-batches/{batch}")).ok();
    found.int(&format!("/counts/{state}"))
}

/// How many of a batch's blanks are in a state at a store.
pub fn at(app: &TestApp, store: &str, batch: &str, state: &str) -> i64 {
    let places = app.hq().get("/card-stock").ok().list("/items");
    let place = places.into_iter().find(|place| place["store_id"] == store);
    let lines = place.map(|place| place.list("/lines")).unwrap_or_default();
    let line = lines.into_iter().find(|line| line["batch_id"] == batch);
    line.map_or(0, |line| line.int(&format!("/counts/{state}")))
}

fn send(actor: &Actor, from: impl Into<Value>, to: impl Into<Value>, lines: &Value) -> Answer {
    let body = json!({"from_store_id": from.into(), "to_store_id": to.into(), "lines": lines});
    actor.post("/card-transfers", &body)
}

fn receive(actor: &Actor, transfer: &Value, body: &Value) -> Answer {
    actor.post(&format!("/card-transfers/{}/receive", transfer.text("/id")), body)
}

fn register(actor: &Actor, store: impl Into<Value>, state: &str, numbers: &[&String]) -> Answer {
    let body = json!({"store_id": store.into(), "state": state, "numbers": numbers, "reason": "印刷错位"});
    actor.post("/card-moves", &body)
}

/// Somebody who has bought enough for a card.
fn buyer(app: &TestApp, name: &str) -> String {
    let customer = app.customer(name).create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    customer
}

/// The cashier hands out the card of a number.
fn hand_out(app: &TestApp, customer: &str, number: &str) -> Answer {
    let body = json!({
        "program_id": app.program(), "customer_id": customer, "store_id": app.east(), "kind": "customer",
        "number": number,
    });
    app.cashier().post("/cards", &body)
}

fn d_card_2_a_batch_has_numbers_that_nobody_has(app: &TestApp) {
    let member = app.member("王芳");
    let first = batch(app, Value::Null, 60);
    let made = app.hq().get(&format!("/card-batches/{first}")).ok();
    assert_eq!((made.int("/quantity"), made.int("/drawn")), (60, 60));
    assert_eq!(made["counts"]["in_stock"], 60, "{made:#}");
    let (drawn, others) = (numbers(app, &first), numbers(app, &batch(app, app.east(), 40)));
    let all: BTreeSet<&String> = drawn.iter().chain(&others).chain([&member.number]).collect();
    assert_eq!(all.len(), 101, "none twice, and none of a card");
    for number in &drawn {
        assert!(number.len() == 14 && number.starts_with('9'), "{number}");
    }
    let mut sorted = drawn.clone();
    sorted.sort();
    assert_ne!(sorted, drawn, "a neighbour's number tells nothing");
    let listed = app.hq().get("/card-batches?limit=1").ok();
    assert_eq!(listed.text("/items/0/store_id"), app.east(), "the newest first");
    assert!(listed["next"].is_string());
    for (field, value) in [
        ("quantity", json!(0)),
        ("quantity", json!(20_001)),
        ("name", json!(" ")),
        ("valid_through", json!("2026-02-28")),
        ("program_id", json!(app.east())),
        ("store_id", json!(app.program())),
    ] {
        let mut body = json!({"program_id": app.program(), "kind": "customer", "quantity": 1, "name": "x"});
        body[field] = value;
        let problem = app
            .hq()
            .post("/card-batches", &body)
            .expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), format!("/{field}"));
    }
    let body = json!({"program_id": app.program(), "kind": "customer", "quantity": 1, "name": "x"});
    app.manager()
        .post("/card-batches", &body)
        .expect_problem(403, "forbidden");
}

fn d_card_2_a_large_batch_is_drawn_while_others_work(app: &TestApp) {
    let body = json!({"program_id": app.program(), "kind": "customer", "quantity": 3500, "name": "大批"});
    let made = app.hq().post("/card-batches", &body).created();
    assert!(
        (1000..=3500).contains(&made.int("/drawn")),
        "answered at once: {made:#}"
    );
    let path = format!("/card-batches/{}", made.text("/id"));
    super::messages::until(|| app.hq().get(&path).ok().int("/drawn") == 3500);
    assert_eq!(app.hq().get(&path).ok().int("/counts/in_stock"), 3500);
    let drawn: BTreeSet<String> = numbers(app, &made.text("/id")).into_iter().collect();
    assert_eq!(drawn.len(), 3500);
    app.night();
    assert_eq!(
        app.hq().get(&path).ok().int("/counts/in_stock"),
        3500,
        "nothing is left to draw"
    );
}

fn d_card_2_numbers_are_taken_away_by_few_and_noted(app: &TestApp) {
    let body = json!({"program_id": app.program(), "kind": "customer", "quantity": 5, "name": "=1+1,\"x\""});
    let id = app.hq().post("/card-batches", &body).created().text("/id");
    let path = format!("/card-batches/{id}/numbers");
    for actor in [app.manager(), app.cashier(), app.auditor()] {
        actor.get(&path).expect_problem(403, "forbidden");
        actor
            .get(&format!("/card-batches/{id}/labels"))
            .expect_problem(403, "forbidden");
    }
    let answer = app.hq().reading("zh-CN").get(&format!("{path}?first=2&last=4"));
    assert_eq!(answer.status, 200, "{:#}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("private, no-store"));
    let text = answer.body.as_str().expect("a text").to_owned();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "\u{feff}序号,卡号,状态,批次,导出标记");
    assert_eq!(lines.len(), 4, "{text}");
    assert!(
        lines[1].starts_with("2,9") && lines[1].contains(",在库,\"'=1+1,\"\"x\"\"\","),
        "{text}"
    );
    let looks = app.auditor().get("/access-log?kind=export").ok().list("/items");
    assert_eq!(looks.len(), 1, "who was refused took nothing away: {looks:#?}");
    assert_eq!(looks[0].text("/subject"), id);
    assert!(
        lines[1].contains(&looks[0].text("/number")),
        "the mark leads there: {text}"
    );
    app.hq()
        .get(&format!("{path}?first=2&last=6"))
        .expect_problem(422, "field_invalid");
    app.hq()
        .get(&format!("{path}?first=4&last=2"))
        .expect_problem(422, "field_invalid");
}

fn d_card_2_blanks_go_from_place_to_place(app: &TestApp) {
    let id = batch(app, Value::Null, 100);
    let lines = json!([{"batch_id": id, "first": 11, "last": 20}, {"batch_id": id, "count": 15}]);
    let sent = send(&app.hq(), Value::Null, app.east(), &lines).created();
    let ranges = [(11, 20), (1, 10), (21, 25)];
    let ranges: Vec<Value> = ranges
        .iter()
        .map(|(first, last)| json!({"batch_id": id, "first": first, "last": last}))
        .collect();
    assert_eq!(
        (sent.int("/quantity"), sent.list("/blanks")),
        (25, ranges),
        "the first ones that are there"
    );
    assert_eq!(sent.text("/state"), "sent");
    assert_eq!((of(app, &id, "in_stock"), of(app, &id, "in_transit")), (75, 25));
    assert_eq!(
        (
            at(app, app.east(), &id, "in_transit"),
            at(app, app.east(), &id, "in_stock")
        ),
        (25, 0)
    );
    let waiting = app.manager().get("/card-transfers?state=sent").ok().list("/items");
    assert_eq!(waiting[0]["id"], sent["id"]);
    // What is on its way can't be sent again.
    send(
        &app.hq(),
        Value::Null,
        app.west(),
        &json!([{"batch_id": id, "first": 25, "last": 26}]),
    )
    .expect_problem(409, "card_stock");
    let received = receive(&app.manager(), &sent, &json!({})).ok();
    assert_eq!((received.text("/state"), received.int("/lost")), ("received".into(), 0));
    receive(&app.manager(), &sent, &json!({})).expect_problem(409, "decided_already");
    assert_eq!(
        (
            at(app, app.east(), &id, "in_transit"),
            at(app, app.east(), &id, "in_stock")
        ),
        (0, 25)
    );
    // From store to store, by the store's manager; never more than there is.
    let short = send(
        &app.manager(),
        app.east(),
        app.west(),
        &json!([{"batch_id": id, "count": 26}]),
    );
    assert_eq!(short.expect_problem(409, "card_stock").int("/available"), 25);
    let problem = send(
        &app.manager(),
        app.east(),
        app.west(),
        &json!([{"batch_id": id, "first": 25, "last": 26}]),
    )
    .expect_problem(409, "card_stock");
    assert_eq!(
        (problem.text("/blank_state"), &problem["blank_store_id"]),
        ("in_stock".into(), &Value::Null)
    );
    send(
        &app.manager(),
        app.east(),
        app.west(),
        &json!([{"batch_id": id, "first": 99, "last": 101}]),
    )
    .expect_problem(422, "field_invalid");
    send(
        &app.manager(),
        app.west(),
        app.east(),
        &json!([{"batch_id": id, "count": 1}]),
    )
    .expect_problem(403, "forbidden");
    send(
        &app.manager(),
        Value::Null,
        app.east(),
        &json!([{"batch_id": id, "count": 1}]),
    )
    .expect_problem(403, "forbidden");
    send(
        &app.hq(),
        app.east(),
        app.east(),
        &json!([{"batch_id": id, "count": 1}]),
    )
    .expect_problem(422, "field_invalid");
    send(&app.hq(), Value::Null, app.east(), &json!([{"batch_id": id}])).expect_problem(422, "field_invalid");
    let onwards = send(
        &app.manager(),
        app.east(),
        app.west(),
        &json!([{"batch_id": id, "first": 3, "last": 4}]),
    );
    let onwards = onwards.created();
    receive(&app.actor("store_manager", &[app.west()]), &onwards, &json!({})).ok();
    assert_eq!(
        (
            at(app, app.east(), &id, "in_stock"),
            at(app, app.west(), &id, "in_stock")
        ),
        (23, 2)
    );
    // Every step stays.
    let moves = app.hq().get(&format!("/card-moves?batch_id={id}")).ok().list("/items");
    let steps: Vec<(String, i64, i64)> = moves
        .iter()
        .rev()
        .map(|step| (step.text("/step"), step.int("/first"), step.int("/last")))
        .collect();
    let step = |name: &str, first, last| (name.to_owned(), first, last);
    assert_eq!(
        steps,
        [
            step("made", 1, 100),
            step("sent", 11, 20),
            step("sent", 1, 10),
            step("sent", 21, 25),
            step("received", 1, 25),
            step("sent", 3, 4),
            step("received", 3, 4),
        ]
    );
    assert!(
        moves
            .iter()
            .all(|step| step["staff_id"].is_string() && step["at"].is_string()),
        "{moves:#?}"
    );
}

fn d_card_2_who_sent_a_parcel_doesnt_receive_it(app: &TestApp) {
    let id = batch(app, Value::Null, 10);
    let sent = send(
        &app.hq(),
        Value::Null,
        app.east(),
        &json!([{"batch_id": id, "count": 5}]),
    )
    .created();
    receive(&app.hq(), &sent, &json!({})).expect_problem(409, "second_person_needed");
    receive(&app.actor("store_manager", &[app.west()]), &sent, &json!({})).expect_problem(403, "forbidden");
    receive(&app.cashier(), &sent, &json!({})).expect_problem(403, "forbidden");
    assert_eq!(of(app, &id, "in_transit"), 5, "nothing of it has changed");
    receive(&app.manager(), &sent, &json!({})).ok();
}

fn d_card_2_what_differs_on_arrival_is_named(app: &TestApp) {
    let id = batch(app, Value::Null, 10);
    let sent = send(
        &app.hq(),
        Value::Null,
        app.east(),
        &json!([{"batch_id": id, "first": 1, "last": 8}]),
    )
    .created();
    let differ =
        |first: i32, last: i32, state: &str| json!({"batch_id": id, "first": first, "last": last, "state": state});
    let body = |differences: Value| json!({"differences": differences, "reason": "箱子破损"});
    receive(&app.manager(), &sent, &json!({"differences": [differ(2, 3, "lost")]}))
        .expect_problem(422, "field_invalid");
    for wrong in [
        json!([differ(8, 9, "lost")]),
        json!([differ(2, 3, "lost"), differ(3, 3, "damaged")]),
        json!([differ(3, 2, "lost")]),
    ] {
        receive(&app.manager(), &sent, &body(wrong)).expect_problem(422, "field_invalid");
    }
    let differences = json!([differ(2, 3, "lost"), differ(5, 5, "damaged")]);
    let received = receive(&app.manager(), &sent, &body(differences.clone())).ok();
    assert_eq!((received.int("/lost"), received.int("/damaged")), (2, 1));
    assert_eq!(
        (&received["differences"], received.text("/reason")),
        (&differences, "箱子破损".into())
    );
    let counted = ["in_stock", "in_transit", "lost", "damaged"].map(|state| at(app, app.east(), &id, state));
    assert_eq!(counted, [5, 0, 2, 1]);
    let registered = app.manager().get("/card-moves?registered=true").ok().list("/items");
    assert_eq!(registered.len(), 2, "{registered:#?}");
    assert!(registered.iter().all(|step| step["transfer_id"] == sent["id"]));
}

fn d_card_2_a_card_takes_its_blank_out_of_stock(app: &TestApp) {
    let id = batch(app, app.east(), 5);
    let numbers = numbers(app, &id);
    let customer = buyer(app, "王芳");
    // As scanners and people send it.
    let typed = format!("{} {}\r\n", &numbers[0][..6], &numbers[0][6..]);
    let card = hand_out(app, &customer, &typed).created();
    assert_eq!(card.text("/number"), numbers[0]);
    assert_eq!((of(app, &id, "issued"), of(app, &id, "in_stock")), (1, 4));
    let member = Member::from_card(&customer, &card);
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    let add = json!({
        "membership_id": member.membership, "store_id": app.east(), "kind": "customer", "number": numbers[1],
    });
    let further = app.cashier().post("/cards", &add).created();
    assert_eq!(further.text("/number"), numbers[1], "a supplementary card");
    let replace = json!({"reason": "折断", "store_id": app.east(), "number": numbers[2]});
    let replaced = app
        .cashier()
        .post(&format!("/cards/{}/replace", further.text("/id")), &replace)
        .created();
    assert_eq!(replaced.text("/number"), numbers[2]);
    let counted = ["in_stock", "issued"].map(|state| at(app, app.east(), &id, state));
    assert_eq!(counted, [2, 3]);
    let found = app.cashier().get(&format!("/blank-card?number={}", numbers[2])).ok();
    assert_eq!(
        (found.text("/state"), found.int("/serial"), found.text("/moves/0/step")),
        ("issued".into(), 3, "issued".into())
    );
    assert_eq!(found["moves"][0]["card_id"], replaced["id"]);
    // One that was handed out is a card's; one of no batch works as ever; what isn't a number isn't one.
    hand_out(app, &buyer(app, "李娜"), &numbers[1]).expect_problem(409, "already_exists");
    let elsewhere = "90000000000001";
    let own = hand_out(app, &buyer(app, "赵敏"), elsewhere);
    let problem = hand_out(app, &buyer(app, "钱进"), "90000000000002").expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/number");
    assert_eq!(own.created().text("/number"), elsewhere);
    let random = app.issue(&buyer(app, "孙丽"));
    assert!(!numbers.contains(&random.number));
    assert_eq!(of(app, &id, "in_stock"), 2);
}

fn d_card_2_a_blank_that_may_not_be_issued_is_refused_with_its_reason(app: &TestApp) {
    let here = numbers(app, &batch(app, app.east(), 6));
    let west = numbers(app, &batch(app, app.west(), 1));
    let hq = numbers(app, &batch(app, Value::Null, 1));
    let manager = app.manager();
    register(&manager, app.east(), "lost", &[&here[0]]).created();
    register(&manager, app.east(), "damaged", &[&here[1], &here[2]]).created();
    register(&manager, app.east(), "void", &[&here[2]]).created();
    let special = |body: Value| -> String {
        let mut all = json!({
            "program_id": app.program(), "kind": "customer", "store_id": app.east(), "quantity": 1, "name": "x",
        });
        all.as_object_mut()
            .expect("an object")
            .extend(body.as_object().expect("an object").clone());
        let id = app.hq().post("/card-batches", &all).created().text("/id");
        numbers(app, &id).remove(0)
    };
    let employee = special(json!({"kind": "employee"}));
    let other = special(json!({"program_id": app.create_program("other")}));
    let old = special(json!({"valid_through": "2026-03-01"}));
    let last_day = special(json!({"valid_through": "2026-03-02"}));
    app.set_now("2026-03-02 10:00");
    let customer = buyer(app, "王芳");
    let told = |number: &String| {
        let problem = hand_out(app, &customer, number).expect_problem(409, "card_stock");
        assert_eq!(problem.text("/pointer"), "/number");
        (
            problem.text("/blank_state"),
            problem["blank_store_id"].clone(),
            problem.text("/detail"),
        )
    };
    for (number, state, store, why) in [
        (&here[0], "lost", json!(app.east()), "lost"),
        (&here[1], "damaged", json!(app.east()), "damaged"),
        (&here[2], "void", json!(app.east()), "void"),
        (&west[0], "in_stock", json!(app.west()), "another store"),
        (&hq[0], "in_stock", Value::Null, "HQ"),
        (&employee, "in_stock", json!(app.east()), "another kind"),
        (&other, "in_stock", json!(app.east()), "another program"),
        (&old, "in_stock", json!(app.east()), "last day"),
    ] {
        let (found, place, detail) = told(number);
        assert_eq!((found.as_str(), place), (state, store), "{detail}");
        assert!(detail.contains(why), "{detail}");
    }
    hand_out(app, &customer, &last_day).created();
}

fn d_card_2_one_blank_becomes_one_card(app: &TestApp) {
    let id = batch(app, app.east(), 2);
    let number = &numbers(app, &id)[0];
    let customers: Vec<String> = (0..6).map(|n| buyer(app, &format!("顾客{n}"))).collect();
    app.cashier();
    let answers = at_once(customers.len(), |n| hand_out(app, &customers[n], number));
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.expect_problem(409, "already_exists");
    }
    assert_eq!((of(app, &id, "in_stock"), of(app, &id, "issued")), (1, 1));
}

fn d_card_2_a_program_may_hand_out_blanks_only(app: &TestApp) {
    let numbers = numbers(app, &batch(app, app.east(), 3));
    let before = app.issue(&buyer(app, "王芳"));
    let rules = app.cashier().get("/card-stock-rules");
    let version = rules.header("etag").expect("an ETag").to_owned();
    assert_eq!(
        rules.ok()["value"],
        json!({"stock_only": []}),
        "unless the chain says so"
    );
    let wrong = json!({"value": {"stock_only": [app.east()]}});
    app.hq()
        .patch("/card-stock-rules", &version, &wrong)
        .expect_problem(422, "field_invalid");
    let only = json!({"value": {"stock_only": [app.program()]}});
    app.manager()
        .patch("/card-stock-rules", &version, &only)
        .expect_problem(403, "forbidden");
    app.hq().patch("/card-stock-rules", &version, &only).ok();
    let customer = buyer(app, "李娜");
    app.apply(&customer).expect_problem(409, "card_stock");
    hand_out(app, &customer, "90000000000001").expect_problem(409, "card_stock");
    hand_out(app, &customer, &numbers[0]).created();
    let add = |number: Value| {
        let body = json!({
            "membership_id": before.membership, "store_id": app.east(), "kind": "customer", "number": number,
        });
        app.cashier().post("/cards", &body)
    };
    add(Value::Null).expect_problem(409, "card_stock");
    add(json!(numbers[1])).created();
    let replace = |number: Value| {
        let body = json!({"reason": "折断", "store_id": app.east(), "number": number});
        app.cashier().post(&format!("/cards/{}/replace", before.card), &body)
    };
    replace(Value::Null).expect_problem(409, "card_stock");
    replace(json!(numbers[2])).created();
    let other = app.create_program("other");
    app.member_of(&other, "赵敏");
}

fn d_card_2_lost_and_damaged_blanks_are_registered(app: &TestApp) {
    let id = batch(app, app.east(), 10);
    let numbers = numbers(app, &id);
    let manager = app.manager();
    let by_serial = |first: i32, last: i32, state: &str| {
        let blanks = json!([{"batch_id": id, "first": first, "last": last}]);
        let body = json!({"store_id": app.east(), "state": state, "blanks": blanks, "reason": "整包丢失"});
        manager.post("/card-moves", &body)
    };
    assert_eq!(by_serial(1, 4, "lost").created().int("/quantity"), 4);
    assert_eq!(
        register(&manager, app.east(), "damaged", &[&numbers[8], &numbers[8]])
            .created()
            .int("/quantity"),
        1
    );
    let counted = || ["in_stock", "lost", "damaged", "void"].map(|state| at(app, app.east(), &id, state));
    assert_eq!(counted(), [5, 4, 1, 0]);
    // Once more, or what can't be.
    let problem = by_serial(4, 5, "lost").expect_problem(409, "card_stock");
    assert_eq!(problem.text("/blank_state"), "lost");
    register(&manager, app.east(), "found", &[&numbers[8]]).expect_problem(409, "card_stock");
    register(&manager, app.east(), "lost", &[&"90000000000001".to_owned()]).expect_problem(422, "field_invalid");
    register(&app.cashier(), app.east(), "lost", &[&numbers[9]]).expect_problem(403, "forbidden");
    register(&manager, app.west(), "lost", &[&numbers[9]]).expect_problem(403, "forbidden");
    register(&app.hq(), app.west(), "lost", &[&numbers[9]]).expect_problem(409, "card_stock");
    register(&app.hq(), Value::Null, "lost", &[&numbers[9]]).expect_problem(409, "card_stock");
    assert_eq!(counted(), [5, 4, 1, 0], "what is refused changes nothing");
    by_serial(2, 2, "found").created();
    by_serial(1, 1, "void").created();
    register(&manager, app.east(), "void", &[&numbers[8]]).created();
    by_serial(1, 1, "found").expect_problem(409, "card_stock");
    assert_eq!(counted(), [6, 2, 0, 2]);
    let entries = app.auditor().get("/card-moves?registered=true").ok().list("/items");
    let told: Vec<String> = entries.iter().map(|entry| entry.text("/step")).collect();
    assert_eq!(told, ["void", "void", "found", "damaged", "lost"]);
    assert_eq!(
        (entries[4].text("/reason"), entries[4].int("/quantity")),
        ("整包丢失".into(), 4)
    );
    hand_out(app, &buyer(app, "王芳"), &numbers[1]).created();
}

fn d_card_2_each_store_sees_its_own_stock(app: &TestApp) {
    let (east, west) = (batch(app, app.east(), 3), batch(app, app.west(), 4));
    batch(app, Value::Null, 5);
    let stock = |actor: &Actor| {
        let places = actor.get("/card-stock").ok().list("/items");
        places
            .iter()
            .map(|place| place["store_id"].clone())
            .collect::<BTreeSet<_>>()
            .len()
    };
    let manager = app.manager();
    assert_eq!((stock(&app.hq()), stock(&app.auditor()), stock(&manager)), (3, 3, 1));
    let seen = manager.get("/card-batches").ok().list("/items");
    assert_eq!((seen.len(), seen[0].text("/id")), (1, east.clone()));
    manager.get(&format!("/card-batches/{east}")).ok();
    manager
        .get(&format!("/card-batches/{west}"))
        .expect_problem(404, "not_found");
    assert_eq!(manager.get("/card-moves").ok().list("/items").len(), 1);
    app.actor("consultant", &[app.east()])
        .get("/card-stock")
        .expect_problem(403, "forbidden");
    let apart = send(
        &app.hq(),
        Value::Null,
        app.west(),
        &json!([{"batch_id": west, "count": 1}]),
    );
    apart.expect_problem(409, "card_stock");
    let sent = send(
        &app.hq(),
        app.west(),
        Value::Null,
        &json!([{"batch_id": west, "count": 1}]),
    )
    .created();
    manager
        .get(&format!("/card-transfers/{}", sent.text("/id")))
        .expect_problem(404, "not_found");
    assert_eq!(manager.get("/card-transfers").ok().list("/items").len(), 0);
    let second = app.server().second_chain();
    second
        .get(&format!("/card-batches/{east}"))
        .expect_problem(404, "not_found");
    assert_eq!(second.get("/card-stock").ok().list("/items").len(), 0);
}

fn d_card_2_what_doesnt_agree_is_named(app: &TestApp) {
    let id = batch(app, app.east(), 4);
    assert_eq!(app.server().verify(), [""; 0]);
    let change = |sql: &str| {
        let mut conn = app.server().engine().database().connect().expect("a connection");
        conn.batch(sql).expect("an edit");
    };
    let there_and_back = |change_it: &str, mend_it: &str, expected: &str| {
        change(change_it);
        let problems = app.server().verify();
        assert!(
            problems.iter().any(|problem| problem.contains(expected)),
            "{expected}: {problems:#?}"
        );
        assert!(problems.iter().all(|problem| problem.contains(&id)), "{problems:#?}");
        change(mend_it);
        assert_eq!(app.server().verify(), [""; 0]);
    };
    there_and_back(
        "UPDATE card_stock SET quantity = quantity + 1",
        "UPDATE card_stock SET quantity = quantity - 1",
        "in_stock at",
    );
    there_and_back(
        "UPDATE card_blanks SET state = 'void' WHERE serial = 2",
        "UPDATE card_blanks SET state = 'in_stock' WHERE serial = 2",
        "2–2 aren't where their moves say",
    );
    there_and_back(
        "UPDATE card_batches SET drawn = 5",
        "UPDATE card_batches SET drawn = 4",
        "the number of blank cards",
    );
    there_and_back(
        "UPDATE card_moves SET first_serial = 0",
        "UPDATE card_moves SET first_serial = 1",
        "aren't where their moves say",
    );
}
