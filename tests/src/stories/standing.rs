//! Whose sale it is and as of when it is judged: several memberships of one customer (S9), the last valid day (S8), long
//! before the membership (S11), without a card (S12); who reports a loss (S21).

use crate::harness::{Field, Member, TestApp, time};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("standing":
        s9_a_sale_by_customer_names_one_of_several_memberships,
        s9_a_membership_is_named_for_its_own_customer_only,
        s8_a_sale_of_the_last_valid_day_earns_when_it_comes_after_midnight,
        s8_days_after_the_nightly_job_it_earns_and_ends_at_once,
        s8_an_exchange_of_the_last_valid_day_is_judged_as_of_then,
        s8_losses_and_freezes_count_as_of_now,
        s11_a_sale_of_long_ago_needs_a_reason_and_earns_nothing_before_the_membership,
        s12_a_membership_without_a_card_earns_where_the_program_says_so,
        s21_a_loss_by_phone_asks_the_call_back_questions,
        s21_at_the_counter_it_is_recorded_whether_the_document_was_seen,
    )
}

/// A customer with a membership in each of two programs, the older one first.
fn with_two(app: &TestApp) -> [Member; 2] {
    let first = app.member("王芳");
    let club = app.create_program("club");
    let body = json!({
        "program_id": club, "customer_id": first.customer, "store_id": app.east(), "kind": "customer",
    });
    let card = app.hq().post("/cards", &body).created();
    let second = Member::from_card(&first.customer, &card);
    [first, second]
}

fn s9_a_sale_by_customer_names_one_of_several_memberships(app: &TestApp) {
    let [first, second] = with_two(app);
    let before = [app.points(&first), app.points(&second)];
    let sale = app.sale().customer(&first.customer).line("cream", "skin", 10_00);
    for answer in [sale.quote(), sale.post()] {
        let problem = answer.expect_problem(409, "membership_ambiguous");
        let named: Vec<String> = problem.list("/memberships").iter().map(|m| m.text("/id")).collect();
        assert_eq!(named, [first.membership.clone(), second.membership.clone()]);
        assert_eq!(problem.text("/memberships/0/program/zh"), "会员");
    }
    let member = json!({"customer_id": first.customer, "membership_id": second.membership});
    let booked = sale.with("member", member).ring_as_quoted();
    assert_eq!(booked.body.text("/member/membership_id"), second.membership);
    assert_eq!(
        [app.points(&first), app.points(&second)],
        [before[0], before[1] + 10],
        "the one that was named earns"
    );
    // A card says which.
    assert_eq!(app.sale_to(&first).line("cream", "skin", 10_00).ring().earned(), 10);
}

fn s9_a_membership_is_named_for_its_own_customer_only(app: &TestApp) {
    let (wang, li) = (app.member("王芳"), app.member("李雷"));
    let sale = app.sale().line("cream", "skin", 10_00);
    let another = json!({"customer_id": wang.customer, "membership_id": li.membership});
    let problem = sale
        .clone()
        .with("member", another)
        .post()
        .expect_problem(404, "not_found");
    assert_eq!(problem.text("/pointer"), "/member/membership_id");
    let with_card = json!({"card": wang.number, "membership_id": wang.membership});
    let problem = sale
        .with("member", with_card)
        .post()
        .expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/member");
    // The only one needs no name, and may have one.
    let own = json!({"customer_id": wang.customer, "membership_id": wang.membership});
    assert_eq!(
        app.sale()
            .with("member", own)
            .line("cream", "skin", 10_00)
            .ring()
            .earned(),
        10
    );
    assert_eq!(
        app.sale()
            .customer(&wang.customer)
            .line("cream", "skin", 10_00)
            .ring()
            .earned(),
        10
    );
}

/// A member whose card is good to the end of 29 February 2028.
fn to_the_end(app: &TestApp) -> Member {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    app.member("王芳")
}

