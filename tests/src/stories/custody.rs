//! Custody of signed originals (D-CON-4): custodians, loans, reminders, stock-takes.

use super::contracts::{consultant, content, customer, draft, kind, path, request, scan, signed, step};
use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("custody":
        d_con_4_one_custodian_keeps_an_original_and_hands_it_over_by_name,
        d_con_4_an_original_is_away_at_most_once,
        d_con_4_a_custodian_is_reminded_once_of_each_loan,
        d_con_4_a_stock_take_finds_the_differences,
        d_con_4_a_closed_stock_take_stays_and_the_missing_are_marked,
        d_con_4_a_stock_take_counts_a_store_or_a_custodian,
        d_con_4_who_may_say_where_originals_are,
    )
}

fn me(actor: &Actor) -> String {
    actor.get("/me").ok().text("/staff_id")
}

/// A signed contract, with its path.
fn one(app: &TestApp, kind: &str, customer: &str) -> (Value, String) {
    let contract = draft(&consultant(app), kind, customer, &content(100));
    let path = path(&contract);
    (signed(app, &contract, "2026-02-20"), path)
}

fn keep(actor: &Actor, path: &str, custodian: &str, place: &str) -> Answer {
    let body = json!({"custodian_id": custodian, "place": place});
    actor.post(&format!("{path}/custody"), &body)
}

/// Changes of the original that a contract's history tells, newest first.
fn told(app: &TestApp, path: &str) -> Vec<Value> {
    let events = app.hq().get(&format!("{path}/history")).ok().list("/items");
    let changes = events.into_iter().map(|event| event["custody"].clone());
    changes.filter(|change| !change.is_null()).collect()
}

fn lend(actor: &Actor, contract: &Value, due: &str) -> Answer {
    let body = json!({
        "customer_id": contract["customer_id"], "contract_id": contract["id"], "what": "合同原件", "due_on": due,
        "purpose": "checking",
    });
    actor.post("/lendings", &body)
}

fn original(app: &TestApp, path: &str) -> Value {
    app.hq().get(path).ok()["original"].clone()
}

fn d_con_4_one_custodian_keeps_an_original_and_hands_it_over_by_name(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let clerk = app.actor("clerk", &[app.east()]);
    let (hq, zhang, li) = (me(&app.hq()), me(&app.manager()), me(&clerk));
    let unsigned = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    keep(&app.manager(), &unsigned, &zhang, "A").expect_problem(409, "contract_state");
    let (contract, path) = one(app, &kind, &customer);
    assert_eq!(
        (
            contract.text("/original/custodian_id"),
            contract.text("/original/state")
        ),
        (hq.clone(), "kept".into()),
        "whoever notes the signatures has it"
    );
    app.set_now("2026-03-02 10:00");
    let kept = keep(&app.manager(), &path, &zhang, " 财务柜 3 层 ").ok();
    assert_eq!(
        (kept.text("/original/custodian_id"), kept.text("/original/place")),
        (zhang.clone(), "财务柜 3 层".into())
    );
    assert_eq!(kept["version"], contract["version"], "what stands in it hasn't changed");
    keep(&app.manager(), &path, &zhang, "财务柜 3 层").ok();
    keep(&clerk, &path, &zhang, "档案室").ok();
    keep(&app.manager(), &path, &li, "档案室").ok();
    let changes = told(app, &path);
    let told: Vec<(String, &Value, &Value)> = changes
        .iter()
        .map(|change| (change.text("/step"), &change["from_id"], &change["to_id"]))
        .collect();
    let id = |id: &String| json!(id);
    assert_eq!(
        told,
        [
            ("handed_over".to_owned(), &id(&zhang), &id(&li)),
            ("moved".to_owned(), &id(&zhang), &id(&zhang)),
            ("handed_over".to_owned(), &id(&hq), &id(&zhang)),
            ("taken".to_owned(), &Value::Null, &id(&hq)),
        ],
        "both are named, and the same words again tell nothing"
    );
    let gone = app.hire("gone", "clerk", &[app.east()]);
    let of = format!("/staff/{}", gone.text("/id"));
    let version = app.hq().get(&of).header("etag").expect("an ETag").to_owned();
    app.hq().patch(&of, &version, &json!({"active": false})).ok();
    keep(&app.manager(), &path, &gone.text("/id"), "A").expect_problem(422, "field_invalid");
    // Named at signing.
    let other = draft(&consultant(app), &kind, &customer, &content(200));
    let other = self::path(&other);
    step(&consultant(app), &other, "submit").ok();
    super::contracts::agree(&app.manager(), &request(app, &other)).ok();
    let sign = json!({
        "signed_on": "2026-03-01", "scan_id": scan(app, &customer), "custody": {"custodian_id": li, "place": "档案室"},
    });
    let done = app.hq().post(&format!("{other}/sign"), &sign).ok();
    assert_eq!(
        (done.text("/original/custodian_id"), done.text("/original/place")),
        (li, "档案室".into())
    );
    assert_eq!(app.server().verify(), [""; 0]);
}

