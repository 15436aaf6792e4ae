//! What goes out: letters to customers and events to other systems, set up at HQ and watched there.

use super::{in_english, picture, turn_to, wait_for_data};
use crate::harness::hook::HookServer;
use crate::harness::mail::MailServer;
use crate::harness::webdriver::Window;
use crate::harness::{Field, PASSWORD, TestApp};
use serde_json::json;

const MAIL: &str = "wang@cards.example";

fn hq_begins(app: &TestApp, window: &Window, page: &str) {
    app.actor("hq_admin", &[]);
    super::log_in(app, window, "hq_admin", PASSWORD);
    turn_to(window, page);
}

/// Looks again until something says so in one of its attributes.
#[track_caller]
fn refreshed(window: &Window, refresh: &str, id: &str, (attribute, value): (&str, &str)) {
    window.wait_for(&format!("{id:?} with {attribute}={value:?}"), || {
        let now = window.try_find(id).and_then(|line| line.attribute(attribute));
        if now.as_deref() == Some(value) {
            return Some(());
        }
        window.find(refresh).click();
        None
    });
}

pub fn mail_is_set_up_and_letters_are_seen(app: &TestApp, window: &Window) {
    let server = MailServer::start();
    hq_begins(app, window, "messages");
    window.find("message-to-channels").click();
    set_mail_up(window, &server);
    word_a_letter(app, window);
    // A customer with an address loses the card.
    let card = json!({"kind": "person", "contact": {"mail": MAIL}});
    let customer = app.customer("王芳").with("card", card).create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let letter = server.wait_for(3).remove(2);
    assert_eq!((letter.to.as_str(), letter.name.as_str()), (MAIL, "王女士"));
    let said = format!("尾号 {} 的会员卡已挂失", &member.number[member.number.len() - 4..]);
    assert!(letter.text.contains(&said), "{letter:?}");
    turn_to(window, "messages");
    refreshed(window, "messages-refresh", "message-0", ("data-state", "sent"));
    window.wait_for_text("message-0", "w***@cards.example");
    wait_for_data(window, "message-summary-mail", "data-state", "ready");
    picture(window, "messages-zh");
    in_english(window, "messages-en");
    window.set_value("messages-state", "dead");
    window.find("messages-nothing");
    assert!(window.url().contains("state=dead"), "{}", window.url());
    window.set_value("messages-state", "");
    window.find("message-customer-0").click();
    window.find("refusal-reminder").click();
    window.find("refusals-save").click();
    window.find("refusals-saved");
    picture(window, "refusals-zh");
    let refused = app.hq().get(&format!("/customers/{customer}/message-refusals")).ok();
    assert_eq!(refused, json!({"refused": ["reminder"]}));
    window.find("refusals-messages").click();
    window.find("messages-all-customers");
    window.wait_for_text("message-0", "会员卡挂失通知");
}

/// A server that is tried twice: it refuses the first letter and takes the second.
fn set_mail_up(window: &Window, server: &MailServer) {
    wait_for_data(window, "channel-mail", "data-state", "unset");
    assert!(
        !window.find("channel-test-send-mail").is_enabled(),
        "nothing to try yet"
    );
    window.find("mail-host").fill("127.0.0.1");
    window.set_value("mail-security", "none");
    window.find("mail-port").fill(&server.port.to_string());
    window.find("mail-from_name").fill("美丽连锁");
    window.find("mail-from_address").fill("shop@cards.example");
    window.find("channel-save-mail").click();
    window.find("channel-saved-mail");
    wait_for_data(window, "channel-mail", "data-state", "ready");
    window.find("channel-test-to-mail").fill("me@cards.example");
    server.answer(&["550 5.1.1 no such user here"]);
    window.find("channel-test-send-mail").click();
    wait_for_data(window, "channel-tested-mail", "data-delivered", "false");
    window.wait_for_text("channel-tested-mail", "no such user here");
    picture(window, "channel-refused-zh");
    window.find("channel-test-send-mail").click();
    wait_for_data(window, "channel-tested-mail", "data-delivered", "true");
    let mails = server.mails();
    assert_eq!((mails.len(), mails[1].to.as_str()), (2, "me@cards.example"));
    picture(window, "channel-tested-zh");
    in_english(window, "channel-tested-en");
}

