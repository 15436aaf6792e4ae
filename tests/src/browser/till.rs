//! The till.

use super::picture;
use crate::harness::webdriver::{DOWN, ENTER, ESCAPE, F3, F4, F6, F7, Window};
use crate::harness::{Field, Member, ONE_TIME, PASSWORD, TestApp};

const PHONE: &str = "13912345678";

/// A cashier logs in for the first time, serves members and goes home knowing the till.
pub fn first_ten_minutes(app: &TestApp, window: &Window) {
    app.configure().points_pay(100, 1_00, 100, 500_000).publish();
    let wang = member(app, "王芳", PHONE);
    let other = member(app, "王芳", "13700009999");
    app.reward("mug", 300, Some(5), None);
    app.hire("xiaoli", "cashier", &[app.east()]);
    first_log_in(app, window);
    languages(window);
    identify(window, &wang, &other);
    let receipt = sale(app, window, &wang);
    redeem(app, window, &wang);
    give_back(app, window, &wang, &receipt);
    loss_and_replacement(app, window, &wang);
}

pub(super) fn member(app: &TestApp, name: &str, phone: &str) -> Member {
    let customer = app.customer(name).phone(phone).create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer)
}

fn first_log_in(app: &TestApp, window: &Window) {
    window.visit(&format!("{}/", app.base()));
    window.find("login-chain");
    picture(window, "login-zh");
    window.find("lang-en").click();
    picture(window, "login-en");
    window.find("lang-zh-CN").click();
    super::log_in(app, window, "xiaoli", "not my password");
    window.find("problem");
    window.forgive("401");
    super::log_in(app, window, "xiaoli", ONE_TIME);
    window.find("new-password").fill(PASSWORD);
    window.find("new-password-repeat").fill(PASSWORD);
    window.find("new-password-submit").click();
    window.find("identify");
}

fn languages(window: &Window) {
    window.wait_for_text("who", "收银员");
    window.find("lang-en").click();
    window.wait_for_text("who", "ashier");
    picture(window, "till-en");
    window.find("lang-zh-CN").click();
    window.wait_for_text("who", "收银员");
    picture(window, "till-zh");
}

/// Types into the one field that finds people and presses Enter.
pub(super) fn look_for(window: &Window, code: &str) {
    window.find("identify").fill(code);
    window.press(ENTER);
}

fn identify(window: &Window, wang: &Member, other: &Member) {
    for code in [wang.number.as_str(), PHONE, "5678", &wang.number[10..]] {
        look_for(window, code);
        window.wait_for_text("member-name", "王女士");
        let number = window.find("member-number").text().replace(' ', "");
        assert_eq!(number, wang.number, "found by {code}");
        window.wait_for_text("member-phone", "139****5678");
        window.press(ESCAPE);
        window.wait_for("a free till", || window.try_find("member-card").is_none().then_some(()));
    }
    // Two people of one name: the keys choose.
    look_for(window, "王芳");
    window.find("matches");
    picture(window, "till-matches-zh");
    let first = window.find("match-0").attribute("data-card");
    window.press(DOWN);
    window.press(ENTER);
    window.wait_for_text("member-name", "王女士");
    let chosen = window.find("member-number").text().replace(' ', "");
    let expected = if first.as_deref() == Some(wang.card.as_str()) {
        &other.number
    } else {
        &wang.number
    };
    assert_eq!(&chosen, expected, "the second one");
    window.press(ESCAPE);
}

/// Waits until an element's figure is the expected one.
pub(super) fn shows(window: &Window, id: &str, figure: i64) {
    let figure = figure.to_string();
    window.wait_for(&format!("{figure} in {id}"), || {
        window
            .try_find(id)
            .filter(|element| element.attribute("data-value").as_deref() == Some(&figure))
    });
}

/// Rings up 128.50, 100 points of it, with the keyboard alone. Answers the receipt's number.
fn sale(app: &TestApp, window: &Window, wang: &Member) -> String {
    look_for(window, &wang.number);
    shows(window, "points-available", 1000);
    let receipt = window.find("receipt").attribute_now("value");
    // The amount has the focus.
    window.type_keys("128.50");
    shows(window, "preview-points", 128);
    window.press("/");
    window.type_keys("199");
    shows(window, "to-pay", 127_50);
    shows(window, "preview-points", 127);
    assert!(
        !window.select("[data-testid=\"preview-entry\"]").is_empty(),
        "the preview says why"
    );
    picture(window, "till-preview-zh");
    window.press(ENTER);
    shows(window, "result-points", 127);
    picture(window, "till-result-zh");
    assert_eq!(app.points(wang), 1000 - 100 + 127);
    receipt
}

