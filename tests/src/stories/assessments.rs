//! Assessment by weighted scorecards (D-ARC-7).

use crate::harness::{Actor, Answer, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("assessments":
        d_arc_7_a_grade_sets_the_limit_and_the_terms,
        d_arc_7_marks_that_are_missing_or_unknown_are_refused,
        d_arc_7_a_chain_declares_its_scorecard_in_versions,
        d_arc_7_belief_and_health_are_asked_nowhere,
        d_arc_7_who_may_grant_credit,
        d_arc_7_assessments_go_along_with_a_merge_and_lose_their_remark_by_an_erasure,
    )
}

/// The same mark for each criterion of the shipped card, but for some.
fn marks(all: u8, but: &[(&str, u8)]) -> Value {
    let codes = [
        "enthusiasm",
        "sales_methods",
        "distribution",
        "funds",
        "brands",
        "logistics",
        "reputation",
        "standing",
    ];
    let mut marks: serde_json::Map<String, Value> = codes.iter().map(|code| ((*code).into(), json!(all))).collect();
    marks.extend(but.iter().map(|(code, mark)| ((*code).to_owned(), json!(mark))));
    Value::Object(marks)
}

fn assess(actor: &Actor, customer: &str, scorecard: i64, marks: Value) -> Answer {
    let body = json!({"scorecard": scorecard, "marks": marks, "remark": "付款准时"});
    actor.post(&format!("/customers/{customer}/assessments"), &body)
}

fn history(app: &TestApp, customer: &str) -> Vec<Value> {
    app.hq()
        .get(&format!("/customers/{customer}/assessments"))
        .ok()
        .list("/items")
        .to_vec()
}

fn d_arc_7_a_grade_sets_the_limit_and_the_terms(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let manager = app.actor("store_manager", &[app.east()]);
    let first = assess(&manager, &customer, 0, marks(85, &[])).created();
    assert_eq!(
        (
            first.text("/grade"),
            first.int("/score_ppm"),
            first.int("/credit_limit"),
            first.int("/terms_days")
        ),
        ("A".into(), 850_000, 500_000_00, 60)
    );
    app.set_now("2026-09-01 10:00");
    // One mark less at a weight of 8 %.
    let second = assess(&manager, &customer, 0, marks(85, &[("brands", 84)])).created();
    assert_eq!(
        (
            second.text("/grade"),
            second.int("/score_ppm"),
            second.int("/credit_limit"),
            second.int("/terms_days")
        ),
        ("B".into(), 849_200, 200_000_00, 30)
    );
    let all = history(app, &customer);
    assert_eq!(all, [second, first], "the last one holds, the earlier one stays");
    assert_eq!(
        (
            all[1].text("/day"),
            all[1].int("/marks/3/mark"),
            all[1].text("/marks/3/label/zh")
        ),
        ("2026-03-01".into(), 85, "能力：资金".into())
    );
    assert!(app.database().dump().is_none_or(|text| !text.contains("付款准时")));
}

fn d_arc_7_marks_that_are_missing_or_unknown_are_refused(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mut missing = marks(50, &[]);
    missing.as_object_mut().expect("marks").remove("funds");
    for wrong in [
        missing,
        marks(50, &[("funds", 101)]),
        marks(50, &[("luck", 1)]),
        json!({}),
    ] {
        assess(&app.hq(), &customer, 0, wrong).expect_problem(422, "field_invalid");
    }
    assess(&app.hq(), &customer, 1, marks(50, &[])).expect_problem(412, "version_conflict");
    assert!(history(app, &customer).is_empty());
}

fn card(weights: [i64; 2]) -> Value {
    let criterion =
        |code: &str, zh: &str, weight| json!({"code": code, "label": {"zh": zh, "en": code}, "weight_ppm": weight});
    json!({
        "criteria": [criterion("orders", "订货", weights[0]), criterion("payment", "付款", weights[1])],
        "grades": [
            {"name": "优", "from_ppm": 600_000, "credit_limit": 1_000_00, "terms_days": 10},
            {"name": "一般", "from_ppm": 0, "credit_limit": 0, "terms_days": 0},
        ],
    })
}

