//! Contracts (D-CON-1, D-CON-3, D-CON-4) from the draft to the archive, through approvals, signing and what follows.

use super::files::attach;
use crate::harness::{Actor, Answer, Field, TestApp, fresh_key};
use libtest_mimic::Trial;
use serde_json::{Value, json};

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("contracts":
        d_con_1_what_is_missing_is_named_and_stops_the_request,
        d_con_1_lines_come_to_integers_and_capitals,
        d_con_1_the_parties_are_those_of_signing,
        d_con_3_a_contract_lives_from_draft_to_archive,
        d_con_3_by_amount_one_or_two_agree,
        d_con_3_never_the_author_under_whatever_log_in,
        d_con_3_a_no_needs_its_reason_and_a_change_a_new_yes,
        d_con_3_an_approver_sees_what_changed_since,
        d_con_3_a_supplement_is_numbered_and_its_text_holds,
    );
    trials.extend(super::contract_books::tests());
    trials.extend(super::contract_watch::tests());
    trials.extend(super::contract_days::tests());
    trials.extend(super::contract_files::tests());
    trials.extend(super::contract_prints::tests());
    trials.extend(super::contract_rebates::tests());
    trials.extend(super::custody::tests());
    trials.extend(super::terms::tests());
    trials
}

/// Of what `scan` attaches.
const SCAN_SHA256: &str = "281a9b6b403e3fecbd92e4b0504bde1ddac566e0478eb038d63a85aed1a8b418";

pub fn kind_form(code: &str) -> Value {
    json!({
        "code": code, "name": {"zh": "经销合同", "en": "Dealer contract"}, "category": "JX",
        "required": ["subject", "quality", "settlement", "breach"], "party_fields": ["name", "address"],
        "approvals": [
            {"from": 0, "steps": [["store_manager"]]},
            {"from": 100_000_00, "steps": [["store_manager"], ["hq_admin", "finance"]]},
        ],
    })
}

pub fn kind(app: &TestApp) -> String {
    app.hq()
        .post("/contract-types", &kind_form("dealer"))
        .created()
        .text("/id")
}

pub fn customer(app: &TestApp) -> String {
    let card = json!({"kind": "company", "contact": {"address": "南京路 1 号"}});
    app.customer("王芳").phone("13812345678").with("card", card).create()
}

pub fn line(price: i64) -> Value {
    json!({
        "goods": "护肤套装", "unit": "套", "quantity": 1000, "unit_price": price, "tax_ppm": 130_000, "tax_included": true,
    })
}

/// Everything the type wants, but for the own party, which is a setting.
pub fn content(price: i64) -> Value {
    json!({
        "title": "二〇二六年度经销合同",
        "elements": {
            "quality": "符合国家标准", "settlement": "月结三十天", "breach": "按日万分之五", "delivery_place": "南京仓库",
        },
        "lines": [line(price)],
        "own_party": {"name": "甲方公司", "address": "北京路 2 号"},
    })
}

pub fn draft(actor: &Actor, kind: &str, customer: &str, content: &Value) -> Value {
    let body = json!({"type_id": kind, "customer_id": customer, "content": content});
    actor.post("/contracts", &body).created()
}

pub fn path(contract: &Value) -> String {
    format!("/contracts/{}", contract.text("/id"))
}

pub fn step(actor: &Actor, path: &str, step: &str) -> Answer {
    actor.post(&format!("{path}/{step}"), &json!({}))
}

/// The request that waits for a contract.
pub fn request(app: &TestApp, path: &str) -> String {
    format!("/approvals/{}", app.hq().get(path).ok().text("/approval_id"))
}

pub fn agree(actor: &Actor, request: &str) -> Answer {
    actor.post(&format!("{request}/agree"), &json!({}))
}

pub fn scan(app: &TestApp, customer: &str) -> String {
    attach(&app.hq(), customer, "", &fresh_key(), b"%PDF-1.7 signed")
        .created()
        .text("/id")
}

pub fn sign(app: &TestApp, path: &str, customer: &str, day: &str) -> Answer {
    let body = json!({"signed_on": day, "scan_id": scan(app, customer)});
    app.hq().post(&format!("{path}/sign"), &body)
}

