//! The life of a card: D-CARD-2, -4, -5, -6, -9.

use super::privacy;
use crate::harness::{Actor, Answer, Field, Member, TestApp, fresh_key, time};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_life":
        d_card_4_every_operation_and_every_role,
        d_card_4_a_card_says_what_it_allows,
        d_card_2_an_application_is_approved_by_somebody_else,
        d_card_2_a_card_is_collected_with_a_document_and_a_hand_over,
        d_card_2_a_rejected_application_ends_the_membership,
        d_card_6_who_handed_a_found_card_in_is_kept,
        d_card_6_who_handed_it_in_is_sealed_and_told_to_who_gives_it_back,
        d_card_6_a_lost_card_is_reported_before_it_is_replaced,
        d_card_5_a_caller_is_asked_and_the_answers_are_not_kept,
        d_card_5_what_was_spent_between_loss_and_report_is_listed,
        d_card_5_a_replaced_number_names_the_new_one_s_last_four,
        d_card_9_the_points_go_with_the_last_card,
        d_card_9_a_membership_in_debt_keeps_its_last_card,
        d_card_9_a_lost_card_is_not_returned,
    )
}

/// A kind of card as a program declares it.
pub(super) fn kind(name: &str, more: Value) -> Value {
    let mut kind =
        json!({"kind": name, "uses": ["earn", "spend_points", "redeem", "top_up"], "months": null, "most": null});
    if let (Some(kind), Value::Object(more)) = (kind.as_object_mut(), more) {
        kind.extend(more);
    }
    kind
}

pub(super) fn declare(app: &TestApp, kinds: &[Value]) {
    app.configure().term("kinds", kinds.to_vec()).publish();
}

/// A customer who bought enough for a card.
pub(super) fn buyer(app: &TestApp, name: &str) -> String {
    let customer = app.customer(name).create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    customer
}

pub(super) fn application(app: &TestApp, customer: &str) -> Value {
    json!({"program_id": app.program(), "customer_id": customer, "store_id": app.east(), "kind": "customer"})
}

/// What each operation demands, all of it.
fn demanded(app: &TestApp, operation: &str) -> Value {
    match operation {
        "report_loss" => json!({"reason": "x", "caller_verified": true, "questions": ["birthday"]}),
        "hand_in" => json!({"reason": "x", "handed_in_by": "保洁员"}),
        "replace" => json!({"reason": "x", "cause": "damaged", "store_id": app.east()}),
        "return" => json!({"reason": "x", "identity_checked": true, "store_id": app.east()}),
        "set_pin" => json!({"pin": "471902", "identity_checked": true}),
        "change_pin" => json!({"pin": "471902", "old_pin": "820416"}),
        "reset_pin" => json!({"pin": "471902", "reason": "x", "identity_checked": true}),
        "collect" => json!({"reason": "x", "identity_checked": true, "handbook_given": true, "use_explained": true}),
        _ => json!({"reason": "x", "identity_checked": true}),
    }
}

fn path(operation: &str) -> String {
    match operation {
        "set_pin" | "change_pin" => "pin".to_owned(),
        other => other.replace('_', "-"),
    }
}

pub(super) fn operate(actor: &Actor, card: &str, operation: &str, body: &Value) -> Answer {
    let path = format!("/cards/{card}/{}", path(operation));
    actor.request("POST", &path).key(&fresh_key()).json(body).send()
}

