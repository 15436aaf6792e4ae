//! What HQ answers for: what members have at any date (D-LED-9), what stores owe each other (D-LED-10), what members owe
//! (D-LED-11).

use crate::harness::{Answer, Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("accounting":
        d_led_9_what_members_have_is_the_sum_of_their_balances,
        d_led_9_a_day_of_the_past_stays_as_it_was,
        d_led_9_lots_stand_by_their_age_and_their_store,
        d_led_9_what_moved_explains_the_difference,
        d_led_9_the_figures_go_out_as_files,
        d_led_9_figures_of_the_chain_are_for_hq_finance_and_auditors,
        d_led_10_what_is_earned_here_and_spent_there_is_settled,
        d_led_10_what_comes_back_is_settled_too,
        d_led_10_franchise_stores_stand_apart,
        d_led_10_the_price_of_the_month_holds,
        d_led_10_wrong_prices_are_told_by_field,
        d_led_11_debts_say_since_when,
        d_led_11_a_debt_is_earned_back_first_and_nothing_is_spent_before,
        d_led_11_debts_over_twelve_months_are_listed,
    )
}

/// A point pays a fen, up to the whole bill.
fn program(app: &TestApp) {
    app.configure().points_pay(1, 1, 1, 1_000_000).publish();
}

#[track_caller]
fn liability(app: &TestApp, query: &str) -> Value {
    app.hq().get(&format!("/reports/liability?{query}")).ok()
}

#[track_caller]
fn total(report: &Value) -> [i64; 3] {
    let totals = report.list("/totals");
    let points = totals.iter().find(|total| total["asset"] == "points");
    points.map_or([0; 3], |total| {
        ["/outstanding", "/debt", "/balance"].map(|name| total.int(name))
    })
}

/// One member who has earned, spent, returned and lost points, and one who owes some.
fn busy(app: &TestApp) -> (Member, Member) {
    program(app);
    let fang = app.member("王芳");
    let lei = app.member("李雷");
    app.sale_to(&fang)
        .store(app.west())
        .line("cream", "skin", 300_00)
        .ring();
    let bill = app.sale_to(&lei).line("cream", "skin", 200_00).ring();
    let bag = app.reward("bag", 1150, None, None);
    app.redeem(&lei.number, &bag).created();
    app.return_of(&bill).book_as_quoted();
    app.sale_to(&fang)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(4_00)
        .ring();
    assert_eq!((app.points(&fang), app.points(&lei)), (1000 + 300 - 400 + 6, -150));
    (fang, lei)
}

fn d_led_9_what_members_have_is_the_sum_of_their_balances(app: &TestApp) {
    let (fang, lei) = busy(app);
    let report = liability(app, "");
    assert_eq!(report.text("/on"), "2026-03-01");
    assert_eq!(total(&report), [906, 150, 756]);
    assert_eq!(app.points(&fang) + app.points(&lei), 756);
    // The end of a lot that no night has booked is still in the figures; booked, it is out of them.
    app.set_now("2028-03-02 02:00");
    assert_eq!(total(&liability(app, ""))[0], 906);
    app.night();
    assert_eq!(total(&liability(app, "")), [0, 150, -150]);
    app.hq()
        .get("/reports/liability?on=2028-03-03")
        .expect_problem(422, "field_invalid");
    app.finish();
}

fn d_led_9_a_day_of_the_past_stays_as_it_was(app: &TestApp) {
    let (fang, _) = busy(app);
    let first = liability(app, "");
    app.set_now("2026-03-02 00:00");
    app.sale_to(&fang).line("cream", "skin", 50_00).points(2_00).ring();
    app.set_now("2026-03-05 11:00");
    let second = liability(app, "");
    let bill = app.sale_to(&fang).line("cream", "skin", 500_00).ring();
    app.return_of(&bill).book_as_quoted();
    app.redeem(&fang.number, &app.reward("mug", 10, None, None)).created();
    app.set_now("2028-04-01 03:00");
    app.night();
    assert_ne!(total(&first), total(&second));
    assert_eq!(
        liability(app, "on=2026-03-01"),
        first,
        "the day ends at midnight in the chain's zone"
    );
    let mut again = liability(app, "on=2026-03-04");
    again["on"] = json!("2026-03-05");
    assert_eq!(again, second, "the 5th had nothing before eleven");
    app.finish();
}

