//! Blank card stock: D-CARD-2, second half. Batches of numbers, the register, who sees what. Parcels: `card_transfers.rs`;
//! cards out of stock: `cards_from_stock.rs`; counts: `card_counts.rs`; labels: `card_labels.rs`.

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_stock":
        d_card_2_a_batch_has_numbers_that_nobody_has,
        d_card_2_a_large_batch_is_drawn_while_others_work,
        d_card_2_a_batch_that_a_server_left_is_drawn_on,
        d_card_2_numbers_are_taken_away_by_few_and_noted,
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
pub fn of(app: &TestApp, batch: &str, state: &str) -> i64 {
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

pub fn send(actor: &Actor, from: impl Into<Value>, to: impl Into<Value>, lines: &Value) -> Answer {
    let body = json!({"from_store_id": from.into(), "to_store_id": to.into(), "lines": lines});
    actor.post("/card-transfers", &body)
}

pub fn register(actor: &Actor, store: impl Into<Value>, state: &str, numbers: &[&String]) -> Answer {
    let body = json!({"store_id": store.into(), "state": state, "numbers": numbers, "reason": "印刷错位"});
    actor.post("/card-moves", &body)
}

/// Somebody who has bought enough for a card.
pub fn buyer(app: &TestApp, name: &str) -> String {
    let customer = app.customer(name).create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    customer
}

/// The cashier hands out the card of a number.
pub fn hand_out(app: &TestApp, customer: &str, number: &str) -> Answer {
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

fn d_card_2_a_batch_that_a_server_left_is_drawn_on(app: &TestApp) {
    let id = batch(app, Value::Null, 5);
    let mut conn = app.server().engine().database().connect().expect("a connection");
    conn.batch("UPDATE card_batches SET quantity = 1200")
        .expect("as if it had stopped there");
    let path = format!("/card-batches/{id}");
    app.hq()
        .get(&format!("{path}/numbers"))
        .expect_problem(409, "card_stock");
    app.hq()
        .get(&format!("{path}/labels"))
        .expect_problem(409, "card_stock");
    assert_eq!(app.hq().get(&path).ok().int("/drawn"), 5);
    app.night();
    assert_eq!(app.hq().get(&path).ok().int("/counts/in_stock"), 1200);
    assert_eq!(numbers(app, &id).len(), 1200);
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
    assert_eq!(answer.header("cache-control"), Some("no-store"));
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
            .map(|place| place["store_id"].to_string())
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
