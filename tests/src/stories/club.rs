//! A hotel's club and its spa, whose plugin decides what happens in a card's life: the bonus of top-ups (D-HOT-5), what is shown
//! before a card is used (D-HOT-7), how long points outlive a membership (D-HOT-8), how sessions are used (D-BEA-2).

use super::passes::{pass_form, sell, use_sessions};
use super::posting::transfers_allowed;
use super::prepaid::{known_member, top_up, top_up_form, value_of};
use super::renewals::club_app;
use crate::harness::{Answer, Backend, Field, Member, Story, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

const STORIES: &[(&str, Story)] = &[
    ("d_hot_5_the_bracket_of_the_whole_top_up_brings_its_bonus", brackets),
    ("d_hot_5_the_law_bounds_what_the_plugin_gives", bounded_by_law),
    ("d_hot_5_without_the_rules_no_money_is_taken", rules_fail),
    ("d_hot_5_value_is_drawn_in_proportion_and_bonus_earns_nothing", drawn),
    (
        "d_hot_7_the_document_is_wanted_and_that_it_was_seen_is_recorded",
        identity,
    ),
    ("d_hot_7_what_the_plugin_wants_comes_on_top_of_the_terms", both_want),
    ("d_hot_7_a_refund_of_value_wants_the_pin_as_well", refund),
    ("d_hot_7_points_go_to_somebody_else_against_a_document", transfer),
    ("d_hot_7_a_lost_card_costs_its_fee_against_a_document", lost_card),
    (
        "d_hot_8_a_year_from_its_issue_and_points_for_thirty_days_more",
        thirty_days,
    ),
    (
        "d_hot_8_who_renews_late_keeps_the_points_that_outlived_it",
        late_renewal,
    ),
    ("d_bea_2_one_session_at_a_time_and_each_is_signed_for", sessions),
];

pub fn tests() -> Vec<Trial> {
    let mut trials = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (name, story) in STORIES.iter().copied() {
            trials.push(backend.trial(&format!("club::{name}"), move || {
                let app = club_app(backend);
                app.configure()
                    .term("value", json!({"draw": "pro_rata", "offers": []}))
                    .publish();
                story(&app);
                app.finish();
                Ok(Completion::Completed)
            }));
        }
    }
    trials
}

const PIN: &str = "471902";

/// A member whose identity document is on record, with a PIN and this much of stored value.
fn guest(app: &TestApp, name: &str, value: i64) -> Member {
    let member = known_member(app, name);
    let pin = json!({"pin": PIN, "identity_checked": true});
    app.manager().post(&format!("/cards/{}/pin", member.card), &pin).ok();
    if value > 0 {
        top_up(app, &member, value, None);
    }
    member
}

/// A dinner paid with stored value, after what was made sure of.
fn dinner<'a>(app: &'a TestApp, member: &Member, amount: i64, sure: Value) -> crate::harness::Sale<'a> {
    app.sale_to(member)
        .line("dinner", "dining", amount)
        .tender("value", amount)
        .with("confirmation", sure)
}

fn missing(answer: Answer) -> Value {
    answer.expect_problem(409, "confirmation_needed")["missing"].clone()
}

fn brackets(app: &TestApp) {
    for (name, paid, bonus, percent) in [
        ("王芳", 1000_00, 50_00, "5 %"),
        ("李雷", 999_99, 29_99, "3 %"),
        ("韩梅", 3000_00, 240_00, "8 %"),
    ] {
        let member = known_member(app, name);
        let booked = top_up(app, &member, paid, None);
        assert_eq!(
            (booked.int("/principal"), booked.int("/bonus"), booked.int("/granted")),
            (paid, bonus, bonus)
        );
        let grant = &booked["entries"][1];
        assert_eq!(
            (grant.text("/kind"), grant.int("/amount"), grant.text("/rule")),
            ("grant".to_owned(), bonus, "club.top-up".to_owned())
        );
        assert!(grant.text("/explanation/en").contains(percent), "{grant:#}");
        assert!(grant.text("/explanation/zh").contains("赠送"), "{grant:#}");
        assert_eq!(value_of(app, &member), (paid, bonus));
    }
    // The program's offers have no say any more.
    let member = known_member(app, "赵敏");
    let form = top_up_form(app, &member, 1000_00, Some("summer"));
    let problem = app.till().post("/top-ups", &form).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/offer");
}

fn bounded_by_law(app: &TestApp) {
    let member = known_member(app, "王芳");
    top_up(app, &member, 3000_00, None);
    let form = top_up_form(app, &member, 1700_00, None);
    let problem = app.till().post("/top-ups", &form).expect_problem(409, "prepaid_rule");
    assert_eq!(
        (problem.int("/limit"), problem.int("/available")),
        (5000_00, 3240_00),
        "1700.00 would fit, its bonus of 85.00 doesn't"
    );
    top_up(app, &member, 1600_00, None);
    assert_eq!(value_of(app, &member), (4600_00, 320_00));
}

