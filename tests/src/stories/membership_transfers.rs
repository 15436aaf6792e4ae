//! A membership goes to another person, with both identities (D-CARD-13).

use super::prepaid::{top_up, with_value};
use crate::harness::{Actor, Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("membership_transfers":
        d_card_13_a_membership_goes_to_another_person_with_all_it_has,
        d_card_13_both_show_the_documents_that_are_on_record,
        d_card_13_what_the_holder_before_knew_of_the_card_is_gone,
        d_card_13_both_timelines_tell_of_it,
        d_card_13_value_is_checked_again_for_the_new_holder,
        d_card_13_what_is_open_is_settled_before_a_membership_goes,
        d_card_13_who_has_a_membership_gets_no_second_one,
        d_card_13_who_may_hand_a_membership_over,
    )
}

fn person(app: &TestApp, name: &str, document: &str) -> String {
    app.customer(name)
        .with("identity_kind", "passport")
        .with("identity_number", document)
        .create()
}

/// A member whose passport ends with 5678.
fn fang(app: &TestApp) -> Member {
    let customer = person(app, "王芳", "E12345678");
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer)
}

/// Somebody without a membership, whose passport ends with 4321.
fn lei(app: &TestApp) -> String {
    person(app, "李雷", "E87654321")
}

fn form(app: &TestApp, to: &str) -> Value {
    json!({
        "customer_id": to, "store_id": app.east(), "reason": "转给家人",
        "from_identity": {"kind": "passport", "last_four": "5678"},
        "to_identity": {"kind": "passport", "last_four": "4321"},
    })
}

fn send(actor: &Actor, member: &Member, form: &Value) -> Answer {
    actor.post(&format!("/memberships/{}/holder-transfers", member.membership), form)
}

fn hand_over(app: &TestApp, member: &Member, to: &str) -> Answer {
    send(&app.manager(), member, &form(app, to))
}

