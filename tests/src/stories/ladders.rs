//! Tiers on any measure and window, set by hand, and what keeps and reaches them (D-TIER-1, -2, -3; V10).

use crate::harness::{Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("ladders":
        d_tier_1_a_ladder_since_enrolment_is_offered_beside_months,
        d_tier_1_visits_and_nights_count_and_come_back_with_their_sale,
        d_tier_1_all_or_any_of_several_conditions_in_their_windows,
        d_tier_1_wrong_conditions_are_told_by_field,
        d_tier_2_points_count_when_they_can_be_spent,
        d_tier_2_a_tier_set_by_hand_has_an_end_and_a_reason,
        d_tier_2_figures_decide_when_a_tier_set_by_hand_ends,
        d_tier_2_an_upgrade_takes_the_place_of_a_tier_set_by_hand,
        d_tier_2_a_harsher_ladder_lowers_nobody_before_their_review,
        d_tier_2_the_review_is_by_the_stores_midnight,
        d_tier_3_what_keeps_a_tier_what_reaches_the_next_and_which_follows,
    )
}

fn rolling(months: i64) -> Value {
    json!({"kind": "rolling_months", "months": months})
}

fn condition(measure: &str, window: &Value, threshold: i64) -> Value {
    json!({"measure": measure, "window": window, "threshold": threshold})
}

fn step(id: &str, join: &str, of: &[Value]) -> Value {
    let conditions = (!of.is_empty()).then(|| json!({"join": join, "of": of}));
    let mut step = json!({"id": id, "name": {"zh": id, "en": id}, "multiplier": 1_000_000});
    step["conditions"] = conditions.into();
    step
}

/// A ladder whose memberships outlive its reviews.
fn publish(app: &TestApp, steps: &[Value]) {
    let settings = app.configure().rule("/validity_months", 0);
    settings.set("/ladder/steps", json!(steps)).publish();
}

fn base() -> Value {
    step("vip", "all", &[])
}

fn tier(app: &TestApp, member: &Member) -> Value {
    app.hq().get(&format!("/memberships/{}/tier", member.membership)).ok()
}

fn set(app: &TestApp, member: &Member, tier: &str, until: &str) -> Answer {
    let body = json!({"tier": tier, "until": until, "reason": "status_match"});
    app.hq()
        .post(&format!("/memberships/{}/tier", member.membership), &body)
}

fn night(app: &TestApp, local: &str) {
    app.set_now(local);
    app.night();
}

fn kinds(tier: &Value) -> Vec<String> {
    tier.list("/changes")
        .iter()
        .rev()
        .map(|change| change.text("/kind"))
        .collect()
}

fn d_tier_1_a_ladder_since_enrolment_is_offered_beside_months(app: &TestApp) {
    let ever = json!({"kind": "since_enrolment"});
    publish(
        app,
        &[base(), step("gold", "all", &[condition("paid", &ever, 3000_00)])],
    );
    let member = app.member("王芳");
    app.set_now("2029-03-01 10:00");
    app.sale_to(&member).line("cream", "skin", 1999_99).ring_as_quoted();
    assert_eq!(app.tier(&member), "vip");
    app.sale_to(&member).line("cream", "skin", 1).ring_as_quoted();
    assert_eq!(app.tier(&member), "gold", "with what was paid three years ago");
    let change = tier(app, &member).list("/changes")[0].clone();
    assert_eq!(change["figures"]["of"][0]["since"], Value::Null);
    assert_eq!(change.int("/figures/of/0/figure"), 3000_00);
    assert!(
        change.text("/explanation/zh").starts_with("入会以来实付3000.00"),
        "{change:#}"
    );
    night(app, "2030-03-02 02:00");
    assert_eq!(app.tier(&member), "gold", "nothing leaves such a window");
}

/// A stay of so many nights.
fn stay(app: &TestApp, member: &Member, nights: i64) -> crate::harness::Bill {
    let line = json!({
        "sku": "room", "category": "rooms", "quantity": 1000, "amount": 100_00, "list_amount": 100_00, "discount": 0,
        "attributes": {"nights": nights},
    });
    app.sale_to(member).with("lines", json!([line])).ring_as_quoted()
}

