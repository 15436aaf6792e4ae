//! Tiers: D-RET-8; the pains of thresholds off by one (8) and of a tier by what is left instead of what was paid (9).

use crate::harness::{Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::Value;

pub fn tests() -> Vec<Trial> {
    crate::stories!("tiers":
        d_ret_8_silver_at_5000_and_gold_at_20000_in_twelve_months,
        d_ret_8_multipliers_apply_from_the_next_sale,
        d_ret_8_the_window_rolls,
        d_ret_8_a_new_member_starts_at_the_bottom,
        pain_08_one_cent_below_the_threshold_is_below,
        pain_08_the_threshold_itself_is_reached,
        pain_09_spending_points_takes_no_tier,
        d_tier_2_a_return_undoes_the_tier_it_caused,
        d_tier_2_a_part_return_above_the_threshold_keeps_it,
        d_tier_3_the_till_hears_of_the_upgrade,
        the_card_says_what_the_next_tier_needs,
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

fn the_card_says_what_the_next_tier_needs(app: &TestApp) {
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
