//! The reward catalogue: D-RET-3 and D-RWD-1.

use crate::harness::{Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::json;

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
