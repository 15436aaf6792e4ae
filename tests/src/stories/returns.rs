//! Returns: D-LED-5 with the figures of the semantics; the pains of points kept after a refund (1) and of spent points
//! charged twice (2).

use crate::harness::{Field, Member, TestApp, time};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("returns":
        d_led_5_the_line_at_double_points_takes_its_own_back,
        d_led_5_points_on_the_bill_earn_nothing,
        d_led_5_a_full_return_leaves_what_was_there,
        d_led_5_half_a_return_leaves_half,
        d_led_5_money_goes_back_by_tender,
        d_led_5_parts_of_a_line_add_up_to_the_whole,
        d_led_5_never_more_than_was_sold,
        d_led_5_works_from_the_sale_not_from_todays_rules,
        d_led_5_the_terms_are_those_of_the_sale,
        d_led_5_the_sales_own_points_go_first,
        d_led_5_a_return_corrects_what_counts_for_the_tier,
        d_led_5_rounding_is_not_paid_and_not_given_back,
        d_led_5_within_balance_waives_what_is_missing,
        d_led_5_only_maturing_leaves_matured_points,
        d_led_5_a_return_has_a_natural_key_of_its_own,
        d_led_5_a_sale_without_a_member_is_returned_too,
        d_led_5_the_preview_says_it_in_one_sentence,
        d_led_5_the_introducers_reward_goes_with_the_sale,
        d_led_11_a_debt_is_filled_before_new_points_can_be_spent,
        pain_01_earn_refund_keep_the_points,
        pain_01_earn_spend_refund,
        pain_02_a_refund_charges_spent_points_once,
        a_bill_is_found_by_its_receipt,
        bills_are_listed_by_who_booked_them,
        s7_a_return_never_lies_before_its_sale,
    )
}

/// A member with exactly this many points left.
fn member_with(app: &TestApp, points: i64) -> Member {
    let member = app.member("王芳");
    if points < 1000 {
        let reward = app.reward(&format!("first-{points}"), 1000 - points, None, None);
        app.redeem(&member.number, &reward).created();
    }
    member
}

fn skin_counts_double(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "2"}]),
        )
        .points_pay(1, 1_00, 1, 1_000_000)
        .publish();
}

fn d_led_5_the_line_at_double_points_takes_its_own_back(app: &TestApp) {
    skin_counts_double(app);
    let member = app.member("王芳");
    let before = app.points(&member);
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 100_00)
        .line("comb", "hair", 100_00)
        .ring_as_quoted();
    assert_eq!(bill.earned(), 300);
    let returned = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(returned.int("/points/taken_back"), 200);
    assert_eq!(app.points(&member), before + 100);
    assert_eq!(app.return_of(&bill).book_as_quoted().int("/points/taken_back"), 100);
    assert_eq!(app.points(&member), before);
}

fn d_led_5_points_on_the_bill_earn_nothing(app: &TestApp) {
    skin_counts_double(app);
    let member = app.member("王芳");
    let sale = app
        .sale_to(&member)
        .line("cream", "skin", 100_00)
        .line("comb", "hair", 100_00)
        .points(100_00);
    assert_eq!(sale.ring_as_quoted().earned(), 150);
}

/// 200 held; a bill of two pieces earns 70 and takes 150.
fn seventy_earned_150_spent(app: &TestApp) -> (Member, crate::harness::Bill) {
    app.configure().points_pay(100, 5_00, 50, 1_000_000).publish();
    let member = member_with(app, 200);
    let bill = app
        .sale_to(&member)
        .pieces("cream", "skin", 2000, 77_50)
        .points(7_50)
        .ring_as_quoted();
    assert_eq!((bill.earned(), bill.spent(), app.points(&member)), (70, 150, 120));
    (member, bill)
}

fn d_led_5_a_full_return_leaves_what_was_there(app: &TestApp) {
    let (member, bill) = seventy_earned_150_spent(app);
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (returned.int("/points/given_back"), returned.int("/points/taken_back")),
        (150, 70)
    );
    assert_eq!(returned.int("/points/owed"), 0);
    assert_eq!(app.points(&member), 200);
}

fn d_led_5_half_a_return_leaves_half(app: &TestApp) {
    let (member, bill) = seventy_earned_150_spent(app);
    let half = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(
        (half.int("/points/given_back"), half.int("/points/taken_back")),
        (75, 35)
    );
    assert_eq!(app.points(&member), 160);
    app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(app.points(&member), 200);
}

