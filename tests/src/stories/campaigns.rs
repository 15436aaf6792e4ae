//! Campaigns (D-CAM-1): when they are open, what they bring, what holds them, and what comes back.

use crate::harness::{Bill, Field, Member, TestApp, at_once};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("campaigns":
        d_cam_1_one_that_ended_yesterday_in_the_stores_zone_gives_nothing,
        d_cam_1_every_friday_evening_is_said_and_kept,
        d_cam_1_multipliers_multiply_and_an_exclusive_one_replaces_them,
        d_cam_1_a_return_works_from_what_was_recorded,
        d_cam_1_points_for_a_bill_go_once_too_little_of_its_lines_is_kept,
        d_cam_1_a_daily_cap_is_an_entry_of_its_own,
        d_cam_1_monthly_and_lasting_caps_hold_on,
        d_cam_1_a_budget_is_never_exceeded_by_many_tills_at_once,
        d_cam_1_a_change_never_reaches_back,
        d_cam_1_a_bill_that_comes_back_whole_gives_caps_and_budget_back,
        d_cam_1_the_purchase_that_led_to_the_card_meets_campaigns_too,
        d_cam_1_a_segment_says_for_whom_it_is,
        d_cam_1_a_welcome_and_a_birthday_are_given_once,
        d_cam_1_who_can_use_no_card_gets_no_award,
        d_cam_1_what_cannot_be_is_refused,
    )
}

const ALWAYS: &str = "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=DAILY";

/// A campaign of the story's program, always open unless said otherwise.
fn campaign(app: &TestApp, code: &str, effect: &str, amount: i64, more: Value) -> String {
    let mut rules = json!({"window": ALWAYS, "effect": effect, "amount": amount});
    if let (Some(rules), Value::Object(more)) = (rules.as_object_mut(), more) {
        rules.extend(more);
    }
    let name = json!({"zh": format!("活动{code}"), "en": format!("Campaign {code}")});
    let body = json!({"program_id": app.program(), "code": code, "name": name, "rules": rules});
    app.hq().post("/campaigns", &body).created().text("/id")
}

fn seen(app: &TestApp, id: &str) -> Value {
    app.hq().get(&format!("/campaigns/{id}")).ok()
}

fn change(app: &TestApp, id: &str, body: &Value) -> Value {
    let version = seen(app, id).int("/version");
    app.hq()
        .patch(&format!("/campaigns/{id}"), &format!("\"{version}\""), body)
        .ok()
}

/// Sets rules anew, the others as they are.
fn change_rules(app: &TestApp, id: &str, more: &Value) -> Value {
    let mut rules = seen(app, id)["rules"].clone();
    if let (Some(rules), Value::Object(more)) = (rules.as_object_mut(), more.clone()) {
        rules.extend(more);
    }
    change(app, id, &json!({ "rules": rules }))
}

fn ten(app: &TestApp, member: &Member) -> Bill {
    app.sale_to(member).line("cream", "skin", 10_00).ring_as_quoted()
}

#[track_caller]
fn earns(app: &TestApp, member: &Member, points: i64) {
    assert_eq!(ten(app, member).earned(), points);
}

/// The entry of a rule, if the bill has one.
fn entry(bill: &Bill, rule: &str) -> Option<Value> {
    let entries = bill.body.list("/entries");
    entries.iter().find(|entry| entry["rule"] == json!(rule)).cloned()
}

fn d_cam_1_one_that_ended_yesterday_in_the_stores_zone_gives_nothing(app: &TestApp) {
    let body = json!({
        "code": "ny", "name": "ny", "region_id": null, "time_zone": "America/New_York", "kind": "own",
    });
    let new_york = app.hq().post("/stores", &body).created().text("/id");
    let member = app.member("王芳");
    let until = json!({"window": "DTSTART:20260301T000000\nDURATION:P1D\nRRULE:FREQ=DAILY;UNTIL=20260305"});
    let id = campaign(app, "double", "multiplier", 2_000_000, until);
    assert_eq!(
        (seen(app, &id).text("/window/zh"), seen(app, &id).text("/ends_on")),
        ("每天，至 2026-03-05".into(), "2026-03-05".into())
    );
    app.set_now("2026-03-05 23:59");
    earns(app, &member, 20);
    app.set_now("2026-03-06 00:00");
    earns(app, &member, 10);
    // There it is still the fifth, until noon in Shanghai and an hour later.
    let there = |earned: i64| {
        let sale = app.sale_to(&member).store(&new_york).line("cream", "skin", 10_00);
        assert_eq!(sale.ring().earned(), earned);
    };
    app.set_now("2026-03-06 12:59");
    there(20);
    app.set_now("2026-03-06 13:00");
    there(10);
}

