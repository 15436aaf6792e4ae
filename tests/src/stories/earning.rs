//! What a sale earns: D-RET-2 and D-LED-6; the pains of floats (11) and of points that nobody can explain (13).

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("earning":
        d_ret_2_one_point_per_unit_paid,
        d_ret_2_lines_are_added_before_they_are_rounded_once,
        d_ret_2_a_category_multiplies,
        d_ret_2_excluded_categories_earn_nothing,
        d_ret_2_the_birthday_month_doubles,
        d_ret_2_discounts_lower_what_earns,
        d_ret_2_how_to_round_is_a_term,
        d_ret_2_any_money_earns_alike,
        d_ret_7_an_introduction_rewards_both_once,
        pain_11_cents_are_never_floats,
        pain_11_amounts_beyond_what_json_keeps_exact_are_refused,
        pain_13_every_entry_says_which_rule_gave_it,
        d_led_6_an_entry_names_configuration_and_plugin,
        d_led_6_an_entry_has_one_sentence_per_rule,
        d_led_6_a_new_configuration_changes_no_old_entry,
        d_led_6_a_return_names_the_configuration_of_its_sale,
        a_quote_is_what_the_sale_books,
        a_quote_books_nothing,
        a_sale_of_nobody_is_booked_without_points,
        a_bill_that_does_not_add_up_is_refused,
        occurred_at_has_limits,
    )
}

/// Points of one line of this much in a category, on top of a member's bill.
#[track_caller]
fn earned(app: &TestApp, lines: &[(&str, i64)]) -> i64 {
    let member = app.member("李雷");
    let sale = lines.iter().fold(app.sale_to(&member), |sale, (category, amount)| {
        sale.line("item", category, *amount)
    });
    sale.ring_as_quoted().earned()
}

fn d_ret_2_one_point_per_unit_paid(app: &TestApp) {
    assert_eq!(earned(app, &[("skin", 100_00)]), 100);
    assert_eq!(earned(app, &[("skin", 99)]), 0);
}

fn d_ret_2_lines_are_added_before_they_are_rounded_once(app: &TestApp) {
    assert_eq!(earned(app, &[("skin", 50), ("skin", 50), ("hair", 99)]), 1);
    assert_eq!(
        earned(app, &[("skin", 1_99), ("skin", 1_99), ("skin", 1_99)]),
        5,
        "5.97"
    );
}

fn d_ret_2_a_category_multiplies(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "1.5"}]),
        )
        .publish();
    assert_eq!(earned(app, &[("skin", 19_00)]), 28, "28.5 is cut off");
    assert_eq!(earned(app, &[("skin", 19_00), ("hair", 1_50)]), 30, "28.5 + 1.5");
}

fn d_ret_2_excluded_categories_earn_nothing(app: &TestApp) {
    app.configure()
        .rule("/excluded_categories", json!(["tobacco"]))
        .publish();
    assert_eq!(earned(app, &[("tobacco", 500_00)]), 0);
    assert_eq!(earned(app, &[("tobacco", 500_00), ("skin", 20_00)]), 20);
}

fn d_ret_2_the_birthday_month_doubles(app: &TestApp) {
    let customer = app.customer("韩梅").birthday("1988-04-30").create();
    app.sale().customer(&customer).line("cream", "skin", 1000_00).ring();
    let member = app.issue(&customer);
    let earn = |local: &str| {
        app.set_now(local);
        app.sale_to(&member)
            .line("cream", "skin", 10_00)
            .ring_as_quoted()
            .earned()
    };
    // The month is the store's: the last moment of March and the first of April, in Shanghai.
    assert_eq!(earn("2026-03-31 23:59"), 10);
    assert_eq!(earn("2026-04-01 00:00"), 20);
    assert_eq!(earn("2026-04-30 23:59"), 20);
    assert_eq!(earn("2026-05-01 00:00"), 10);
}

fn d_ret_2_discounts_lower_what_earns(app: &TestApp) {
    let member = app.member("李雷");
    let bill = app
        .sale_to(&member)
        .discounted("cream", "skin", 1000, 100_00, 80_00)
        .ring_as_quoted();
    assert_eq!(bill.earned(), 80);
}

fn d_ret_2_how_to_round_is_a_term(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "1.5"}]),
        )
        .publish();
    for (rounding, points) in [("floor", 28), ("half_up", 29), ("ceil", 29)] {
        app.configure().term("rounding", rounding).publish();
        assert_eq!(earned(app, &[("skin", 19_00)]), points, "{rounding}");
    }
}