/// From a draft to a signed contract, agreed by the manager.
pub fn signed(app: &TestApp, contract: &Value, day: &str) -> Value {
    let path = path(contract);
    step(&consultant(app), &path, "submit").ok();
    agree(&app.manager(), &request(app, &path)).ok();
    sign(app, &path, &contract.text("/customer_id"), day).ok()
}

pub fn consultant(app: &TestApp) -> Actor {
    app.actor("consultant", &[app.east()])
}

fn d_con_1_what_is_missing_is_named_and_stops_the_request(app: &TestApp) {
    let (kind, customer) = (kind(app), app.customer("王芳").create());
    let contract = draft(
        &consultant(app),
        &kind,
        &customer,
        &json!({"title": "合同", "elements": {"quality": "国标"}}),
    );
    let missing = |contract: &Value| -> Vec<String> {
        contract
            .list("/missing")
            .iter()
            .map(|field| field.text("/pointer"))
            .collect()
    };
    assert_eq!(
        missing(&contract),
        [
            "/elements/subject",
            "/elements/settlement",
            "/elements/breach",
            "/own_party/name",
            "/own_party/address",
            "/other_party/address"
        ]
    );
    let path = path(&contract);
    let refused = step(&consultant(app), &path, "submit").expect_problem(422, "contract_incomplete");
    let wrong: Vec<String> = refused
        .list("/errors")
        .iter()
        .map(|field| field.text("/pointer"))
        .collect();
    assert_eq!((wrong.len(), wrong[0].as_str()), (6, "/content/elements/subject"));
    let own = json!({"value": {"name": "甲方公司", "address": "北京路 2 号"}});
    app.hq().patch("/own-party", "\"0\"", &own).ok();
    let full = json!({"content": {
        "title": "合同", "lines": [line(100)], "elements": {"quality": "国标", "settlement": "月结", "breach": "万分之五"},
        "other_party": {"address": "南京路 1 号"},
    }});
    let changed = consultant(app).patch(&path, "\"1\"", &full).ok();
    assert_eq!(missing(&changed), [""; 0]);
    assert_eq!(
        changed.text("/own_party/name"),
        "甲方公司",
        "the chain's own party is a setting"
    );
    step(&consultant(app), &path, "submit").ok();
}

fn d_con_1_lines_come_to_integers_and_capitals(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let lines = json!([
        {"goods": "面霜", "unit": "盒", "quantity": 3000, "unit_price": 333_35, "tax_ppm": 0, "tax_included": true},
        {"goods": "精油", "unit": "升", "quantity": 1500, "unit_price": 3_30, "tax_ppm": 130_000, "tax_included": false},
    ]);
    let contract = draft(
        &consultant(app),
        &kind,
        &customer,
        &json!({"title": "合同", "lines": lines}),
    );
    assert_eq!(contract.list("/totals/lines").len(), 2);
    assert_eq!(
        (
            contract.int("/totals/lines/1/amount"),
            contract.int("/totals/lines/1/tax"),
            contract.int("/amount")
        ),
        (4_95, 64, 1000_05 + 5_59)
    );
    assert_eq!(contract.text("/amount_in_words"), "壹仟零伍元陆角肆分");
    let wrong =
        json!([{"goods": "", "unit": "盒", "quantity": 0, "unit_price": -1, "tax_ppm": 0, "tax_included": true}]);
    let body = json!({"type_id": kind, "customer_id": customer, "content": {"title": "合同", "lines": wrong}});
    let refused = consultant(app)
        .post("/contracts", &body)
        .expect_problem(422, "field_invalid");
    let wrong: Vec<String> = refused
        .list("/errors")
        .iter()
        .map(|field| field.text("/pointer"))
        .collect();
    assert_eq!(
        wrong,
        [
            "/content/lines/0/goods",
            "/content/lines/0/quantity",
            "/content/lines/0/unit_price"
        ]
    );
}

