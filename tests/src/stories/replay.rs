//! Repeats: D-LED-4; the pain of an offline till whose retry doubles the points (4).

use crate::harness::{Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("replay":
        d_led_4_a_copy_gets_the_first_answer,
        d_led_4_concurrent_copies_book_once,
        d_led_4_a_key_with_another_body_is_refused,
        d_led_4_a_write_needs_a_key,
        d_led_4_a_key_is_one_chains_and_one_calls_own,
        d_led_4_a_refused_request_may_be_sent_again,
        d_led_4_a_receipt_with_other_content_is_a_conflict,
        d_led_4_a_receipt_is_one_days_and_one_tills,
        d_led_4_a_redemption_is_booked_once,
        pain_04_a_retry_with_a_new_key_does_not_double_points,
        pain_04_a_retry_weeks_later_replays,
        pain_04_a_replay_survives_what_has_happened_since,
        issuing_twice_gives_one_card,
    )
}

fn d_led_4_a_copy_gets_the_first_answer(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let key = fresh_key();
    let first = sale.post_with_key(&key).created();
    let copy = sale.post_with_key(&key);
    assert_eq!((copy.status, &copy.body), (201, &first));
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_concurrent_copies_book_once(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let key = fresh_key();
    let answers = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(|| sale.post_with_key(&key))).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer").created())
            .collect::<Vec<_>>()
    });
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "all get the one answer: {answers:#?}"
    );
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_a_key_with_another_body_is_refused(app: &TestApp) {
    let member = app.member("王芳");
    let key = fresh_key();
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post_with_key(&key)
        .created();
    let other = app.sale_to(&member).line("cream", "skin", 10_01);
    other.post_with_key(&key).expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_a_write_needs_a_key(app: &TestApp) {
    let body = app.sale().line("cream", "skin", 10_00).body();
    app.till()
        .request("POST", "/sales")
        .json(&body)
        .send()
        .expect_problem(400, "idempotency_key_missing");
    app.till()
        .request("POST", "/sales")
        .key("")
        .json(&body)
        .send()
        .expect_problem(400, "idempotency_key_missing");
    let store =
        json!({"code": "north", "name": "北店", "region_id": null, "time_zone": "Asia/Shanghai", "kind": "own"});
    app.hq()
        .request("POST", "/stores")
        .json(&store)
        .send()
        .expect_problem(400, "idempotency_key_missing");
    app.till().request("POST", "/sales/quote").json(&body).send().ok();
}

fn d_led_4_a_key_is_one_chains_and_one_calls_own(app: &TestApp) {
    let key = fresh_key();
    let member = app.member("王芳");
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post_with_key(&key)
        .created();
    let reward = app.reward("mug", 300, None, None);
    let body = json!({
        "card": member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reward_id": reward,
    });
    app.till()
        .request("POST", "/redemptions")
        .key(&key)
        .json(&body)
        .send()
        .expect_problem(422, "idempotency_key_reused");
}

fn d_led_4_a_refused_request_may_be_sent_again(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let key = fresh_key();
    app.operate(&member.card, "freeze", json!({})).ok();
    sale.post_with_key(&key).expect_problem(409, "card_blocked");
    app.operate(&member.card, "unfreeze", json!({})).ok();
    sale.post_with_key(&key).created();
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_a_receipt_with_other_content_is_a_conflict(app: &TestApp) {
    let member = app.member("王芳");
    let first = app.sale_to(&member).line("cream", "skin", 10_00).receipt("A-1").ring();
    let other = app.sale_to(&member).line("cream", "skin", 20_00).receipt("A-1");
    let problem = other.post().expect_problem(409, "receipt_conflict");
    assert_eq!(problem.text("/sale_id"), first.id, "the first bill is named");
    let nobodys = app.sale().line("cream", "skin", 10_00).receipt("A-1");
    nobodys.post().expect_problem(409, "receipt_conflict");
    assert_eq!(app.points(&member), 1010);
}

fn d_led_4_a_receipt_is_one_days_and_one_tills(app: &TestApp) {
    let sale = app.sale().line("cream", "skin", 10_00).receipt("A-1");
    let ids = [
        sale.ring().id,
        sale.clone().with("till", "T2").ring().id,
        sale.clone().with("source", "web").ring().id,
        sale.clone().store(app.west()).ring().id,
        // 23:30 in Shanghai is another business date than 00:30 of the next day, though one date in UTC.
        sale.clone().at("2026-02-27 23:30").ring().id,
        sale.clone().at("2026-02-28 00:30").ring().id,
    ];
    let mut distinct = ids.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len());
}

fn d_led_4_a_redemption_is_booked_once(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, Some(9), None);
    let body = json!({
        "card": member.number, "store_id": app.east(), "till": "T1", "receipt": "X-1", "reward_id": reward,
        "occurred_at": crate::harness::time::instant(&app.now()),
    });
    let first = app.till().post("/redemptions", &body).created();
    let again = app.till().post("/redemptions", &body);
    assert_eq!((again.status, again.body["id"].clone()), (200, first["id"].clone()));
    assert_eq!(app.points(&member), 700);
    assert_eq!(app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock"), 8);
}

fn pain_04_a_retry_with_a_new_key_does_not_double_points(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let first = sale.post().created();
    let retry = sale.post().ok();
    assert_eq!(
        (retry["id"].clone(), retry["points_earned"].clone()),
        (first["id"].clone(), first["points_earned"].clone())
    );
    assert_eq!(app.points(&member), 1010);
}

fn pain_04_a_retry_weeks_later_replays(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let first = sale.post().created();
    app.set_now("2026-05-01 10:00");
    let retry = sale.post();
    assert_eq!(
        (retry.status, retry.body["id"].clone()),
        (200, first["id"].clone()),
        "{:#}",
        retry.body
    );
    assert_eq!(app.points(&member), 1010);
}

fn pain_04_a_replay_survives_what_has_happened_since(app: &TestApp) {
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    let first = sale.post().created();
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let retry = sale.post();
    assert_eq!(
        (retry.status, retry.body["id"].clone()),
        (200, first["id"].clone()),
        "{:#}",
        retry.body
    );
    assert_eq!(retry.body["balances"], first["balances"], "what was answered then");
}

fn issuing_twice_gives_one_card(app: &TestApp) {
    let customer = app.customer("王芳").create();
    app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
    let body =
        json!({"program_id": app.program(), "customer_id": customer, "store_id": app.east(), "kind": "customer"});
    let manager = app.manager();
    let key = fresh_key();
    let answers = std::thread::scope(|scope| {
        let call = || manager.request("POST", "/cards").key(&key).json(&body).send().created();
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer").text("/number"))
            .collect::<Vec<_>>()
    });
    assert!(answers.iter().all(|number| *number == answers[0]), "{answers:?}");
}
