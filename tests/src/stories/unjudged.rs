//! A plugin that fails stops no sale: it is booked unjudged, and judged later under the rules of its date.

use crate::harness::{Backend, Field, Member, Sale, TestApp, wait};
use cardea_engine::job;
use libtest_mimic::{Completion, Trial};
use std::time::Duration;

type Story = fn(Backend);

pub fn tests() -> Vec<Trial> {
    let stories: [(&str, Story); 2] = [
        ("a_sale_that_exhausts_its_plugin_is_judged_later", is_judged_later),
        ("what_is_returned_before_it_is_judged_earns_nothing", returned_before),
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
