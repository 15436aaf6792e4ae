//! Rewards on their way to members: when and for whom, what stores have, how they are fetched, and those that are claimed on
//! a bill: D-RWD-1.

use super::files;
use crate::harness::{Answer, Field, Member, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("reward_claims":
        d_rwd_1_a_reward_has_its_window_and_its_days_of_the_week,
        d_rwd_1_a_reward_is_for_a_tier_and_above,
        d_rwd_1_each_member_has_so_many_pieces_and_no_more,
        d_rwd_1_a_store_counts_its_own_pieces,
        d_rwd_1_an_exchange_is_applied_for_then_ready_then_collected,
        d_rwd_1_what_nobody_fetches_is_cancelled_and_its_points_go_back,
        d_rwd_1_what_waits_is_cancelled_only_as_the_program_says,
        d_rwd_1_v12_a_reward_on_the_bill_is_booked_with_it_or_neither_is,
        d_rwd_1_v12_a_bill_cannot_pay_for_a_reward_with_what_it_earns,
        d_rwd_1_a_reward_has_a_picture,
    )
}

/// Gives a reward rules.
fn rules(app: &TestApp, reward: &str, rules: Value) -> Answer {
    let path = format!("/rewards/{reward}");
    let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
    app.hq().patch(&path, &version, &json!({"rules": rules}))
}

fn stock(app: &TestApp, reward: &str) -> i64 {
    app.hq().get(&format!("/rewards/{reward}")).ok().int("/stock")
}

/// An exchange that is fetched later.
fn apply(app: &TestApp, member: &Member, reward: &str) -> Answer {
    let body = json!({
        "card": member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reward_id": reward,
        "collect": "later",
    });
    app.till().post("/redemptions", &body)
}

fn step(app: &TestApp, redemption: &str, step: &str, body: Value) -> Answer {
    app.till().post(&format!("/redemptions/{redemption}/{step}"), &body)
}

fn fetched_by_its_holder() -> Value {
    json!({"collector": "holder", "identity_checked": true})
}

fn claims(app: &TestApp, query: &str) -> Vec<Value> {
    app.till().get(&format!("/reward-claims?{query}")).ok().list("/items")
}

fn d_rwd_1_a_reward_has_its_window_and_its_days_of_the_week(app: &TestApp) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 10, None, None);
    let tried = |set: Value| {
        rules(app, &mug, set).ok();
        let answer = app.redeem(&member.number, &mug);
        if answer.status != 201 {
            answer.expect_problem(409, "reward_unavailable");
            return false;
        }
        true
    };
    // 1 March 2026 is a Sunday.
    assert!(!tried(json!({"from": "2026-03-02"})));
    assert!(!tried(json!({"until": "2026-02-28"})));
    assert!(tried(json!({"from": "2026-03-01", "until": "2026-03-01"})));
    assert!(!tried(json!({"weekdays": [1, 2, 3, 4, 5, 6]})));
    assert!(tried(json!({"weekdays": [7]})));
    for (wrong, pointer) in [
        (json!({"from": "2026-03-02", "until": "2026-03-01"}), "/rules/until"),
        (json!({"weekdays": [8]}), "/rules/weekdays"),
        (json!({"member_limit": 0}), "/rules/member_limit"),
    ] {
        let problem = rules(app, &mug, wrong).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
    }
}

fn d_rwd_1_a_reward_is_for_a_tier_and_above(app: &TestApp) {
    let member = app.member("王芳");
    let bag = app.reward("bag", 10, None, None);
    rules(app, &bag, json!({"minimum_tier": "silver"})).ok();
    let problem = app
        .redeem(&member.number, &bag)
        .expect_problem(409, "reward_unavailable");
    assert_eq!(problem.text("/pointer"), "/reward_id");
    app.sale_to(&member).line("cream", "skin", 19000_00).ring();
    assert_eq!(app.tier(&member), "gold");
    app.redeem(&member.number, &bag).created();
}

fn d_rwd_1_each_member_has_so_many_pieces_and_no_more(app: &TestApp) {
    app.configure().rule("/cancellable_days", 7).publish();
    let (member, other) = (app.member("王芳"), app.member("李雷"));
    let mug = app.reward("mug", 10, None, None);
    rules(app, &mug, json!({"member_limit": 1})).ok();
    let first = app.redeem(&member.number, &mug).created().text("/id");
    app.redeem(&member.number, &mug)
        .expect_problem(409, "reward_unavailable");
    app.redeem(&other.number, &mug).created();
    // What is cancelled wasn't had.
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "wrong gift"});
    step(app, &first, "cancel", body).created();
    app.redeem(&member.number, &mug).created();
}

