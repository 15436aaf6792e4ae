//! Plain resources: regions, stores, staff, rewards. What is the same for all of them, and each one's own rules.

use super::world::World;
use crate::harness::{Actor, Answer, Field, ONE_TIME, PASSWORD, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    crate::stories!("resources":
        a_change_names_its_version_and_is_told_once,
        a_region_is_archived_once_no_open_store_is_in_it,
        a_store_closes_once_nobody_works_only_there,
        hq_resets_a_forgotten_password,
        nobody_but_an_operator_resets_an_operators_password,
        stores_of_an_account_hold_at_once,
        lists_are_filtered,
        the_documents_limits_are_the_ones_enforced,
    )
}

fn tag(actor: &Actor, path: &str) -> String {
    actor.get(path).header("etag").expect("an ETag").to_owned()
}

/// Changes the newest version.
fn change(app: &TestApp, path: &str, body: &Value) -> Answer {
    app.hq().patch(path, &tag(&app.hq(), path), body)
}

fn region(app: &TestApp, code: &str) -> String {
    app.hq()
        .post("/regions", &json!({"code": code, "name": code}))
        .created()
        .text("/id")
}

fn a_change_names_its_version_and_is_told_once(app: &TestApp) {
    let hq = app.hq();
    let program = app.program();
    let staff = json!({"user": "x", "name": "x", "role": "clerk", "store_ids": [], "password": ONE_TIME});
    let reward = json!({"program_id": program, "code": "x", "name": {"zh": "x", "en": "x"}, "points": 1});
    for (list, name, new) in [
        ("/regions", "region", json!({"code": "x", "name": "x"})),
        ("/stores", "store", json!({"code": "x", "name": "x"})),
        ("/staff", "staff", staff),
        ("/rewards", "reward", reward),
        ("/voucher-kinds", "voucher_kind", World::voucher_kind_form("x")),
    ] {
        let key = fresh_key();
        let create = || hq.request("POST", list).key(&key).json(&new).send();
        let id = create().created().text("/id");
        let again = create();
        assert_eq!(again.header("idempotency-replayed"), Some("true"), "{list}");
        assert_eq!(again.created().text("/id"), id);
        hq.post(list, &new).expect_problem(409, "already_exists");
        let one = format!("{list}/{id}");
        assert_eq!((tag(&hq, &one), hq.get(&one).ok().int("/version")), ("\"1\"".into(), 1));
        let changed = hq.patch(&one, "\"1\"", &json!({"active": false}));
        assert_eq!(changed.header("etag"), Some("\"2\""), "{list}");
        assert_eq!(changed.ok()["active"], json!(false), "{list}");
        hq.patch(&one, "\"1\"", &json!({"active": true}))
            .expect_problem(412, "version_conflict");
        hq.patch(&one, "\"2\"", &json!({"colour": "red"}))
            .expect_problem(400, "body_invalid");
        let stranger = app.actor("supervisor", &[app.east()]);
        stranger
            .patch(&one, "\"2\"", &json!({"active": true}))
            .expect_problem(403, "forbidden");
        assert_eq!(tag(&hq, &one), "\"2\"", "what is refused changes nothing");
        let told = |topic: &str| app.messages(topic).iter().filter(|line| line.contains(&id)).count();
        assert_eq!(
            (told(&format!("{name}.created")), told(&format!("{name}.changed"))),
            (1, 1),
            "{list}"
        );
        let noted = hq.get(&format!("/audit?subject={id}")).ok().list("/items");
        let noted: Vec<String> = noted.iter().map(|entry| entry.text("/action")).collect();
        assert_eq!(noted, [format!("{name}.update"), format!("{name}.create")]);
    }
}