fn d_arc_7_a_chain_declares_its_scorecard_in_versions(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let hq = app.hq();
    assess(&hq, &customer, 0, marks(85, &[])).created();
    let publish = |actor: &Actor, follows: i64, card: Value| {
        actor.post("/scorecards", &json!({"follows": follows, "scorecard": card}))
    };
    let wrong = publish(&hq, 0, card([700_000, 300_001])).expect_problem(422, "field_invalid");
    assert!(wrong.to_string().contains("100.0001"), "{wrong:#}");
    let mut falling = card([700_000, 300_000]);
    falling["grades"][1]["from_ppm"] = json!(1);
    publish(&hq, 0, falling).expect_problem(422, "field_invalid");
    publish(&app.manager(), 0, card([700_000, 300_000])).expect_problem(403, "forbidden");
    assert_eq!(publish(&hq, 0, card([700_000, 300_000])).created().int("/version"), 1);
    publish(&hq, 0, card([600_000, 400_000])).expect_problem(412, "version_conflict");
    assess(&hq, &customer, 0, marks(85, &[])).expect_problem(412, "version_conflict");
    let new = assess(&hq, &customer, 1, json!({"orders": 60, "payment": 60})).created();
    assert_eq!((new.text("/grade"), new.int("/credit_limit")), ("优".into(), 1_000_00));
    let all = history(app, &customer);
    assert_eq!(
        (all[1].int("/scorecard"), all[1].list("/marks").len()),
        (0, 8),
        "under its own card"
    );
    assert_eq!(hq.get("/scorecards").ok().list("/items").len(), 1);
}

fn d_arc_7_belief_and_health_are_asked_nowhere(app: &TestApp) {
    for (code, zh) in [
        ("belief", "信念"),
        ("faith", "x"),
        ("x", "家人健康状况"),
        ("x", "宗教信仰"),
    ] {
        let mut asks = card([700_000, 300_000]);
        asks["criteria"][0]["code"] = json!(code);
        asks["criteria"][0]["label"]["zh"] = json!(zh);
        let body = json!({"follows": 0, "scorecard": asks});
        app.hq().post("/scorecards", &body).expect_problem(422, "field_invalid");
    }
    let shipped = app.hq().get("/scorecard").ok();
    assert_eq!(
        (shipped.int("/version"), shipped.list("/scorecard/criteria").len()),
        (0, 8)
    );
    for word in ["信仰", "宗教", "健康", "belief", "health"] {
        assert!(!shipped.to_string().contains(word), "{word}");
    }
}

fn d_arc_7_who_may_grant_credit(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = app.first_log_in("mei");
    assess(&mei, &customer, 0, marks(85, &[])).expect_problem(403, "forbidden");
    let west = app.actor("store_manager", &[app.west()]);
    assess(&west, &customer, 0, marks(85, &[])).expect_problem(403, "forbidden");
    west.get(&format!("/customers/{customer}/assessments"))
        .expect_problem(403, "forbidden");
    assess(&app.hq(), &customer, 0, marks(85, &[])).created();
    assert_eq!(
        mei.get(&format!("/customers/{customer}/assessments"))
            .ok()
            .list("/items")
            .len(),
        1
    );
}

fn d_arc_7_assessments_go_along_with_a_merge_and_lose_their_remark_by_an_erasure(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王方").create());
    assess(&app.hq(), &gone, 0, marks(70, &[])).created();
    let merged = super::merges::merge(&app.hq(), &stays, &gone).created();
    assert_eq!(merged.int("/moved/assessment"), 1);
    assert_eq!(history(app, &stays)[0].text("/remark"), "付款准时");
    super::merges::undo(&app.hq(), &merged).ok();
    assert_eq!(history(app, &gone)[0].text("/remark"), "付款准时");
    let file = app
        .hq()
        .post(&format!("/customers/{gone}/own-data"), &json!({"purpose": "asked"}))
        .ok();
    assert_eq!(file.text("/assessments/0/remark"), "付款准时");
    super::erasure::erase(app, &gone);
    assert_eq!(history(app, &gone)[0]["remark"], Value::Null);
}
