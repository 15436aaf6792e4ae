//! Parcels of blank cards between places: D-CARD-2.

use super::card_stock::{at, batch, of, send};
use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_transfers":
        d_card_2_blanks_go_from_place_to_place,
        d_card_2_a_parcel_holds_what_is_there,
        d_card_2_every_step_of_a_blank_stays,
        d_card_2_who_sent_a_parcel_doesnt_receive_it,
        d_card_2_what_differs_on_arrival_is_named,
    )
}

fn receive(actor: &Actor, transfer: &Value, body: &Value) -> Answer {
    actor.post(&format!("/card-transfers/{}/receive", transfer.text("/id")), body)
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
}

fn d_card_2_a_parcel_holds_what_is_there(app: &TestApp) {
    let id = batch(app, Value::Null, 100);
    let sent = send(
        &app.hq(),
        Value::Null,
        app.east(),
        &json!([{"batch_id": id, "count": 25}]),
    )
    .created();
    receive(&app.manager(), &sent, &json!({})).ok();
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
}

fn d_card_2_every_step_of_a_blank_stays(app: &TestApp) {
    let id = batch(app, Value::Null, 100);
    let lines = json!([{"batch_id": id, "first": 11, "last": 20}, {"batch_id": id, "count": 15}]);
    let sent = send(&app.hq(), Value::Null, app.east(), &lines).created();
    receive(&app.manager(), &sent, &json!({})).ok();
    let onwards = json!([{"batch_id": id, "first": 3, "last": 4}]);
    let onwards = send(&app.manager(), app.east(), app.west(), &onwards).created();
    receive(&app.actor("store_manager", &[app.west()]), &onwards, &json!({})).ok();
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