fn d_con_1_the_parties_are_those_of_signing(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contract = draft(&consultant(app), &kind, &customer, &content(100));
    let path = path(&contract);
    let address = |path: &str| app.hq().get(path).ok().text("/other_party/address");
    let move_to = |place: &str| {
        let of = format!("/customers/{customer}");
        let version = app.hq().get(&of).header("etag").expect("an ETag").to_owned();
        app.hq()
            .patch(&of, &version, &json!({"card": {"contact": {"address": place}}}))
            .ok();
    };
    move_to("淮海路 3 号");
    assert_eq!(address(&path), "淮海路 3 号", "a draft follows the archive");
    let clerk = app.actor("clerk", &[app.east()]);
    let seen = |actor: &Actor| {
        let party = actor.get(&path).ok()["other_party"].clone();
        (party.text("/contact"), party.text("/address"))
    };
    let whole = ("+8613812345678".to_owned(), "淮海路 3 号".to_owned());
    assert_eq!(seen(&consultant(app)), whole);
    let masked = ("138****5678".to_owned(), "***".to_owned());
    assert_eq!(seen(&clerk), masked, "a draft is no way around the archive's masks");
    signed(app, &contract, "2026-03-01");
    move_to("西藏路 4 号");
    assert_eq!(address(&path), "淮海路 3 号");
    assert_eq!(seen(&clerk), whole, "what was signed is read as it was signed");
}

fn d_con_3_a_contract_lives_from_draft_to_archive(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let mut text = content(500_00);
    text["starts_on"] = json!("2026-03-01");
    text["ends_on"] = json!("2026-12-31");
    let contract = draft(&consultant(app), &kind, &customer, &text);
    let path = path(&contract);
    assert_eq!(
        (contract.text("/state"), &contract["number"]),
        ("draft".into(), &Value::Null)
    );
    step(&app.hq(), &path, "archive").ok();
    step(&app.hq(), &path, "submit").expect_problem(409, "contract_state");
    let contract = draft(&consultant(app), &kind, &customer, &text);
    let path = self::path(&contract);
    sign(app, &path, &customer, "2026-03-01").expect_problem(409, "contract_state");
    let done = signed(app, &contract, "2026-02-27");
    assert_eq!(
        (done.text("/state"), done.text("/number"), done.text("/signed_on")),
        ("in_force".into(), "JX-2026-0001".into(), "2026-02-27".into())
    );
    assert_eq!(done.text("/scan_sha256"), SCAN_SHA256, "of the signed original");
    app.hq()
        .post(&format!("{path}/fulfil"), &json!({"fulfilment": "partly"}))
        .ok();
    consultant(app)
        .patch(&path, "\"9\"", &json!({"content": text}))
        .expect_problem(412, "version_conflict");
    app.set_now("2027-01-01 09:00");
    app.night();
    let over = app.hq().get(&path).ok();
    assert_eq!(
        (over.text("/state"), over.text("/fulfilment")),
        ("expired".into(), "partly".into())
    );
    assert_eq!(step(&app.hq(), &path, "archive").ok().text("/state"), "archived");
    let told = app.hq().get(&format!("{path}/history")).ok();
    let steps: Vec<String> = told.list("/items").iter().map(|event| event.text("/step")).collect();
    assert_eq!(
        steps,
        [
            "archive", "expire", "fulfil", "begin", "sign", "approve", "submit", "change"
        ]
    );
    let audited = app
        .auditor()
        .get(&format!("/audit?subject={}&action=contract.step", contract.text("/id")))
        .ok();
    assert_eq!(audited.list("/items").len(), 8, "the audit log shows each step");
}

