//! A contract from the draft to the archive: written, agreed to by two people, signed with its scan, supplemented,
//! renewed, terminated, put away. Each step stands in the audit log.

use super::{log_in_as, picture};
use crate::harness::time::{day, days_before};
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

pub fn a_contract_from_draft_to_archive(app: &TestApp, window: &Window) {
    let card = json!({"kind": "company", "contact": {"address": "南京路 1 号"}});
    let customer = app.customer("王芳").with("card", card).create();
    declare(app, window);
    let contract = write(app, window, &customer);
    two_agree(app, window);
    sign(app, window, &contract);
    supplement(app, window, &contract);
    renew_and_put_away(app, window);
    is_told(app, &contract);
}

fn wait_for_state(window: &Window, id: &str, state: &str) {
    super::wait_for_data(window, id, "data-state", state);
}

fn fill_day(window: &Window, id: &str, day: &str) {
    for (part, text) in ["year", "month", "day"].into_iter().zip(day.split('-')) {
        window.find(&format!("{id}-{part}")).fill(text);
    }
}

fn take(window: &Window, step: &str) {
    window.find(&format!("contract-step-{step}")).click();
    window.find("step-save").click();
}

/// HQ says who the chain is, and what has to stand in a contract of a type that a manager and HQ agree to.
fn declare(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    super::turn_to(window, "own-party");
    window.find("own-party-name").fill("美丽连锁有限公司");
    window.find("own-party-save").click();
    window.find("own-party-saved");
    super::turn_to(window, "contract-types");
    window.find("contract-type-new").click();
    window.find("contract-type-code").fill("dealer");
    window.find("contract-type-zh").fill("经销合同");
    window.find("contract-type-en").fill("Dealer contract");
    window.find("contract-type-category").fill("JX");
    for field in ["subject", "settlement", "party-name"] {
        window.find(&format!("contract-required-{field}")).click();
    }
    window.find("contract-rule-step-0").click();
    picture(window, "contract-type-zh");
    window.find("contract-type-save").click();
    window.find("contract-type-dealer");
}

/// The consultant's draft, begun at the customer: what the server refuses is named at its field and nothing is lost.
fn write(app: &TestApp, window: &Window, customer: &str) -> String {
    app.actor("consultant", &[app.east()]);
    log_in_as(app, window, "consultant-east");
    window.find("today");
    window.visit(&format!("{}/hq/#/customers/{customer}", app.base()));
    window.find("customer-contract-new").click();
    window.find("new-contract-customer");
    window.find("new-contract-title").fill("二〇二六年度经销合同");
    window.find("new-contract-save").click();
    window.find("contract-line-add").click();
    for (name, text) in [
        ("goods", "护肤套装"),
        ("unit", "套"),
        ("quantity", "0"),
        ("unit_price", "1130"),
        ("tax_ppm", "13"),
    ] {
        window.find(&format!("contract-lines-0-{name}")).fill(text);
    }
    window.find("contract-elements-quality").fill("国家标准");
    window.find("contract-save").click();
    window.find("problem");
    window.forgive("422");
    let quantity = window.find("contract-lines-0-quantity");
    assert_eq!(quantity.attribute("aria-invalid").as_deref(), Some("true"));
    picture(window, "contract-fault-zh");
    quantity.fill("100");
    let sum = window.find("contract-sum").attribute("data-value");
    assert_eq!(sum.as_deref(), Some("11300000"), "while it is typed");
    window.find("contract-save").click();
    window.find("contract-view");
    window.wait_for_text("contract-words", "壹拾壹万叁仟元整");
    // What is missing leads to its field.
    window.find("contract-missing-elements-settlement").click();
    window.wait_for("the field that is missing", || {
        let focused = window.run("return document.activeElement?.dataset.testid ?? ''", &[]);
        (focused == "contract-elements-settlement").then_some(())
    });
    window.find("contract-elements-settlement").fill("月结三十天");
    picture(window, "contract-draft-zh");
    window.find("contract-save").click();
    let contract = window.find("contract-view").attribute("data-id").expect("an id");
    assert!(window.try_find("contract-missing").is_none(), "nothing is missing");
    take(window, "submit");
    wait_for_state(window, "contract-view", "in_review");
    assert!(window.try_find("contract-edit").is_none(), "it is frozen");
    picture(window, "contract-in-review-zh");
    contract
}

/// The manager is told at the till, a no needs its reason, and HQ's yes is the second.
fn two_agree(app: &TestApp, window: &Window) {
    app.manager();
    log_in_as(app, window, "store_manager-east");
    window.find("identify");
    window.wait_for_text("waiting", "1");
    window.find("waiting").click();
    window.find("approval-open-0").click();
    window.find("approval-reject").click();
    window.find("approval-fault");
    window.find("approval-remark").fill("价格已核对");
    picture(window, "approval-zh");
    window.find("approval-agree").click();
    window.wait_for_text("approval-step-0", "价格已核对");
    window.find("approval-not-yours");
    log_in_as(app, window, "hq_admin");
    window.wait_for_text("nav-group-count", "1");
    super::turn_to(window, "approvals");
    window.find("approval-open-0").click();
    window.wait_for_text("approval-step-0", "价格已核对");
    window.find("approval-agree").click();
    wait_for_state(window, "approval-view", "approved");
    window.find("lang-en").click();
    picture(window, "approval-en");
    window.find("lang-zh-CN").click();
}

