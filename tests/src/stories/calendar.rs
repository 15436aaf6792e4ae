//! Ends of months and years, and whose midnight it is: D-RET-1, -2, -4, -8, D-LED-3, -4 and -7 on their edges. Times are
//! told in Shanghai; what they are elsewhere is worked out here by hand.

use crate::harness::{Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("calendar":
        d_ret_4_a_month_from_the_end_of_a_month,
        d_led_7_points_end_with_the_last_second_of_the_year,
        d_led_7_points_end_with_the_last_second_of_february,
        d_ret_4_the_last_day_is_that_of_the_issuing_stores_zone,
        d_ret_4_a_day_whose_midnight_the_clock_skips,
        d_ret_4_a_day_that_the_clock_makes_longer,
        d_led_3_points_mature_at_midnight_in_the_store_whatever_its_clock_did,
        d_ret_8_the_tier_window_closes_at_midnight,
        d_ret_8_the_tier_window_closes_at_midnight_in_the_store,
        d_ret_1_half_a_year_before_31_august_begins_on_28_february,
        d_ret_1_the_last_second_of_half_a_year,
        d_ret_2_the_birthday_month_begins_and_ends_at_midnight_in_the_store,
        d_led_4_a_business_date_is_that_of_the_stores_zone,
    )
}

/// A store in another zone.
fn store_in(app: &TestApp, code: &str, zone: &str) -> String {
    let body = json!({"code": code, "name": code, "region_id": null, "time_zone": zone, "kind": "own"});
    app.hq().post("/stores", &body).created().text("/id")
}

/// UTC−5 in winter; in summer, from 2026-03-08 on, UTC−4.
fn new_york(app: &TestApp) -> String {
    store_in(app, "nyc", "America/New_York")
}

/// UTC+2 in winter, UTC+3 in summer, which begins at 00:00 and ends at 24:00.
fn cairo(app: &TestApp) -> String {
    store_in(app, "cairo", "Africa/Cairo")
}

/// As [`TestApp::member`], at a store.
fn member_at(app: &TestApp, store: &str) -> Member {
    let customer = app.customer("王芳").create();
    app.sale()
        .store(store)
        .customer(&customer)
        .line("gift-box", "gifts", 1000_00)
        .ring();
    Member::from_card(&customer, &app.apply_at(&customer, store).created())
}

/// The membership holds in one second and is over in the next.
#[track_caller]
fn ends_between(app: &TestApp, member: &Member, last: &str, first: &str) {
    app.set_now(last);
    let points = app.points(member);
    assert!(points > 0);
    let bill = app.sale_to(member).line("cream", "skin", 10_00).ring();
    assert_eq!(app.points(member), points + bill.earned());
    app.set_now(first);
    assert_eq!(app.points(member), 0, "over at {first}");
    let late = app.sale_to(member).line("cream", "skin", 10_00).post();
    let problem = late.expect_problem(409, "card_blocked");
    assert_eq!(problem.text("/blocks/0"), "expired");
}

fn d_ret_4_a_month_from_the_end_of_a_month(app: &TestApp) {
    app.configure().rule("/validity_months", 1).publish();
    for (issued, last) in [
        ("2027-01-28", "2027-02-27"),
        ("2027-01-29", "2027-02-28"),
        ("2027-01-31", "2027-02-28"),
        ("2027-02-28", "2027-03-27"),
        ("2027-03-31", "2027-04-30"),
        ("2027-12-31", "2028-01-30"),
        ("2028-01-29", "2028-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2028-02-29", "2028-03-28"),
    ] {
        app.set_now(&format!("{issued} 23:59:59"));
        let member = app.member("王芳");
        assert_eq!(member.issued.text("/valid_through"), last, "issued on {issued}");
    }
}

/// What is left after the last second is booked as of midnight, by the night's job.
fn points_end(app: &TestApp, member: &Member, last: &str, midnight: &str) {
    let mug = app.reward("mug", 300, None, None);
    app.set_now(&format!("{last} 23:59:59"));
    app.redeem(&member.number, &mug).created();
    assert_eq!(app.points(member), 700);
    app.set_now(midnight);
    assert_eq!(app.points(member), 0, "before any job has run");
    app.night();
    let entry = app.entries(member).pop().expect("an entry");
    assert_eq!((entry.text("/kind"), entry.int("/amount")), ("expire".into(), -700));
    assert_eq!(entry.text("/occurred_at"), crate::harness::time::instant(midnight));
}

