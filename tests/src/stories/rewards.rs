//! The reward catalogue: D-RET-3 and D-RWD-1.

use crate::harness::{Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("rewards":
        d_ret_3_an_exchange_costs_the_catalogue_price,
        d_ret_3_an_exchange_cannot_be_cancelled,
        d_ret_3_another_chain_may_allow_days_to_cancel,
        d_ret_3_each_store_has_its_catalogue,
        d_rwd_1_points_must_suffice,
        d_rwd_1_exactly_enough_points_are_enough,
        d_rwd_1_the_last_piece_goes_once,
        d_rwd_1_an_inactive_reward_is_refused_before_the_balance_is_looked_at,
        d_rwd_1_rewards_for_some_tiers_only,
        d_rwd_1_hq_changes_a_reward_with_its_version,
        a_redemption_preview_says_what_the_exchange_does,
        s16_an_exchange_is_cancelled_until_its_last_day,
        s16_after_its_last_day_or_where_the_program_says_never_it_stays,
        s16_what_expired_meanwhile_stays_expired,
        s18_three_of_one_reward_are_one_exchange,
        s18_more_than_there_are_is_refused_whole,
    )
}

fn d_ret_3_an_exchange_costs_the_catalogue_price(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, Some(5), None);
    let exchanged = app.redeem(&member.number, &reward).created();
    assert_eq!(
        (exchanged.int("/points"), exchanged.text("/reward/id")),
        (300, reward.clone())
    );
    assert_eq!(app.points(&member), 700);
    assert_eq!(app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock"), 4);
    let entry = app.entries(&member).pop().expect("an entry");
    assert_eq!((entry.text("/kind"), entry.int("/amount")), ("redeem".into(), -300));
}

fn d_ret_3_an_exchange_cannot_be_cancelled(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    let exchanged = app.redeem(&member.number, &reward).created();
    assert!(exchanged["cancellable_until"].is_null(), "{exchanged:#}");
    // The exchange is a bill, but not one that can be returned.
    let body = json!({
        "store_id": app.east(), "source": "till", "till": "T1", "receipt": app.next_receipt(),
        "occurred_at": crate::harness::time::instant(&app.now()), "lines": [], "reason": "swap",
    });
    let path = format!("/sales/{}/returns", exchanged.text("/id"));
    app.till()
        .request("POST", &path)
        .key(&fresh_key())
        .json(&body)
        .send()
        .expect_problem(404, "not_found");
    assert_eq!(app.points(&member), 700);
}

fn d_ret_3_another_chain_may_allow_days_to_cancel(app: &TestApp) {
    app.configure().rule("/cancellable_days", 7).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    let exchanged = app.redeem(&member.number, &reward).created();
    assert_eq!(exchanged.text("/cancellable_until"), "2026-03-08");
}

fn d_ret_3_each_store_has_its_catalogue(app: &TestApp) {
    let member = app.member("王芳");
    let western = app.reward("scarf", 100, None, Some(app.west()));
    app.redeem(&member.number, &western)
        .expect_problem(409, "reward_unavailable");
    let eastern = app.reward("hat", 100, None, Some(app.east()));
    app.redeem(&member.number, &eastern).created();
}

fn d_rwd_1_points_must_suffice(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("bag", 1001, Some(1), None);
    let problem = app
        .redeem(&member.number, &reward)
        .expect_problem(409, "insufficient_points");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (1000, 1001));
    assert_eq!(
        app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock"),
        1,
        "the stock is untouched"
    );
}

fn d_rwd_1_exactly_enough_points_are_enough(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("bag", 1000, None, None);
    app.redeem(&member.number, &reward).created();
    assert_eq!(app.points(&member), 0);
}