fn sign(app: &TestApp, window: &Window, contract: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = folder.path().join("签署件.pdf");
    std::fs::write(&scan, b"%PDF-1.7 signed").expect("written");
    window.find("approval-contract").click();
    window.find("contract-step-sign").click();
    fill_day(window, "step-signed_on", &days_before(day(&app.now()), 2));
    let place = window
        .select("[data-testid=step-scan]")
        .pop()
        .expect("a place for the scan");
    place.type_text(scan.to_str().expect("UTF-8"));
    window.wait_for_text("step-scan-there", "签署件.pdf");
    picture(window, "contract-sign-zh");
    window.find("step-save").click();
    wait_for_state(window, "contract-view", "in_force");
    let signed = app.hq().get(&format!("/contracts/{contract}")).ok();
    assert_eq!(window.find("contract-number").text(), signed.text("/number"));
    assert_eq!(signed.text("/own_party/name"), "美丽连锁有限公司");
    assert_eq!(signed.text("/scan_sha256").len(), 64);
    window.as_printed(true);
    window.wait_for_text("contract-printed", "壹拾壹万叁仟元整");
    picture(window, "contract-printed-zh");
    window.as_printed(false);
}

/// A numbered change with its own approval and signatures; the contract shows what it changed.
fn supplement(app: &TestApp, window: &Window, contract: &str) {
    take(window, "supplement");
    window.find("contract-main");
    window.find("contract-edit").click();
    window.find("contract-elements-quality").fill("国家标准优等品");
    window.find("contract-save").click();
    window.wait_for_text("contract-changes", "优等品");
    let change = window.find("contract-view").attribute("data-id").expect("an id");
    take(window, "submit");
    wait_for_state(window, "contract-view", "in_review");
    let hq = app.hq();
    let path = format!("/contracts/{change}");
    let request = format!("/approvals/{}/agree", hq.get(&path).ok().text("/approval_id"));
    for who in [app.manager(), app.hq()] {
        who.post(&request, &json!({})).ok();
    }
    let signed = hq.get(&format!("/contracts/{contract}")).ok();
    let signing = json!({"signed_on": day(&app.now()), "scan_id": signed.text("/scan_id")});
    hq.post(&format!("{path}/sign"), &signing).ok();
    window.visit(&format!("{}/hq/#/contracts/{contract}", app.base()));
    window.wait_for_text("contract-supplements", "现行文本");
    window.find("contract-compare-1").click();
    window.wait_for_text("contract-changes", "优等品");
    picture(window, "contract-supplement-zh");
}

fn renew_and_put_away(app: &TestApp, window: &Window) {
    take(window, "renew");
    window.find("contract-predecessor");
    wait_for_state(window, "contract-view", "draft");
    window.find("contract-predecessor").click();
    wait_for_state(window, "contract-view", "in_force");
    window.find("contract-step-terminate").click();
    fill_day(window, "step-ends_on", &days_before(day(&app.now()), 1));
    window.find("step-right").fill("双方合意");
    window.find("step-reason").fill("停业");
    window.find("step-save").click();
    wait_for_state(window, "contract-view", "terminated");
    window.wait_for_text("contract-event-0", "双方合意");
    take(window, "archive");
    wait_for_state(window, "contract-view", "archived");
    window.wait_for_text("contract-event-0", "归档");
    picture(window, "contract-archived-zh");
    super::turn_to(window, "contracts");
    window.set_value("contracts-state", "archived");
    window.wait_for("the archived one alone", || {
        let alone = window.try_find("contract-0").is_some() && window.try_find("contract-1").is_none();
        alone.then_some(())
    });
    assert!(window.url().contains("state=archived"), "{}", window.url());
    picture(window, "contracts-zh");
    window.as_phone(true);
    let wide = window.run("return document.documentElement.scrollWidth > innerWidth", &[]);
    assert_eq!(wide, false, "nothing is cut off on a phone");
    picture(window, "contracts-phone-zh");
    window.as_phone(false);
}

/// The history and the audit log name each step.
fn is_told(app: &TestApp, contract: &str) {
    let told = app.hq().get(&format!("/contracts/{contract}/history")).ok();
    let mut steps: Vec<String> = told
        .list("/items")
        .iter()
        .rev()
        .map(|event| event.text("/step"))
        .collect();
    let all = steps.len();
    steps.dedup();
    assert_eq!(
        steps,
        ["change", "submit", "approve", "sign", "begin", "terminate", "archive"]
    );
    let path = format!("/audit?subject={contract}&action=contract.step");
    assert_eq!(app.auditor().get(&path).ok().list("/items").len(), all);
}
