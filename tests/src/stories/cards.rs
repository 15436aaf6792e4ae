//! Cards as credentials: D-CARD-4, -5, -6, -7, -14; the pains of points lost between two cards of one person (7), as far
//! as there is no merging of memberships, and of lists that load everything (14).

use crate::harness::{Answer, Field, Member, TestApp, points_of};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("cards":
        d_card_4_an_illegal_operation_names_the_state_and_what_is_allowed,
        d_card_4_cancelling_a_loss_removes_only_the_loss,
        d_card_4_a_frozen_card_neither_earns_nor_spends,
        d_card_4_a_cancelled_card_is_void_for_ever,
        d_card_4_an_operation_needs_a_reason,
        d_card_4_a_frozen_card_gets_no_new_number,
        d_card_5_from_the_report_on_the_card_spends_nothing,
        d_card_5_the_same_sale_by_customer_earns,
        d_card_5_no_points_are_spent_without_a_card_that_works,
        d_card_5_another_card_of_the_membership_works,
        d_card_5_old_sales_can_be_returned,
        d_card_5_a_found_card_needs_an_identity_check,
        d_card_5_any_store_reports_a_loss,
        d_card_5_a_lost_card_is_replaced_and_never_works_again,
        d_card_5_replacing_moves_no_points,
        d_card_5_a_replaced_card_leads_to_the_new_one,
        d_card_5_points_mature_and_expire_while_the_card_is_lost,
        d_card_6_a_damaged_card_is_replaced_without_a_report,
        d_card_7_a_further_card_ends_with_its_membership,
        d_card_14_numbers_are_14_digits_from_9_with_a_check_digit,
        d_card_14_a_mistyped_number_is_not_found,
        a_card_is_found_by_number_phone_last_four_and_name,
        pain_14_a_name_that_many_share_comes_in_pages,
        pain_07_two_cards_of_one_person_hold_the_same_points,
    )
}

fn report(app: &TestApp, member: &Member) -> Value {
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok()
}

fn replace(app: &TestApp, member: &Member) -> Answer {
    let told = json!({"store_id": app.east(), "cause": "lost"});
    app.operate(&member.card, "replace", told)
}

fn d_card_4_an_illegal_operation_names_the_state_and_what_is_allowed(app: &TestApp) {
    let member = app.member("王芳");
    for operation in ["unfreeze", "cancel-loss"] {
        let problem = app
            .operate(&member.card, operation, json!({"identity_checked": true}))
            .expect_problem(409, "card_state");
        assert_eq!(problem.text("/state"), "active");
        let allowed: Vec<String> = problem.list("/allowed").iter().map(|op| op.to_string()).collect();
        assert!(allowed.iter().any(|op| op.contains("freeze")), "{allowed:?}");
        assert!(
            !allowed
                .iter()
                .any(|op| op.contains("unfreeze") || op.contains("cancel_loss")),
            "{allowed:?}"
        );
    }
    app.operate(&member.card, "freeze", json!({})).ok();
    let problem = app
        .operate(&member.card, "freeze", json!({}))
        .expect_problem(409, "card_state");
    assert_eq!(problem.text("/blocks/0"), "frozen");
}

fn d_card_4_cancelling_a_loss_removes_only_the_loss(app: &TestApp) {
    let member = app.member("王芳");
    app.operate(&member.card, "freeze", json!({})).ok();
    let lost = report(app, &member);
    assert_eq!(lost["blocks"], json!(["loss", "frozen"]));
    let found = app
        .operate(&member.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    assert_eq!(found["blocks"], json!(["frozen"]));
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    assert_eq!(
        app.operate(&member.card, "unfreeze", json!({})).ok()["blocks"],
        json!([])
    );
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
}

fn d_card_4_a_frozen_card_neither_earns_nor_spends(app: &TestApp) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    app.operate(&member.card, "freeze", json!({})).ok();
    let problem = app
        .sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    assert_eq!(
        (problem.text("/state"), problem["blocks"].clone()),
        ("active".into(), json!(["frozen"]))
    );
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .quote()
        .expect_problem(409, "card_blocked");
    app.redeem(&member.number, &reward).expect_problem(409, "card_blocked");
    assert_eq!(app.points(&member), 1000);
}