fn d_rwd_1_the_last_piece_goes_once(app: &TestApp) {
    let members = [app.member("王芳"), app.member("李雷")];
    let reward = app.reward("mug", 300, Some(1), None);
    let answers = std::thread::scope(|scope| {
        let calls = members
            .each_ref()
            .map(|member| scope.spawn(|| app.redeem(&member.number, &reward)));
        calls.map(|call| call.join().expect("an answer"))
    });
    let mut statuses = answers.each_ref().map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let refused = answers
        .into_iter()
        .find(|answer| answer.status == 409)
        .expect("one was refused");
    refused.expect_problem(409, "out_of_stock");
    let left: i64 = members.iter().map(|member| app.points(member)).sum();
    assert_eq!(left, 1700, "one of the two paid");
}

fn d_rwd_1_an_inactive_reward_is_refused_before_the_balance_is_looked_at(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("bag", 5000, None, None);
    let found = app.hq().get(&format!("/rewards/{reward}"));
    let version = found.header("etag").expect("an ETag").to_owned();
    app.hq()
        .patch(&format!("/rewards/{reward}"), &version, &json!({"active": false}))
        .ok();
    app.redeem(&member.number, &reward)
        .expect_problem(409, "reward_unavailable");
}

fn d_rwd_1_rewards_for_some_tiers_only(app: &TestApp) {
    let rules = json!([{"reward": "bag", "tiers": ["gold"]}]);
    app.configure().rule("/reward_rules", rules).publish();
    let member = app.member("王芳");
    let reward = app.reward("bag", 100, None, None);
    let problem = app.redeem(&member.number, &reward).expect_problem(409, "rule_refused");
    assert!(!problem.list("/refusals").is_empty(), "the reason is told: {problem:#}");
    app.sale_to(&member).line("cream", "skin", 19000_00).ring();
    app.redeem(&member.number, &reward).created();
}

fn d_rwd_1_hq_changes_a_reward_with_its_version(app: &TestApp) {
    let reward = app.reward("mug", 300, Some(5), None);
    let path = format!("/rewards/{reward}");
    let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
    let unconditional = app
        .hq()
        .request("PATCH", &path)
        .key(&fresh_key())
        .json(&json!({"points": 200}))
        .send();
    unconditional.expect_problem(428, "precondition_required");
    app.hq().patch(&path, &version, &json!({"points": 200})).ok();
    app.hq()
        .patch(&path, &version, &json!({"points": 100}))
        .expect_problem(412, "version_conflict");
    assert_eq!(app.hq().get(&path).ok().int("/points"), 200);
}

fn a_redemption_preview_says_what_the_exchange_does(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, Some(1), None);
    let quoted = app.quote_redemption(&member.number, &reward).ok();
    assert!(quoted["id"].is_null());
    assert_eq!(app.points(&member), 1000, "a preview takes nothing");
    let booked = app.redeem(&member.number, &reward).created();
    for member in ["points", "reward", "entries", "balances", "cancellable_until"] {
        assert_eq!(quoted[member], booked[member], "{member}");
    }
    app.quote_redemption(&member.number, &reward)
        .expect_problem(409, "out_of_stock");
}

/// Cancels an exchange at the east store.
fn cancel(app: &TestApp, exchange: &Value) -> Answer {
    let path = format!("/redemptions/{}/cancel", exchange.text("/id"));
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "wrong gift"});
    let quoted = app.till().request("POST", &format!("{path}/quote")).json(&body).send();
    let answer = app.till().post(&path, &body);
    assert_eq!(quoted.status == 200, answer.status == 201, "the preview says the same");
    if quoted.status == 200 {
        let mut booked = answer.body.clone();
        booked["id"] = Value::Null;
        assert_eq!(quoted.body, booked);
    }
    answer
}