fn a_region_is_archived_once_no_open_store_is_in_it(app: &TestApp) {
    let (north, hq) = (region(app, "north"), app.hq());
    let (path, east) = (format!("/regions/{north}"), format!("/stores/{}", app.east()));
    change(app, &east, &json!({"region_id": north})).ok();
    let refused = change(app, &path, &json!({"active": false})).expect_problem(409, "in_use");
    assert!(refused.text("/detail").contains('1'), "{refused:#}");
    change(app, &east, &json!({"region_id": null})).ok();
    change(app, &path, &json!({"active": false})).ok();
    // Nothing new goes into it, and nothing is opened in it again.
    let into = json!({"code": "new", "name": "new", "region_id": north});
    hq.post("/stores", &into).expect_problem(422, "field_invalid");
    change(app, &east, &json!({"region_id": north})).expect_problem(422, "field_invalid");
    change(app, &path, &json!({"active": true})).ok();
    hq.post("/stores", &into).created();
}

fn a_store_closes_once_nobody_works_only_there(app: &TestApp) {
    let store = json!({"code": "pier", "name": "码头店"});
    let store = app.hq().post("/stores", &store).created().text("/id");
    let path = format!("/stores/{store}");
    let alone = format!("/staff/{}", app.hire("wu", "cashier", &[&store]).text("/id"));
    app.hire("lu", "cashier", &[&store, app.east()]);
    let refused = change(app, &path, &json!({"active": false})).expect_problem(409, "in_use");
    assert!(
        refused.text("/detail").contains('1'),
        "who works elsewhere too doesn't count: {refused:#}"
    );
    change(app, &alone, &json!({"store_ids": [app.east()]})).ok();
    change(app, &path, &json!({"active": false})).ok();
    app.sale()
        .store(&store)
        .line("tea", "drinks", 10_00)
        .post()
        .expect_problem(422, "field_invalid");
}

fn hq_resets_a_forgotten_password(app: &TestApp) {
    let cashier = app.cashier();
    let id = cashier.get("/me").ok().text("/staff_id");
    let path = format!("/staff/{id}/password");
    let handed = json!({"password": "written-on-a-slip-of-paper"});
    app.hq()
        .post(&path, &json!({"password": "short"}))
        .expect_problem(422, "field_invalid");
    app.manager().post(&path, &handed).expect_problem(403, "forbidden");
    cashier.get("/me").ok();
    let reset = app.hq().post(&path, &handed);
    assert!(reset.header("etag").is_some());
    assert_eq!(reset.ok()["must_change_password"], json!(true));
    cashier.get("/me").expect_problem(401, "unauthenticated");
    let log_in = |password: &str| Actor::nobody(app.base()).login(&app.chain().code, "cashier-east", password);
    log_in(PASSWORD).expect_problem(401, "login_failed");
    let token = log_in("written-on-a-slip-of-paper").ok().text("/access_token");
    let first = Actor::nobody(app.base()).with_token(&token);
    first.get("/stores").expect_problem(403, "password_change_required");
    let noted = app.hq().get("/audit?action=staff.reset_password").ok().list("/items");
    assert_eq!(noted[0].text("/subject"), id);
    assert!(!noted[0].text("/detail").contains("slip"));
}

fn nobody_but_an_operator_resets_an_operators_password(app: &TestApp) {
    let operator = app.hq().get("/me").ok().text("/staff_id");
    let (path, handed) = (format!("/staff/{operator}/password"), json!({"password": ONE_TIME}));
    app.actor("hq_admin", &[])
        .post(&path, &handed)
        .expect_problem(403, "forbidden");
    app.hq().get("/me").ok();
}

fn stores_of_an_account_hold_at_once(app: &TestApp) {
    let cashier = app.cashier();
    let id = cashier.get("/me").ok().text("/staff_id");
    let stores = || -> Vec<String> {
        let stores = cashier.get("/me").ok().list("/stores");
        stores.iter().map(|store| store.text("/id")).collect()
    };
    assert_eq!(stores(), [app.east()]);
    let path = format!("/staff/{id}");
    change(app, &path, &json!({"store_ids": [app.west()]})).ok();
    assert_eq!(stores(), [app.west()]);
    let sale = |store: &str| app.sale().by(&cashier).store(store).line("tea", "drinks", 10_00).post();
    sale(app.east()).expect_problem(403, "forbidden");
    sale(app.west()).created();
    let nowhere = "0198c0de-0000-7000-8000-00000000dead";
    change(app, &path, &json!({"store_ids": [nowhere]})).expect_problem(422, "field_invalid");
    assert_eq!(stores(), [app.west()]);
}

