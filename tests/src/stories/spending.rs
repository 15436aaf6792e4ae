//! Paying with points: D-LED-3; the pains of points spent through another channel that are still there at the till (3),
//! of two bills that spend one balance (6), and of a cashier who can't choose how much to redeem (12).

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("spending":
        pain_12_the_cashier_chooses_how_much,
        pain_12_only_clean_steps,
        pain_12_no_more_than_the_share_of_the_bill,
        pain_03_what_another_channel_has_spent_is_gone_at_the_till,
        pain_06_two_bills_cannot_spend_one_balance,
        the_server_derives_the_points,
        more_points_than_there_are_is_refused,
        points_pay_only_where_the_program_says_so,
        the_till_reads_in_the_program_how_points_pay,
        points_need_a_member,
        d_led_3_maturing_points_cannot_be_spent,
        points_spent_come_before_points_earned,
        s17_what_is_possible_stands_in_the_refusal,
        s17_below_the_minimum_the_minimum_is_named,
        s10_a_bill_for_too_many_points_is_refused_with_the_limit,
    )
}

/// 100 points are worth 5.00, in steps of 100, up to half a bill.
fn program(app: &TestApp) {
    app.configure().points_pay(100, 5_00, 100, 500_000).publish();
}

fn pain_12_the_cashier_chooses_how_much(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    for (money, points, left) in [(5_00, 100, 995), (20_00, 400, 675), (0, 0, 775)] {
        let bill = app
            .sale_to(&member)
            .line("cream", "skin", 100_00)
            .points(money)
            .ring_as_quoted();
        assert_eq!((bill.spent(), bill.earned()), (points, (100_00 - money) / 100));
        assert_eq!(app.points(&member), left);
    }
}

fn pain_12_only_clean_steps(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    for money in [1, 4_99, 5_01, 7_50] {
        let answer = app.sale_to(&member).line("cream", "skin", 100_00).points(money).post();
        assert_eq!(answer.status, 422, "{money}: {:#}", answer.body);
        assert!(answer.body.to_string().contains("/tenders/0"), "{:#}", answer.body);
    }
    assert_eq!(app.points(&member), 1000);
}

fn pain_12_no_more_than_the_share_of_the_bill(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    app.sale_to(&member)
        .line("cream", "skin", 39_99)
        .points(20_00)
        .post()
        .expect_problem(422, "field_invalid");
    app.sale_to(&member)
        .line("cream", "skin", 40_00)
        .points(20_00)
        .ring_as_quoted();
}

fn pain_03_what_another_channel_has_spent_is_gone_at_the_till(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    let sale = || app.sale_to(&member).line("cream", "skin", 100_00).points(45_00);
    let online = sale().with("source", "web").ring_as_quoted();
    assert_eq!((online.spent(), app.points(&member)), (900, 155));
    let problem = sale().post().expect_problem(409, "insufficient_points");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (155, 900));
    let reward = app.reward("mug", 156, None, None);
    app.redeem(&member.number, &reward)
        .expect_problem(409, "insufficient_points");
}

fn pain_06_two_bills_cannot_spend_one_balance(app: &TestApp) {
    app.configure().points_pay(100, 5_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    let bills: Vec<_> = (0..8)
        .map(|_| app.sale_to(&member).line("cream", "skin", 20_00).points(20_00))
        .collect();
    let statuses = std::thread::scope(|scope| {
        let calls: Vec<_> = bills.iter().map(|bill| scope.spawn(|| bill.post())).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("an answer"))
            .map(|a| (a.status, a.body))
            .collect::<Vec<_>>()
    });
    let booked = statuses.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(booked, 2, "400 points each of 1000: {statuses:#?}");
    assert!(
        statuses
            .iter()
            .all(|(status, body)| *status == 201 || body["code"] == "insufficient_points"),
        "{statuses:#?}"
    );
    assert_eq!(app.points(&member), 200);
}

fn the_server_derives_the_points(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    let sale = app.sale_to(&member).line("cream", "skin", 100_00).points(10_00);
    let mut body = sale.body();
    body["tenders"][0]["points"] = serde_json::json!(1);
    app.till().post("/sales", &body).expect_problem(400, "body_invalid");
    assert_eq!(sale.ring().spent(), 200);
}

fn more_points_than_there_are_is_refused(app: &TestApp) {
    program(app);
    let member = app.member("王芳");
    let problem = app
        .sale_to(&member)
        .line("cream", "skin", 500_00)
        .points(55_00)
        .post()
        .expect_problem(409, "insufficient_points");
    assert_eq!((problem.int("/available"), problem.int("/needed")), (1000, 1100));
    app.sale_to(&member)
        .line("cream", "skin", 500_00)
        .points(50_00)
        .ring_as_quoted();
}

fn points_pay_only_where_the_program_says_so(app: &TestApp) {
    let member = app.member("王芳");
    let answer = app.sale_to(&member).line("cream", "skin", 100_00).points(5_00).post();
    assert_eq!(answer.status, 422, "{:#}", answer.body);
    assert_eq!(app.points(&member), 1000);
}

fn the_till_reads_in_the_program_how_points_pay(app: &TestApp) {
    let tender = || app.cashier().get("/programs").ok()["items"][0]["tender"].clone();
    assert!(tender().is_null());
    program(app);
    assert_eq!(
        tender(),
        serde_json::json!({"points": 100, "money": 5_00, "step": 100, "max_share_ppm": 500_000})
    );
}