fn s16_an_exchange_is_cancelled_until_its_last_day(app: &TestApp) {
    app.configure().rule("/cancellable_days", 7).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, Some(5), None);
    let exchanged = app.redeem(&member.number, &reward).created();
    app.set_now("2026-03-08 23:59:59");
    let cancelled = cancel(app, &exchanged).created();
    assert_eq!(
        (cancelled.int("/points"), cancelled.int("/expired"), app.points(&member)),
        (300, 0, 1000)
    );
    assert_eq!(cancelled.text("/redemption_id"), exchanged.text("/id"));
    assert_eq!(app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock"), 5);
    let last = app.entries(&member).pop().expect("an entry");
    assert_eq!((last.text("/kind"), last.int("/amount")), ("give_back".into(), 300));
    assert_eq!(last.text("/redemption_id"), exchanged.text("/id"));
    cancel(app, &exchanged).expect_problem(409, "already_returned");
    // The same again is the same.
    let path = format!("/redemptions/{}/cancel", exchanged.text("/id"));
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": "C1", "reason": "wrong gift"});
    let second = app.redeem(&member.number, &reward).created();
    let path = path.replace(&exchanged.text("/id"), &second.text("/id"));
    let first = app.till().post(&path, &body).created();
    assert_eq!(app.till().post(&path, &body).ok()["id"], first["id"]);
    assert_eq!(app.points(&member), 1000);
    let of_a_sale = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    cancel(app, &json!({"id": of_a_sale.id})).expect_problem(404, "not_found");
}

fn s16_after_its_last_day_or_where_the_program_says_never_it_stays(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    let never = app.redeem(&member.number, &reward).created();
    cancel(app, &never).expect_problem(409, "not_cancellable");
    app.configure().rule("/cancellable_days", 7).publish();
    let exchanged = app.redeem(&member.number, &reward).created();
    app.set_now("2026-03-09 00:00");
    let problem = cancel(app, &exchanged).expect_problem(409, "not_cancellable");
    assert!(problem.text("/detail").contains("2026-03-08"), "{problem:#}");
    assert_eq!(app.points(&member), 400);
}

fn s16_what_expired_meanwhile_stays_expired(app: &TestApp) {
    app.configure().rule("/cancellable_days", 30).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    app.set_now("2028-02-29 10:00");
    let exchanged = app.redeem(&member.number, &reward).created();
    app.set_now("2028-03-01 02:00");
    app.night();
    let cancelled = cancel(app, &exchanged).created();
    assert_eq!((cancelled.int("/points"), cancelled.int("/expired")), (300, 300));
    assert_eq!(app.points(&member), 0);
}

fn exchange_of(app: &TestApp, card: &str, reward: &str, quantity: i64) -> Answer {
    let body = json!({
        "card": card, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reward_id": reward,
        "quantity": quantity,
    });
    app.till().post("/redemptions", &body)
}

fn s18_three_of_one_reward_are_one_exchange(app: &TestApp) {
    app.configure().rule("/cancellable_days", 7).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, Some(5), None);
    let exchanged = exchange_of(app, &member.number, &reward, 3).created();
    assert_eq!(
        (
            exchanged.int("/quantity"),
            exchanged.int("/points"),
            app.points(&member)
        ),
        (3, 900, 100)
    );
    let stock = || app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock");
    assert_eq!(stock(), 2);
    let spent: Vec<_> = app
        .entries(&member)
        .into_iter()
        .filter(|entry| entry["kind"] == "redeem")
        .collect();
    assert_eq!(spent.len(), 1, "one exchange");
    assert!(spent[0].text("/explanation/en").contains("× 3"), "{spent:#?}");
    let cancelled = cancel(app, &exchanged).created();
    assert_eq!((cancelled.int("/points"), stock(), app.points(&member)), (900, 5, 1000));
}

fn s18_more_than_there_are_is_refused_whole(app: &TestApp) {
    let member = app.member("王芳");
    let scarce = app.reward("mug", 300, Some(2), None);
    let problem = exchange_of(app, &member.number, &scarce, 3).expect_problem(409, "out_of_stock");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (2, 3));
    let dear = app.reward("bag", 400, None, None);
    let problem = exchange_of(app, &member.number, &dear, 3).expect_problem(409, "insufficient_points");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (1000, 1200));
    for wrong in [0, -1, 1001] {
        let problem = exchange_of(app, &member.number, &dear, wrong).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/quantity");
    }
    assert_eq!(app.points(&member), 1000);
}
