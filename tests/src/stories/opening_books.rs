//! What became of opening balances (D-LED-12): lots that end, value that is spent and paid back, runs that stop, files that
//! are taken back.

use super::openings::{GOOD, GOOD_TOTALS, HEAD, available, book, bring, check, customers, member, settled, told, undo};
use super::prepaid::with_value;
use crate::harness::{Answer, Field, TestApp, wait};
use cardea_engine::Actor as EngineActor;
use cardea_engine::opening::{OpeningQuery, OpeningState};
use libtest_mimic::Trial;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    crate::stories!("openings":
        d_led_12_lots_keep_their_ends_and_value_and_passes_can_be_used,
        d_led_12_d_card_12_what_was_brought_is_paid_back_by_reason,
        d_led_12_the_same_file_twice_books_nothing_twice,
        d_led_12_a_run_that_was_stopped_goes_on_where_it_was,
        d_led_12_undo_leaves_nothing,
        d_led_12_undo_is_refused_once_a_member_has_moved,
        d_led_12_undo_is_refused_once_points_of_it_have_ended,
        d_led_12_a_changed_row_is_found_by_verification,
    )
}

fn d_led_12_lots_keep_their_ends_and_value_and_passes_can_be_used(app: &TestApp) {
    with_value(app);
    let done = bring(app, GOOD, GOOD_TOTALS);
    assert_eq!(done.int("/totals/principal"), 1000_00);
    let fang = member(app, "13812345678");
    assert_eq!(app.points(&fang), 800);
    let entries = app.entries(&fang);
    assert_eq!(entries.len(), 5);
    assert!(entries.iter().all(|entry| entry["kind"] == "opening"), "{entries:#?}");
    assert_eq!(
        entries[0].text("/explanation/zh"),
        "由原系统转入：300 分，有效期至 2026-03-31。"
    );
    let moved = app
        .hq()
        .get("/reports/movements?from=2026-03-01&to=2026-03-01&asset=points")
        .ok();
    assert_eq!(moved.int("/totals/0/flows/brought_in"), 880);
    let owed = app.hq().get("/reports/liability?asset=principal").ok();
    assert_eq!(owed.int("/totals/0/outstanding"), 1000_00);

    let mug = app.reward("mug", 100, None, None);
    app.redeem(&fang.number, &mug).created();
    let lots = app.hq().get(&format!("/memberships/{}/lots", fang.membership)).ok();
    let left: Vec<(i64, String)> = lots
        .list("/lots")
        .iter()
        .filter(|lot| lot["asset"] == "points")
        .map(|lot| (lot.int("/remaining"), lot.text("/valid_through")))
        .collect();
    assert_eq!(left, [(200, "2026-03-31".into()), (500, "2026-12-31".into())]);
    app.set_now("2026-04-01 00:30");
    app.night();
    assert_eq!(app.points(&fang), 500, "what wasn't spent of the first lot is over");

    app.sale_to(&fang)
        .line("gift-box", "gifts", 600_00)
        .tender("value", 600_00)
        .ring();
    let value = (available(app, &fang, "principal"), available(app, &fang, "bonus"));
    assert_eq!(value, (500_00, 100_00), "drawn in proportion");

    let passes = app
        .cashier()
        .get(&format!("/memberships/{}/passes", fang.membership))
        .ok();
    assert_eq!(
        (passes.int("/items/0/left"), passes.text("/items/0/name")),
        (6, "面部护理".into())
    );
    let used = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "sessions": 2,
        "therapist_id": app.consultant(), "confirmation": {"signed": true},
    });
    let pass = format!("/passes/{}/uses", passes.text("/items/0/id"));
    assert_eq!(app.cashier().post(&pass, &used).created().int("/left"), 4);
    assert_eq!(available(app, &fang, "session:facial"), 4);
    let lei = member(app, "13812345679");
    assert_eq!(
        (app.points(&lei), lei.issued.text("/valid_through")),
        (80, "2027-02-28".into())
    );
    app.finish();
}

/// Pays back with these tenders, or previews it.
fn refund(app: &TestApp, path: &str, reason: &str, cash: Option<i64>) -> Answer {
    let tenders = cash.map(|amount| json!([{"kind": "cash", "amount": amount}]));
    let body = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "reason": reason, "tenders": tenders,
    });
    app.manager().post(path, &body)
}