fn d_tier_1_visits_and_nights_count_and_come_back_with_their_sale(app: &TestApp) {
    let year = rolling(12);
    let steps = [
        base(),
        step("silver", "all", &[condition("visits", &year, 3)]),
        step("gold", "all", &[condition("nights", &year, 10)]),
    ];
    publish(app, &steps);
    let member = app.member("王芳");
    let first = stay(app, &member, 4);
    assert_eq!(app.tier(&member), "vip");
    let second = stay(app, &member, 5);
    assert_eq!(
        app.tier(&member),
        "silver",
        "the purchase that led to the card is a visit"
    );
    stay(app, &member, 1);
    assert_eq!(app.tier(&member), "gold");
    app.return_of(&first).book_as_quoted();
    assert_eq!(app.tier(&member), "silver", "six nights, three visits");
    app.return_of(&second).book_as_quoted();
    assert_eq!(app.tier(&member), "vip", "a visit of which nothing is kept is none");
    let told = tier(app, &member);
    assert_eq!(kinds(&told), ["upgrade", "upgrade", "undone", "undone"]);
    let lost = &told.list("/changes")[0];
    assert_eq!(
        (lost.int("/figures/of/0/figure"), lost.text("/figures/of/0/unit")),
        (2, "times".into())
    );
}

fn d_tier_1_all_or_any_of_several_conditions_in_their_windows(app: &TestApp) {
    let (days, year) = (
        json!({"kind": "rolling_days", "days": 30}),
        json!({"kind": "calendar_year"}),
    );
    let steps = [
        base(),
        step(
            "silver",
            "any",
            &[condition("paid", &year, 5000_00), condition("visits", &days, 3)],
        ),
        step(
            "gold",
            "all",
            &[condition("paid", &year, 6000_00), condition("visits", &days, 3)],
        ),
    ];
    publish(app, &steps);
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", 4999_99).ring_as_quoted();
    assert_eq!(app.tier(&member), "silver", "one of two is enough");
    // The thirtieth day back is inside, the thirty-first isn't.
    app.set_now("2026-03-31 10:00");
    app.sale_to(&member).line("cream", "skin", 1).ring_as_quoted();
    assert_eq!(app.tier(&member), "silver", "6000.00, but one visit in thirty days");
    app.sale_to(&member).line("cream", "skin", 1_00).ring_as_quoted();
    app.sale_to(&member).line("cream", "skin", 1_00).ring_as_quoted();
    assert_eq!(app.tier(&member), "gold");
    let other = app.member("李雷");
    app.set_now("2027-01-01 10:00");
    app.sale_to(&other).line("cream", "skin", 4999_99).ring_as_quoted();
    assert_eq!(app.tier(&other), "vip", "last year's don't count");
    app.sale_to(&other).line("cream", "skin", 1).ring_as_quoted();
    assert_eq!(app.tier(&other), "silver");
}

fn d_tier_1_wrong_conditions_are_told_by_field(app: &TestApp) {
    for (of, pointer) in [
        (
            condition("smiles", &rolling(12), 1),
            "/ladder/steps/1/conditions/of/0/measure",
        ),
        (
            condition("paid", &rolling(121), 1),
            "/ladder/steps/1/conditions/of/0/window/months",
        ),
        (
            condition("paid", &rolling(12), 0),
            "/ladder/steps/1/conditions/of/0/threshold",
        ),
    ] {
        let settings = app
            .configure()
            .set("/ladder/steps", json!([base(), step("gold", "all", &[of])]));
        let problem = settings.post().expect_problem(422, "configuration_invalid");
        assert_eq!(problem.text("/pointer"), pointer);
    }
}

fn d_tier_2_points_count_when_they_can_be_spent(app: &TestApp) {
    app.configure().term("maturing_days", 7).publish();
    publish(
        app,
        &[base(), step("gold", "all", &[condition("points", &rolling(12), 1500)])],
    );
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 500_00)
        .line("comb", "hair", 100_00)
        .ring_as_quoted();
    assert_eq!(app.tier(&member), "vip", "earned, not yet matured");
    app.return_of(&bill).line(2, 1000).book_as_quoted();
    night(app, "2026-03-08 23:00");
    assert_eq!(app.tier(&member), "vip", "the last day of the return window");
    night(app, "2026-03-09 02:00");
    assert_eq!(app.tier(&member), "gold", "1000 and 500 can be spent from today on");
    let told = tier(app, &member);
    assert_eq!(told.int("/changes/0/figures/of/0/figure"), 1500);
    assert_eq!(told["changes"][0]["bill_id"], Value::Null, "time caused it");
    app.night();
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.tier(&member), "vip", "what is taken back counts no more");
}