fn d_led_7_points_end_with_the_last_second_of_the_year(app: &TestApp) {
    app.configure().rule("/validity_months", 12).publish();
    app.set_now("2027-01-01 00:00");
    let member = app.member("王芳");
    assert_eq!(member.issued.text("/valid_through"), "2027-12-31");
    points_end(app, &member, "2027-12-31", "2028-01-01 00:00");
}

fn d_led_7_points_end_with_the_last_second_of_february(app: &TestApp) {
    app.configure().rule("/validity_months", 12).publish();
    app.set_now("2027-03-01 00:00");
    let member = app.member("王芳");
    assert_eq!(member.issued.text("/valid_through"), "2028-02-29");
    points_end(app, &member, "2028-02-29", "2028-03-01 00:00");
}

fn d_ret_4_the_last_day_is_that_of_the_issuing_stores_zone(app: &TestApp) {
    // 10:00 on 1 March in Shanghai is 21:00 on 28 February in New York.
    let member = member_at(app, &new_york(app));
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    let days = (membership.text("/opened_on"), membership.text("/valid_through"));
    assert_eq!(days, ("2026-02-28".into(), "2028-02-27".into()));
    assert_eq!(app.member("李雷").issued.text("/valid_through"), "2028-02-29");
    // Midnight in New York is 05:00 UTC, whichever store the card is shown in.
    ends_between(app, &member, "2028-02-28 12:59:59", "2028-02-28 13:00");
}

fn d_ret_4_a_day_whose_midnight_the_clock_skips(app: &TestApp) {
    app.configure().rule("/validity_months", 12).publish();
    app.set_now("2026-04-30 20:00");
    let member = member_at(app, &cairo(app));
    assert_eq!(member.issued.text("/valid_through"), "2027-04-29");
    // On Friday, 30 April 2027, the clock goes from 24:00 to 01:00: 22:00 UTC, not 21:00.
    ends_between(app, &member, "2027-04-30 05:59:59", "2027-04-30 06:00");
}

fn d_ret_4_a_day_that_the_clock_makes_longer(app: &TestApp) {
    app.configure().rule("/validity_months", 12).publish();
    app.set_now("2026-10-29 20:00");
    let member = member_at(app, &cairo(app));
    assert_eq!(member.issued.text("/valid_through"), "2027-10-28");
    // On Thursday, 28 October 2027, the clock goes from 24:00 back to 23:00: the day ends the second time, at 22:00 UTC.
    ends_between(app, &member, "2027-10-29 05:59:59", "2027-10-29 06:00");
}

fn d_led_3_points_mature_at_midnight_in_the_store_whatever_its_clock_did(app: &TestApp) {
    app.configure().term("maturing_days", 10).publish();
    let new_york = new_york(app);
    app.set_now("2026-03-02 10:00");
    let (east, west) = (app.member("王芳"), member_at(app, &new_york));
    // Bought on 2 March in Shanghai and on 1 March in New York, both before 8 March, when New York's summer begins.
    let matures = |member: &Member, last: &str, first: &str| {
        app.set_now(last);
        let before = app.balance(member);
        app.set_now(first);
        let after = app.balance(member);
        assert_eq!((before.available, before.maturing), (0, 1000), "{last}");
        assert_eq!((after.available, after.maturing), (1000, 0), "{first}");
    };
    matures(&west, "2026-03-12 11:59:59", "2026-03-12 12:00");
    matures(&east, "2026-03-12 23:59:59", "2026-03-13 00:00");
}

fn d_ret_8_the_tier_window_closes_at_midnight(app: &TestApp) {
    let (inside, outside) = (app.member("王芳"), app.member("李雷"));
    let tier_after = |member: &Member, local: &str| {
        app.set_now(local);
        app.sale_to(member).line("cream", "skin", 4000_00).ring_as_quoted();
        app.tier(member)
    };
    assert_eq!(tier_after(&inside, "2027-03-01 23:59:59"), "silver");
    assert_eq!(tier_after(&outside, "2027-03-02 00:00"), "vip");
}