fn d_led_12_d_card_12_what_was_brought_is_paid_back_by_reason(app: &TestApp) {
    with_value(app);
    bring(app, GOOD, GOOD_TOTALS);
    let fang = member(app, "13812345678");
    let of = |what: &str| {
        let found = app
            .cashier()
            .get(&format!("/memberships/{}/{what}", fang.membership))
            .ok();
        format!("/{what}/{}", found.text("/items/0/id"))
    };
    let (pass, top_up) = (of("passes"), of("top-ups"));
    let used = json!({
        "store_id": app.east(), "till": "T1", "receipt": app.next_receipt(), "sessions": 2,
        "therapist_id": app.consultant(), "confirmation": {"signed": true},
    });
    app.cashier().post(&format!("{pass}/uses"), &used).created();
    let refunds = format!("{pass}/refunds");
    refund(app, &refunds, "within_7_days", Some(600_00)).expect_problem(409, "not_refundable");
    refund(app, &refunds, "consumer", None).expect_problem(422, "tenders_mismatch");
    let back = refund(app, &refunds, "consumer", Some(300_00)).created();
    assert_eq!(
        (back.int("/amount"), back.int("/used"), back.int("/points")),
        (300_00, 300_00, 0)
    );
    assert_eq!(available(app, &fang, "session:facial"), 0);
    let refunds = format!("{top_up}/refunds");
    let back = refund(app, &refunds, "agreed", Some(1000_00)).created();
    assert_eq!((back.int("/amount"), back.int("/withdrawn")), (1000_00, 200_00));
    assert_eq!(
        (available(app, &fang, "principal"), available(app, &fang, "bonus")),
        (0, 0)
    );
    refund(app, &refunds, "agreed", Some(1000_00)).expect_problem(409, "not_refundable");
    app.finish();
}

fn d_led_12_the_same_file_twice_books_nothing_twice(app: &TestApp) {
    let done = bring(app, GOOD, GOOD_TOTALS);
    let known = check(app, GOOD, GOOD_TOTALS);
    assert_eq!(known.text("/known_as"), done.text("/id"));
    let again = book(app, GOOD, GOOD_TOTALS).ok();
    assert_eq!(
        (again.text("/id"), again.text("/state")),
        (done.text("/id"), "done".into())
    );
    book(app, GOOD, [2, 881, 1000_00, 200_00, 6]).expect_problem(422, "control_totals_mismatch");
    let other = format!("{GOOD}\n");
    let faults = told(&check(app, &other, GOOD_TOTALS), "/faults");
    assert_eq!(faults.len(), 2, "under another hash its members are known: {faults:#?}");
    book(app, &other, GOOD_TOTALS).expect_problem(422, "field_invalid");
    assert_eq!(app.points(&member(app, "13812345678")), 800);
    assert_eq!(app.hq().get("/openings").ok().list("/items").len(), 1);
    app.finish();
}

fn d_led_12_a_run_that_was_stopped_goes_on_where_it_was(app: &TestApp) {
    let line = |n: i64| format!("G-{n},顾客{n},1380000{n:04},vip,2020-01-01,,,points,{n},2026-12-31,,,\n");
    let file: String = std::iter::once(HEAD.to_owned()).chain((1..=600).map(line)).collect();
    let sum = 600 * 601 / 2;
    let bytes: Arc<[u8]> = file.as_bytes().into();
    let query = OpeningQuery {
        name: "balances.csv".into(),
        store_id: app.east().parse().expect("a store"),
        memberships: 600,
        points: sum,
        principal: 0,
        bonus: 0,
        sessions: 0,
    };
    let (engine, actor) = (
        app.server().engine(),
        EngineActor::system(app.chain().id.parse().expect("a chain")),
    );
    let mut patience = Duration::from_millis(60);
    // Whoever works at it is gone again and again, with members on their way.
    let stopped = |patience| {
        let work = engine.finish_opening(&actor, &query, bytes.clone());
        !wait(async { matches!(tokio::time::timeout(patience, work).await, Ok(Ok(_))) })
    };
    let mut stops = 0;
    while stopped(patience) {
        stops += 1;
        patience += Duration::from_millis(60);
        assert!(stops < 200, "it never ended");
    }
    assert!(stops > 0, "it was never in the middle");
    let opening = app.hq().get("/openings").ok()["items"][0].clone();
    let done = settled(app, &opening, OpeningState::Done.as_str());
    assert_eq!(done.int("/done"), 600);
    let owed = app.hq().get("/reports/liability?asset=points").ok();
    assert_eq!(owed.int("/totals/0/outstanding"), sum);
    app.finish();
}

