//! Passes: sessions of a service, sold, used, called off and paid back (D-BEA-2, D-CARD-12).

use super::prepaid::refund;
use crate::harness::{Answer, Field, Member, TestApp, time};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("passes":
        d_bea_2_a_pass_is_sold_and_used_session_by_session,
        d_bea_2_no_more_sessions_than_there_are_and_none_after_its_day,
        d_bea_2_many_hands_on_the_last_sessions,
        d_card_12_v6_a_use_called_off_comes_back_once,
        d_card_12_a_pass_is_paid_back_by_reason,
    )
}

/// Ten sessions of a facial, unless a story says otherwise.
pub fn pass_form(app: &TestApp, member: &Member, price: i64, list_price: i64) -> Value {
    json!({
        "member": {"card": member.number}, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(),
        "occurred_at": time::instant(&app.now()), "service": "facial", "name": "面部护理", "category": "treatment",
        "sessions": 10, "price": price, "list_price": list_price, "valid_through": null,
        "tenders": [{"kind": "cash", "amount": price}],
    })
}

#[track_caller]
pub fn sell(app: &TestApp, form: &Value) -> String {
    app.till().post("/passes", form).created().text("/sale/id")
}

pub fn use_sessions(app: &TestApp, pass: &str, sessions: i64, more: &Value) -> Answer {
    let mut body = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "sessions": sessions,
        "therapist_id": app.consultant(), "confirmation": {"signed": true},
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more.clone()) {
        body.extend(more);
    }
    app.cashier().post(&format!("/passes/{pass}/uses"), &body)
}

pub fn call_off(app: &TestApp, used: &str) -> Answer {
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "改期"});
    app.cashier().post(&format!("/pass-uses/{used}/cancel"), &body)
}

#[track_caller]
fn the_pass(app: &TestApp, member: &Member) -> Value {
    let listed = app.cashier().get(&format!("/memberships/{}/passes", member.membership));
    listed.ok().list("/items").remove(0)
}

fn sessions_of(app: &TestApp, member: &Member) -> i64 {
    let balances = app.card(member).list("/balances");
    let found = balances.iter().find(|balance| balance["asset"] == "session:facial");
    found.map_or(0, |balance| balance.int("/available"))
}

fn d_bea_2_a_pass_is_sold_and_used_session_by_session(app: &TestApp) {
    let member = app.member("王芳");
    let mut wanted = pass_form(app, &member, 1000_00, 150_00);
    (wanted["gifts"], wanted["valid_through"]) = (json!(2), json!("2026-12-31"));
    let quoted = app.till().request("POST", "/passes/quote").json(&wanted).send().ok();
    assert!(quoted["sale"]["id"].is_null());
    let sold = app.till().post("/passes", &wanted).created();
    assert_eq!(sold.int("/sale/points_earned"), 1000, "a pass counts when it is sold");
    assert_eq!(
        app.till().post("/passes", &wanted).ok(),
        sold,
        "the same receipt sells nothing more"
    );
    let mut other = wanted.clone();
    other["gifts"] = json!(3);
    app.till()
        .post("/passes", &other)
        .expect_problem(409, "receipt_conflict");
    let pass = sold.text("/sale/id");
    assert_eq!(sessions_of(app, &member), 12);
    let sale = app.hq().get(&format!("/sales/{pass}")).ok();
    assert_eq!(sale.int("/lines/0/list_amount"), 1500_00);
    let points = app.points(&member);
    let used = use_sessions(app, &pass, 2, &json!({"confirmation": {}, "card": member.number})).created();
    assert_eq!(used.int("/left"), 10);
    assert_eq!(app.points(&member), points, "using it earns nothing");
    let shown = the_pass(app, &member);
    assert_eq!(
        (shown.int("/left"), shown.text("/valid_through")),
        (10, "2026-12-31".to_owned())
    );
    let uses = app.cashier().get(&format!("/passes/{pass}/uses")).ok();
    assert_eq!(uses.text("/items/0/therapist_id"), app.consultant());
    assert_eq!(uses.text("/items/0/confirmation"), "card");
    let stranger = app.member("李娜");
    for (more, status, code) in [
        (json!({"confirmation": {}}), 409, "confirmation_needed"),
        (json!({"card": stranger.number}), 404, "not_found"),
        (json!({"therapist_id": member.customer}), 422, "field_invalid"),
    ] {
        use_sessions(app, &pass, 1, &more).expect_problem(status, code);
    }
    let nobody = json!({"customer_id": app.customer("赵敏").create()});
    let mut without = pass_form(app, &member, 1000_00, 150_00);
    without["member"] = nobody;
    app.till()
        .post("/passes", &without)
        .expect_problem(422, "field_invalid");
}

