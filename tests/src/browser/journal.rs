//! A customer's log book as a consultant and a manager keep it, and HQ's rules of service and retention.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

pub fn an_entry_is_written_answered_and_judged(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").with("consultant_id", app.consultant()).create();
    app.first_log_in("mei");
    super::log_in(app, window, "mei", PASSWORD);
    // A consultant begins with what is to be done today.
    window.find("today-nothing");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("journal-nothing");
    window.find("journal-new").click();
    window.set_value("journal-category", "complaint");
    window.find("journal-description").fill("面霜瓶盖漏，要求更换");
    window.find("journal-amount").fill("128.50");
    picture(window, "journal-form-zh");
    window.find("journal-save").click();
    window.wait_for_text("journal-text-0", "面霜瓶盖漏");
    window.wait_for_text("journal-total-complaint", "128.50");
    super::turn_to(window, "open-journal");
    window.wait_for_text("journal-0", "王女士");
    window.find("journal-resolve-0").click();
    window.find("journal-words").fill("已换新，当面交付");
    picture(window, "journal-answer-zh");
    window.find("journal-answer-save").click();
    window.find("open-nothing");
    window.find("logout").click();
    window.find("login-chain");
    judged_by_a_manager(app, window, &customer);
}

fn judged_by_a_manager(app: &TestApp, window: &Window, customer: &str) {
    app.manager();
    super::log_in(app, window, "store_manager-east", PASSWORD);
    window.find("logout");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.wait_for_text("journal-answer-0", "已换新");
    window.find("journal-judge-0").click();
    window.set_value("journal-verdict", "redo");
    window.find("journal-words").fill("请补写回访");
    window.find("journal-answer-save").click();
    window.wait_for_text("journal-verdict-0", "重做");
    let journal = app.hq().get(&format!("/customers/{customer}/journal")).ok();
    assert_eq!(journal.text("/items/0/verdict/remark"), "请补写回访");
    picture(window, "journal-panel-zh");
    window.find("lang-en").click();
    picture(window, "journal-panel-en");
    // What a list is asked for stands in its address.
    let entry = json!({"category": "need", "description": "想要小瓶装"});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created();
    window.visit(&format!("{}/hq/#/open-journal?category=complaint", app.base()));
    window.find("open-nothing");
    window.set_value("open-category", "need");
    window.wait_for_text("journal-text-0", "想要小瓶装");
    assert!(window.url().contains("category=need"), "{}", window.url());
    picture(window, "open-journal-en");
}

pub fn hq_sets_service_and_retention(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "service-standards");
    window.find("standard-a_days").fill("14");
    window.find("standard-save").click();
    window.find("service-standards-saved");
    assert_eq!(app.hq().get("/service-standards").ok().int("/standards/a_days"), 14);
    window.find("standard-b_days").fill("400");
    window.find("standard-save").click();
    let problem = window.find("problem").attribute("data-code");
    assert_eq!(problem.as_deref(), Some("field_invalid"));
    window.forgive("422");
    picture(window, "service-standards-zh");
    super::turn_to(window, "retention-rules");
    window.find("retention-prospect_years").fill("2");
    window.find("retention-save").click();
    window.find("retention-rules-saved");
    assert_eq!(app.hq().get("/retention-rules").ok().int("/rules/prospect_years"), 2);
    picture(window, "retention-rules-zh");
    window.find("lang-en").click();
    picture(window, "retention-rules-en");
}

pub fn hq_adds_a_category_that_entries_are_written_under(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "journal-categories");
    window.find("category-add").click();
    window.find("category-zh-12").fill("培训");
    window.find("category-en-12").fill("Training");
    window.find("category-code-12").fill("need");
    window.find("category-deadline-12").fill("5");
    window.find("category-quantities-12").click();
    window.find("journal-categories-save").click();
    let problem = window.find("problem").attribute("data-code");
    assert_eq!(problem.as_deref(), Some("field_invalid"), "the code is another's");
    window.forgive("422");
    window.find("category-code-12").fill("training");
    picture(window, "journal-categories-zh");
    window.find("journal-categories-save").click();
    window.find("journal-categories-saved");
    assert!(window.try_find("category-remove-12").is_none(), "it stays for ever");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("journal-nothing");
    window.find("journal-new").click();
    window.set_value("journal-category", "training");
    window.find("journal-description").fill("导购培训一天");
    window.find("journal-quantity").fill("3");
    assert!(
        window.try_find("journal-amount").is_none(),
        "amounts of it aren't summed"
    );
    window.find("journal-save").click();
    window.wait_for_text("journal-0", "培训");
    window.wait_for_text("journal-total-training", "培训");
    let written = app.hq().get(&format!("/customers/{customer}/journal")).ok();
    assert_eq!(written.text("/items/0/category"), "training");
    window.find("lang-en").click();
    window.wait_for_text("journal-0", "Training");
    // Archived, nothing new is written under it.
    super::turn_to(window, "journal-categories");
    window.find("category-active-12").click();
    window.find("journal-categories-save").click();
    window.find("journal-categories-saved");
    picture(window, "journal-categories-en");
    let entry = json!({"category": "training", "description": "x"});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .expect_problem(422, "field_invalid");
}