fn s8_a_sale_of_the_last_valid_day_earns_when_it_comes_after_midnight(app: &TestApp) {
    let member = to_the_end(app);
    app.set_now("2028-03-01 00:00:05");
    let by_card = app
        .sale_to(&member)
        .at("2028-02-29 23:50")
        .line("cream", "skin", 10_00)
        .ring_as_quoted();
    assert_eq!((by_card.earned(), by_card.body.text("/judged")), (10, "judged".into()));
    let by_customer = app.sale().customer(&member.customer).at("2028-02-29 23:50");
    assert_eq!(by_customer.line("cream", "skin", 20_00).ring_as_quoted().earned(), 20);
    assert_eq!(app.points(&member), 0, "they end with the membership");
    // Midnight itself is over.
    let late = app.sale_to(&member).at("2028-03-01 00:00").line("cream", "skin", 10_00);
    late.post().expect_problem(409, "card_blocked");
    // What pays with points is judged as of then too.
    let paying = app
        .sale_to(&member)
        .at("2028-02-29 23:51")
        .line("cream", "skin", 10_00)
        .points(5_00);
    assert_eq!(paying.ring_as_quoted().spent(), 500);
    app.night();
    assert_eq!(app.points(&member), 0);
}

fn s8_days_after_the_nightly_job_it_earns_and_ends_at_once(app: &TestApp) {
    let member = to_the_end(app);
    app.set_now("2028-03-01 02:00");
    app.night();
    app.set_now("2028-03-06 10:00");
    let sale = || app.sale_to(&member).at("2028-02-29 23:50").line("cream", "skin", 10_00);
    let booked = sale().ring_as_quoted();
    assert_eq!(booked.earned(), 10);
    let kinds: Vec<_> = booked
        .body
        .list("/entries")
        .iter()
        .map(|entry| entry.text("/kind"))
        .collect();
    assert_eq!(kinds, ["earn"], "its end is the membership's, not the bill's");
    let by_customer = app.sale().customer(&member.customer).at("2028-02-29 23:50");
    assert_eq!(by_customer.line("cream", "skin", 20_00).ring_as_quoted().earned(), 20);
    let paid = sale().points(5_00).ring_as_quoted();
    assert_eq!(paid.spent(), 500, "it had 1000 then");
    sale().points(6_00).post().expect_problem(409, "insufficient_points");
    assert_eq!(app.points(&member), 0);
    assert_eq!(
        app.entries(&member)
            .iter()
            .map(|entry| entry.int("/amount"))
            .sum::<i64>(),
        0
    );
    // Eight days are too long.
    app.set_now("2028-03-08 23:51");
    sale().post().expect_problem(422, "occurred_at_out_of_range");
}

fn s8_an_exchange_of_the_last_valid_day_is_judged_as_of_then(app: &TestApp) {
    let member = to_the_end(app);
    let reward = app.reward("mug", 300, None, None);
    let exchange = |at: &str| {
        let body = json!({
            "card": member.number, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(),
            "reward_id": reward, "occurred_at": time::instant(at),
        });
        app.till().post("/redemptions", &body)
    };
    app.set_now("2028-03-01 00:00:05");
    exchange("2028-02-29 23:50").created();
    exchange("2028-03-01 00:00").expect_problem(409, "card_blocked");
    app.night();
    app.set_now("2028-03-03 10:00");
    exchange("2028-02-29 23:50").created();
    exchange("2028-02-29 23:50").created();
    let problem = exchange("2028-02-29 23:50").expect_problem(409, "insufficient_points");
    assert_eq!(problem.int("/available"), 100);
    let entries = app.entries(&member);
    let undone: Vec<_> = entries
        .iter()
        .filter(|entry| entry["rule"] == "core.expiry_undone")
        .collect();
    assert_eq!(
        undone.iter().map(|entry| entry.int("/amount")).collect::<Vec<_>>(),
        [300, 300]
    );
    assert_eq!(entries.iter().map(|entry| entry.int("/amount")).sum::<i64>(), 0);
}

fn s8_losses_and_freezes_count_as_of_now(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2026-03-02 10:00");
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let before = app.sale_to(&member).at("2026-03-01 23:00").line("cream", "skin", 10_00);
    before.post().expect_problem(409, "card_blocked");
    // Nor does a cancelled card come back with the day before.
    let other = app.member("李雷");
    app.operate(&other.card, "cancel", json!({})).ok();
    let before = app.sale_to(&other).at("2026-03-02 09:59").line("cream", "skin", 10_00);
    before.post().expect_problem(409, "card_blocked");
}

