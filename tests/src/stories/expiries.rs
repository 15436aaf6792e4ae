//! How long points are good, in all forms, and a clock that jumps (D-LED-7; V9).

use super::jobs::last;
use super::messages::{mail, reachable};
use crate::harness::{Field, Member, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    crate::stories!("expiries":
        d_led_7_lots_end_with_their_month_or_year,
        d_led_7_what_expires_by_a_day_is_told_with_its_lots,
        d_led_7_each_form_is_warned_of_with_its_grace,
        d_led_7_a_clock_that_jumps_ends_no_points_without_a_word,
        d_led_7_ten_thousand_points_a_day_never_wait_and_one_more_does,
        d_led_7_an_approved_run_takes_what_was_seen,
        d_led_7_a_clock_that_jumps_reviews_no_tiers_without_a_word,
        d_led_2_what_ends_in_one_night_has_an_entry_each_and_one_line_in_the_log,
    )
}

fn expiring(app: &TestApp, expiry: Value) {
    let settings = app.configure().term("expiry", expiry);
    settings.rule("/validity_months", 0).publish();
}

fn lots(app: &TestApp, member: &Member, query: &str) -> Value {
    let path = format!("/memberships/{}/lots{query}", member.membership);
    app.hq().get(&path).ok()
}

/// What is left, lot by lot: how much, and its last day.
fn told(lots: &Value) -> Vec<(i64, String)> {
    let lot = |lot: &Value| {
        (
            lot.int("/remaining"),
            lot["valid_through"].as_str().unwrap_or("never").to_owned(),
        )
    };
    lots.list("/lots").iter().map(lot).collect()
}

fn d_led_7_lots_end_with_their_month_or_year(app: &TestApp) {
    for (end, last) in [
        ("month_end", "2027-03-31"),
        ("year_end", "2027-12-31"),
        ("same_day", "2027-03-01"),
    ] {
        expiring(app, json!({"kind": "per_lot", "months": 12, "end": end}));
        let member = app.member("王芳");
        assert_eq!(told(&lots(app, &member, "")), [(1000, last.into())], "{end}");
    }
    expiring(
        app,
        json!({"kind": "per_lot", "months": 12, "end": "month_end", "grace_days": 5}),
    );
    let member = app.member("王芳");
    app.set_now("2027-04-05 23:00");
    assert_eq!(app.points(&member), 1000, "in the days of grace");
    app.set_now("2027-04-06 02:00");
    app.night();
    assert_eq!(app.points(&member), 0);
}

fn d_led_7_what_expires_by_a_day_is_told_with_its_lots(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let member = app.member("王芳");
    let cup = app.reward("cup", 950, None, None);
    app.redeem(&member.number, &cup).created();
    // 50 without an end are left; 100 and 200 come with one.
    app.set_now("2026-03-02 10:00");
    for (months, amount) in [(3, 200_00), (1, 100_00)] {
        expiring(app, json!({"kind": "per_lot", "months": months}));
        app.sale_to(&member).line("cream", "skin", amount).ring_as_quoted();
    }
    let all = [
        (100, "2026-04-02".into()),
        (200, "2026-06-02".into()),
        (50, "never".into()),
    ];
    assert_eq!(
        told(&lots(app, &member, "")),
        all,
        "soonest first, those without an end last"
    );
    let sums = [
        ("2026-04-01", None),
        ("2026-04-02", Some(100)),
        ("2026-06-01", Some(100)),
        ("2026-07-01", Some(300)),
    ];
    for (by, points) in sums {
        let answer = lots(app, &member, &format!("?expiring_by={by}"));
        let sum = answer.list("/expiring").first().map(|sum| sum.int("/amount"));
        assert_eq!((answer.text("/by"), sum), (by.into(), points));
    }
    // Spent soonest first.
    let bag = app.reward("bag", 250, None, None);
    app.redeem(&member.number, &bag).created();
    assert_eq!(
        told(&lots(app, &member, "")),
        [(50, "2026-06-02".into()), (50, "never".into())]
    );
}