fn d_led_5_money_goes_back_by_tender(app: &TestApp) {
    let bill = app
        .sale()
        .line("cream", "skin", 60_00)
        .line("comb", "hair", 40_00)
        .tender("card", 70_00)
        .tender("cash", 30_00)
        .ring();
    let returned = app.return_of(&bill).line(2, 1000).book_as_quoted();
    // 40 % of the card; the rest of the money goes to the last tender of money.
    assert_eq!(
        returned["money"],
        json!({"total": 40_00, "tenders": [
            {"kind": "card", "amount": 28_00}, {"kind": "cash", "amount": 12_00},
        ]})
    );
    let rest = app.return_of(&bill).book_as_quoted();
    assert_eq!(rest.int("/money/total"), 60_00);
    let by_kind: Vec<i64> = rest
        .list("/money/tenders")
        .iter()
        .map(|tender| tender.int("/amount"))
        .collect();
    assert_eq!(by_kind, [42_00, 18_00], "everything when nothing is kept");
}

fn d_led_5_parts_of_a_line_add_up_to_the_whole(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).pieces("tea", "food", 3000, 100_00).ring();
    assert_eq!(bill.earned(), 100);
    let thirds: Vec<(i64, i64)> = (0..3)
        .map(|_| app.return_of(&bill).line(1, 1000).book_as_quoted())
        .map(|returned| (returned.int("/points/taken_back"), returned.int("/money/total")))
        .collect();
    // Kept 66.66… of 100 points: 34 go first, then 33, then the rest.
    assert_eq!(thirds.iter().map(|third| third.0).collect::<Vec<_>>(), [34, 33, 33]);
    assert_eq!(thirds.iter().map(|third| third.1).sum::<i64>(), 100_00);
    assert_eq!(app.points(&member), 1000);
}

fn d_led_5_never_more_than_was_sold(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).pieces("tea", "food", 2000, 20_00).ring();
    let over = app.return_of(&bill).line(1, 2001).post();
    assert!(matches!(over.status, 409 | 422), "{:#}", over.body);
    app.return_of(&bill).line(1, 1500).book();
    app.return_of(&bill)
        .line(1, 501)
        .post()
        .expect_problem(409, "already_returned");
    app.return_of(&bill).book();
    app.return_of(&bill).post().expect_problem(409, "already_returned");
    let stored = app.hq().get(&format!("/sales/{}", bill.id)).ok();
    assert_eq!(
        (stored.int("/lines/0/returned_quantity"), stored.list("/returns").len()),
        (2000, 2)
    );
    assert_eq!(app.points(&member), 1000);
}

fn d_led_5_works_from_the_sale_not_from_todays_rules(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 100_00)
        .line("comb", "hair", 50_00)
        .ring();
    app.set_now("2026-03-02 10:00");
    app.configure()
        .rule("/points_per_unit", "9")
        .rule("/excluded_categories", json!(["skin"]))
        .publish();
    app.set_now("2026-03-03 10:00");
    // Line by line, so that what each contributed is seen, and not only that nothing is left.
    let first = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(first.int("/points/taken_back"), 100);
    assert_eq!(app.return_of(&bill).book_as_quoted().int("/points/taken_back"), 50);
    assert_eq!(app.points(&member), 1000);
}

fn d_led_5_the_terms_are_those_of_the_sale(app: &TestApp) {
    let member = member_with(app, 0);
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let reward = app.reward("mug", 60, None, None);
    app.redeem(&member.number, &reward).created();
    app.set_now("2026-03-02 10:00");
    app.configure().term("return_policy", "within_balance").publish();
    app.set_now("2026-03-03 10:00");
    assert_eq!(app.return_of(&bill).book_as_quoted().int("/points/owed"), 60);
    assert_eq!(app.points(&member), -60);
}

fn d_led_5_the_sales_own_points_go_first(app: &TestApp) {
    app.configure().term("maturing_days", 14).publish();
    let member = app.member("王芳");
    app.set_now("2026-03-20 10:00");
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    assert_eq!(
        (app.balance(&member).available, app.balance(&member).maturing),
        (1000, 100)
    );
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (
            returned.int("/points/taken_back"),
            returned.int("/points/from_maturing")
        ),
        (100, 100)
    );
    assert_eq!(
        (app.balance(&member).available, app.balance(&member).maturing),
        (1000, 0),
        "older points stay, though they would be spent first"
    );
}

fn d_led_5_a_return_corrects_what_counts_for_the_tier(app: &TestApp) {
    let member = app.member("王芳");
    let missing = || {
        let path = format!("/memberships/{}", member.membership);
        app.hq().get(&path).ok().int("/next_tier/missing_paid")
    };
    let bill = app.sale_to(&member).pieces("tea", "food", 2000, 500_00).ring();
    assert_eq!(missing(), 3500_00);
    app.return_of(&bill).line(1, 1000).book();
    assert_eq!(missing(), 3750_00);
    app.return_of(&bill).book();
    assert_eq!(missing(), 4000_00);
}