fn d_cam_1_every_friday_evening_is_said_and_kept(app: &TestApp) {
    let member = app.member("王芳");
    let window = "DTSTART:20260306T180000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=FR;UNTIL=20261231T235959";
    let id = campaign(app, "friday", "multiplier", 2_000_000, json!({ "window": window }));
    let shown = seen(app, &id);
    assert_eq!(
        (shown.text("/window/zh"), shown.text("/window/en")),
        (
            "每周五 18:00–22:00，至 2026-12-31".into(),
            "Every Friday 18:00–22:00, until 2026-12-31".into()
        )
    );
    assert_eq!(
        (shown.text("/days/0"), shown.text("/days/1")),
        ("2026-03-06".into(), "2026-03-13".into())
    );
    for (at, points) in [
        ("2026-03-06 17:59", 10),
        ("2026-03-06 18:00", 20),
        ("2026-03-06 21:59", 20),
        ("2026-03-06 22:00", 10),
        ("2026-03-07 19:00", 10),
        ("2026-03-13 19:00", 20),
    ] {
        app.set_now(at);
        earns(app, &member, points);
    }
}

fn d_cam_1_multipliers_multiply_and_an_exclusive_one_replaces_them(app: &TestApp) {
    let member = app.member("王芳");
    let double = campaign(app, "double", "multiplier", 2_000_000, json!({}));
    campaign(app, "half-more", "multiplier", 1_500_000, json!({}));
    let bill = ten(app, &member);
    assert_eq!(bill.earned(), 30, "10 × 2 × 1.5");
    let earn = entry(&bill, "retail.base+campaign.double+campaign.half-more").expect("one entry, rounded once");
    let said = earn.text("/explanation/zh");
    assert!(said.contains("活动「活动double」2倍积分，另加：+10。"), "{said}");
    assert!(said.contains("1.5倍积分，另加：+10。"), "{said}");
    let four = campaign(
        app,
        "four",
        "multiplier",
        4_000_000,
        json!({"exclusive": true, "priority": 10}),
    );
    earns(app, &member, 40);
    change_rules(app, &double, &json!({"priority": 20}));
    earns(app, &member, 30);
    change(app, &four, &json!({"active": false}));
    earns(app, &member, 30);
}

fn d_cam_1_a_return_works_from_what_was_recorded(app: &TestApp) {
    let member = app.member("王芳");
    let id = campaign(app, "skin", "multiplier", 2_000_000, json!({"categories": ["skin"]}));
    let piece = campaign(app, "cream", "per_piece", 5, json!({"skus": ["cream"]}));
    let sale = app.sale_to(&member).pieces("cream", "skin", 2000, 100_00);
    let bill = sale.line("comb", "hair", 100_00).ring_as_quoted();
    assert_eq!(bill.earned(), 200 + 100 + 10);
    for id in [&id, &piece] {
        change(app, id, &json!({"active": false}));
    }
    let back = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(
        back.int("/points/taken_back"),
        105,
        "half of the line's 200, and a piece's 5"
    );
    let back = app.return_of(&bill).book_as_quoted();
    assert_eq!(back.int("/points/taken_back"), 205);
    assert_eq!(app.points(&member), 1000);
}

fn d_cam_1_points_for_a_bill_go_once_too_little_of_its_lines_is_kept(app: &TestApp) {
    let member = app.member("王芳");
    campaign(
        app,
        "bill",
        "per_bill",
        50,
        json!({"categories": ["skin"], "minimum_paid": 100_00}),
    );
    let little = app.sale_to(&member).line("cream", "skin", 99_99);
    assert_eq!(little.line("comb", "hair", 100_00).ring_as_quoted().earned(), 199);
    let sale = app.sale_to(&member).pieces("cream", "skin", 3000, 150_00);
    let bill = sale.line("comb", "hair", 100_00).ring_as_quoted();
    let bonus = entry(&bill, "campaign.bill").expect("an entry of its own");
    assert_eq!(
        (bonus.int("/amount"), bonus.text("/kind"), bonus.text("/explanation/en")),
        (
            50,
            "bonus".into(),
            "Campaign “Campaign bill”: points for the bill: +50.".into()
        )
    );
    assert_eq!(bill.earned(), 300);
    let back = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(back.int("/points/taken_back"), 50, "100.00 are kept of the creams");
    let back = app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(back.int("/points/taken_back"), 50 + 50, "however much the comb cost");
}