fn d_led_7_each_form_is_warned_of_with_its_grace(app: &TestApp) {
    let server = mail(app);
    let forms = [
        (json!({"kind": "per_lot", "months": 2, "grace_days": 4}), "2026年5月5日"),
        (
            json!({"kind": "per_lot", "months": 2, "end": "month_end", "grace_days": 6}),
            "2026年6月6日",
        ),
        (json!({"kind": "rolling", "months": 4, "grace_days": 7}), "2026年7月8日"),
        (
            json!({"kind": "fixed_day", "month": 7, "day": 31, "grace_days": 10}),
            "2026年8月10日",
        ),
    ];
    for (i, (form, _)) in forms.iter().enumerate() {
        expiring(app, form.clone());
        let customer = reachable(app, "王芳", &format!("wang{i}@cards.example"), false);
        app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
        app.issue(&customer);
    }
    for (i, (local, (_, last))) in [
        "2026-04-20 10:00",
        "2026-05-20 10:00",
        "2026-06-20 10:00",
        "2026-07-20 10:00",
    ]
    .into_iter()
    .zip(&forms)
    .enumerate()
    {
        app.set_now(local);
        app.night();
        let mail = server.wait_for(i + 1).remove(i);
        assert!(mail.text.contains(last), "{last}: {mail:?}");
    }
    assert_eq!(server.mails().len(), 4, "once each");
}

/// A member with 20 000 points that end on 31 December.
fn rich(app: &TestApp) -> Member {
    expiring(app, json!({"kind": "fixed_day", "month": 12, "day": 31}));
    with_points(app, "王芳", 20_000)
}

/// A new member with so many points, more than 1000.
fn with_points(app: &TestApp, name: &str, points: i64) -> Member {
    let member = app.member(name);
    let rest = (points - 1000) * 100;
    app.sale_to(&member).line("cream", "skin", rest).ring_as_quoted();
    assert_eq!(app.points(&member), points);
    member
}

fn d_led_7_a_clock_that_jumps_ends_no_points_without_a_word(app: &TestApp) {
    let member = rich(app);
    let before = app.entries(&member).len();
    app.set_now("2027-01-01 03:00");
    app.night();
    let run = last(app, "expiry");
    assert_eq!(run.text("/state"), "held");
    assert_eq!((run.int("/held/figure"), run.int("/held/of")), (20_000, 20_000));
    assert!(run.text("/detail/zh").contains("20000积分到期失效"), "{run:#}");
    assert_eq!(app.entries(&member).len(), before, "nothing is booked");
    app.night();
    assert_eq!(app.entries(&member).len(), before, "nor an hour later");
    // The clock is set right: the points are there, and nothing waits.
    app.set_now("2026-03-02 03:00");
    app.night();
    assert_eq!(
        (app.points(&member), last(app, "expiry").text("/day")),
        (20_000, "2027-01-01".into())
    );
    assert_eq!(app.entries(&member).len(), before);
}

fn d_led_7_ten_thousand_points_a_day_never_wait_and_one_more_does(app: &TestApp) {
    expiring(app, json!({"kind": "fixed_day", "month": 12, "day": 31}));
    let few = with_points(app, "王芳", 10_000);
    app.set_now("2027-01-01 03:00");
    app.night();
    assert_eq!(
        last(app, "expiry").text("/state"),
        "done",
        "all there is, and no more than the floor"
    );
    let entries = app.entries(&few);
    let ended = entries.iter().filter(|entry| entry["kind"] == "expire");
    assert_eq!(ended.map(|entry| entry.int("/amount")).sum::<i64>(), -10_000);
    app.set_now("2027-03-01 10:00");
    let many = with_points(app, "李雷", 10_001);
    let before = app.entries(&many).len();
    app.set_now("2028-01-01 03:00");
    app.night();
    let run = last(app, "expiry");
    assert_eq!((run.text("/state"), run.int("/held/figure")), ("held".into(), 10_001));
    assert_eq!(app.entries(&many).len(), before, "nothing is booked");
}