/// What a letter says, seen while it is typed.
fn word_a_letter(app: &TestApp, window: &Window) {
    turn_to(window, "message-wording");
    window.set_value("wording-kind", "card_lost");
    window.wait_for_text("wording-preview-zh", "4821");
    window.set_value("wording-text-zh", "{name}，尾号 {cart} 的会员卡已挂失。");
    window.wait_for_text("wording-fault-zh-text", "{cart}");
    window.forgive("422");
    picture(window, "wording-fault-zh");
    window.set_value("wording-text-zh", "{name}，尾号 {card} 的会员卡已挂失。{chain}");
    window.wait_for_text("wording-preview-zh", "尾号 4821 的会员卡已挂失。");
    window.find("wording-is-own");
    window.find("wording-save").click();
    window.find("message-wording-saved");
    picture(window, "wording-zh");
    in_english(window, "wording-en");
    let kept = app.hq().get("/message-wording").ok();
    let words = kept.text("/value/wording/card_lost/zh/text");
    assert!(words.contains("{card} 的会员卡已挂失"), "{kept}");
    assert!(
        kept.pointer("/value/wording/card_lost/en").is_none(),
        "what is worded as shipped isn't kept: {kept}"
    );
}

pub fn an_address_gets_events(app: &TestApp, window: &Window) {
    let server = HookServer::start();
    hq_begins(app, window, "webhooks");
    window.find("webhooks-nothing");
    window.find("webhook-new").click();
    window.find("webhook-name").fill("ERP");
    window.find("webhook-url").fill("http://10.0.0.1/x");
    window.find("webhook-topic-sale.created").click();
    wait_for_data(window, "webhook-topics-chosen", "data-value", "1");
    window.find("webhook-save").click();
    window.find("webhook-fault-url");
    window.forgive("422");
    picture(window, "webhook-fault-zh");
    window.find("webhook-url").fill(&server.url());
    window.find("webhook-save").click();
    let secret = window.find("webhook-secret").attribute_now("value");
    picture(window, "webhook-secret-zh");
    window.find("webhook-secret-close").click();
    window.find("webhook-test-send").click();
    wait_for_data(window, "webhook-tested", "data-delivered", "true");
    let tried = server.wait_for("webhook.test", 1).remove(0);
    assert_eq!(tried.signed_by(&secret), Some(0), "{tried:?}");
    server.answer(&["500 Oops"]);
    window.find("webhook-test-send").click();
    wait_for_data(window, "webhook-tested", "data-code", "500");
    is_sent_again(app, window, &server);
    // Its page once more, and the list: the secret is told nowhere again.
    window.find("webhooks-back").click();
    wait_for_data(window, "webhook-0", "data-state", "on");
    picture(window, "webhooks-zh");
    window.find("webhook-open-0").click();
    window.find("webhook-view");
    assert!(window.try_find("webhook-secret-box").is_none());
    let page = window.run("return document.documentElement.outerHTML", &[]);
    assert!(!page.as_str().expect("a page").contains(&secret[6..]));
}

/// An event that wasn't taken says why, and is taken at the second time.
fn is_sent_again(app: &TestApp, window: &Window, server: &HookServer) {
    // Redirects aren't followed, nor tried again.
    server.answer(&["302 Found"]);
    app.sale().line("tea", "drinks", 1000).ring();
    refreshed(
        window,
        "webhook-deliveries-refresh",
        "webhook-delivery-0",
        ("data-state", "dead"),
    );
    window.wait_for_text("webhook-delivery-code-0", "302");
    window.find("webhook-delivery-said-0");
    // The address was asked for beside the list, and may have been read before it.
    refreshed(
        window,
        "webhook-deliveries-refresh",
        "webhook-dead",
        ("data-value", "1"),
    );
    picture(window, "webhook-dead-zh");
    in_english(window, "webhook-dead-en");
    window.find("webhook-delivery-again-0").click();
    refreshed(
        window,
        "webhook-deliveries-refresh",
        "webhook-delivery-0",
        ("data-state", "sent"),
    );
    let came = server.of("sale.created");
    let id = window.find("webhook-delivery-0").attribute("data-id").expect("its id");
    assert_eq!(came.len(), 2, "{came:#?}");
    assert!(came.iter().all(|event| event.id == id), "the same event: {came:#?}");
    picture(window, "webhook-sent-zh");
}