fn d_con_4_an_original_is_away_at_most_once(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let unsigned = draft(&consultant(app), &kind, &customer, &content(100));
    lend(&app.manager(), &unsigned, "2026-03-20").expect_problem(409, "contract_state");
    let (contract, path) = one(app, &kind, &customer);
    let other = app.customer("李娜").create();
    let mut foreign = contract.clone();
    foreign["customer_id"] = json!(other);
    lend(&app.manager(), &foreign, "2026-03-20").expect_problem(422, "field_invalid");
    let lent = lend(&app.manager(), &contract, "2026-03-20").created();
    assert_eq!(lent["contract_id"], contract["id"]);
    lend(&consultant(app), &contract, "2026-03-21").expect_problem(409, "contract_state");
    let away = original(app, &path);
    assert_eq!(
        (
            away.text("/state"),
            &away["loan"]["lending_id"],
            away.text("/loan/borrower_id")
        ),
        ("lent".into(), &lent["id"], me(&app.manager()))
    );
    let back = format!("/lendings/{}/return", lent.text("/id"));
    app.manager().post(&back, &json!({})).ok();
    assert_eq!(original(app, &path).text("/state"), "kept");
    // All at once: one has it.
    let manager = app.manager();
    let lent = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| lend(&manager, &contract, "2026-03-20").status))
            .collect();
        let statuses = tries.into_iter().map(|one| one.join().expect("an answer"));
        statuses.filter(|status| *status == 201).count()
    });
    assert_eq!(lent, 1);
    let steps: Vec<String> = told(app, &path).iter().map(|change| change.text("/step")).collect();
    assert_eq!(steps, ["lent", "returned", "lent", "taken"]);
    let of = |query: &str| app.hq().get(&format!("/lendings?{query}")).ok().list("/items").len();
    app.hq()
        .post(
            "/lendings",
            &json!({"customer_id": customer, "what": "身份证复印件", "due_on": "2026-03-20", "purpose": "checking"}),
        )
        .created();
    assert_eq!(
        [
            of("original=true"),
            of("original=false"),
            of(&format!("contract_id={}&open=true", contract.text("/id")))
        ],
        [2, 1, 1]
    );
}

/// Titles of tasks about loans, with whose they are.
fn reminders(app: &TestApp) -> Vec<(String, Value)> {
    let tasks = app.hq().get("/tasks?limit=200").ok().list("/items");
    let of = tasks.iter().filter(|task| task.text("/title").contains("原件"));
    of.map(|task| (task.text("/title"), task["staff_id"].clone())).collect()
}

fn d_con_4_a_custodian_is_reminded_once_of_each_loan(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let (contract, path) = one(app, &kind, &customer);
    let zhang = me(&app.manager());
    keep(&app.manager(), &path, &zhang, "A").ok();
    let lent = lend(&consultant(app), &contract, "2026-03-20").created();
    let overdue = || app.hq().get("/lendings?overdue=true&original=true").ok().list("/items");
    app.set_now("2026-03-20 20:00");
    app.night();
    assert_eq!((reminders(app), overdue().len()), (Vec::new(), 0), "its last day");
    app.set_now("2026-03-21 09:00");
    app.night();
    app.set_now("2026-03-22 09:00");
    app.night();
    let first = (
        "合同 JX-2026-0001 的原件应于 2026-03-20 归还，请催还".to_owned(),
        json!(zhang),
    );
    assert_eq!(
        reminders(app),
        std::slice::from_ref(&first),
        "one per loan, of who keeps it"
    );
    assert_eq!(overdue()[0]["id"], lent["id"]);
    let back = format!("/lendings/{}/return", lent.text("/id"));
    app.manager().post(&back, &json!({})).ok();
    lend(&consultant(app), &contract, "2026-03-23").created();
    app.set_now("2026-03-25 09:00");
    app.night();
    let second = (
        "合同 JX-2026-0001 的原件应于 2026-03-23 归还，请催还".to_owned(),
        json!(zhang),
    );
    let mut titles = reminders(app);
    titles.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(titles, [first, second], "the next loan has its own");
}

fn tick(actor: &Actor, take: &str, number: &str) -> Answer {
    actor.post(&format!("{take}/items"), &json!({"number": number}))
}