/// Which roles may do what, as D-CARD-2, -4, -5, -6, -9 and -10 have it; whoever isn't named may not.
const WHO_MAY: [(&str, &[&str]); 15] = [
    ("approve", BACK_OFFICE),
    ("reject", BACK_OFFICE),
    ("collect", DESK),
    ("freeze", COUNTER),
    ("unfreeze", BACK_OFFICE),
    (
        "report_loss",
        &[
            "hq_admin",
            "store_manager",
            "supervisor",
            "cashier",
            "consultant",
            "clerk",
            "api_client",
        ],
    ),
    (
        "hand_in",
        &[
            "hq_admin",
            "store_manager",
            "supervisor",
            "cashier",
            "consultant",
            "clerk",
        ],
    ),
    ("cancel_loss", COUNTER),
    ("replace", COUNTER),
    ("set_pin", DESK),
    ("change_pin", DESK),
    ("reset_pin", COUNTER),
    ("unlock_pin", COUNTER),
    ("return", BACK_OFFICE),
    ("cancel", BACK_OFFICE),
];
const BACK_OFFICE: &[&str] = &["hq_admin", "store_manager", "supervisor"];
const COUNTER: &[&str] = &["hq_admin", "store_manager", "supervisor", "cashier"];
const DESK: &[&str] = &["hq_admin", "store_manager", "supervisor", "cashier", "clerk"];
const ROLES: [&str; 10] = [
    "hq_admin",
    "store_manager",
    "supervisor",
    "cashier",
    "consultant",
    "clerk",
    "finance",
    "auditor",
    "api_client",
    "vendor",
];

fn d_card_4_every_operation_and_every_role(app: &TestApp) {
    let own = [app.east()];
    let table = app.auditor().get("/card-operations").ok();
    let table = table.as_array().expect("a table");
    let named: Vec<String> = table.iter().map(|row| row.text("/operation")).collect();
    assert_eq!(named, WHO_MAY.map(|(operation, _)| operation));
    let card = app.member("王芳").card;
    for role in ROLES {
        let actor = match role {
            "hq_admin" => app.hq(),
            _ => app.actor(role, &own),
        };
        let told = actor.get("/me").ok().list("/permissions");
        for (row, (operation, who)) in table.iter().zip(WHO_MAY) {
            let may = who.contains(&role);
            assert_eq!(
                told.contains(&row["permission"]),
                may,
                "{operation} as {role}, as /me tells"
            );
            let answer = operate(&actor, &card, operation, &demanded(app, operation));
            let done_or_refused_for_the_card = matches!(answer.status, 200 | 201 | 409 | 422);
            assert!(
                if may {
                    done_or_refused_for_the_card
                } else {
                    answer.status == 403
                },
                "{operation} as {role}: {} {:#}",
                answer.status,
                answer.body
            );
            // A body without anything is no way around.
            let status = operate(&actor, &card, operation, &json!({})).status;
            let expected: &[u16] = if may { &[400, 409, 422] } else { &[400, 403] };
            assert!(
                expected.contains(&status),
                "{operation} as {role}, nothing said: {status}"
            );
        }
    }
}

fn d_card_4_a_card_says_what_it_allows(app: &TestApp) {
    let member = app.member("王芳");
    let allowed = |app: &TestApp| -> Vec<String> {
        let allowed = app.card(&member).list("/allowed");
        allowed.iter().filter_map(|op| op.as_str().map(str::to_owned)).collect()
    };
    let every = [
        "freeze",
        "report_loss",
        "hand_in",
        "replace",
        "set_pin",
        "change_pin",
        "reset_pin",
        "return",
        "cancel",
    ];
    assert_eq!(allowed(app), every);
    app.operate(&member.card, "freeze", json!({})).ok();
    assert_eq!(allowed(app), ["unfreeze", "report_loss", "hand_in", "cancel"]);
    // What it allows, and nothing else, is done.
    for row in app.hq().get("/card-operations").ok().as_array().expect("a table") {
        let operation = row.text("/operation");
        if !allowed(app).contains(&operation) && operation != "change_pin" {
            let problem = operate(&app.hq(), &member.card, &operation, &demanded(app, &operation));
            assert_eq!(
                problem.expect_problem(409, "card_state")["allowed"],
                json!(allowed(app)),
                "{operation}"
            );
        }
    }
    app.operate(&member.card, "cancel", json!({})).ok();
    assert_eq!(allowed(app), Vec::<String>::new());
}