fn d_ret_2_any_money_earns_alike(app: &TestApp) {
    let member = app.member("李雷");
    for kind in ["cash", "card", "mobile"] {
        assert_eq!(
            app.sale_to(&member)
                .line("cream", "skin", 10_00)
                .tender(kind, 10_00)
                .ring()
                .earned(),
            10,
            "{kind}"
        );
    }
}

fn d_ret_7_an_introduction_rewards_both_once(app: &TestApp) {
    let introducer = app.member("王芳");
    let friend = app
        .customer("赵敏")
        .with("introducer_customer_id", introducer.customer.as_str())
        .create();
    app.sale().customer(&friend).line("cream", "skin", 1000_00).ring();
    let friend = app.issue(&friend);
    assert_eq!((app.points(&introducer), app.points(&friend)), (1100, 1100));
    app.sale_to(&friend).line("cream", "skin", 10_00).ring();
    assert_eq!(
        (app.points(&introducer), app.points(&friend)),
        (1100, 1110),
        "the first purchase only"
    );
}

fn pain_11_cents_are_never_floats(app: &TestApp) {
    let member = app.member("李雷");
    // 0.10 + 0.20 three thousand times over, and a price that no binary fraction holds.
    let tens = (0..10).fold(app.sale_to(&member), |sale, _| sale.line("a", "x", 10));
    assert_eq!(tens.ring_as_quoted().earned(), 1);
    let bill = app
        .sale_to(&member)
        .line("a", "x", 10)
        .line("b", "x", 20)
        .ring_as_quoted();
    assert_eq!((bill.body.int("/paid"), bill.earned()), (30, 0));
    app.sale_to(&member)
        .line("a", "x", 1)
        .with("rounding", 0.5)
        .post()
        .expect_problem(400, "body_invalid");
}

fn pain_11_amounts_beyond_what_json_keeps_exact_are_refused(app: &TestApp) {
    let beyond = 1_i64 << 53;
    let answer = app.sale().line("a", "x", beyond).post();
    assert_eq!(answer.status, 422, "{:#}", answer.body);
    assert_eq!(answer.body.text("/code"), "field_invalid");
}

fn pain_13_every_entry_says_which_rule_gave_it(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "3"}]),
        )
        .publish();
    let member = app.member("李雷");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 10_00)
        .line("comb", "hair", 5_00)
        .ring();
    assert_eq!(bill.earned(), 35);
    let entries: Vec<Value> = app
        .entries(&member)
        .into_iter()
        .filter(|e| e["sale_id"] == bill.id.as_str())
        .collect();
    assert_eq!(entries.iter().map(|entry| entry.int("/amount")).sum::<i64>(), 35);
    let said: String = entries
        .iter()
        .map(|entry| entry.text("/explanation/en") + &entry.text("/rule"))
        .collect();
    assert!(
        said.contains("skin") && said.contains('3'),
        "the category's rule is told: {said}"
    );
    for entry in entries {
        assert!(
            !entry.text("/rule").is_empty() && !entry.text("/explanation/zh").is_empty(),
            "{entry:#}"
        );
        assert_eq!(entry.text("/receipt"), bill_receipt(app, &bill.id));
    }
}

fn bill_receipt(app: &TestApp, sale: &str) -> String {
    app.hq().get(&format!("/sales/{sale}")).ok().text("/receipt")
}

fn d_led_6_an_entry_names_configuration_and_plugin(app: &TestApp) {
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    let member = app.member("李雷");
    for entry in app.entries(&member) {
        assert_eq!(
            entry["configuration_version"], program["configuration"]["version"],
            "{entry:#}"
        );
        assert_eq!(entry["plugin_digest"], program["plugin"]["digest"], "{entry:#}");
        assert_eq!(entry.text("/plugin_digest").len(), 64, "a SHA-256 in hexadecimal");
    }
}

fn d_led_6_an_entry_has_one_sentence_per_rule(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "3"}]),
        )
        .publish();
    let member = app.member("李雷");
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    let entry = app.entries(&member).pop().expect("an entry");
    assert_eq!(
        (entry.int("/amount"), entry.text("/rule")),
        (30, "retail.base+retail.category".into())
    );
    assert_eq!(
        (entry.text("/explanation/en"), entry.text("/explanation/zh")),
        (
            "1 point per 1.00 paid: +10. Category “skin”: points × 3: +20.".into(),
            "每实付1.00积1分：+10。品类“skin”积分×3：+20。".into()
        )
    );
}

