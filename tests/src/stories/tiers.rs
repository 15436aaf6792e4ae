//! Tiers: D-TIER-1 to -4 and D-RET-8; the pains of thresholds off by one (8) and of a tier by what is left instead of what was paid (9).

use crate::harness::{Field, Member, Settings, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("tiers":
        d_ret_8_silver_at_5000_and_gold_at_20000_in_twelve_months,
        d_ret_8_multipliers_apply_from_the_next_sale,
        d_ret_8_the_window_rolls,
        d_ret_8_a_new_member_starts_at_the_bottom,
        pain_08_one_cent_below_the_threshold_is_below,
        pain_08_the_threshold_itself_is_reached,
        pain_09_spending_points_takes_no_tier,
        pain_09_a_tier_is_reached_by_what_was_paid_not_by_what_is_left,
        d_tier_1_hq_edits_the_ladder,
        d_tier_2_a_return_undoes_the_tier_it_caused,
        d_tier_2_a_part_return_above_the_threshold_keeps_it,
        d_tier_2_no_sale_and_no_publishing_lowers_a_tier,
        d_tier_2_a_bill_that_comes_late_counts_beside_later_ones,
        d_tier_3_the_till_hears_of_the_upgrade,
        d_tier_3_the_card_says_what_the_next_tier_needs,
        d_tier_4_a_configuration_holds_from_its_date,
        s15_a_tier_that_is_not_kept_falls_at_its_review_by_one_step,
        s15_it_falls_to_the_figures_or_never_where_the_program_says_so,
        d_tier_2_a_tier_that_is_kept_and_one_reached_again_begin_anew,
        d_tier_2_the_review_waits_for_its_grace,
    )
}

/// A member who has paid this much in all, the 1000.00 of the first purchase included.
fn paid(app: &TestApp, total: i64) -> Member {
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", total - 1000_00).ring();
    member
}

fn d_ret_8_silver_at_5000_and_gold_at_20000_in_twelve_months(app: &TestApp) {
    let member = app.member("王芳");
    let mut seen = Vec::new();
    for amount in [3999_99, 1, 14999_99, 1] {
        app.sale_to(&member).line("cream", "skin", amount).ring_as_quoted();
        seen.push(app.tier(&member));
    }
    assert_eq!(seen, ["vip", "silver", "silver", "gold"]);
}

fn d_ret_8_multipliers_apply_from_the_next_sale(app: &TestApp) {
    let member = app.member("王芳");
    let crossing = app.sale_to(&member).line("cream", "skin", 19000_00).ring_as_quoted();
    assert_eq!(crossing.earned(), 19000, "at the old tier, × 1");
    assert_eq!(
        app.sale_to(&member)
            .line("cream", "skin", 100_00)
            .ring_as_quoted()
            .earned(),
        150,
        "gold, × 1.5"
    );
    let silver = paid(app, 5000_00);
    assert_eq!(
        app.sale_to(&silver)
            .line("cream", "skin", 100_00)
            .ring_as_quoted()
            .earned(),
        120,
        "silver, × 1.2"
    );
}

fn d_ret_8_the_window_rolls(app: &TestApp) {
    // 1000.00 on 1 March 2026; the same day a year later is still inside.
    let inside = app.member("王芳");
    let outside = app.member("李雷");
    app.set_now("2027-03-01 10:00");
    app.sale_to(&inside).line("cream", "skin", 4000_00).ring();
    assert_eq!(app.tier(&inside), "silver");
    app.set_now("2027-03-02 10:00");
    app.sale_to(&outside).line("cream", "skin", 4000_00).ring();
    assert_eq!(app.tier(&outside), "vip", "the first purchase has left the window");
    app.sale_to(&outside).line("cream", "skin", 1000_00).ring();
    assert_eq!(app.tier(&outside), "silver");
}

fn d_ret_8_a_new_member_starts_at_the_bottom(app: &TestApp) {
    let customer = app.customer("王芳").create();
    app.sale().customer(&customer).line("cream", "skin", 6000_00).ring();
    let member = app.issue(&customer);
    assert_eq!(
        app.points(&member),
        6000,
        "the purchase before the card earns at the base tier"
    );
}

fn pain_08_one_cent_below_the_threshold_is_below(app: &TestApp) {
    let member = paid(app, 4999_99);
    assert_eq!(app.tier(&member), "vip");
}

fn pain_08_the_threshold_itself_is_reached(app: &TestApp) {
    let member = paid(app, 5000_00);
    assert_eq!(app.tier(&member), "silver");
}

fn pain_09_spending_points_takes_no_tier(app: &TestApp) {
    let member = paid(app, 5000_00);
    let reward = app.reward("bag", 5000, None, None);
    app.redeem(&member.number, &reward).created();
    assert_eq!((app.points(&member), app.tier(&member)), (0, "silver".into()));
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 12);
}

