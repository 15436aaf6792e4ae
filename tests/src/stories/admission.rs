//! Who may become a member: D-RET-1 and D-CARD-3.

use crate::harness::{Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::Value;

pub fn tests() -> Vec<Trial> {
    crate::stories!("admission":
        d_ret_1_one_purchase_of_exactly_1000_is_enough,
        d_ret_1_one_cent_less_is_refused,
        d_ret_1_purchases_of_half_a_year_add_up_to_2000,
        d_ret_1_half_a_year_includes_the_same_day_six_months_ago,
        d_ret_1_a_day_later_that_purchase_is_outside,
        d_ret_1_other_stores_do_not_count,
        d_ret_1_other_stores_count_where_the_scope_is_the_chain,
        d_ret_1_the_qualifying_purchase_earns_after_issue,
        d_ret_1_only_the_purchase_that_met_the_rule_earns,
        d_ret_1_the_register_form_must_be_complete,
        d_ret_1_a_returned_purchase_does_not_count,
        d_ret_1_rounding_is_not_paid,
        d_ret_1_points_are_not_paid,
        d_ret_1_a_purchase_counts_once_for_points,
        d_card_3_a_refusal_names_what_is_missing_and_until_when,
        d_card_3_all_reasons_come_at_once,
        d_card_3_hq_can_lower_the_threshold,
        one_open_membership_per_customer_and_program,
    )
}

/// A customer who bought for these amounts on these days at the east store; today is the last of them.
fn bought(app: &TestApp, purchases: &[(&str, i64)]) -> String {
    let customer = app.customer("王芳").create();
    for (day, amount) in purchases {
        app.set_now(&format!("{day} 12:00"));
        app.sale().customer(&customer).line("cream", "skin", *amount).ring();
    }
    customer
}

/// The English reasons of a refused application, by rule.
#[track_caller]
fn refused(answer: Answer) -> Vec<(String, String)> {
    let problem = answer.expect_problem(409, "not_eligible");
    let reasons = problem.list("/refusals");
    reasons
        .iter()
        .map(|reason| (reason.text("/rule"), reason.text("/explanation/en")))
        .collect()
}

fn d_ret_1_one_purchase_of_exactly_1000_is_enough(app: &TestApp) {
    let customer = bought(app, &[("2026-03-01", 1000_00)]);
    let card = app.apply(&customer).created();
    assert_eq!(card.text("/state"), "active");
}

fn d_ret_1_one_cent_less_is_refused(app: &TestApp) {
    let customer = bought(app, &[("2026-03-01", 999_99)]);
    let reasons = refused(app.apply(&customer));
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].1.contains("1000.00"), "the threshold is named: {reasons:?}");
}

fn d_ret_1_purchases_of_half_a_year_add_up_to_2000(app: &TestApp) {
    let customer = bought(
        app,
        &[("2026-01-10", 999_99), ("2026-02-10", 500_00), ("2026-03-01", 500_00)],
    );
    refused(app.apply(&customer));
    app.sale().customer(&customer).line("soap", "skin", 1).ring();
    app.apply(&customer).created();
}

fn d_ret_1_half_a_year_includes_the_same_day_six_months_ago(app: &TestApp) {
    let customer = bought(
        app,
        &[("2025-09-01", 700_00), ("2025-12-01", 700_00), ("2026-03-01", 600_00)],
    );
    app.apply(&customer).created();
}

fn d_ret_1_a_day_later_that_purchase_is_outside(app: &TestApp) {
    let customer = bought(
        app,
        &[("2025-09-01", 700_00), ("2025-12-01", 700_00), ("2026-03-01", 600_00)],
    );
    app.set_now("2026-03-02 00:00");
    let reasons = refused(app.apply(&customer));
    assert!(reasons[0].1.contains("700.00 more"), "{reasons:?}");
}

fn d_ret_1_other_stores_do_not_count(app: &TestApp) {
    let customer = app.customer("王芳").create();
    app.sale()
        .store(app.west())
        .customer(&customer)
        .line("cream", "skin", 1500_00)
        .ring();
    refused(app.apply(&customer));
    app.apply_at(&customer, app.west()).created();
}

fn d_ret_1_other_stores_count_where_the_scope_is_the_chain(app: &TestApp) {
    app.configure().rule("/scope", "chain").publish();
    let customer = app.customer("王芳").create();
    app.sale()
        .store(app.west())
        .customer(&customer)
        .line("cream", "skin", 1500_00)
        .ring();
    app.apply(&customer).created();
}

fn d_ret_1_the_qualifying_purchase_earns_after_issue(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let bill = app.sale().customer(&customer).line("cream", "skin", 1234_50).ring();
    assert_eq!(
        (bill.earned(), bill.body.text("/judged")),
        (0, "no_member".into()),
        "nobody's points yet"
    );
    let member = app.issue(&customer);
    assert_eq!(app.points(&member), 1234);
    let entries = app.entries(&member);
    assert_eq!(entries.len(), 1, "{entries:#?}");
    assert_eq!(
        (entries[0].text("/sale_id"), entries[0].int("/amount")),
        (bill.id.clone(), 1234)
    );
    assert_eq!(
        member.issued.list("/entries").len(),
        1,
        "the answer to the issue shows it"
    );
    // Booked to the membership now, so it can be returned with its points.
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&member), 0);
}

