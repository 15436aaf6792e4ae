//! Blank cards: made, sent, received, registered, counted by a scanner, handed out at the till (D-CARD-2).

use super::{in_english, log_in_as, picture, turn_to, wait_for_data};
use crate::harness::webdriver::{ENTER, Window};
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

/// A batch that HQ makes on its page; its numbers.
fn made(app: &TestApp, window: &Window) -> (String, Vec<String>) {
    turn_to(window, "card-stock");
    window.find("card-stock-batches").click();
    window.find("batches-nothing");
    window.find("batch-new").click();
    window.find("batch-name").type_text("金卡 2026 春");
    window.find("batch-quantity").type_text("30");
    window.wait_for_text("batch-program", "会员");
    picture(window, "card-batch-new-zh");
    window.find("batch-save").click();
    wait_for_data(window, "batch-0", "data-drawn", "30");
    wait_for_data(window, "batch-0-in_stock", "data-value", "30");
    picture(window, "card-batches-zh");
    in_english(window, "card-batches-en");
    let id = app.hq().get("/card-batches").ok().text("/items/0/id");
    let rows = app.hq().get(&format!("/card-batches/{id}/numbers?format=json")).ok();
    let numbers = rows.as_array().expect("a list").iter().map(|row| row.text("/number"));
    (id, numbers.collect())
}

fn sent(app: &TestApp, window: &Window, batch: &str) {
    window.find("card-stock-transfers").click();
    window.find("transfer-new").click();
    window.wait_for_text("transfer-batch-0", "金卡 2026 春");
    window.set_value("transfer-to", app.east());
    window.set_value("transfer-batch-0", batch);
    window.find("transfer-count-0").type_text("10");
    picture(window, "card-transfer-new-zh");
    window.find("transfer-save").click();
    wait_for_data(window, "transfer-0", "data-state", "sent");
    assert!(
        window.try_find("transfer-receive-0").is_none(),
        "who sent it doesn't receive it"
    );
}

/// Card 3 isn't in the parcel.
fn received(window: &Window) {
    window.find("card-stock-transfers").click();
    window.find("transfer-receive-0").click();
    window.find("receive-add").click();
    window.find("receive-first-0").type_text("3");
    window.find("receive-last-0").type_text("3");
    window.find("receive-reason").type_text("箱子破损");
    picture(window, "card-receive-zh");
    window.find("receive-save").click();
    wait_for_data(window, "transfer-0", "data-state", "received");
    window.find("transfer-0-lost");
    window.find("card-stock-register").click();
    wait_for_data(window, "register-0", "data-step", "lost");
}

fn scan(window: &Window, number: &str, outcome: &str) {
    window.find("stock-scan").type_text(number);
    window.press(ENTER);
    window.wait_for_text("stock-last", number);
    wait_for_data(window, "stock-last", "data-outcome", outcome);
}

pub fn blanks_from_their_numbers_to_a_count(app: &TestApp, window: &Window) {
    app.actor("hq_admin", &[]);
    app.manager();
    app.actor("clerk", &[app.east()]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    window.find("logout");
    let (batch, numbers) = made(app, window);
    sent(app, window, &batch);
    log_in_as(app, window, "store_manager-east");
    window.find("logout");
    window.visit(&format!("{}/hq/#/card-stock", app.base()));
    wait_for_data(window, "stock-0-0-in_transit", "data-value", "10");
    received(window);
    // One is spoilt.
    window.find("register-new").click();
    window.find("register-numbers").type_text(&numbers[3]);
    window.find("register-reason").type_text("印刷错位");
    picture(window, "card-register-new-zh");
    window.find("register-save").click();
    wait_for_data(window, "register-0", "data-step", "damaged");
    picture(window, "card-register-zh");
    window.find("card-stock-stock").click();
    wait_for_data(window, "stock-0-0-in_stock", "data-value", "8");
    window.find("blank-find").type_text(&numbers[3]);
    window.press(ENTER);
    wait_for_data(window, "blank-found", "data-state", "damaged");
    picture(window, "card-stock-zh");
    in_english(window, "card-stock-en");
    counted(app, window, &numbers);
}

/// The clerk counts, the manager signs.
fn counted(app: &TestApp, window: &Window, numbers: &[String]) {
    log_in_as(app, window, "clerk-east");
    window.find("logout");
    window.visit(&format!("{}/hq/#/card-counts", app.base()));
    window.find("count-begin").click();
    window.find("count-begin-save").click();
    wait_for_data(window, "card-count", "data-state", "open");
    wait_for_data(window, "count-of-expected", "data-value", "8");
    for number in [0, 1, 4, 5, 6, 7, 8] {
        scan(window, &numbers[number], "found");
    }
    scan(window, &numbers[2], "found_again");
    scan(window, &numbers[20], "surplus");
    picture(window, "card-count-zh");
    window.find("count-close").click();
    window.find("count-end-save").click();
    wait_for_data(window, "card-count", "data-state", "closed");
    wait_for_data(window, "count-of-missing", "data-value", "1");
    assert!(window.try_find("count-sign").is_none(), "not by who has counted");
    log_in_as(app, window, "store_manager-east");
    window.find("logout");
    window.visit(&format!("{}/hq/#/card-counts", app.base()));
    window.find("count-open-0").click();
    window.find("count-sign").click();
    window.find("count-remark").type_text("已核对");
    picture(window, "card-count-sign-zh");
    window.find("count-end-save").click();
    wait_for_data(window, "card-count", "data-state", "signed");
    picture(window, "card-count-signed-zh");
    in_english(window, "card-count-signed-en");
    let places = app.hq().get("/card-stock").ok().list("/items");
    let east = places
        .iter()
        .find(|place| place["store_id"] == app.east())
        .expect("the store");
    let counts = &east["lines"][0]["counts"];
    assert_eq!(
        (counts["in_stock"].clone(), counts["lost"].clone()),
        (json!(8), json!(1))
    );
}