fn lists_are_filtered(app: &TestApp) {
    let hq = app.hq();
    let codes = |path: &str, field: &str| -> Vec<String> {
        let items = hq.get(path).ok().list("/items");
        items.iter().map(|item| item.text(field)).collect()
    };
    let north = region(app, "north");
    region(app, "south");
    change(app, &format!("/stores/{}", app.west()), &json!({"region_id": north})).ok();
    change(app, &format!("/stores/{}", app.east()), &json!({"name": "东"})).ok();
    assert_eq!(codes(&format!("/stores?region_id={north}"), "/code"), ["west"]);
    change(app, &format!("/stores/{}", app.west()), &json!({"region_id": null})).ok();
    change(app, &format!("/regions/{north}"), &json!({"active": false})).ok();
    assert_eq!(codes("/regions?active=true", "/code"), ["south"]);
    assert_eq!(codes("/regions?active=false", "/code"), ["north"]);
    assert_eq!(codes("/regions?limit=1", "/code"), ["north"]);
    app.hire("wu", "clerk", &[app.west()]);
    assert_eq!(codes(&format!("/staff?store_id={}", app.west()), "/user"), ["wu"]);
    assert_eq!(codes("/staff?role=consultant", "/user"), ["mei"]);
    let manager = app.manager();
    let elsewhere = manager.get(&format!("/staff?store_id={}", app.west())).ok();
    assert_eq!(elsewhere["items"], json!([]), "a filter widens nothing");
    hq.get("/regions?colour=red").expect_problem(400, "body_invalid");
}

/// What the interface's description says of a text's length is what the server refuses, for every field that says it.
fn the_documents_limits_are_the_ones_enforced(app: &TestApp) {
    let document = Actor::nobody(app.base()).get("!/api/openapi.json").ok();
    let schemas = document["components"]["schemas"].clone();
    let good = |schema: &str, n: usize| match schema {
        "NewRegion" | "NewStore" => json!({"code": format!("c{n}"), "name": "x"}),
        "NewStaff" => json!({"user": format!("u{n}"), "name": "x", "role": "clerk", "password": ONE_TIME}),
        _ => json!({
            "program_id": app.program(), "code": format!("c{n}"), "name": {"zh": "x", "en": "x"}, "points": 1, "stock": 1,
        }),
    };
    let mut tried = 0;
    for (path, schema) in [
        ("/regions", "NewRegion"),
        ("/stores", "NewStore"),
        ("/staff", "NewStaff"),
        ("/rewards", "NewReward"),
    ] {
        for (field, rules) in schemas[schema]["properties"].as_object().expect("properties") {
            let post = |value: Value, n: usize| {
                let mut body = good(schema, n);
                body[field.as_str()] = value;
                app.hq().post(path, &body)
            };
            if let Some(longest) = rules["maxLength"].as_u64() {
                let longest = longest as usize;
                post(json!("x".repeat(longest)), tried).created();
                post(json!("x".repeat(longest + 1)), tried + 1).expect_problem(422, "field_invalid");
                tried += 2;
            }
            if let Some(least) = rules["minimum"].as_i64() {
                post(json!(least), tried).created();
                post(json!(least - 1), tried + 1).expect_problem(422, "field_invalid");
                tried += 2;
            }
            if let Some(shortest) = rules["minLength"].as_u64() {
                let short = "y".repeat(shortest as usize - 1);
                post(json!(short), tried).expect_problem(422, "field_invalid");
                tried += 1;
            }
        }
    }
    assert!(tried >= 20, "{tried} bodies were tried");
}
