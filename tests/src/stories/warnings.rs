//! Warnings about customers (D-ARC-10): each with a story in which it fires and one in which it must not.

use crate::harness::time::days_before;
use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("warnings":
        d_arc_10_2_less_than_last_year_is_a_warning_with_its_figures,
        d_arc_10_2_as_much_as_last_year_is_none,
        d_arc_10_2_rarer_than_usual_is_a_warning,
        d_arc_10_2_as_often_as_usual_is_none,
        d_arc_10_4_who_stays_away_is_thought_gone,
        d_arc_10_4_who_comes_slowly_or_has_no_rhythm_is_not,
        d_arc_10_4_what_no_longer_holds_closes_itself,
        d_arc_10_4_what_was_resolved_is_not_opened_again_for_the_same_pause,
        d_arc_10_what_was_done_stands_in_the_customers_journal,
        d_arc_10_5_a_reported_change_is_there_at_once,
        d_arc_10_5_a_computed_kind_is_not_reported,
        d_arc_10_6_selling_outside_the_territory_is_reported,
        d_arc_10_6_bills_of_other_stores_say_nothing_of_it,
        d_arc_10_a_warning_is_put_off_until_a_day,
        d_arc_10_managers_see_their_stores_and_consultants_their_own,
        d_arc_10_pages_and_filters_find_each_warning_once,
        d_arc_10_a_chain_sets_the_figures,
        d_arc_10_warnings_go_along_with_a_merge_and_back,
        d_arc_10_nothing_that_people_wrote_outlives_an_erasure,
    )
}

fn buys(app: &TestApp, customer: &str, day: &str, amount: i64) -> crate::harness::Bill {
    app.set_now(&format!("{day} 10:00"));
    app.sale().customer(customer).line("tea", "drinks", amount).ring()
}

fn compute(app: &TestApp, day: &str) -> Value {
    app.set_now(&format!("{day} 20:00"));
    app.hq().post("/warnings/compute", &json!({})).ok()
}

fn found(actor: &Actor, query: &str) -> Vec<Value> {
    actor.get(&format!("/warnings?{query}")).ok().list("/items").to_vec()
}

/// A customer's open warning of a kind.
fn open(app: &TestApp, customer: &str, kind: &str) -> Option<Value> {
    let mut all = found(&app.hq(), &format!("customer_id={customer}&kind={kind}"));
    assert!(all.len() < 2, "never two: {all:#?}");
    all.pop()
}

fn act(actor: &Actor, warning: &Value, how: &str, body: &Value) -> Answer {
    let path = format!("/warnings/{}/{how}", warning.text("/id"));
    let version = format!("\"{}\"", warning.int("/version"));
    let request = actor.request("POST", &path).key(&fresh_key());
    request.header("If-Match", &version).json(body).send()
}

fn report(actor: &Actor, customer: &str, kind: &str, text: &str) -> Answer {
    let body = json!({"kind": kind, "report": text});
    actor.post(&format!("/customers/{customer}/warnings"), &body)
}

fn says(warning: &Value, pointer: &str, figures: &[&str]) {
    for language in ["zh", "en"] {
        let text = warning.text(&format!("{pointer}/{language}"));
        for figure in figures {
            assert!(text.contains(figure), "{figure} in {text}");
        }
    }
}

fn d_arc_10_2_less_than_last_year_is_a_warning_with_its_figures(app: &TestApp) {
    let customer = app.customer("王芳").create();
    buys(app, &customer, "2025-02-10", 1000_00);
    buys(app, &customer, "2026-02-10", 790_00);
    assert_eq!(compute(app, "2026-03-01").int("/opened"), 1);
    let warning = open(app, &customer, "purchases").expect("79 %");
    says(
        &warning,
        "/why",
        &["790.00", "1000.00", "79", "2025-12-02", "2026-03-01", "80"],
    );
    assert_eq!(
        (
            warning.text("/owner_id"),
            warning.text("/opened_on"),
            warning.text("/due_on")
        ),
        (app.consultant().to_owned(), "2026-03-01".into(), "2026-03-08".into())
    );
    assert_eq!(compute(app, "2026-03-01").int("/opened"), 0, "once");
    app.finish();
}