fn d_cam_1_a_daily_cap_is_an_entry_of_its_own(app: &TestApp) {
    let (member, other) = (app.member("王芳"), app.member("李雷"));
    campaign(app, "double", "multiplier", 2_000_000, json!({"per_day": 15}));
    app.set_now("2026-03-10 10:00");
    let first = ten(app, &member);
    assert_eq!((first.earned(), entry(&first, "campaign.double.cap")), (20, None));
    let second = ten(app, &member);
    let told = entry(&second, "campaign.double.cap").expect("what was let off");
    assert_eq!((second.earned(), told.int("/amount")), (15, 0));
    assert_eq!(
        told.text("/explanation/zh"),
        "活动「活动double」每人每日上限为15分：本单可得10分，实得5分，其余5分不计。"
    );
    let third = ten(app, &member);
    let told = entry(&third, "campaign.double.cap").expect("told where nothing is left, too");
    assert_eq!((third.earned(), told.text("/explanation/en")), (
        10,
        "Campaign “Campaign double”: the daily limit per member is 15 points; this bill would bring 10, it brings 0, and 10 are let off.".into()
    ));
    earns(app, &other, 20);
    app.set_now("2026-03-11 00:00");
    earns(app, &member, 20);
}

fn d_cam_1_monthly_and_lasting_caps_hold_on(app: &TestApp) {
    let member = app.member("王芳");
    campaign(app, "month", "per_bill", 10, json!({"per_month": 15}));
    campaign(app, "ever", "per_bill", 100, json!({"per_member": 150}));
    for (at, points) in [
        ("2026-03-10 10:00", 10 + 10 + 100),
        ("2026-03-31 23:59", 10 + 5 + 50),
        ("2026-03-31 23:59", 10),
        ("2026-04-01 00:00", 10 + 10),
    ] {
        app.set_now(at);
        earns(app, &member, points);
    }
}

fn d_cam_1_a_budget_is_never_exceeded_by_many_tills_at_once(app: &TestApp) {
    let members: Vec<Member> = (0..8).map(|n| app.member(&format!("王{n}"))).collect();
    let id = campaign(app, "few", "per_bill", 10, json!({"budget": 95}));
    let bills = at_once(24, |n| app.sale_to(&members[n % 8]).line("cream", "skin", 10_00).ring());
    let extra: Vec<i64> = bills.iter().map(|bill| bill.earned() - 10).collect();
    assert_eq!(extra.iter().sum::<i64>(), 95, "{extra:?}");
    assert_eq!(
        extra.iter().filter(|points| **points == 5).count(),
        1,
        "the last one gets the rest: {extra:?}"
    );
    let told = bills
        .iter()
        .filter(|bill| entry(bill, "campaign.few.cap").is_some())
        .count();
    assert_eq!(told, 24 - 9, "one gets a part, the others nothing, and each is told");
    assert_eq!(seen(app, &id).int("/given"), 95);
}

fn d_cam_1_a_change_never_reaches_back(app: &TestApp) {
    let member = app.member("王芳");
    app.set_now("2026-03-10 10:00");
    let id = campaign(app, "times", "multiplier", 2_000_000, json!({}));
    app.set_now("2026-03-12 10:00");
    assert_eq!(change_rules(app, &id, &json!({"amount": 3_000_000})).int("/version"), 2);
    let late = |at: &str| app.sale_to(&member).at(at).line("cream", "skin", 10_00).ring().earned();
    assert_eq!(late("2026-03-10 09:59"), 10, "there was no campaign yet");
    assert_eq!(late("2026-03-12 09:59"), 20);
    assert_eq!(late("2026-03-12 10:00"), 30);
    app.set_now("2026-03-13 10:00");
    change(app, &id, &json!({"active": false}));
    assert_eq!((late("2026-03-13 09:59"), late("2026-03-13 10:00")), (30, 10));
    let noted = app.hq().get(&format!("/audit?subject={id}")).ok().list("/items").len();
    assert_eq!(noted, 3, "made, changed, stopped");
}

fn d_cam_1_a_bill_that_comes_back_whole_gives_caps_and_budget_back(app: &TestApp) {
    let member = app.member("王芳");
    let id = campaign(app, "once", "per_bill", 50, json!({"per_member": 50, "budget": 60}));
    let bill = app
        .sale_to(&member)
        .pieces("cream", "skin", 2000, 20_00)
        .ring_as_quoted();
    assert_eq!((bill.earned(), seen(app, &id).int("/given")), (70, 50));
    earns(app, &member, 10);
    app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(seen(app, &id).int("/given"), 50, "a part gives nothing back");
    app.return_of(&bill).book_as_quoted();
    assert_eq!(seen(app, &id).int("/given"), 0, "as if it hadn't been");
    earns(app, &member, 60);
    assert_eq!(seen(app, &id).int("/given"), 50);
}

fn d_cam_1_the_purchase_that_led_to_the_card_meets_campaigns_too(app: &TestApp) {
    let id = campaign(app, "first", "per_bill", 100, json!({"budget": 150}));
    let member = app.member("王芳");
    assert_eq!((app.points(&member), seen(app, &id).int("/given")), (1100, 100));
    assert_eq!(app.points(&app.member("李雷")), 1050, "the rest of the budget");
}