fn d_led_6_a_new_configuration_changes_no_old_entry(app: &TestApp) {
    let member = app.member("李雷");
    let before = app.entries(&member);
    app.set_now("2026-03-01 10:01");
    app.configure().rule("/points_per_unit", "5").publish();
    app.set_now("2026-03-01 10:02");
    assert_eq!(
        app.sale_to(&member)
            .line("cream", "skin", 10_00)
            .ring_as_quoted()
            .earned(),
        50
    );
    let after = app.entries(&member);
    assert_eq!(after[..before.len()], before[..], "entries are never edited");
    assert_eq!(after.last().map(|e| e.int("/configuration_version")), Some(2));
    // A bill of two minutes before is judged by what was in force then.
    let earlier = app
        .sale_to(&member)
        .at("2026-03-01 10:00")
        .line("cream", "skin", 10_00)
        .ring_as_quoted();
    assert_eq!(earlier.earned(), 10);
}

fn d_led_6_a_return_names_the_configuration_of_its_sale(app: &TestApp) {
    let member = app.member("李雷");
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    app.set_now("2026-03-02 10:00");
    app.configure().rule("/points_per_unit", "5").publish();
    app.set_now("2026-03-03 10:00");
    app.return_of(&bill).book();
    let taken = app.entries(&member).pop().expect("an entry");
    assert_eq!((taken.text("/kind"), taken.int("/amount")), ("claw_back".into(), -10));
    assert_eq!(
        taken.int("/configuration_version"),
        1,
        "what it takes back was decided then"
    );
}

fn a_quote_is_what_the_sale_books(app: &TestApp) {
    app.configure()
        .rule(
            "/category_multipliers",
            json!([{"category": "skin", "multiplier": "1.25"}]),
        )
        .points_pay(100, 1_00, 100, 500_000)
        .publish();
    let member = app.member("李雷");
    let bill = app
        .sale_to(&member)
        .discounted("cream", "skin", 2000, 150_00, 133_33)
        .line("comb", "hair", 66_67)
        .points(3_00)
        .ring_as_quoted();
    assert_eq!(bill.spent(), 300);
}

fn a_quote_books_nothing(app: &TestApp) {
    let member = app.member("李雷");
    let before = (app.balance(&member), app.entries(&member).len());
    let quoted = app.sale_to(&member).line("cream", "skin", 500_00).quote().ok();
    assert!(quoted["id"].is_null());
    assert_eq!((app.balance(&member), app.entries(&member).len()), before);
}

fn a_sale_of_nobody_is_booked_without_points(app: &TestApp) {
    let bill = app.sale().line("cream", "skin", 10_00).ring_as_quoted();
    assert_eq!((bill.earned(), bill.body.text("/judged")), (0, "no_member".into()));
    let stored = app.hq().get(&format!("/sales/{}", bill.id)).ok();
    assert_eq!(
        (stored.int("/lines/0/amount"), stored.text("/business_date")),
        (10_00, "2026-03-01".into())
    );
}

fn a_bill_that_does_not_add_up_is_refused(app: &TestApp) {
    let sale = app.sale().line("cream", "skin", 10_00);
    sale.clone()
        .tender("cash", 10_01)
        .post()
        .expect_problem(422, "tenders_mismatch");
    let mut body = sale.body();
    body["lines"][0]["discount"] = json!(1);
    let problem = app
        .till()
        .post("/sales", &body)
        .expect_problem(422, "line_discount_mismatch");
    assert!(
        problem.to_string().contains("/lines/0"),
        "the line is pointed at: {problem:#}"
    );
    let rounded = sale.with("rounding", 9_99);
    assert_eq!(rounded.ring().body.int("/paid"), 1);
}

fn occurred_at_has_limits(app: &TestApp) {
    let sale = |local: &str| app.sale().line("cream", "skin", 10_00).at(local);
    sale("2026-02-22 10:00").ring();
    sale("2026-03-01 10:05").ring();
    sale("2026-02-22 09:59")
        .post()
        .expect_problem(422, "occurred_at_out_of_range");
    sale("2026-03-01 10:06")
        .post()
        .expect_problem(422, "occurred_at_out_of_range");
    let manager = app.actor("store_manager", &[]);
    sale("2026-02-01 09:00").by(&manager).with("reason", "补录").ring();
}