fn d_led_5_rounding_is_not_paid_and_not_given_back(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 50_50)
        .line("comb", "hair", 50_00)
        .with("rounding", 50)
        .ring();
    assert_eq!((bill.earned(), bill.body.int("/paid")), (100, 100_00));
    let first = app.return_of(&bill).line(1, 1000).book_as_quoted().int("/money/total");
    let second = app.return_of(&bill).book_as_quoted().int("/money/total");
    assert_eq!(first + second, 100_00, "no more than was paid");
    assert_eq!(app.points(&member), 1000);
}

fn d_led_5_within_balance_waives_what_is_missing(app: &TestApp) {
    app.configure().term("return_policy", "within_balance").publish();
    let member = member_with(app, 0);
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let reward = app.reward("mug", 60, None, None);
    app.redeem(&member.number, &reward).created();
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(returned.int("/points/owed"), 0);
    assert_eq!(app.points(&member), 0);
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 10);
    assert_eq!(app.points(&member), 10, "nothing is owed");
}

fn d_led_5_only_maturing_leaves_matured_points(app: &TestApp) {
    app.configure()
        .term("return_policy", "only_maturing")
        .term("maturing_days", 7)
        .publish();
    let member = app.member("王芳");
    app.set_now("2026-03-09 10:00");
    let early = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let late = app.sale_to(&member).line("cream", "skin", 40_00).ring();
    assert_eq!(app.balance(&member).maturing, 140);
    assert_eq!(app.return_of(&early).book_as_quoted().int("/points/taken_back"), 100);
    app.set_now("2026-03-17 10:00");
    assert_eq!(app.balance(&member).maturing, 0);
    let returned = app.return_of(&late).book_as_quoted();
    assert_eq!(
        (returned.int("/points/taken_back"), returned.int("/points/owed")),
        (0, 0)
    );
    assert_eq!(app.points(&member), 1040);
}

fn d_led_5_a_return_has_a_natural_key_of_its_own(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .pieces("tea", "food", 3000, 30_00)
        .receipt("R-1")
        .ring();
    let first = app.return_of(&bill).line(1, 1000).receipt("R-1");
    let booked = first.post().created();
    let again = first.post().ok();
    assert_eq!(again["id"], booked["id"], "the same key twice changes nothing");
    assert_eq!(app.points(&member), 1020);
    first
        .with("reason", "other")
        .with("lines", json!([{"line": 1, "quantity": 2000}]))
        .post()
        .expect_problem(409, "receipt_conflict");
    app.return_of(&bill).line(1, 1000).receipt("R-2").book();
    assert_eq!(app.points(&member), 1010);
}

fn d_led_5_a_sale_without_a_member_is_returned_too(app: &TestApp) {
    let bill = app.sale().line("cream", "skin", 25_00).ring();
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (returned.int("/money/total"), returned.int("/points/taken_back")),
        (25_00, 0)
    );
    app.return_of(&bill).post().expect_problem(409, "already_returned");
}

fn d_led_5_the_preview_says_it_in_one_sentence(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 75, 1_000_000).publish();
    let member = member_with(app, 75);
    let bill = app.sale_to(&member).line("cream", "skin", 110_75).points(75).ring();
    assert_eq!((bill.earned(), bill.spent(), app.points(&member)), (110, 75, 110));
    let reward = app.reward("mug", 95, None, None);
    app.redeem(&member.number, &reward).created();
    let quoted = app.return_of(&bill).quote().ok();
    // 75 back first, 110 taken: of the 15 + 75 that are there, so 20 are owed.
    assert_eq!(quoted["points"]["given_back"], 75);
    assert_eq!(quoted["points"]["taken_back"], 110);
    assert_eq!(quoted["points"]["owed"], 20);
    for (language, word) in [("en", "owed"), ("zh", "欠")] {
        let said = quoted.text(&format!("/explanation/{language}"));
        let told = ["75", "110", "20", word].iter().all(|part| said.contains(part));
        assert!(told, "{said}");
    }
    assert_eq!(app.points(&member), 15, "nothing has happened yet");
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&member), -20);
}

fn d_led_5_the_introducers_reward_goes_with_the_sale(app: &TestApp) {
    let introducer = app.member("王芳");
    let friend = app
        .customer("赵敏")
        .with("introducer_customer_id", introducer.customer.as_str())
        .create();
    let bill = app
        .sale()
        .customer(&friend)
        .line("cream", "skin", 900_00)
        .line("comb", "hair", 100_00)
        .ring();
    let friend = app.issue(&friend);
    assert_eq!((app.points(&introducer), app.points(&friend)), (1100, 1100));
    app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(
        (app.points(&introducer), app.points(&friend)),
        (1100, 200),
        "both rewards hold while something is kept"
    );
    app.return_of(&bill).book_as_quoted();
    assert_eq!((app.points(&introducer), app.points(&friend)), (1000, 0));
}

