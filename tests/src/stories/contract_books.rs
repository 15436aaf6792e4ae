//! Contracts as a binder (D-CON-3, D-CON-4): what the calendar does, who may do what, numbers, searching, privacy.

use super::contracts::{
    agree, consultant, content, customer, draft, kind, line, path, request, scan, sign, signed, step,
};
use super::privacy::files;
use crate::harness::{Actor, Field, TestApp};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("contracts":
        d_con_3_a_contract_ends_on_the_day_that_was_agreed,
        d_con_3_the_calendar_begins_and_expires,
        d_con_3_a_request_nobody_decides_ends,
        d_con_3_a_comment_stands_in_the_history,
        d_con_3_who_may_take_which_step,
        d_con_4_filing_numbers_have_no_gaps,
        d_con_4_a_contract_is_found_by_everything,
        d_con_4_reading_is_noted_and_nothing_lies_in_clear,
        d_con_3_contracts_go_along_with_a_merge_and_bind_until_they_end,
        d_con_3_a_successor_begins_when_the_one_before_is_over,
    )
}

fn state(app: &TestApp, path: &str) -> String {
    app.hq().get(path).ok().text("/state")
}

fn d_con_3_a_contract_ends_on_the_day_that_was_agreed(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contract = draft(&consultant(app), &kind, &customer, &content(100));
    let path = path(&contract);
    signed(app, &contract, "2026-03-01");
    let end = |day: &str| {
        let body = json!({"ends_on": day, "right": "第九条第二款", "reason": "双方协商一致"});
        app.manager().post(&format!("{path}/terminate"), &body)
    };
    end("2026-02-28").expect_problem(422, "field_invalid");
    let told = end("2026-03-31").ok();
    assert_eq!(
        (told.text("/state"), told.text("/ended_on")),
        ("in_force".into(), "2026-03-31".into())
    );
    app.set_now("2026-03-31 23:00");
    app.night();
    assert_eq!(state(app, &path), "in_force", "its last day");
    app.set_now("2026-04-01 00:30");
    app.night();
    assert_eq!(state(app, &path), "terminated");
    let told = app.hq().get(&format!("{path}/history")).ok();
    assert_eq!(told.text("/items/1/note"), "第九条第二款\n双方协商一致");
}

fn d_con_3_the_calendar_begins_and_expires(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(100);
    text["starts_on"] = json!("2026-04-01");
    text["ends_on"] = json!("2026-04-30");
    let contract = draft(&consultant(app), &kind, &customer, &text);
    let path = path(&contract);
    assert_eq!(signed(app, &contract, "2026-03-01").text("/state"), "signed");
    for (now, expected) in [
        ("2026-03-31 23:30", "signed"),
        ("2026-04-01 00:30", "in_force"),
        ("2026-04-30 23:30", "in_force"),
        ("2026-05-01 00:30", "expired"),
    ] {
        app.set_now(now);
        app.night();
        assert_eq!(state(app, &path), expected, "{now}");
    }
    // A server that was down for the whole term: both steps, each told.
    text["starts_on"] = json!("2026-06-01");
    text["ends_on"] = json!("2026-06-30");
    let late = draft(&consultant(app), &kind, &customer, &text);
    signed(app, &late, "2026-05-01");
    app.set_now("2026-08-01 09:00");
    app.night();
    let told = app.hq().get(&format!("{}/history", self::path(&late))).ok();
    assert_eq!(
        (told.text("/items/0/step"), told.text("/items/1/step")),
        ("expire".into(), "begin".into())
    );
}

fn d_con_3_a_request_nobody_decides_ends(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let path = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    step(&consultant(app), &path, "submit").ok();
    let request = request(app, &path);
    app.set_now("2026-03-16 12:00");
    agree(&app.manager(), &request).expect_problem(409, "decided_already");
    app.night();
    assert_eq!(app.hq().get(&request).ok().text("/state"), "expired");
    assert_eq!(state(app, &path), "draft");
    step(&consultant(app), &path, "submit").ok();
}

