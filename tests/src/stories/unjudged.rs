//! A plugin that fails stops no sale: it is booked unjudged, and judged later under the rules of its date.

use crate::harness::{Backend, Field, Member, Sale, TestApp, wait};
use crate::plugins::guest::Guest;
use cardea_engine::{job, plugin};
use libtest_mimic::{Completion, Trial};
use std::time::Duration;

type Story = fn(Backend);

pub fn tests() -> Vec<Trial> {
    let stories: [(&str, Story); 5] = [
        ("a_sale_that_exhausts_its_plugin_is_judged_later", is_judged_later),
        ("what_is_returned_before_it_is_judged_earns_nothing", returned_before),
        ("a_plugin_whose_bytes_were_changed_stops_no_sale", changed_bytes),
        ("a_plugin_that_is_missing_stops_no_sale", missing),
        ("a_program_whose_plugin_fails_holds_no_other_up", holds_no_other_up),
    ];
    let mut found = Vec::new();
    for backend in Backend::ALL.iter().copied() {
        for (name, story) in stories {
            found.push(backend.trial(&format!("unjudged::{name}"), move || {
                story(backend);
                Ok(Completion::Completed)
            }));
        }
    }
    found
}

/// Instructions for a handful of lines, but not for hundreds.
const LITTLE: u64 = 400_000;

fn start(backend: Backend) -> TestApp {
    TestApp::start_with(backend, &|options| {
        options.plugins.limits.fuel = LITTLE;
        options.plugins.limits.deadline = Duration::from_secs(5);
    })
}

/// More lines than the plugin has instructions for; 3.00 each.
fn long_bill<'a>(app: &'a TestApp, member: &Member) -> Sale<'a> {
    (0..400).fold(app.sale_to(member), |sale, n| {
        sale.line(&format!("item-{n}"), "misc", 3_00)
    })
}

/// HQ sees why the job failed, and that it is tried again.
fn is_told(app: &TestApp) {
    wait(job::run_all(app.server().engine())).expect_err("it is tried again");
    let run = super::jobs::last(app, "judge");
    assert_eq!(
        (run.text("/state"), run.text("/code"), run.int("/runs")),
        ("failed".into(), "plugin_failed".into(), 2)
    );
    assert!(
        !run.text("/detail/zh").is_empty() && !run["ended_at"].is_null(),
        "{run:#}"
    );
    assert_eq!(
        super::jobs::last(app, "review").text("/state"),
        "done",
        "the others have their turn"
    );
}

fn is_judged_later(backend: Backend) {
    let app = start(backend);
    let member = app.member("王芳");
    let bill = long_bill(&app, &member).ring();
    assert_eq!((bill.body.text("/judged").as_str(), bill.earned()), ("unjudged", 0));
    assert_eq!(app.points(&member), 1000, "what the card began with");
    // Others are served as ever.
    let small = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    assert_eq!((small.body.text("/judged").as_str(), small.earned()), ("judged", 10));
    let failing = wait(job::run_all(app.server().engine())).expect_err("the plugin still fails");
    assert_eq!(failing.code.as_str(), "plugin_failed");
    is_told(&app);
    assert_eq!(app.points(&member), 1010);
    // HQ doubles the points from now on; the operator gives plugins more room.
    app.set_now("2026-03-01 11:00");
    app.configure().rule("/points_per_unit", "2").publish();
    let app = app.restarted(&|_| {});
    app.night();
    assert_eq!(
        app.points(&member),
        1010 + 1200,
        "one point per 1.00, the rule of its date"
    );
    let sale = app.hq().get(&format!("/sales/{}", bill.id)).ok();
    assert_eq!(
        (sale.text("/judged").as_str(), sale.int("/points_earned")),
        ("judged", 1200)
    );
    let entries = app.entries(&member);
    let late = entries
        .iter()
        .find(|entry| entry.int("/amount") == 1200)
        .expect("its entry");
    assert_eq!(late.text("/sale_id"), bill.id);
    app.night();
    assert_eq!(app.points(&member), 2210, "judged once");
    // A return takes back what it has earned at last.
    app.return_of(&bill).line(1, 1000).book_as_quoted();
    assert_eq!(app.points(&member), 2207);
    app.finish();
}

