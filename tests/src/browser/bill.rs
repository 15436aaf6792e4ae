//! A bill at the till while it is typed: what is said, kept and booked.

use super::till::{look_for, member, shows};
use super::{log_in, picture};
use crate::harness::webdriver::{ENTER, ESCAPE, Element, F2, F3, F8, F10, Window};
use crate::harness::{Field, Member, PASSWORD, TestApp};
use serde_json::json;

/// A cashier with a member on the counter.
fn serve(app: &TestApp, window: &Window) -> Member {
    app.configure().points_pay(100, 1_00, 100, 500_000).publish();
    let wang = member(app, "王芳", "13912345678");
    app.cashier();
    log_in(app, window, "cashier-east", PASSWORD);
    look_for(window, &wang.number);
    shows(window, "points-available", 1000);
    wang
}

/// Types over what a field holds, as people do.
fn retype(window: &Window, id: &str, text: &str) {
    window.find(id).click();
    window.run("document.activeElement.select()", &[]);
    window.type_keys(text);
}

/// S1: the Enter that comes before the preview books, once it is there.
pub fn s1_enter_before_the_quote(app: &TestApp, window: &Window) {
    let wang = serve(app, window);
    let slow = "const ask = window.fetch;
        window.fetch = (path, init) => String(path).endsWith('/quote')
            ? new Promise((done) => setTimeout(() => done(ask(path, init)), 1000)) : ask(path, init);";
    window.run(slow, &[]);
    window.type_keys("50");
    window.press(ENTER);
    assert!(window.try_find("result").is_none(), "not before the preview");
    shows(window, "result-points", 50);
    assert_eq!(app.points(&wang), 1050);
}

/// S2: Esc puts the bill aside and F8 brings all of it back, after a reload too; F2 keeps the lines and F8 the member.
pub fn s2_a_bill_is_put_aside(app: &TestApp, window: &Window) {
    let wang = serve(app, window);
    let receipt = window.find("receipt").attribute_now("value");
    window.type_keys("50+25.5");
    retype(window, "part-card", "20");
    retype(window, "points-use", "100");
    shows(window, "to-pay", 74_50);
    window.press(ESCAPE);
    window.find("parked-0");
    picture(window, "till-parked-zh");
    assert!(window.try_find("member-card").is_none());
    assert_ne!(
        window.find("receipt").attribute_now("value"),
        receipt,
        "its number is kept"
    );
    window.visit(&format!("{}/till/", app.base()));
    window.find("parked-0");
    window.press(F8);
    shows(window, "to-pay", 74_50);
    shows(window, "rest", 54_50);
    window.wait_for_text("member-name", "王女士");
    assert_eq!(window.find("receipt").attribute_now("value"), receipt);
    window.press(F2);
    window.wait_for("nobody", || window.try_find("member-card").is_none().then_some(()));
    shows(window, "to-pay", 75_50);
    window.press(F8);
    window.find("member-card");
    shows(window, "to-pay", 74_50);
    window.find("amount-1").click();
    window.press(ENTER);
    shows(window, "result-points", 74);
    assert_eq!(app.points(&wang), 974);
    assert!(window.try_find("parked").is_none());
}

/// S3: thousands and full-width digits are amounts; what can't be read is said, and nothing is booked without it.
pub fn s3_amounts_as_people_type_them(app: &TestApp, window: &Window) {
    serve(app, window);
    retype(window, "amount-0", "1,200");
    shows(window, "to-pay", 1200_00);
    retype(window, "amount-0", "１２");
    shows(window, "to-pay", 12_00);
    shows(window, "preview-points", 12);
    window.find("line-add").click();
    retype(window, "amount-1", "12.345");
    window.wait_for_text("faults", "12.345");
    picture(window, "till-unreadable-zh");
    window.press(ENTER);
    assert!(!window.find("sale-post").is_enabled());
    assert!(window.try_find("result").is_none());
    retype(window, "amount-1", "12.34");
    shows(window, "to-pay", 24_34);
    window.find("amount-1").click();
    window.press(ENTER);
    shows(window, "result-points", 24);
}

