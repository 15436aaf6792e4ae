//! The books as people can see them: D-LED-1 and D-LED-2.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;

pub fn tests() -> Vec<Trial> {
    crate::stories!("ledger":
        d_led_1_the_statement_adds_up_to_the_balance,
        d_led_1_entries_are_never_edited,
        d_led_1_earning_and_spending_are_two_entries,
        d_led_2_points_that_mature_later_are_spent_later,
        the_statement_is_paged,
    )
}

fn d_led_1_the_statement_adds_up_to_the_balance(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    let reward = app.reward("mug", 250, None, None);
    let bill = app.sale_to(&member).line("cream", "skin", 333_33).points(3_00).ring();
    app.redeem(&member.number, &reward).created();
    app.return_of(&bill).book();
    app.sale_to(&member).line("comb", "hair", 7_77).ring();
    let sum: i64 = app.entries(&member).iter().map(|entry| entry.int("/amount")).sum();
    assert_eq!((sum, app.points(&member)), (757, 757));
}

fn d_led_1_entries_are_never_edited(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).line("cream", "skin", 50_00).ring();
    let before = app.entries(&member);
    app.return_of(&bill).book();
    app.operate(&member.card, "freeze", serde_json::json!({})).ok();
    assert_eq!(app.entries(&member)[..before.len()], before[..]);
}

fn d_led_1_earning_and_spending_are_two_entries(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    let bill = app.sale_to(&member).line("cream", "skin", 50_00).points(5_00).ring();
    let kinds: Vec<(String, i64)> = bill
        .body
        .list("/entries")
        .iter()
        .map(|entry| (entry.text("/kind"), entry.int("/amount")))
        .collect();
    assert_eq!(kinds, [("spend".to_owned(), -500), ("earn".to_owned(), 45)]);
}

fn d_led_2_points_that_mature_later_are_spent_later(app: &TestApp) {
    app.configure()
        .points_pay(100, 1_00, 100, 1_000_000)
        .term("maturing_days", 10)
        .publish();
    let member = app.member("王芳");
    app.set_now("2026-03-12 10:00");
    let fresh = app.sale_to(&member).line("cream", "skin", 500_00).ring();
    let spending = app.sale_to(&member).line("comb", "hair", 10_00).points(10_00).ring();
    assert_eq!(
        (
            spending.spent(),
            app.balance(&member).available,
            app.balance(&member).maturing
        ),
        (1000, 0, 500)
    );
    // The fresh lot is whole: its return owes nothing.
    assert_eq!(app.return_of(&fresh).book_as_quoted().int("/points/owed"), 0);
}

fn the_statement_is_paged(app: &TestApp) {
    let member = app.member("王芳");
    for _ in 0..5 {
        app.sale_to(&member).line("cream", "skin", 10_00).ring();
    }
    let path = format!("/cards/{}/entries", member.card);
    let mut seen = Vec::new();
    let mut after = String::new();
    for _ in 0..3 {
        let page = app.hq().get(&format!("{path}?limit=2{after}")).ok();
        let items = page.list("/items");
        assert_eq!(items.len(), 2);
        seen.extend(items.iter().map(|entry| entry.text("/id")));
        after = page["next"]
            .as_str()
            .map(|next| format!("&after={next}"))
            .unwrap_or_default();
    }
    assert!(after.is_empty(), "six entries, three pages of two, and no further one");
    let all: Vec<String> = app
        .hq()
        .get(&path)
        .ok()
        .list("/items")
        .iter()
        .map(|entry| entry.text("/id"))
        .collect();
    assert_eq!(seen, all);
    app.hq()
        .get(&format!("{path}?limit=0"))
        .expect_problem(400, "body_invalid");
    app.hq()
        .get(&format!("{path}?after=nonsense"))
        .expect_problem(400, "body_invalid");
}