fn returned_before(backend: Backend) {
    let app = start(backend);
    let member = app.member("李雷");
    let bill = long_bill(&app, &member).ring();
    let mut back = app.return_of(&bill);
    for line in 1..=100 {
        back = back.line(line, 1000);
    }
    back.book_as_quoted();
    let app = app.restarted(&|_| {});
    app.night();
    assert_eq!(app.points(&member), 1000 + 900);
    app.return_of(&bill).book_as_quoted();
    assert_eq!(app.points(&member), 1000);
    app.finish();
}

fn retail() -> &'static [u8] {
    let mut embedded = plugin::embedded().iter();
    embedded.find(|(id, _)| *id == "retail").expect("embedded").1
}

/// What a program without its plugin can do, and that it does the rest once the plugin is back.
fn without_plugin(app: TestApp, lose: impl FnOnce(&TestApp), restore: impl FnOnce(&TestApp)) {
    let member = app.member("王芳");
    let reward = app.reward("mug", 100, None, None);
    let buyer = app.customer("李雷").create();
    app.sale().customer(&buyer).line("gift-box", "gifts", 1000_00).ring();
    lose(&app);
    let app = &app.restarted(&|_| {});
    let bill = app.sale_to(&member).line("cream", "skin", 20_00).ring();
    assert_eq!((bill.body.text("/judged").as_str(), bill.earned()), ("unjudged", 0));
    let quoted = app.sale_to(&member).line("cream", "skin", 20_00).quote().ok();
    assert_eq!(quoted.text("/judged"), "unjudged");
    // What needs the ladder or the terms alone goes on; what the plugin has to permit is refused, and says so.
    assert_eq!((app.points(&member), app.tier(&member).as_str()), (1000, "vip"));
    let back = app.return_of(&bill).line(1, 500).book_as_quoted();
    drop(back);
    let program = app.hq().get(&format!("/programs/{}", app.program())).ok();
    assert_eq!(
        (program.text("/plugin/id").as_str(), &program["schema"]),
        ("retail", &serde_json::Value::Null)
    );
    assert_eq!(app.hq().get("/programs").ok().list("/items").len(), 1);
    app.apply(&buyer).expect_problem(503, "plugin_failed");
    app.redeem(&member.number, &reward).expect_problem(503, "plugin_failed");
    let refused = app.configure().post().expect_problem(503, "plugin_failed");
    assert!(refused.text("/detail").contains("plugin_refused_load"), "{refused:#}");
    let failing = wait(job::run_all(app.server().engine())).expect_err("there is no plugin");
    assert_eq!(failing.code.as_str(), "plugin_failed");
    restore(app);
    app.night();
    assert_eq!(app.points(&member), 1010, "what was kept of it");
    let small = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    assert_eq!((small.body.text("/judged").as_str(), small.earned()), ("judged", 10));
    app.issue(&buyer);
    app.finish();
}

fn changed_bytes(backend: Backend) {
    let digest = |app: &TestApp| app.hq().get("/programs").ok().text("/items/0/plugin/digest");
    without_plugin(
        TestApp::start(backend),
        |app| app.overwrite_component(&digest(app), b"not what was pinned"),
        |app| app.overwrite_component(&digest(app), retail()),
    );
}

fn missing(backend: Backend) {
    without_plugin(TestApp::start(backend), TestApp::lose_components, |app| {
        app.keep_component(retail())
    });
}

fn holds_no_other_up(backend: Backend) {
    let app = TestApp::start(backend);
    let (poor, other) = (app.member("王芳"), app.create_program("other"));
    let lucky = app.member_of(&other, "李雷");
    app.plant(app.program(), &Guest::new().judge("unreachable").build());
    app.plant(&other, &Guest::new().judge("unreachable").build());
    let app = app.restarted(&|_| {});
    for _ in 0..10 {
        app.sale_to(&poor).line("cream", "skin", 10_00).ring();
    }
    let bill = app.sale_to(&lucky).line("cream", "skin", 20_00).ring();
    assert_eq!(bill.body.text("/judged"), "unjudged");
    app.plant(&other, retail());
    let app = app.restarted(&|_| {});
    let failing = wait(job::run_all(app.server().engine())).expect_err("one plugin still fails");
    assert_eq!(failing.code.as_str(), "plugin_failed");
    assert_eq!((app.points(&poor), app.points(&lucky)), (1000, 1020));
    app.finish();
}
