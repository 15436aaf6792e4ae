//! Renewing a membership: D-CARD-8. By the program's own terms here; the club's plugin has a rule of its own, which wins.

use super::messages::{mail, reachable, states};
use super::webhooks::endpoint;
use crate::harness::hook::HookServer;
use crate::harness::{Actor, Answer, Backend, Field, Member, TestApp, fresh_key};
use crate::plugins::club;
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("renewals":
        d_card_8_before_the_end_a_renewal_goes_on_from_it,
        d_card_8_a_quote_says_the_same_and_changes_nothing,
        d_card_8_a_retried_application_renews_once,
        d_card_8_too_early_is_refused_with_the_day,
        d_card_8_after_the_end_without_a_grace_it_is_too_late,
        d_card_8_within_a_grace_the_cards_come_back_and_the_points_do_not,
        d_card_8_whether_the_night_has_run_changes_nothing,
        d_card_8_a_lost_card_is_renewed_and_still_lost,
        d_card_8_another_membership_in_its_place_is_not_pushed_out,
        d_card_8_a_program_without_terms_renews_nothing,
        d_card_8_the_member_is_told,
        d_card_8_other_systems_and_the_audit_log_are_told,
        d_card_8_terms_that_make_no_sense_are_refused_by_field,
    );
    let stories: [(&str, crate::harness::Story); 3] = [
        ("d_card_8_the_plugin_renews_who_has_come_in_the_year", by_measures),
        ("d_card_8_the_plugins_rule_wins_over_the_programs_terms", plugin_wins),
        (
            "d_card_8_late_by_the_plugins_grace_with_its_points_ended",
            late_by_plugin,
        ),
    ];
    for backend in Backend::ALL.iter().copied() {
        for (name, story) in stories {
            trials.push(backend.trial(&format!("renewals::{name}"), move || {
                let app = club_app(backend);
                story(&app);
                app.finish();
                Ok(Completion::Completed)
            }));
        }
    }
    trials
}

/// A program that renews for a year, within the thirty days before the end and so many after it.
fn renewing(app: &TestApp, grace_days: i64) {
    app.configure()
        .term(
            "renewal",
            json!({"before_days": 30, "grace_days": grace_days, "months": 12}),
        )
        .publish();
}

fn path(member: &Member) -> String {
    format!("/memberships/{}/renewals", member.membership)
}

fn body(app: &TestApp) -> Value {
    json!({"store_id": app.east()})
}

fn renew(app: &TestApp, member: &Member) -> Answer {
    app.manager().post(&path(member), &body(app))
}

fn quote(app: &TestApp, member: &Member) -> Answer {
    app.manager().post(&format!("{}/quote", path(member)), &body(app))
}

fn renewals(actor: &Actor, member: &Member) -> Vec<Value> {
    actor.get(&path(member)).ok().list("/items")
}

fn valid_through(app: &TestApp, member: &Member) -> (String, String) {
    let membership = app.hq().get(&format!("/memberships/{}", member.membership)).ok();
    (
        membership.text("/valid_through"),
        app.card(member).text("/valid_through"),
    )
}

/// The rules that refused it, in order.
fn refused(answer: Answer) -> Vec<String> {
    let problem = answer.expect_problem(409, "not_eligible");
    problem
        .list("/refusals")
        .iter()
        .map(|refusal| refusal.text("/rule"))
        .collect()
}

fn d_card_8_before_the_end_a_renewal_goes_on_from_it(app: &TestApp) {
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    let renewed = renew(app, &member).created();
    assert_eq!(
        (
            renewed.text("/applied_on"),
            renewed.text("/was_valid_through"),
            renewed.text("/valid_through"),
            renewed.text("/rule"),
        ),
        (
            "2028-02-10".into(),
            "2028-02-29".into(),
            "2029-02-28".into(),
            "core.renewal".into()
        )
    );
    assert_eq!(renewed["reopened"], false);
    assert_eq!(
        (renewed.int("/points_ended"), &renewed["points_notice"]),
        (0, &Value::Null)
    );
    let through = || ("2029-02-28".to_owned(), "2029-02-28".to_owned());
    assert_eq!(valid_through(app, &member), through());
    // The old end comes and goes.
    app.set_now("2028-03-01 10:00");
    app.night();
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    assert_eq!(app.points(&member), 1010);
    app.set_now("2029-03-01 10:00");
    app.night();
    assert_eq!(
        (app.card(&member).text("/state"), app.points(&member)),
        ("void".into(), 0)
    );
    let kept = renewals(&app.hq(), &member);
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].text("/id"), renewed.text("/id"));
    assert!(kept[0]["input"].is_null(), "no plugin was asked");
}

fn d_card_8_a_quote_says_the_same_and_changes_nothing(app: &TestApp) {
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    let mut quoted = quote(app, &member).ok();
    assert!(quoted["id"].is_null());
    assert_eq!(valid_through(app, &member), ("2028-02-29".into(), "2028-02-29".into()));
    assert!(renewals(&app.hq(), &member).is_empty());
    let renewed = renew(app, &member).created();
    quoted["id"] = renewed["id"].clone();
    assert_eq!(quoted, renewed);
}

