//! Tests of the whole: stories told over HTTP, the pages in a browser, plugins, rules of style.

pub mod browser;
pub mod harness;
pub mod plugins;
pub mod schema;
pub mod stories;
pub mod tidy;

use libtest_mimic::Trial;

/// Every test of this crate.
pub fn trials() -> Vec<Trial> {
    let subjects = [
        plugins::tests,
        stories::tests,
        browser::tests,
        schema::tests,
        tidy::tests,
    ];
    let mut trials: Vec<Trial> = subjects.into_iter().flat_map(|tests| tests()).collect();
    let told = trials.iter().map(|trial| trial.name().to_owned()).collect();
    trials.push(tidy::every_pain_is_told(told));
    trials
}