fn d_tier_2_a_tier_set_by_hand_has_an_end_and_a_reason(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let member = app.member("王芳");
    for (tier, until, pointer) in [
        ("ruby", "2026-12-31", "/tier"),
        ("vip", "2026-12-31", "/tier"),
        ("gold", "2026-02-28", "/until"),
        ("gold", "2028-03-02", "/until"),
    ] {
        let problem = set(app, &member, tier, until).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), pointer, "{tier} {until}");
    }
    let path = format!("/memberships/{}/tier", member.membership);
    let body = json!({"tier": "gold", "until": "2027-02-28", "reason": "because"});
    app.hq().post(&path, &body).expect_problem(400, "body_invalid");
    let body = json!({"tier": "gold", "until": "2027-02-28", "reason": "key_account"});
    app.cashier().post(&path, &body).expect_problem(403, "forbidden");
    let done = app.manager().post(&path, &body).ok();
    assert_eq!(
        (done.text("/tier/id"), done.text("/valid_through")),
        ("gold".into(), "2027-02-28".into())
    );
    assert_eq!(
        app.sale_to(&member).line("cream", "skin", 100_00).ring().earned(),
        150,
        "× 1.5"
    );
    let told = tier(app, &member);
    assert_eq!(
        (
            told.text("/manual/reason"),
            told.text("/manual/own/id"),
            told.text("/then/id")
        ),
        ("key_account".into(), "vip".into(), "vip".into())
    );
    assert!(!told.text("/manual/staff_name").is_empty());
    night(app, "2027-02-28 23:00");
    assert_eq!(app.tier(&member), "gold", "its last day");
    night(app, "2027-03-01 02:00");
    assert_eq!(app.tier(&member), "vip");
    assert_eq!(kinds(&tier(app, &member)), ["manual", "manual_ended"]);
    // Taken back before its end.
    set(app, &member, "silver", "2027-12-31").ok();
    let revoke = format!("{path}/revoke");
    let done = app.hq().post(&revoke, &json!({"reason": "correction"})).ok();
    assert_eq!(done.text("/tier/id"), "vip");
    app.hq()
        .post(&revoke, &json!({"reason": "correction"}))
        .expect_problem(404, "not_found");
    let log = app.auditor().get("/audit?action=tier.revoke").ok().list("/items");
    assert_eq!(log.len(), 1);
}

fn d_tier_2_figures_decide_when_a_tier_set_by_hand_ends(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let member = app.member("王芳");
    set(app, &member, "gold", "2026-12-31").ok();
    let bill = app.sale_to(&member).line("cream", "skin", 4000_00).ring_as_quoted();
    assert_eq!(app.tier(&member), "gold");
    assert_eq!(
        tier(app, &member).text("/manual/own/id"),
        "silver",
        "below it the figures go on"
    );
    night(app, "2027-01-01 02:00");
    assert_eq!(app.tier(&member), "silver");
    let told = tier(app, &member);
    assert_eq!(told.text("/valid_through"), "2027-03-01", "as it was reached");
    // A return undoes what stood below, and never the one set by hand.
    set(app, &member, "gold", "2027-12-31").ok();
    app.return_of(&bill).book_as_quoted();
    assert_eq!(
        (app.tier(&member), tier(app, &member).text("/manual/own/id")),
        ("gold".into(), "vip".into())
    );
    night(app, "2028-01-01 02:00");
    assert_eq!(app.tier(&member), "vip", "no silent floor");
}

fn d_tier_2_an_upgrade_takes_the_place_of_a_tier_set_by_hand(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let member = app.member("王芳");
    set(app, &member, "silver", "2026-04-30").ok();
    let bill = app.sale_to(&member).line("cream", "skin", 19000_00).ring_as_quoted();
    assert_eq!(bill.body.text("/tier_next/id"), "gold");
    let told = tier(app, &member);
    assert_eq!(
        (told.text("/valid_through"), &told["manual"]),
        ("2027-03-01".into(), &Value::Null)
    );
    night(app, "2026-05-01 02:00");
    assert_eq!(app.tier(&member), "gold");
}