fn d_led_12_undo_leaves_nothing(app: &TestApp) {
    with_value(app);
    let done = bring(app, GOOD, GOOD_TOTALS);
    let fang = member(app, "13812345678");
    undo(app, &done).ok();
    let undone = settled(app, &done, "undone");
    assert_eq!(undone.int("/done"), 0);
    let card = app.card(&fang);
    assert_eq!(card.text("/state"), "void");
    for asset in ["points", "principal", "bonus", "session:facial"] {
        assert_eq!(available(app, &fang, asset), 0, "{asset}");
    }
    let entries = app.entries(&fang);
    assert_eq!(entries.len(), 10, "the opposite entries stand beside the first");
    assert_eq!(entries.iter().map(|entry| entry.int("/amount")).sum::<i64>(), 0);
    let moved = app.hq().get("/reports/movements?from=2026-03-01&to=2026-03-01").ok();
    assert!(
        moved
            .list("/totals")
            .iter()
            .all(|total| total.int("/flows/brought_in") == 0),
        "{moved:#}"
    );
    let passes = app
        .cashier()
        .get(&format!("/memberships/{}/passes", fang.membership))
        .ok();
    assert!(passes.list("/items").is_empty());
    app.finish();
    undo(app, &done).expect_problem(409, "in_use");
    let before = customers(app);
    let again = bring(app, GOOD, GOOD_TOTALS);
    assert_ne!(again.text("/id"), done.text("/id"));
    assert_eq!(customers(app), before, "customers that were registered are known");
    assert_eq!(app.points(&member(app, "13812345678")), 800);
    app.finish();
}

fn d_led_12_undo_is_refused_once_a_member_has_moved(app: &TestApp) {
    let done = bring(app, GOOD, GOOD_TOTALS);
    let (fang, lei) = (member(app, "13812345678"), member(app, "13812345679"));
    let pen = app.reward("pen", 50, None, None);
    app.redeem(&lei.number, &pen).created();
    let refused = undo(app, &done).expect_problem(409, "in_use");
    assert_eq!(refused.text("/errors/0/pointer"), "/rows/7");
    let path = format!("/openings/{}/members", done.text("/id"));
    let moved = app.hq().get(&format!("{path}?moved=true")).ok().list("/items");
    assert_eq!(
        (moved.len(), moved[0].text("/membership_id")),
        (1, lei.membership.clone())
    );
    let all = app.hq().get(&path).ok().list("/items");
    assert_eq!(
        all.iter().map(|one| one["moved"] == true).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!((app.points(&fang), app.points(&lei)), (800, 30), "nothing is half done");
    assert_eq!(app.card(&fang).text("/state"), "active");
    app.finish();
}

fn d_led_12_undo_is_refused_once_points_of_it_have_ended(app: &TestApp) {
    let done = bring(app, GOOD, GOOD_TOTALS);
    app.set_now("2026-04-01 00:30");
    app.night();
    let fang = member(app, "13812345678");
    assert_eq!(app.points(&fang), 500);
    undo(app, &done).expect_problem(409, "in_use");
    let path = format!("/openings/{}/members", done.text("/id"));
    let moved = app.hq().get(&format!("{path}?moved=true")).ok().list("/items");
    let moved: Vec<String> = moved.iter().map(|one| one.text("/membership_id")).collect();
    assert_eq!(
        moved,
        std::slice::from_ref(&fang.membership),
        "the other one's points go on"
    );
    assert_eq!(app.points(&fang), 500, "nothing was taken back");
    app.finish();
}

fn d_led_12_a_changed_row_is_found_by_verification(app: &TestApp) {
    bring(app, GOOD, GOOD_TOTALS);
    app.finish();
    let mut conn = app.server().engine().database().connect().expect("a connection");
    conn.batch("UPDATE opening_rows SET amount = amount + 1 WHERE line = 7")
        .expect("a changed row");
    let problems = app.server().verify();
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("row 7 of opening balances")),
        "{problems:#?}"
    );
    assert!(
        problems
            .iter()
            .any(|problem| problem.contains("the points of opening balances"))
    );
    conn.batch("UPDATE opening_rows SET amount = amount - 1 WHERE line = 7")
        .expect("the row as it was");
}