fn d_card_4_a_cancelled_card_is_void_for_ever(app: &TestApp) {
    let member = app.member("王芳");
    assert_eq!(
        app.operate(&member.card, "cancel", json!({})).ok().text("/state"),
        "void"
    );
    for operation in ["unfreeze", "freeze", "report-loss", "cancel"] {
        let problem = app
            .operate(&member.card, operation, json!({}))
            .expect_problem(409, "card_state");
        assert_eq!(problem.text("/state"), "void");
    }
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
}

fn d_card_4_an_operation_needs_a_reason(app: &TestApp) {
    let member = app.member("王芳");
    let answer = app.operate(&member.card, "freeze", json!({"reason": ""}));
    assert_eq!(answer.status, 422, "{:#}", answer.body);
    assert!(answer.body.to_string().contains("/reason"), "{:#}", answer.body);
}

fn d_card_4_a_frozen_card_gets_no_new_number(app: &TestApp) {
    let member = app.member("王芳");
    app.operate(&member.card, "freeze", json!({})).ok();
    report(app, &member);
    let problem = replace(app, &member).expect_problem(409, "card_state");
    assert_eq!(problem["blocks"], json!(["loss", "frozen"]));
    assert_eq!(app.card(&member).text("/state"), "active");
    app.operate(&member.card, "unfreeze", json!({})).ok();
    replace(app, &member).created();
}

fn d_card_5_from_the_report_on_the_card_spends_nothing(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 300, None, None);
    report(app, &member);
    let problem = app.redeem(&member.number, &reward).expect_problem(409, "card_blocked");
    assert_eq!(problem.text("/blocks/0"), "loss");
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .points(1_00)
        .post()
        .expect_problem(409, "card_blocked");
    assert_eq!(app.points(&member), 1000);
}

fn d_card_5_the_same_sale_by_customer_earns(app: &TestApp) {
    let member = app.member("王芳");
    report(app, &member);
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    sale.post().expect_problem(409, "card_blocked");
    let bill = sale.customer(&member.customer).ring_as_quoted();
    assert_eq!((bill.earned(), app.points(&member)), (10, 1010));
}

fn d_card_5_no_points_are_spent_without_a_card_that_works(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 500_000).publish();
    let member = app.member("王芳");
    let paying = || {
        let sale = app.sale().customer(&member.customer).line("cream", "skin", 20_00);
        sale.points(5_00)
    };
    paying().ring();
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    paying().quote().expect_problem(409, "card_blocked");
    paying().post().expect_problem(409, "card_blocked");
    app.operate(&member.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    paying().ring();
}

fn d_card_5_another_card_of_the_membership_works(app: &TestApp) {
    let member = app.member("王芳");
    let body = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
    let second = app.actor("store_manager", &[]).post("/cards", &body).created();
    report(app, &member);
    let bill = app
        .sale()
        .card(&second.text("/number"))
        .line("cream", "skin", 10_00)
        .ring();
    assert_eq!(bill.earned(), 10);
    assert_eq!(app.points(&member), 1010, "one account");
}

fn d_card_5_old_sales_can_be_returned(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    report(app, &member);
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&member), 1000);
}