fn d_led_9_lots_stand_by_their_age_and_their_store(app: &TestApp) {
    program(app);
    let fang = app.member("王芳");
    for (day, money) in [
        ("2026-06-01 10:00", 60_00),
        ("2026-09-01 10:00", 40_00),
        ("2026-12-01 10:00", 20_00),
    ] {
        app.set_now(day);
        app.sale_to(&fang).store(app.west()).line("cream", "skin", money).ring();
    }
    let ages = |on: &str, store: &str| {
        let report = liability(
            app,
            &format!("on={on}&store_id={store}&asset=points&program_id={}", app.program()),
        );
        let row = report.list("/items").pop().unwrap_or_default();
        ["up_to_3_months", "up_to_6_months", "up_to_12_months", "older"].map(|name| row["ages"][name].as_i64())
    };
    let some = |figures: [i64; 4]| figures.map(Some);
    app.set_now("2027-03-01 10:00");
    assert_eq!(
        ages("2026-12-01", app.west()),
        some([20, 40, 60, 0]),
        "three months old on the day"
    );
    assert_eq!(ages("2026-11-30", app.west()), some([40, 60, 0, 0]));
    assert_eq!(ages("2027-02-28", app.east()), some([0, 0, 1000, 0]));
    assert_eq!(ages("2027-03-01", app.east()), some([0, 0, 0, 1000]));
    assert_eq!(ages("2026-05-31", app.west()), [None; 4], "nothing yet");
}

#[track_caller]
fn movements(app: &TestApp, from: &str, to: &str) -> Value {
    app.hq().get(&format!("/reports/movements?from={from}&to={to}")).ok()
}

fn d_led_9_what_moved_explains_the_difference(app: &TestApp) {
    busy(app);
    app.set_now("2028-03-02 02:00");
    app.night();
    let flows = |report: &Value, place: &str| {
        let names = ["issued", "taken_back", "redeemed", "given_back", "expired"];
        names.map(|name| report.int(&format!("{place}/flows/{name}")))
    };
    let day = movements(app, "2026-03-01", "2026-03-01");
    assert_eq!(
        flows(&day, "/totals/0"),
        [1000 + 1000 + 300 + 200 + 6, -200, -1150 - 400, 0, 0]
    );
    assert_eq!((day.int("/totals/0/opening"), day.int("/totals/0/closing")), (0, 756));
    let west = app.west();
    let there: Vec<_> = day
        .list("/items")
        .into_iter()
        .filter(|row| row["store_id"] == west)
        .collect();
    assert_eq!(flows(&json!({ "west": there[0] }), "/west"), [306, 0, -400, 0, 0]);
    let later = movements(app, "2026-03-02", "2028-03-02");
    assert_eq!(
        (later.int("/totals/0/opening"), later.int("/totals/0/closing")),
        (756, -150)
    );
    assert_eq!(flows(&later, "/totals/0"), [0, 0, 0, 0, -906]);
    app.hq()
        .get("/reports/movements?from=2026-03-02&to=2026-03-01")
        .expect_problem(422, "field_invalid");
}

#[track_caller]
fn lines(answer: &Answer) -> Vec<String> {
    let text = answer.body.as_str().expect("a text");
    text.trim_start_matches('\u{feff}').lines().map(Into::into).collect()
}

