//! HQ sets up a campaign and sees its budget go, chooses customers with the number before it, and marks them.

use super::{in_english, log_in, picture, turn_to, wait_for_data};
use crate::harness::time::day;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

fn open(app: &TestApp, window: &Window, page: &str) {
    app.actor("hq_admin", &[]);
    log_in(app, window, "hq_admin", PASSWORD);
    turn_to(window, page);
}

pub fn a_campaign_is_set_up_and_its_budget_goes(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    open(app, window, "campaigns");
    window.find("campaigns-nothing");
    window.find("campaigns-new").click();
    window.wait_for("the program to choose", || {
        let options = window.select("[data-testid=campaign-program] option");
        (!options.is_empty()).then_some(())
    });
    window.set_value("campaign-program", app.program());
    window.find("campaign-code").fill("evening");
    window.find("campaign-zh").fill("每晚送分");
    window.find("campaign-en").fill("Every evening");
    window.set_value("campaign-repeat", "daily");
    for (part, text) in ["year", "month", "day"].into_iter().zip(day(&app.now()).split('-')) {
        window.find(&format!("campaign-starts-on-{part}")).fill(text);
    }
    window.set_value("campaign-effect", "per_bill");
    window.find("campaign-amount").fill("50");
    window.find("campaign-per_day").fill("60");
    window.find("campaign-budget").fill("200");
    picture(window, "campaign-form-zh");
    in_english(window, "campaign-form-en");
    window.find("campaign-save").click();
    window.wait_for_text("campaign-window-evening", "每天 · 每单送 50 分");
    let now = || app.follow_the_machines_clock();
    now();
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 60);
    assert_eq!(app.sale_to(&member).line("cream", "skin", 10_00).ring().earned(), 20);
    turn_to(window, "segments");
    turn_to(window, "campaigns");
    wait_for_data(window, "campaign-given-evening", "data-value", "60");
    picture(window, "campaigns-zh");
    // Friday nights alone, from now on.
    window.find("campaign-open-evening").click();
    window.set_value("campaign-repeat", "weekly");
    window.find("campaign-day-FR").click();
    window.set_value("campaign-from", "18:00");
    window.set_value("campaign-to", "22:00");
    window.find("campaign-save").click();
    window.wait_for_text("campaign-window-evening", "每周五 18:00–22:00 · 每单送 50 分");
    window.find("campaign-stop-evening").click();
    wait_for_data(window, "campaign-evening", "data-active", "false");
    in_english(window, "campaigns-en");
}

pub fn a_segment_is_seen_and_marked(app: &TestApp, window: &Window) {
    for (name, birthday) in [("王芳", "1990-05-20"), ("李雷", "1960-12-01")] {
        app.customer(name).birthday(birthday).create();
    }
    app.hq().post("/tags", &json!({"name": "生日会"})).created();
    open(app, window, "segments");
    window.find("segments-nothing");
    window.find("segments-new").click();
    wait_for_data(window, "segment-count", "data-value", "2");
    window.find("segment-name").fill("五月生日");
    window.find("group-add").click();
    window.set_value("condition-field-0-0", "birthday_month");
    window.set_value("condition-values-0-0", "5");
    wait_for_data(window, "segment-count", "data-value", "1");
    window.wait_for_text("segment-member-0", "王芳");
    window.find("segment-save").click();
    picture(window, "segment-zh");
    let tag = app.hq().get("/tags").ok().text("/items/0/id");
    window.find("mass");
    window.set_value("mass-tag", &tag);
    window.find("mass-give").click();
    wait_for_data(window, "mass-done", "data-value", "1");
    in_english(window, "segment-en");
    let found = app.hq().get("/segments").ok();
    let members = app
        .hq()
        .get(&format!("/segments/{}/members", found.text("/items/0/id")))
        .ok();
    let path = format!("/customers/{}/tags", members.text("/items/0/id"));
    assert_eq!(app.hq().get(&path).ok().text("/items/0/name"), "生日会");
    turn_to(window, "tags");
    window.wait_for_text("tags-list", "生日会");
}