fn d_arc_10_2_as_much_as_last_year_is_none(app: &TestApp) {
    let [enough, returned, new] = ["甲", "乙", "丙"].map(|name| app.customer(name).create());
    buys(app, &enough, "2025-02-10", 1000_00);
    let bill = buys(app, &returned, "2025-02-10", 1000_00);
    app.return_of(&bill).line(1, 1000).book();
    buys(app, &enough, "2026-02-10", 800_00);
    buys(app, &new, "2026-02-10", 1_00);
    assert_eq!(compute(app, "2026-03-01").int("/opened"), 0);
    assert!(found(&app.hq(), "").is_empty());
}

/// Every 30 days for 15 months until 2026-03-01, but for the last `missing` times.
fn every_month(app: &TestApp, customer: &str, missing: i64) {
    for n in (missing..15).rev() {
        buys(app, customer, &days_before("2026-03-01", n * 30), 10_00);
    }
}

fn d_arc_10_2_rarer_than_usual_is_a_warning(app: &TestApp) {
    let customer = app.customer("王芳").create();
    every_month(app, &customer, 3);
    // So much at once that last year says nothing.
    buys(app, &customer, "2026-01-15", 900_00);
    compute(app, "2026-03-01");
    let warning = open(app, &customer, "purchases").expect("once instead of three times");
    says(&warning, "/why", &["90", "1 ", "3.00", "80"]);
    assert!(!warning.text("/why/en").contains("last year"), "{warning:#}");
}

fn d_arc_10_2_as_often_as_usual_is_none(app: &TestApp) {
    let customer = app.customer("王芳").create();
    every_month(app, &customer, 0);
    assert_eq!(compute(app, "2026-03-01").int("/opened"), 0);
}

fn d_arc_10_4_who_stays_away_is_thought_gone(app: &TestApp) {
    let member = app.member("王芳");
    for day in ["2026-03-02", "2026-03-12", "2026-03-22"] {
        app.set_now(&format!("{day} 10:00"));
        app.sale_to(&member).line("tea", "drinks", 10_00).ring();
    }
    compute(app, "2026-04-21");
    assert!(
        open(app, &member.customer, "churn").is_none(),
        "30 days are no more than 30"
    );
    app.set_now("2026-04-22 03:00");
    app.night();
    let warning = open(app, &member.customer, "churn").expect("by the schedule");
    says(&warning, "/why", &["2026-03-22", "31", "10", "30"]);
    assert_eq!(super::jobs::last(app, "warnings")["state"], "done");
    app.finish();
}

fn d_arc_10_4_who_comes_slowly_or_has_no_rhythm_is_not(app: &TestApp) {
    let [slow, twice] = ["甲", "乙"].map(|name| app.customer(name).create());
    for day in ["2026-01-01", "2026-02-10", "2026-03-22"] {
        buys(app, &slow, day, 10_00);
    }
    for day in ["2026-01-01", "2026-01-03"] {
        buys(app, &twice, day, 10_00);
        buys(app, &twice, day, 10_00);
    }
    compute(app, "2026-06-10");
    assert!(open(app, &slow, "churn").is_none(), "80 days are twice the median");
    assert!(
        open(app, &twice, "churn").is_none(),
        "four bills on two days are no rhythm"
    );
    compute(app, "2026-06-11");
    assert!(open(app, &slow, "churn").is_some());
}

/// Gone since 2026-03-22.
fn gone(app: &TestApp) -> String {
    let customer = app.customer("王芳").create();
    for day in ["2026-03-02", "2026-03-12", "2026-03-22"] {
        buys(app, &customer, day, 10_00);
    }
    compute(app, "2026-04-30");
    customer
}

fn d_arc_10_4_what_no_longer_holds_closes_itself(app: &TestApp) {
    let customer = gone(app);
    let warning = open(app, &customer, "churn").expect("39 days");
    buys(app, &customer, "2026-05-02", 10_00);
    assert_eq!(compute(app, "2026-05-03").int("/ceased"), 1);
    assert!(open(app, &customer, "churn").is_none());
    let ended = app.hq().get(&format!("/warnings/{}", warning.text("/id"))).ok();
    assert_eq!(
        (ended.text("/state"), ended.text("/ended_on"), &ended["ended_by"]),
        ("ceased".into(), "2026-05-03".into(), &Value::Null)
    );
    says(&ended, "/why_ended", &["2026-05-02", "1"]);
    act(&app.hq(), &ended, "resolve", &json!({"resolution": "x"})).expect_problem(409, "in_use");
}

