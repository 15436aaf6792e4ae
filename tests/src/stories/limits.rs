//! What a bill may add up to: beyond the chain's limit, somebody has to say that it is meant.

use crate::harness::{Field, TestApp};
use libtest_mimic::Trial;
use serde_json::json;

pub fn tests() -> Vec<Trial> {
    crate::stories!("limits":
        s4_a_bill_beyond_the_chains_limit_is_asked_about,
        s4_a_chain_sets_its_own_limit,
    )
}

fn s4_a_bill_beyond_the_chains_limit_is_asked_about(app: &TestApp) {
    let member = app.member("王芳");
    let bill = app
        .sale_to(&member)
        .line("cream", "skin", 199_00)
        .line("cream", "skin", 100_000_000_000_00);
    for answer in [bill.quote(), bill.post()] {
        let problem = answer.expect_problem(409, "bill_over_limit");
        assert_eq!(problem.int("/limit"), 1_000_000_00);
        let detail = problem.text("/detail");
        assert!(
            detail.contains("100000000199.00") && detail.contains("1000000.00"),
            "{detail}"
        );
    }
    let just = app
        .sale_to(&member)
        .line("cream", "skin", 1_000_000_00)
        .line("cream", "skin", 1);
    just.post().expect_problem(409, "bill_over_limit");
    assert_eq!(app.points(&member), 1000, "nothing is booked");
    assert_eq!(just.with("over_limit", true).ring().earned(), 1_000_000);
}

fn s4_a_chain_sets_its_own_limit(app: &TestApp) {
    let hq = app.hq();
    let settings = hq.get("/chain");
    let version = settings.header("etag").expect("a version").to_owned();
    assert_eq!(settings.ok().int("/bill_limit"), 1_000_000_00);
    hq.patch("/chain", &version, &json!({"bill_limit": 0}))
        .expect_problem(422, "field_invalid");
    let changed = hq.patch("/chain", &version, &json!({"bill_limit": 500_00})).ok();
    assert_eq!(changed.int("/bill_limit"), 500_00);
    hq.patch("/chain", &version, &json!({"bill_limit": 1}))
        .expect_problem(412, "version_conflict");
    app.sale().line("cream", "skin", 500_00).ring();
    app.sale()
        .line("cream", "skin", 500_01)
        .post()
        .expect_problem(409, "bill_over_limit");
}
