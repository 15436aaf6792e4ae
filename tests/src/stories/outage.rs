//! A database that goes away: what can't be done says so, nothing is half done, and all goes on when it is back.

use crate::harness::{Actor, Backend, TestApp, fresh_key};
use libtest_mimic::{Completion, Trial};
use serde_json::Value;

pub fn tests() -> Vec<Trial> {
    type Story = fn(&TestApp);
    let all: [(&str, Story); 3] = [
        (
            "without_the_database_everything_is_unavailable_until_it_is_back",
            unavailable_until_it_is_back,
        ),
        (
            "a_writer_that_lost_its_connection_takes_another",
            the_writer_takes_another,
        ),
        (
            "a_sale_under_a_cut_is_there_once_or_not_at_all",
            sales_under_cuts_count_once,
        ),
    ];
    // SQLite's database is a file: it doesn't go away.
    let trial = |(name, story): (&str, Story)| {
        Backend::Postgres.trial(&format!("outage::{name}"), move || {
            let app = TestApp::start(Backend::Postgres);
            story(&app);
            app.finish();
            Ok(Completion::Completed)
        })
    };
    all.into_iter().map(trial).collect()
}

fn post(till: &Actor, key: &str, body: &Value) -> crate::harness::Answer {
    till.request("POST", "/sales").key(key).json(body).send()
}

fn unavailable_until_it_is_back(app: &TestApp) {
    let member = app.member("王芳");
    let (till, hq, key) = (app.till(), app.hq(), fresh_key());
    let body = app.sale_to(&member).line("cream", "skin", 100_00).body();
    app.database().cut();
    for _ in 0..2 {
        post(&till, &key, &body).expect_problem(503, "storage_unavailable");
        hq.get("/stores").expect_problem(503, "storage_unavailable");
    }
    app.database().mend();
    let first = post(&till, &key, &body).created();
    assert_eq!(
        post(&till, &key, &body).created(),
        first,
        "the same key, the same answer"
    );
    for _ in 0..3 {
        hq.get("/stores").ok();
    }
    assert_eq!(app.points(&member), 1000 + 100);
}

fn the_writer_takes_another(app: &TestApp) {
    let member = app.member("王芳");
    let till = app.till();
    for round in 1..=3 {
        let body = app.sale_to(&member).line("cream", "skin", 10_00).body();
        // What a sale reads before the writer comes to it may find the broken connection first.
        app.database().disconnect();
        let key = fresh_key();
        let answer = post(&till, &key, &body);
        if answer.status != 201 {
            answer.expect_problem(503, "storage_unavailable");
            post(&till, &key, &body).created();
        }
        assert_eq!(app.points(&member), 1000 + 10 * round);
    }
}

fn sales_under_cuts_count_once(app: &TestApp) {
    let member = app.member("王芳");
    let till = app.till();
    let bills: Vec<Value> = (0..40)
        .map(|_| app.sale_to(&member).line("cream", "skin", 10_00).body())
        .collect();
    std::thread::scope(|scope| {
        for bills in bills.chunks(10) {
            let till = &till;
            scope.spawn(move || {
                for body in bills {
                    let key = fresh_key();
                    // As a till does: the same key until there is an answer.
                    let answered = (0..200).any(|_| {
                        let answer = post(till, &key, body);
                        if answer.status != 201 {
                            answer.expect_problem(503, "storage_unavailable");
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            return false;
                        }
                        true
                    });
                    assert!(answered, "no answer for {body}");
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..15 {
                std::thread::sleep(std::time::Duration::from_millis(40));
                app.database().disconnect();
            }
        });
    });
    let counted = (0..100).find_map(|_| {
        let answer = app.hq().get(&format!("/cards/{}", member.card));
        (answer.status == 200).then(|| crate::harness::points_of(&answer.body).available)
    });
    assert_eq!(counted, Some(1000 + 40 * 10));
}
