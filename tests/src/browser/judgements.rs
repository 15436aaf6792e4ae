//! Warnings, what customers say, scorecards with the credit report, reports of visits.

use super::{in_english, picture};
use crate::harness::webdriver::{ENTER, Window};
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

fn record(app: &TestApp, window: &Window, customer: &str) {
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("judgements");
}

/// The manager goes on from here, on a page of the archive.
fn as_manager(app: &TestApp, window: &Window, page: &str) {
    app.actor("store_manager", &[app.east()]);
    window.find("logout").click();
    window.find("login-chain");
    super::log_in(app, window, "store_manager-east", PASSWORD);
    window.find("identify");
    window.visit(&format!("{}/hq/#/{page}", app.base()));
}

pub fn a_change_is_reported_put_off_and_resolved(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    let other = app.customer("李娜").create();
    let report = json!({"kind": "territory", "report": "在西区见到她的货"});
    app.hq()
        .post(&format!("/customers/{other}/warnings"), &report)
        .created();
    app.first_log_in("mei");
    super::log_in(app, window, "mei", PASSWORD);
    window.find("nav-warnings");
    record(app, window, &customer);
    window.find("report-open").click();
    window.find("report-words").fill("店面要拆迁");
    window.find("report-urgent").click();
    window.find("report-save").click();
    window.find("judged");
    super::turn_to(window, "warnings");
    window.wait_for_text("warning-0", "店面要拆迁");
    window.find("warning-1");
    picture(window, "warnings-zh");
    in_english(window, "warnings-en");
    window.set_value("warnings-kind", "territory");
    window.wait_for("the other kind alone", || {
        window.try_find("warning-1").is_none().then_some(())
    });
    assert!(window.url().contains("kind=territory"), "{}", window.url());
    window.find("warning-snooze-0").click();
    window.find("warning-until");
    picture(window, "warning-snooze-zh");
    window.find("warning-save").click();
    window.find("warnings-nothing");
    window.set_value("warnings-state", "snoozed");
    window.wait_for_text("warning-0", "推迟到");
    // The address brings the same list.
    let address = window.url();
    let (_, page) = address.split_once("#/").expect("a page");
    as_manager(app, window, page);
    window.wait_for_text("warning-0", "在西区见到她的货");
    window.find("warning-resolve-0").click();
    window.find("warning-resolution").fill("已收回");
    window.set_value("warning-category", "intelligence");
    window.find("warning-save").click();
    window.find("warnings-nothing");
    window.set_value("warnings-state", "resolved");
    window.wait_for_text("warning-0", "已收回");
    let resolved = app.hq().get("/warnings?state=resolved").ok();
    assert_eq!(resolved.text("/items/0/resolution"), "已收回");
    window.visit(&format!("{}/hq/#/customers/{other}", app.base()));
    window.wait_for_text("journal-text-0", "已收回");
    window.wait_for_text("journal-0", "在西区见到她的货");
    picture(window, "warning-journal-zh");
}

pub fn a_low_mark_is_seen_with_its_trend(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    let form = format!("/customers/{customer}/satisfaction");
    let today = app.now();
    for (days, mark) in [(150, 5), (120, 4), (90, 4), (60, 3), (30, 4)] {
        let day = crate::harness::time::days_before(crate::harness::time::day(&today), days);
        let body = json!({"occasion": "service", "day": day, "marks": {"overall": mark}});
        app.hq().post(&form, &body).created();
    }
    app.first_log_in("mei");
    super::log_in(app, window, "mei", PASSWORD);
    window.find("nav-satisfaction");
    record(app, window, &customer);
    window.find("satisfaction-open").click();
    window.find("mark-service-2").click();
    window.find("mark-overall-3").click();
    window.find("satisfaction-remark").fill("等了很久");
    picture(window, "satisfaction-form-zh");
    window.find("satisfaction-save").click();
    window.wait_for_text("judged", "已为顾问安排回访");
    window.wait_for_text("said-0", "等了很久");
    picture(window, "judgements-zh");
    as_manager(app, window, "satisfaction");
    window.wait_for_text("satisfaction-0", "服务态度 2");
    assert!(window.try_find("satisfaction-1").is_none(), "the low one alone");
    window.find("satisfaction-trend");
    window.wait_for("a drawn trend", || {
        (!window.select("[data-testid=satisfaction-trend] canvas").is_empty()).then_some(())
    });
    picture(window, "satisfaction-zh");
    in_english(window, "satisfaction-en");
    window.set_value("satisfaction-low", "*");
    window.find("satisfaction-5");
    let open = app.hq().get(&format!("/tasks?customer_id={customer}")).ok();
    assert_eq!(open.text("/items/0/source"), "satisfaction");
}

pub fn a_scorecard_is_published_and_a_credit_report_printed(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "scorecard");
    window.find("criterion-weight-0").fill("20");
    window.wait_for_text("scorecard-sum", "105");
    assert!(
        !window.find("scorecard-publish").is_enabled(),
        "not while it adds up to more"
    );
    window.find("criterion-weight-1").fill("7");
    window.wait_for_text("scorecard-sum", "100");
    picture(window, "scorecard-zh");
    window.find("scorecard-publish").click();
    window.find("scorecard-published");
    window.wait_for_text("scorecard-version", "1");
    in_english(window, "scorecard-en");
    record(app, window, &customer);
    window.find("assess-open").click();
    for code in [
        "enthusiasm",
        "sales_methods",
        "distribution",
        "funds",
        "brands",
        "logistics",
        "reputation",
        "standing",
    ] {
        window.find(&format!("assess-{code}")).fill("75");
    }
    window.wait_for_text("assess-score", "75.00");
    picture(window, "assess-zh");
    window.find("assess-save").click();
    window.wait_for_text("assessment-holds", "B");
    window.find("credit-report-open").click();
    window.wait_for_text("credit-grade", "B");
    window.find("credit-history-0");
    window.as_printed(true);
    picture(window, "credit-report-printed-zh");
    window.as_printed(false);
    in_english(window, "credit-report-en");
}

pub fn a_visit_is_reported_and_who_has_not_is_named(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.hire("hong", "consultant", &[app.east()]);
    app.first_log_in("mei");
    super::log_in(app, window, "mei", PASSWORD);
    super::turn_to(window, "visit-reports");
    window.find("report-new").click();
    window.find("new-report-remark").fill("跑了一天");
    window.find("new-visit").click();
    window.find("report-customer").fill("王芳");
    window.press(ENTER);
    window.find(&format!("customer-{customer}")).click();
    window.find("new-visit-what-0").fill("店主换人");
    window.find("new-visit-urgent-0").click();
    picture(window, "visit-report-form-zh");
    window.find("new-report-save").click();
    window.wait_for_text("report-0", "跑了一天");
    let warnings = app.hq().get("/warnings").ok();
    assert_eq!(warnings.text("/items/0/reports/0/text"), "店主换人");
    app.night();
    as_manager(app, window, "visit-reports");
    window.wait_for_text("standing-0", "未到期");
    window.wait_for_text("standing-1", "按时");
    window.find("completeness-0");
    picture(window, "visit-reports-zh");
    in_english(window, "visit-reports-en");
}
