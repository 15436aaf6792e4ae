//! Points that are set aside (D-LED-3), and what becomes of them when a card is lost (D-CARD-5).

use super::posting::adjust;
use crate::harness::{Answer, Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("holds":
        d_led_3_what_is_held_cannot_be_spent_elsewhere,
        d_led_3_a_capture_takes_at_most_what_is_held,
        d_led_3_a_hold_ends_by_itself_booked_or_not,
        d_led_3_what_expires_is_not_kept_alive_by_a_hold,
        d_led_3_a_hold_ends_once_whoever_is_first,
        d_led_3_two_holds_cannot_hold_one_balance,
        d_led_3_wrong_holds_are_told_by_field,
        d_card_5_a_loss_lets_go_what_the_card_held,
        d_card_5_another_card_of_the_membership_keeps_its_holds,
        d_led_3_value_is_held_and_sessions_are_not,
    )
}

fn hold_body(app: &TestApp, member: &Member, amount: i64, minutes: i64) -> Value {
    json!({
        "card": member.number, "amount": amount, "minutes": minutes, "purpose": "预订礼品", "store_id": app.east(),
    })
}

fn hold(app: &TestApp, member: &Member, amount: i64, minutes: i64) -> Answer {
    app.till().post("/holds", &hold_body(app, member, amount, minutes))
}

fn capture(app: &TestApp, hold: &Value, amount: i64) -> Answer {
    app.till().post(
        &format!("/holds/{}/capture", hold.text("/id")),
        &json!({ "amount": amount }),
    )
}

fn release(app: &TestApp, hold: &Value) -> Answer {
    app.till()
        .post(&format!("/holds/{}/release", hold.text("/id")), &json!({}))
}

#[track_caller]
fn stands(app: &TestApp, member: &Member) -> (i64, i64) {
    let balance = app.balance(member);
    (balance.available, balance.held)
}

fn d_led_3_what_is_held_cannot_be_spent_elsewhere(app: &TestApp) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
    let fang = app.member("王芳");
    let held = hold(app, &fang, 300, 30).created();
    assert_eq!(held.text("/state"), "open");
    assert_eq!(stands(app, &fang), (700, 300));
    let pay = |money| app.sale_to(&fang).line("cream", "skin", 20_00).points(money).post();
    let refused = pay(7_01).expect_problem(409, "insufficient_points");
    assert_eq!(refused.int("/available"), 700);
    app.redeem(&fang.number, &app.reward("bag", 701, None, None))
        .expect_problem(409, "insufficient_points");
    hold(app, &fang, 701, 30).expect_problem(409, "insufficient_points");
    adjust(app, &app.hq(), &fang, -701).expect_problem(409, "insufficient_points");
    let bill = app.sale_to(&fang).line("comb", "hair", 7_00).points(7_00).ring();
    assert_eq!((bill.spent(), stands(app, &fang)), (700, (0, 300)));
    let other = hold(app, &fang, 1, 30);
    other.expect_problem(409, "insufficient_points");
    let done = capture(app, &held, 200).ok();
    assert_eq!((done.text("/state"), done.int("/captured")), ("captured".into(), 200));
    assert_eq!(stands(app, &fang), (100, 0), "what is over is free again");
    let last = app.entries(&fang).pop().expect("an entry");
    assert_eq!((last.text("/id"), last.int("/amount")), (done.text("/entry_id"), -200));
    let listed = app.hq().get(&format!("/holds?membership_id={}", fang.membership)).ok();
    assert_eq!(listed.list("/items"), [done]);
    app.finish();
}

fn d_led_3_a_capture_takes_at_most_what_is_held(app: &TestApp) {
    let fang = app.member("王芳");
    let held = hold(app, &fang, 300, 30).created();
    let refused = capture(app, &held, 301).expect_problem(422, "field_invalid");
    assert_eq!(
        (refused.text("/pointer"), refused.int("/limit")),
        ("/amount".into(), 300)
    );
    capture(app, &held, 0).expect_problem(422, "field_invalid");
    let released = release(app, &held).ok();
    assert_eq!(
        (released.text("/state"), stands(app, &fang)),
        ("released".into(), (1000, 0))
    );
    capture(app, &held, 1).expect_problem(409, "hold_ended");
    release(app, &held).expect_problem(409, "hold_ended");
}

