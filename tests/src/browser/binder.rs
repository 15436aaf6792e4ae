//! What is kept of contracts: templates and what is printed from them, signed originals, rebates, accepted terms.

use super::{in_english, picture, turn_to, wait_for_data};
use crate::harness::time::{day, days_before};
use crate::harness::webdriver::{ENTER, F2, Window};
use crate::harness::{Actor, Field, PASSWORD, TestApp, fresh_key};
use serde_json::{Value, json};

fn hq_begins(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("logout");
}

/// A type whose contracts one person agrees to.
fn dealers(app: &TestApp) -> String {
    let body = json!({"code": "dealer", "name": {"zh": "经销合同", "en": "Dealer contract"}, "category": "JX"});
    app.hq().post("/contract-types", &body).created().text("/id")
}

fn content() -> Value {
    json!({
        "title": "二〇二六年度经销合同",
        "elements": {"quality": "符合国家标准", "settlement": "月结三十天"},
        "lines": [{
            "goods": "护肤套装", "unit": "套", "quantity": 1000, "unit_price": 1130_00, "tax_ppm": 130_000,
            "tax_included": true,
        }],
        "own_party": {"name": "美丽连锁有限公司"},
    })
}

fn path(contract: &Value) -> String {
    format!("/contracts/{}", contract.text("/id"))
}

fn draft(actor: &Actor, kind: &str, customer: &str, content: &Value) -> Value {
    let body = json!({"type_id": kind, "customer_id": customer, "content": content});
    actor.post("/contracts", &body).created()
}

/// Agreed to by the manager and signed today.
fn sign(app: &TestApp, contract: &Value) -> Value {
    let (hq, path) = (app.hq(), path(contract));
    hq.post(&format!("{path}/submit"), &json!({})).ok();
    let request = hq.get(&path).ok().text("/approval_id");
    app.manager()
        .post(&format!("/approvals/{request}/agree"), &json!({}))
        .ok();
    let place = format!("/customers/{}/files", contract.text("/customer_id"));
    let file = hq
        .request("POST", &place)
        .key(&fresh_key())
        .header("File-Name", "scan.pdf");
    let scan = file.file(b"%PDF-1.7 signed").send().created().text("/id");
    let signing = json!({"signed_on": day(&app.now()), "scan_id": scan});
    hq.post(&format!("{path}/sign"), &signing).ok()
}

fn visit(app: &TestApp, window: &Window, page: &str) {
    window.visit(&format!("{}/hq/#{page}", app.base()));
}

/// For pictures of what stands far down.
fn scroll_to(window: &Window, id: &str) {
    let script = "document.querySelector(`[data-testid=\"${arguments[0]}\"]`).scrollIntoView()";
    window.run(script, &[json!(id)]);
}

fn published(window: &Window, number: &str) {
    window.find("template-publish").click();
    window.find("template-published");
    wait_for_data(window, "template-number", "data-value", number);
}

pub fn a_template_is_written_and_a_contract_printed(app: &TestApp, window: &Window) {
    let (kind, customer) = (dealers(app), app.customer("王芳").create());
    hq_begins(app, window);
    turn_to(window, "contract-types");
    window.find("template-of-dealer").click();
    wait_for_data(window, "template-number", "data-value", "0");
    window.find("template-begin").click();
    window.find("template-begin-dealer").click();
    picture(window, "template-begin-zh");
    window.find("template-begin-take").click();
    window.wait_for_text("clause-5", "质量标准");
    window.find("template-unpublished");
    let fields = app.hq().get(&format!("/contract-types/{kind}")).ok();
    assert_eq!(
        fields.text("/fields/0/name"),
        "deposit",
        "what the form asks for is the type's now"
    );
    // A placeholder that there isn't.
    window.find("clause-open-5").click();
    window.find("clause-body-zh-5").type_text("按 {elements.qualty} 执行。");
    window.find("template-publish").click();
    window.wait_for_text("clause-fault-5-body-zh", "{elements.qualty}");
    window.forgive("422");
    let body = window.find("clause-body-zh-5");
    assert_eq!(body.attribute("aria-invalid").as_deref(), Some("true"));
    picture(window, "template-fault-zh");
    window.set_value("clause-body-zh-5", "");
    body.click();
    window.press(F2);
    window.find("template-find").type_text("elements.quality");
    window.press(ENTER);
    assert_eq!(
        body.attribute_now("value"),
        "{elements.quality}",
        "put where the caret was"
    );
    body.type_text("，以封样为准。");
    published(window, "1");
    assert!(window.try_find("template-unpublished").is_none());
    picture(window, "template-published-zh");
    window.find("template-title-zh").fill("区域经销合同");
    window.find("template-unpublished");
    published(window, "2");
    window.find("template-tab-versions").click();
    window.find("template-version-2");
    window.find("template-show-1").click();
    window.wait_for_text("template-text", "以封样为准");
    picture(window, "template-versions-zh");
    in_english(window, "template-versions-en");
    is_printed(app, window, &draft(&app.hq(), &kind, &customer, &content()));
}