fn rules_fail(app: &TestApp) {
    let member = known_member(app, "王芳");
    let brackets = json!([{"from": "0", "rate": "0.03"}, {"from": "1000.005", "rate": "0.05"}]);
    app.configure()
        .set("/plugin_config", json!({ "brackets": brackets }))
        .publish();
    let form = top_up_form(app, &member, 500_00, None);
    app.till().post("/top-ups", &form).expect_problem(503, "plugin_failed");
    assert_eq!(value_of(app, &member), (0, 0), "nothing was booked");
    app.configure().set("/plugin_config", json!({})).publish();
    let booked = app.till().post("/top-ups", &form).created();
    assert_eq!(booked.int("/granted"), 15_00, "the same receipt, once the rules work");
}

fn drawn(app: &TestApp) {
    let member = guest(app, "王芳", 1000_00);
    let bill = dinner(app, &member, 105_00, json!({"pin": PIN})).ring();
    assert_eq!(value_of(app, &member), (900_00, 45_00));
    assert_eq!(bill.earned(), 100, "what the bonus pays earns nothing");
    let bill = dinner(app, &member, 10, json!({"pin": PIN})).ring();
    assert_eq!(
        value_of(app, &member),
        (899_90, 45_00),
        "the part of the bonus is floored"
    );
    assert_eq!(bill.earned(), 0);
}

fn identity(app: &TestApp) {
    let member = guest(app, "王芳", 1000_00);
    app.sale_to(&member).line("room", "room", 800_00).ring();
    assert_eq!(missing(dinner(app, &member, 300_00, json!({})).post()), json!(["pin"]));
    dinner(app, &member, 300_00, json!({"pin": PIN})).ring();
    // 500.00 of the day: the document.
    let paying = |sure: Value| dinner(app, &member, 200_00, sure);
    let quoted = paying(json!({})).quote().ok();
    assert_eq!(quoted["confirmations"], json!(["pin", "identity"]));
    let problem = paying(json!({"pin": PIN}))
        .post()
        .expect_problem(409, "confirmation_needed");
    assert_eq!(problem["missing"], json!(["identity"]));
    assert_eq!(problem.text("/refusals/0/rule"), "club.value");
    assert_eq!(value_of(app, &member).0, 1000_00 - 285_72, "nothing was booked");
    let bill = paying(json!({"pin": PIN, "identity_checked": true})).ring();
    let audit = app.auditor().get("/audit?action=sale.post").ok().list("/items");
    let noted = audit.iter().find(|entry| entry["subject"] == json!(bill.id));
    let detail = &noted.expect("an entry")["detail"];
    assert_eq!(
        detail["confirmation"],
        json!({"pin": true, "signature": false, "identity": true, "manager": false})
    );
    app.set_now("2026-03-02 10:00");
    dinner(app, &member, 100_00, json!({"pin": PIN})).ring();
}

fn both_want(app: &TestApp) {
    let rule = json!({"use": "spend_value", "above": 0, "demands": ["signature", "pin"]});
    app.configure().term("requirements", vec![rule]).publish();
    let member = guest(app, "王芳", 1000_00);
    let all = json!(["pin", "signature", "identity"]);
    assert_eq!(missing(dinner(app, &member, 500_00, json!({})).post()), all);
    let sure = json!({"pin": PIN, "signed": true, "identity_checked": true});
    dinner(app, &member, 500_00, sure).ring();
}

fn refund(app: &TestApp) {
    let member = known_member(app, "王芳");
    let pin = json!({"pin": PIN, "identity_checked": true});
    app.manager().post(&format!("/cards/{}/pin", member.card), &pin).ok();
    let booked = top_up(app, &member, 1000_00, None);
    let path = format!("/top-ups/{}/refunds", booked.text("/id"));
    let mut form = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": "within_7_days",
    });
    let quoted = app
        .manager()
        .request("POST", &format!("{path}/quote"))
        .json(&form)
        .send()
        .ok();
    assert_eq!(quoted["confirmations"], json!(["pin", "identity"]));
    assert_eq!(missing(app.manager().post(&path, &form)), json!(["pin", "identity"]));
    (form["card"], form["confirmation"]) = (json!(member.number), json!({"pin": PIN, "identity_checked": true}));
    let paid = app.manager().post(&path, &form).created();
    assert_eq!(paid.int("/amount"), 1000_00);
    assert_eq!(value_of(app, &member), (0, 0));
}

fn transfer(app: &TestApp) {
    transfers_allowed(app, 1000, 1000);
    let (giver, taker) = (app.member("王芳"), app.member("李雷"));
    app.sale_to(&giver).line("room", "room", 300_00).ring();
    let path = format!("/memberships/{}/transfers", giver.membership);
    let mut body = json!({"to_id": taker.membership, "amount": 100, "store_id": app.east()});
    let problem = app
        .manager()
        .post(&path, &body)
        .expect_problem(409, "confirmation_needed");
    assert_eq!(
        (problem["missing"].clone(), problem.text("/refusals/0/rule")),
        (json!(["identity"]), "club.identity".to_owned())
    );
    assert_eq!((app.points(&giver), app.points(&taker)), (300, 0));
    body["confirmation"] = json!({"identity_checked": true});
    app.manager().post(&path, &body).created();
    assert_eq!((app.points(&giver), app.points(&taker)), (200, 100));
}

