//! A look behind the mask, and an erasure by two people, as HQ does them.

use super::picture;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

pub fn a_look_and_an_erasure(app: &TestApp, window: &Window) {
    let form = app.customer("诸葛亮").phone("13912345678");
    let customer = form
        .with("card", json!({"contact": {"mail": "liang@example.com"}}))
        .create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    one_box(app, window, &customer);
    let record = format!("{}/hq/#/customers/{customer}", app.base());
    window.visit(&record);
    window.set_value("reveal-purpose", "complaint");
    window.find("reveal-note").fill("退货争议");
    window.find("reveal-show").click();
    window.wait_for_text("revealed-phones", "+8613912345678");
    picture(window, "reveal-zh");
    let number = window.find("revealed-number").text();
    window.find("revealed-hide").click();
    assert!(window.try_find("revealed").is_none());
    // Who asks doesn't decide.
    window.find("erase-ask").click();
    window.find("erase-asked");
    picture(window, "erase-asked-zh");
    let asked = app.hq().get("/deletions?state=requested").ok().text("/items/0/id");
    window.visit(&format!("{}/hq/#/deletions/{asked}", app.base()));
    window.find("deletion-confirm").click();
    let problem = window.find("problem").attribute("data-code");
    assert_eq!(problem.as_deref(), Some("second_person_needed"));
    window.forgive("409");
    picture(window, "deletion-zh");
    window.find("deletion-reject").click();
    window.wait_for("the rejection", || {
        Some(()).filter(|()| window.find("deletion-panel").attribute("data-state").as_deref() == Some("rejected"))
    });
    // What somebody else has asked for is confirmed here.
    let body = json!({"scope": "person", "customer_id": customer, "ground": "asked"});
    let asked = app.hq().post("/deletions", &body).created().text("/id");
    window.find("nav-deletions").click();
    window.find("deletions-list");
    picture(window, "deletions-zh");
    window.visit(&format!("{}/hq/#/deletions/{asked}", app.base()));
    window.find("deletion-confirm").click();
    window.wait_for("the deletion", || {
        Some(()).filter(|()| window.find("deletion-panel").attribute("data-state").as_deref() == Some("done"))
    });
    window.visit(&record);
    window.find("erased");
    assert!(window.find("customers-record").text().contains("已删除的顾客"));
    picture(window, "erased-zh");
    window.find("nav-access-log").click();
    let number = number.rsplit(' ').next().unwrap_or_default();
    // The rows come after the list's head.
    window.wait_for_text("access-log-list", number);
    let list = window.find("access-log-list").text();
    assert!(
        !list.contains("退货争议"),
        "what was said of an erased customer is gone: {list}"
    );
    picture(window, "access-log-zh");
    window.find("lang-en").click();
    picture(window, "access-log-en");
    window.visit(&record);
    window.find("erased");
    picture(window, "erased-en");
}

/// A name by its sound, an entry by two characters, nothing by what nobody wrote.
fn one_box(app: &TestApp, window: &Window, customer: &str) {
    let entry = json!({"category": "need", "description": "要求换小瓶"});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created();
    window.find("nav-search").click();
    window.find("search-box").fill("zgl");
    window.wait_for_text("search-customers", "诸葛亮 139****5678");
    picture(window, "search-name-zh");
    window.find("search-box").fill("小瓶");
    window.wait_for("the entry", || {
        window
            .try_find("search-journal")
            .filter(|list| list.text().contains("要求换小瓶"))
    });
    assert!(window.try_find("search-customers").is_none());
    picture(window, "search-journal-zh");
    window.find("search-box").fill("没人写过");
    window.find("search-nothing");
    assert!(
        !window.url().contains("search/"),
        "what is typed stays out of the address"
    );
}