fn d_led_7_an_approved_run_takes_what_was_seen(app: &TestApp) {
    let member = rich(app);
    app.set_now("2027-01-01 03:00");
    app.night();
    let word = |figure: i64| json!({"zone": "Asia/Shanghai", "day": "2027-01-01", "figure": figure});
    let path = "/jobs/expiry/approve";
    app.manager().post(path, &word(20_000)).expect_problem(403, "forbidden");
    let problem = app.hq().post(path, &word(19_999)).expect_problem(422, "field_invalid");
    assert_eq!(problem.text("/pointer"), "/figure");
    app.hq()
        .post("/jobs/review/approve", &word(20_000))
        .expect_problem(404, "not_found");
    let begun = app.hq().post(path, &word(20_000));
    assert_eq!(begun.status, 202, "{:#}", begun.body);
    for _ in 0..200 {
        if last(app, "expiry").text("/state") == "done" {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let run = last(app, "expiry");
    assert_eq!(
        (run.text("/state"), run.int("/approved"), &run["held"]),
        ("done".into(), 20_000, &Value::Null)
    );
    let entry = app.entries(&member).pop().expect("an entry");
    assert_eq!((entry.text("/kind"), app.points(&member)), ("expire".into(), 0));
    let log = app.auditor().get("/audit?action=job.approve").ok().list("/items");
    assert_eq!(log.len(), 1);
}

fn d_led_7_a_clock_that_jumps_reviews_no_tiers_without_a_word(app: &TestApp) {
    app.configure().rule("/validity_months", 0).publish();
    let members: Vec<Member> = (0..21).map(|_| app.member("王芳")).collect();
    for member in &members {
        app.sale_to(member).line("cream", "skin", 4000_00).ring();
    }
    app.set_now("2027-03-02 02:00");
    app.night();
    let run = last(app, "review");
    assert_eq!((run.text("/state"), run.int("/held/figure")), ("held".into(), 21));
    assert!(members.iter().all(|member| app.tier(member) == "silver"));
    app.set_now("2026-03-02 02:00");
    app.night();
    assert!(members.iter().all(|member| app.tier(member) == "silver"));
}

fn d_led_2_what_ends_in_one_night_has_an_entry_each_and_one_line_in_the_log(app: &TestApp) {
    expiring(app, json!({"kind": "per_lot", "months": 1}));
    let members: Vec<Member> = (0..8).map(|n| app.member(&format!("会员{n}"))).collect();
    let bag = app.reward("bag", 1000, None, None);
    app.redeem(&members[0].number, &bag).created();
    app.set_now("2026-04-02 02:00");
    app.night();
    for (n, member) in members.iter().enumerate() {
        let left = if n == 0 { 0 } else { -1000 };
        let last = app.entries(member).pop().expect("an entry");
        assert_eq!((last.text("/kind"), last.int("/amount")), ("expire".into(), left));
        assert_eq!(app.points(member), 0);
    }
    let lines = || app.auditor().get("/audit?action=lots.expire").ok().list("/items");
    let [line] = &lines()[..] else { panic!("{:#?}", lines()) };
    let detail: Value = serde_json::from_str(&line.text("/detail")).expect("JSON");
    assert_eq!((detail.int("/memberships"), detail.int("/lots")), (8, 8), "{line:#}");
    let ends = |member: &Member| app.entries(member).len();
    let once: Vec<usize> = members.iter().map(ends).collect();
    app.night();
    assert_eq!(members.iter().map(ends).collect::<Vec<_>>(), once);
    assert_eq!(lines().len(), 1, "nothing was left to end");
}
