//! The one schedule: what runs by itself, once on a business date in each zone, and what HQ sees of it.

use crate::harness::{Field, TestApp, wait};
use cardea_engine::job;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use std::time::Duration;

pub fn tests() -> Vec<Trial> {
    crate::stories!("jobs":
        a_job_has_one_turn_on_a_business_date_in_each_zone,
        two_servers_share_the_turns,
        hq_gives_a_job_its_turn_at_once,
        only_head_office_sees_the_schedule,
    )
}

fn runs(app: &TestApp, job: &str) -> Vec<Value> {
    app.hq().get(&format!("/jobs/{job}/runs")).ok().list("/items").to_vec()
}

/// A job's last run, as HQ sees it.
pub(super) fn last(app: &TestApp, job: &str) -> Value {
    let jobs = app.hq().get("/jobs").ok();
    let found = jobs.list("/items").iter().find(|item| item["name"] == job).cloned();
    found.unwrap_or_else(|| panic!("{job} in {jobs:#}"))["last"].clone()
}

/// Business date, zone and number of runs.
fn told(runs: &[Value]) -> Vec<(String, String, i64)> {
    let told = |run: &Value| (run.text("/day"), run.text("/zone"), run.int("/runs"));
    runs.iter().map(told).collect()
}

fn a_job_has_one_turn_on_a_business_date_in_each_zone(app: &TestApp) {
    assert_eq!(last(app, "review"), Value::Null);
    let store = json!({
        "code": "paris", "name": "Paris", "region_id": null, "time_zone": "Europe/Paris", "kind": "own",
    });
    app.hq().post("/stores", &store).created();
    app.set_now("2026-03-01 23:30");
    app.night();
    app.night();
    let first = [
        ("2026-03-01".into(), "Asia/Shanghai".into(), 1),
        ("2026-03-01".into(), "Europe/Paris".into(), 1),
    ];
    assert_eq!(told(&runs(app, "review")), first);
    assert_eq!(runs(app, "judge")[0].int("/runs"), 2, "hourly");
    // Midnight has passed in Shanghai, not in Paris; then nothing runs for days.
    app.set_now("2026-03-02 00:30");
    app.night();
    app.set_now("2026-03-09 12:00");
    app.night();
    let days: Vec<String> = told(&runs(app, "review"))
        .into_iter()
        .map(|(day, zone, _)| day + " " + &zone)
        .collect();
    assert_eq!(
        days,
        [
            "2026-03-09 Asia/Shanghai",
            "2026-03-09 Europe/Paris",
            "2026-03-02 Asia/Shanghai",
            "2026-03-01 Asia/Shanghai",
            "2026-03-01 Europe/Paris",
        ]
    );
    let path = "/jobs/review/runs?limit=2";
    let page = app.hq().get(path).ok();
    let next = app
        .hq()
        .get(&format!("{path}&after={}", page.text("/next").replace('+', "%2B")))
        .ok();
    assert_eq!(next.list("/items")[0].text("/day"), "2026-03-02");
    app.hq()
        .get("/jobs/review/runs?after=x")
        .expect_problem(400, "body_invalid");
    app.hq().get("/jobs/nothing/runs").expect_problem(404, "not_found");
}

fn two_servers_share_the_turns(app: &TestApp) {
    let engine = app.server().engine();
    let (one, other) = wait(async { tokio::join!(job::run_all(engine), job::run_all(engine)) });
    one.and(other).expect("both run");
    assert_eq!(last(app, "review").int("/runs"), 1);
    assert_eq!(last(app, "review")["state"], "done");
}

fn hq_gives_a_job_its_turn_at_once(app: &TestApp) {
    app.night();
    let begun = app.hq().post("/jobs/review/run", &json!({}));
    assert_eq!(begun.status, 202, "{:#}", begun.body);
    for _ in 0..200 {
        let run = last(app, "review");
        if run.int("/runs") == 2 && run["state"] == "done" {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{:#}", last(app, "review"));
}

fn only_head_office_sees_the_schedule(app: &TestApp) {
    for role in ["store_manager", "auditor", "consultant"] {
        let actor = app.actor(role, &[]);
        actor.get("/jobs").expect_problem(403, "forbidden");
        actor
            .post("/jobs/review/run", &json!({}))
            .expect_problem(403, "forbidden");
    }
}