fn d_led_11_a_debt_is_filled_before_new_points_can_be_spent(app: &TestApp) {
    let member = member_with(app, 0);
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let mug = app.reward("mug", 60, None, None);
    app.redeem(&member.number, &mug).created();
    assert_eq!(app.return_of(&bill).book_as_quoted().int("/points/owed"), 60);
    assert_eq!(app.points(&member), -60);
    app.sale_to(&member).line("cream", "skin", 59_00).ring();
    let pin = app.reward("pin", 1, None, None);
    app.redeem(&member.number, &pin)
        .expect_problem(409, "insufficient_points");
    app.sale_to(&member).line("cream", "skin", 2_00).ring();
    assert_eq!(app.points(&member), 1);
    app.redeem(&member.number, &pin).created();
}

fn pain_01_earn_refund_keep_the_points(app: &TestApp) {
    let member = app.member("王芳");
    for amount in [10_00, 99_99, 1234_56] {
        let bill = app.sale_to(&member).line("cream", "skin", amount).ring();
        app.return_of(&bill).book_as_quoted();
        assert_eq!(app.points(&member), 1000, "{amount}");
    }
}

fn pain_01_earn_spend_refund(app: &TestApp) {
    let member = member_with(app, 0);
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let reward = app.reward("mug", 100, None, None);
    app.redeem(&member.number, &reward).created();
    let returned = app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (returned.int("/points/taken_back"), returned.int("/points/owed")),
        (100, 100)
    );
    assert_eq!(app.points(&member), -100);
}

fn pain_02_a_refund_charges_spent_points_once(app: &TestApp) {
    let member = member_with(app, 0);
    let bill = app.sale_to(&member).pieces("tea", "food", 4000, 100_00).ring();
    let reward = app.reward("mug", 100, None, None);
    app.redeem(&member.number, &reward).created();
    let steps: Vec<i64> = (0..4)
        .map(|_| {
            app.return_of(&bill).line(1, 1000).book_as_quoted();
            app.points(&member)
        })
        .collect();
    assert_eq!(steps, [-25, -50, -75, -100], "never more than was earned");
    let of_bill = app
        .entries(&member)
        .into_iter()
        .filter(|entry| entry.to_string().contains("claw_back"));
    assert_eq!(of_bill.map(|entry| entry.int("/amount")).sum::<i64>(), -100);
}

fn a_bill_is_found_by_its_receipt(app: &TestApp) {
    let bill = app.sale().line("cream", "skin", 25_00).receipt("A-77").ring();
    app.sale().line("cream", "skin", 26_00).receipt("A-78").ring();
    let query = format!(
        "/sales?store_id={}&till=T1&receipt=A-77&business_date=2026-03-01",
        app.east()
    );
    let found = app.cashier().get(&query).ok().list("/items");
    assert_eq!(
        found.iter().map(|sale| sale["id"].clone()).collect::<Vec<Value>>(),
        [json!(bill.id)]
    );
}

fn bills_are_listed_by_who_booked_them(app: &TestApp) {
    let (one, other) = (app.cashier(), app.manager());
    let mine = app.sale().line("cream", "skin", 25_00).by(&one).ring();
    app.sale().line("cream", "skin", 26_00).by(&other).ring();
    let staff = one.get("/me").ok().text("/staff_id");
    let query = format!("/sales?store_id={}&business_date=2026-03-01", app.east());
    let found = one.get(&format!("{query}&staff_id={staff}")).ok().list("/items");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].text("/id"), found[0].text("/staff_id")), (mine.id, staff));
    assert_eq!(one.get(&query).ok().list("/items").len(), 2);
}

fn s7_a_return_never_lies_before_its_sale(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    let held = app.points(&member);
    let sold = time::millis(&app.now());
    let earlier = time::instant(&time::local(sold - 60_000));
    let returned = app.return_of(&bill).with("occurred_at", earlier);
    returned.quote().expect_problem(422, "occurred_at_out_of_range");
    let problem = returned.post().expect_problem(422, "occurred_at_out_of_range");
    assert_eq!(problem.text("/pointer"), "/occurred_at");
    assert_eq!(app.points(&member), held, "nothing was booked");
    assert_eq!(app.return_of(&bill).book_as_quoted().int("/points/taken_back"), 100);
}
