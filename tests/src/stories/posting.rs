//! What people book without a bill: adjustments and transfers (D-LED-8), debts that are let go (D-LED-11).

use crate::harness::{Actor, Answer, Field, Member, TestApp, at_once, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("posting":
        d_led_8_points_are_adjusted_with_a_reason_that_the_statement_tells,
        d_led_8_a_reason_that_is_not_on_the_list_is_refused,
        d_led_8_the_amounts_of_the_window_count_together,
        d_led_8_what_a_membership_gets_counts_whoever_gives_it,
        d_led_8_above_the_limit_a_second_person_agrees,
        d_led_8_a_deduction_leaves_no_debt_beyond_the_programs_limit,
        d_led_8_a_reference_is_booked_once,
        d_led_8_who_may_adjust,
        d_led_8_points_go_to_another_membership_with_their_dates,
        d_led_8_transfers_stay_within_the_limits,
        d_led_8_d_led_10_points_that_went_over_count_to_their_store,
        d_led_11_a_debt_is_written_off_by_two,
    )
}

fn adjustment(app: &TestApp, amount: i64) -> Value {
    json!({"amount": amount, "reason": "complaint", "note": "等了一小时", "store_id": app.east()})
}

fn adjust_with(actor: &Actor, member: &Member, body: &Value) -> Answer {
    actor.post(&format!("/memberships/{}/adjustments", member.membership), body)
}

pub(super) fn adjust(app: &TestApp, actor: &Actor, member: &Member, amount: i64) -> Answer {
    adjust_with(actor, member, &adjustment(app, amount))
}

/// Sets a document of the chain.
#[track_caller]
pub(super) fn set(app: &TestApp, path: &str, change: impl Fn(&mut Value)) {
    let found = app.hq().get(path).ok();
    let mut value = found["value"].clone();
    change(&mut value);
    app.hq()
        .patch(
            path,
            &format!("\"{}\"", found.int("/version")),
            &json!({ "value": value }),
        )
        .ok();
}

fn d_led_8_points_are_adjusted_with_a_reason_that_the_statement_tells(app: &TestApp) {
    let fang = app.member("王芳");
    let given = adjust(app, &app.manager(), &fang, 200).created();
    assert_eq!((given.int("/amount"), &given["approved"]), (200, &json!(false)));
    assert_eq!(app.points(&fang), 1200);
    adjust(app, &app.manager(), &fang, -50).created();
    assert_eq!(app.points(&fang), 1150);
    let entries = app.entries(&fang);
    let last = &entries[entries.len() - 2..];
    assert_eq!(
        (last[0].text("/kind"), last[0].int("/amount"), last[1].int("/amount")),
        ("adjust".into(), 200, -50)
    );
    assert_eq!(last[0].text("/id"), given.text("/entry_id"));
    assert_eq!(last[0].text("/explanation/zh"), "人工补加200分：投诉补偿。");
    assert!(
        last[1]
            .text("/explanation/en")
            .starts_with("50 points deducted by hand: amends"),
        "{last:#?}"
    );
    assert!(
        last[0]["configuration_version"].is_i64(),
        "by which configuration they end"
    );
    let listed = app
        .hq()
        .get(&format!("/adjustments?membership_id={}", fang.membership))
        .ok();
    assert_eq!(
        (listed.int("/items/0/amount"), listed.text("/items/1/note")),
        (-50, "等了一小时".into())
    );
    let audited = app.auditor().get("/audit?action=points.adjust").ok().list("/items");
    assert_eq!(audited.len(), 2);
    let moved = app.hq().get("/reports/movements?from=2026-03-01&to=2026-03-01").ok();
    assert_eq!(moved.int("/totals/0/flows/adjusted"), 150);
    app.finish();
}

fn d_led_8_a_reason_that_is_not_on_the_list_is_refused(app: &TestApp) {
    let fang = app.member("王芳");
    let mut body = adjustment(app, 10);
    body["reason"] = json!("because");
    let refused = adjust_with(&app.manager(), &fang, &body).expect_problem(422, "field_invalid");
    assert_eq!(refused.text("/pointer"), "/reason");
    set(app, "/adjustment-rules", |rules| {
        rules["reasons"] = json!([{"code": "because", "label": {"zh": "就是", "en": "just so"}}]);
    });
    adjust_with(&app.manager(), &fang, &body).created();
    adjust(app, &app.manager(), &fang, 10).expect_problem(422, "field_invalid");
    adjust(app, &app.manager(), &fang, 0).expect_problem(422, "field_invalid");
}

