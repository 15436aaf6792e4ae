//! Tests of the whole: stories told over HTTP, rules of style, the browser.

pub mod plugins;
pub mod tidy;

use libtest_mimic::Trial;

/// Every test of this crate.
pub fn trials() -> Vec<Trial> {
    [plugins::tests(), tidy::tests()].into_iter().flatten().collect()
}
