//! A consultant makes a link, the customer fills the form in on a phone, and the answers are decided one by one.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{PASSWORD, TestApp};
use serde_json::json;

pub fn a_customer_fills_in_a_form(app: &TestApp, window: &Window) {
    let card = json!({"contact": {"mail": "wang@example.com"}});
    let form = app.customer("王芳").with("form_of_address", "ms");
    let customer = form.with("card", card).create();
    app.actor("consultant", &[app.east()]);
    super::log_in(app, window, "consultant-east", PASSWORD);
    window.find("today");
    let page = format!("{}/hq/#/customers/{customer}", app.base());
    window.visit(&page);
    window.find("form-group-person").click();
    window.find("form-make").click();
    window.find("form-qr");
    let link = window.find("form-link").text();
    picture(window, "form-link-zh");

    window.visit(&link);
    window.wait_for_text("form-display", "王女士");
    window.find("form-card-contact-mail").fill("fang");
    window.find("form-card-person-occupation").fill("医生");
    window.find("form-send").click();
    window.find("fault-card-contact-mail");
    window.forgive("422");
    picture(window, "form-zh");
    window.find("form-card-contact-mail").fill("fang@example.com");
    window.find("form-card-contact-qq").fill("88888");
    window.find("form-send").click();
    window.find("form-done");
    window.visit(&format!("{}/login/", app.base()));
    window.visit(&link);
    window.find("form-useless");
    window.find("problem");
    window.forgive("404");
    window.find("lang-en").click();
    picture(window, "form-useless-en");
    window.find("lang-zh-CN").click();

    window.visit(&page);
    window.wait_for_text("answer-0-card-contact-mail", "f***@example.com");
    window.find("accept-0-card-contact-mail").click();
    window.find("accept-0-card-person-occupation").click();
    window.find("refuse-0-card-contact-qq").click();
    picture(window, "form-review-zh");
    window.find("form-review-0").click();
    window.wait_for("the decisions", || {
        let form = window.try_find("form-0")?;
        (form.attribute("data-state").as_deref() == Some("reviewed")).then_some(())
    });
    window.wait_for_text("card-value-contact-mail", "f***@example.com");
    window.find("card-history-open").click();
    window.wait_for_text("card-history-0", "w***@example.com");
    window.find("lang-en").click();
    picture(window, "card-history-en");
    window.find("lang-zh-CN").click();
}
