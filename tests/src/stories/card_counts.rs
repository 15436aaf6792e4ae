//! Counts of blank cards (定期清查): D-CARD-2.

use super::card_stock::{at, batch, numbers};
use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_counts":
        d_card_2_a_count_finds_the_differences,
        d_card_2_what_moves_while_it_is_counted_isnt_missing,
        d_card_2_who_counted_doesnt_sign,
        d_card_2_a_count_of_one_batch_at_hq,
        d_card_2_a_count_tells_no_numbers,
    )
}

fn begin(actor: &Actor, store: impl Into<Value>) -> Value {
    actor.post("/card-counts", &json!({"store_id": store.into()})).created()
}

fn path(count: &Value) -> String {
    format!("/card-counts/{}", count.text("/id"))
}

/// What scanned numbers come to.
fn scan(actor: &Actor, count: &Value, numbers: &[&str]) -> Vec<String> {
    let one = |number: &&str| {
        let counted = actor.post(&format!("{}/items", path(count)), &json!({"number": number}));
        counted.ok().text("/outcome")
    };
    numbers.iter().map(one).collect()
}

fn close(actor: &Actor, count: &Value) -> Answer {
    actor.post(&format!("{}/close", path(count)), &json!({}))
}

fn sign(actor: &Actor, count: &Value) -> Answer {
    actor.post(&format!("{}/sign", path(count)), &json!({"remark": "已核对"}))
}

fn register(app: &TestApp, state: &str, number: &str) {
    let body = json!({"store_id": app.east(), "state": state, "numbers": [number], "reason": "x"});
    app.manager().post("/card-moves", &body).created();
}

fn d_card_2_a_count_finds_the_differences(app: &TestApp) {
    let id = batch(app, app.east(), 6);
    let (here, west) = (numbers(app, &id), numbers(app, &batch(app, app.west(), 1)));
    register(app, "lost", &here[4]);
    register(app, "damaged", &here[5]);
    let count = begin(&app.cashier(), app.east());
    assert_eq!(count["counts"]["expected"], 4);
    let grouped = format!("{}-{}", &here[1][..4], &here[1][4..]);
    let told = scan(
        &app.cashier(),
        &count,
        &[
            &here[0],
            &grouped,
            &here[4],
            &here[5],
            &west[0],
            "90000000000001",
            &here[0],
        ],
    );
    assert_eq!(
        told,
        [
            "found",
            "found",
            "found_again",
            "surplus",
            "surplus",
            "unknown",
            "found"
        ]
    );
    let again = app
        .cashier()
        .post(&format!("{}/items", path(&count)), &json!({"number": here[0]}))
        .ok();
    assert_eq!(again["double"], true, "counted once");
    let open = app
        .cashier()
        .get(&format!("{}/items?part=open", path(&count)))
        .ok()
        .list("/items");
    assert_eq!(open.iter().map(|item| item.int("/serial")).collect::<Vec<_>>(), [3, 4]);
    sign(&app.manager(), &count).expect_problem(409, "card_stock");
    let closed = close(&app.cashier(), &count).ok();
    let counts = json!({
        "expected": 4, "open": 0, "found": 2, "missing": 2, "surplus": 2, "found_again": 1, "unknown": 1, "moved": 0,
    });
    assert_eq!(closed["counts"], counts);
    let differences = app
        .manager()
        .get(&format!("{}/items?part=differences", path(&count)))
        .ok()
        .list("/items");
    let told: Vec<String> = differences.iter().map(|item| item.text("/outcome")).collect();
    assert_eq!(
        told,
        ["missing", "missing", "found_again", "surplus", "surplus", "unknown"]
    );
    signed_by_another(app, (&id, &here), &count);
}

/// It is a finding until somebody else has signed it.
fn signed_by_another(app: &TestApp, (id, here): (&str, &[String]), count: &Value) {
    let stock = || ["in_stock", "lost", "damaged"].map(|state| at(app, app.east(), id, state));
    assert_eq!(stock(), [4, 1, 1]);
    scan_refused(app, count, &here[2]);
    let signed = sign(&app.manager(), count).ok();
    assert_eq!(
        (signed.text("/remark"), signed["signed_at"].is_string()),
        ("已核对".into(), true)
    );
    assert_eq!(stock(), [3, 2, 1], "two are missing, one was found again");
    sign(&app.manager(), count).expect_problem(409, "decided_already");
    let entries = app.hq().get("/card-moves?registered=true").ok().list("/items");
    let by_count: Vec<(String, i64, i64)> = entries
        .iter()
        .filter(|entry| entry["count_id"] == count["id"])
        .map(|entry| (entry.text("/step"), entry.int("/first"), entry.int("/last")))
        .collect();
    assert_eq!(by_count, [("found".to_owned(), 5, 5), ("lost".to_owned(), 3, 4)]);
    // What was missing turns up at the next count.
    let next = begin(&app.cashier(), app.east());
    assert_eq!(scan(&app.cashier(), &next, &[&here[3]]), ["found_again"]);
}

