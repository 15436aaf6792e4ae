//! A disk without room: 503, never a wrong answer, and then on as if nothing had been.

use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Answer, Backend, Field, PASSWORD, TestApp, fresh_key, peers, points_of, wait};
use cardea_engine::store::Answer as Written;
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::Value;
use std::process::{Command, Stdio};

pub fn tests() -> Vec<Trial> {
    type Test = fn(&TestApp);
    let of = |backend: Backend, name: &str, test: Test| {
        backend.trial(&format!("storage::{name}"), move || {
            let app = TestApp::start(backend);
            test(&app);
            app.finish();
            Ok(Completion::Completed)
        })
    };
    vec![
        Backend::Sqlite.trial("storage::nothing_can_be_written_for_a_while", full_disk),
        of(Backend::Sqlite, "a_database_that_may_not_grow", may_not_grow),
    ]
}

/// The storage's own refusal, with a hint when to come again.
#[track_caller]
fn expect_unavailable(answer: Answer) {
    assert!(answer.header("retry-after").is_some(), "{:#}", answer.body);
    answer.expect_problem(503, "storage_unavailable");
}

/// The same command line where a write beyond the limit of a file's size fails, like one to a full disk, instead of
/// ending the process.
fn without_signal(command: &Command) -> Command {
    let mut wrapped = Command::new("sh");
    wrapped
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args())
        .current_dir(command.get_current_dir().expect("the site's folder"));
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    wrapped
}

/// Sets how far into a file a process may write; less and more again, which needs no rights.
fn limit_files(process: &Process, bytes: &str) {
    let (process, limit) = (format!("--pid={}", process.id()), format!("--fsize={bytes}:"));
    let set = Command::new("prlimit")
        .args([process, limit])
        .status()
        .expect("prlimit runs");
    assert!(set.success(), "prlimit failed");
}

fn full_disk() -> Result<Completion, Failed> {
    if let Err(why) = peers::prlimit() {
        return peers::missing(&why);
    }
    let app = TestApp::start(Backend::Sqlite);
    let member = app.member("王芳");
    app.follow_the_machines_clock();
    let bills: Vec<Value> = (0..8)
        .map(|_| app.sale_to(&member).line("cream", "skin", 10_00).body())
        .collect();
    let (till, hq, chain) = (app.till(), app.hq(), app.chain().code.clone());
    app.cashier();
    let site = app.leave();
    let mut served = Served::start(without_signal(&site.cardea(&LISTEN)));
    let at = |actor: &Actor| Actor::nobody(&served.url).with_token(actor.token());
    let (till, hq) = (at(&till), at(&hq));
    let keys: Vec<String> = bills.iter().map(|_| fresh_key()).collect();
    let sell = |n: usize| till.request("POST", "/sales").key(&keys[n]).json(&bills[n]).send();
    let read = || points_of(&hq.get(&format!("/cards/{}", member.card)).ok()).available;
    let first = sell(0).created();
    assert_eq!(read(), 1010);

    limit_files(&served.process, "0");
    for n in 1..bills.len() {
        expect_unavailable(sell(n));
        assert_eq!(read(), 1010, "what is there can be read, and nothing else is there");
    }
    expect_unavailable(Actor::nobody(&served.url).login(&chain, "cashier-east", PASSWORD));
    hq.get(&format!("/sales/{}", first.text("/id"))).ok();
    assert_eq!(sell(0).created(), first, "known answers are still given");

    limit_files(&served.process, "unlimited");
    for n in 1..bills.len() {
        sell(n).created();
    }
    assert_eq!(read(), 1080, "each once");
    Actor::nobody(&served.url).login(&chain, "cashier-east", PASSWORD).ok();
    hq.request("GET", "!/readyz").send().ok();
    served.stop();
    let mut verify = Process::start(site.cardea(&["verify"]));
    assert!(verify.wait().success(), "{}", verify.seen.join("\n"));
    Ok(Completion::Completed)
}

fn may_not_grow(app: &TestApp) {
    let member = app.member("王芳");
    let system = cardea_engine::Actor::system(app.chain().id.parse().expect("a chain's id"));
    let engine = app.server().engine();
    let long_bill = || {
        (0..300).fold(app.sale_to(&member), |sale, n| {
            sale.line(&format!("item-{n}"), "misc", 1_00)
        })
    };
    let mut points = 1000;
    for _ in 0..2 {
        // On the writer's own connection: the next pages find no place. It lasts as long as the connection.
        let full = engine.transact(&system, None, "test.full", |tx| {
            tx.conn().batch("PRAGMA max_page_count = 1")?;
            Ok(Written::no_content())
        });
        wait(full).expect("a pragma");
        let mut refused = false;
        for _ in 0..20 {
            let (sale, key) = (long_bill(), fresh_key());
            let answer = sale.post_with_key(&key);
            refused = answer.status != 201;
            if refused {
                expect_unavailable(answer);
                assert_eq!(app.points(&member), points, "nothing of it was booked");
                sale.post_with_key(&key).created();
            }
            points += 300;
            assert_eq!(app.points(&member), points);
            if refused {
                break;
            }
        }
        assert!(refused, "the database could grow all the time");
    }
}