fn d_ret_1_only_the_purchase_that_met_the_rule_earns(app: &TestApp) {
    let customer = bought(
        app,
        &[("2026-01-10", 700_00), ("2026-02-10", 700_00), ("2026-03-01", 650_00)],
    );
    let member = app.issue(&customer);
    assert_eq!(app.points(&member), 650);
}

fn d_ret_1_the_register_form_must_be_complete(app: &TestApp) {
    let fields = [
        ("birthday", "birthday"),
        ("consultant_id", "consultant"),
        ("phones", "phone"),
    ];
    for (field, named) in fields {
        let empty = if field == "phones" {
            Value::Array(Vec::new())
        } else {
            Value::Null
        };
        let customer = app.customer("王芳").with(field, empty).create();
        app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
        let reasons = refused(app.apply(&customer));
        assert_eq!(reasons.len(), 1, "only the form is at fault: {reasons:?}");
        assert!(reasons[0].1.contains(named), "{named} is named: {reasons:?}");
        let others = ["birthday", "consultant", "phone"]
            .into_iter()
            .filter(|other| *other != named);
        assert!(
            others.into_iter().all(|other| !reasons[0].1.contains(other)),
            "nothing else is: {reasons:?}"
        );
    }
}

fn d_ret_1_a_returned_purchase_does_not_count(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let bill = app
        .sale()
        .customer(&customer)
        .line("cream", "skin", 900_00)
        .line("mask", "skin", 100_00)
        .ring();
    app.return_of(&bill).line(2, 1000).book();
    let reasons = refused(app.apply(&customer));
    assert!(reasons[0].1.contains("1100.00 more"), "{reasons:?}");
}

fn d_ret_1_rounding_is_not_paid(app: &TestApp) {
    let customer = app.customer("王芳").create();
    app.sale()
        .customer(&customer)
        .line("cream", "skin", 1000_40)
        .with("rounding", 41)
        .ring();
    refused(app.apply(&customer));
}

fn d_ret_1_points_are_not_paid(app: &TestApp) {
    // The card is good for a month only, so that the purchases made with it are there when the next one is asked for.
    app.configure()
        .rule("/validity_months", 1)
        .rule("/single_purchase", "0")
        .rule("/window_total", "1500.00")
        .points_pay(1, 1_00, 1, 1_000_000)
        .publish();
    let customer = bought(app, &[("2026-03-01", 1500_00)]);
    let member = app.issue(&customer);
    app.set_now("2026-03-20 10:00");
    app.sale_to(&member).line("cream", "skin", 900_00).points(800_00).ring();
    app.set_now("2026-09-10 10:00");
    app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
    let reasons = refused(app.apply(&customer));
    assert!(
        reasons[0].1.contains("400.00 more"),
        "100.00 of the 900.00 and the 1000.00 count: {reasons:?}"
    );
}

fn d_ret_1_a_purchase_counts_once_for_points(app: &TestApp) {
    app.configure().rule("/validity_months", 1).publish();
    let member = app.member("王芳");
    app.set_now("2026-04-10 10:00");
    app.night();
    // The purchase of March still lets in, but it has earned already.
    let renewed = app.issue(&member.customer);
    assert_ne!(renewed.membership, member.membership);
    assert_eq!((app.points(&renewed), app.entries(&renewed).len()), (0, 0));
    let earned = app.entries(&member);
    assert_eq!(earned.iter().filter(|entry| entry.text("/kind") == "earn").count(), 1);
}

fn d_card_3_a_refusal_names_what_is_missing_and_until_when(app: &TestApp) {
    // The older purchase counts up to and including 30 June.
    let customer = bought(app, &[("2025-12-30", 860_00), ("2026-03-01", 800_00)]);
    let answer = app.apply(&customer);
    let problem = answer.expect_problem(409, "not_eligible");
    assert_eq!(problem.text("/refusals/0/rule"), "retail.purchase");
    let (en, zh) = (
        problem.text("/refusals/0/explanation/en"),
        problem.text("/refusals/0/explanation/zh"),
    );
    assert!(en.contains("340.00 more by 30 June"), "{en}");
    assert!(zh.contains("340.00") && zh.contains("6月30日"), "{zh}");
    // Exactly that much on the last day is enough.
    app.set_now("2026-06-30 20:00");
    app.sale().customer(&customer).line("cream", "skin", 340_00).ring();
    app.apply(&customer).created();
}

fn d_card_3_all_reasons_come_at_once(app: &TestApp) {
    let customer = app
        .customer("王芳")
        .with("birthday", Value::Null)
        .with("consultant_id", Value::Null)
        .create();
    let reasons = refused(app.apply(&customer));
    let rules: Vec<&str> = reasons.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(rules, ["retail.register", "retail.purchase"]);
    assert!(
        reasons[0].1.contains("birthday") && reasons[0].1.contains("consultant"),
        "{reasons:?}"
    );
}

fn d_card_3_hq_can_lower_the_threshold(app: &TestApp) {
    let customer = bought(app, &[("2026-03-01", 500_00)]);
    refused(app.apply(&customer));
    app.configure().rule("/single_purchase", "500.00").publish();
    app.apply(&customer).created();
}

fn one_open_membership_per_customer_and_program(app: &TestApp) {
    let member = app.member("王芳");
    app.sale()
        .customer(&member.customer)
        .line("cream", "skin", 1000_00)
        .ring();
    app.apply(&member.customer).expect_problem(409, "membership_exists");
}