fn lost_card(app: &TestApp) {
    let member = known_member(app, "王芳");
    let replace = |more: Value| {
        let mut body = json!({"store_id": app.east(), "cause": "lost"});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        app.operate(&member.card, "replace", body)
    };
    let seen = json!({"identity_checked": true});
    let unreported = replace(json!({"confirmation": seen, "fee": 20_00}));
    unreported.expect_problem(409, "card_state");
    let caller = json!({"caller_verified": true, "questions": ["birthday"]});
    app.operate(&member.card, "report-loss", caller).ok();
    let problem = replace(json!({})).expect_problem(409, "confirmation_needed");
    assert_eq!(
        (problem["missing"].clone(), problem.text("/refusals/0/rule")),
        (json!(["identity"]), "club.replacement".to_owned())
    );
    let problem = replace(json!({"confirmation": seen})).expect_problem(422, "tenders_mismatch");
    assert_eq!((problem.int("/due"), problem.text("/pointer")), (20_00, "/fee".into()));
    let elsewhere = json!({"confirmation": seen, "fee": 20_00, "store_id": app.west()});
    assert_eq!(
        missing(replace(elsewhere)),
        json!(["manager"]),
        "another store than its own"
    );
    let new = replace(json!({"confirmation": seen, "fee": 20_00})).created();
    assert_eq!(new.text("/valid_through"), "2027-02-28", "as long as the lost one");
    assert_eq!(app.card(&member).text("/state"), "replaced");
    // A broken one costs nothing.
    let broken = json!({"store_id": app.east(), "cause": "damaged"});
    app.operate(&new.text("/id"), "replace", broken).created();
}

/// Entries that book an end, with their rules.
fn ends(app: &TestApp, member: &Member) -> Vec<(i64, String)> {
    let entries = app
        .entries(member)
        .into_iter()
        .filter(|entry| entry["kind"] == "expire");
    entries
        .map(|entry| (entry.int("/amount"), entry.text("/rule")))
        .collect()
}

fn thirty_days(app: &TestApp) {
    let member = app.member("王芳");
    assert_eq!(member.issued.text("/valid_through"), "2027-02-28");
    app.sale_to(&member).line("room", "room", 300_00).ring();
    app.set_now("2027-03-01 10:00");
    app.night();
    assert_eq!(app.card(&member).text("/state"), "void");
    assert_eq!(app.points(&member), 0, "nothing of it can be used");
    assert_eq!(ends(app, &member), [], "but it isn't over");
    app.set_now("2027-03-30 10:00");
    app.night();
    assert_eq!(ends(app, &member), [], "the thirtieth day");
    app.set_now("2027-03-31 10:00");
    app.night();
    assert_eq!(ends(app, &member), [(-300, "club.points-end".to_owned())]);
    app.night();
    assert_eq!(ends(app, &member).len(), 1);
}

fn late_renewal(app: &TestApp) {
    app.configure()
        .set("/plugin_config", json!({"late_days": 30}))
        .publish();
    let (before, after) = (app.member("王芳"), app.member("李雷"));
    for member in [&before, &after] {
        app.sale_to(member).line("room", "room", 300_00).ring();
    }
    app.set_now("2027-03-10 10:00");
    let renew = |member: &Member| {
        let path = format!("/memberships/{}/renewals", member.membership);
        let renewed = app.manager().post(&path, &json!({"store_id": app.east()})).created();
        assert_eq!(renewed.int("/points_ended"), 0);
        assert_eq!(renewed.text("/valid_through"), "2028-02-29");
        renewed
    };
    assert_eq!(renew(&before)["reopened"], false);
    app.night();
    assert_eq!(
        renew(&after)["reopened"],
        true,
        "whether the night has run changes nothing"
    );
    for member in [&before, &after] {
        assert_eq!(app.points(member), 300);
    }
    app.set_now("2027-04-15 10:00");
    app.night();
    for member in [&before, &after] {
        assert_eq!(
            (app.points(member), ends(app, member)),
            (300, vec![]),
            "as good as before"
        );
    }
}

fn sessions(app: &TestApp) {
    let member = app.member("王芳");
    let pass = sell(app, &pass_form(app, &member, 1000_00, 150_00));
    let shown = json!({"confirmation": {}, "card": member.number});
    let problem = use_sessions(app, &pass, 1, &shown).expect_problem(409, "confirmation_needed");
    assert_eq!(
        (problem["missing"].clone(), problem.text("/pointer")),
        (json!(["signature"]), "/confirmation".to_owned())
    );
    let problem = use_sessions(app, &pass, 2, &json!({})).expect_problem(409, "rule_refused");
    assert_eq!(problem.text("/refusals/0/rule"), "club.one-session");
    assert_eq!(use_sessions(app, &pass, 1, &json!({})).created().int("/left"), 9);
    let mut signed = shown;
    signed["confirmation"] = json!({"signed": true});
    assert_eq!(use_sessions(app, &pass, 1, &signed).created().int("/left"), 8);
}