fn d_ret_8_the_tier_window_closes_at_midnight_in_the_store(app: &TestApp) {
    // 28 February 2026 in New York.
    let store = new_york(app);
    let (inside, outside) = (member_at(app, &store), member_at(app, &store));
    let tier_after = |member: &Member, local: &str| {
        app.set_now(local);
        let sale = app.sale_to(member).store(&store).line("cream", "skin", 4000_00);
        sale.ring_as_quoted();
        app.tier(member)
    };
    assert_eq!(tier_after(&inside, "2027-03-01 12:59:59"), "silver");
    assert_eq!(tier_after(&outside, "2027-03-01 13:00"), "vip");
}

/// Bought for these amounts at these times, at the east store, and asks for a card at the last of them.
fn applies_after(app: &TestApp, purchases: &[(&str, i64)]) -> u16 {
    let customer = app.customer("王芳").create();
    for (local, amount) in purchases {
        app.set_now(local);
        app.sale().customer(&customer).line("cream", "skin", *amount).ring();
    }
    app.apply(&customer).status
}

fn d_ret_1_half_a_year_before_31_august_begins_on_28_february(app: &TestApp) {
    let then = |first: &str| {
        applies_after(
            app,
            &[
                (first, 900_00),
                ("2026-05-01 10:00", 600_00),
                ("2026-08-31 23:59:59", 500_00),
            ],
        )
    };
    assert_eq!(then("2026-02-28 00:00"), 201, "there is no 31 February");
    assert_eq!(then("2026-02-27 23:59:59"), 409);
}

fn d_ret_1_the_last_second_of_half_a_year(app: &TestApp) {
    let then = |last: &str| {
        applies_after(
            app,
            &[
                ("2026-03-01 00:00", 999_99),
                ("2026-06-01 10:00", 500_01),
                (last, 500_00),
            ],
        )
    };
    assert_eq!(then("2026-09-01 23:59:59"), 201, "the same day, to its end");
    assert_eq!(then("2026-09-02 00:00"), 409);
}

fn d_ret_2_the_birthday_month_begins_and_ends_at_midnight_in_the_store(app: &TestApp) {
    // Born on 20 May; at these times it is twelve hours earlier in New York.
    let (member, new_york) = (app.member("王芳"), new_york(app));
    let earned = |local: &str, store: &str| {
        app.set_now(local);
        let sale = app.sale_to(&member).store(store).line("cream", "skin", 10_00);
        sale.ring_as_quoted().earned()
    };
    for (local, here, there) in [
        ("2026-04-30 23:59:59", 10, 10),
        ("2026-05-01 00:00", 20, 10),
        ("2026-05-01 12:00", 20, 20),
        ("2026-05-31 23:59:59", 20, 20),
        ("2026-06-01 00:00", 10, 20),
        ("2026-06-01 12:00", 10, 10),
    ] {
        assert_eq!(
            (earned(local, app.east()), earned(local, &new_york)),
            (here, there),
            "{local}"
        );
    }
}

fn d_led_4_a_business_date_is_that_of_the_stores_zone(app: &TestApp) {
    let store = new_york(app);
    app.set_now("2026-03-03 13:30");
    let at = |local: &str, amount: i64| {
        let sale = app.sale().store(&store).receipt("A-1").line("cream", "skin", amount);
        sale.at(local).post()
    };
    // Midnight in Shanghai is 11:00 in New York, in the middle of 2 March.
    let first = at("2026-03-02 23:59:59", 10_00).created();
    at("2026-03-03 00:00", 20_00).expect_problem(409, "receipt_conflict");
    at("2026-03-03 12:59:59", 20_00).expect_problem(409, "receipt_conflict");
    let next_day = at("2026-03-03 13:00", 20_00).created();
    assert_ne!(first.text("/id"), next_day.text("/id"), "the numbers begin anew");
}