fn d_card_2_an_application_is_approved_by_somebody_else(app: &TestApp) {
    declare(app, &[kind("customer", json!({"issuing": "on_approval"}))]);
    let customer = buyer(app, "王芳");
    let applied = app.manager().post("/cards", &application(app, &customer)).created();
    assert_eq!(applied.text("/state"), "applied");
    let card = applied.text("/id");
    app.sale()
        .card(&applied.text("/number"))
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    let collect = demanded(app, "collect");
    operate(&app.hq(), &card, "collect", &collect).expect_problem(409, "card_state");
    let reason = json!({"reason": "资料齐全"});
    operate(&app.manager(), &card, "approve", &reason).expect_problem(409, "second_person_needed");
    operate(&app.cashier(), &card, "approve", &reason).expect_problem(403, "forbidden");
    let approved = operate(&app.hq(), &card, "approve", &reason).ok();
    assert_eq!(approved.text("/state"), "applied", "and not collected yet");
    operate(&app.hq(), &card, "approve", &reason).expect_problem(409, "card_state");
    assert_eq!(
        operate(&app.cashier(), &card, "collect", &collect).ok().text("/state"),
        "active"
    );
    app.sale()
        .card(&applied.text("/number"))
        .line("cream", "skin", 10_00)
        .ring();
}

fn d_card_2_a_card_is_collected_with_a_document_and_a_hand_over(app: &TestApp) {
    declare(app, &[kind("customer", json!({"issuing": "on_collection"}))]);
    let customer = buyer(app, "王芳");
    let card = app
        .manager()
        .post("/cards", &application(app, &customer))
        .created()
        .text("/id");
    for lacking in ["identity_checked", "handbook_given", "use_explained"] {
        let mut told = demanded(app, "collect");
        told[lacking] = json!(false);
        let problem = operate(&app.manager(), &card, "collect", &told).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/pointer"), format!("/{lacking}"));
    }
    operate(&app.manager(), &card, "approve", &json!({"reason": "x"})).expect_problem(409, "card_state");
    operate(&app.manager(), &card, "collect", &demanded(app, "collect")).ok();
    let entries = app.auditor().get("/audit?action=card.collect").ok().list("/items");
    let detail: Value = serde_json::from_str(&entries[0].text("/detail")).expect("JSON");
    assert_eq!(detail["detail"]["handbook_given"], true, "{detail:#}");
}

fn d_card_2_a_rejected_application_ends_the_membership(app: &TestApp) {
    declare(app, &[kind("customer", json!({"issuing": "on_approval"}))]);
    let customer = buyer(app, "王芳");
    let applied = app.manager().post("/cards", &application(app, &customer)).created();
    let member = Member::from_card(&customer, &applied);
    assert_eq!(app.points(&member), 1000);
    let rejected = operate(&app.hq(), &member.card, "reject", &json!({"reason": "资料不符"})).ok();
    assert_eq!(rejected.text("/state"), "rejected");
    let last = app.entries(&member).pop().expect("an entry");
    assert_eq!(
        (last.text("/kind"), last.int("/amount"), last.text("/rule")),
        ("expire".into(), -1000, "core.application_rejected".into())
    );
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    assert_eq!(membership.text("/state"), "closed");
    // There is room for another application.
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.manager().post("/cards", &application(app, &customer)).created();
}