fn d_led_9_the_figures_go_out_as_files(app: &TestApp) {
    busy(app);
    let hq = app.hq().reading("zh-CN");
    let liability = lines(&hq.get("/reports/liability/export"));
    assert!(
        liability[0].starts_with("日期,会员计划,门店,资产,3 个月内,"),
        "{liability:?}"
    );
    assert!(liability[0].ends_with(",导出标记"));
    assert!(
        liability
            .iter()
            .any(|line| line.starts_with("2026-03-01,vip,west,points,306,0,0,0,306,")),
        "{liability:?}"
    );
    let moved = lines(&hq.get("/reports/movements/export?from=2026-03-01&to=2026-03-01"));
    let row = "vip,west,points,306,0,0,-400,0,0,0,0,0,0,-94,";
    assert!(
        moved.iter().any(|line| line.starts_with(row)),
        "figures, not texts: {moved:?}"
    );
    let debts = hq.get("/debts/export?format=json").ok();
    assert_eq!(
        (debts[0].int("/amount"), debts[0].text("/since")),
        (150, "2026-03-01".into())
    );
    assert!(
        hq.get("/reports/liability/export?format=xlsx")
            .bytes
            .starts_with(b"PK\x03\x04")
    );
    app.cashier().get("/debts/export").expect_problem(403, "forbidden");
}

fn d_led_9_figures_of_the_chain_are_for_hq_finance_and_auditors(app: &TestApp) {
    for path in [
        "/reports/liability",
        "/reports/movements?from=2026-03-01&to=2026-03-01",
        "/reports/settlement?month=2026-03-01",
        "/reports/settlement/pairs?month=2026-03-01",
        "/debts",
        "/settlement-rules",
    ] {
        app.manager().get(path).expect_problem(403, "forbidden");
        for role in ["finance", "auditor"] {
            app.actor(role, &[]).get(path).ok();
        }
    }
}

fn price(app: &TestApp, prices: Value) -> Answer {
    let version = app.hq().get("/settlement-rules").ok().int("/version");
    let body = json!({"value": {"prices": prices}});
    app.hq().patch("/settlement-rules", &format!("\"{version}\""), &body)
}

/// So many minor units for 100 points from a month on.
fn per_100(app: &TestApp, from: &str, money: i64) -> Value {
    json!({"program_id": app.program(), "asset": "points", "from": from, "per_100": money})
}

#[track_caller]
fn settled(app: &TestApp, month: &str) -> (Vec<(String, i64, i64, i64)>, i64) {
    let report = app.hq().get(&format!("/reports/settlement?month={month}")).ok();
    let stores = report.list("/stores");
    let sum: i64 = stores.iter().map(|store| store.int("/balance")).sum();
    assert_eq!(sum, 0, "what one gets another pays: {report:#}");
    let shown = stores.iter().map(|one| {
        let figures = ["/pays", "/gets", "/balance"].map(|name| one.int(name));
        (one.text("/store/name"), figures[0], figures[1], figures[2])
    });
    (shown.collect(), report.int("/unpriced"))
}

fn d_led_10_what_is_earned_here_and_spent_there_is_settled(app: &TestApp) {
    program(app);
    price(app, json!([per_100(app, "2026-01-01", 90)])).ok();
    let fang = app.member("王芳");
    app.sale_to(&fang).line("comb", "hair", 10_00).points(1_00).ring();
    app.sale_to(&fang)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(3_33)
        .ring();
    let pairs = app.hq().get("/reports/settlement/pairs?month=2026-03-01").ok();
    let pair = &pairs.list("/items")[0];
    assert_eq!(
        (
            pair.text("/issued_by/id"),
            pair.text("/used_at/id"),
            pair.int("/amount"),
            pair.int("/money")
        ),
        (app.east().into(), app.west().into(), 333, 299),
        "333 points at 0.90 for 100, rounded down; what was spent at home isn't settled"
    );
    let east = ("东店".to_owned(), 299, 0, -299);
    assert_eq!(
        settled(app, "2026-03-01"),
        (vec![east, ("西店".to_owned(), 0, 299, 299)], 0)
    );
    // The points that the west store issued are spent in the east; the month ends at midnight.
    app.set_now("2026-03-31 23:59");
    app.sale_to(&fang)
        .store(app.west())
        .line("cream", "skin", 100_00)
        .ring();
    app.redeem(&fang.number, &app.reward("bag", 666, None, None)).created();
    let months = [settled(app, "2026-03-01").0, settled(app, "2026-02-01").0];
    app.set_now("2026-04-01 00:00");
    app.redeem(&fang.number, &app.reward("mug", 10, None, None)).created();
    assert_eq!(settled(app, "2026-03-01").0, months[0], "April isn't March");
    let west_first = app.hq().get("/reports/settlement/pairs?month=2026-04-01").ok();
    assert_eq!(west_first.int("/items/0/amount"), 10);
    assert_eq!(west_first.text("/items/0/issued_by/name"), "西店");
    assert!(months[1].is_empty(), "nothing in February");
    let first = app.hq().get("/reports/settlement/pairs?month=2026-03-01&limit=1").ok();
    let next = first.text("/next");
    let rest = app
        .hq()
        .get(&format!(
            "/reports/settlement/pairs?month=2026-03-01&limit=1&after={next}"
        ))
        .ok();
    assert_ne!(first["items"], rest["items"]);
    assert_eq!((rest.list("/items").len(), &rest["next"]), (1, &Value::Null));
}