fn d_tier_2_a_harsher_ladder_lowers_nobody_before_their_review(app: &TestApp) {
    let settings = app.configure().rule("/validity_months", 0);
    settings.publish();
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", 4000_00).ring_as_quoted();
    app.set_now("2026-06-01 10:00");
    let settings = app.configure().set("/ladder/steps/1/threshold", json!(9000_00));
    settings.set("/ladder/months", json!(1)).publish();
    for local in ["2026-06-01 23:00", "2026-06-02 02:00", "2027-03-01 23:00"] {
        night(app, local);
        assert_eq!(
            app.tier(&member),
            "silver",
            "{local}: its last day stays as it was given"
        );
    }
    night(app, "2027-03-02 02:00");
    assert_eq!(app.tier(&member), "vip", "reviewed by the ladder then in force");
}

fn d_tier_2_the_review_is_by_the_stores_midnight(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let store = json!({
        "code": "ny", "name": "New York", "region_id": null, "time_zone": "America/New_York", "kind": "own",
    });
    let store = app.hq().post("/stores", &store).created().text("/id");
    let customer = app.customer("王芳").create();
    app.sale()
        .store(&store)
        .customer(&customer)
        .line("cream", "skin", 6000_00)
        .ring();
    let issued = app.apply_at(&customer, &store).created();
    let tier = |app: &TestApp| {
        app.hq()
            .get(&format!("/cards/{}", issued.text("/id")))
            .ok()
            .text("/tier/id")
    };
    // It is 28 February in New York: through 28 February 2027 there, until 13:00 of 1 March in Shanghai.
    assert_eq!(tier(app), "silver");
    night(app, "2027-03-01 12:59");
    assert_eq!(tier(app), "silver", "23:59 in New York");
    night(app, "2027-03-01 13:00");
    assert_eq!(tier(app), "vip");
}

fn d_tier_3_what_keeps_a_tier_what_reaches_the_next_and_which_follows(app: &TestApp) {
    let year = rolling(12);
    let steps = [
        base(),
        step(
            "silver",
            "all",
            &[condition("paid", &year, 2000_00), condition("visits", &year, 2)],
        ),
        step(
            "gold",
            "all",
            &[condition("paid", &year, 9000_00), condition("visits", &year, 5)],
        ),
    ];
    publish(app, &steps);
    let member = app.member("王芳");
    app.sale_to(&member).line("cream", "skin", 1000_00).ring_as_quoted();
    app.set_now("2026-09-01 10:00");
    app.sale_to(&member).line("cream", "skin", 500_00).ring_as_quoted();
    let told = tier(app, &member);
    let needs = |at: &str| -> Vec<(String, i64, i64, i64)> {
        let of = told.list(&format!("{at}/of"));
        let need = |n: &Value| {
            (
                n.text("/measure"),
                n.int("/figure"),
                n.int("/threshold"),
                n.int("/missing"),
            )
        };
        of.iter().map(need).collect()
    };
    assert_eq!(
        (told.text("/tier/id"), told.text("/valid_through")),
        ("silver".into(), "2027-03-01".into())
    );
    let keeps: [(String, i64, i64, i64); 2] = [("paid".into(), 500_00, 2000_00, 1500_00), ("visits".into(), 1, 2, 1)];
    assert_eq!(needs("/keeps"), keeps, "what counts at the review so far");
    let next: [(String, i64, i64, i64); 2] = [("paid".into(), 2500_00, 9000_00, 6500_00), ("visits".into(), 3, 5, 2)];
    assert_eq!(
        (told.text("/next/id"), needs("/next/needs")),
        ("gold".into(), next.to_vec())
    );
    assert_eq!(
        (told.text("/then/id"), &told["keeps"]["met"]),
        ("vip".into(), &Value::Bool(false))
    );
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    assert_eq!(membership["tier_review"]["keeps"], told["keeps"]);
    assert_eq!(membership["next_tier"], told["next"]);
}