/// A contract in each state.
fn in_state(app: &TestApp, (kind, customer): (&str, &str), wanted: &str) -> String {
    let mut text = content(100);
    if wanted == "signed" {
        text["starts_on"] = json!("2026-12-01");
    }
    let contract = draft(&consultant(app), kind, customer, &text);
    let path = path(&contract);
    if wanted != "draft" && wanted != "archived" {
        step(&consultant(app), &path, "submit").ok();
    }
    match wanted {
        "draft" | "in_review" => {}
        "archived" => {
            step(&app.hq(), &path, "archive").ok();
        }
        _ => {
            agree(&app.manager(), &request(app, &path)).ok();
        }
    }
    if ["signed", "in_force", "terminated"].contains(&wanted) {
        sign(app, &path, customer, "2026-02-20").ok();
    }
    if wanted == "terminated" {
        let body = json!({"ends_on": "2026-02-28", "right": "x", "reason": "x"});
        app.hq().post(&format!("{path}/terminate"), &body).ok();
    }
    assert_eq!(state(app, &path), wanted);
    path
}

/// Steps, who may take them in the own store, and in which states they are possible.
const STEPS: [(&str, &str, &[&str]); 8] = [
    (
        "submit",
        "hq_admin store_manager supervisor consultant clerk",
        &["draft"],
    ),
    (
        "withdraw",
        "hq_admin store_manager supervisor consultant clerk",
        &["in_review"],
    ),
    (
        "reopen",
        "hq_admin store_manager supervisor consultant clerk",
        &["approved"],
    ),
    ("sign", "hq_admin store_manager clerk", &["approved"]),
    ("terminate", "hq_admin store_manager", &["signed", "in_force"]),
    ("archive", "hq_admin store_manager", &["draft", "terminated"]),
    (
        "fulfil",
        "hq_admin store_manager supervisor consultant clerk",
        &["signed", "in_force", "terminated"],
    ),
    (
        "supplement",
        "hq_admin store_manager supervisor consultant clerk",
        &["signed", "in_force"],
    ),
];

fn d_con_3_who_may_take_which_step(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let east = [app.east()];
    let roles = [
        "hq_admin",
        "store_manager",
        "supervisor",
        "cashier",
        "consultant",
        "clerk",
        "finance",
        "auditor",
        "api_client",
        "vendor",
    ];
    let bound = |role: &str| !["hq_admin", "finance", "auditor", "vendor"].contains(&role);
    let actors = roles.map(|role| (role, app.actor(role, if bound(role) { &east } else { &[] })));
    let states = [
        "draft",
        "in_review",
        "approved",
        "signed",
        "in_force",
        "terminated",
        "archived",
    ];
    let scan = scan(app, &customer);
    for state in states {
        let path = in_state(app, (&kind, &customer), state);
        for (name, who, possible) in STEPS {
            let body = match name {
                "sign" => json!({"signed_on": "2026-02-20", "scan_id": scan}),
                "terminate" => json!({"ends_on": "2026-02-28", "right": "x", "reason": "x"}),
                "fulfil" => json!({"fulfilment": "partly"}),
                _ => json!({}),
            };
            for (role, actor) in &actors {
                let permitted = who.split(' ').any(|one| one == *role);
                let what = format!("{name} by {role}, {state}");
                // Whoever may is tried only where the state forbids it: what it does is another story.
                if permitted && possible.contains(&state) {
                    continue;
                }
                let answer = actor.post(&format!("{path}/{name}"), &body);
                let expected = if permitted { 409 } else { 403 };
                assert_eq!(answer.status, expected, "{what}: {:#}", answer.body);
            }
        }
        assert_eq!(self::state(app, &path), state, "nothing has changed");
    }
    for (name, _, possible) in STEPS.iter().filter(|(name, ..)| *name != "supplement") {
        for state in *possible {
            let path = in_state(app, (&kind, &customer), state);
            let body = match *name {
                "sign" => json!({"signed_on": "2026-02-20", "scan_id": scan}),
                "terminate" => json!({"ends_on": "2026-02-28", "right": "x", "reason": "x"}),
                "fulfil" => json!({"fulfilment": "partly"}),
                _ => json!({}),
            };
            app.manager().post(&format!("{path}/{name}"), &body).ok();
        }
    }
}

