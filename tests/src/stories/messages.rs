//! Messages to staff and customers (D-HQ-3): what causes them, whom they reach and when, what they say.

use super::contracts::{consultant, content, customer, draft, kind, path, request, signed, step};
use crate::harness::mail::{Mail, MailServer};
use crate::harness::{Actor, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub fn tests() -> Vec<Trial> {
    crate::stories!("messages":
        d_hq_3_an_approval_reaches_who_may_give_it,
        d_hq_3_reminders_of_contracts_come_by_mail,
        d_hq_3_a_loss_a_new_card_and_a_tier_are_told,
        d_hq_3_birthdays_need_consent_and_wait_for_the_morning,
        d_hq_3_what_ends_is_told_ahead_once,
        d_hq_3_nobody_gets_more_than_the_cap,
        d_hq_3_one_click_unsubscribes,
        d_hq_3_who_wants_no_reminders_gets_none,
        d_hq_3_overdue_work_reaches_managers_and_borrowers,
        d_hq_3_own_words_in_both_languages,
    )
}

/// Sets mail up with a server of the story's own.
pub fn mail(app: &TestApp) -> MailServer {
    let server = MailServer::start();
    set_mail(app, server.port, "0", Value::Null);
    server
}

pub fn set_mail(app: &TestApp, port: u16, version: &str, secret: Value) -> Value {
    let settings = json!({
        "host": "127.0.0.1", "port": port, "security": "none", "from_name": "王, 店长", "from_address": "shop@cards.example",
        "unsubscribe_mail": "no@cards.example",
    });
    let body = json!({"settings": settings, "active": true, "secret": secret});
    app.hq()
        .patch("/message-channels/mail", &format!("\"{version}\""), &body)
        .ok()
}

/// The only message of a kind once it is in a state, or after a minute as it then is.
#[track_caller]
pub fn message_in(app: &TestApp, kind: &str, state: &str) -> Value {
    let start = Instant::now();
    loop {
        let found = app.hq().get(&format!("/messages?kind={kind}")).ok().list("/items");
        let there = found.iter().find(|message| message["state"] == state).cloned();
        match there {
            Some(message) => return message,
            None if start.elapsed() > Duration::from_secs(60) => panic!("no {kind} is {state}: {found:#?}"),
            None => std::thread::sleep(Duration::from_millis(30)),
        }
    }
}

/// Waits for what the sending thread does.
#[track_caller]
pub fn until(done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "it doesn't come to that");
        std::thread::sleep(Duration::from_millis(30));
    }
}

