//! Record types: HQ declares one, a consultant fills a record in, drags it on the board, exports and prints the list.

use super::picture;
use crate::harness::webdriver::{LEFT, SHIFT, Window};
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::{Value, json};

pub fn a_type_is_made_filled_dragged_and_exported(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    let kind = declare(app, window);
    window.find("logout").click();
    window.find("login-chain");
    app.actor("consultant", &[app.east()]);
    super::log_in(app, window, "consultant-east", PASSWORD);
    let record = fill_in(app, window, &customer);
    drag(app, window, &customer, &record);
    list(app, window, &kind);
}

/// A choice that the board is grouped by, a flag, a plate that is asked for only with it, and a text.
fn declare(app: &TestApp, window: &Window) -> String {
    super::turn_to(window, "records");
    window.find("record-type-new").click();
    window.find("record-type-code").fill("repair");
    window.find("record-type-zh").fill("维修单");
    window.find("record-type-en").fill("Repair");
    for (n, name, zh, en, kind) in [
        (0, "state", "进度", "State", "choice"),
        (1, "car", "自驾", "By car", "flag"),
        (2, "plate", "车牌", "Plate", "plate"),
        (3, "fault", "故障", "Fault", "text"),
    ] {
        window.find("own-add").click();
        window.find(&format!("own-name-{n}")).fill(name);
        window.find(&format!("own-zh-{n}")).fill(zh);
        window.find(&format!("own-en-{n}")).fill(en);
        window.set_value(&format!("own-kind-{n}"), kind);
    }
    for (n, code, zh, en) in [(0, "open", "待处理", "Open"), (1, "done", "已完成", "Done")] {
        if n > 0 {
            window.find("own-choice-add-0").click();
        }
        window.find(&format!("own-choice-code-0-{n}")).fill(code);
        window.find(&format!("own-choice-zh-0-{n}")).fill(zh);
        window.find(&format!("own-choice-en-0-{n}")).fill(en);
    }
    window.find("own-required-0").click();
    window.set_value("own-when-2", "car");
    window.find("own-is-2-true").click();
    window.set_value("record-type-board", "state");
    window.find("record-column-fault").click();
    window.find("record-column-state").click();
    // The server says what is wrong beside the field.
    window.find("own-max_length-3").fill("9999");
    window.find("record-type-save").click();
    window.find("problem");
    window.forgive("422");
    assert!(window.find("own-field-3").text().contains("最大长度为 1–4000"));
    window.find("own-max_length-3").fill("60");
    picture(window, "record-type-zh");
    window.find("record-type-save").click();
    window.find("records-list");
    let kinds = app.hq().get("/record-types").ok();
    assert_eq!(kinds.text("/items/0/board_field"), "state");
    assert_eq!(kinds["items"][0]["columns"], json!(["state", "fault"]));
    kinds.text("/items/0/id")
}

fn fill_in(app: &TestApp, window: &Window, customer: &str) -> String {
    super::turn_to(window, "records");
    window.find("record-type-repair").click();
    assert!(window.try_find("records-type").is_none(), "HQ declares types");
    window.find("records-new").click();
    window.find("customer-search").fill("王芳");
    window.find("customer-search-find").click();
    window.find(&format!("customer-{customer}")).click();
    window.find("record-field-fault").fill("漏水");
    assert!(window.try_find("record-field-plate").is_none(), "asked for only by car");
    window.set_value("record-field-car", "true");
    window.find("record-field-plate").fill("京A1234O");
    window.find("record-save").click();
    let problem = window.find("problem").attribute("data-code");
    assert_eq!(problem.as_deref(), Some("field_invalid"));
    window.forgive("422");
    for wrong in ["record-field-state", "record-field-plate"] {
        let invalid = window.find(wrong).attribute("aria-invalid");
        assert_eq!(invalid.as_deref(), Some("true"), "{wrong} is named beside the field");
    }
    picture(window, "record-form-faults-zh");
    // Nothing that was typed is lost, neither by the refusal nor by leaving.
    super::turn_to(window, "customers");
    window.find("customers-list");
    super::turn_to(window, "records");
    window.find("record-type-repair").click();
    window.find("records-new").click();
    window.find("record-draft");
    assert_eq!(window.find("record-field-fault").attribute_now("value"), "漏水");
    window.find("customer-search").fill("王芳");
    window.find("customer-search-find").click();
    window.find(&format!("customer-{customer}")).click();
    window.set_value("record-field-state", "open");
    window.find("record-field-plate").fill("京A12345");
    window.find("record-save").click();
    window.wait_for_text("record-value-plate", "京A****5");
    let record = window.find("record-view").attribute("data-id").expect("an id");
    window.find("record-edit").click();
    window.find("record-field-fault").fill("漏水，水管已换");
    window.find("record-save").click();
    window.wait_for_text("record-value-fault", "水管已换");
    window.wait_for_text("record-event-0", "原为 漏水");
    let shown = app.hq().get(&format!("/records/{record}")).ok();
    assert_eq!(shown["values"]["plate"]["value"], "京A****5", "what is masked stays");
    picture(window, "record-zh");
    record
}

