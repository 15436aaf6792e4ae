//! HQ sets up a campaign and sees its budget go, chooses customers with the number before it, and marks them; makes vouchers,
//! and says when and for whom a reward can be had.

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

/// Waits until a list of choices offers this one, and takes it.
fn choose(window: &Window, field: &str, value: &str) {
    window.wait_for("the choice", || {
        let option = format!("[data-testid=\"{field}\"] option[value=\"{value}\"]");
        (!window.select(&option).is_empty()).then_some(())
    });
    window.set_value(field, value);
}

fn refused(window: &Window, field: &str) {
    wait_for_data(window, "problem", "data-code", "field_invalid");
    wait_for_data(window, field, "aria-invalid", "true");
    window.forgive("422");
}

/// A kind worth 50.00 on bills from 300.00; its id.
fn voucher_kind(app: &TestApp, window: &Window) -> String {
    window.find("vouchers-nothing");
    window.find("voucher-kind-new").click();
    window.find("voucher-code").fill("spring-50");
    window.find("voucher-zh").fill("春季代金券");
    window.find("voucher-en").fill("Spring voucher");
    window.find("voucher-amount").fill("50");
    window.find("voucher-minimum").fill("300");
    window.find("voucher-total_limit").fill("100");
    window.find("voucher-uses").fill("1001");
    window.find("voucher-save").click();
    refused(window, "voucher-uses");
    window.find("voucher-uses").fill("1");
    picture(window, "voucher-kind-form-zh");
    in_english(window, "voucher-kind-form-en");
    window.find("voucher-save").click();
    window.find("voucher-batches");
    let kind = app.hq().get("/voucher-kinds").ok()["items"][0].clone();
    assert_eq!(kind.int("/rules/worth/amount"), 50_00);
    assert_eq!(
        (kind.int("/rules/minimum"), kind.int("/rules/total_limit")),
        (300_00, 100)
    );
    kind.text("/id")
}

pub fn vouchers_are_made_and_their_codes_taken(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    open(app, window, "vouchers");
    let kind = voucher_kind(app, window);
    window.find("voucher-batch-new").click();
    window.find("voucher-quantity").fill("3");
    window.find("voucher-note").fill("春季门店活动");
    picture(window, "voucher-batch-form-zh");
    window.find("voucher-batch-save").click();
    window.wait_for_text("voucher-batch-0", "春季门店活动");
    window.find("voucher-batch-codes-0").click();
    let file = String::from_utf8(window.downloaded("spring-50-1-3.csv")).expect("UTF-8");
    let column = |line: &str| line.split(',').nth(1).map(|code| code.trim_matches('"').to_owned());
    let codes: Vec<String> = file.lines().skip(1).filter_map(column).collect();
    assert_eq!(codes.len(), 3, "{file}");
    let bill = |code: &str| app.sale().line("cream", "skin", 300_00).voucher(code, 50_00);
    app.follow_the_machines_clock();
    bill(&codes[0]).ring();
    // A parcel of printed codes is lost: the others stop working.
    window.find("voucher-batch-block-0").click();
    window.find("voucher-block-reason").fill("印刷件遗失");
    window.find("voucher-block-save").click();
    wait_for_data(window, "voucher-batch-0", "data-blocked", "true");
    app.follow_the_machines_clock();
    bill(&codes[1]).post().expect_problem(409, "voucher_unusable");
    picture(window, "voucher-kind-zh");
    in_english(window, "voucher-kind-en");
    window.visit(&format!("{}/hq/#/memberships/{}", app.base(), member.membership));
    a_member_gets_one(window, &kind);
}