fn d_led_8_the_amounts_of_the_window_count_together(app: &TestApp) {
    let members = ["王芳", "李雷", "赵敏"].map(|name| app.member(name));
    set(app, "/adjustment-rules", |rules| {
        rules["limits"] = json!([{"role": "store_manager", "per_staff": 500, "per_membership": 300}]);
    });
    let manager = app.manager();
    adjust(app, &manager, &members[0], 300).created();
    adjust(app, &manager, &members[0], -1).expect_problem(409, "approval_needed");
    adjust(app, &manager, &members[1], -200).created();
    adjust(app, &manager, &members[2], 1).expect_problem(409, "approval_needed");
    assert_eq!(app.points(&members[2]), 1000, "nothing is booked");
    app.set_now("2026-03-31 09:59");
    adjust(app, &manager, &members[2], 2).expect_problem(409, "approval_needed");
    app.set_now("2026-03-31 10:00");
    adjust(app, &manager, &members[2], 300).created();
    app.finish();
}

fn d_led_8_what_a_membership_gets_counts_whoever_gives_it(app: &TestApp) {
    let fang = app.member("王芳");
    set(app, "/adjustment-rules", |rules| {
        rules["limits"] = json!([
            {"role": "store_manager", "per_staff": 500, "per_membership": 300},
            {"role": "supervisor", "per_staff": 500, "per_membership": 300},
        ]);
    });
    adjust(app, &app.manager(), &fang, 200).created();
    let other = app.actor("supervisor", &[app.east()]);
    adjust(app, &other, &fang, 101).expect_problem(409, "approval_needed");
    adjust(app, &other, &fang, 100).created();
}

fn d_led_8_above_the_limit_a_second_person_agrees(app: &TestApp) {
    let fang = app.member("王芳");
    let (manager, finance) = (app.manager(), app.actor("finance", &[]));
    let asked = adjust(app, &manager, &fang, 501).expect_problem(409, "approval_needed");
    let request = format!("/approvals/{}", asked.text("/approval_id"));
    assert_eq!(finance.get(&request).ok()["request"]["amount"], 501, "in full");
    adjust(app, &manager, &fang, 501).expect_problem(409, "approval_needed");
    manager
        .post(&format!("{request}/agree"), &json!({}))
        .expect_problem(403, "forbidden");
    finance.post(&format!("{request}/agree"), &json!({})).ok();
    assert_eq!(app.points(&fang), 1000, "whoever asked does it");
    adjust(app, &manager, &fang, 502).expect_problem(409, "approval_needed");
    let done = adjust(app, &manager, &fang, 501).created();
    assert_eq!((app.points(&fang), &done["approved"]), (1501, &json!(true)));
    adjust(app, &manager, &fang, 501).expect_problem(409, "approval_needed");
    adjust(app, &manager, &fang, 500).created();
    app.finish();
}

fn d_led_8_a_deduction_leaves_no_debt_beyond_the_programs_limit(app: &TestApp) {
    let fang = app.member("王芳");
    let hq = app.hq();
    let refused = adjust(app, &hq, &fang, -1001).expect_problem(409, "insufficient_points");
    assert_eq!((refused.int("/available"), refused.int("/needed")), (1000, 1001));
    set(app, "/adjustment-rules", |rules| {
        rules["debt_limits"] = json!([{"program_id": app.program(), "points": 20}]);
    });
    adjust(app, &hq, &fang, -1021).expect_problem(409, "insufficient_points");
    adjust(app, &hq, &fang, -1020).created();
    assert_eq!(app.points(&fang), -20);
    adjust(app, &hq, &fang, -1).expect_problem(409, "insufficient_points");
    adjust(app, &hq, &fang, 30).created();
    assert_eq!(app.points(&fang), 10, "what is given fills the debt first");
    app.finish();
}

