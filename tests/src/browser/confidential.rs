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
    super::turn_to(window, "deletions");
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
    super::turn_to(window, "access-log");
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

/// A record's masked values, with a reason; the access log leads back to whose they are.
pub fn a_look_behind_a_records_mask(app: &TestApp, window: &Window) {
    let customer = app.customer("诸葛亮").create();
    let label = |zh: &str, en: &str| json!({"zh": zh, "en": en});
    let form = json!({
        "code": "machine", "name": label("装机", "Machine"), "fields": [
            {"name": "model", "label": label("型号", "Model"), "kind": "text"},
            {"name": "site_phone", "label": label("现场电话", "Phone on site"), "kind": "phone"},
        ],
    });
    let kind = app.hq().post("/record-types", &form).created().text("/id");
    let write = |values: serde_json::Value| {
        let body = json!({"type_id": kind, "customer_id": customer, "values": values});
        app.hq().post("/records", &body).created().text("/id")
    };
    let masked = write(json!({"model": "X1", "site_phone": "13912345678"}));
    let plain = write(json!({"model": "X2"}));
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("program-vip");
    window.visit(&format!("{}/hq/#/records/{kind}/{masked}", app.base()));
    window.wait_for_text("record-value-site_phone", "139****5678");
    window.set_value("reveal-purpose", "other");
    window.find("reveal-show").click();
    assert!(window.try_find("revealed").is_none(), "other is said in words");
    window.find("reveal-note").fill("约上门时间");
    window.find("reveal-show").click();
    window.wait_for_text("revealed-site_phone", "+8613912345678");
    assert!(window.try_find("revealed-model").is_none(), "what is masked alone");
    picture(window, "record-reveal-zh");
    window.find("lang-en").click();
    picture(window, "record-reveal-en");
    window.find("lang-zh-CN").click();
    let number = window.find("revealed-number").text();
    window.find("revealed-hide").click();
    window.visit(&format!("{}/hq/#/records/{kind}/{plain}", app.base()));
    window.wait_for_text("record-value-model", "X2");
    assert!(window.try_find("reveal-record").is_none(), "nothing is masked here");
    super::turn_to(window, "access-log");
    window.wait_for_text("access-log-list", number.rsplit(' ').next().unwrap_or_default());
    window.wait_for_text("access-log-list", "打开档案");
}

/// A name by its sound, an entry by two characters, nothing by what nobody wrote.
fn one_box(app: &TestApp, window: &Window, customer: &str) {
    let entry = json!({"category": "need", "description": "要求换小瓶"});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created();
    super::turn_to(window, "search");
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