fn d_card_6_who_handed_a_found_card_in_is_kept(app: &TestApp) {
    let member = app.member("王芳");
    let western = app.actor("cashier", &[app.west()]);
    operate(&western, &member.card, "hand_in", &json!({"reason": "店门口拾到"})).expect_problem(422, "field_invalid");
    let told = json!({"reason": "店门口拾到", "handed_in_by": "保安老李"});
    let found = operate(&western, &member.card, "hand_in", &told).ok();
    assert_eq!(found["blocks"], json!(["loss"]), "it isn't with its holder");
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    let audit = app.auditor().get("/audit?action=card.hand_in").ok().to_string();
    assert!(
        !audit.contains("老李"),
        "names stand with the card, not in the log: {audit}"
    );
    app.operate(&member.card, "cancel-loss", json!({"identity_checked": false}))
        .expect_problem(422, "field_invalid");
    app.operate(&member.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
}

fn d_card_6_who_handed_it_in_is_sealed_and_told_to_who_gives_it_back(app: &TestApp) {
    let member = app.member("王芳");
    let path = format!("/cards/{}/loss", member.card);
    app.hq().get(&path).expect_problem(404, "not_found");
    let told = json!({"reason": "拾于店门口", "handed_in_by": " 保安老李 "});
    operate(&app.cashier(), &member.card, "hand_in", &told).ok();
    let found = app.cashier().get(&path).ok();
    assert_eq!(
        (found.text("/handed_in/by"), &found["lost"]),
        ("保安老李".into(), &json!(true))
    );
    assert_eq!(
        found.text("/reported_at"),
        found.text("/handed_in/at"),
        "nobody reported it"
    );
    // Who can't give it back sees that it was found, and not by whom.
    let elsewhere = app.actor("cashier", &[app.west()]);
    for other in [app.auditor(), app.till(), elsewhere] {
        let told = other.get(&path).ok();
        assert_eq!(
            (&told["handed_in"]["by"], told["handed_in"]["at"].is_string()),
            (&Value::Null, true)
        );
    }
    let kept = privacy::kept(app);
    let holds = |text: &str| kept.iter().any(|(_, bytes)| privacy::contains(bytes, text.as_bytes()));
    assert!(holds("拾于店门口"), "the search looks where the data is");
    assert!(!holds("保安老李"), "the finder's name lies in clear");
    // Lost again: it isn't with that finder any more.
    let checked = json!({"reason": "x", "identity_checked": true});
    operate(&app.cashier(), &member.card, "cancel_loss", &checked).ok();
    operate(&app.cashier(), &member.card, "report_loss", &checked).ok();
    assert_eq!(app.hq().get(&path).ok()["handed_in"], Value::Null);
}

fn d_card_6_a_lost_card_is_reported_before_it_is_replaced(app: &TestApp) {
    let member = app.member("王芳");
    let replace = |cause: &str| app.operate(&member.card, "replace", json!({"store_id": app.east(), "cause": cause}));
    let problem = replace("lost").expect_problem(409, "card_state");
    assert_eq!(problem["allowed"], json!(["report_loss"]));
    assert_eq!(app.card(&member).text("/state"), "active");
    replace("damaged").created();
}

fn d_card_5_a_caller_is_asked_and_the_answers_are_not_kept(app: &TestApp) {
    let member = app.member("王芳");
    let report = |told: Value| app.operate(&member.card, "report-loss", told);
    let unsaid = report(json!({"caller_verified": true})).expect_problem(422, "field_invalid");
    assert_eq!(unsaid.text("/pointer"), "/questions");
    let wrong =
        report(json!({"caller_verified": false, "questions": ["birthday"]})).expect_problem(422, "field_invalid");
    assert_eq!(wrong.text("/pointer"), "/caller_verified");
    report(json!({"caller_verified": true, "questions": ["birthday"], "answers": ["1990-05-01"]}))
        .expect_problem(400, "body_invalid");
    report(json!({"caller_verified": true, "questions": ["birthday", "last_purchase"]})).ok();
    let loss = app.hq().get(&format!("/cards/{}/loss", member.card)).ok();
    assert_eq!(loss["questions"], json!(["birthday", "last_purchase"]));
    assert_eq!(
        (loss["caller_verified"].clone(), loss["lost"].clone()),
        (json!(true), json!(true))
    );
}

fn d_card_5_what_was_spent_between_loss_and_report_is_listed(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    let mug = app.reward("mug", 300, None, None);
    let no_loss = format!("/cards/{}/loss", member.card);
    app.hq().get(&no_loss).expect_problem(404, "not_found");
    app.sale_to(&member).line("cream", "skin", 10_00).points(1_00).ring();
    app.set_now("2026-03-02 09:00");
    let thief = app.sale_to(&member).line("cream", "skin", 20_00).points(2_00).ring();
    app.redeem(&member.number, &mug).created();
    // The holder's other ways are no business of the lost card.
    app.sale()
        .customer(&member.customer)
        .line("cream", "skin", 10_00)
        .points(1_00)
        .ring();
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    app.set_now("2026-03-02 10:00");
    let told = json!({"identity_checked": false, "lost_at": time::instant("2026-03-02 08:00")});
    app.operate(&member.card, "report-loss", told).ok();
    let loss = app.hq().get(&no_loss).ok();
    let spent: Vec<(String, i64)> = loss
        .list("/spent")
        .iter()
        .map(|spent| (spent.text("/kind"), spent.int("/amount")))
        .collect();
    assert_eq!(spent, [("redemption".to_owned(), 300), ("sale".to_owned(), 200)]);
    assert_eq!(loss.text("/spent/1/bill_id"), thief.id);
    let since = format!("{no_loss}?since={}", time::instant("2026-03-01 00:00"));
    assert_eq!(app.hq().get(&since).ok().list("/spent").len(), 3, "since another time");
    let future = json!({"identity_checked": false, "lost_at": time::instant("2026-03-03 08:00")});
    app.operate(&member.card, "cancel-loss", json!({"identity_checked": true}))
        .ok();
    app.operate(&member.card, "report-loss", future)
        .expect_problem(422, "field_invalid");
}

fn d_card_5_a_replaced_number_names_the_new_one_s_last_four(app: &TestApp) {
    let member = app.member("王芳");
    let new = app
        .operate(
            &member.card,
            "replace",
            json!({"store_id": app.east(), "cause": "damaged"}),
        )
        .created();
    let last = new.text("/number")[10..].to_owned();
    assert_eq!(app.card(&member).text("/replaced_by_last_four"), last);
    let problem = app
        .sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    assert!(problem.text("/detail").contains(&last), "{problem:#}");
    assert_eq!(problem.text("/state"), "replaced");
}

pub(super) fn give_back(app: &TestApp, card: &str) -> Answer {
    app.operate(
        card,
        "return",
        json!({"store_id": app.east(), "identity_checked": true}),
    )
}

fn d_card_9_the_points_go_with_the_last_card(app: &TestApp) {
    let member = app.member("王芳");
    let more = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
    let second = app.manager().post("/cards", &more).created().text("/id");
    give_back(app, &second).ok();
    assert_eq!(
        (app.points(&member), app.entries(&member).len()),
        (1000, 1),
        "another card is left"
    );
    let unchecked = json!({"store_id": app.east(), "identity_checked": false});
    app.operate(&member.card, "return", unchecked)
        .expect_problem(422, "field_invalid");
    assert_eq!(give_back(app, &member.card).ok().text("/state"), "returned");
    let last = app.entries(&member).pop().expect("an entry");
    assert_eq!(
        (last.text("/kind"), last.int("/amount"), last.text("/rule")),
        ("expire".into(), -1000, "core.card_returned".into())
    );
    assert_eq!(app.points(&member), 0);
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    app.set_now("2028-03-02 02:00");
    app.night();
    assert_eq!(app.entries(&member).len(), 2, "nothing ends twice");
}

fn d_card_9_a_membership_in_debt_keeps_its_last_card(app: &TestApp) {
    let customer = buyer(app, "王芳");
    let member = app.issue(&customer);
    let bill = app.sale_to(&member).line("cream", "skin", 500_00).ring();
    let mug = app.reward("mug", 1500, None, None);
    app.redeem(&member.number, &mug).created();
    app.return_of(&bill).line(1, 1000).book();
    let problem = give_back(app, &member.card).expect_problem(409, "membership_holds");
    assert_eq!(
        (problem.text("/left/0/asset"), problem.int("/left/0/available")),
        ("points".into(), -500)
    );
    assert!(problem.text("/detail").contains("500"), "{problem:#}");
    assert_eq!(app.card(&member).text("/state"), "active");
    app.sale_to(&member).line("cream", "skin", 500_00).ring();
    give_back(app, &member.card).ok();
}

fn d_card_9_a_lost_card_is_not_returned(app: &TestApp) {
    let member = app.member("王芳");
    app.operate(&member.card, "report-loss", json!({"identity_checked": true}))
        .ok();
    give_back(app, &member.card).expect_problem(409, "card_state");
}