fn pain_09_a_tier_is_reached_by_what_was_paid_not_by_what_is_left(app: &TestApp) {
    let member = paid(app, 4999_00);
    let reward = app.reward("bag", 4999, None, None);
    app.redeem(&member.number, &reward).created();
    app.sale_to(&member).line("comb", "hair", 1_00).ring_as_quoted();
    assert_eq!((app.points(&member), app.tier(&member)), (1, "silver".into()));
    // Points without money: ten for each 1.00 make no tier.
    app.configure().rule("/points_per_unit", "10").publish();
    let rich = app.member("李雷");
    app.sale_to(&rich).line("comb", "hair", 1_00).ring();
    assert_eq!((app.points(&rich), app.tier(&rich)), (10_010, "vip".into()));
}

fn step(id: &str, threshold: i64, multiplier: i64) -> Value {
    json!({"id": id, "name": {"zh": id, "en": id}, "threshold": threshold, "multiplier": multiplier})
}

fn d_tier_1_hq_edits_the_ladder(app: &TestApp) {
    let steps = [
        step("vip", 0, 1_000_000),
        step("pearl", 2000_00, 2_000_000),
        step("jade", 3000_00, 3_000_000),
    ];
    app.configure()
        .set("/ladder/months", json!(1))
        .set("/ladder/steps", json!(steps))
        .publish();
    let member = app.member("王芳");
    let mut seen = Vec::new();
    for (amount, points) in [(999_00, 999), (1_00, 1), (1_00, 2)] {
        let bill = app.sale_to(&member).line("cream", "skin", amount).ring_as_quoted();
        assert_eq!(bill.earned(), points);
        seen.push(app.tier(&member));
    }
    assert_eq!(
        seen,
        ["vip", "pearl", "pearl"],
        "at the threshold, and from the next sale on"
    );
    // A month and a day later the window of one month is empty again.
    app.set_now("2026-04-02 10:00");
    app.sale_to(&member).line("cream", "skin", 2999_00).ring();
    assert_eq!(app.tier(&member), "pearl");
    app.sale_to(&member).line("cream", "skin", 1_00).ring();
    assert_eq!(app.tier(&member), "jade");
}

fn d_tier_2_a_return_undoes_the_tier_it_caused(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 3999_00)
        .line("comb", "hair", 1_00)
        .ring();
    assert_eq!(app.tier(&member), "silver");
    let returned = app.return_of(&bill).line(2, 1000).book_as_quoted();
    assert_eq!(
        (returned.text("/tier/id"), returned.text("/tier_before/id")),
        ("vip".into(), "silver".into())
    );
    assert_eq!(app.tier(&member), "vip");
    assert_eq!(
        app.sale_to(&member).line("soap", "skin", 50).ring().earned(),
        0,
        "× 1 again"
    );
    app.sale_to(&member).line("soap", "skin", 50).ring();
    assert_eq!(app.tier(&member), "silver", "and it can be reached again");
}

fn d_tier_2_a_part_return_above_the_threshold_keeps_it(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 4000_00)
        .line("comb", "hair", 1_00)
        .ring();
    let returned = app.return_of(&bill).line(2, 1000).book_as_quoted();
    assert_eq!(returned["tier_before"], Value::Null);
    assert_eq!(app.tier(&member), "silver");
}

fn d_tier_2_no_sale_and_no_publishing_lowers_a_tier(app: &TestApp) {
    let member = paid(app, 5000_00);
    app.set_now("2026-03-05 10:00");
    app.configure()
        .set("/ladder/steps/1/threshold", json!(9000_00))
        .publish();
    assert_eq!(app.tier(&member), "silver", "publishing lowers nobody");
    app.set_now("2027-06-01 10:00");
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring_as_quoted();
    assert_eq!((bill.earned(), app.tier(&member)), (12, "silver".into()));
    assert_eq!(bill.body["tier_next"], Value::Null, "that is for a review to decide");
}

fn d_tier_2_a_bill_that_comes_late_counts_beside_later_ones(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2026-03-06 10:00");
    app.sale_to(&member).line("cream", "skin", 3000_00).ring();
    let late = app
        .sale_to(&member)
        .at("2026-03-03 18:00")
        .line("comb", "hair", 1000_00)
        .ring_as_quoted();
    assert_eq!(late.body.text("/tier_next/id"), "silver", "5000.00 within the window");
    assert_eq!(app.tier(&member), "silver");
}

fn d_tier_3_the_till_hears_of_the_upgrade(app: &TestApp) {
    let member = app.member("王芳");
    let below = app.sale_to(&member).line("cream", "skin", 3999_00).ring_as_quoted();
    assert_eq!(
        (below.body.text("/tier/id"), below.body["tier_next"].clone()),
        ("vip".into(), Value::Null)
    );
    let crossing = app.sale_to(&member).line("comb", "hair", 1_00).ring_as_quoted();
    assert_eq!(
        (crossing.body.text("/tier/id"), crossing.body.text("/tier_next/id")),
        ("vip".into(), "silver".into())
    );
}

fn d_tier_3_the_card_says_what_the_next_tier_needs(app: &TestApp) {
    let member = paid(app, 4999_99);
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    assert_eq!(
        (
            membership.text("/next_tier/id"),
            membership.int("/next_tier/missing_paid")
        ),
        ("silver".into(), 1)
    );
}

