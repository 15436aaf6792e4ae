//! Tests of the whole: stories told over HTTP, rules of style, the browser.

pub mod browser;
pub mod harness;
pub mod stories;
pub mod tidy;

use libtest_mimic::Trial;

/// Every test of this crate.
pub fn trials() -> Vec<Trial> {
    [tidy::tests, stories::tests, browser::tests].into_iter().flat_map(|tests| tests()).collect()
}
