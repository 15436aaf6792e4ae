//! Kinds of cards: who holds them, what they are good for, how many there are (D-CARD-1).

use super::card_life::{application, buyer, declare, give_back, kind, operate};
use crate::harness::{Actor, Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("card_kinds":
        d_card_1_a_program_issues_the_kinds_it_declares,
        d_card_1_an_anonymous_card_earns_and_gets_a_holder,
        d_card_1_who_has_a_membership_is_not_named_again,
        d_card_1_a_temporary_card_ends_on_its_day,
        d_card_1_a_staff_card_is_a_member_of_staff_s,
        d_card_1_supplementary_cards_have_a_limit,
        d_card_9_cards_of_staff_who_left_or_moved_are_listed_until_they_are_back,
        d_card_1_a_kind_that_only_earns_spends_nothing,
        d_card_1_a_kind_that_only_spends_earns_nothing,
    )
}

fn of_nobody(app: &TestApp, kind: &str, more: Value) -> Answer {
    let mut body = json!({"program_id": app.program(), "store_id": app.east(), "kind": kind});
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    app.manager().post("/cards", &body)
}

fn d_card_1_a_program_issues_the_kinds_it_declares(app: &TestApp) {
    declare(app, &[kind("customer", json!({}))]);
    let problem = of_nobody(app, "anonymous", json!({})).expect_problem(409, "card_kind");
    assert_eq!(problem.text("/pointer"), "/kind");
    let customer = buyer(app, "王芳");
    let mut supplier = application(app, &customer);
    supplier["kind"] = json!("supplier");
    app.manager().post("/cards", &supplier).expect_problem(409, "card_kind");
    app.manager().post("/cards", &application(app, &customer)).created();
    of_nobody(app, "customer", json!({})).expect_problem(409, "card_kind");
    let wrong = kind("anonymous", json!({"holder": "customer"}));
    app.configure()
        .term("kinds", vec![wrong])
        .post()
        .expect_problem(422, "configuration_invalid");
}

/// A program with anonymous cards and at most two named ones.
fn anonymous_cards(app: &TestApp) {
    declare(
        app,
        &[
            kind("customer", json!({"most": 2})),
            kind("anonymous", json!({"holder": "nobody", "months": 36})),
        ],
    );
}

fn name(app: &TestApp, card: &Value, customer: &str) -> Answer {
    let body = json!({"customer_id": customer, "card_id": card.text("/id"), "identity_checked": true});
    app.manager()
        .post(&format!("/memberships/{}/holder", card.text("/membership_id")), &body)
}

fn d_card_1_an_anonymous_card_earns_and_gets_a_holder(app: &TestApp) {
    anonymous_cards(app);
    let card = of_nobody(app, "anonymous", json!({})).created();
    assert_eq!(
        (card["customer"].clone(), card.text("/valid_through")),
        (Value::Null, "2029-02-28".into())
    );
    app.sale()
        .card(&card.text("/number"))
        .line("cream", "skin", 100_00)
        .ring();
    let customer = app.customer("王芳").create();
    let unchecked = json!({"customer_id": customer, "card_id": card.text("/id"), "identity_checked": false});
    let path = format!("/memberships/{}/holder", card.text("/membership_id"));
    app.manager()
        .post(&path, &unchecked)
        .expect_problem(422, "field_invalid");
    let named = name(app, &card, &customer).ok();
    assert_eq!(
        (named.text("/customer/id"), named.text("/kind")),
        (customer.clone(), "customer".into())
    );
    assert_eq!(named.text("/number"), card.text("/number"));
    let member = Member::from_card(&customer, &named);
    assert_eq!(app.points(&member), 100, "the points stay");
    app.sale().customer(&customer).line("cream", "skin", 10_00).ring();
    assert_eq!(app.points(&member), 110);
    name(app, &card, &app.customer("李雷").create()).expect_problem(409, "already_exists");
}

fn d_card_1_who_has_a_membership_is_not_named_again(app: &TestApp) {
    anonymous_cards(app);
    let member = app.member("王芳");
    let card = of_nobody(app, "anonymous", json!({})).created();
    name(app, &card, &member.customer).expect_problem(409, "membership_exists");
    // Three cards would be named ones, of which two may be.
    let more = json!({"membership_id": card.text("/membership_id"), "store_id": app.east(), "kind": "anonymous"});
    app.manager().post("/cards", &more).created();
    let third = app.manager().post("/cards", &more).created().text("/id");
    let customer = app.customer("李雷").create();
    assert_eq!(
        name(app, &card, &customer)
            .expect_problem(409, "card_kind")
            .int("/limit"),
        2
    );
    operate(&app.manager(), &third, "cancel", &json!({"reason": "x"})).ok();
    name(app, &card, &customer).ok();
}

fn d_card_1_a_temporary_card_ends_on_its_day(app: &TestApp) {
    declare(app, &[kind("temporary", json!({"holder": "nobody", "uses": ["earn"]}))]);
    of_nobody(app, "temporary", json!({})).expect_problem(422, "field_invalid");
    of_nobody(app, "temporary", json!({"valid_through": "2026-02-28"})).expect_problem(422, "field_invalid");
    let card = of_nobody(app, "temporary", json!({"valid_through": "2026-03-08"})).created();
    assert_eq!(card.text("/valid_through"), "2026-03-08");
    let sale = || app.sale().card(&card.text("/number")).line("cream", "skin", 10_00);
    app.set_now("2026-03-08 23:59");
    sale().ring();
    app.set_now("2026-03-09 00:00");
    let problem = sale().post().expect_problem(409, "card_blocked");
    assert_eq!(problem["blocks"], json!(["expired"]));
    app.night();
    let shown = app.hq().get(&format!("/cards/{}", card.text("/id"))).ok();
    assert_eq!(shown.text("/state"), "void");
}