fn d_tier_4_a_configuration_holds_from_its_date(app: &TestApp) {
    let member = app.member("王芳");
    let earned = |local: &str| {
        app.set_now(local);
        let sale = app.sale_to(&member).line("cream", "skin", 10_00);
        sale.ring_as_quoted().earned()
    };
    let from = crate::harness::time::instant("2026-03-10 00:00");
    app.configure()
        .rule("/points_per_unit", "3")
        .set("/effective_from", json!(from))
        .publish();
    assert_eq!(earned("2026-03-01 10:01"), 10, "announced, not in force");
    assert_eq!(earned("2026-03-09 23:59:59"), 10);
    assert_eq!(earned("2026-03-10 00:00"), 30);
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(program.int("/configuration/version"), 2);
    let past = crate::harness::time::instant("2026-03-09 00:00");
    let backdated = app.configure().set("/effective_from", json!(past)).post();
    backdated.expect_problem(422, "field_invalid");
}

/// Reviews as of a local time.
fn night(app: &TestApp, local: &str) {
    app.set_now(local);
    app.night();
}

/// So that memberships outlive their reviews.
fn for_ever(app: &TestApp) -> Settings<'_> {
    app.configure().rule("/validity_months", 0)
}

fn s15_a_tier_that_is_not_kept_falls_at_its_review_by_one_step(app: &TestApp) {
    for_ever(app).publish();
    let member = paid(app, 20000_00);
    assert_eq!(app.tier(&member), "gold");
    let review =
        |app: &TestApp| app.hq().get(&format!("/memberships/{}", member.membership)).ok()["tier_review"].clone();
    let told = |review: &Value| {
        (
            review.text("/valid_through"),
            review.int("/missing_paid"),
            review.text("/then/id"),
        )
    };
    // The day on which it was reached is no longer in the window of its review.
    assert_eq!(told(&review(app)), ("2027-03-01".into(), 20000_00, "silver".into()));
    night(app, "2027-03-01 23:00");
    assert_eq!(app.tier(&member), "gold", "its last day");
    night(app, "2027-06-01 02:00");
    assert_eq!(app.tier(&member), "silver", "fifteen months later, one step");
    app.night();
    assert_eq!(app.tier(&member), "silver", "once");
    assert_eq!(told(&review(app)), ("2028-03-02".into(), 5000_00, "vip".into()));
    assert_eq!(
        app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(),
        12,
        "× 1.2"
    );
    night(app, "2028-03-03 02:00");
    assert_eq!((app.tier(&member), review(app)), ("vip".into(), Value::Null));
    let log = app.auditor().get("/audit?action=tier.review").ok().list("/items");
    let detail = |entry: &Value| serde_json::from_str::<Value>(&entry.text("/detail")).expect("JSON");
    let told: Vec<Value> = log.iter().rev().map(detail).collect();
    assert_eq!((&told[0]["to"], &told[1]["to"]), (&json!("silver"), &json!("vip")));
    assert_eq!(told[0]["threshold"], json!(20000_00));
}

fn s15_it_falls_to_the_figures_or_never_where_the_program_says_so(app: &TestApp) {
    for_ever(app).set("/ladder/review", json!({"fall": "never"})).publish();
    let member = paid(app, 20000_00);
    night(app, "2027-06-01 02:00");
    assert_eq!(app.tier(&member), "gold");
    for_ever(app)
        .set("/ladder/review", json!({"fall": "figures"}))
        .publish();
    night(app, "2027-06-02 02:00");
    assert_eq!(app.tier(&member), "vip");
}

fn d_tier_2_a_tier_that_is_kept_and_one_reached_again_begin_anew(app: &TestApp) {
    for_ever(app).publish();
    let member = paid(app, 5000_00);
    app.set_now("2027-02-01 10:00");
    app.sale_to(&member).line("cream", "skin", 5000_00).ring_as_quoted();
    night(app, "2027-03-02 02:00");
    assert_eq!(app.tier(&member), "silver", "kept for another year");
    night(app, "2028-03-02 02:00");
    assert_eq!(app.tier(&member), "silver");
    night(app, "2028-03-03 02:00");
    assert_eq!(app.tier(&member), "vip");
    app.sale_to(&member).line("cream", "skin", 5000_00).ring_as_quoted();
    assert_eq!(app.tier(&member), "silver", "reached again");
    night(app, "2029-03-03 02:00");
    assert_eq!(app.tier(&member), "silver", "its last day");
    night(app, "2029-03-04 02:00");
    assert_eq!(app.tier(&member), "vip");
}

fn d_tier_2_the_review_waits_for_its_grace(app: &TestApp) {
    for_ever(app).set("/ladder/review", json!({"grace_days": 30})).publish();
    let member = paid(app, 5000_00);
    night(app, "2027-03-31 02:00");
    assert_eq!(app.tier(&member), "silver");
    night(app, "2027-04-01 02:00");
    assert_eq!(app.tier(&member), "vip");
}