fn d_con_4_filing_numbers_have_no_gaps(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contracts: Vec<Value> = (0..8)
        .map(|_| draft(&consultant(app), &kind, &customer, &content(100)))
        .collect();
    for contract in &contracts {
        let path = path(contract);
        step(&consultant(app), &path, "submit").ok();
        agree(&app.manager(), &request(app, &path)).ok();
    }
    let scan = scan(app, &customer);
    let hq = app.hq();
    let sign = |contract: &Value, scan: &str, day: &str| {
        hq.post(
            &format!("{}/sign", path(contract)),
            &json!({"signed_on": day, "scan_id": scan}),
        )
    };
    sign(&contracts[0], &contracts[0].text("/id"), "2026-02-20").expect_problem(422, "field_invalid");
    sign(&contracts[0], &scan, "2026-12-20").expect_problem(422, "field_invalid");
    // All at once, each twice: one of the two is refused, and takes no number.
    std::thread::scope(|scope| {
        for contract in contracts
            .iter()
            .chain(&contracts)
            .filter(|one| one["id"] != contracts[7]["id"])
        {
            scope.spawn(|| sign(contract, &scan, "2026-02-20"));
        }
    });
    sign(&contracts[7], &scan, "2025-12-30").ok();
    let listed = hq.get("/contracts").ok().list("/items");
    let mut numbers: Vec<String> = listed.iter().map(|contract| contract.text("/number")).collect();
    numbers.sort();
    let expected: Vec<String> = (1..=7).map(|number| format!("JX-2026-{number:04}")).collect();
    assert_eq!(numbers[0], "JX-2025-0001", "each year counts for itself");
    assert_eq!(numbers[1..], expected);
}

fn d_con_4_a_contract_is_found_by_everything(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(500_00);
    text["ends_on"] = json!("2026-06-30");
    let wanted = draft(&consultant(app), &kind, &customer, &text);
    signed(app, &wanted, "2026-03-01");
    let other = app.customer("李娜").create();
    let mut text = content(900_00);
    text["lines"] = json!([line(900_00)]);
    text["elements"] = json!({"quality": "企业标准"});
    text["ends_on"] = json!("2027-06-30");
    draft(&consultant(app), &kind, &other, &text);
    for query in [
        format!("customer_id={customer}"),
        "number=jx-2026".into(),
        "state=in_force".into(),
        "amount_to=60000".into(),
        "amount_from=40000&amount_to=60000".into(),
        "ends_by=2026-12-31".into(),
        "text=%E5%9B%BD%E5%AE%B6%E6%A0%87%E5%87%86".into(),
        format!("type_id={kind}&text=%E5%8D%97%E4%BA%AC&state=in_force"),
    ] {
        let found = app.hq().get(&format!("/contracts?{query}")).ok().list("/items");
        let ids: Vec<String> = found.iter().map(|contract| contract.text("/id")).collect();
        assert_eq!(ids, [wanted.text("/id")], "{query}");
    }
    assert_eq!(app.hq().get("/contracts").ok().list("/items").len(), 2);
    let page = app.hq().get("/contracts?limit=1").ok();
    let rest = app
        .hq()
        .get(&format!("/contracts?limit=1&after={}", page.text("/next")))
        .ok();
    assert_eq!(
        (rest.text("/items/0/id"), &rest["next"]),
        (wanted.text("/id"), &Value::Null)
    );
    let west = app.actor("consultant", &[app.west()]);
    assert!(west.get("/contracts").ok().list("/items").is_empty());
    west.get(&path(&wanted)).expect_problem(403, "forbidden");
}