/// Cash, card and mobile for one bill, with change.
pub fn several_tenders(app: &TestApp, window: &Window) {
    serve(app, window);
    let receipt = window.find("receipt").attribute_now("value");
    window.type_keys("100");
    retype(window, "part-card", "30");
    retype(window, "part-mobile", "20");
    shows(window, "rest", 50_00);
    retype(window, "received", "40");
    window.wait_for_text("faults", "10.00");
    retype(window, "received", "100");
    shows(window, "change", 50_00);
    picture(window, "till-tenders-zh");
    window.find("received").click();
    window.press(ENTER);
    shows(window, "result-change", 50_00);
    let found = app
        .till()
        .get(&format!("/sales?store_id={}&receipt={receipt}", app.east()))
        .ok();
    let booked = json!([
        {"kind": "cash", "amount": 50_00}, {"kind": "card", "amount": 30_00}, {"kind": "mobile", "amount": 20_00},
    ]);
    assert_eq!(found.list("/items")[0]["tenders"], booked);
}

/// S4: a sum beyond the chain's limit is asked about, and booked once it is said to be meant.
pub fn s4_a_sum_beyond_the_limit(app: &TestApp, window: &Window) {
    let wang = serve(app, window);
    window.type_keys("1000000+199");
    let problem = window.find("problem");
    assert_eq!(problem.attribute("data-code").as_deref(), Some("bill_over_limit"));
    assert!(problem.text().contains("1000000.00"), "{}", problem.text());
    window.forgive("409");
    picture(window, "till-limit-zh");
    window.press(ENTER);
    window.wait_for("the same question", || {
        window.try_find("over-limit").filter(Element::is_enabled)
    });
    window.forgive("409");
    assert!(window.try_find("result").is_none(), "Enter is no answer to it");
    window.find("over-limit").click();
    shows(window, "preview-points", 1_000_199);
    window.press(ENTER);
    shows(window, "result-points", 1_000_199);
    assert_eq!(app.points(&wang), 1000 + 1_000_199);
}

/// The last sale of one's own is taken back with one key that asks once; today's bills stand where there is room.
pub fn undo_and_todays_bills(app: &TestApp, window: &Window) {
    let wang = serve(app, window);
    window.type_keys("128.50");
    window.press(ENTER);
    shows(window, "result-points", 128);
    app.sale_to(&wang)
        .line("cream", "skin", 10_00)
        .by(&app.manager())
        .ring();
    window.press(ESCAPE);
    let mine = "today-0001";
    window.find(mine);
    picture(window, "till-today-zh");
    window.press(F10);
    window.wait_for_text("return-bill", "0001");
    shows(window, "return-money", 128_50);
    picture(window, "till-undo-zh");
    window.press(ENTER);
    window.wait_for("the booked return", || {
        window
            .try_find("result")
            .filter(|result| result.attribute("data-kind").as_deref() == Some("return"))
    });
    assert_eq!(app.points(&wang), 1010, "the manager's sale stays");
    window.press(F10);
    window.find("return-nothing-left");
    window.press(ESCAPE);
    window.wait_for("the dialog's end", || {
        window.try_find("return-dialog").is_none().then_some(())
    });
    window.press(ESCAPE);
    window.wait_for_text(mine, "有退货");
    window.find(mine).click();
    window.find("return-nothing-left");
}

/// S16, S18: three pieces in one exchange; while it may be, one key cancels it, and the statement offers it later.
pub fn s16_an_exchange_is_cancelled(app: &TestApp, window: &Window) {
    app.configure().rule("/cancellable_days", 7).publish();
    app.reward("mug", 100, Some(5), None);
    let wang = member(app, "王芳", "13912345678");
    app.cashier();
    log_in(app, window, "cashier-east", PASSWORD);
    for by_key in [true, false] {
        look_for(window, &wang.number);
        shows(window, "points-available", 1000);
        window.press(F3);
        window.find("reward-mug");
        retype(window, "redeem-quantity", "3");
        window.press(ENTER);
        shows(window, "result-points", -300);
        assert_eq!(app.points(&wang), 700);
        if by_key {
            window.press(F10);
        } else {
            window.press(ESCAPE);
            look_for(window, &wang.number);
            window.find("exchange-0").click();
        }
        shows(window, "cancel-preview", 300);
        picture(window, "till-cancel-zh");
        window.press(ENTER);
        shows(window, "result-points", 300);
        assert_eq!(app.points(&wang), 1000);
        window.press(ESCAPE);
    }
}