fn d_card_5_a_found_card_needs_an_identity_check(app: &TestApp) {
    let member = app.member("王芳");
    report(app, &member);
    let unchecked = app.operate(&member.card, "cancel-loss", json!({}));
    assert!(
        unchecked.status == 422 || unchecked.status == 409,
        "{:#}",
        unchecked.body
    );
    assert!(
        unchecked.body.to_string().contains("identity_checked"),
        "{:#}",
        unchecked.body
    );
    assert_eq!(app.card(&member)["blocks"], json!(["loss"]));
    app.operate(&member.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
}

fn d_card_5_any_store_reports_a_loss(app: &TestApp) {
    let member = app.member("王芳");
    let western = app.actor("cashier", &[app.west()]);
    let body = json!({"reason": "the holder called", "caller_verified": true, "questions": ["birthday"]});
    let lost = western.post(&format!("/cards/{}/report-loss", member.card), &body).ok();
    assert_eq!(lost["blocks"], json!(["loss"]));
}

fn d_card_5_a_lost_card_is_replaced_and_never_works_again(app: &TestApp) {
    let member = app.member("王芳");
    report(app, &member);
    let new = replace(app, &member).created();
    assert_ne!(new.text("/number"), member.number);
    assert_eq!(
        (new.text("/membership_id"), new.text("/state")),
        (member.membership.clone(), "active".into())
    );
    assert_eq!(new["blocks"], json!([]));
    let old = app.card(&member);
    assert_eq!(
        (old.text("/state"), old.text("/replaced_by")),
        ("replaced".into(), new.text("/id"))
    );
    let problem = app
        .sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    assert_eq!(problem.text("/state"), "replaced");
    let attempts = [
        ("cancel-loss", json!({"identity_checked": true})),
        ("unfreeze", json!({})),
        ("replace", json!({"store_id": app.east(), "cause": "lost"})),
        ("cancel", json!({})),
    ];
    for (operation, more) in attempts {
        let answer = app.operate(&member.card, operation, more);
        assert_eq!(answer.expect_problem(409, "card_state").text("/state"), "replaced");
    }
    assert_eq!(
        app.sale()
            .card(&new.text("/number"))
            .line("cream", "skin", 10_00)
            .ring()
            .earned(),
        10
    );
}

fn d_card_5_replacing_moves_no_points(app: &TestApp) {
    let member = app.member("王芳");
    let before = app.entries(&member);
    report(app, &member);
    let new = replace(app, &member).created();
    let renewed = Member::from_card(&member.customer, &new);
    assert_eq!((app.points(&renewed), app.entries(&renewed)), (1000, before));
    assert_eq!(
        new["valid_through"], member.issued["valid_through"],
        "the same membership, the same end"
    );
}

fn d_card_5_a_replaced_card_leads_to_the_new_one(app: &TestApp) {
    let member = app.member("王芳");
    report(app, &member);
    let new = replace(app, &member).created();
    let found = app
        .till()
        .get(&format!("/cards?code={}", member.number))
        .ok()
        .list("/items");
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].text("/state"), found[0].text("/replaced_by")),
        ("replaced".into(), new.text("/id"))
    );
}

fn d_card_5_points_mature_and_expire_while_the_card_is_lost(app: &TestApp) {
    app.configure().term("maturing_days", 14).publish();
    let member = app.member("王芳");
    report(app, &member);
    assert_eq!(app.points(&member), 0);
    app.set_now("2026-03-16 10:00");
    assert_eq!(app.points(&member), 1000);
    app.set_now("2028-03-01 02:00");
    app.night();
    let entry = app.entries(&member).pop().expect("an entry");
    assert_eq!((entry.text("/kind"), entry.int("/amount")), ("expire".into(), -1000));
    assert_eq!(app.card(&member).text("/state"), "void");
}

fn d_card_6_a_damaged_card_is_replaced_without_a_report(app: &TestApp) {
    let member = app.member("王芳");
    let more = json!({"reason": "damaged", "cause": "damaged", "store_id": app.east()});
    let new = app.operate(&member.card, "replace", more).created();
    assert_eq!(app.card(&member).text("/state"), "replaced");
    assert_eq!(
        app.sale()
            .card(&new.text("/number"))
            .line("cream", "skin", 10_00)
            .ring()
            .earned(),
        10
    );
}

fn d_card_7_a_further_card_ends_with_its_membership(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2027-01-10 10:00");
    let body = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
    let second = app.actor("store_manager", &[]).post("/cards", &body).created();
    assert_eq!(
        second["valid_through"], "2028-02-29",
        "two years from the first card's issue"
    );
    app.set_now("2028-03-01 00:00");
    app.sale()
        .card(&second.text("/number"))
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
}