fn d_rwd_1_a_store_counts_its_own_pieces(app: &TestApp) {
    app.configure().rule("/cancellable_days", 7).publish();
    let member = app.member("王芳");
    let mug = app.reward("mug", 10, Some(5), None);
    let path = format!("/rewards/{mug}/stocks");
    let count = |was: Option<i64>, now: Option<i64>| {
        let body = json!({"store_id": app.east(), "was": was, "stock": now});
        app.manager().post(&path, &body)
    };
    let left = || app.hq().get(&path).ok()["items"][0]["stock"].as_i64();
    count(None, Some(1)).ok();
    let first = app.redeem(&member.number, &mug).created().text("/id");
    assert_eq!((left(), stock(app, &mug)), (Some(0), 5));
    let problem = app.redeem(&member.number, &mug).expect_problem(409, "out_of_stock");
    assert_eq!(problem.int("/available"), 0);
    // A stock-taking from before the exchange doesn't overwrite it.
    count(Some(1), Some(7)).expect_problem(412, "version_conflict");
    let body = json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "wrong gift"});
    step(app, &first, "cancel", body).created();
    assert_eq!(
        (left(), stock(app, &mug)),
        (Some(1), 5),
        "it goes back where it came from"
    );
    let elsewhere = json!({"store_id": app.west(), "was": null, "stock": 3});
    app.manager().post(&path, &elsewhere).expect_problem(403, "forbidden");
    count(Some(1), None).ok();
    app.redeem(&member.number, &mug).created();
    assert_eq!((left(), stock(app, &mug)), (None, 4), "now it takes from the chain's");
}

fn d_rwd_1_an_exchange_is_applied_for_then_ready_then_collected(app: &TestApp) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 300, Some(5), None);
    let applied = apply(app, &member, &mug).created();
    assert_eq!(applied.text("/state"), "applied");
    assert_eq!(
        (app.points(&member), stock(app, &mug)),
        (700, 4),
        "paid for, and put aside"
    );
    let id = applied.text("/id");
    let east = format!("store_id={}&state=applied", app.east());
    assert_eq!(claims(app, &east)[0].text("/redemption_id"), id);
    let early = step(app, &id, "collect", fetched_by_its_holder()).expect_problem(409, "claim_state");
    assert_eq!(early["allowed"], json!(["ready", "cancel"]));
    let ready = step(app, &id, "ready", json!({})).ok();
    assert_eq!(
        (ready.text("/state"), ready.text("/collect_by")),
        ("ready".into(), "2026-03-31".into())
    );
    assert!(claims(app, &east).is_empty());
    let unseen = json!({"collector": "representative", "identity_checked": false});
    let problem = step(app, &id, "collect", unseen).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/identity_checked");
    let sent = json!({"collector": "representative", "identity_checked": true});
    let collected = step(app, &id, "collect", sent).ok();
    assert_eq!(
        (collected.text("/state"), collected.text("/collector")),
        ("collected".into(), "representative".into())
    );
    for (again, body) in [("collect", fetched_by_its_holder()), ("ready", json!({}))] {
        step(app, &id, again, body).expect_problem(409, "claim_state");
    }
    // One that is handed over with the exchange never waits.
    let now = app.redeem(&member.number, &mug).created();
    assert_eq!(now.text("/state"), "collected");
    let mine = claims(app, &format!("membership_id={}", member.membership));
    assert_eq!(mine.len(), 2, "{mine:#?}");
}

fn d_rwd_1_what_nobody_fetches_is_cancelled_and_its_points_go_back(app: &TestApp) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 300, Some(5), None);
    rules(app, &mug, json!({"hold_days": 3})).ok();
    let forgotten = apply(app, &member, &mug).created().text("/id");
    let fetched = apply(app, &member, &mug).created().text("/id");
    for id in [&forgotten, &fetched] {
        assert_eq!(step(app, id, "ready", json!({})).ok().text("/collect_by"), "2026-03-04");
    }
    app.set_now("2026-03-04 22:00");
    app.night();
    assert_eq!(claims(app, "state=ready").len(), 2, "the last day isn't over");
    step(app, &fetched, "collect", fetched_by_its_holder()).ok();
    app.set_now("2026-03-05 02:00");
    app.night();
    assert_eq!((app.points(&member), stock(app, &mug)), (700, 4));
    assert_eq!(claims(app, "state=cancelled")[0].text("/redemption_id"), forgotten);
    step(app, &forgotten, "collect", fetched_by_its_holder()).expect_problem(409, "claim_state");
    app.set_now("2026-03-06 02:00");
    app.night();
    assert_eq!((app.points(&member), stock(app, &mug)), (700, 4), "once");
}

