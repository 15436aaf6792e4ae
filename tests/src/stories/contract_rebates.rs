//! Rebates from recorded sales (D-CON-5), with a statement.

use super::contracts::{consultant, content, customer, draft, kind, path, signed, step};
use crate::harness::{Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("contract_rebates":
        d_con_5_a_rebate_comes_from_recorded_sales,
        d_con_5_a_rebate_without_tax_and_as_the_text_in_force_says,
        d_con_5_a_rebate_needs_an_agreement_and_days_of_the_contract,
    )
}

/// 2 % from 1 000.00, 5 % from 3 000.00, on a quarter's whole turnover.
fn agreement() -> Value {
    json!({"terms": {
        "period": "quarter", "grading": "whole",
        "tiers": [{"from": 1_000_00, "rate_ppm": 20_000}, {"from": 3_000_00, "rate_ppm": 50_000}],
    }})
}

/// A contract of the year, in force, with its path.
fn with_rebate(app: &TestApp, customer: &str, rebate: &Value) -> String {
    let mut text = content(100);
    text["starts_on"] = json!("2026-01-01");
    text["ends_on"] = json!("2026-12-31");
    text["rebate"] = rebate.clone();
    let contract = draft(&consultant(app), &kind(app), customer, &text);
    signed(app, &contract, "2026-01-01");
    path(&contract)
}

fn rebate(app: &TestApp, path: &str, from: &str, to: &str) -> Answer {
    app.hq().get(&format!("{path}/rebate?from={from}&to={to}"))
}

fn d_con_5_a_rebate_comes_from_recorded_sales(app: &TestApp) {
    let customer = customer(app);
    let path = with_rebate(app, &customer, &agreement());
    let other = app.customer("李娜").create();
    let sell = |customer: &str, amount: i64| app.sale().customer(customer).line("gift-box", "gifts", amount).ring();
    sell(&other, 9_000_00);
    let first = sell(&customer, 2_500_00);
    app.apply(&customer).created();
    app.set_now("2026-03-31 20:00");
    sell(&customer, 600_25);
    app.set_now("2026-04-01 10:00");
    sell(&customer, 999_99);
    let year = || rebate(app, &path, "2026-01-01", "2026-12-31").ok();
    let told = |statement: &Value| -> Vec<(i64, i64)> {
        let periods = statement.list("/statement/periods");
        periods
            .iter()
            .map(|period| (period.int("/turnover"), period.int("/amount")))
            .collect()
    };
    // 3100.25 × 5 % = 155.0125; a cent below the lowest tier earns nothing.
    assert_eq!(told(&year()), [(3_100_25, 155_01), (999_99, 0), (0, 0), (0, 0)]);
    // What comes back in the next quarter leaves the quarter in which it was sold.
    app.return_of(&first).line(1, 500).book();
    let after = year();
    assert_eq!(told(&after), [(1_850_25, 37_01), (999_99, 0), (0, 0), (0, 0)]);
    let march = &after.list("/months")[2];
    assert_eq!(
        (march.text("/days/from"), march.int("/sales"), march.int("/returned")),
        ("2026-03-01".into(), 3_100_25, 1_250_00)
    );
    assert_eq!(
        (
            after.int("/statement/amount"),
            after.text("/currency"),
            after.text("/number")
        ),
        (37_01, "CNY".into(), "JX-2026-0001".into())
    );
    assert_eq!(after.int("/statement/periods/0/rated/0/rate_ppm"), 20_000);
    let april = rebate(app, &path, "2026-04-01", "2026-04-30").ok();
    assert_eq!(told(&april), [(999_99, 0)]);
    let finance = app.actor("finance", &[]);
    finance
        .get(&format!("{path}/rebate?from=2026-01-01&to=2026-12-31"))
        .ok();
    let looks = app
        .auditor()
        .get(&format!("/access-log?customer_id={customer}&kind=contract"))
        .ok()
        .list("/items");
    let me = finance.get("/me").ok().text("/staff_id");
    assert!(
        looks.iter().any(|look| look["staff_id"] == json!(me)),
        "who read it is noted"
    );
}

fn d_con_5_a_rebate_without_tax_and_as_the_text_in_force_says(app: &TestApp) {
    let customer = customer(app);
    let mut net = agreement();
    net["tax_ppm"] = json!(130_000);
    let path = with_rebate(app, &customer, &net);
    app.sale()
        .customer(&customer)
        .line("gift-box", "gifts", 3_100_00)
        .ring();
    let quarter = || rebate(app, &path, "2026-01-01", "2026-03-31").ok();
    let found = quarter();
    // 3100.00 / 1.13 = 2743.363; × 2 % = 54.8672.
    assert_eq!(
        (found.int("/statement/turnover"), found.int("/statement/amount")),
        (2_743_36, 54_87)
    );
    assert_eq!(found.int("/months/2/sales"), 3_100_00, "the months show what was paid");
    let supplement = step(&consultant(app), &path, "supplement").created();
    let mut text = supplement["content"].clone();
    text["rebate"] = agreement();
    consultant(app)
        .patch(&self::path(&supplement), "\"1\"", &json!({"content": text}))
        .ok();
    let changes = app
        .hq()
        .get(&format!("{}/changes?from=1", self::path(&supplement)))
        .ok();
    assert_eq!(changes.text("/items/0/pointer"), "/rebate");
    assert_eq!(quarter().int("/statement/amount"), 54_87, "a draft holds for nobody");
    signed(app, &supplement, "2026-03-01");
    assert_eq!(quarter().int("/statement/amount"), 155_00);
}

fn d_con_5_a_rebate_needs_an_agreement_and_days_of_the_contract(app: &TestApp) {
    let customer = customer(app);
    let kind_id = kind(app);
    let mut text = content(100);
    text["starts_on"] = json!("2026-02-01");
    let plain = draft(&consultant(app), &kind_id, &customer, &text);
    rebate(app, &path(&plain), "2026-01-01", "2026-12-31").expect_problem(409, "contract_state");
    signed(app, &plain, "2026-02-01");
    rebate(app, &path(&plain), "2026-01-01", "2026-12-31").expect_problem(422, "contract_incomplete");
    text["rebate"] = agreement();
    text["ends_on"] = json!("2026-06-30");
    let contract = draft(&consultant(app), &kind_id, &customer, &text);
    signed(app, &contract, "2026-02-01");
    let path = path(&contract);
    let found = rebate(app, &path, "2026-01-01", "2026-12-31").ok();
    assert_eq!(
        (found.text("/term/from"), found.text("/term/until")),
        ("2026-02-01".into(), "2026-06-30".into()),
        "days outside of the contract don't count"
    );
    for (from, to) in [("2026-07-01", "2026-12-31"), ("2026-05-01", "2026-04-01")] {
        rebate(app, &path, from, to).expect_problem(422, "field_invalid");
    }
    let mut wrong = text.clone();
    wrong["rebate"]["terms"]["tiers"][1]["from"] = json!(0);
    let body = json!({"type_id": kind_id, "customer_id": customer, "content": wrong});
    let refused = consultant(app)
        .post("/contracts", &body)
        .expect_problem(422, "field_invalid");
    assert_eq!(refused.text("/errors/0/pointer"), "/content/rebate/terms/tiers/1/from");
    app.cashier()
        .get(&format!("{path}/rebate?from=2026-02-01&to=2026-06-30"))
        .expect_problem(403, "forbidden");
}