fn d_card_1_a_staff_card_is_a_member_of_staff_s(app: &TestApp) {
    declare(
        app,
        &[kind("employee", json!({"holder": "staff", "uses": ["earn", "redeem"]}))],
    );
    of_nobody(app, "employee", json!({})).expect_problem(409, "card_kind");
    let nobody = json!({"staff_id": "01890000-0000-7000-8000-000000000000"});
    of_nobody(app, "employee", nobody).expect_problem(422, "field_invalid");
    let card = of_nobody(app, "employee", json!({"staff_id": app.consultant()})).created();
    assert_eq!(
        (card.text("/staff_id"), card["customer"].clone()),
        (app.consultant().to_owned(), Value::Null)
    );
    let again = of_nobody(app, "employee", json!({"staff_id": app.consultant()}));
    again.expect_problem(409, "membership_exists");
    // Given back when they leave: room for another one.
    give_back(app, &card.text("/id")).ok();
    of_nobody(app, "employee", json!({"staff_id": app.consultant()})).created();
}

fn d_card_9_cards_of_staff_who_left_or_moved_are_listed_until_they_are_back(app: &TestApp) {
    declare(app, &[kind("employee", json!({"holder": "staff"}))]);
    let listed = |actor: &Actor| -> Vec<(String, String)> {
        let cards = actor.get("/outstanding-cards").ok().list("/items");
        let told = |card: &Value| (card.text("/staff_name"), card.text("/cause"));
        cards.iter().map(told).collect()
    };
    let hire = |name: &str| app.hire(name, "cashier", &[app.east()]).text("/id");
    let (lan, hua, stays) = (hire("lan"), hire("hua"), hire("stays"));
    let mut cards = Vec::new();
    for staff in [&lan, &hua, &stays] {
        let card = of_nobody(app, "employee", json!({"staff_id": staff})).created();
        cards.push(card.text("/id"));
    }
    assert_eq!(listed(&app.manager()), []);
    let change = |staff: &str, to: Value| {
        let path = format!("/staff/{staff}");
        let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
        app.hq().patch(&path, &version, &to).ok();
    };
    change(&lan, json!({"active": false}));
    change(&hua, json!({"store_ids": [app.west()]}));
    let expected = [("lan", "left"), ("hua", "moved")].map(|(name, cause)| (name.to_owned(), cause.to_owned()));
    assert_eq!(listed(&app.manager()), expected);
    assert_eq!(
        listed(&app.actor("store_manager", &[app.west()])),
        [],
        "the east store's are its own"
    );
    give_back(app, &cards[0]).ok();
    assert_eq!(listed(&app.hq()), expected[1..]);
    app.auditor().get("/outstanding-cards").expect_problem(403, "forbidden");
}

fn d_card_1_supplementary_cards_have_a_limit(app: &TestApp) {
    declare(app, &[kind("customer", json!({"most": 2}))]);
    let member = app.member("王芳");
    let more = || {
        let body = json!({"membership_id": member.membership, "store_id": app.east(), "kind": "customer"});
        app.manager().post("/cards", &body)
    };
    let second = more().created().text("/id");
    assert_eq!(more().expect_problem(409, "card_kind").int("/limit"), 2);
    operate(&app.manager(), &second, "cancel", &json!({"reason": "x"})).ok();
    let answers = crate::harness::at_once(6, |_| more());
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1, "one place is left, however many hands");
}

fn d_card_1_a_kind_that_only_earns_spends_nothing(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    declare(app, &[kind("customer", json!({"uses": ["earn"]}))]);
    let member = app.member("王芳");
    let mug = app.reward("mug", 300, None, None);
    app.redeem(&member.number, &mug).expect_problem(409, "card_kind");
    let sale = app.sale_to(&member).line("cream", "skin", 10_00);
    sale.clone().points(1_00).post().expect_problem(409, "card_kind");
    sale.clone()
        .tender("value", 10_00)
        .post()
        .expect_problem(409, "card_kind");
    assert_eq!(sale.ring_as_quoted().earned(), 10);
}

fn d_card_1_a_kind_that_only_spends_earns_nothing(app: &TestApp) {
    app.configure().points_pay(100, 1_00, 100, 1_000_000).publish();
    let member = app.member("王芳");
    declare(app, &[kind("customer", json!({"uses": ["spend_points"]}))]);
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring_as_quoted();
    assert_eq!((bill.earned(), bill.body["not_earned"].is_null()), (0, false));
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 10_00)
        .points(1_00)
        .ring_as_quoted();
    assert_eq!((bill.earned(), bill.spent(), app.points(&member)), (0, 100, 900));
    assert_eq!(
        app.sale()
            .customer(&member.customer)
            .line("cream", "skin", 10_00)
            .ring()
            .earned(),
        10
    );
}