/// A member is given a voucher, and its code is looked at again.
fn a_member_gets_one(window: &Window, kind: &str) {
    window.find("voucher-list-nothing");
    window.find("voucher-issue").click();
    choose(window, "voucher-issue-kind", kind);
    window.find("voucher-issue-save").click();
    let code = window.find("voucher-code-shown").text();
    window.find("voucher-code-done").click();
    window.find("voucher-show-0").click();
    picture(window, "voucher-show-zh");
    window.find("voucher-code-show").click();
    window.wait_for_text("voucher-code-shown", &code);
    window.find("voucher-code-done").click();
    window.find("voucher-block-0").click();
    window.find("voucher-block-reason").fill("顾客遗失");
    window.find("voucher-block-save").click();
    wait_for_data(window, "voucher-0", "data-state", "blocked");
    picture(window, "member-vouchers-zh");
}

pub fn a_rewards_rules_are_set(app: &TestApp, window: &Window) {
    let member = app.member("王芳");
    let mug = app.reward("mug", 10, Some(5), None);
    open(app, window, "rewards");
    window.find("rewards-mug");
    window.visit(&format!("{}/hq/#/rewards/{mug}", app.base()));
    choose(window, "reward-rule-tier", "silver");
    window.find("reward-rule-day-6").click();
    window.find("reward-rule-day-7").click();
    window.find("reward-rule-member_limit").fill("0");
    window.find("reward-rules-save").click();
    refused(window, "reward-rule-member_limit");
    window.find("reward-rule-member_limit").fill("1");
    window.find("reward-rules-save").click();
    window.find("reward-rules-saved");
    let rules = || app.hq().get(&format!("/rewards/{mug}")).ok()["rules"].clone();
    assert_eq!(rules()["weekdays"], json!([6, 7]));
    assert_eq!(
        (rules().text("/minimum_tier"), rules().int("/member_limit")),
        ("silver".into(), 1)
    );
    picture(window, "reward-rules-zh");
    in_english(window, "reward-rules-en");
    // On every day and for everybody, from today on.
    window.find("reward-rule-day-6").click();
    window.find("reward-rule-day-7").click();
    window.set_value("reward-rule-tier", "");
    let today = day(&app.now()).to_owned();
    for (part, text) in ["year", "month", "day"].into_iter().zip(today.split('-')) {
        window.find(&format!("reward-rule-from-{part}")).fill(text);
    }
    window.find("reward-rules-save").click();
    window.wait_for("the rules", || (rules()["from"] == json!(today)).then_some(()));
    assert_eq!(
        (&rules()["weekdays"], &rules()["minimum_tier"]),
        (&json!([]), &json!(null))
    );
    window.find("reward-stock-add").click();
    choose(window, "reward-stock-store", app.east());
    window.find("reward-stock-pieces").fill("2");
    window.find("reward-stock-save").click();
    wait_for_data(window, "reward-stock-left-0", "data-value", "2");
    picture(window, "reward-stocks-zh");
    app.follow_the_machines_clock();
    it_waits_and_is_fetched(app, window, &member.number, &mug);
    app.redeem(&member.number, &mug)
        .expect_problem(409, "reward_unavailable");
}

/// A member claims the reward, a colleague puts it aside and hands it over.
fn it_waits_and_is_fetched(app: &TestApp, window: &Window, card: &str, reward: &str) {
    let claim = json!({
        "card": card, "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reward_id": reward, "collect": "later",
    });
    app.till().post("/redemptions", &claim).created();
    let stocks = app.hq().get(&format!("/rewards/{reward}/stocks")).ok();
    assert_eq!(stocks.int("/items/0/stock"), 1, "the store's own piece");
    turn_to(window, "reward-claims");
    wait_for_data(window, "claim-0", "data-state", "applied");
    window.find("claim-ready-0").click();
    wait_for_data(window, "claim-0", "data-state", "ready");
    picture(window, "reward-claims-zh");
    in_english(window, "reward-claims-en");
    window.find("claim-collect-0").click();
    window.find("claim-checked").click();
    picture(window, "claim-collect-zh");
    window.find("claim-collect-save").click();
    wait_for_data(window, "claim-0", "data-state", "collected");
}