fn d_con_3_by_amount_one_or_two_agree(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let small = path(&draft(&consultant(app), &kind, &customer, &content(99_999_99)));
    step(&consultant(app), &small, "submit").ok();
    let asked = app.manager().get("/approvals?mine=true").ok();
    assert_eq!(asked.text("/items/0/summary/zh"), "经销合同");
    assert_eq!(app.manager().get("/approvals/waiting").ok().int("/count"), 1);
    let finance = app.actor("finance", &[]);
    assert_eq!(
        finance.get("/approvals/waiting").ok().int("/count"),
        0,
        "the first step is a manager's"
    );
    let decided = agree(&app.manager(), &request(app, &small)).ok();
    assert_eq!(decided.text("/state"), "approved");
    let large = path(&draft(&consultant(app), &kind, &customer, &content(100_000_00)));
    step(&consultant(app), &large, "submit").ok();
    let request = request(app, &large);
    agree(&finance, &request).expect_problem(403, "forbidden");
    assert_eq!(agree(&app.manager(), &request).ok().text("/state"), "waiting");
    assert_eq!(app.hq().get(&large).ok().text("/state"), "in_review");
    agree(&app.manager(), &request).expect_problem(403, "forbidden");
    assert_eq!(agree(&finance, &request).ok().text("/state"), "approved");
    assert_eq!(app.hq().get(&large).ok().text("/state"), "approved");
    agree(&app.hq(), &request).expect_problem(409, "decided_already");
    let open = path(&draft(&consultant(app), &kind, &customer, &{
        let mut text = content(1);
        text["lines"] = json!([]);
        text["elements"]["subject"] = json!("框架合作");
        text
    }));
    let asked = step(&consultant(app), &open, "submit").ok();
    let request = app.hq().get(&format!("/approvals/{}", asked.text("/approval_id"))).ok();
    assert_eq!(
        request.list("/steps").len(),
        2,
        "without an amount it counts as the highest"
    );
}

fn d_con_3_never_the_author_under_whatever_log_in(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let manager = app.manager();
    let own = path(&draft(&manager, &kind, &customer, &content(100)));
    step(&consultant(app), &own, "submit").ok();
    agree(&manager, &request(app, &own)).expect_problem(409, "second_person_needed");
    // Another log-in of the same person.
    let second = app.hire("zhang-2", "store_manager", &[app.east()]);
    let other = app.first_log_in("zhang-2");
    let first = app.manager().get("/me").ok().text("/staff_id");
    let of = format!("/staff/{}", second.text("/id"));
    let version = app.hq().get(&of).header("etag").expect("an ETag").to_owned();
    app.hq().patch(&of, &version, &json!({"same_person_as": first})).ok();
    agree(&other, &request(app, &own)).expect_problem(409, "second_person_needed");
    assert_eq!(other.get("/approvals/waiting").ok().int("/count"), 0);
    // Whoever it is written for is its author.
    let body = json!({"type_id": kind, "customer_id": customer, "author_id": first, "content": content(100)});
    let written = path(&consultant(app).post("/contracts", &body).created());
    step(&consultant(app), &written, "submit").ok();
    agree(&manager, &request(app, &written)).expect_problem(409, "second_person_needed");
    // Whoever has changed a version has made it.
    let changed = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    manager.patch(&changed, "\"1\"", &json!({"content": content(200)})).ok();
    step(&consultant(app), &changed, "submit").ok();
    agree(&manager, &request(app, &changed)).expect_problem(409, "second_person_needed");
    app.hire("li-3", "store_manager", &[app.east()]);
    agree(&app.first_log_in("li-3"), &request(app, &changed)).ok();
    let wrong = json!({"same_person_as": second.text("/id")});
    let version = app.hq().get(&of).header("etag").expect("an ETag").to_owned();
    app.hq()
        .patch(&of, &version, &wrong)
        .expect_problem(422, "field_invalid");
}

fn d_con_3_a_no_needs_its_reason_and_a_change_a_new_yes(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contract = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    step(&consultant(app), &contract, "submit").ok();
    let version = || app.hq().get(&contract).header("etag").expect("an ETag").to_owned();
    let change = json!({"content": content(200)});
    consultant(app)
        .patch(&contract, &version(), &change)
        .expect_problem(409, "contract_state");
    let first = request(app, &contract);
    let reject = format!("{first}/reject");
    app.manager()
        .post(&reject, &json!({}))
        .expect_problem(422, "field_invalid");
    let rejected = app.manager().post(&reject, &json!({"remark": "价格太低"})).ok();
    assert_eq!(
        (rejected.text("/state"), rejected.text("/decisions/0/remark")),
        ("rejected".into(), "价格太低".into())
    );
    let told = app.hq().get(&format!("{contract}/history")).ok();
    assert_eq!(
        (told.text("/items/0/step"), told.text("/items/0/note")),
        ("reject".into(), "价格太低".into())
    );
    consultant(app).patch(&contract, &version(), &change).ok();
    step(&consultant(app), &contract, "submit").ok();
    step(&consultant(app), &contract, "withdraw").ok();
    agree(&app.manager(), &first).expect_problem(409, "decided_already");
    step(&consultant(app), &contract, "submit").ok();
    agree(&app.manager(), &request(app, &contract)).ok();
    consultant(app)
        .patch(&contract, &version(), &change)
        .expect_problem(409, "contract_state");
    step(&consultant(app), &contract, "reopen").ok();
    consultant(app)
        .patch(&contract, &version(), &json!({"content": content(300)}))
        .ok();
    sign(app, &contract, &customer, "2026-03-01").expect_problem(409, "contract_state");
    step(&consultant(app), &contract, "submit").ok();
    agree(&app.manager(), &request(app, &contract)).ok();
    assert_eq!(app.hq().get(&contract).ok().int("/content_version"), 3);
}