fn d_led_8_a_reference_is_booked_once(app: &TestApp) {
    let fang = app.member("王芳");
    let mut body = adjustment(app, 10);
    body["reference"] = json!("crm-4711");
    let first = adjust_with(&app.manager(), &fang, &body).created();
    app.set_now("2026-06-01 10:00");
    assert_eq!(
        adjust_with(&app.manager(), &fang, &body).ok(),
        first,
        "weeks later it is the same"
    );
    body["amount"] = json!(11);
    adjust_with(&app.manager(), &fang, &body).expect_problem(409, "already_exists");
    let key = fresh_key();
    let path = format!("/memberships/{}/adjustments", fang.membership);
    let send = |amount| {
        let request = app.manager().request("POST", &path);
        request.key(&key).json(&adjustment(app, amount)).send()
    };
    let answers = at_once(8, |_| send(5));
    assert!(answers.iter().all(|answer| answer.status == 201), "one answer for all");
    send(6).expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.points(&fang), 1015);
}

fn d_led_8_who_may_adjust(app: &TestApp) {
    let fang = app.member("王芳");
    for role in ["cashier", "consultant", "clerk", "finance", "auditor", "api_client"] {
        let stores: &[&str] = if ["finance", "auditor", "api_client"].contains(&role) {
            &[]
        } else {
            &[app.east()]
        };
        adjust(app, &app.actor(role, stores), &fang, 1).expect_problem(403, "forbidden");
    }
    let west = app.actor("store_manager", &[app.west()]);
    adjust(app, &west, &fang, 1).expect_problem(403, "forbidden");
    let supervisor = app.actor("supervisor", &[app.east()]);
    adjust(app, &supervisor, &fang, 1).expect_problem(409, "approval_needed");
}

pub(super) fn transfer(app: &TestApp, from: &Member, to: &Member, amount: i64) -> Answer {
    let body = json!({"to_id": to.membership, "amount": amount, "store_id": app.east()});
    app.manager()
        .post(&format!("/memberships/{}/transfers", from.membership), &body)
}

pub(super) fn transfers_allowed(app: &TestApp, at_once: i64, per_year: i64) {
    set(app, "/transfer-rules", |rules| {
        rules["programs"] = json!([{"program_id": app.program(), "at_once": at_once, "per_year": per_year}]);
    });
}

fn d_led_8_points_go_to_another_membership_with_their_dates(app: &TestApp) {
    app.configure()
        .term("expiry", json!({"kind": "per_lot", "months": 6}))
        .publish();
    let fang = app.member("王芳");
    app.set_now("2026-04-01 10:00");
    let lei = app.member("李雷");
    app.sale_to(&fang).line("cream", "skin", 100_00).ring();
    transfers_allowed(app, 2000, 5000);
    let done = transfer(app, &fang, &lei, 1050).created();
    assert_eq!(
        (done.int("/amount"), app.points(&fang), app.points(&lei)),
        (1050, 50, 2050)
    );
    let lots = app
        .hq()
        .get(&format!("/memberships/{}", lei.membership))
        .ok()
        .list("/lots");
    let mut shown: Vec<_> = lots
        .iter()
        .map(|lot| (lot.int("/remaining"), lot.text("/opened_on")))
        .collect();
    shown.sort();
    let lot = |points: i64, day: &str| (points, day.to_owned());
    assert_eq!(
        shown,
        [lot(50, "2026-04-01"), lot(1000, "2026-03-01"), lot(1000, "2026-04-01")],
        "{lots:#?}"
    );
    let last = |member: &Member| app.entries(member).pop().expect("an entry");
    assert_eq!(
        (last(&fang).text("/kind"), last(&lei).text("/kind")),
        ("transfer_out".into(), "transfer_in".into())
    );
    let ends = lots.iter().map(|lot| lot.text("/valid_through"));
    assert!(
        ends.clone().any(|day| day == "2026-09-01"),
        "the older lot keeps its day: {lots:#?}"
    );
    // The first thousand ends in September, with its new owner.
    app.set_now("2026-09-02 00:00");
    assert_eq!(app.points(&lei), 1050);
    app.night();
    let report = app.hq().get("/reports/liability?on=2026-04-01").ok();
    assert_eq!(report.int("/totals/0/balance"), 2100);
    app.finish();
}

