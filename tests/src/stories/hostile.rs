//! Plugins that mean harm, or are broken, while the shops are open: every sale is answered, at the next counter too,
//! and what a plugin didn't judge is judged when it works.

use crate::harness::{Backend, Bill, Field, Member, TestApp, at_once, wait};
use crate::plugins::bombs;
use crate::plugins::guest::{EMPTY_OUTCOME, Guest, proposes, writes};
use cardea_engine::{EngineOptions, job, plugin};
use libtest_mimic::{Completion, Trial};
use std::time::Duration;

type Hostile = fn() -> Guest;
type Story = fn(Backend);

/// What the plugin does, how, and what that is called; nothing where the host lets it through and the ledger doesn't.
const HOSTILE: [(&str, Hostile, &str); 11] = [
    ("loops", || judges("(loop $again br $again) i32.const 0"), "plugin_fuel"),
    ("traps", || judges("unreachable"), "plugin_trap"),
    ("grows_its_memory", || judges(GROWS), "plugin_memory"),
    ("recurses", recurses, "plugin_trap"),
    ("logs_without_end", || judges(LOGS), "plugin_fuel"),
    (
        "answers_for_a_line_that_is_not_there",
        || judges(&proposes(9, 1, 0)),
        "plugin_output",
    ),
    ("takes_points_away", || judges(&proposes(1, -5_000_000, 0)), ""),
    (
        "gives_absurd_points",
        || judges(&proposes(1, i64::MAX, 0)),
        "plugin_output",
    ),
    (
        "names_a_reason_that_is_not_there",
        || judges(&proposes(1, 1, 1)),
        "plugin_output",
    ),
    (
        "answers_from_outside_its_memory",
        || judges(&writes(&[(12, 65_528), (16, 100)])),
        "plugin_output",
    ),
    ("floods_the_host", floods, "plugin_output"),
];

const GROWS: &str = "(loop $again (drop (memory.grow (i32.const 16))) br $again) i32.const 0";
const LOGS: &str = "(loop $again (call $log (i32.const 0) (i32.const 16) (i32.const 1)) br $again) i32.const 0";

fn judges(body: &str) -> Guest {
    Guest::new().judge(body)
}

fn recurses() -> Guest {
    let deep = "(func $deep (result i32) (i32.add (call $deep) (i32.const 1)))";
    judges("call $deep").fields(deep)
}

/// 20 000 contributions of 24 bytes: more than it may answer.
fn floods() -> Guest {
    judges(&writes(&[(12, 8192), (16, 20_000)])).memory("16")
}

pub fn tests() -> Vec<Trial> {
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (does, guest, code) in HOSTILE {
            let name = format!("hostile::sales_go_on_while_a_plugin_{does}");
            found.push(backend.trial(&name, move || {
                sales_go_on(backend, &guest(), code);
                Ok(Completion::Completed)
            }));
        }
        let others: [(&str, Story); 2] = [
            ("a_plugin_that_keeps_failing_is_suspended_and_tried_again", is_suspended),
            ("a_compile_bomb_holds_up_no_sale", compile_bomb),
        ];
        for (name, story) in others {
            found.push(backend.trial(&format!("hostile::{name}"), move || {
                story(backend);
                Ok(Completion::Completed)
            }));
        }
    }
    found
}

fn retail() -> &'static [u8] {
    let mut embedded = plugin::embedded().iter();
    embedded.find(|(id, _)| *id == "retail").expect("embedded").1
}

/// The machine runs many tests at once: what a plugin does shall stop it, not how long that takes.
fn unhurried(options: &mut EngineOptions) {
    options.plugins.limits.deadline = Duration::from_secs(5);
}

fn sales_go_on(backend: Backend, guest: &Guest, code: &str) {
    let app = TestApp::start(backend);
    let other = app.create_program("other");
    let (theirs, ours) = (app.member("王芳"), app.member_of(&other, "李雷"));
    app.plant(app.program(), &guest.build());
    let app = app.restarted(&unhurried);
    let booked = at_once(4, |n| {
        let member = if n % 2 == 0 { &theirs } else { &ours };
        [(); 3].map(|()| app.sale_to(member).line("cream", "skin", 10_00).ring())
    });
    for (n, bill) in booked
        .iter()
        .enumerate()
        .flat_map(|(n, bills)| bills.iter().map(move |bill| (n, bill)))
    {
        let expected = if n % 2 == 0 { ("unjudged", 0) } else { ("judged", 10) };
        assert_eq!((bill.body.text("/judged").as_str(), bill.earned()), expected);
    }
    let counts = app.server().engine().plugins().counts();
    let expected = (!code.is_empty()).then_some((code, 6));
    assert_eq!(counts.failures, Vec::from_iter(expected));
    let failing = wait(job::run_all(app.server().engine())).expect_err("it still fails");
    assert_eq!(failing.code.as_str(), "plugin_failed");
    assert_eq!((app.points(&theirs), app.points(&ours)), (1000, 1060));
    // Returned before it earned anything.
    app.return_of(&booked[0][0]).book_as_quoted();
    app.plant(app.program(), retail());
    let app = app.restarted(&|_| {});
    app.night();
    assert_eq!((app.points(&theirs), app.points(&ours)), (1050, 1060));
    let now = app.sale_to(&theirs).line("cream", "skin", 10_00).ring();
    assert_eq!(now.body.text("/judged"), "judged");
    app.finish();
}