fn d_arc_10_4_what_was_resolved_is_not_opened_again_for_the_same_pause(app: &TestApp) {
    let customer = gone(app);
    let warning = open(app, &customer, "churn").expect("39 days");
    let mei = app.first_log_in("mei");
    act(&mei, &warning, "resolve", &json!({"resolution": " "})).expect_problem(422, "field_invalid");
    let done = act(&mei, &warning, "resolve", &json!({"resolution": "搬到外地，寄了样品"})).ok();
    assert_eq!(
        (done.text("/state"), done.text("/resolution"), done.text("/ended_by")),
        (
            "resolved".into(),
            "搬到外地，寄了样品".into(),
            app.consultant().to_owned()
        )
    );
    compute(app, "2026-07-01");
    assert!(open(app, &customer, "churn").is_none(), "the same pause");
    buys(app, &customer, "2026-07-02", 10_00);
    compute(app, "2026-10-30");
    assert!(open(app, &customer, "churn").is_some(), "gone anew");
    let noted = app
        .hq()
        .get(&format!("/audit?subject={}", warning.text("/id")))
        .ok()
        .to_string();
    assert!(noted.contains("warning.resolve") && !noted.contains("样品"), "{noted}");
}

fn d_arc_10_what_was_done_stands_in_the_customers_journal(app: &TestApp) {
    let customer = gone(app);
    let journal = || {
        let page = app.hq().get(&format!("/customers/{customer}/journal")).ok();
        page.list("/items").to_vec()
    };
    let mei = app.first_log_in("mei");
    let warning = open(app, &customer, "churn").expect("39 days");
    act(&mei, &warning, "resolve", &json!({"resolution": " "})).expect_problem(422, "field_invalid");
    assert!(journal().is_empty(), "what is refused is told nowhere");
    act(&mei, &warning, "resolve", &json!({"resolution": "搬到外地，寄了样品"})).ok();
    act(&mei, &warning, "resolve", &json!({"resolution": "又寄了"})).expect_problem(409, "in_use");
    let change = report(&mei, &customer, "major_change", "店面要拆迁").created();
    let body = json!({"resolution": "答应送货到新店", "category": "promise"});
    act(&mei, &change, "resolve", &body).ok();
    let told = journal();
    assert_eq!(told.len(), 2, "{told:#?}");
    let [promise, visit] = [&told[0], &told[1]];
    assert_eq!(
        (
            visit.text("/description"),
            visit.text("/category"),
            visit.text("/staff_id"),
            &visit["open"]
        ),
        (
            "搬到外地，寄了样品".into(),
            "service_visit".into(),
            app.consultant().to_owned(),
            &json!(false)
        )
    );
    let cause = visit.text("/summary");
    for figure in ["流失", "2026-03-22", "39", "30"] {
        assert!(cause.contains(figure), "the cause with its figures: {cause}");
    }
    assert!(promise.text("/summary").contains("店面要拆迁"), "{promise:#}");
    assert_eq!(&promise["open"], &json!(true), "a promise is to be kept");
    app.finish();
}

fn d_arc_10_5_a_reported_change_is_there_at_once(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let mei = app.first_log_in("mei");
    let first = report(&mei, &customer, "major_change", "店面要拆迁").created();
    assert_eq!(
        (first.text("/reports/0/text"), first.text("/due_on"), &first["urgent"]),
        ("店面要拆迁".into(), "2026-03-08".into(), &json!(false))
    );
    let urgent = json!({"kind": "major_change", "report": "明天就搬", "urgent": true});
    let again = mei.post(&format!("/customers/{customer}/warnings"), &urgent).created();
    assert_eq!(again["id"], first["id"], "added to the open one");
    assert_eq!(
        (again.list("/reports").len(), again.text("/due_on"), &again["urgent"]),
        (2, "2026-03-02".into(), &json!(true))
    );
    compute(app, "2026-03-02");
    assert!(
        open(app, &customer, "major_change").is_some(),
        "no computation closes it"
    );
    assert!(app.database().dump().is_none_or(|text| !text.contains("拆迁")));
}

fn d_arc_10_5_a_computed_kind_is_not_reported(app: &TestApp) {
    let customer = app.customer("王芳").create();
    for kind in ["churn", "purchases"] {
        report(&app.hq(), &customer, kind, "x").expect_problem(422, "field_invalid");
    }
    report(&app.hq(), &customer, "major_change", "  ").expect_problem(422, "field_invalid");
    assert!(found(&app.hq(), "").is_empty());
}

