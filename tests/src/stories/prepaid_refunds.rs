//! Refunds of what was paid in advance (D-CARD-12), where goods come back, principal was drawn first, or time has gone by.

use super::passes::{self, call_off, use_sessions};
use super::prepaid::{known_member, refund, refund_form, top_up, value_of, with_value};
use crate::harness::{Field, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("prepaid_refunds":
        d_card_12_what_a_return_brings_back_is_paid_back_as_well,
        d_card_12_with_principal_first_the_bonus_left_stands_for_the_rest,
        d_card_12_seven_days_are_those_of_the_clock,
        d_card_12_a_use_called_off_was_no_use_before,
        d_card_12_goods_that_came_back_were_no_use_before,
        d_tier_2_a_pass_paid_back_undoes_its_tier,
        d_card_11_no_voucher_pays_in_advance,
    )
}

/// Kind, asset and amount of each entry.
fn moved(answer: &Value) -> Vec<(String, String, i64)> {
    let entries = answer.list("/entries");
    let told = |entry: &Value| (entry.text("/kind"), entry.text("/asset"), entry.int("/amount"));
    entries.iter().map(told).collect()
}

fn moves(of: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    of.iter()
        .map(|(kind, asset, amount)| (kind.to_string(), asset.to_string(), *amount))
        .collect()
}

fn d_card_12_what_a_return_brings_back_is_paid_back_as_well(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let paid_in = top_up(app, &member, 500_00, Some("summer")).text("/id");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 60_00)
        .tender("value", 60_00)
        .ring();
    assert_eq!(refund(app, "top-ups", &paid_in, "agreed").int("/amount"), 450_00);
    assert_eq!(value_of(app, &member), (0, 0));
    let again = refund_form(app, "agreed");
    app.manager()
        .post(&format!("/top-ups/{paid_in}/refunds"), &again)
        .expect_problem(409, "not_refundable");
    app.return_of(&bill).book();
    assert_eq!(
        value_of(app, &member),
        (50_00, 10_00),
        "the goods' price is value again"
    );
    let rest = refund(app, "top-ups", &paid_in, "agreed");
    assert_eq!(rest.int("/amount"), 50_00);
    assert_eq!(
        moved(&rest),
        moves(&[("refund", "principal", -50_00), ("lapse", "bonus", -10_00)])
    );
    assert_eq!(value_of(app, &member), (0, 0));
    let answers = at_once(4, |_| {
        let form = refund_form(app, "agreed");
        app.manager().post(&format!("/top-ups/{paid_in}/refunds"), &form).status
    });
    assert_eq!(answers, [409; 4], "nothing is left, however often it is asked");
    let listed = app
        .manager()
        .get(&format!("/memberships/{}/top-ups", member.membership))
        .ok();
    assert_eq!(listed.int("/items/0/refund/amount"), 500_00, "both together");
    app.finish();
}

fn d_card_12_with_principal_first_the_bonus_left_stands_for_the_rest(app: &TestApp) {
    let offer = json!({
        "code": "big", "name": {"zh": "大额", "en": "Big"},
        "steps": [{"from": 1000_00, "grant": {"amount": 250_00}}],
    });
    app.configure()
        .term("value", json!({"draw": "principal_first", "offers": [offer]}))
        .publish();
    let member = known_member(app, "王芳");
    let paid_in = top_up(app, &member, 1000_00, Some("big")).text("/id");
    app.sale_to(&member)
        .line("cream", "skin", 1000_00)
        .tender("value", 1000_00)
        .ring();
    assert_eq!(value_of(app, &member), (0, 250_00));
    let back = refund(app, "top-ups", &paid_in, "merchant");
    assert_eq!(
        (back.int("/used"), back.int("/amount")),
        (800_00, 200_00),
        "1000.00 of 1250.00"
    );
    assert_eq!(
        moved(&back),
        moves(&[("refund", "bonus", -200_00), ("lapse", "bonus", -50_00)])
    );
    assert_eq!(value_of(app, &member), (0, 0));
    app.finish();
}

fn d_card_12_seven_days_are_those_of_the_clock(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let paid_in = top_up(app, &member, 100_00, None).text("/id");
    let path = format!("/top-ups/{paid_in}/refunds");
    let mut form = refund_form(app, "within_7_days");
    form["occurred_at"] = json!("2026-02-20T10:00:00Z");
    app.manager()
        .post(&path, &form)
        .expect_problem(422, "occurred_at_out_of_range");
    app.set_now("2026-03-11 10:00");
    form["occurred_at"] = json!("2026-03-05T10:00:00Z");
    app.manager().post(&path, &form).expect_problem(409, "not_refundable");
    app.set_now("2026-03-08 10:00");
    app.manager().post(&path, &form).created();
}

fn d_card_12_a_use_called_off_was_no_use_before(app: &TestApp) {
    let member = app.member("王芳");
    let first = passes::sell(app, &passes::pass_form(app, &member, 1000_00, 150_00));
    let used = use_sessions(app, &first, 1, &json!({})).created().text("/id");
    app.set_now("2026-03-02 12:00");
    let second = passes::sell(app, &passes::pass_form(app, &member, 500_00, 100_00));
    let path = format!("/passes/{second}/refunds");
    let form = refund_form(app, "within_7_days");
    app.manager().post(&path, &form).expect_problem(409, "not_refundable");
    call_off(app, &used).created();
    assert_eq!(refund(app, "passes", &second, "within_7_days").int("/amount"), 500_00);
}

fn d_card_12_goods_that_came_back_were_no_use_before(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    top_up(app, &member, 100_00, None);
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 30_00)
        .tender("value", 30_00)
        .ring();
    app.set_now("2026-03-02 12:00");
    let second = top_up(app, &member, 200_00, None).text("/id");
    let form = refund_form(app, "within_7_days");
    app.manager()
        .post(&format!("/top-ups/{second}/refunds"), &form)
        .expect_problem(409, "not_refundable");
    app.return_of(&bill).book();
    assert_eq!(refund(app, "top-ups", &second, "within_7_days").int("/amount"), 200_00);
}

fn d_tier_2_a_pass_paid_back_undoes_its_tier(app: &TestApp) {
    let member = app.member("王芳");
    let pass = passes::sell(app, &passes::pass_form(app, &member, 4000_00, 600_00));
    assert_eq!(app.tier(&member), "silver", "5000.00 with the first purchase");
    use_sessions(app, &pass, 1, &json!({})).created();
    assert_eq!(refund(app, "passes", &pass, "consumer").int("/amount"), 3400_00);
    assert_eq!(app.tier(&member), "vip");
    app.finish();
}

fn d_card_11_no_voucher_pays_in_advance(app: &TestApp) {
    with_value(app);
    let member = known_member(app, "王芳");
    let form = json!({
        "card": member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "amount": 50_00,
        "tenders": [{"kind": "coupon", "amount": 50_00}],
    });
    let problem = app.till().post("/top-ups", &form).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/errors/0/pointer"), "/tenders/0");
    let mut pass = passes::pass_form(app, &member, 1000_00, 150_00);
    pass["tenders"] = json!([{"kind": "coupon", "amount": 1000_00}]);
    app.till().post("/passes", &pass).expect_problem(422, "field_invalid");
}