/// Fails on bills of two lines, and gives nothing for others.
fn moody() -> Guest {
    let fails = "(if (i32.eq (local.get 11) (i32.const 2)) (then unreachable))";
    Guest::new()
        .judge(format!("{fails} i32.const {EMPTY_OUTCOME}"))
        .id("moody")
}

fn with_cool_down(app: TestApp, cool_down: Duration) -> TestApp {
    app.restarted(&|options| {
        unhurried(options);
        options.plugins.suspension.failures = 3;
        options.plugins.suspension.cool_down = cool_down;
    })
}

fn rings(app: &TestApp, member: &Member, lines: usize) -> String {
    let sale = (0..lines).fold(app.sale_to(member), |sale, _| sale.line("cream", "skin", 10_00));
    let bill: Bill = sale.ring();
    bill.body.text("/judged")
}

fn metric(app: &TestApp, name: &str) -> Option<String> {
    let figures = app.hq().get("!/metrics").ok();
    let text = figures.as_str().expect("a text");
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned))
}

/// HQ's audit entries of suspensions, once there are so many.
fn told(app: &TestApp, count: usize) -> Vec<serde_json::Value> {
    for _ in 0..600 {
        let entries = app.hq().get("/audit?action=plugin.suspended").ok().list("/items");
        if entries.len() >= count {
            return entries;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("HQ wasn't told");
}

fn is_suspended(backend: Backend) {
    let app = TestApp::start(backend);
    let member = app.member("王芳");
    app.plant(app.program(), &moody().build());
    let app = with_cool_down(app, Duration::from_secs(3600));
    for _ in 0..2 {
        assert_eq!(rings(&app, &member, 2), "unjudged");
    }
    assert_eq!(rings(&app, &member, 1), "judged", "two failures don't suspend it");
    for _ in 0..3 {
        assert_eq!(rings(&app, &member, 2), "unjudged");
    }
    assert_eq!(rings(&app, &member, 1), "unjudged", "it is left alone");
    assert_eq!(rings(&app, &member, 1), "unjudged");
    let counts = app.server().engine().plugins().counts();
    assert_eq!((counts.calls, counts.suspensions), (6, 1));
    assert_eq!(counts.failures, [("plugin_trap", 5), ("plugin_suspended", 2)]);
    assert_eq!(metric(&app, "cardea_plugins_suspended").as_deref(), Some("1"));
    assert_eq!(metric(&app, "cardea_plugin_suspensions_total").as_deref(), Some("1"));
    let entries = told(&app, 1);
    let detail: serde_json::Value = serde_json::from_str(&entries[0].text("/detail")).expect("JSON");
    assert_eq!(
        (detail.text("/plugin").as_str(), detail.text("/reason").as_str()),
        ("moody", "plugin_trap")
    );
    assert_eq!(
        (entries.len(), detail.int("/failures"), detail.int("/seconds")),
        (1, 3, 3600)
    );
    assert_eq!(app.messages("plugin.suspended").len(), 1);
    let app = with_cool_down(app, Duration::from_millis(1));
    for _ in 0..5 {
        assert_eq!(rings(&app, &member, 2), "unjudged");
    }
    std::thread::sleep(Duration::from_millis(40));
    assert_eq!(rings(&app, &member, 1), "judged", "it is tried again");
    assert_eq!(metric(&app, "cardea_plugins_suspended").as_deref(), Some("0"));
    assert_eq!(told(&app, 2).len(), 2, "once per suspension");
    assert_eq!(app.messages("plugin.suspended").len(), 2);
    app.finish();
}

fn compile_bomb(backend: Backend) {
    let app = TestApp::start(backend);
    let other = app.create_program("other");
    let (theirs, ours) = (app.member("王芳"), app.member_of(&other, "李雷"));
    app.plant(app.program(), &bombs::slow().build());
    let app = app.restarted(&|options| {
        unhurried(options);
        let compiler = options.plugins.compiler.as_mut().expect("a compiler");
        compiler.limits.cpu_seconds = 3;
        compiler.limits.wall = Duration::from_secs(300);
    });
    let given_up = || {
        let counts = app.server().engine().plugins().counts();
        counts.failures.contains(&("plugin_refused_load", 1))
    };
    let judged = |member: &Member| {
        let judged = rings(&app, member, 1);
        (judged, given_up())
    };
    let answers = at_once(2, |n| judged(if n == 0 { &theirs } else { &ours }));
    assert_eq!((answers[0].0.as_str(), answers[1].0.as_str()), ("unjudged", "judged"));
    assert!(
        !answers[1].1,
        "it was answered while the other plugin was being compiled"
    );
    for _ in 0..1200 {
        if given_up() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(given_up(), "the compiler was stopped");
    assert_eq!(
        (rings(&app, &theirs, 1), rings(&app, &ours, 1)),
        ("unjudged".into(), "judged".into())
    );
    app.plant(app.program(), retail());
    let app = app.restarted(&unhurried);
    app.night();
    assert_eq!((app.points(&theirs), app.points(&ours)), (1020, 1020));
    app.finish();
}