fn d_rwd_1_what_waits_is_cancelled_only_as_the_program_says(app: &TestApp) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 300, Some(5), None);
    let cancel = |id: &str| {
        let body =
            json!({"store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "changed her mind"});
        step(app, id, "cancel", body)
    };
    let never = apply(app, &member, &mug).created().text("/id");
    cancel(&never).expect_problem(409, "not_cancellable");
    app.configure().rule("/cancellable_days", 7).publish();
    let id = apply(app, &member, &mug).created().text("/id");
    step(app, &id, "ready", json!({})).ok();
    cancel(&id).created();
    assert_eq!((app.points(&member), stock(app, &mug)), (700, 4));
    step(app, &id, "collect", fetched_by_its_holder()).expect_problem(409, "claim_state");
}

fn d_rwd_1_v12_a_reward_on_the_bill_is_booked_with_it_or_neither_is(app: &TestApp) {
    let member = app.member("王芳");
    let (mug, cap) = (
        app.reward("mug", 300, Some(2), None),
        app.reward("cap", 100, None, None),
    );
    let claimed = json!([{"reward_id": mug, "quantity": 2}, {"reward_id": cap, "collect": "later"}]);
    let sale = app
        .sale_to(&member)
        .line("cream", "skin", 100_00)
        .with("rewards", claimed);
    let quoted = sale.quote().ok();
    assert_eq!(
        (quoted["rewards"][0]["points"].clone(), app.points(&member)),
        (json!(600), 1000)
    );
    let booked = sale.ring();
    assert_eq!(booked.earned(), 100);
    assert_eq!((app.points(&member), stock(app, &mug)), (1000 - 600 - 100 + 100, 0));
    let states: Vec<String> = booked
        .body
        .list("/rewards")
        .iter()
        .map(|reward| reward.text("/state"))
        .collect();
    assert_eq!(states, ["collected", "applied"]);
    assert_eq!(claims(app, &format!("membership_id={}", member.membership)).len(), 2);
    // The same bill again is the same.
    let again = sale.post().ok();
    assert_eq!(again["rewards"], booked.body["rewards"]);
    assert_eq!((app.points(&member), stock(app, &mug)), (400, 0));
    // There is none left: no bill either.
    let another = app.sale_to(&member).line("tea", "drinks", 20_00).receipt("R-9");
    let refused = another
        .clone()
        .with("rewards", json!([{"reward_id": cap}, {"reward_id": mug}]))
        .post();
    let problem = refused.expect_problem(409, "out_of_stock");
    assert_eq!(problem.int("/available"), 0);
    let booked = || {
        app.hq()
            .get(&format!("/sales?store_id={}&receipt=R-9", app.east()))
            .ok()
            .list("/items")
    };
    assert!(booked().is_empty() && app.points(&member) == 400);
    // The bill doesn't add up: no exchange either.
    let short = another
        .clone()
        .with("rewards", json!([{"reward_id": cap}]))
        .tender("cash", 30_00);
    short.post().expect_problem(422, "tenders_mismatch");
    assert_eq!((app.points(&member), claims(app, "state=applied").len()), (400, 1));
    let twice = another
        .clone()
        .with("rewards", json!([{"reward_id": cap}, {"reward_id": cap}]))
        .post();
    assert_eq!(
        twice.expect_problem(422, "field_invalid").text("/pointer"),
        "/rewards/1/reward_id"
    );
    let by_name = another
        .customer(&member.customer)
        .with("rewards", json!([{"reward_id": cap}]))
        .post();
    assert_eq!(by_name.expect_problem(422, "field_invalid").text("/pointer"), "/member");
}

fn d_rwd_1_v12_a_bill_cannot_pay_for_a_reward_with_what_it_earns(app: &TestApp) {
    let member = app.member("王芳");
    let bag = app.reward("bag", 1050, None, None);
    let sale = app.sale_to(&member).line("cream", "skin", 100_00);
    let claim = sale.clone().with("rewards", json!([{"reward_id": bag}])).post();
    let problem = claim.expect_problem(409, "insufficient_points");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (1000, 1050));
    sale.ring();
    app.redeem(&member.number, &bag).created();
}

fn d_rwd_1_a_reward_has_a_picture(app: &TestApp) {
    let mug = app.reward("mug", 300, None, None);
    let path = format!("/rewards/{mug}/picture");
    app.till().get(&path).expect_problem(404, "not_found");
    let send = |bytes: &[u8]| {
        let request = app.hq().request("POST", &path).key(&fresh_key());
        request.header("File-Name", "mug.png").file(bytes).send()
    };
    send(b"%PDF-1.7 a").expect_problem(422, "field_invalid");
    assert_eq!(send(&files::pixel()).ok().text("/reward_id"), mug);
    send(&files::pixel()).ok();
    let shown = app.till().get(&path);
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/jpeg")));
    assert!(
        shown.bytes.starts_with(&[0xff, 0xd8, 0xff]),
        "a JPEG, whatever was sent"
    );
}