/// How those of a kind stand, once none is under way: a server has a mail before its answer is noted.
#[track_caller]
pub fn states(app: &TestApp, kind: &str) -> Vec<String> {
    let start = Instant::now();
    loop {
        let found = app.hq().get(&format!("/messages?kind={kind}")).ok().list("/items");
        let states: Vec<String> = found.iter().map(|message| message.text("/state")).collect();
        if states.iter().all(|state| state != "sending") {
            return states;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{found:#?}");
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn reached_at(actor: &Actor, mail: &str) {
    let me = actor.get("/me").ok().text("/staff_id");
    let body = json!({"mail": mail, "phone": null});
    actor.patch(&format!("/staff/{me}/contact"), "\"0\"", &body).ok();
}

/// A customer with a mail address, who agreed to marketing or not.
pub fn reachable(app: &TestApp, name: &str, mail: &str, marketing: bool) -> String {
    let card = json!({"kind": "person", "contact": {"mail": mail}});
    let consent = json!({"marketing": marketing, "privacy": true});
    app.customer(name)
        .with("card", card)
        .with("consent", consent)
        .birthday("1990-03-02")
        .create()
}

fn d_hq_3_an_approval_reaches_who_may_give_it(app: &TestApp) {
    let server = mail(app);
    reached_at(&app.manager(), "manager@cards.example");
    reached_at(&consultant(app), "author@cards.example");
    let west = app.actor("store_manager", &[app.west()]);
    reached_at(&west, "west@cards.example");
    let (kind, customer) = (kind(app), customer(app));
    let path = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    step(&consultant(app), &path, "submit").ok();
    let mails = server.wait_for(1);
    assert_eq!(
        mails[0].to, "manager@cards.example",
        "not the author, not another store's"
    );
    assert!(mails[0].subject.contains("审批"), "{:?}", mails[0]);
    assert!(
        mails[0].text.contains("https://cards.example/hq/#/approvals"),
        "{:?}",
        mails[0]
    );
    let sent = message_in(app, "approval_waiting", "sent");
    assert_eq!(sent.text("/to"), "m***@cards.example");
    assert_eq!(sent.text("/receiver/name/zh"), "store_manager-east");
    assert!(request(app, &path).ends_with(&sent.text("/subject_id")));
    // What is settled before it was sent isn't sent.
    app.hq()
        .patch("/message-channels/mail", "\"1\"", &inactive(&server))
        .ok();
    step(&consultant(app), &path, "withdraw").ok();
    assert_eq!(server.mails().len(), 1);
    app.manager().get("/messages").ok();
    app.cashier().get("/messages").expect_problem(403, "forbidden");
}

fn inactive(server: &MailServer) -> Value {
    let settings = json!({
        "host": "127.0.0.1", "port": server.port, "security": "none", "from_name": "店", "from_address": "shop@cards.example",
    });
    json!({"settings": settings, "active": false})
}

fn d_hq_3_reminders_of_contracts_come_by_mail(app: &TestApp) {
    let server = mail(app);
    reached_at(&consultant(app), "author@cards.example");
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(100);
    text["starts_on"] = json!("2026-03-01");
    text["ends_on"] = json!("2026-03-31");
    text["milestones"] = json!([{"kind": "payment", "due_on": "2026-03-20", "amount": 5000}]);
    let contract = draft(&consultant(app), &kind, &customer, &text);
    app.hq()
        .patch(
            &format!("/customers/{customer}"),
            "\"1\"",
            &json!({"consultant_id": me(&consultant(app))}),
        )
        .ok();
    signed(app, &contract, "2026-02-01");
    app.night();
    app.night();
    let mut mails = server.wait_for(2);
    mails.sort_by(|a, b| a.text.cmp(&b.text));
    let texts = mails.iter().map(|mail| mail.text.as_str()).collect::<String>();
    assert!(
        texts.contains("JX-2026-0001") && texts.contains("2026年3月31日") && texts.contains("2026年3月20日"),
        "{texts}"
    );
    assert_eq!(states(app, "contract_reminder").len(), 1, "once for both nights");
    assert_eq!(states(app, "milestone_reminder").len(), 1);
}

fn me(actor: &Actor) -> String {
    actor.get("/me").ok().text("/staff_id")
}

fn d_hq_3_a_loss_a_new_card_and_a_tier_are_told(app: &TestApp) {
    let server = mail(app);
    // Deep in the night: a loss is told at once, the rest in the morning.
    let customer = reachable(app, "王芳", "wang@cards.example", false);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.set_now("2026-03-01 23:00");
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let lost = server.wait_for(1).remove(0);
    assert_eq!(lost.to, "wang@cards.example");
    assert!(lost.text.contains(&member.number[10..]), "{lost:?}");
    assert!(lost.text.contains("2026年3月1日 23:00"), "{lost:?}");
    let store = app.east().to_owned();
    app.operate(&member.card, "replace", json!({"store_id": store, "cause": "lost"}))
        .created();
    app.set_now("2026-03-02 07:59");
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(server.mails().len(), 1, "quiet until eight");
    app.set_now("2026-03-02 08:00");
    let replaced = server.wait_for(2).remove(1);
    assert!(replaced.text.contains("2026年3月1日"), "{replaced:?}");
    app.sale().customer(&customer).line("gift-box", "gifts", 4500_00).ring();
    let tier = server.wait_for(3).remove(2);
    assert!(tier.text.contains("银卡") && tier.text.contains("会员"), "{tier:?}");
    assert_eq!(message_in(app, "tier_changed", "sent").text("/purpose"), "account");
}

fn d_hq_3_birthdays_need_consent_and_wait_for_the_morning(app: &TestApp) {
    let server = mail(app);
    reachable(app, "王芳", "wang@cards.example", true);
    reachable(app, "李娜", "li@cards.example", false);
    app.set_now("2026-03-02 00:30");
    app.night();
    app.night();
    // Eight in the morning in Shanghai.
    until(|| message_in(app, "birthday", "queued").text("/next_at") == "2026-03-02T00:00:00Z");
    app.set_now("2026-03-02 08:00");
    let mails = server.wait_for(1);
    let mail = &mails[0];
    assert_eq!((mail.to.as_str(), mail.name.as_str()), ("wang@cards.example", "王女士"));
    assert!(mail.text.contains("东店") && mail.html.contains("东店"), "{mail:?}");
    assert!(
        mail.raw.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
        "{}",
        mail.raw
    );
    assert!(mail.raw.contains("mailto:no@cards.example"), "{}", mail.raw);
    assert_eq!(states(app, "birthday").len(), 1, "one who agreed, one letter");
}

fn d_hq_3_what_ends_is_told_ahead_once(app: &TestApp) {
    let server = mail(app);
    app.configure()
        .term("expiry", json!({"kind": "per_lot", "months": 12}))
        .publish();
    let customer = reachable(app, "王芳", "wang@cards.example", false);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.set_now("2027-01-29 10:00");
    app.night();
    assert!(states(app, "points_expiring").is_empty(), "more than thirty days ahead");
    app.set_now("2027-01-31 10:00");
    app.night();
    app.night();
    let mail = server.wait_for(1).remove(0);
    assert!(
        mail.text.contains("2027年3月1日") && mail.text.contains("2000"),
        "{mail:?}"
    );
    app.set_now("2027-02-01 10:00");
    app.night();
    assert_eq!(states(app, "points_expiring"), ["sent"], "once");
    app.set_now("2028-02-02 10:00");
    app.night();
    let mail = server.wait_for(2).remove(1);
    assert!(
        mail.text.contains(&"2028年2月29日".to_owned()),
        "{} {mail:?}",
        member.number
    );
    assert_eq!(states(app, "card_expiring"), ["sent"]);
}

fn d_hq_3_nobody_gets_more_than_the_cap(app: &TestApp) {
    let server = mail(app);
    let rules = json!({"value": {"cap": {"most": 1, "days": 400}}});
    app.hq()
        .patch("/message-rules", "\"0\"", &rules)
        .expect_problem(422, "field_invalid");
    let rules = json!({"value": {"cap": {"most": 1, "days": 366}, "quiet": null}});
    app.hq().patch("/message-rules", "\"0\"", &rules).ok();
    reachable(app, "王芳", "wang@cards.example", true);
    app.set_now("2026-03-02 09:00");
    app.night();
    server.wait_for(1);
    message_in(app, "birthday", "sent");
    app.set_now("2027-03-02 09:00");
    app.night();
    let dropped = message_in(app, "birthday", "dropped");
    assert_eq!(dropped.text("/reason"), "too_many");
    assert_eq!(server.mails().len(), 1);
    app.set_now("2028-03-02 09:00");
    app.night();
    server.wait_for(2);
}

fn d_hq_3_one_click_unsubscribes(app: &TestApp) {
    let server = mail(app);
    let customer = reachable(app, "王芳", "wang@cards.example", true);
    app.set_now("2026-03-02 09:00");
    app.night();
    let link = server.wait_for(1)[0].unsubscribe();
    let agent = crate::harness::agent();
    let url = format!("{}{link}", app.base());
    let shown = agent
        .get(&url)
        .call()
        .expect("a page")
        .body_mut()
        .read_to_string()
        .expect("text");
    assert!(shown.contains("退订") && shown.contains("Unsubscribe"), "{shown}");
    let refused = format!("/customers/{customer}/message-refusals");
    assert_eq!(
        app.hq().get(&refused).ok(),
        json!({"refused": []}),
        "scanners of mail open links"
    );
    for _ in 0..2 {
        let click = agent
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded");
        let done = click
            .send("List-Unsubscribe=One-Click")
            .expect("a page")
            .body_mut()
            .read_to_string()
            .expect("text");
        assert!(done.contains("已退订"), "{done}");
    }
    assert_eq!(app.hq().get(&refused).ok(), json!({"refused": ["marketing"]}));
    let view = app.hq().get(&format!("/customers/{customer}")).ok();
    assert_eq!(view["consent"], json!({"marketing": false, "privacy": true}));
    let torn = format!("{}{}x", app.base(), &link[..link.len() - 4]);
    let answer = agent.post(&torn).send("").expect("an answer");
    assert_eq!(answer.status(), 404);
    app.set_now("2027-03-02 09:00");
    app.night();
    assert_eq!(states(app, "birthday").len(), 1);
}

fn d_hq_3_who_wants_no_reminders_gets_none(app: &TestApp) {
    let server = mail(app);
    let customer = reachable(app, "王芳", "wang@cards.example", false);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer);
    let refused = format!("/customers/{customer}/message-refusals");
    let all = json!({"refused": ["reminder", "marketing"]});
    assert_eq!(app.manager().post(&refused, &all).ok(), all);
    app.manager()
        .post(&refused, &json!({"refused": ["account"]}))
        .expect_problem(422, "field_invalid");
    app.actor("store_manager", &[app.west()])
        .post(&refused, &all)
        .expect_problem(403, "forbidden");
    app.set_now("2028-02-02 10:00");
    app.night();
    let dropped = message_in(app, "card_expiring", "dropped");
    assert_eq!(dropped.text("/reason"), "refused");
    assert_eq!(server.mails(), Vec::<Mail>::new());
}

fn d_hq_3_overdue_work_reaches_managers_and_borrowers(app: &TestApp) {
    let server = mail(app);
    reached_at(&app.manager(), "manager@cards.example");
    reached_at(&consultant(app), "borrower@cards.example");
    let customer = app.customer("王芳").create();
    let task = json!({
        "customer_id": customer, "kind": "call", "due_on": "2026-03-02", "title": "回访", "staff_id": me(&consultant(app)),
    });
    app.hq().post("/tasks", &task).created();
    let lending = json!({"customer_id": customer, "what": "合同原件", "due_on": "2026-03-03", "purpose": "service"});
    consultant(app).post("/lendings", &lending).created();
    app.set_now("2026-03-04 09:00");
    app.night();
    app.night();
    let mut mails = server.wait_for(2);
    mails.sort_by(|a, b| a.to.cmp(&b.to));
    assert_eq!(mails[0].to, "borrower@cards.example");
    assert!(mails[0].text.contains("2026年3月3日"), "{mails:#?}");
    assert_eq!(mails[1].to, "manager@cards.example");
    assert!(
        mails[1].text.contains('1') && mails[1].text.contains("2026年3月2日"),
        "{mails:#?}"
    );
    assert_eq!(
        (
            states(app, "loan_overdue").len(),
            states(app, "follow_up_overdue").len()
        ),
        (1, 1)
    );
}

fn d_hq_3_own_words_in_both_languages(app: &TestApp) {
    let server = mail(app);
    let preview = |wording: Value| {
        let body = json!({"kind": "birthday", "language": "en", "wording": wording});
        app.hq().post("/message-previews", &body)
    };
    let wrong = preview(json!({"subject": "Hi {name}", "text": "From {shop}"})).expect_problem(422, "field_invalid");
    assert_eq!(wrong["errors"][0]["pointer"], "/wording/text", "{wrong}");
    assert!(wrong.to_string().contains("{shop}"), "{wrong}");
    let shown = preview(json!({"subject": "Hi {name}", "text": "<b>{chain}</b>"})).ok();
    assert!(shown.text("/html").contains("&lt;b&gt;"), "{shown}");
    let long = "祝您生日快乐，".repeat(10);
    let words = json!({"subject": long, "text": "{name}\n\n= {store} ="});
    let both = json!({"zh": words, "en": {"subject": "Happy birthday, {name}", "text": "{store}, {chain}"}});
    let wording = json!({"value": {"wording": {"birthday": both}, "templates": {}}});
    app.hq().patch("/message-wording", "\"0\"", &wording).ok();
    reachable(app, "王芳", "wang@cards.example", true);
    app.set_now("2026-03-02 09:00");
    app.night();
    let chinese = server.wait_for(1).remove(0);
    assert_eq!(chinese.subject, long, "seventy characters, folded and read back");
    assert_eq!(chinese.text.trim().replace("\r\n", "\n"), "王女士\n\n= 东店 =");
    let english = json!({"value": {"language": "en"}});
    app.hq().patch("/message-rules", "\"0\"", &english).ok();
    app.set_now("2027-03-02 09:00");
    app.night();
    let english = server.wait_for(2).remove(1);
    assert_eq!(english.subject, "Happy birthday, Ms Wang");
    assert!(english.text.starts_with("东店, "), "{english:?}");
}