fn d_con_3_an_approver_sees_what_changed_since(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let contract = path(&draft(&consultant(app), &kind, &customer, &content(100)));
    assert_eq!(app.manager().get(&contract).ok()["seen_version"], Value::Null);
    let mut text = content(100);
    text["elements"]["settlement"] = json!("月结六十天");
    consultant(app)
        .patch(&contract, "\"1\"", &json!({"content": text}))
        .ok();
    let changes = app.manager().get(&format!("{contract}/changes")).ok();
    assert_eq!((changes.int("/from"), changes.int("/to")), (1, 2));
    let items = changes.list("/items");
    assert_eq!(
        (items.len(), items[0].text("/pointer")),
        (1, "/elements/settlement".into())
    );
    let pieces = items[0].list("/paragraphs/0/pieces");
    let told: Vec<(String, String)> = pieces
        .iter()
        .map(|piece| (piece.text("/change"), piece.text("/text")))
        .collect();
    let piece = |change: &str, text: &str| (change.to_owned(), text.to_owned());
    assert_eq!(
        told,
        [
            piece("kept", "月结"),
            piece("removed", "三"),
            piece("added", "六"),
            piece("kept", "十天")
        ]
    );
    assert_eq!(app.manager().get(&contract).ok().int("/seen_version"), 1);
    assert!(
        app.manager()
            .get(&format!("{contract}/changes?from=2"))
            .ok()
            .list("/items")
            .is_empty()
    );
    app.manager()
        .get(&format!("{contract}/changes?from=9"))
        .expect_problem(422, "field_invalid");
    assert_eq!(
        app.manager()
            .get(&format!("{contract}/versions"))
            .ok()
            .list("/items")
            .len(),
        2
    );
}

fn d_con_3_a_supplement_is_numbered_and_its_text_holds(app: &TestApp) {
    let (kind, customer) = (kind(app), customer(app));
    let main = draft(&consultant(app), &kind, &customer, &content(100));
    let main_path = path(&main);
    step(&consultant(app), &main_path, "supplement").expect_problem(409, "contract_state");
    signed(app, &main, "2026-03-01");
    let first = step(&consultant(app), &main_path, "supplement").created();
    step(&consultant(app), &main_path, "supplement").expect_problem(409, "already_exists");
    assert_eq!(
        (first.int("/supplement"), first.text("/content/elements/breach")),
        (1, "按日万分之五".into())
    );
    let mut text = first["content"].clone();
    text["elements"]["breach"] = json!("按日千分之一");
    consultant(app)
        .patch(&path(&first), "\"1\"", &json!({"content": text}))
        .ok();
    let changes = app.manager().get(&format!("{}/changes?from=1", path(&first))).ok();
    assert_eq!(
        changes.text("/items/0/pointer"),
        "/elements/breach",
        "the difference to the text that held"
    );
    assert_eq!(app.hq().get(&main_path).ok()["text_in_force"], Value::Null);
    assert_eq!(signed(app, &first, "2026-03-01").text("/number"), "JX-2026-0001-S1");
    let now = app.hq().get(&main_path).ok();
    assert_eq!(
        (now.text("/text_in_force"), now.list("/supplements").len()),
        (first.text("/id"), 1)
    );
    let second = step(&consultant(app), &main_path, "supplement").created();
    assert_eq!(
        (second.int("/supplement"), second.text("/content/elements/breach")),
        (2, "按日千分之一".into())
    );
}