fn d_card_8_a_retried_application_renews_once(app: &TestApp) {
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    let key = fresh_key();
    let send = || {
        let request = app.manager().request("POST", &path(&member)).key(&key).json(&body(app));
        request.send().created()
    };
    assert_eq!(send(), send());
    assert_eq!(valid_through(app, &member).0, "2029-02-28");
    assert_eq!(renewals(&app.hq(), &member).len(), 1);
    assert_eq!(
        refused(renew(app, &member)),
        ["core.renewal-early"],
        "another application is one for the year after"
    );
}

fn d_card_8_too_early_is_refused_with_the_day(app: &TestApp) {
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-01-29 10:00");
    let problem = renew(app, &member).expect_problem(409, "not_eligible");
    assert_eq!(problem.text("/refusals/0/rule"), "core.renewal-early");
    assert!(
        problem.text("/refusals/0/explanation/en").contains("2028-01-30"),
        "{problem:#}"
    );
    app.set_now("2028-01-30 10:00");
    renew(app, &member).created();
}

fn d_card_8_after_the_end_without_a_grace_it_is_too_late(app: &TestApp) {
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-02-29 23:59");
    quote(app, &member).ok();
    app.set_now("2028-03-01 00:00");
    assert_eq!(refused(renew(app, &member)), ["core.renewal-late"]);
}

fn d_card_8_within_a_grace_the_cards_come_back_and_the_points_do_not(app: &TestApp) {
    renewing(app, 30);
    let member = app.member("王芳");
    app.set_now("2028-03-10 10:00");
    app.night();
    assert_eq!(app.card(&member).text("/state"), "void");
    app.sale_to(&member)
        .line("cream", "skin", 10_00)
        .post()
        .expect_problem(409, "card_blocked");
    let renewed = renew(app, &member).created();
    assert_eq!(renewed["reopened"], true);
    assert_eq!(renewed.text("/valid_through"), "2029-02-28", "from the old end");
    assert_eq!(renewed.int("/points_ended"), 1000);
    assert!(renewed.text("/points_notice/zh").contains("1000"), "{renewed:#}");
    let card = app.card(&member);
    assert_eq!(
        (card.text("/state"), card["blocks"].clone()),
        ("active".into(), json!([]))
    );
    assert_eq!(app.points(&member), 0, "points that ended stay ended");
    app.sale_to(&member).line("cream", "skin", 10_00).ring();
    assert_eq!(app.points(&member), 10);
    app.night();
    assert_eq!(app.points(&member), 10, "no night ends it again");
}

fn d_card_8_whether_the_night_has_run_changes_nothing(app: &TestApp) {
    renewing(app, 30);
    let (early, late) = (app.member("王芳"), app.member("李雷"));
    app.set_now("2028-03-01 00:00");
    let without = renew(app, &early).created();
    app.night();
    let with = renew(app, &late).created();
    assert_eq!((without.int("/points_ended"), with.int("/points_ended")), (1000, 1000));
    assert_eq!((&without["reopened"], &with["reopened"]), (&json!(false), &json!(true)));
    for member in [&early, &late] {
        assert_eq!(app.points(member), 0);
        assert_eq!(app.card(member).text("/state"), "active");
        let last = app.entries(member).pop().expect("an entry");
        assert_eq!((last.text("/kind"), last.int("/amount")), ("expire".into(), -1000));
    }
}

fn d_card_8_a_lost_card_is_renewed_and_still_lost(app: &TestApp) {
    renewing(app, 30);
    let member = app.member("王芳");
    app.operate(
        &member.card,
        "report-loss",
        json!({"caller_verified": true, "questions": ["birthday"]}),
    )
    .ok();
    app.set_now("2028-03-10 10:00");
    app.night();
    renew(app, &member).created();
    let card = app.card(&member);
    assert_eq!(
        (card.text("/state"), card["blocks"].clone()),
        ("active".into(), json!(["loss"]))
    );
    app.operate(
        &member.card,
        "replace",
        json!({"store_id": app.east(), "cause": "damaged"}),
    )
    .created();
}

fn d_card_8_another_membership_in_its_place_is_not_pushed_out(app: &TestApp) {
    renewing(app, 30);
    let old = app.member("王芳");
    app.set_now("2028-03-10 10:00");
    app.night();
    app.sale().customer(&old.customer).line("cream", "skin", 1200_00).ring();
    let new = app.issue(&old.customer);
    renew(app, &old).expect_problem(409, "membership_exists");
    assert_eq!((app.points(&old), app.points(&new)), (0, 1200));
}