/// From the contract's page, where the browser allows no tab of its own for it.
fn is_printed(app: &TestApp, window: &Window, contract: &Value) {
    visit(app, window, &path(contract));
    window.find("contract-view");
    window.run("window.open = () => null", &[]);
    window.find("contract-pdf-zh-CN").click();
    wait_for_data(window, "contract-pdf-made", "data-opened", "false");
    picture(window, "contract-pdf-zh");
    let taken = window.downloaded("二〇二六年度经销合同.pdf");
    let printed = app.hq().get(&format!("{}/print?language=zh-CN", path(contract))).bytes;
    assert!(printed.starts_with(b"%PDF"));
    assert!(taken == printed, "the page gives what the interface makes");
    // In English it is another file.
    let file = || {
        let link = window.select("[data-testid=contract-pdf-made] a[download]").pop()?;
        link.attribute("href")
    };
    let chinese = file();
    window.find("contract-pdf-en").click();
    window.wait_for("the contract in English", || {
        let made = file()?;
        (Some(&made) != chinese.as_ref()).then_some(())
    });
}

/// Types a number as a scanner does, and waits for what it is.
fn scan(window: &Window, number: &str, outcome: &str) {
    window.wait_for("the field for numbers to have the focus", || {
        let focused = window.run("return document.activeElement?.dataset.testid ?? ''", &[]);
        (focused == "stock-scan").then_some(())
    });
    window.type_keys(number);
    window.press(ENTER);
    window.wait_for_text("stock-last", number);
    wait_for_data(window, "stock-last", "data-outcome", outcome);
}

pub fn an_original_is_lent_and_counted(app: &TestApp, window: &Window) {
    let (kind, customer) = (dealers(app), app.customer("王芳").create());
    let contracts: Vec<Value> = (0..3)
        .map(|_| sign(app, &draft(&app.hq(), &kind, &customer, &content())))
        .collect();
    let number = |n: usize| contracts[n].text("/number");
    let unknown = number(0).replace("0001", "0099");
    hq_begins(app, window);
    lend(app, window, &contracts[0]);
    turn_to(window, "stock-takes");
    window.find("stock-begin").click();
    picture(window, "stock-begin-zh");
    window.find("stock-begin-save").click();
    wait_for_data(window, "stock-count-expected", "data-value", "2");
    scan(window, &number(1), "found");
    scan(window, &number(0), "lent_found");
    window.wait_for_text("stock-last", "store_manager-east");
    scan(window, &unknown, "unknown");
    // The same once more counts once.
    scan(window, &number(1), "found");
    wait_for_data(window, "stock-last", "data-double", "true");
    wait_for_data(window, "stock-count-found", "data-value", "1");
    assert_eq!(
        window.find("stock-item-0").attribute("data-number"),
        Some(number(2)),
        "what is still open"
    );
    picture(window, "stock-take-zh");
    window.find("stock-close").click();
    window.wait_for_text("stock-close-dialog", "1");
    window.find("stock-close-save").click();
    wait_for_data(window, "stock-take", "data-closed", "true");
    wait_for_data(window, "stock-part-differences", "aria-pressed", "true");
    for (n, (number, outcome)) in [(number(0), "lent_found"), (number(2), "missing"), (unknown, "unknown")]
        .iter()
        .enumerate()
    {
        let line = format!("stock-item-{n}");
        wait_for_data(window, &line, "data-number", number);
        wait_for_data(window, &line, "data-outcome", outcome);
    }
    picture(window, "stock-closed-zh");
    in_english(window, "stock-closed-en");
    turn_to(window, "lent-originals");
    window.find("lent-0-return").click();
    window.find("lent-nothing");
    visit(app, window, &path(&contracts[0]));
    wait_for_data(window, "original-panel", "data-state", "kept");
    let missing = app.hq().get(&path(&contracts[2])).ok();
    assert_eq!(missing.text("/original/state"), "missing");
}

/// To the manager, who has it in the list of those that are away.
fn lend(app: &TestApp, window: &Window, contract: &Value) {
    let manager = app.manager().get("/me").ok().text("/staff_id");
    visit(app, window, &path(contract));
    wait_for_data(window, "original-panel", "data-state", "kept");
    window.find("original-lend").click();
    window.wait_for_text("lend-borrower", "store_manager-east");
    window.set_value("lend-borrower", &manager);
    picture(window, "lend-zh");
    window.find("lend-save").click();
    wait_for_data(window, "original-panel", "data-state", "lent");
    window.wait_for_text("original-borrower", "store_manager-east");
    window.find("original-lent");
    assert!(window.try_find("original-lend").is_none(), "it is away");
    picture(window, "original-lent-zh");
    turn_to(window, "lent-originals");
    window.wait_for_text("lent-0", &contract.text("/number"));
    window.wait_for_text("lent-0", "store_manager-east");
    window.find("lent-overdue-nothing");
    picture(window, "lent-originals-zh");
}

