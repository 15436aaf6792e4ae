//! What HQ answers for: liability by age, settlement, debts, adjustments.

use super::{in_english, picture};
use crate::harness::webdriver::Window;
use crate::harness::{PASSWORD, TestApp};
use serde_json::json;

fn turn(app: &TestApp, window: &Window, page: &str, testid: &str) {
    window.visit(&format!("{}/hq/#/{page}", app.base()));
    window.find(testid);
}

pub fn hq_sees_what_it_answers_for(app: &TestApp, window: &Window) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
    let fang = app.member("王芳");
    let bill = app.sale_to(&fang).line("cream", "skin", 100_00).ring();
    app.redeem(&fang.number, &app.reward("bag", 1100, None, None)).created();
    app.return_of(&bill).book_as_quoted();
    app.set_now("2027-03-02 10:00");
    let lei = app.member("李雷");
    app.sale_to(&lei)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(3_00)
        .ring();
    app.hire("ying", "finance", &[]);
    app.first_log_in("ying");
    super::log_in(app, window, "ying", PASSWORD);
    window.find("nav-group-accounting");
    turn(app, window, "liability?on=2027-03-02", "liability-0");
    window.wait_for_text("liability-outstanding-0", "707");
    window.wait_for_text("liability-balance-0", "607");
    window.wait_for_text("movements-0", "使用");
    picture(window, "liability-zh");
    in_english(window, "liability-en");
    turn(app, window, "settlement?month=2027-03-01", "settlement");
    window.wait_for_text("settlement-pair-0", "300");
    window.wait_for_text("settlement-unpriced", "1");
    let price = json!({"program_id": app.program(), "asset": "points", "from": "2027-01-01", "per_100": 100});
    app.hq()
        .patch("/settlement-rules", "\"0\"", &json!({"value": {"prices": [price]}}))
        .ok();
    turn(
        app,
        window,
        "settlement?month=2027-03-01&franchise=false",
        "settlement-1",
    );
    window.wait_for_text("settlement-1", "3.00");
    picture(window, "settlement-zh");
    in_english(window, "settlement-en");
    turn(app, window, "debts", "debt-0");
    picture(window, "debts-zh");
}

pub fn a_manager_adjusts_points(app: &TestApp, window: &Window) {
    let fang = app.member("王芳");
    app.manager();
    super::log_in(app, window, "store_manager-east", PASSWORD);
    window.find("identify");
    turn(app, window, "adjustments", "adjustments");
    window.find("adjust").click();
    window.find("adjust-card").fill(&fang.number);
    window.find("adjust-find").click();
    window.find("adjust-amount").fill("200");
    window.find("adjust-note").fill("等了一小时");
    picture(window, "adjust-zh");
    window.find("adjust-save").click();
    window.wait_for_text("adjustment-0", "+200");
    assert_eq!(app.points(&fang), 1200);
    in_english(window, "adjustments-en");
}