fn d_led_8_transfers_stay_within_the_limits(app: &TestApp) {
    let (fang, lei) = (app.member("王芳"), app.member("李雷"));
    transfer(app, &fang, &lei, 1).expect_problem(422, "field_invalid");
    transfers_allowed(app, 300, 500);
    assert_eq!(
        transfer(app, &fang, &lei, 301)
            .expect_problem(422, "field_invalid")
            .int("/limit"),
        300
    );
    transfer(app, &fang, &lei, 300).created();
    assert_eq!(
        transfer(app, &fang, &lei, 201)
            .expect_problem(422, "field_invalid")
            .int("/limit"),
        200
    );
    transfer(app, &fang, &lei, 200).created();
    transfer(app, &fang, &fang, 1).expect_problem(422, "field_invalid");
    app.set_now("2027-03-02 10:00");
    transfer(app, &fang, &lei, 300).created();
    transfers_allowed(app, 5000, 5000);
    transfer(app, &fang, &lei, 201).expect_problem(409, "insufficient_points");
    let other = app.create_program("kids");
    let kid = app.member_of(&other, "小明");
    transfer(app, &lei, &kid, 1).expect_problem(422, "field_invalid");
    app.finish();
}

fn d_led_8_d_led_10_points_that_went_over_count_to_their_store(app: &TestApp) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
    let (fang, lei) = (app.member("王芳"), app.member("李雷"));
    app.sale_to(&lei).line("comb", "hair", 10_00).points(10_00).ring();
    assert_eq!(app.points(&lei), 0);
    app.redeem(&fang.number, &app.reward("bag", 1000, None, None)).created();
    app.sale_to(&fang)
        .store(app.west())
        .line("cream", "skin", 100_00)
        .ring();
    transfers_allowed(app, 5000, 5000);
    transfer(app, &fang, &lei, 100).created();
    app.sale_to(&lei).line("comb", "hair", 10_00).points(80).ring();
    let pairs = app.hq().get("/reports/settlement/pairs?month=2026-03-01").ok();
    assert_eq!(
        (pairs.int("/items/0/amount"), pairs.text("/items/0/issued_by/id")),
        (80, app.west().into())
    );
    app.finish();
}

fn d_led_11_a_debt_is_written_off_by_two(app: &TestApp) {
    let fang = app.member("王芳");
    let bill = app.sale_to(&fang).line("cream", "skin", 100_00).ring();
    app.redeem(&fang.number, &app.reward("bag", 1100, None, None)).created();
    app.return_of(&bill).book_as_quoted();
    let path = format!("/debts/{}/write-off", fang.membership);
    let body = json!({"reason": "联系不上", "store_id": app.east()});
    let (finance, hq) = (app.actor("finance", &[]), app.hq());
    app.set_now("2027-03-01 10:00");
    finance.post(&path, &body).expect_problem(409, "debt_not_old");
    app.set_now("2027-03-02 10:00");
    app.manager().post(&path, &body).expect_problem(403, "forbidden");
    let asked = finance.post(&path, &body).expect_problem(409, "approval_needed");
    let request = format!("/approvals/{}/agree", asked.text("/approval_id"));
    finance
        .post(&request, &json!({}))
        .expect_problem(409, "second_person_needed");
    hq.post(&request, &json!({})).ok();
    assert_eq!(app.points(&fang), -100);
    let done = finance.post(&path, &body).created();
    assert_eq!(
        (done.int("/amount"), done.text("/since"), app.points(&fang)),
        (100, "2026-03-01".into(), 0)
    );
    let last = app.entries(&fang).pop().expect("an entry");
    assert_eq!((last.text("/kind"), last.int("/amount")), ("write_off".into(), 100));
    assert!(hq.get("/debts").ok().list("/items").is_empty());
    finance.post(&path, &body).expect_problem(404, "not_found");
    let moved = hq.get("/reports/movements?from=2027-03-02&to=2027-03-02").ok();
    assert_eq!(moved.int("/totals/0/flows/written_off"), 100);
    app.finish();
}