fn d_card_8_a_program_without_terms_renews_nothing(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    assert_eq!(refused(renew(app, &member)), ["core.renewal-none"]);
    assert_eq!(refused(quote(app, &member)), ["core.renewal-none"]);
    app.configure()
        .rule("/validity_months", 0)
        .term("renewal", json!({}))
        .publish();
    let endless = app.member("李雷");
    assert_eq!(refused(renew(app, &endless)), ["core.renewal-endless"]);
}

fn d_card_8_the_member_is_told(app: &TestApp) {
    let server = mail(app);
    renewing(app, 0);
    let customer = reachable(app, "王芳", "wang@cards.example", false);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    app.set_now("2028-02-10 10:00");
    renew(app, &member).created();
    let mail = server.wait_for(1).remove(0);
    assert!(mail.text.contains("2029年2月28日"), "{mail:?}");
    assert_eq!(states(app, "membership_renewed"), ["sent"]);
}

fn d_card_8_other_systems_and_the_audit_log_are_told(app: &TestApp) {
    let server = HookServer::start();
    endpoint(&app.hq(), &server, &["membership.renewed"]);
    renewing(app, 0);
    let member = app.member("王芳");
    app.set_now("2028-02-10 10:00");
    renew(app, &member).created();
    let told = server.wait_for("membership.renewed", 1).remove(0);
    assert_eq!(
        (
            told.body.text("/data/membership_id"),
            told.body.text("/data/valid_through")
        ),
        (member.membership.clone(), "2029-02-28".to_owned())
    );
    let noted = app.hq().get("/audit?action=membership.renew").ok().list("/items");
    assert_eq!(noted.len(), 1);
    assert_eq!(noted[0].text("/subject"), member.membership);
}

fn d_card_8_terms_that_make_no_sense_are_refused_by_field(app: &TestApp) {
    for (field, value) in [("months", 0), ("grace_days", 367), ("before_days", 3661)] {
        let answer = app.configure().term("renewal", json!({ field: value })).post();
        let problem = answer.expect_problem(422, "configuration_invalid");
        assert_eq!(problem.text("/errors/0/pointer"), format!("/points/renewal/{field}"));
    }
}

/// A program whose plugin is the club, with the club's own figures: a year's validity, a visit in it, no grace.
pub fn club_app(backend: Backend) -> TestApp {
    let app = TestApp::start(backend);
    app.plant(app.program(), &club::component());
    let app = app.restarted(&|_| {});
    app.configure().set("/plugin_config", json!({})).publish();
    app
}

fn by_measures(app: &TestApp) {
    let member = app.member("王芳");
    assert_eq!(member.issued.text("/valid_through"), "2027-02-28");
    app.set_now("2027-02-10 10:00");
    let problem = renew(app, &member).expect_problem(409, "not_eligible");
    assert_eq!(problem.text("/refusals/0/rule"), "club.renewal-stays");
    assert!(
        problem.text("/refusals/0/explanation/en").ends_with("1 missing."),
        "{problem:#}"
    );
    app.sale_to(&member).line("room", "room", 300_00).ring();
    let renewed = renew(app, &member).created();
    assert_eq!(
        (renewed.text("/rule"), renewed.text("/valid_through")),
        ("club.renewal".into(), "2028-02-29".into())
    );
    assert_eq!(app.points(&member), 300);
    let kept = renewals(&app.hq(), &member);
    assert_eq!(kept[0].text("/input").len(), 64, "what the plugin was asked is kept");
    // That visit lies in the year that it renewed, not in the next.
    app.set_now("2028-02-10 10:00");
    assert_eq!(refused(renew(app, &member)), ["club.renewal-stays"]);
}

fn plugin_wins(app: &TestApp) {
    // Six months, and a month of grace, say the terms; a year and not a day later, says the club.
    app.configure()
        .term("renewal", json!({"before_days": 30, "grace_days": 30, "months": 6}))
        .publish();
    let (early, late) = (app.member("王芳"), app.member("李雷"));
    for member in [&early, &late] {
        app.sale_to(member).line("room", "room", 300_00).ring();
    }
    app.set_now("2026-12-01 10:00");
    let renewed = renew(app, &early).created();
    assert_eq!(
        renewed.text("/valid_through"),
        "2028-02-29",
        "earlier than the terms allow, and for longer"
    );
    app.set_now("2027-03-01 10:00");
    assert_eq!(refused(renew(app, &late)), ["club.renewal-late"]);
}

fn late_by_plugin(app: &TestApp) {
    app.configure()
        .set("/plugin_config", json!({"late_days": 10, "points_days": 0}))
        .publish();
    let member = app.member("王芳");
    app.sale_to(&member).line("room", "room", 300_00).ring();
    app.set_now("2027-03-05 10:00");
    app.night();
    let renewed = renew(app, &member).created();
    assert_eq!(
        (&renewed["reopened"], renewed.int("/points_ended")),
        (&json!(true), 300)
    );
    assert_eq!(renewed.text("/valid_through"), "2028-02-29");
    assert_eq!(
        (app.card(&member).text("/state"), app.points(&member)),
        ("active".into(), 0)
    );
}