fn d_bea_2_no_more_sessions_than_there_are_and_none_after_its_day(app: &TestApp) {
    let member = app.member("王芳");
    let mut wanted = pass_form(app, &member, 1000_00, 150_00);
    wanted["valid_through"] = json!("2026-03-02");
    let pass = sell(app, &wanted);
    let problem = use_sessions(app, &pass, 11, &json!({})).expect_problem(409, "insufficient_value");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (10, 11));
    use_sessions(app, &pass, 0, &json!({})).expect_problem(422, "field_invalid");
    app.set_now("2026-03-02 23:00");
    use_sessions(app, &pass, 1, &json!({})).created();
    app.set_now("2026-03-03 00:30");
    app.night();
    use_sessions(app, &pass, 1, &json!({})).expect_problem(409, "pass_ended");
    let back = refund(app, "passes", &pass, "agreed");
    assert_eq!(back.int("/amount"), 900_00, "what was paid for isn't forfeited");
    let cheap = pass_form(app, &member, 1501_00, 150_00);
    app.till().post("/passes", &cheap).expect_problem(422, "field_invalid");
}

fn d_bea_2_many_hands_on_the_last_sessions(app: &TestApp) {
    let member = app.member("王芳");
    let pass = sell(app, &pass_form(app, &member, 1000_00, 150_00));
    let answers = crate::harness::at_once(16, |_| use_sessions(app, &pass, 1, &json!({})));
    let used = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(used, 10);
    assert_eq!(sessions_of(app, &member), 0);
}

fn d_card_12_v6_a_use_called_off_comes_back_once(app: &TestApp) {
    let member = app.member("王芳");
    let pass = sell(app, &pass_form(app, &member, 880_00, 120_00));
    let uses: Vec<String> = (0..4)
        .map(|_| use_sessions(app, &pass, 1, &json!({})).created().text("/id"))
        .collect();
    assert_eq!(the_pass(app, &member).int("/left"), 6);
    let answers = crate::harness::at_once(4, |_| call_off(app, &uses[3]));
    let called_off = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(called_off, 1);
    call_off(app, &uses[3]).expect_problem(409, "not_cancellable");
    assert_eq!(the_pass(app, &member).int("/left"), 7);
    let back = refund(app, "passes", &pass, "agreed");
    assert_eq!((back.int("/amount"), back.int("/used")), (616_00, 264_00));
    assert_eq!((the_pass(app, &member).int("/left"), sessions_of(app, &member)), (0, 0));
    call_off(app, &uses[2]).expect_problem(409, "not_cancellable");
    use_sessions(app, &pass, 1, &json!({})).expect_problem(409, "pass_ended");
}

fn d_card_12_a_pass_is_paid_back_by_reason(app: &TestApp) {
    let member = app.member("王芳");
    let pass = sell(app, &pass_form(app, &member, 1000_00, 150_00));
    let points = app.points(&member);
    use_sessions(app, &pass, 3, &json!({})).created();
    let preview = |reason: &str| {
        let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": reason});
        let path = format!("/passes/{pass}/refunds/quote");
        let quoted = app.manager().request("POST", &path).json(&body).send().ok();
        quoted.int("/amount")
    };
    assert_eq!(
        ["merchant", "agreed", "consumer", "within_7_days"].map(preview),
        [700_00, 700_00, 550_00, 700_00]
    );
    let goods = json!({
        "store_id": app.east(), "source": "till", "till": "T1", "receipt": app.next_receipt(),
        "occurred_at": time::instant(&app.now()), "lines": [], "reason": "x",
    });
    app.till()
        .post(&format!("/sales/{pass}/returns"), &goods)
        .expect_problem(409, "not_refundable");
    let back = refund(app, "passes", &pass, "consumer");
    assert_eq!((back.int("/amount"), back.int("/points")), (550_00, 550));
    assert_eq!(app.points(&member), points - 550, "its points go back in proportion");
    assert_eq!(
        back.list("/working")[1].text("/zh"),
        "已用 3 次按单次原价 150.00 计：450.00"
    );
    let again = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "agreed"});
    app.manager()
        .post(&format!("/passes/{pass}/refunds"), &again)
        .expect_problem(409, "not_refundable");
}
