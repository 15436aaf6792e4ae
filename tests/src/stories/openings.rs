//! What members had in another system, from a spreadsheet (D-LED-12): tried, compared with control totals, booked, taken back.

use super::card_stock::{batch, numbers, of};
use super::prepaid::with_value;
use crate::harness::workbook::{Stored, xlsx};
use crate::harness::{Actor, Answer, Field, Member, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub fn tests() -> Vec<Trial> {
    crate::stories!("openings":
        d_led_12_a_dry_run_says_what_is_wrong_in_which_row_and_column,
        d_led_12_totals_that_dont_match_book_nothing,
        d_led_12_who_is_known_is_found_and_who_isnt_is_registered,
        d_led_12_a_blank_card_becomes_the_card_and_an_old_number_is_told,
        d_led_12_value_above_the_limit_is_brought_and_told,
        d_led_12_a_workbook_is_read_the_same_way,
        d_led_12_only_head_office_brings_balances,
    )
}

pub(super) const HEAD: &str =
    "number,name,phone,program,joined,valid_through,card,kind,amount,expires,pass,paid,list_price\n";

/// Memberships, points, principal, bonus, sessions.
pub(super) type Totals = [i64; 5];

/// Two members: one with everything, one with points alone. Money in yuan.
pub(super) const GOOD: &str = "number,name,phone,program,joined,valid_through,card,kind,amount,expires,pass,paid,list_price\n\
    A-1,王芳,13812345678,vip,2019-05-01,,K-778,points,300,2026-03-31,,,\n\
    A-1,,,,,,,points,500,2026-12-31,,,\n\
    A-1,,,,,,,principal,1000.00,,,,\n\
    A-1,,,,,,,bonus,200,,,,\n\
    A-1,,,,,,,session:facial,6,2026-12-31,面部护理,600.00,150\n\
    A-2,李雷,13812345679,vip,2024-02-29,2027-02-28,,积分,80,,,,\n";
pub(super) const GOOD_TOTALS: Totals = [2, 880, 1000_00, 200_00, 6];

fn path(app: &TestApp, path: &str, [memberships, points, principal, bonus, sessions]: Totals) -> String {
    format!(
        "{path}?name=balances.csv&store_id={}&memberships={memberships}&points={points}&principal={principal}\
         &bonus={bonus}&sessions={sessions}",
        app.east()
    )
}

fn send(actor: &Actor, path: &str, file: &[u8]) -> Answer {
    actor.request("POST", path).key(&fresh_key()).file(file).send()
}

#[track_caller]
pub(super) fn check(app: &TestApp, file: &str, totals: Totals) -> Value {
    send(&app.hq(), &path(app, "/openings/check", totals), file.as_bytes()).ok()
}

pub(super) fn book(app: &TestApp, file: &str, totals: Totals) -> Answer {
    send(&app.hq(), &path(app, "/openings", totals), file.as_bytes())
}

/// Waits until a file is in this state.
#[track_caller]
pub(super) fn settled(app: &TestApp, opening: &Value, end: &str) -> Value {
    let patience = Instant::now() + Duration::from_secs(30);
    loop {
        let now = app.hq().get(&format!("/openings/{}", opening.text("/id"))).ok();
        if now.text("/state") == end {
            return now;
        }
        assert!(Instant::now() < patience, "{now:#}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Tries a file, which must be in order, and books it.
#[track_caller]
pub(super) fn bring(app: &TestApp, file: &str, totals: Totals) -> Value {
    let tried = check(app, file, totals);
    assert_eq!(tried["ready"], true, "{tried:#}");
    let opening = book(app, file, totals).created();
    let done = settled(app, &opening, "done");
    assert_eq!((done.int("/done"), done.int("/rows")), (totals[0], tried.int("/rows")));
    done
}

pub(super) fn undo(app: &TestApp, opening: &Value) -> Answer {
    app.hq()
        .post(&format!("/openings/{}/undo", opening.text("/id")), &json!({}))
}

/// The member with this phone.
#[track_caller]
pub(super) fn member(app: &TestApp, phone: &str) -> Member {
    let card = app.hq().get(&format!("/cards?code={phone}")).ok()["items"][0].clone();
    Member::from_card(&card.text("/customer/id"), &card)
}

pub(super) fn available(app: &TestApp, member: &Member, asset: &str) -> i64 {
    let balances = app.card(member).list("/balances");
    let found = balances.iter().find(|balance| balance["asset"] == asset);
    found.map_or(0, |balance| balance.int("/available"))
}

pub(super) fn customers(app: &TestApp) -> usize {
    app.hq().get("/customers?limit=200").ok().list("/items").len()
}

/// Row, column and sentence of each remark.
pub(super) fn told(checked: &Value, list: &str) -> Vec<(i64, String, String)> {
    let remarks = checked.list(list);
    let remark = |one: &Value| {
        let title = one["title"].as_str().unwrap_or_default().to_owned();
        (one.int("/line"), title, one.text("/detail/en"))
    };
    remarks.iter().map(remark).collect()
}

fn d_led_12_a_dry_run_says_what_is_wrong_in_which_row_and_column(app: &TestApp) {
    let before = customers(app);
    let file = format!(
        "2026 年 3 月余额\n{HEAD}\
         B-1,甲,1.38E+10,vip,2020-01-01,,,points,10,,,,\n\
         B-2,乙,13812345670,vip,2020-01-01,,,points,12.5,,,,\n\
         B-3,丙,13812345671,gold,2020-01-01,,,miles,10,,,,\n\
         B-4,丁,13812345672,vip,,,,points,10,,,,\n\
         B-5,戊,13812345673,vip,2020-01-01,,,principal,1.38E+10,,,,\n\
         B-6,己,13812345674,vip,2020-01-01,,,points,10,2026-02-28,,,\n\
         B-7,庚,13812345675,vip,2020-01-01,,,points,10,,,,\n\
         B-7,辛,,,,,,points,10,,,,\n\
         B-8,壬,13812345676,vip,2020-01-01,,,session:facial,3,,,,\n\
         B-9,,13812345677,vip,2020-01-01,,,points,-5,,,,\n\
         B-10,,13812345660,vip,2020-01-01,,,points,5,,,,\n"
    );
    let tried = check(app, &file, [1, 0, 0, 0, 0]);
    let faults = told(&tried, "/faults");
    let places: Vec<(i64, &str)> = faults.iter().map(|(line, title, _)| (*line, title.as_str())).collect();
    assert_eq!(
        places,
        [
            (3, "phone"),
            (4, "amount"),
            (5, "program"),
            (5, "kind"),
            (6, "joined"),
            (7, "amount"),
            (8, "expires"),
            (10, "name"),
            (11, "kind"),
            (12, "amount"),
            (13, "name"),
        ],
        "{faults:#?}"
    );
    assert!(faults[0].2.contains("1.38E+10"), "{faults:#?}");
    assert!(
        faults[5].2.contains("1.38E+10"),
        "an amount that a spreadsheet has spoilt: {faults:#?}"
    );
    assert_eq!((tried.int("/fault_count"), &tried["ready"]), (11, &json!(false)));
    assert_eq!(tried["columns"][6], "card");
    let refused = book(app, &file, [1, 0, 0, 0, 0]).expect_problem(422, "field_invalid");
    assert_eq!(refused.text("/pointer"), "/file");
    let nothing = send(&app.hq(), &path(app, "/openings/check", [0; 5]), b"a,b,c\n1,2,3\n");
    nothing.expect_problem(422, "field_invalid");
    let listed = app.hq().get("/openings").ok().list("/items");
    assert_eq!((listed.len(), customers(app)), (0, before), "nothing is written");
    app.finish();
}

fn d_led_12_totals_that_dont_match_book_nothing(app: &TestApp) {
    let before = customers(app);
    let wrong = [2, 808, 1000_00, 200_00, 6];
    let tried = check(app, GOOD, wrong);
    assert_eq!(
        (tried.int("/given/points"), tried.int("/found/points"), &tried["ready"]),
        (808, 880, &json!(false))
    );
    assert_eq!(tried.int("/fault_count"), 0, "{tried:#}");
    let refused = book(app, GOOD, wrong).expect_problem(422, "control_totals_mismatch");
    assert_eq!(refused.text("/pointer"), "/points");
    for (place, totals) in [
        [3, 880, 1000_00, 200_00, 6],
        [2, 880, 1000_01, 200_00, 6],
        [2, 880, 1000_00, 0, 6],
        [2, 880, 1000_00, 200_00, 7],
    ]
    .into_iter()
    .enumerate()
    {
        let refused = book(app, GOOD, totals).expect_problem(422, "control_totals_mismatch");
        let pointer = ["/memberships", "/principal", "/bonus", "/sessions"][place];
        assert_eq!(refused.text("/pointer"), pointer);
    }
    assert_eq!(customers(app), before);
    assert!(app.hq().get("/openings").ok().list("/items").is_empty());
    app.finish();
}

fn d_led_12_who_is_known_is_found_and_who_isnt_is_registered(app: &TestApp) {
    let numbered = app.customer("张三").with("external_ref", "C-1").create();
    let phoned = app.customer("李四").phone("13900000002").create();
    let other = app.customer("王五").phone("13900000003").create();
    let held = app.member("赵六");
    let phone = "13900000004";
    let before = customers(app);
    let file = format!(
        "{HEAD}c-1,,,vip,2020-01-01,,,points,1,,,,\n\
         C-2,李四,139 0000 0002,vip,2020-01-01,,,points,2,,,,\n\
         C-3,王小五,13900000003,vip,2020-01-01,,,points,3,,,,\n\
         ,钱七,{phone},vip,2020-01-01,,,,,,,,\n"
    );
    let tried = check(app, &file, [4, 6, 0, 0, 0]);
    assert_eq!(tried.int("/new_customers"), 2, "{tried:#}");
    let warned = told(&tried, "/warnings");
    assert_eq!((warned.len(), warned[0].0, warned[0].1.as_str()), (1, 4, "phone"));
    bring(app, &file, [4, 6, 0, 0, 0]);
    assert_eq!(customers(app), before + 2);
    for (customer, points) in [(&numbered, 1), (&phoned, 2)] {
        let found = app.hq().get(&format!("/memberships?customer_id={customer}")).ok();
        assert_eq!(found.list("/items").len(), 1, "{points}");
    }
    let none = app.hq().get(&format!("/memberships?customer_id={other}")).ok();
    assert!(none.list("/items").is_empty(), "somebody else has the same phone");
    let new = app
        .hq()
        .get(&format!("/customers/{}", member(app, phone).customer))
        .ok();
    assert_eq!((new.text("/name"), &new["external_ref"]), ("钱七".into(), &Value::Null));
    let again = check(
        app,
        &format!("{HEAD}C-1,,,vip,2020-01-01,,,points,1,,,,\n"),
        [1, 1, 0, 0, 0],
    );
    assert!(
        told(&again, "/faults")[0].2.contains("a membership in this program"),
        "{again:#}"
    );
    assert_eq!(app.points(&held), 1000);
    app.finish();
}

fn d_led_12_a_blank_card_becomes_the_card_and_an_old_number_is_told(app: &TestApp) {
    let blanks = batch(app, app.east(), 2);
    let free = numbers(app, &blanks);
    let away = numbers(app, &batch(app, app.west(), 1));
    let file = format!(
        "{HEAD}D-1,甲,13900000001,vip,2020-01-01,,{},points,1,,,,\n\
         D-2,乙,13900000002,vip,2020-01-01,,K 0099,points,1,,,,\n\
         ,癸,13900000009,vip,2020-01-01,,K 0100,points,1,,,,\n",
        free[0]
    );
    bring(app, &file, [3, 3, 0, 0, 0]);
    let known = app
        .hq()
        .get(&format!("/customers/{}", member(app, "13900000009").customer))
        .ok();
    assert_eq!(known.text("/external_ref"), "K 0100", "known by the old card");
    let first = member(app, "13900000001");
    assert_eq!(first.number, free[0]);
    assert_eq!((of(app, &blanks, "issued"), of(app, &blanks, "in_stock")), (1, 1));
    let second = member(app, "13900000002");
    assert_eq!((second.number.len(), second.number.starts_with('9')), (14, true));
    let known = app.hq().get(&format!("/customers/{}", second.customer)).ok();
    assert_eq!(known.text("/external_ref"), "D-2");
    let audited = app.auditor().get("/audit?action=card.issue").ok().list("/items");
    let of_card = audited
        .iter()
        .find(|one| one["subject"] == second.card)
        .expect("its issue");
    assert!(of_card.text("/detail").contains("K 0099"), "{of_card:#}");
    let wrong = format!(
        "{HEAD}D-3,丙,13900000003,vip,2020-01-01,,{},points,1,,,,\n\
         D-4,丁,13900000004,vip,2020-01-01,,{},points,1,,,,\n\
         D-5,戊,13900000005,vip,2020-01-01,,{},points,1,,,,\n\
         D-6,己,13900000006,vip,2020-01-01,,{},points,1,,,,\n",
        away[0], free[1], free[1], free[0]
    );
    let faults = told(&check(app, &wrong, [4, 4, 0, 0, 0]), "/faults");
    let lines: Vec<(i64, &str)> = faults.iter().map(|(line, title, _)| (*line, title.as_str())).collect();
    assert_eq!(lines, [(2, "card"), (4, "card"), (5, "card")], "{faults:#?}");
    app.finish();
}

fn d_led_12_value_above_the_limit_is_brought_and_told(app: &TestApp) {
    with_value(app);
    let file = format!(
        "{HEAD}E-1,甲,13900000001,vip,2020-01-01,,,principal,4800.00,2026-12-31,,,\n\
         E-1,,,,,,,bonus,300.50,,,,\n"
    );
    let totals = [1, 0, 4800_00, 300_50, 0];
    let warned = told(&check(app, &file, totals), "/warnings");
    assert_eq!(warned.len(), 2, "{warned:#?}");
    assert_eq!((warned[0].0, warned[1].0, warned[1].1.as_str()), (2, 2, "expires"));
    assert!(
        warned[0].2.contains("5100.50") && warned[0].2.contains("5000.00"),
        "{warned:#?}"
    );
    bring(app, &file, totals);
    let rich = member(app, "13900000001");
    assert_eq!(
        (available(app, &rich, "principal"), available(app, &rich, "bonus")),
        (4800_00, 300_50),
        "what is owed isn't cut"
    );
    app.set_now("2027-06-01 10:00");
    app.night();
    assert_eq!(available(app, &rich, "principal"), 4800_00, "and never expires");
    app.finish();
}

fn d_led_12_a_workbook_is_read_the_same_way(app: &TestApp) {
    let text = Stored::Text;
    let head = [
        "会员编号",
        "姓名",
        "手机",
        "会员计划",
        "入会日期",
        "余额类型",
        "数量",
        "到期日",
    ];
    let rows = vec![
        head.map(text).to_vec(),
        vec![
            text("F-1"),
            text("甲"),
            Stored::Number("13900000001"),
            text("VIP"),
            Stored::Formatted("43586", 14),
            text("积分"),
            Stored::Number("120"),
            Stored::Formatted("46387", 14),
        ],
        vec![
            text("F-1"),
            Stored::Empty,
            Stored::Empty,
            Stored::Empty,
            Stored::Empty,
            text("本金"),
            Stored::Number("12.5"),
            Stored::Empty,
        ],
    ];
    let file = xlsx(&rows, false, &[]);
    let totals = [1, 120, 12_50, 0, 0];
    let tried = send(&app.hq(), &path(app, "/openings/check", totals), &file).ok();
    assert_eq!(tried["ready"], true, "{tried:#}");
    let opening = send(&app.hq(), &path(app, "/openings", totals), &file).created();
    settled(app, &opening, "done");
    let brought = member(app, "13900000001");
    let lots = app.hq().get(&format!("/memberships/{}/lots", brought.membership)).ok();
    assert_eq!(lots.text("/lots/0/valid_through"), "2026-12-31");
    assert_eq!(available(app, &brought, "principal"), 12_50);
    app.finish();
}

fn d_led_12_only_head_office_brings_balances(app: &TestApp) {
    for actor in [app.manager(), app.cashier(), app.auditor(), app.till()] {
        for route in ["/openings/check", "/openings"] {
            let refused = send(&actor, &path(app, route, GOOD_TOTALS), GOOD.as_bytes());
            refused.expect_problem(403, "forbidden");
        }
        actor.get("/openings").expect_problem(403, "forbidden");
    }
    let done = bring(app, GOOD, GOOD_TOTALS);
    let id = done.text("/id");
    app.manager()
        .post(&format!("/openings/{id}/undo"), &json!({}))
        .expect_problem(403, "forbidden");
    let audited = app.auditor().get("/audit?action=opening.begin").ok().list("/items");
    assert_eq!(audited.len(), 1);
    app.finish();
}