pub fn a_rebate_is_agreed_and_stated(app: &TestApp, window: &Window) {
    let customer = app.customer("王芳").create();
    let (mut text, today) = (content(), app.now());
    text["starts_on"] = json!(days_before(day(&today), 40));
    text["ends_on"] = json!(days_before(day(&today), -300));
    let contract = draft(&app.hq(), &dealers(app), &customer, &text);
    hq_begins(app, window);
    visit(app, window, &format!("{}/edit", path(&contract)));
    window.find("contract-rebate-agreed").click();
    window.find("contract-rebate-terms-tiers-0-from").fill("1000");
    let rate = window.find("contract-rebate-terms-tiers-0-rate_ppm");
    rate.fill("2");
    // Below the last tier Enter makes another.
    window.press(ENTER);
    window.find("contract-rebate-terms-tiers-1-from").fill("1000");
    window.find("contract-rebate-terms-tiers-1-rate_ppm").fill("5");
    window.find("contract-save").click();
    wait_for_data(window, "contract-rebate-terms-tiers-1-from", "aria-invalid", "true");
    window.forgive("422");
    picture(window, "rebate-fault-zh");
    window.find("contract-rebate-terms-tiers-1-from").fill("3000");
    window.find("contract-save").click();
    window.wait_for_text("rebate-words", "5%");
    assert!(
        window.try_find("rebate-statement").is_none(),
        "a draft holds for nobody"
    );
    sign(app, &contract);
    let sale = app.sale().customer(&customer);
    sale.line("gift-box", "gifts", 3_100_00).ring();
    turn_to(window, "contracts");
    window.find("contract-open-0").click();
    window.find("rebate-statement");
    window.find("rebate-count").click();
    wait_for_data(window, "rebate-sum", "data-value", "15500");
    window.find("rebate-period-0");
    window.find("rebate-months").click();
    scroll_to(window, "rebate-statement");
    picture(window, "rebate-statement-zh");
    in_english(window, "rebate-statement-en");
}

/// Publishes what stands in the form of new terms.
fn publish_terms(window: &Window, number: &str) {
    window.find("new-terms-zh-CN").fill(&format!("会员章程第{number}版"));
    window.find("new-terms-en").fill(&format!("Charter, version {number}"));
    window.find("new-terms-publish").click();
    window.find("terms-publish-dialog");
    picture(window, &format!("terms-publish-{number}-zh"));
    window.find("terms-publish-save").click();
    wait_for_data(window, "terms-view", "data-number", number);
}

pub fn terms_are_published_and_accepted(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    let demands = json!({"value": {"demands": [{"occasion": "top_up", "kinds": ["membership"]}]}});
    app.hq().patch("/terms-rules", "\"0\"", &demands).ok();
    hq_begins(app, window);
    turn_to(window, "terms");
    window.find("terms-nothing");
    window.find("terms-new").click();
    assert!(
        !window.find("new-terms-publish").is_enabled(),
        "not in one language alone"
    );
    publish_terms(window, "1");
    let card = format!("/customers/{}", member.customer);
    visit(app, window, &card);
    window.find("lacking-membership");
    window.find("acceptance-note").click();
    window.wait_for_text("accept-latest", "1");
    window.find("terms-fold").click();
    window.wait_for_text("terms-text-zh-CN", "会员章程第1版");
    picture(window, "terms-accept-zh");
    window.find("accept-save").click();
    wait_for_data(window, "acceptance-0", "data-number", "1");
    wait_for_data(window, "acceptance-0", "data-channel", "till");
    assert!(window.try_find("lacking-membership").is_none());
    turn_to(window, "terms");
    window.find("terms-open-0").click();
    window.find("terms-next").click();
    let begun = window.find("new-terms-zh-CN").attribute_now("value");
    assert_eq!(begun, "会员章程第1版", "it begins with the text that holds");
    publish_terms(window, "2");
    picture(window, "terms-zh");
    in_english(window, "terms-en");
    visit(app, window, &card);
    window.wait_for_text("lacking-membership", "2");
    scroll_to(window, "acceptances");
    picture(window, "acceptances-zh");
    // What was accepted is read as it was.
    let accepted = window.select("[data-testid=acceptance-0] a").pop();
    accepted.expect("a way to its text").click();
    wait_for_data(window, "terms-view", "data-number", "1");
    window.wait_for_text("terms-text-zh-CN", "会员章程第1版");
    window.wait_for_text("terms-text-en", "Charter, version 1");
    window.find("terms-latest");
    assert_eq!(window.find("terms-sha256").text().len(), 64);
    picture(window, "terms-earlier-zh");
}
