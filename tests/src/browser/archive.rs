//! HQ declares own fields; a consultant fills a customer's card in and sees where it comes from.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

pub fn own_fields_and_a_card(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    declare(app, window);
    window.find("logout").click();
    window.find("login-chain");
    app.actor("consultant", &[app.east()]);
    super::log_in(app, window, "consultant-east", PASSWORD);
    window.find("today");
    assert!(!super::is_named(window, "customer-fields"), "HQ declares fields");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    fill_in(app, window, &customer);
    change(app, window, &customer);
    classify(app, window, &customer);
}

/// A choice, and a text that is asked for only with one of its choices.
fn declare(app: &TestApp, window: &Window) {
    super::turn_to(window, "customer-fields");
    window.find("own-add").click();
    window.find("own-name-0").fill("skin");
    window.find("own-zh-0").fill("肤质");
    window.find("own-en-0").fill("Skin");
    window.set_value("own-kind-0", "choice");
    for (n, code, zh, en) in [(0, "dry", "干性", "dry"), (1, "other", "其他", "other")] {
        if n > 0 {
            window.find("own-choice-add-0").click();
        }
        window.find(&format!("own-choice-code-0-{n}")).fill(code);
        window.find(&format!("own-choice-zh-0-{n}")).fill(zh);
        window.find(&format!("own-choice-en-0-{n}")).fill(en);
    }
    window.find("own-add").click();
    window.find("own-name-1").fill("which");
    window.find("own-zh-1").fill("哪种肤质");
    window.find("own-en-1").fill("Which skin");
    window.find("own-max_length-1").fill("9999");
    window.set_value("own-when-1", "skin");
    window.find("own-is-1-other").click();
    // The server says what is wrong beside the field.
    window.find("own-publish").click();
    window.find("problem");
    window.forgive("422");
    assert!(window.find("own-field-1").text().contains("最大长度为 1–4000"));
    window.find("own-max_length-1").fill("20");
    window.find("own-publish").click();
    window.find("own-saved");
    picture(window, "hq-own-fields-zh");
    let declared = app.hq().get("/customer-fields").ok();
    assert_eq!(declared.int("/items/0/version"), 1);
    assert_eq!(
        declared["items"][0]["fields"][1]["when"],
        json!({"field": "skin", "is": ["other"]})
    );
    window.find("lang-en").click();
    picture(window, "hq-own-fields-en");
    window.find("lang-zh-CN").click();
}

fn fill_in(app: &TestApp, window: &Window, customer: &str) {
    window.find("card-open").click();
    window.set_value("card-person-sex", "female");
    window.find("card-person-occupation").fill("教师");
    window.find("card-contact-mail").fill("wang，fang@example.com");
    window.find("card-contact-plates").fill("京A12345、粤BD12345");
    assert!(
        window.try_find("card-own-which").is_none(),
        "asked for only with another skin"
    );
    window.set_value("card-own-skin", "other");
    window.find("card-own-which").fill("混合");
    window.set_value("card-source-person", "visit");
    window.find("card-verified-person").click();
    picture(window, "card-form-zh");
    window.find("card-save").click();
    assert_eq!(
        window.find("problem").attribute("data-code").as_deref(),
        Some("field_invalid")
    );
    window.forgive("422");
    window.find("card-contact-mail").fill("wang.fang@example.com");
    window.find("card-save").click();
    window.wait_for_text("card-value-contact-mail", "w***@example.com");
    window.wait_for_text("card-value-own-which", "混合");
    window.find("card-verified-by-person");
    window.find("card-unverified-contact");
    picture(window, "card-zh");
    let card = app.hq().get(&format!("/customers/{customer}")).ok()["card"].clone();
    assert_eq!(card["own"]["skin"], json!({"version": 1, "value": "other"}));
    assert_eq!(card["contact"]["plates"], json!(["京A****5", "粤B*****5"]));
}

/// Only what was typed is changed: what is masked stays.
fn change(app: &TestApp, window: &Window, customer: &str) {
    window.find("card-open").click();
    window.find("card-person-occupation").fill("校长");
    window.set_value("card-birthday_calendar", "lunar");
    window.find("card-save").click();
    window.wait_for_text("card-value-person-occupation", "校长");
    window.find("card-unverified-person");
    let kept = app.hq().get(&format!("/customers/{customer}")).ok();
    assert_eq!(kept.text("/birthday_calendar"), "lunar");
    let found = app.hq().get("/customers?query=wang.fang%40example.com").ok();
    assert_eq!(found.text("/items/0/id"), customer);
    window.find("lang-en").click();
    picture(window, "card-en");
    window.find("lang-zh-CN").click();
}

/// A class by hand, and one that HQ has computed.
fn classify(app: &TestApp, window: &Window, customer: &str) {
    app.sale().customer(customer).line("cream", "skin", 100_00).ring();
    window.set_value("class-set-nature", "partner");
    window.wait_for("the class with who set it", || {
        window
            .find("class-nature")
            .attribute("data-manual")
            .filter(|manual| manual == "true")
    });
    window.find("logout").click();
    window.find("login-chain");
    let region = json!({"code": "river", "name": "江东"});
    app.hq().post("/regions", &region).created();
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "customer-classes");
    window.find("class-rule-new_months").fill("3");
    window.find("class-rule-save").click();
    window.find("class-compute").click();
    window.find("class-computed");
    picture(window, "hq-class-rules-zh");
    let rules = app.hq().get("/customer-class-rules").ok();
    assert_eq!((rules.int("/rules/new_months"), rules.int("/version")), (3, 1));
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.wait_for_text("class-why-volume", "100.00");
    window.wait_for_text("class-why-time", "3 个月内为新客户");
    picture(window, "card-classes-zh");
    window.find("lang-en").click();
    picture(window, "card-classes-en");
    window.find("lang-zh-CN").click();
    put_on_the_route(app, window);
}

/// Region and place on the route, and the manager's review of it.
fn put_on_the_route(app: &TestApp, window: &Window) {
    window.set_value("class-set-region", "river");
    window.wait_for_text("class-region", "设定于");
    window.find("class-set-route").fill("12");
    window.find("class-save-route").click();
    window.wait_for_text("class-route", "设定于");
    super::turn_to(window, "routes");
    window.wait_for_text("route-reviewed-0", "尚未复核");
    window.find("route-open-0").click();
    window.wait_for_text("route-stop-0", "江东");
    window.wait_for_text("route-stop-0", "12");
    picture(window, "routes-zh");
    window.find("route-review").click();
    window.find("route-remark").fill("改到周二");
    window.find("route-review-save").click();
    window.wait_for("the review", || {
        let shown = window.find("route-0").attribute("data-overdue");
        (shown.as_deref() == Some("false")).then_some(())
    });
    let route = app.hq().get("/routes").ok();
    assert_eq!(route.text("/items/0/review/remark"), "改到周二");
    window.find("lang-en").click();
    picture(window, "routes-en");
}