fn d_led_3_a_hold_ends_by_itself_booked_or_not(app: &TestApp) {
    let fang = app.member("王芳");
    let first = hold(app, &fang, 600, 30).created();
    hold(app, &fang, 400, 10_080).created();
    app.set_now("2026-03-01 10:29");
    assert_eq!(stands(app, &fang), (0, 1000));
    app.set_now("2026-03-01 10:30");
    assert_eq!(stands(app, &fang), (600, 400));
    let seen = |id: &Value| app.hq().get(&format!("/holds/{}", id.text("/id"))).ok();
    assert_eq!(
        (seen(&first).text("/state"), &seen(&first)["ended_at"]),
        ("expired".into(), &Value::Null)
    );
    capture(app, &first, 1).expect_problem(409, "hold_ended");
    release(app, &first).expect_problem(409, "hold_ended");
    app.redeem(&fang.number, &app.reward("bag", 600, None, None)).created();
    app.night();
    let after = seen(&first);
    assert_eq!(
        after.text("/ended_at"),
        after.text("/expires_at"),
        "written down as of its end"
    );
    app.set_now("2026-03-08 10:00");
    assert_eq!(stands(app, &fang), (400, 0));
    app.finish();
}

fn d_led_3_what_expires_is_not_kept_alive_by_a_hold(app: &TestApp) {
    app.configure()
        .term("expiry", json!({"kind": "per_lot", "months": 1}))
        .publish();
    let fang = app.member("王芳");
    app.set_now("2026-03-31 10:00");
    app.sale_to(&fang).line("comb", "hair", 100_00).ring();
    let held = hold(app, &fang, 1000, 10_080).created();
    app.set_now("2026-04-02 00:00");
    assert_eq!(app.balance(&fang).held, 1000);
    hold(app, &fang, 1, 10).expect_problem(409, "insufficient_points");
    app.night();
    let done = capture(app, &held, 1000).ok();
    assert_eq!((done.int("/captured"), app.points(&fang)), (100, 0), "what is left");
    let last = app.entries(&fang).pop().expect("an entry");
    assert_eq!(
        last.text("/explanation/zh"),
        "预留的1000中只剩100，已扣用（预订礼品）。"
    );
    app.finish();
}