fn holds(app: &TestApp, text: &str) -> bool {
    let mut all = files(app.folder());
    let tables = app.database().dump();
    all.extend(tables.map(|text| (std::path::PathBuf::from("the tables"), text.into_bytes())));
    all.iter()
        .any(|(_, bytes)| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
}

fn d_con_3_a_comment_stands_in_the_history(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let path = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    let before = version_of(&app.hq(), &path);
    step(&consultant(app), &path, "submit").ok();
    let frozen = version_of(&app.hq(), &path);
    assert_ne!(before, frozen);
    let say = |actor: &Actor, text: &str| actor.post(&format!("{path}/comments"), &json!({"text": text}));
    say(&app.manager(), " ").expect_problem(422, "field_invalid");
    say(&app.manager(), "第三条的价格与报价单不一致").ok();
    say(&consultant(app), "已核对，是含税价").ok();
    app.actor("consultant", &[app.west()])
        .post(&format!("{path}/comments"), &json!({"text": "x"}))
        .expect_problem(403, "forbidden");
    let told = app.manager().get(&format!("{path}/history")).ok().list("/items");
    let said: Vec<(String, String)> = told[..2]
        .iter()
        .map(|event| (event.text("/step"), event.text("/note")))
        .collect();
    let comment = |text: &str| ("comment".to_owned(), text.to_owned());
    assert_eq!(
        said,
        [comment("已核对，是含税价"), comment("第三条的价格与报价单不一致")]
    );
    assert_eq!(told[0].text("/state"), "in_review");
    assert_eq!(version_of(&app.hq(), &path), frozen, "nothing else has changed");
    assert!(!holds(app, "报价单"), "it doesn't lie in clear");
}

fn d_con_4_reading_is_noted_and_nothing_lies_in_clear(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let path = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    step(&consultant(app), &path, "submit").ok();
    app.manager().get(&path).ok();
    let reject = format!("{}/reject", request(app, &path));
    app.manager().post(&reject, &json!({"remark": "王芳还没有付定金"})).ok();
    let looks = app
        .auditor()
        .get(&format!("/access-log?customer_id={customer}&kind=contract"))
        .ok()
        .list("/items");
    let me = app.manager().get("/me").ok().text("/staff_id");
    assert!(looks.iter().any(|look| look["staff_id"] == json!(me)), "{looks:#?}");
    for secret in ["按日万分之五", "南京仓库", "王芳还没有付定金", "甲方公司"] {
        assert!(!holds(app, secret), "{secret} lies in clear");
    }
}

fn version_of(actor: &Actor, path: &str) -> String {
    actor.get(path).header("etag").expect("an ETag").to_owned()
}

fn d_con_3_contracts_go_along_with_a_merge_and_bind_until_they_end(app: &TestApp) {
    let (kind, gone) = (kind(app), customer(app));
    let stays = app.customer("王小芳").phone("13700000001").create();
    let contract = draft(&consultant(app), &kind, &gone, &content(100));
    let contract_path = path(&contract);
    signed(app, &contract, "2026-02-20");
    let of = format!("/customers/{stays}");
    let version = version_of(&app.hq(), &of);
    let body = json!({"customer_id": gone, "version": 1});
    let merge = app
        .hq()
        .request("POST", &format!("{of}/merge"))
        .key(&crate::harness::fresh_key());
    merge.header("If-Match", &version).json(&body).send().created();
    let now = app.hq().get(&contract_path).ok();
    assert_eq!(
        (now.text("/customer_id"), now.text("/content/elements/breach")),
        (stays.clone(), "按日万分之五".into())
    );
    let erase = json!({"scope": "person", "customer_id": stays, "ground": "asked"});
    app.hq().post("/deletions", &erase).expect_problem(409, "in_use");
    let end = json!({"ends_on": "2026-02-28", "right": "x", "reason": "x"});
    app.hq().post(&format!("{contract_path}/terminate"), &end).ok();
    super::erasure::erase(app, &stays);
    let left = app.hq().get(&contract_path).ok();
    assert_eq!(
        (
            left["erased"].clone(),
            left.text("/number"),
            left.int("/amount"),
            left["content"]["elements"].clone()
        ),
        (json!(true), "JX-2026-0001".into(), 100, json!({}))
    );
    assert!(
        app.hq()
            .get("/contracts?text=%E5%9B%BD%E5%AE%B6")
            .ok()
            .list("/items")
            .is_empty()
    );
    assert!(
        app.hq()
            .get(&format!("{contract_path}/history"))
            .ok()
            .list("/items")
            .len()
            > 4
    );
    assert_eq!(app.server().verify(), [""; 0]);
}

fn d_con_3_a_successor_begins_when_the_one_before_is_over(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(100);
    text["starts_on"] = json!("2026-01-31");
    text["ends_on"] = json!("2026-04-29");
    let main = draft(&consultant(app), &kind, &customer, &text);
    signed(app, &main, "2026-01-20");
    let next = step(&consultant(app), &path(&main), "renew").created();
    assert_eq!(
        (next.text("/content/starts_on"), next.text("/predecessor_id")),
        ("2026-04-30".into(), main.text("/id"))
    );
    step(&consultant(app), &path(&main), "renew").expect_problem(409, "already_exists");
    text["starts_on"] = json!("2026-04-29");
    text["ends_on"] = json!("2026-12-31");
    consultant(app)
        .patch(&path(&next), "\"1\"", &json!({"content": text}))
        .ok();
    step(&consultant(app), &path(&next), "submit").expect_problem(409, "contract_state");
    text["starts_on"] = json!("2026-04-30");
    consultant(app)
        .patch(&path(&next), "\"2\"", &json!({"content": text}))
        .ok();
    let done = signed(app, &next, "2026-03-01");
    assert_eq!(
        (done.text("/state"), done.text("/number")),
        ("signed".into(), "JX-2026-0002".into())
    );
}