fn d_cam_1_a_segment_says_for_whom_it_is(app: &TestApp) {
    let (member, other) = (app.member("王芳"), app.member("李雷"));
    let tag = super::segments::tag(app, "爱喝茶");
    let segment = super::segments::segment(app, "喝茶的", &[json!({"field": "tag", "test": "in", "values": [tag]})]);
    campaign(app, "tea", "multiplier", 2_000_000, json!({"segments": [segment]}));
    super::segments::give(app, &member.customer, &[&tag]);
    earns(app, &member, 20);
    earns(app, &other, 10);
    super::segments::give(app, &other.customer, &[&tag]);
    earns(app, &other, 20);
}

fn d_cam_1_a_welcome_and_a_birthday_are_given_once(app: &TestApp) {
    let old = app.member("李雷");
    app.set_now("2026-03-02 10:00");
    let welcome = campaign(app, "welcome", "sign_up", 30, json!({}));
    campaign(app, "birthday", "birthday", 88, json!({}));
    let member = app.member("王芳");
    app.night();
    app.night();
    assert_eq!(
        (app.points(&member), app.points(&old)),
        (1030, 1000),
        "who joined before gets no welcome"
    );
    let given = app
        .entries(&member)
        .into_iter()
        .find(|entry| entry["rule"] == json!("campaign.welcome"));
    assert_eq!(
        given.expect("an entry").text("/explanation/zh"),
        "活动「活动welcome」入会赠分：+30。"
    );
    // Their birthday is the twentieth of May; two days later the next run makes up for it.
    app.set_now("2026-05-19 23:00");
    app.night();
    assert_eq!(app.points(&old), 1000);
    app.set_now("2026-05-22 09:00");
    app.night();
    app.night();
    assert_eq!((app.points(&member), app.points(&old)), (1118, 1088));
    app.set_now("2027-05-20 09:00");
    app.night();
    app.night();
    assert_eq!((app.points(&member), app.points(&old)), (1206, 1176), "once a year");
    assert_eq!(seen(app, &welcome).int("/given"), 30);
}

fn d_cam_1_who_can_use_no_card_gets_no_award(app: &TestApp) {
    let (frozen, gone) = (app.member("王芳"), app.member("李雷"));
    campaign(app, "birthday", "birthday", 88, json!({}));
    app.operate(&frozen.card, "freeze", json!({"reason": "x"})).ok();
    app.operate(&gone.card, "cancel", json!({"reason": "x"})).ok();
    app.set_now("2026-05-20 09:00");
    app.night();
    assert_eq!(app.points(&frozen), 1000);
    app.operate(&frozen.card, "unfreeze", json!({"reason": "x"})).ok();
    app.set_now("2026-05-21 09:00");
    app.night();
    assert_eq!(app.points(&frozen), 1088, "it works again");
    let given = app
        .entries(&gone)
        .into_iter()
        .any(|entry| entry["rule"] == json!("campaign.birthday"));
    assert!(!given, "nobody gets a present on a card that was given back");
}

fn d_cam_1_what_cannot_be_is_refused(app: &TestApp) {
    let refused = |more: Value| {
        let mut rules = json!({"window": ALWAYS, "effect": "multiplier", "amount": 2_000_000});
        if let (Some(rules), Value::Object(more)) = (rules.as_object_mut(), more) {
            rules.extend(more);
        }
        let name = json!({"zh": "x", "en": "x"});
        let body = json!({"program_id": app.program(), "code": "x", "name": name, "rules": rules});
        app.hq().post("/campaigns", &body)
    };
    for (more, pointer) in [
        (json!({"amount": 500_000}), "/rules/amount"),
        (json!({"budget": 0}), "/rules/budget"),
        (json!({"priority": -1}), "/rules/priority"),
        (json!({"stores": [app.program()]}), "/rules/stores"),
        (
            json!({"effect": "birthday", "amount": 5, "categories": ["skin"]}),
            "/rules/effect",
        ),
        (
            json!({"effect": "birthday", "amount": 5, "window": "DTSTART:20260101T180000\nDURATION:PT4H"}),
            "/rules/window",
        ),
        (
            json!({"window": "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
            "/rules/window",
        ),
    ] {
        let problem = refused(more.clone()).expect_problem(422, "field_invalid");
        assert_eq!(problem.text("/errors/0/pointer"), pointer, "{more}");
    }
    for window in [
        "",
        "DTSTART:20260101T000000",
        "DTSTART:20260101T000000Z\nDURATION:P1D",
        "DTSTART:20260101T000000\nDURATION:P1D\nRRULE:FREQ=HOURLY",
    ] {
        // No document at all: what a window lacks is told as for any text that can't be read.
        refused(json!({ "window": window })).expect_problem(400, "body_invalid");
    }
    app.manager()
        .post("/campaigns", &json!({}))
        .expect_problem(403, "forbidden");
}