fn d_led_3_a_hold_ends_once_whoever_is_first(app: &TestApp) {
    let fang = app.member("王芳");
    for _ in 0..3 {
        let before = app.points(&fang);
        let held = hold(app, &fang, 100, 30).created();
        let answers = at_once(16, |n| match n % 2 {
            0 => capture(app, &held, 100),
            _ => release(app, &held),
        });
        let (done, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(done.len(), 1, "one of them ended it");
        for answer in late {
            answer.expect_problem(409, "hold_ended");
        }
        let state = app.hq().get(&format!("/holds/{}", held.text("/id"))).ok();
        let spent = state.int("/captured");
        assert_eq!(spent, if state.text("/state") == "captured" { 100 } else { 0 });
        assert_eq!(stands(app, &fang), (before - spent, 0));
    }
    // The time is over just then: nothing of it is taken.
    let held = hold(app, &fang, 100, 30).created();
    let before = app.points(&fang);
    app.set_now("2026-03-01 10:30");
    for answer in at_once(6, |_| capture(app, &held, 100)) {
        answer.expect_problem(409, "hold_ended");
    }
    assert_eq!(stands(app, &fang), (before + 100, 0));
    app.finish();
}

fn d_led_3_two_holds_cannot_hold_one_balance(app: &TestApp) {
    let fang = app.member("王芳");
    let answers = at_once(10, |_| hold(app, &fang, 300, 30));
    let held = answers.into_iter().filter(|answer| answer.status == 201).count();
    assert_eq!((held, stands(app, &fang)), (3, (100, 900)));
    app.finish();
}

fn d_led_3_wrong_holds_are_told_by_field(app: &TestApp) {
    let fang = app.member("王芳");
    for (name, value) in [
        ("amount", json!(0)),
        ("minutes", json!(0)),
        ("minutes", json!(10_081)),
        ("purpose", json!(" ")),
        ("card", Value::Null),
    ] {
        let mut body = hold_body(app, &fang, 10, 30);
        body[name] = value;
        let refused = app.till().post("/holds", &body).expect_problem(422, "field_invalid");
        assert_eq!(refused.text("/pointer"), format!("/{name}"));
    }
    app.operate(&fang.card, "freeze", json!({})).ok();
    hold(app, &fang, 10, 30).expect_problem(409, "card_blocked");
    let mut body = hold_body(app, &fang, 10, 30);
    body["card"] = Value::Null;
    body["membership_id"] = json!(fang.membership);
    app.manager().post("/holds", &body).created();
    app.actor("consultant", &[app.east()])
        .post("/holds", &body)
        .expect_problem(403, "forbidden");
}

fn d_card_5_a_loss_lets_go_what_the_card_held(app: &TestApp) {
    let fang = app.member("王芳");
    let of_card = hold(app, &fang, 300, 60).created();
    let mut body = hold_body(app, &fang, 200, 60);
    body["card"] = Value::Null;
    body["membership_id"] = json!(fang.membership);
    let of_membership = app.manager().post("/holds", &body).created();
    assert_eq!(stands(app, &fang), (500, 500));
    app.operate(
        &fang.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    assert_eq!(
        stands(app, &fang),
        (1000, 0),
        "no card of it works: nothing is set aside any more"
    );
    capture(app, &of_card, 300).expect_problem(409, "hold_ended");
    capture(app, &of_membership, 200).expect_problem(409, "hold_ended");
    app.operate(&fang.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    assert_eq!(stands(app, &fang), (1000, 0), "found again, what was let go stays so");
    app.finish();
}

fn d_card_5_another_card_of_the_membership_keeps_its_holds(app: &TestApp) {
    let fang = app.member("王芳");
    let more = json!({"membership_id": fang.membership, "store_id": app.east(), "kind": "customer"});
    let second = app.manager().post("/cards", &more).created();
    let of_first = hold(app, &fang, 300, 60).created();
    let mut body = hold_body(app, &fang, 200, 60);
    body["card"] = json!(second.text("/number"));
    let of_second = app.till().post("/holds", &body).created();
    let lost = json!({"caller_verified": true, "questions": ["birthday"]});
    app.operate(&fang.card, "report-loss", lost).ok();
    assert_eq!(stands(app, &fang), (800, 200), "the membership goes on");
    capture(app, &of_first, 300).expect_problem(409, "hold_ended");
    capture(app, &of_second, 200).ok();
    assert_eq!(stands(app, &fang), (800, 0));
    app.finish();
}

fn d_led_3_value_is_held_and_sessions_are_not(app: &TestApp) {
    super::prepaid::with_value(app);
    let member = super::prepaid::known_member(app, "王芳");
    super::prepaid::top_up(app, &member, 500_00, Some("summer"));
    let mut body = hold_body(app, &member, 400_00, 60);
    body["asset"] = json!("principal");
    let held = app.till().post("/holds", &body).created();
    assert_eq!(super::prepaid::value_of(app, &member), (100_00, 100_00));
    let pay = |amount| {
        let sale = app.sale_to(&member).line("cream", "skin", amount);
        sale.tender("value", amount).post()
    };
    let refused = pay(200_01).expect_problem(409, "insufficient_value");
    assert_eq!(refused.int("/available"), 200_00);
    pay(200_00).created();
    assert_eq!(
        super::prepaid::value_of(app, &member),
        (0, 0),
        "half of each, by what is free"
    );
    capture(app, &held, 150_00).ok();
    assert_eq!(super::prepaid::value_of(app, &member), (250_00, 0));
    body["asset"] = json!("session:facial");
    app.till().post("/holds", &body).expect_problem(422, "field_invalid");
    app.finish();
}