/// Outcome, and whether it was ticked before.
fn ticked(actor: &Actor, take: &str, number: &str) -> (String, bool) {
    let answer = tick(actor, take, number).ok();
    (answer.text("/outcome"), answer["double"] == json!(true))
}

fn begin(actor: &Actor, of: &Value) -> String {
    format!("/stock-takes/{}", actor.post("/stock-takes", of).created().text("/id"))
}

fn items(app: &TestApp, take: &str, query: &str) -> Vec<(String, String)> {
    let items = app.hq().get(&format!("{take}/items?{query}")).ok().list("/items");
    let told = |item: &Value| {
        let outcome = item["outcome"].as_str().unwrap_or_default();
        (item.text("/number"), outcome.to_owned())
    };
    items.iter().map(told).collect()
}

fn pair(number: &str, outcome: &str) -> (String, String) {
    (number.to_owned(), outcome.to_owned())
}

fn d_con_4_a_stock_take_finds_the_differences(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contracts: Vec<(Value, String)> = (0..5).map(|_| one(app, &kind, &customer)).collect();
    lend(&app.manager(), &contracts[3].0, "2026-03-20").created();
    let take = begin(&app.hq(), &json!({}));
    let hq = app.hq();
    assert_eq!(
        hq.get(&take).ok().int("/counts/expected"),
        4,
        "what is lent isn't expected"
    );
    let answer = |outcome: &str, double: bool| (outcome.to_owned(), double);
    assert_eq!(
        ticked(&hq, &take, "ＪＸ－2026－0001 "),
        answer("found", false),
        "as a scanner types"
    );
    assert_eq!(ticked(&hq, &take, "jx-2026-0001"), answer("found", true));
    assert_eq!(ticked(&hq, &take, "JX-2026-0004"), answer("lent_found", false));
    assert_eq!(ticked(&hq, &take, "JX-2026-0099"), answer("unknown", false));
    assert_eq!(items(app, &take, "part=open").len(), 3);
    // Lent in good order while the stock is taken.
    lend(&app.manager(), &contracts[4].0, "2026-03-20").created();
    let closed = hq.post(&format!("{take}/close"), &json!({})).ok();
    assert_eq!(
        closed["counts"],
        json!({
            "expected": 4, "open": 0, "found": 1, "missing": 2, "unexpected": 0, "lent_found": 1, "unknown": 1, "moved": 1,
        })
    );
    assert_eq!(
        items(app, &take, "part=differences"),
        [
            pair("JX-2026-0002", "missing"),
            pair("JX-2026-0003", "missing"),
            pair("JX-2026-0004", "lent_found"),
            pair("JX-2026-0099", "unknown"),
        ]
    );
    assert_eq!(items(app, &take, "outcome=moved"), [pair("JX-2026-0005", "moved")]);
    let first = hq.get(&format!("{take}/items?limit=1")).ok();
    assert_eq!(
        (first.text("/items/0/staff_id"), first.text("/next")),
        (me(&hq), "JX-2026-0001".into())
    );
    assert_eq!(closed.text("/closed_by"), me(&hq));
    assert!(app.server().verify().is_empty());
}

fn d_con_4_a_closed_stock_take_stays_and_the_missing_are_marked(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contracts: Vec<(Value, String)> = (0..3).map(|_| one(app, &kind, &customer)).collect();
    let hq = app.hq();
    let take = begin(&hq, &json!({}));
    let close = |take: &str| hq.post(&format!("{take}/close"), &json!({}));
    close(&take).ok();
    close(&take).expect_problem(409, "decided_already");
    tick(&hq, &take, "JX-2026-0001").expect_problem(409, "decided_already");
    let states = || -> Vec<String> {
        let states = contracts.iter().map(|(_, path)| original(app, path).text("/state"));
        states.collect()
    };
    assert_eq!(states(), ["missing"; 3]);
    lend(&hq, &contracts[0].0, "2026-03-20").expect_problem(409, "contract_state");
    let since = original(app, &contracts[0].1)["missing_since"].clone();
    // Once more without it: since the first time, and told once.
    app.set_now("2026-03-05 10:00");
    let again = begin(&hq, &json!({}));
    assert_eq!(ticked(&hq, &again, "JX-2026-0002").0, "found");
    close(&again).ok();
    assert_eq!(states(), ["missing", "kept", "missing"]);
    assert_eq!(original(app, &contracts[0].1)["missing_since"], since);
    let steps = |path: &str| -> Vec<String> { told(app, path).iter().map(|change| change.text("/step")).collect() };
    assert_eq!(steps(&contracts[0].1), ["missing", "taken"]);
    assert_eq!(steps(&contracts[1].1), ["found", "missing", "taken"]);
    // Whoever has it in hand says so.
    keep(&hq, &contracts[0].1, &me(&hq), "抽屉").ok();
    assert_eq!(states(), ["kept", "kept", "missing"]);
    assert_eq!(steps(&contracts[0].1), ["found", "missing", "taken"]);
    assert_eq!(hq.get(&take).ok().int("/counts/missing"), 3, "what was closed stays");
}

