//! How long a card is good: D-RET-4; the pain of an expiry that is shown but not enforced (10).

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("validity":
        d_ret_4_two_years_to_the_day_before,
        d_ret_4_29_february_is_two_years_to_the_end_of_february,
        d_ret_4_the_night_after_voids_the_card_and_expires_the_points,
        d_ret_4_a_new_membership_under_the_rules_then_in_force,
        d_ret_4_old_points_do_not_pass_over,
        d_ret_4_no_expiry_where_hq_says_so,
        pain_10_a_card_past_its_date_is_refused_before_any_job_has_run,
        d_card_7_an_expired_card_gets_no_new_number,
        pain_10_the_last_day_counts_until_midnight_in_the_store,
        pain_10_expired_points_cannot_be_returned_to_life,
        the_nightly_job_is_harmless_twice,
    )
}

fn d_ret_4_two_years_to_the_day_before(app: &TestApp) {
    let member = app.member("王芳");
    assert_eq!(member.issued.text("/valid_through"), "2028-02-29");
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    assert_eq!(
        (membership.text("/opened_on"), membership.text("/valid_through")),
        ("2026-03-01".into(), "2028-02-29".into())
    );
}

fn d_ret_4_29_february_is_two_years_to_the_end_of_february(app: &TestApp) {
    app.set_now("2028-02-29 10:00");
    assert_eq!(
        app.member("王芳").issued.text("/valid_through"),
        "2030-02-28",
        "two years later there is no 29th"
    );
}

fn d_ret_4_the_night_after_voids_the_card_and_expires_the_points(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-03-01 02:00");
    app.night();
    let card = app.card(&member);
    assert_eq!(card.text("/state"), "void");
    assert_eq!(app.balance(&member).available, 0);
    let entry = app.entries(&member).pop().expect("an entry");
    assert_eq!((entry.text("/kind"), entry.int("/amount")), ("expire".into(), -1000));
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    assert_eq!(membership.text("/state"), "closed");
}

fn d_ret_4_a_new_membership_under_the_rules_then_in_force(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-02-01 10:00");
    app.configure()
        .rule("/single_purchase", "1500.00")
        .rule("/validity_months", 12)
        .publish();
    app.set_now("2028-03-01 10:00");
    app.night();
    app.sale()
        .customer(&member.customer)
        .line("cream", "skin", 1000_00)
        .ring();
    app.apply(&member.customer).expect_problem(409, "not_eligible");
    app.sale()
        .customer(&member.customer)
        .line("cream", "skin", 1500_00)
        .ring();
    let renewed = app.issue(&member.customer);
    assert_ne!(
        (&renewed.membership, &renewed.number),
        (&member.membership, &member.number)
    );
    assert_eq!(renewed.issued.text("/valid_through"), "2029-02-28");
}

fn d_ret_4_old_points_do_not_pass_over(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-03-01 10:00");
    app.night();
    app.sale()
        .customer(&member.customer)
        .line("cream", "skin", 1200_00)
        .ring();
    let renewed = app.issue(&member.customer);
    assert_eq!((app.points(&member), app.points(&renewed)), (0, 1200));
}

fn d_ret_4_no_expiry_where_hq_says_so(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let member = app.member("王芳");
    assert!(member.issued["valid_through"].is_null());
    app.set_now("2036-03-01 10:00");
    app.night();
    assert_eq!(app.points(&member), 1000);
}

fn pain_10_a_card_past_its_date_is_refused_before_any_job_has_run(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    app.set_now("2028-03-01 00:00");
    let problem = app.redeem(&member.number, &reward).expect_problem(409, "card_blocked");
    assert_eq!(problem.text("/blocks/0"), "expired");
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    // By customer there is no membership any more: a sale like any other, without points.
    let sale = app
        .sale()
        .customer(&member.customer)
        .line("cream", "skin", 10_00)
        .ring();
    assert_eq!((sale.earned(), sale.body.text("/judged")), (0, "no_member".into()));
    assert_eq!(
        app.balance(&member).available,
        0,
        "what can't be spent isn't shown as available"
    );
}

fn pain_10_the_last_day_counts_until_midnight_in_the_store(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    app.set_now("2028-02-29 23:59:59");
    app.redeem(&member.number, &reward).created();
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 10);
}

fn pain_10_expired_points_cannot_be_returned_to_life(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    app.set_now("2028-02-29 10:00");
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).points(10_00).ring();
    assert_eq!((bill.spent(), app.points(&member)), (1000, 0));
    app.set_now("2028-03-01 10:00");
    app.night();
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (returned.int("/points/given_back"), returned.int("/points/expired")),
        (1000, 1000),
        "points of a lot that has expired meanwhile stay expired"
    );
    let last: Vec<(String, i64)> = app.entries(&member)[2..]
        .iter()
        .map(|entry| (entry.text("/kind"), entry.int("/amount")))
        .collect();
    assert_eq!(last, [("give_back".to_owned(), 1000), ("expire".to_owned(), -1000)]);
    assert_eq!(app.balance(&member).available, 0);
}

fn the_nightly_job_is_harmless_twice(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-03-01 02:00");
    app.night();
    let once = app.entries(&member);
    app.night();
    assert_eq!(app.entries(&member), once);
}

fn d_card_7_an_expired_card_gets_no_new_number(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-03-01 00:00");
    let replaced = app.operate(
        &member.card,
        "replace",
        json!({"store_id": app.east(), "cause": "damaged"}),
    );
    // No job has run yet; the night after says the same.
    replaced.expect_problem(409, "card_state");
}