fn d_card_13_a_membership_goes_to_another_person_with_all_it_has(app: &TestApp) {
    with_value(app);
    let (member, to) = (fang(app), lei(app));
    top_up(app, &member, 500_00, Some("summer"));
    let before = app.card(&member);
    let entries = app.entries(&member);
    let done = hand_over(app, &member, &to).created();
    assert_eq!(
        (done.text("/from_customer_id"), done.text("/to_customer_id")),
        (member.customer.clone(), to.clone())
    );
    let after = app.card(&member);
    assert_eq!(after.text("/customer/id"), to);
    for same in [
        "number",
        "state",
        "kind",
        "balances",
        "tier",
        "valid_through",
        "membership_id",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(app.entries(&member), entries, "nothing moves");
    let bill = app.sale().customer(&to).line("tea", "drinks", 10_00).ring();
    assert_eq!(bill.body.text("/member/membership_id"), member.membership);
    let bill = app
        .sale()
        .customer(&member.customer)
        .line("tea", "drinks", 10_00)
        .ring();
    assert!(
        bill.body["member"].is_null() || bill.body["member"]["membership_id"].is_null(),
        "{:#}",
        bill.body
    );
    hand_over(app, &member, &to).expect_problem(422, "field_invalid");
    app.finish();
}

fn d_card_13_both_show_the_documents_that_are_on_record(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    let wrong = |pointer: &str, value: Value| {
        let mut wrong = form(app, &to);
        *wrong.pointer_mut(pointer).expect("a field") = value;
        send(&app.manager(), &member, &wrong)
            .expect_problem(422, "field_invalid")
            .text("/pointer")
    };
    assert_eq!(wrong("/from_identity/last_four", json!("4321")), "/from_identity");
    assert_eq!(wrong("/to_identity/last_four", json!("5678")), "/to_identity");
    assert_eq!(wrong("/to_identity/last_four", json!("1")), "/to_identity");
    assert_eq!(wrong("/to_identity/kind", json!("resident_id")), "/to_identity");
    assert_eq!(wrong("/reason", json!(" ")), "/reason");
    let unknown = app.customer("韩梅").create();
    let refused = hand_over(app, &member, &unknown).expect_problem(422, "field_invalid");
    assert_eq!(refused.text("/pointer"), "/to_identity", "nothing is on record");
    assert_eq!(app.card(&member).text("/customer/id"), member.customer);
    hand_over(app, &member, &to).created();
}

const PIN: &str = "471902";

fn d_card_13_what_the_holder_before_knew_of_the_card_is_gone(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    let pin = |more: Value| {
        let mut body = json!({"pin": PIN});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        app.manager().post(&format!("/cards/{}/pin", member.card), &body)
    };
    let code = || {
        let request = app.cashier().request("POST", &format!("/cards/{}/code", member.card));
        request.send().ok().text("/code")
    };
    let pay = |code: &str| {
        app.sale()
            .with("member", json!({"code": code}))
            .line("cream", "skin", 10_00)
            .post()
    };
    pin(json!({"identity_checked": true})).ok();
    pin(json!({"identity_checked": true})).expect_problem(409, "already_exists");
    let known = code();
    hand_over(app, &member, &to).created();
    pay(&known).expect_problem(409, "code_unusable");
    pin(json!({"identity_checked": true})).ok();
    app.set_now("2026-03-01 10:01:00");
    assert_eq!(
        pay(&code()).created().int("/points_earned"),
        10,
        "the next one is the new holder's"
    );
}

fn d_card_13_both_timelines_tell_of_it(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    hand_over(app, &member, &to).created();
    let told = |customer: &str| {
        let path = format!("/customers/{customer}/timeline?kind=membership");
        let items = app.hq().get(&path).ok().list("/items");
        let told = |item: &Value| (item.text("/what"), item.text("/subject_id"));
        items.iter().map(told).collect::<Vec<_>>()
    };
    let membership = member.membership.clone();
    assert_eq!(told(&member.customer), [("handed_over".to_owned(), membership.clone())]);
    assert_eq!(told(&to), [("taken_over".to_owned(), membership)]);
    let cards = app
        .hq()
        .get(&format!("/customers/{to}/timeline?kind=card"))
        .ok()
        .list("/items");
    assert_eq!(cards[0].text("/what"), "hand_over");
}

fn d_card_13_value_is_checked_again_for_the_new_holder(app: &TestApp) {
    with_value(app);
    let (member, to) = (fang(app), lei(app));
    let law = |version: &str, jurisdiction: &str| {
        let value = json!({"value": {"jurisdiction": jurisdiction, "class": "scale"}});
        app.hq().patch("/prepaid-issuer", version, &value).ok();
    };
    law("\"0\"", "HK");
    top_up(app, &member, 5000_01, None);
    law("\"1\"", "CN");
    let refused = hand_over(app, &member, &to).expect_problem(409, "prepaid_rule");
    assert_eq!((refused.int("/limit"), refused.int("/available")), (5000_00, 5000_01));
    app.sale_to(&member)
        .line("cream", "skin", 1_00)
        .tender("value", 1_00)
        .ring();
    hand_over(app, &member, &to).created();
    app.finish();
}

fn d_card_13_what_is_open_is_settled_before_a_membership_goes(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    let hold = json!({
        "card": member.number, "amount": 300, "minutes": 30, "purpose": "预订礼品", "store_id": app.east(),
    });
    let held = app.till().post("/holds", &hold).created();
    hand_over(app, &member, &to).expect_problem(409, "membership_holds");
    app.till()
        .post(&format!("/holds/{}/release", held.text("/id")), &json!({}))
        .ok();
    app.operate(&member.card, "freeze", json!({})).ok();
    hand_over(app, &member, &to).expect_problem(409, "card_blocked");
    app.operate(&member.card, "unfreeze", json!({})).ok();
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    app.redeem(&member.number, &app.reward("bag", 1100, None, None))
        .created();
    app.return_of(&bill).book_as_quoted();
    let refused = hand_over(app, &member, &to).expect_problem(409, "membership_holds");
    assert_eq!(refused.int("/left/0/available"), -100);
    app.sale_to(&member).line("cream", "skin", 100_00).ring();
    hand_over(app, &member, &to).created();
    app.finish();
}

fn d_card_13_who_has_a_membership_gets_no_second_one(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    app.sale().customer(&to).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&to);
    hand_over(app, &member, &to).expect_problem(409, "membership_exists");
    assert_eq!(app.card(&member).text("/customer/id"), member.customer);
}

fn d_card_13_who_may_hand_a_membership_over(app: &TestApp) {
    let (member, to) = (fang(app), lei(app));
    let west = app.actor("store_manager", &[app.west()]);
    for actor in [
        app.cashier(),
        app.actor("consultant", &[app.east()]),
        app.auditor(),
        west,
    ] {
        send(&actor, &member, &form(app, &to)).expect_problem(403, "forbidden");
    }
    let supervisor = app.actor("supervisor", &[app.east()]);
    send(&supervisor, &member, &form(app, &to)).created();
    app.finish();
}