fn d_card_14_numbers_are_14_digits_from_9_with_a_check_digit(app: &TestApp) {
    let mut numbers: Vec<String> = ["王芳", "李雷", "韩梅", "赵敏"]
        .into_iter()
        .map(|name| app.member(name).number)
        .collect();
    for number in &numbers {
        assert!(
            number.len() == 14 && number.starts_with('9') && number.bytes().all(|b| b.is_ascii_digit()),
            "{number}"
        );
        assert_eq!(luhn(number), 0, "{number}");
    }
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 4);
    let near = numbers.windows(2).any(|pair| pair[0][..10] == pair[1][..10]);
    assert!(!near, "numbers can't be guessed from a neighbour: {numbers:?}");
}

/// Luhn's sum modulo 10: 0 for a number whose last digit checks the others.
fn luhn(number: &str) -> u32 {
    let digits = number.bytes().rev().map(|byte| u32::from(byte - b'0')).enumerate();
    digits
        .map(|(i, digit)| {
            if i % 2 == 0 {
                digit
            } else {
                digit * 2 / 10 + digit * 2 % 10
            }
        })
        .sum::<u32>()
        % 10
}

fn d_card_14_a_mistyped_number_is_not_found(app: &TestApp) {
    let member = app.member("王芳");
    let last = member.number.bytes().last().expect("a digit");
    let wrong = format!("{}{}", &member.number[..13], (last - b'0' + 1) % 10);
    assert_eq!(
        app.till()
            .get(&format!("/cards?code={wrong}"))
            .ok()
            .list("/items")
            .len(),
        0
    );
    app.sale()
        .card(&wrong)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(404, "not_found");
}

fn a_card_is_found_by_number_phone_last_four_and_name(app: &TestApp) {
    let customer = app.customer("欧阳娜娜").phone("13912345678").create();
    app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
    let member = app.issue(&customer);
    app.member("王芳");
    for code in [
        &member.number[..],
        "13912345678",
        "5678",
        &member.number[10..],
        "欧阳娜娜",
        "娜娜",
    ] {
        let found = app
            .cashier()
            .get(&format!("/cards?code={}", encode(code)))
            .ok()
            .list("/items");
        assert!(
            found.iter().any(|card| card["number"] == member.number.as_str()),
            "by {code}: {found:#?}"
        );
        assert!(found.len() <= 2, "by {code}: {found:#?}");
    }
    for code in ["13912345679", "91999999999999", "钱"] {
        assert_eq!(
            app.cashier()
                .get(&format!("/cards?code={}", encode(code)))
                .ok()
                .list("/items")
                .len(),
            0,
            "{code}"
        );
    }
}

fn pain_14_a_name_that_many_share_comes_in_pages(app: &TestApp) {
    let mut numbers: Vec<String> = (0..5).map(|_| app.member("王芳").number).collect();
    let first = format!("/cards?code={}&limit=2", encode("王芳"));
    let (mut path, mut pages, mut seen) = (first.clone(), Vec::new(), Vec::new());
    loop {
        let page = app.cashier().get(&path).ok();
        let found = page.list("/items");
        pages.push(found.len());
        seen.extend(found.iter().map(|card| card.text("/number")));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{first}&after={next}");
    }
    assert!(pages.iter().all(|length| *length <= 2), "{pages:?}");
    numbers.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, numbers, "everyone once");
}

/// Percent-encodes a query value.
pub(super) fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

fn pain_07_two_cards_of_one_person_hold_the_same_points(app: &TestApp) {
    let member = app.member("王芳");
    app.apply(&member.customer).expect_problem(409, "membership_exists");
    let body = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
    let second = app.actor("store_manager", &[]).post("/cards", &body).created();
    let (second, number) = (second.text("/id"), second.text("/number"));
    let mug = app.reward("mug", 300, None, None);
    app.sale().card(&number).line("cream", "skin", 50_00).ring();
    app.redeem(&member.number, &mug).created();
    let shown = app.hq().get(&format!("/cards/{second}")).ok();
    assert_eq!((points_of(&shown).available, app.points(&member)), (750, 750));
    // One of them less takes nothing along.
    app.operate(&second, "cancel", json!({})).ok();
    assert_eq!((app.points(&member), app.entries(&member).len()), (750, 3));
}