fn d_arc_10_6_selling_outside_the_territory_is_reported(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let colleague = app.actor("consultant", &[app.east()]);
    report(&colleague, &customer, "territory", "在西区见到她的货").created();
    let warning = open(app, &customer, "territory").expect("reported");
    assert_eq!(warning.text("/owner_id"), app.consultant());
    let done = act(&app.manager(), &warning, "resolve", &json!({"resolution": "已收回"})).ok();
    assert_eq!(done.text("/state"), "resolved");
    report(&colleague, &customer, "territory", "又见到了").created();
    assert!(
        open(app, &customer, "territory").is_some(),
        "another report, another warning"
    );
}

fn d_arc_10_6_bills_of_other_stores_say_nothing_of_it(app: &TestApp) {
    let customer = app.customer("王芳").create();
    app.sale()
        .customer(&customer)
        .store(app.west())
        .line("tea", "drinks", 10_00)
        .ring();
    compute(app, "2026-03-02");
    assert!(open(app, &customer, "territory").is_none());
}

fn d_arc_10_a_warning_is_put_off_until_a_day(app: &TestApp) {
    let customer = gone(app);
    let warning = open(app, &customer, "churn").expect("39 days");
    app.set_now("2026-05-08 10:00");
    let late = || found(&app.hq(), "overdue=true").len();
    assert_eq!(late(), 1, "a week has passed");
    let mei = app.first_log_in("mei");
    for day in ["2026-05-08", "2026-11-05", "2020-01-01"] {
        act(&mei, &warning, "snooze", &json!({"until": day})).expect_problem(422, "field_invalid");
    }
    let off = act(&mei, &warning, "snooze", &json!({"until": "2026-05-20"})).ok();
    assert_eq!(
        (off.text("/snoozed_until"), &off["overdue"]),
        ("2026-05-20".into(), &json!(false))
    );
    let put_off = |is: bool| found(&app.hq(), &format!("snoozed={is}")).len();
    assert_eq!((late(), put_off(true), put_off(false)), (0, 1, 0));
    act(&mei, &warning, "snooze", &json!({"until": "2026-05-21"})).expect_problem(412, "version_conflict");
    app.set_now("2026-05-20 10:00");
    assert_eq!((late(), put_off(true), put_off(false)), (1, 0, 1), "back on its day");
}

fn d_arc_10_managers_see_their_stores_and_consultants_their_own(app: &TestApp) {
    let here = app.customer("王芳").create();
    let there = app
        .customer("李娜")
        .with("store_id", app.west())
        .with("consultant_id", Value::Null)
        .create();
    for customer in [&here, &there] {
        report(&app.hq(), customer, "major_change", "x").created();
    }
    let seen = |actor: &Actor| {
        found(actor, "")
            .iter()
            .map(|one| one.text("/customer_id"))
            .collect::<Vec<_>>()
    };
    let east = app.actor("store_manager", &[app.east()]);
    let west = app.actor("store_manager", &[app.west()]);
    let (mei, other) = (app.first_log_in("mei"), app.actor("consultant", &[app.east()]));
    assert_eq!(seen(&app.hq()).len(), 2);
    assert_eq!((seen(&east), seen(&west)), (vec![here.clone()], vec![there.clone()]));
    assert_eq!((seen(&mei), seen(&other)), (vec![here.clone()], vec![]));
    let warning = open(app, &here, "major_change").expect("reported");
    let path = format!("/warnings/{}", warning.text("/id"));
    for stranger in [&west, &other] {
        stranger.get(&path).expect_problem(403, "forbidden");
        act(stranger, &warning, "resolve", &json!({"resolution": "x"})).expect_problem(403, "forbidden");
        act(stranger, &warning, "snooze", &json!({"until": "2026-03-05"})).expect_problem(403, "forbidden");
    }
    report(&west, &here, "territory", "x").expect_problem(403, "forbidden");
    app.cashier().get("/warnings").expect_problem(403, "forbidden");
    assert_eq!(found(&app.hq(), "unowned=true")[0].text("/customer_id"), there);
    assert_eq!(found(&app.hq(), &format!("owner_id={}", app.consultant())).len(), 1);
    // Handed over, they are the successor's.
    let to = app.hire("hong", "consultant", &[app.east()]).text("/id");
    let handover = json!({"from_staff_id": app.consultant(), "to_staff_id": to, "reason": "离职"});
    app.hq().post("/handovers", &handover).created();
    assert_eq!((seen(&mei), seen(&app.first_log_in("hong"))), (vec![], vec![here]));
}