fn d_con_4_a_stock_take_counts_a_store_or_a_custodian(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let here = one(app, &kind, &customer);
    let other = app.customer("李娜").with("store_id", app.west()).create();
    let there = draft(&app.hq(), &kind, &other, &{
        let mut text = content(100);
        text["other_party"] = json!({"address": "上海路 1 号"});
        text
    });
    let there_path = path(&there);
    step(&app.hq(), &there_path, "submit").ok();
    let west = app.actor("store_manager", &[app.west()]);
    super::contracts::agree(&west, &request(app, &there_path)).ok();
    super::contracts::sign(app, &there_path, &other, "2026-02-20").ok();
    let zhang = me(&app.manager());
    keep(&app.manager(), &here.1, &zhang, "A").ok();
    let east = begin(&app.manager(), &json!({"store_id": app.east()}));
    let own = begin(&app.hq(), &json!({"custodian_id": zhang}));
    let all = begin(&app.hq(), &json!({}));
    let expected = |take: &str| app.hq().get(take).ok().int("/counts/expected");
    assert_eq!([expected(&east), expected(&own), expected(&all)], [1, 1, 2]);
    for take in [&east, &own] {
        assert_eq!(
            ticked(&app.hq(), take, "JX-2026-0002").0,
            "unexpected",
            "it is kept elsewhere"
        );
    }
    // Handed over while the stock is taken: here it should be now, and there it isn't missed.
    keep(&app.hq(), &there_path, &zhang, "A").ok();
    keep(&app.hq(), &here.1, &me(&app.hq()), "B").ok();
    let third = begin(&app.hq(), &json!({"custodian_id": me(&app.hq())}));
    assert_eq!(expected(&third), 1);
    let closed = app.hq().post(&format!("{own}/close"), &json!({})).ok();
    assert_eq!(
        (
            closed.int("/counts/missing"),
            closed.int("/counts/moved"),
            closed.int("/counts/unexpected")
        ),
        (0, 1, 1)
    );
    app.manager()
        .post("/stock-takes", &json!({}))
        .expect_problem(403, "forbidden");
    west.get(&east).expect_problem(403, "forbidden");
    let listed = app.manager().get("/stock-takes").ok().list("/items");
    assert_eq!(listed.len(), 1, "those of one's stores");
    app.hq()
        .post("/stock-takes", &json!({"custodian_id": customer}))
        .expect_problem(422, "field_invalid");
}

fn d_con_4_who_may_say_where_originals_are(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let (_, path) = one(app, &kind, &customer);
    let zhang = me(&app.manager());
    let east = [app.east()];
    let take = begin(&app.manager(), &json!({"store_id": app.east()}));
    for (role, may) in [
        ("supervisor", false),
        ("consultant", false),
        ("cashier", false),
        ("auditor", false),
        ("clerk", true),
        ("store_manager", true),
    ] {
        let actor = app.actor(role, if role == "auditor" { &[][..] } else { &east[..] });
        let expected = if may { 200 } else { 403 };
        assert_eq!(keep(&actor, &path, &zhang, role).status, expected, "{role}");
        assert_eq!(tick(&actor, &take, "JX-2026-0001").status, expected, "{role}");
    }
    let west = app.actor("store_manager", &[app.west()]);
    keep(&west, &path, &zhang, "A").expect_problem(403, "forbidden");
    tick(&west, &take, "JX-2026-0001").expect_problem(403, "forbidden");
    // Where a paper lies is known after its customer was erased, too.
    let end = json!({"ends_on": "2026-02-28", "right": "x", "reason": "x"});
    app.hq().post(&format!("{path}/terminate"), &end).ok();
    super::erasure::erase(app, &customer);
    let kept = keep(&app.manager(), &path, &zhang, "碎纸前暂存").ok();
    assert_eq!(
        (kept["erased"].clone(), kept.text("/original/place")),
        (json!(true), "碎纸前暂存".into())
    );
    let key = fresh_key();
    let again = |key: &str| {
        let request = app.manager().request("POST", &format!("{take}/items")).key(key);
        request.json(&json!({"number": "JX-2026-0007"})).send().ok()
    };
    let first = again(&key);
    assert_eq!(again(&key), first, "the same request is answered as before");
}