fn redeem(app: &TestApp, window: &Window, wang: &Member) {
    window.press(F3);
    window.find("reward-mug");
    window.find("redeem-preview");
    picture(window, "till-redeem-zh");
    window.press(ENTER);
    shows(window, "result-points", -300);
    shows(window, "result-balance", 727);
    assert_eq!(app.points(wang), 727);
}

fn give_back(app: &TestApp, window: &Window, wang: &Member, receipt: &str) {
    window.press(F4);
    window.find("find-receipt").fill(receipt);
    window.press(ENTER);
    window.find("return-all").click();
    shows(window, "return-money", 128_50);
    shows(window, "return-given_back", 100);
    shows(window, "return-taken_back", 127);
    shows(window, "return-owed", 0);
    let said = window.find("return-explanation").text();
    assert!(said.contains("100") && said.contains("127"), "{said}");
    picture(window, "till-return-zh");
    window.press(ENTER);
    window.wait_for("the booked return", || {
        window
            .try_find("result")
            .filter(|result| result.attribute("data-kind").as_deref() == Some("return"))
    });
    assert_eq!(app.points(wang), 700);
}

fn loss_and_replacement(app: &TestApp, window: &Window, wang: &Member) {
    window.press(ESCAPE);
    look_for(window, PHONE);
    window.find("member-card");
    window.press(F6);
    window.find("card-report-loss").click();
    window.find("question-birthday").click();
    window.find("caller-verified").click();
    window.find("card-reason").fill("丢失");
    window.press(ENTER);
    window.wait_for("the dialog's end", || {
        window.try_find("card-dialog").is_none().then_some(())
    });
    window.find("card-unusable");
    assert_eq!(app.card(wang)["blocks"], serde_json::json!(["loss"]));
    picture(window, "till-loss-zh");
    // The sale goes on by customer, and earns.
    window.find("without-card").click();
    window.find("amount-0").fill("10.00");
    shows(window, "preview-points", 10);
    window.find("amount-0").click();
    window.press(ENTER);
    shows(window, "result-points", 10);
    window.press(F6);
    window.find("card-replace").click();
    window.find("card-reason").fill("补卡");
    window.press(ENTER);
    let new = window.find("result-number").attribute("data-value").unwrap_or_default();
    assert_ne!(new, wang.number);
    assert_eq!(app.card(wang).text("/state"), "replaced");
    picture(window, "till-replaced-zh");
    window.press(ESCAPE);
    look_for(window, &new);
    shows(window, "points-available", 710);
}

/// Somebody without a card: refused with what is missing, then issued once HQ opens the door.
pub fn a_card_for_somebody_new(app: &TestApp, window: &Window) {
    app.cashier();
    super::log_in(app, window, "cashier-east", PASSWORD);
    look_for(window, "赵敏");
    window.find("no-match");
    window.press(F7);
    window.find("issue-create").click();
    window.wait_for("the name that was typed", || {
        Some(window.find("customer-name").attribute_now("value")).filter(|value| value == "赵敏")
    });
    window.find("customer-phone").fill("13655556666");
    window.set_value("customer-birthday", "1992-03-04");
    window.find("consent-privacy").click();
    picture(window, "till-issue-zh");
    window.find("issue-submit").click();
    let problem = window.find("problem");
    assert_eq!(problem.attribute("data-code").as_deref(), Some("not_eligible"));
    assert!(problem.text().contains("1000.00"), "{}", problem.text());
    picture(window, "till-not-eligible-zh");
    window.forgive("409");
    app.configure()
        .rule("/single_purchase", "0")
        .rule("/window_total", "0")
        .publish();
    window.find("issue-submit").click();
    let number = window.find("result-number").attribute("data-value").unwrap_or_default();
    assert_eq!((number.len(), &number[..1]), (14, "9"));
    picture(window, "till-issued-zh");
    let found = app.till().get(&format!("/cards?code={number}")).ok().list("/items");
    assert_eq!(found[0].text("/customer/display"), "Ms Zhao");
}
