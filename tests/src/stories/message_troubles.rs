//! Messages that don't go at once (D-HQ-3): servers that refuse, break off or are private, secrets, people who are gone.

use super::erasure::erase;
use super::messages::{mail, message_in, reachable, set_mail, states, until};
use crate::harness::gateway::GatewayServer;
use crate::harness::mail::MailServer;
use crate::harness::{Backend, Field, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("messages":
        d_hq_3_a_mail_is_tried_again_under_the_same_id,
        d_hq_3_what_is_refused_for_good_waits_for_a_person,
        d_hq_3_an_sms_whose_answer_is_lost_is_left_to_a_person,
        d_hq_3_a_chain_without_channels_sends_nothing,
        d_hq_3_a_stopped_server_sends_what_was_queued,
        d_hq_3_passwords_are_never_shown,
        d_hq_3_who_was_erased_gets_nothing,
        d_hq_3_messages_go_along_with_a_merge,
        d_hq_3_a_channel_is_tried_before_customers_get_any,
    );
    for backend in Backend::ALL.iter().copied() {
        trials.push(
            backend.trial("messages::d_hq_3_only_public_servers_are_written_to", move || {
                let app = TestApp::start_with(backend, &|options| options.network = Default::default());
                only_public_servers(&app);
                app.finish();
                Ok(Completion::Completed)
            }),
        );
    }
    trials
}

fn birthday(app: &TestApp) {
    app.set_now("2026-03-02 09:00");
    app.night();
}

fn d_hq_3_a_mail_is_tried_again_under_the_same_id(app: &TestApp) {
    let server = mail(app);
    // Refused for now, then cut after the whole text, then taken.
    server.answer(&["451 4.3.0 try later", "", "250 2.0.0 queued as 12"]);
    reachable(app, "王芳", "wang@cards.example", true);
    birthday(app);
    server.wait_for(1);
    let waits = message_in(app, "birthday", "queued");
    assert_eq!((waits.int("/tries"), waits.text("/code")), (1, "4.3.0".to_owned()));
    assert!(waits.text("/said/zh").contains("try later"), "{waits}");
    app.set_now("2026-03-02 09:01");
    server.wait_for(2);
    let tried = || app.hq().get("/messages?kind=birthday").ok();
    until(|| tried()["items"][0]["state"] == "queued" && tried().int("/items/0/tries") == 2);
    app.set_now("2026-03-02 09:05");
    let mails = server.wait_for(3);
    assert_eq!(
        (&mails[0], &mails[1]),
        (&mails[1], &mails[2]),
        "the same to the last letter"
    );
    assert!(!mails[0].id.is_empty());
    let sent = message_in(app, "birthday", "sent");
    assert_eq!((sent.int("/tries"), sent["next_at"].clone()), (3, Value::Null));
}

fn d_hq_3_what_is_refused_for_good_waits_for_a_person(app: &TestApp) {
    let server = mail(app);
    server.answer(&["550 5.1.1 no such user", "554 5.7.1 no"]);
    reachable(app, "王芳", "wang@cards.example", true);
    reachable(app, "李娜", "li@cards.example", true);
    birthday(app);
    server.wait_for(2);
    message_in(app, "birthday", "dead");
    until(|| states(app, "birthday") == ["dead", "dead"]);
    assert_eq!(app.hq().get("/message-summary").ok().int("/dead"), 2);
    let all = app.hq().get("/messages?state=dead").ok().list("/items");
    let path = format!("/messages/{}", all[0].text("/id"));
    app.auditor()
        .post(&format!("{path}/retry"), &json!({}))
        .expect_problem(403, "forbidden");
    app.actor("store_manager", &[app.west()])
        .post(&format!("{path}/retry"), &json!({}))
        .expect_problem(403, "forbidden");
    app.manager().post(&format!("{path}/drop"), &json!({})).ok();
    let dropped = app.hq().get(&path).ok();
    assert_eq!(
        (dropped.text("/state"), dropped.text("/reason")),
        ("dropped".into(), "by_hand".into())
    );
    app.manager()
        .post(&format!("{path}/drop"), &json!({}))
        .expect_problem(409, "message_state");
    let retried = app.hq().post("/messages/retry-all", &json!({"state": "dead"})).ok();
    assert_eq!(retried, json!({"retried": 1}));
    let mails = server.wait_for(3);
    assert_eq!(
        mails.iter().filter(|mail| mail.id == mails[2].id).count(),
        2,
        "the same letter again"
    );
    message_in(app, "birthday", "sent");
    app.hq()
        .post("/messages/retry-all", &json!({"state": "sent"}))
        .expect_problem(422, "field_invalid");
}