fn d_arc_10_pages_and_filters_find_each_warning_once(app: &TestApp) {
    let customers = ["甲", "乙", "丙"].map(|name| app.customer(name).create());
    for customer in &customers {
        report(&app.hq(), customer, "major_change", "x").created();
        report(&app.hq(), customer, "territory", "x").created();
    }
    let mut ids = Vec::new();
    let mut after = String::new();
    loop {
        let page = app.hq().get(&format!("/warnings?limit=4{after}")).ok();
        ids.extend(page.list("/items").iter().map(|one| one.text("/id")));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (6, 6));
    assert_eq!(found(&app.hq(), "kind=territory").len(), 3);
    assert!(found(&app.hq(), "state=resolved").is_empty());
    app.hq().get("/warnings?after=x").expect_problem(400, "body_invalid");
}

fn d_arc_10_a_chain_sets_the_figures(app: &TestApp) {
    let customer = app.customer("王芳").create();
    for day in ["2026-03-02", "2026-03-12", "2026-03-22"] {
        buys(app, &customer, day, 10_00);
    }
    let hq = app.hq();
    let mut rules = hq.get("/warning-rules").ok();
    assert_eq!((rules.int("/version"), rules.int("/value/churn_days")), (0, 30));
    rules["value"]["churn_days"] = json!(0);
    let set = |actor: &Actor, version: &str, rules: &Value| {
        actor.patch("/warning-rules", version, &json!({"value": rules["value"]}))
    };
    set(&hq, "\"0\"", &rules).expect_problem(422, "field_invalid");
    rules["value"]["churn_days"] = json!(21);
    set(&app.manager(), "\"0\"", &rules).expect_problem(403, "forbidden");
    assert_eq!(set(&hq, "\"0\"", &rules).ok().int("/version"), 1);
    set(&hq, "\"0\"", &rules).expect_problem(412, "version_conflict");
    compute(app, "2026-04-12");
    assert!(open(app, &customer, "churn").is_none());
    compute(app, "2026-04-13");
    assert!(open(app, &customer, "churn").is_some(), "22 days");
}

fn d_arc_10_warnings_go_along_with_a_merge_and_back(app: &TestApp) {
    let (stays, gone) = (app.customer("王芳").create(), app.customer("王方").create());
    for (customer, kind) in [(&stays, "territory"), (&gone, "territory"), (&gone, "major_change")] {
        report(&app.hq(), customer, kind, "说法").created();
    }
    let merged = super::merges::merge(&app.hq(), &stays, &gone).created();
    assert_eq!(merged.int("/moved/warning"), 2);
    assert!(open(app, &stays, "territory").is_some() && open(app, &stays, "major_change").is_some());
    let rests = found(&app.hq(), "state=merged");
    assert_eq!((rests.len(), rests[0].text("/reports/0/text")), (1, "说法".into()));
    super::merges::undo(&app.hq(), &merged).ok();
    for kind in ["territory", "major_change"] {
        let back = open(app, &gone, kind).expect("back, and open");
        assert_eq!(back.text("/reports/0/text"), "说法");
    }
    assert!(open(app, &stays, "territory").is_some() && open(app, &stays, "major_change").is_none());
}

fn d_arc_10_nothing_that_people_wrote_outlives_an_erasure(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let warning = report(&app.hq(), &customer, "major_change", "店面要拆迁").created();
    let own = json!({"purpose": "asked"});
    let file = app.hq().post(&format!("/customers/{customer}/own-data"), &own).ok();
    assert_eq!(file.text("/warnings/0/reports/0/text"), "店面要拆迁");
    super::erasure::erase(app, &customer);
    assert!(found(&app.hq(), "").is_empty(), "nobody is to answer");
    let left = app.hq().get(&format!("/warnings/{}", warning.text("/id"))).ok();
    assert!(left.list("/reports").is_empty(), "{left:#}");
    report(&app.hq(), &customer, "major_change", "x").expect_problem(409, "erased");
}