fn d_led_10_what_comes_back_is_settled_too(app: &TestApp) {
    program(app);
    price(app, json!([per_100(app, "2026-01-01", 100)])).ok();
    let fang = app.member("王芳");
    let sale = app
        .sale_to(&fang)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(4_00);
    let bill = sale.ring();
    assert_eq!(settled(app, "2026-03-01").0[0].1, 400);
    app.set_now("2026-04-02 10:00");
    app.return_of(&bill).book_as_quoted();
    assert_eq!(settled(app, "2026-03-01").0[0].1, 400, "March is over");
    let (stores, _) = settled(app, "2026-04-01");
    assert_eq!(
        stores,
        vec![("东店".into(), -400, 0, 400), ("西店".into(), 0, -400, -400)]
    );
}

fn d_led_10_franchise_stores_stand_apart(app: &TestApp) {
    program(app);
    let body = json!({"code": "south", "name": "南店", "region_id": null, "kind": "franchise"});
    let south = app.hq().post("/stores", &body).created().text("/id");
    price(app, json!([per_100(app, "2026-03-01", 100)])).ok();
    let fang = app.member("王芳");
    for (store, money) in [(app.west(), 2_00), (south.as_str(), 5_00)] {
        app.sale_to(&fang)
            .store(store)
            .line("comb", "hair", 10_00)
            .points(money)
            .ring();
    }
    let used_at = |only: &str| {
        let pairs = app
            .hq()
            .get(&format!("/reports/settlement/pairs?month=2026-03-01{only}"))
            .ok();
        let items = pairs.list("/items");
        let mut names: Vec<_> = items.iter().map(|pair| pair.text("/used_at/name")).collect();
        names.sort();
        names
    };
    assert_eq!(used_at(""), ["南店", "西店"]);
    assert_eq!(
        (used_at("&franchise=true"), used_at("&franchise=false")),
        (vec!["南店".to_owned()], vec!["西店".to_owned()])
    );
    let names: Vec<_> = settled(app, "2026-03-01").0.into_iter().map(|store| store.0).collect();
    assert_eq!(names.last().map(String::as_str), Some("南店"), "the chain's own first");
    let file = lines(
        &app.hq()
            .get("/reports/settlement/export?month=2026-03-01&franchise=true"),
    );
    assert!(
        file[1].starts_with("2026-03-01,vip,points,east,own,south,franchise,500,5.00,"),
        "{file:?}"
    );
}

fn d_led_10_the_price_of_the_month_holds(app: &TestApp) {
    program(app);
    let fang = app.member("王芳");
    app.sale_to(&fang)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(4_00)
        .ring();
    assert_eq!(settled(app, "2026-03-01").1, 1, "no price: it is told");
    price(
        app,
        json!([per_100(app, "2026-01-01", 50), per_100(app, "2026-04-01", 100)]),
    )
    .ok();
    assert_eq!(settled(app, "2026-03-01").0[0].1, 200);
    app.set_now("2026-04-02 10:00");
    app.sale_to(&fang)
        .store(app.west())
        .line("comb", "hair", 10_00)
        .points(4_00)
        .ring();
    assert_eq!(
        (settled(app, "2026-03-01").0[0].1, settled(app, "2026-04-01").0[0].1),
        (200, 400)
    );
    app.hq()
        .get("/reports/settlement?month=2026-04-02")
        .expect_problem(422, "field_invalid");
}