/// A provider as many in China are: 200 whatever happened, the outcome in the body.
fn provider(port: u16) -> Value {
    json!({
        "settings": {
            "gateway": {
                "url": format!("http://127.0.0.1:{port}/sms"), "method": "POST",
                "headers": [{"name": "authorization", "value": "Bearer {key}"}],
                "body": {"json": {"PhoneNumbers": "{phone}", "SignName": "{sign}", "TemplateCode": "{template}", "TemplateParam": "{vars}"}},
                "accepted": {"pointer": "/Code", "equals": ["OK"], "permanent": ["isv.MOBILE*"]},
            },
            "sign": "卡迪亚",
        },
        "secret": "sms-key-4711", "active": true,
    })
}

fn d_hq_3_an_sms_whose_answer_is_lost_is_left_to_a_person(app: &TestApp) {
    let server = GatewayServer::start();
    app.hq()
        .patch("/message-channels/sms", "\"0\"", &provider(server.port))
        .ok();
    let templates = json!({"value": {"wording": {}, "templates": {"card_lost": {"sms": "SMS_123"}}}});
    app.hq().patch("/message-wording", "\"0\"", &templates).ok();
    server.answer(&["", r#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}"#]);
    let member = app.member("王芳");
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let asked = server.wait_for(1).remove(0);
    assert_eq!(
        (asked.text("/SignName"), asked.text("/TemplateCode")),
        ("卡迪亚".into(), "SMS_123".into())
    );
    let told: Value = serde_json::from_str(&asked.text("/TemplateParam")).expect("an object");
    assert_eq!(
        (told.text("/name"), told.text("/card")),
        ("王女士".into(), member.number[10..].to_owned())
    );
    let unclear = message_in(app, "card_lost", "unclear");
    assert!(unclear.text("/to").contains("****"), "{unclear}");
    app.set_now("2026-03-01 12:00");
    app.night();
    assert_eq!(server.wait_for(1).len(), 1, "nobody is sent two by themselves");
    app.hq()
        .post(&format!("/messages/{}/retry", unclear.text("/id")), &json!({}))
        .ok();
    server.wait_for(2);
    let dead = message_in(app, "card_lost", "dead");
    assert_eq!(dead.text("/code"), "isv.MOBILE_NUMBER_ILLEGAL");
}

fn d_hq_3_a_chain_without_channels_sends_nothing(app: &TestApp) {
    reachable(app, "王芳", "wang@cards.example", true);
    birthday(app);
    assert!(states(app, "birthday").is_empty(), "nothing is queued that can't go");
    let member = app.member("李娜");
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    let dropped = message_in(app, "card_lost", "dropped");
    assert_eq!(dropped.text("/reason"), "no_channel");
    let summary = app.hq().get("/message-summary").ok();
    assert!(
        summary
            .list("/channels")
            .iter()
            .all(|channel| channel["configured"] == json!(false)),
        "{summary}"
    );
    let server = mail(app);
    app.hq()
        .post(&format!("/messages/{}/retry", dropped.text("/id")), &json!({}))
        .ok();
    until(|| app.hq().get("/messages?kind=card_lost").ok()["items"][0]["reason"] == "no_address");
    assert!(server.mails().is_empty());
}

fn d_hq_3_a_stopped_server_sends_what_was_queued(app: &TestApp) {
    let server = mail(app);
    // Nobody listens there for now.
    let version = app.hq().get("/message-channels").ok()[0].int("/version").to_string();
    set_mail(app, free_port(), &version, Value::Null);
    reachable(app, "王芳", "wang@cards.example", true);
    birthday(app);
    until(|| app.hq().get("/messages?kind=birthday").ok().int("/items/0/tries") > 0);
    let waits = message_in(app, "birthday", "queued");
    assert!(waits["said"].is_object(), "{waits}");
    set_mail(
        app,
        server.port,
        &(version.parse::<i64>().expect("a number") + 1).to_string(),
        Value::Null,
    );
    app.set_now("2026-03-02 12:00");
    server.wait_for(1);
    message_in(app, "birthday", "sent");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}

fn d_hq_3_passwords_are_never_shown(app: &TestApp) {
    let server = MailServer::start();
    let secret = "correct-horse-mail-4711";
    let set = set_mail(app, server.port, "0", json!(secret));
    assert_eq!(set["has_secret"], json!(true));
    let kept = app
        .hq()
        .patch(
            "/message-channels/mail",
            "\"1\"",
            &json!({"settings": set["settings"], "active": true}),
        )
        .ok();
    assert_eq!(kept["has_secret"], json!(true), "absent: as it was");
    app.hq()
        .patch("/message-channels/sms", "\"0\"", &provider(server.port))
        .ok();
    let shown = [
        app.hq().get("/message-channels").ok(),
        app.hq().get("/audit?limit=200").ok(),
    ];
    for text in shown.map(|value| value.to_string()) {
        assert!(!text.contains(secret) && !text.contains("sms-key-4711"), "{text}");
    }
    let removed = json!({"settings": set["settings"], "active": true, "secret": null});
    assert_eq!(
        app.hq().patch("/message-channels/mail", "\"2\"", &removed).ok()["has_secret"],
        json!(false)
    );
    app.manager().get("/message-channels").expect_problem(403, "forbidden");
    let mut wrong = removed.clone();
    wrong["settings"]["from_address"] = json!("a@qq。com\r\nBcc: x@y.com");
    let refused = app
        .hq()
        .patch("/message-channels/mail", "\"3\"", &wrong)
        .expect_problem(422, "field_invalid");
    assert_eq!(refused["errors"][0]["pointer"], "/settings/from_address", "{refused}");
    wrong["settings"]["from_address"] = json!("shop@qq。com");
    let taken = app.hq().patch("/message-channels/mail", "\"3\"", &wrong).ok();
    assert_eq!(
        taken.text("/settings/from_address"),
        "shop@qq.com",
        "as an input method types it"
    );
}

fn d_hq_3_who_was_erased_gets_nothing(app: &TestApp) {
    let server = mail(app);
    let customer = reachable(app, "王芳", "wang@cards.example", true);
    app.set_now("2026-03-02 01:00");
    app.night();
    message_in(app, "birthday", "queued");
    erase(app, &customer);
    app.set_now("2026-03-02 09:00");
    let dropped = message_in(app, "birthday", "dropped");
    assert_eq!(dropped.text("/reason"), "erased");
    assert!(server.mails().is_empty());
}

fn d_hq_3_messages_go_along_with_a_merge(app: &TestApp) {
    let server = mail(app);
    server.answer(&["451 4.3.0 try later"]);
    let merged = reachable(app, "王芳", "wang@cards.example", true);
    let survivor = app.customer("王芳").create();
    let refused = json!({"refused": ["reminder"]});
    app.hq()
        .post(&format!("/customers/{merged}/message-refusals"), &refused)
        .ok();
    birthday(app);
    server.wait_for(1);
    message_in(app, "birthday", "queued");
    super::merges::merge(&app.hq(), &survivor, &merged).created();
    let moved = app
        .hq()
        .get(&format!("/messages?customer_id={survivor}"))
        .ok()
        .list("/items");
    assert_eq!(moved.len(), 1);
    app.set_now("2026-03-02 10:00");
    let mails = server.wait_for(2);
    assert_eq!(mails[0], mails[1]);
    let both = app.hq().get(&format!("/customers/{survivor}/message-refusals")).ok();
    assert!(both.list("/refused").contains(&json!("reminder")), "{both}");
}

fn d_hq_3_a_channel_is_tried_before_customers_get_any(app: &TestApp) {
    let wanted = json!({"to": "me@cards.example", "kind": "card_lost", "language": "en"});
    app.hq()
        .post("/message-channels/mail/test", &wanted)
        .expect_problem(422, "field_invalid");
    let server = mail(app);
    let sent = app.hq().post("/message-channels/mail/test", &wanted).ok();
    assert_eq!(sent["delivered"], json!(true), "{sent}");
    let mail = server.wait_for(1).remove(0);
    assert!(mail.text.contains("4821"), "a sample: {mail:?}");
    server.answer(&["550 5.1.1 no such user"]);
    let refused = app.hq().post("/message-channels/mail/test", &wanted).ok();
    assert_eq!(refused["delivered"], json!(false));
    assert!(refused.text("/said/zh").contains("550"), "{refused}");
    let nobody = json!({"to": "me@", "kind": "card_lost", "language": "en"});
    app.hq()
        .post("/message-channels/mail/test", &nobody)
        .expect_problem(422, "field_invalid");
    app.manager()
        .post("/message-channels/mail/test", &wanted)
        .expect_problem(403, "forbidden");
}

fn only_public_servers(app: &TestApp) {
    let server = mail(app);
    let wanted = json!({"to": "me@cards.example", "kind": "card_lost", "language": "en"});
    let refused = app.hq().post("/message-channels/mail/test", &wanted).ok();
    assert_eq!(refused["delivered"], json!(false));
    assert!(refused.text("/said/en").contains("public"), "{refused}");
    let plain = app.hq().patch("/message-channels/sms", "\"0\"", &provider(server.port));
    plain.expect_problem(422, "field_invalid");
    assert!(server.mails().is_empty());
    // Without an address of its own no link to unsubscribe can be sent, and so no greeting.
    reachable(app, "王芳", "wang@cards.example", true);
    birthday(app);
    assert_eq!(message_in(app, "birthday", "dropped").text("/reason"), "no_link");
}