fn scan_refused(app: &TestApp, count: &Value, number: &str) {
    let body = json!({"number": number});
    app.cashier()
        .post(&format!("{}/items", path(count)), &body)
        .expect_problem(409, "decided_already");
    close(&app.cashier(), count).expect_problem(409, "decided_already");
}

fn d_card_2_what_moves_while_it_is_counted_isnt_missing(app: &TestApp) {
    let id = batch(app, app.east(), 5);
    let numbers = numbers(app, &id);
    let count = begin(&app.cashier(), app.east());
    let customer = app.customer("王芳").create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let card = json!({
        "program_id": app.program(), "customer_id": customer, "store_id": app.east(), "kind": "customer",
        "number": numbers[0],
    });
    app.cashier().post("/cards", &card).created();
    let lines = json!([{"batch_id": id, "first": 2, "last": 2}]);
    let parcel = json!({"from_store_id": app.east(), "to_store_id": app.west(), "lines": lines});
    app.manager().post("/card-transfers", &parcel).created();
    register(app, "lost", &numbers[2]);
    let closed = close(&app.cashier(), &count).ok();
    assert_eq!((closed.int("/counts/moved"), closed.int("/counts/missing")), (3, 2));
    // Missing when it was closed, handed out before it was signed.
    let customer = app.customer("李娜").create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let mut late = card;
    late["customer_id"] = json!(customer);
    late["number"] = json!(numbers[3]);
    app.cashier().post("/cards", &late).created();
    sign(&app.manager(), &count).ok();
    let stock = ["in_stock", "lost", "issued"].map(|state| at(app, app.east(), &id, state));
    assert_eq!(stock, [0, 2, 2]);
}

fn d_card_2_who_counted_doesnt_sign(app: &TestApp) {
    let numbers = numbers(app, &batch(app, app.east(), 3));
    let manager = app.manager();
    let count = begin(&app.cashier(), app.east());
    scan(&manager, &count, &[&numbers[0]]);
    close(&app.cashier(), &count).ok();
    sign(&manager, &count).expect_problem(409, "second_person_needed");
    sign(&app.cashier(), &count).expect_problem(403, "forbidden");
    sign(&app.actor("store_manager", &[app.west()]), &count).expect_problem(403, "forbidden");
    sign(&app.actor("finance", &[]), &count).ok();
    // Who began or closed it has had a hand in it as well.
    for (begins, closes) in [(&manager, &app.cashier()), (&app.cashier(), &manager)] {
        let count = begin(begins, app.east());
        close(closes, &count).ok();
        sign(&manager, &count).expect_problem(409, "second_person_needed");
        sign(&app.hq(), &count).ok();
    }
}

fn d_card_2_a_count_of_one_batch_at_hq(app: &TestApp) {
    let (one, other) = (batch(app, Value::Null, 3), batch(app, Value::Null, 4));
    let wanted = json!({"batch_id": one});
    app.manager()
        .post("/card-counts", &wanted)
        .expect_problem(403, "forbidden");
    app.hq()
        .post("/card-counts", &json!({"batch_id": app.east()}))
        .expect_problem(422, "field_invalid");
    let count = app.hq().post("/card-counts", &wanted).created();
    assert_eq!(count["counts"]["expected"], 3);
    let told = scan(&app.hq(), &count, &[&numbers(app, &one)[0], &numbers(app, &other)[0]]);
    assert_eq!(told, ["found", "found"], "of another batch, and at home here");
    app.manager().get(&path(&count)).expect_problem(403, "forbidden");
    assert_eq!(app.manager().get("/card-counts").ok().list("/items").len(), 0);
    assert_eq!(app.auditor().get("/card-counts").ok().list("/items").len(), 1);
}

fn d_card_2_a_count_tells_no_numbers(app: &TestApp) {
    let numbers = numbers(app, &batch(app, app.east(), 3));
    let count = begin(&app.manager(), app.east());
    scan(&app.manager(), &count, &[&numbers[0], "123 45"]);
    let items = app.manager().get(&format!("{}/items?limit=2", path(&count))).ok();
    let next = items.text("/next");
    let rest = app
        .manager()
        .get(&format!("{}/items?limit=2&after={next}", path(&count)))
        .ok();
    let shown: Vec<String> = items
        .list("/items")
        .iter()
        .chain(&rest.list("/items"))
        .map(|item| item.text("/number"))
        .collect();
    let last_four: Vec<String> = numbers.iter().map(|number| number[10..].to_owned()).collect();
    assert_eq!(shown[..3], last_four);
    assert_eq!(shown[3], "12345", "no blank's: as it was scanned");
}