fn s11_a_sale_of_long_ago_needs_a_reason_and_earns_nothing_before_the_membership(app: &TestApp) {
    let member = app.member("王芳");
    let old = |at: &str| {
        app.sale_to(&member)
            .by(&app.manager())
            .at(at)
            .line("cream", "skin", 1000_00)
    };
    let problem = old("2016-03-01 10:00").post().expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/reason");
    let blank = old("2016-03-01 10:00").with("reason", "  ").post();
    blank.expect_problem(422, "field_invalid");
    let booked = old("2016-03-01 10:00")
        .with("reason", "found in the binder")
        .ring_as_quoted();
    assert_eq!((booked.earned(), booked.body.text("/judged")), (0, "no_member".into()));
    assert!(
        booked.body.text("/not_earned/en").contains("2026-03-01"),
        "{:#}",
        booked.body
    );
    assert_eq!((app.points(&member), app.tier(&member)), (1000, "vip".into()));
    let kept = app.hq().get(&format!("/sales/{}", booked.id)).ok();
    assert_eq!(kept.text("/reason"), "found in the binder");
    let by_customer = old("2026-02-28 10:00").customer(&member.customer);
    let booked = by_customer.ring_as_quoted();
    assert_eq!(
        (booked.earned(), app.points(&member)),
        (0, 1000),
        "a day before it was opened"
    );
    // Later than the membership it earns, with a reason after a week.
    app.set_now("2026-04-01 10:00");
    let late = old("2026-03-02 10:00").with("reason", "power cut");
    assert_eq!(late.ring_as_quoted().earned(), 1000);
    assert_eq!(old("2026-03-28 10:00").ring_as_quoted().earned(), 1000);
    // A till may not, reason or none.
    let till = app.sale_to(&member).at("2026-03-02 10:00").line("cream", "skin", 10_00);
    till.with("reason", "power cut")
        .post()
        .expect_problem(422, "occurred_at_out_of_range");
}

fn s12_a_membership_without_a_card_earns_where_the_program_says_so(app: &TestApp) {
    let member = app.member("王芳");
    let sale = || app.sale().customer(&member.customer).line("cream", "skin", 10_00);
    // A lost card may be found again: the membership goes on.
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    assert_eq!(sale().ring_as_quoted().earned(), 10);
    app.operate(&member.card, "cancel", json!({})).ok();
    let without = sale().ring_as_quoted();
    assert_eq!(
        (without.earned(), without.body.text("/judged")),
        (0, "no_member".into())
    );
    assert!(
        without.body.text("/not_earned/zh").contains("没有卡"),
        "{:#}",
        without.body
    );
    assert_eq!(app.points(&member), 1010);
    app.configure().term("earn_without_card", true).publish();
    let with = sale().ring_as_quoted();
    assert_eq!((with.earned(), with.body["not_earned"].is_null()), (10, true));
    app.configure().term("earn_without_card", false).publish();
    let body = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
    app.hq().post("/cards", &body).created();
    assert_eq!(sale().ring_as_quoted().earned(), 10, "with a new card it does again");
}

fn s21_a_loss_by_phone_asks_the_call_back_questions(app: &TestApp) {
    let member = app.member("王芳");
    for unasked in [
        json!({}),
        json!({"caller_verified": false}),
        json!({"caller_verified": null}),
    ] {
        let problem = app
            .operate(&member.card, "report-loss", unasked)
            .expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/caller_verified");
    }
    assert_eq!(app.card(&member)["blocks"], json!([]));
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    assert_eq!(
        confirmed(app, &member),
        json!({"caller_verified": true, "questions": ["birthday"], "identity_checked": null})
    );
}

fn s21_at_the_counter_it_is_recorded_whether_the_document_was_seen(app: &TestApp) {
    for seen in [true, false] {
        let member = app.member("王芳");
        app.operate(&member.card, "report-loss", json!({"identity_checked": seen}))
            .ok();
        assert_eq!(app.card(&member)["blocks"], json!(["loss"]));
        assert_eq!(
            confirmed(app, &member),
            json!({"caller_verified": null, "identity_checked": seen})
        );
    }
}

/// What the audit log says was confirmed when the loss of a card was reported.
fn confirmed(app: &TestApp, member: &Member) -> Value {
    let entries = app.auditor().get("/audit?action=card.report_loss").ok().list("/items");
    let entry = entries.iter().find(|entry| entry["subject"] == json!(member.card));
    let detail = entry
        .unwrap_or_else(|| panic!("no report in {entries:#?}"))
        .text("/detail");
    serde_json::from_str::<Value>(&detail).expect("JSON")["detail"].clone()
}