fn drag(app: &TestApp, window: &Window, customer: &str, record: &str) {
    window.find("records-back").click();
    window.find("records-board").click();
    let card = format!("card-{record}");
    let place = || {
        let shown = app.hq().get(&format!("/records/{record}")).ok();
        shown.text("/board_value")
    };
    let moved = |to: &str| {
        window.wait_for(&format!("the card in {to}"), || {
            let inside = format!("[data-testid=column-{to}] [data-testid={card}]");
            (!window.select(&inside).is_empty()).then_some(())
        });
        assert_eq!(place(), to);
    };
    window.find(&card);
    moved("open");
    picture(window, "record-board-zh");
    window.drag(&card, "column-done");
    moved("done");
    assert!(window.try_find("board").is_some(), "a drag opens nothing");
    // By keyboard: the card has kept the focus.
    window.press_with(SHIFT, LEFT);
    moved("open");
    window.drag(&card, "column-done");
    moved("done");
    picture(window, "record-board-moved-zh");
    window.find(&card).click();
    window.wait_for_text("record-event-0", "待处理 → 已完成");
    let journal = app
        .hq()
        .get(&format!("/customers/{customer}/journal"))
        .ok()
        .list("/items");
    let told: Vec<String> = journal.iter().map(|entry: &Value| entry.text("/description")).collect();
    assert_eq!(told[0], "维修单：待处理 → 已完成 · Repair: Open → Done");
    assert_eq!(told.len(), 3);
}

fn list(app: &TestApp, window: &Window, kind: &str) {
    window.find("records-back").click();
    window.wait_for_text("record-0", "水管已换");
    window.set_value("records-column", "open");
    window.wait_for("an empty list", || window.try_find("record-0").is_none().then_some(()));
    assert!(window.url().contains("board=open"), "{}", window.url());
    // Who gets the address sees the same.
    window.visit("about:blank");
    window.visit(&format!("{}/hq/#/records/{kind}?board=done", app.base()));
    window.wait_for_text("record-0", "水管已换");
    assert_eq!(window.find("records-column").attribute_now("value"), "done");
    picture(window, "records-list-zh");
    window.set_value("records-format", "csv");
    window.find("records-export").click();
    let text = String::from_utf8(window.downloaded("repair.csv")).expect("UTF-8");
    // Each line says who took it along, and when.
    assert!(
        text.starts_with("\u{feff}顾客,进度,自驾,车牌,故障,导出标记\r\n王女士,已完成,true,京A****5,漏水，水管已换,"),
        "{text}"
    );
    assert!(text.contains(" consultant-east "), "{text}");
    window.as_printed(true);
    assert!(window.try_find("nav-records").is_none() && window.try_find("records-export").is_none());
    assert!(
        window.find("record-0").text().contains("水管已换"),
        "on paper is what is shown"
    );
    picture(window, "records-printed-zh");
    window.as_printed(false);
    window.find("lang-en").click();
    picture(window, "records-list-en");
    window.find("records-board").click();
    window.wait_for_text("column-done", "Done");
    picture(window, "record-board-en");
    window.find("lang-zh-CN").click();
}

pub fn a_shipped_type_is_taken_over(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "records");
    window.find("record-template-machine");
    picture(window, "record-templates-zh");
    window.find("record-template-loan_application").click();
    window.wait_for("the shipped fields", || {
        let code = window.find("record-type-code").attribute_now("value");
        (code == "loan_application").then_some(())
    });
    window.find("record-type-zh").fill("购车贷款");
    window.find("record-type-save").click();
    window.find("records-list");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("customer-record-new-loan_application").click();
    window.wait_for_text("record-customer", "王芳");
    window.set_value("record-field-state", "collecting");
    window.find("record-field-purpose").fill("购车");
    window.find("record-field-amount").fill("120000.50");
    window.find("record-field-months").fill("36");
    for (part, typed) in [("year", "2026"), ("month", "2"), ("day", "1")] {
        window.find(&format!("record-field-applied_on-{part}")).fill(typed);
    }
    assert!(window.try_find("record-field-person_documents-identity").is_none());
    window.set_value("record-field-applicant", "person");
    window.find("record-field-person_documents-identity").fill("1");
    window.find("record-field-person_documents-household").fill("2");
    picture(window, "loan-form-zh");
    window.find("record-save").click();
    window.wait_for_text("missing-identity", "身份证复印件 1/2");
    assert!(window.try_find("missing-household").is_none());
    picture(window, "loan-zh");
    window.find("lang-en").click();
    window.wait_for_text("missing-identity", "Copy of identity card 1/2");
    picture(window, "loan-en");
    window.find("lang-zh-CN").click();
    let records = app.hq().get(&format!("/records?customer_id={customer}")).ok();
    assert_eq!(records["items"][0]["values"]["amount"]["value"], 120_000_50);
    let kinds = app.hq().get("/record-types").ok();
    assert_eq!(kinds.text("/items/0/name/zh"), "购车贷款");
}
