//! HQ sets the rules of warnings, of the satisfaction form and of reports, and sees what follows from them; those of
//! adjustments, transfers and pools.

use super::{in_english, picture, turn_to};
use crate::harness::time::day;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::{Value, json};

/// HQ on one of the pages of rules.
fn open(app: &TestApp, window: &Window, page: &str) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    turn_to(window, page);
}

/// A figure that isn't taken, and the field that is at fault.
fn refused(window: &Window, field: &str, figure: &str, save: &str) {
    window.find(field).fill(figure);
    window.find(save).click();
    let problem = window.find("problem").attribute("data-code");
    assert_eq!(problem.as_deref(), Some("field_invalid"));
    window.wait_for("the field at fault", || {
        let fault = window.find(field).attribute("aria-invalid");
        (fault.as_deref() == Some("true")).then_some(())
    });
    window.forgive("422");
}

/// Saves, and gives the document as it holds then.
fn saved(app: &TestApp, window: &Window, save: &str, rules: &str) -> Value {
    window.find(save).click();
    window.find(&format!("{rules}-saved"));
    app.hq().get(&format!("/{rules}")).ok()["value"].clone()
}

pub fn hq_sets_the_warnings_figures(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    open(app, window, "warning-rules");
    refused(window, "warning-rule-share_ppm", "120", "warning-rule-save");
    picture(window, "warning-rules-zh");
    window.find("warning-rule-share_ppm").fill("75.5");
    window.find("warning-rule-answer_days").fill("0");
    window.find("warning-rule-urgent_days").fill("0");
    let rules = saved(app, window, "warning-rule-save", "warning-rules");
    assert_eq!((rules.int("/share_ppm"), rules.int("/answer_days")), (755_000, 0));
    in_english(window, "warning-rules-en");
    // What is reported from now on is to be answered today.
    let report = json!({"kind": "major_change", "report": "店面要拆迁"});
    let path = format!("/customers/{customer}/warnings");
    let warning = app.hq().post(&path, &report).created();
    assert_eq!(warning.text("/due_on"), day(&app.now()));
    turn_to(window, "warnings");
    window.wait_for_text("warning-0", "店面要拆迁");
}

pub fn hq_sets_the_form_and_what_is_low(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    open(app, window, "satisfaction-rules");
    refused(window, "satisfaction-rule-low_mark", "5", "satisfaction-rule-save");
    window.find("satisfaction-rule-low_mark").fill("3");
    window.find("question-remove-3").click();
    window.find("question-add").click();
    window.find("question-zh-4").fill("配送");
    window.find("question-en-4").fill("Delivery");
    refused(window, "question-code-4", "service", "satisfaction-rule-save");
    picture(window, "satisfaction-rules-zh");
    window.find("question-code-4").fill("delivery");
    window.find("question-up-4").click();
    let rules = saved(app, window, "satisfaction-rule-save", "satisfaction-rules");
    let codes: Vec<String> = rules.list("/questions").iter().map(|one| one.text("/code")).collect();
    assert_eq!(codes, ["products", "service", "skill", "delivery", "overall"]);
    assert_eq!(rules.int("/low_mark"), 3);
    in_english(window, "satisfaction-rules-en");
    // The form asks it, and a three is a low mark.
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("satisfaction-open").click();
    window.find("mark-service-4").click();
    window.find("mark-delivery-3").click();
    assert!(window.try_find("mark-environment-1").is_none(), "no longer asked");
    window.find("satisfaction-save").click();
    window.wait_for_text("judged", "已为顾问安排回访");
    turn_to(window, "satisfaction");
    let low = |code: &str| {
        window
            .find(&format!("satisfaction-mark-0-{code}"))
            .attribute("data-low")
    };
    window.wait_for("the low mark shown as one", || {
        (low("delivery").as_deref() == Some("true")).then_some(())
    });
    assert_eq!(low("service").as_deref(), Some("false"));
    window.wait_for_text("satisfaction-trend", "月份");
    window.find("lang-en").click();
    window.wait_for_text("satisfaction-trend", "Month");
}

pub fn hq_sets_when_reports_are_due(app: &TestApp, window: &Window) {
    app.actor("consultant", &[app.east()]);
    open(app, window, "report-rules");
    refused(window, "report-rule-day_days", "15", "report-rule-save");
    picture(window, "report-rules-zh");
    window.find("report-rule-day_days").fill("0");
    let rules = saved(app, window, "report-rule-save", "report-rules");
    assert_eq!((rules.int("/day_days"), rules.int("/month_days")), (0, 3));
    in_english(window, "report-rules-en");
    // Yesterday's report was due yesterday.
    turn_to(window, "visit-reports");
    window.wait_for_text("standing-0", "未到期");
    let yesterday = crate::harness::time::days_before(day(&app.now()), 1);
    window.visit(&format!("{}/hq/#/visit-reports?day={yesterday}", app.base()));
    window.wait_for_text("standing-0", "未交");
}

pub fn hq_sets_what_may_be_done_with_points(app: &TestApp, window: &Window) {
    app.program();
    open(app, window, "pool-rules");
    refused(window, "pool-rule-most_members", "21", "pool-rule-save");
    window.find("pool-rule-most_members").fill("8");
    let rules = saved(app, window, "pool-rule-save", "pool-rules");
    assert_eq!(rules.int("/most_members"), 8);
    turn_to(window, "transfer-rules");
    window.find("transfer-allowed-vip").click();
    window.find("transfer-at_once-vip").fill("300");
    let rules = saved(app, window, "transfer-rule-save", "transfer-rules");
    assert_eq!(
        (rules.int("/programs/0/at_once"), rules.int("/programs/0/per_year")),
        (300, 5000)
    );
    picture(window, "transfer-rules-zh");
    turn_to(window, "adjustment-rules");
    window.find("adjustment-alone-store_manager").click();
    window.find("adjustment-per_staff-hq_admin").fill("10000");
    window.find("adjustment-reason-add").click();
    window.find("adjustment-reason-zh-5").fill("生日关怀");
    window.find("adjustment-reason-en-5").fill("birthday");
    refused(window, "adjustment-reason-code-5", "goodwill", "adjustment-rule-save");
    window.find("adjustment-reason-code-5").fill("birthday");
    let rules = saved(app, window, "adjustment-rule-save", "adjustment-rules");
    assert_eq!(rules.list("/limits").len(), 1, "{rules:#}");
    assert_eq!(rules.int("/limits/0/per_staff"), 10_000);
    assert_eq!(rules.text("/reasons/5/code"), "birthday");
    picture(window, "adjustment-rules-zh");
    in_english(window, "adjustment-rules-en");
}
