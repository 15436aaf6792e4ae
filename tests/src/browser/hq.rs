//! The program page of HQ, and rules that wait for a second person.

use super::{in_english, log_in_as, picture, turn_to, wait_for_data};
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};

/// HQ doubles the points of a program in the form that its plugin's schema draws.
pub fn changes_a_configuration(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("program-vip").click();
    window.find("schema-form");
    picture(window, "hq-program-zh");
    let schema = app.hq().get(&format!("/programs/{}", app.program())).ok()["schema"].clone();
    let title = schema.text("/properties/points_per_unit/x-zh/title");
    let field = window.field(&title);
    assert_eq!(field.attribute_now("value"), "1", "the figure in force");
    // The page's own look first, then the server's.
    field.fill("a lot");
    window.find("configuration-save").click();
    window.find("incomplete");
    picture(window, "hq-wrong-zh");
    assert_eq!(
        app.hq()
            .get(&format!("/programs/{}", app.program()))
            .ok()
            .int("/configuration/version"),
        1
    );
    window.field(&title).fill("2");
    window.find("configuration-save").click();
    // What changes is summed up first, and nothing else changes.
    let summed = window.find("publish-dialog");
    assert!(summed.text().contains(&title), "{}", summed.text());
    assert!(window.try_find("change-1").is_none());
    picture(window, "hq-publish-zh");
    window.find("publish").click();
    window.find("saved");
    picture(window, "hq-saved-zh");
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(program.int("/configuration/version"), 2);
    app.follow_the_machines_clock();
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 20);
    window.find("lang-en").click();
    window.field(&schema.text("/properties/points_per_unit/title"));
    picture(window, "hq-program-en");
    window.find("tab-versions").click();
    window.find("version-2");
    picture(window, "hq-versions-en");
}

/// HQ sets from what sum on a bill is asked about, and reads what a wrong one gets.
pub fn sets_the_limit_of_a_bill(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "chain-settings");
    window.find("chain-bill-limit").fill("0");
    window.find("chain-save").click();
    assert_eq!(
        window.find("problem").attribute("data-code").as_deref(),
        Some("field_invalid")
    );
    window.forgive("422");
    window.find("chain-bill-limit").fill("5000");
    window.find("chain-save").click();
    window.find("chain-saved");
    picture(window, "chain-settings-zh");
    assert_eq!(app.hq().get("/chain").ok().int("/bill_limit"), 5000_00);
    window.find("lang-en").click();
    picture(window, "chain-settings-en");
}

/// HQ says when points end, and what top-ups bring.
pub fn sets_ends_of_points_and_an_offer(app: &TestApp, window: &Window) {
    app.program();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("program-vip").click();
    window.find("schema-form");
    window.set_value("expiry-kind", "per_lot");
    window.find("expiry-months").fill("24");
    window.set_value("expiry-end", "year_end");
    window.find("value-on").click();
    window.set_value("value-draw", "principal_first");
    // Up from under the bar that sticks to the bottom, as a reader scrolls.
    let up = "document.querySelector('[data-testid=offer-add]').scrollIntoView({ block: 'center' })";
    window.run(up, &[]);
    window.find("offer-add").click();
    window.find("configuration-save").click();
    window.find("incomplete");
    window.find("offer-zh-0").fill("夏季充值");
    window.find("offer-en-0").fill("Summer top-up");
    window.find("offer-step-from-0-0").fill("500");
    window.find("offer-granted-0-0").fill("50");
    window.find("offer-step-add-0").click();
    window.find("offer-step-from-0-1").fill("1000");
    window.set_value("offer-grant-0-1", "share");
    window.find("offer-granted-0-1").fill("12.5");
    picture(window, "hq-offers-zh");
    in_english(window, "hq-offers-en");
    window.find("configuration-save").click();
    window.wait_for_text("publish-dialog", "夏季充值");
    picture(window, "hq-offers-publish-zh");
    window.find("publish").click();
    window.find("saved");
    let versions = app
        .hq()
        .get(&format!("/programs/{}/configurations", app.program()))
        .ok()
        .list("/items");
    let points = versions
        .into_iter()
        .find(|one| one.int("/version") == 2)
        .expect("version 2")["points"]
        .clone();
    assert_eq!(points.int("/expiry/months"), 24);
    assert_eq!(points.text("/expiry/end"), "year_end");
    assert_eq!(points.text("/value/draw"), "principal_first");
    let steps = points.list("/value/offers/0/steps");
    assert_eq!((steps[0].int("/from"), steps[0].int("/grant/amount")), (500_00, 50_00));
    assert_eq!(
        (steps[1].int("/from"), steps[1].int("/grant/share_ppm")),
        (1000_00, 125_000)
    );
}

/// HQ wants finance to agree to new rules of programs; then its own wait.
pub fn rules_wait_for_a_second_person(app: &TestApp, window: &Window) {
    app.actor("finance", &[]);
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    turn_to(window, "approval-rules");
    window.find("approval-rule-configuration-steps-1").click();
    window.find("approval-rule-configuration-0-finance").click();
    window.find("approval-rule-configuration-0-hq_admin").click();
    window.find("approval-rule-save").click();
    window.find("approval-rules-saved");
    picture(window, "approval-rules-zh");
    in_english(window, "approval-rules-en");
    turn_to(window, "programs");
    window.find("program-vip").click();
    window.find("schema-form");
    let schema = app.hq().get(&format!("/programs/{}", app.program())).ok()["schema"].clone();
    let title = schema.text("/properties/points_per_unit/x-zh/title");
    window.field(&title).fill("2");
    window.find("configuration-save").click();
    window.find("publish").click();
    wait_for_data(window, "problem", "data-code", "approval_needed");
    window.forgive("409");
    picture(window, "rules-wait-zh");
    window.find("problem-approval").click();
    wait_for_data(window, "approval-view", "data-state", "waiting");
    window.find("approval-not-yours");
    finance_agrees(app, window, &title);
    log_in_as(app, window, "hq_admin");
    turn_to(window, "approvals");
    window.find("approvals-asked").click();
    window.find("approval-open-0").click();
    window.find("approval-next");
    picture(window, "rules-agreed-zh");
    window.find("approval-do").click();
    window.find("approval-used");
    assert!(window.try_find("approval-do").is_none(), "once");
    picture(window, "rules-published-zh");
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(program.int("/configuration/version"), 2);
    assert_eq!(
        app.auditor()
            .get("/audit?action=approval.use")
            .ok()
            .list("/items")
            .len(),
        1
    );
}

/// Finance sees the figure that changes, and all the others.
fn finance_agrees(app: &TestApp, window: &Window, title: &str) {
    log_in_as(app, window, "finance");
    turn_to(window, "approvals");
    window.find("approval-open-0").click();
    window.wait_for_text("request-changes", title);
    window.find("request-all").click();
    picture(window, "rules-request-zh");
    in_english(window, "rules-request-en");
    window.find("approval-remark").fill("已核算成本");
    window.find("approval-agree").click();
    wait_for_data(window, "approval-view", "data-state", "approved");
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(program.int("/configuration/version"), 1, "whoever asked does it");
}