fn d_led_10_wrong_prices_are_told_by_field(app: &TestApp) {
    let ok = || per_100(app, "2026-01-01", 50);
    let with = |name: &str, value: Value| {
        let mut price = ok();
        price[name] = value;
        price
    };
    for (prices, pointer) in [
        (json!([with("from", json!("2026-01-02"))]), "/value/prices/0/from"),
        (json!([ok(), ok()]), "/value/prices/1/from"),
        (json!([with("per_100", json!(-1))]), "/value/prices/0"),
        (json!([with("asset", json!("principal"))]), "/value/prices/0"),
        (json!([with("ppm", json!(1))]), "/value/prices/0"),
    ] {
        assert_eq!(
            price(app, prices).expect_problem(422, "field_invalid").text("/pointer"),
            pointer
        );
    }
}

#[track_caller]
fn debts(app: &TestApp, query: &str) -> Vec<(String, i64, String)> {
    let page = app.hq().get(&format!("/debts?{query}")).ok();
    let shown = |debt: &Value| (debt.text("/membership_id"), debt.int("/amount"), debt.text("/since"));
    page.list("/items").iter().map(shown).collect()
}

/// Somebody who has spent what a returned sale had brought, and owes 100.
fn in_debt(app: &TestApp, name: &str) -> Member {
    let member = app.member(name);
    let bill = app.sale_to(&member).line("cream", "skin", 100_00).ring();
    app.redeem(
        &member.number,
        &app.reward(&format!("r{}", app.next_receipt()), 1100, None, None),
    )
    .created();
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&member), -100);
    member
}

fn d_led_11_debts_say_since_when(app: &TestApp) {
    program(app);
    let fang = in_debt(app, "王芳");
    app.set_now("2026-03-10 10:00");
    let lei = in_debt(app, "李雷");
    let of = |member: &Member, amount, since: &str| (member.membership.clone(), amount, since.to_owned());
    assert_eq!(
        debts(app, ""),
        [of(&fang, 100, "2026-03-01"), of(&lei, 100, "2026-03-10")]
    );
    // Half is earned back; then all, and later it owes again.
    app.sale_to(&fang).line("comb", "hair", 50_00).ring();
    assert_eq!(debts(app, "")[0], of(&fang, 50, "2026-03-01"));
    let bill = app.sale_to(&fang).line("comb", "hair", 60_00).ring();
    assert_eq!(debts(app, "").len(), 1);
    app.set_now("2026-03-12 10:00");
    app.return_of(&bill).book_as_quoted();
    assert_eq!(debts(app, "")[0], of(&fang, 50, "2026-03-12"));
    let first = app.hq().get("/debts?limit=1").ok();
    let rest = app
        .hq()
        .get(&format!("/debts?limit=1&after={}", first.text("/next")))
        .ok();
    assert_eq!(rest.text("/items/0/membership_id"), lei.membership);
    app.finish();
}

fn d_led_11_a_debt_is_earned_back_first_and_nothing_is_spent_before(app: &TestApp) {
    program(app);
    let fang = in_debt(app, "王芳");
    app.sale_to(&fang).line("comb", "hair", 99_00).ring();
    assert_eq!(app.points(&fang), -1);
    let pay = || app.sale_to(&fang).line("comb", "hair", 10_00).points(1).post();
    pay().expect_problem(409, "insufficient_points");
    app.sale_to(&fang).line("comb", "hair", 3_00).ring();
    assert_eq!(app.points(&fang), 2);
    pay().created();
    assert!(debts(app, "").is_empty());
}

fn d_led_11_debts_over_twelve_months_are_listed(app: &TestApp) {
    program(app);
    let fang = in_debt(app, "王芳");
    app.set_now("2026-03-02 10:00");
    in_debt(app, "李雷");
    app.set_now("2027-03-01 10:00");
    assert!(debts(app, "old=true").is_empty(), "twelve months, not over");
    app.set_now("2027-03-02 10:00");
    let old = debts(app, "old=true");
    assert_eq!(old, [(fang.membership.clone(), 100, "2026-03-01".into())]);
    assert_eq!(debts(app, "old=false").len(), 1);
}