fn points_need_a_member(app: &TestApp) {
    program(app);
    let answer = app.sale().line("cream", "skin", 100_00).points(5_00).post();
    assert_eq!(answer.status, 422, "{:#}", answer.body);
}

fn d_led_3_maturing_points_cannot_be_spent(app: &TestApp) {
    app.configure()
        .points_pay(100, 5_00, 100, 1_000_000)
        .term("maturing_days", 14)
        .publish();
    let member = app.member("王芳");
    assert_eq!(
        (app.balance(&member).available, app.balance(&member).maturing),
        (0, 1000)
    );
    let sale = || app.sale_to(&member).line("cream", "skin", 5_00).points(5_00);
    sale().post().expect_problem(409, "insufficient_points");
    app.set_now("2026-03-15 23:59");
    sale().post().expect_problem(409, "insufficient_points");
    app.set_now("2026-03-16 00:00");
    sale().ring_as_quoted();
    assert_eq!(
        (app.balance(&member).available, app.balance(&member).maturing),
        (900, 0)
    );
}

fn points_spent_come_before_points_earned(app: &TestApp) {
    app.configure().points_pay(100, 5_00, 100, 900_000).publish();
    let member = app.member("王芳");
    // The bill's own points can't pay it: 1000 are there, 1100 are asked, 61 would be earned.
    app.sale_to(&member)
        .line("cream", "skin", 116_00)
        .points(55_00)
        .post()
        .expect_problem(409, "insufficient_points");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 116_00)
        .points(50_00)
        .ring_as_quoted();
    let amounts: Vec<i64> = bill
        .body
        .list("/entries")
        .iter()
        .map(|entry| entry.int("/amount"))
        .collect();
    assert_eq!(
        amounts.first(),
        Some(&-1000),
        "two entries, spending first: {amounts:?}"
    );
    assert_eq!(amounts.iter().sum::<i64>(), -934);
}

fn s17_what_is_possible_stands_in_the_refusal(app: &TestApp) {
    app.configure().points_pay(100, 5_00, 100, 500_000).publish();
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", 1000_00).ring();
    let paying = |bill: i64, points: i64| app.sale_to(&member).line("cream", "skin", bill).points(points);
    let possible = |answer: crate::harness::Answer| {
        let problem = answer.expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), "/tenders/0/amount");
        (problem.int("/possible_points"), problem.int("/possible_amount"))
    };
    // 1050 points are 52.50.
    assert_eq!(possible(paying(200_00, 52_50).quote()), (1000, 50_00));
    assert_eq!(possible(paying(200_00, 52_50).post()), (1000, 50_00));
    assert_eq!(possible(paying(90_00, 50_00).post()), (900, 45_00), "half of the bill");
    assert_eq!(possible(paying(9_00, 5_00).post()), (0, 0));
    let problem = paying(400_00, 105_00).post().expect_problem(409, "insufficient_points");
    assert_eq!(
        (problem.int("/possible_points"), problem.int("/possible_amount")),
        (2000, 100_00)
    );
    assert_eq!(
        paying(200_00, 50_00).ring_as_quoted().spent(),
        1000,
        "what was said is possible"
    );
}

fn s17_below_the_minimum_the_minimum_is_named(app: &TestApp) {
    let tender = json!({"points": 100, "money": 5_00, "step": 100, "minimum": 250, "max_share_ppm": 500_000});
    app.configure().term("tender", tender).publish();
    let member = app.member("王芳");
    let paying = |points: i64| app.sale_to(&member).line("cream", "skin", 100_00).points(points);
    let problem = paying(10_00).post().expect_problem(422, "field_invalid");
    assert_eq!(
        (problem.int("/minimum_points"), problem.int("/minimum_amount")),
        (300, 15_00)
    );
    assert!(problem.text("/detail").contains("15.00 (300 points)"), "{problem:#}");
    assert_eq!(problem.int("/possible_points"), 1000);
    assert_eq!(paying(15_00).ring_as_quoted().spent(), 300);
    // A bill of which so much can't be paid with points is told so.
    let small = app.sale_to(&member).line("cream", "skin", 20_00).points(10_00);
    assert_eq!(
        small
            .post()
            .expect_problem(422, "field_invalid")
            .int("/possible_points"),
        0
    );
}

fn s10_a_bill_for_too_many_points_is_refused_with_the_limit(app: &TestApp) {
    let member = app.member("王芳");
    let refused = |sale: crate::harness::Sale| {
        let sale = sale.with("over_limit", true);
        for answer in [sale.quote(), sale.post()] {
            let problem = answer.expect_problem(422, "field_invalid");
            assert_eq!(
                (problem.text("/pointer"), problem.int("/limit")),
                ("/lines".into(), 9_007_199_254)
            );
            assert!(problem.text("/detail").contains("9007199254"), "{problem:#}");
        }
    };
    refused(app.sale_to(&member).line("ship", "other", 9_007_199_254_00));
    refused(app.sale_to(&member).line("ship", "other", 90_071_992_540_000_00));
    // Two lines that together are too much.
    let half = 4_503_599_628_00;
    refused(
        app.sale_to(&member)
            .line("ship", "other", half)
            .line("ship", "other", half),
    );
    assert_eq!(app.points(&member), 1000);
    assert_eq!(
        app.sale_to(&member)
            .with("over_limit", true)
            .line("boat", "other", 1_000_000_00)
            .ring()
            .earned(),
        1_000_000
    );
}
