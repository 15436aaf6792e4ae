//! Erasure (D-ARC-13): the person goes, the books stay, and no older backup brings anybody back.

use super::privacy::files;
use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Backend, Field, Site, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn tests() -> Vec<Trial> {
    let mut trials = crate::stories!("erasure":
        d_arc_13_erasure_takes_the_person_and_leaves_the_books,
        d_arc_13_what_is_erased_is_shown_as_erased,
        d_arc_13_what_was_to_be_done_goes_with_the_person,
        d_arc_13_nothing_more_is_written_about_the_erased,
        d_arc_13_who_was_merged_into_the_erased_goes_along,
        d_arc_13_a_deletion_needs_two_people,
        d_arc_19_an_identity_number_or_a_record_alone_is_deleted,
    );
    let restored = |backend: Backend| {
        backend.trial("erasure::d_arc_13_an_older_backup_brings_nobody_back", move || {
            an_older_backup_brings_nobody_back(backend);
            Ok(Completion::Completed)
        })
    };
    trials.extend(Backend::ALL.iter().copied().map(restored));
    trials
}

const PHONE: &str = "13912345678";
const MAIL: &str = "liang@example.com";
const SECRETS: [&str; 4] = ["诸葛亮", "王婆卖瓜", "REF-77", "诸葛"];

fn ask(app: &TestApp, customer: &str) -> String {
    let body = json!({"scope": "person", "customer_id": customer, "ground": "asked", "reference": "L-17"});
    app.hq().post("/deletions", &body).created().text("/id")
}

pub fn second(app: &TestApp) -> Actor {
    app.actor("hq_admin", &[])
}

pub fn erase(app: &TestApp, customer: &str) {
    let path = format!("/deletions/{}/confirm", ask(app, customer));
    assert_eq!(second(app).post(&path, &json!({})).ok().text("/state"), "done");
}

/// Whether a text lies in clear in the data folder or the tables.
fn holds(app: &TestApp, text: &str) -> Option<PathBuf> {
    let mut files = files(app.folder());
    let tables = app.database().dump();
    files.extend(tables.map(|text| (PathBuf::from("the tables"), text.into_bytes())));
    let wanted = text.as_bytes();
    let found = files
        .iter()
        .find(|(_, bytes)| bytes.windows(wanted.len()).any(|window| window == wanted));
    found.map(|(path, _)| path.clone())
}

fn someone(app: &TestApp) -> crate::harness::Member {
    let card = json!({"contact": {"mail": MAIL}, "deal": {"terms": "王婆卖瓜"}});
    let form = app
        .customer("诸葛亮")
        .phone(PHONE)
        .with("card", card)
        .with("external_ref", "REF-77");
    let customer = form.create();
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer)
}

fn write(app: &TestApp, customer: &str) -> (String, String) {
    let entry = json!({"category": "need", "description": "王婆卖瓜", "amount": 500});
    app.hq()
        .post(&format!("/customers/{customer}/journal"), &entry)
        .created();
    let form = super::world::World::record_type_form("machine");
    let kind = app.hq().post("/record-types", &form).created().text("/id");
    let record = json!({"type_id": kind, "customer_id": customer, "values": {"state": "new"}});
    let record = app.hq().post("/records", &record).created().text("/id");
    (kind, record)
}

fn d_arc_13_erasure_takes_the_person_and_leaves_the_books(app: &TestApp) {
    let member = someone(app);
    let other = app.member("王芳");
    write(app, &member.customer);
    let reveal = json!({"fields": ["phones"], "purpose": "other", "note": "王婆卖瓜"});
    app.hq()
        .post(&format!("/customers/{}/reveal", member.customer), &reveal)
        .created();
    assert!(holds(app, "诸葛亮").is_some(), "the search looks where the name is");
    let before = (app.entries(&member), app.points(&member), app.points(&other));
    let audited = app.hq().get("/audit?action=customer.create").ok();
    erase(app, &member.customer);
    assert_eq!((app.entries(&member), app.points(&member), app.points(&other)), before);
    assert_eq!(
        app.hq().get("/audit?action=customer.create").ok(),
        audited,
        "the audit log stays to the letter"
    );
    assert_eq!(app.server().verify(), [""; 0]);
    if app.backend == Backend::Sqlite || app.database().dump().is_some() {
        for secret in SECRETS {
            assert_eq!(holds(app, secret), None, "{secret} is still there");
        }
    }
    let list = files(app.folder())
        .into_iter()
        .find(|(path, _)| path.ends_with("erased.list"));
    let list = String::from_utf8(list.expect("the list beside the keys").1).expect("a text");
    assert!(list.contains(&member.customer), "{list}");
    for query in [PHONE, "5678", MAIL] {
        let found = app.hq().get(&format!("/customers?query={query}")).ok().list("/items");
        assert!(found.is_empty(), "{query}");
    }
    // The ledger goes on: the card still buys.
    let bill = app.sale_to(&member).line("cream", "skin", 10_00).ring();
    assert_eq!(bill.earned(), 10);
    assert_eq!(app.server().verify(), [""; 0]);
    let noted = app
        .hq()
        .get(&format!("/audit?subject={}&action=customer.erase", member.customer))
        .ok();
    assert_eq!(noted.list("/items").len(), 1);
}

fn d_arc_13_what_was_to_be_done_goes_with_the_person(app: &TestApp) {
    let (member, hq) = (someone(app), app.hq());
    let task = json!({"customer_id": member.customer, "title": "送样品", "due_on": "2026-03-05"});
    let task = format!("/tasks/{}", hq.post("/tasks", &task).created().text("/id"));
    let journal = format!("/customers/{}/journal", member.customer);
    let promise = json!({"category": "promise", "description": "送样"});
    let entry = hq.post(&journal, &promise).created().text("/id");
    let resolve = json!({"resolution": "已送到家"});
    hq.post(&format!("/journal/{entry}/resolve"), &resolve).ok();
    let complaint = json!({"category": "complaint", "description": "瓶盖漏"});
    hq.post(&journal, &complaint).created();
    erase(app, &member.customer);
    let left = hq.get(&task).ok();
    assert_eq!(
        (left.text("/state"), left.text("/title")),
        ("dropped".into(), String::new())
    );
    assert!(hq.get("/tasks").ok().list("/items").is_empty());
    assert!(hq.get("/journal").ok().list("/items").is_empty(), "nobody is to answer");
    let left = hq.get(&journal).ok();
    let entry = &left.list("/items")[1];
    assert_eq!((&entry["resolution"], &entry["open"]), (&Value::Null, &json!(false)));
    assert_eq!(app.server().verify(), [""; 0]);
}

fn d_arc_13_what_is_erased_is_shown_as_erased(app: &TestApp) {
    let member = someone(app);
    let (kind, record) = write(app, &member.customer);
    let path = format!("/customers/{}", member.customer);
    let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
    erase(app, &member.customer);
    let hq = app.hq();
    let shown = hq.reading("zh-CN").get(&path).ok();
    assert_eq!(
        (&shown["erased"], shown.text("/name")),
        (&json!(true), "已删除的顾客".into())
    );
    assert_eq!(
        (&shown["phones"], &shown["birthday"], shown.get("card")),
        (&json!([]), &Value::Null, None)
    );
    assert_eq!(
        hq.get("/customers").ok().list("/items").len(),
        1,
        "the list still knows of somebody"
    );
    let journal = hq.get(&format!("{path}/journal")).ok().list("/items");
    assert_eq!(
        (
            &journal[0]["erased"],
            journal[0].text("/description"),
            journal[0].int("/amount")
        ),
        (&json!(true), String::new(), 500),
        "figures stay for the totals"
    );
    let shown = hq.get(&format!("/records/{record}")).ok();
    assert_eq!(
        (&shown["erased"], &shown["values"], shown.text("/customer/en")),
        (&json!(true), &json!({}), "Erased customer".into())
    );
    assert_eq!(
        hq.get(&format!("/records/{record}/history")).ok().list("/items").len(),
        1
    );
    hq.get(&format!("/record-types/{kind}/export")).ok();
    assert_eq!(
        hq.get(&format!("/cards/{}", member.card))
            .ok()
            .text("/customer/display"),
        "Erased customer"
    );
    assert_eq!(hq.get(&format!("{path}/classes")).ok()["items"], json!([]));
    for list in ["/cards?code=", "/memberships?customer_id="] {
        let of = if list.starts_with("/cards") {
            &member.number
        } else {
            &member.customer
        };
        assert_eq!(hq.get(&format!("{list}{of}")).ok().list("/items").len(), 1, "{list}");
    }
    let current = hq.get(&path).header("etag").expect("an ETag").to_owned();
    assert_ne!(current, version);
}

fn d_arc_13_nothing_more_is_written_about_the_erased(app: &TestApp) {
    let member = someone(app);
    let (kind, _) = write(app, &member.customer);
    erase(app, &member.customer);
    let (hq, path) = (app.hq(), format!("/customers/{}", member.customer));
    let current = hq.get(&path).header("etag").expect("an ETag").to_owned();
    hq.patch(&path, &current, &json!({"name": "诸葛亮"}))
        .expect_problem(409, "erased");
    let post = |path: String, body: Value| hq.post(&path, &body).expect_problem(409, "erased");
    post(
        format!("{path}/journal"),
        json!({"category": "need", "description": "x"}),
    );
    post(
        format!("{path}/reveal"),
        json!({"fields": ["phones"], "purpose": "service"}),
    );
    post(
        format!("{path}/classes"),
        json!({"dimension": "nature", "class": "person"}),
    );
    post(
        "/records".into(),
        json!({"type_id": kind, "customer_id": member.customer, "values": {"state": "new"}}),
    );
    post(
        "/deletions".into(),
        json!({"scope": "person", "customer_id": member.customer, "ground": "asked"}),
    );
    app.apply(&member.customer).expect_problem(409, "erased");
}

fn d_arc_13_who_was_merged_into_the_erased_goes_along(app: &TestApp) {
    let stays = app.customer("诸葛亮").phone(PHONE).create();
    let gone = app.customer("诸葛孔明").phone("13700000001").create();
    let path = format!("/customers/{stays}");
    let version = app.hq().get(&path).header("etag").expect("an ETag").to_owned();
    let merge = app
        .hq()
        .request("POST", &format!("{path}/merge"))
        .key(&crate::harness::fresh_key());
    let merge = merge
        .header("If-Match", &version)
        .json(&json!({"customer_id": gone, "version": 1}))
        .send();
    let merge = merge.created().text("/id");
    let shown = app.hq().get(&format!("/customers/{gone}")).ok();
    assert_eq!(
        (&shown["erased"], shown.text("/merged_into")),
        (&json!(false), stays.clone()),
        "merged isn't erased"
    );
    let body = json!({"scope": "person", "customer_id": gone, "ground": "asked"});
    app.hq()
        .post("/deletions", &body)
        .expect_problem(409, "customer_merged");
    erase(app, &stays);
    for secret in ["诸葛", PHONE, "13700000001"] {
        assert_eq!(holds(app, secret), None, "{secret} is still there");
    }
    let list = files(app.folder())
        .into_iter()
        .find(|(path, _)| path.ends_with("erased.list"));
    let list = String::from_utf8(list.expect("the list beside the keys").1).expect("a text");
    assert!(
        list.contains(&stays) && list.contains(&gone),
        "an older backup knows them as two: {list}"
    );
    let merges = app.hq().get("/customer-merges").ok();
    assert_eq!(
        (merges.text("/items/0/id"), merges.text("/items/0/merged_name")),
        (merge.clone(), String::new())
    );
    let undone = app.hq().post(&format!("/customer-merges/{merge}/undo"), &json!({}));
    assert!(
        (400..500).contains(&undone.status),
        "what is erased doesn't come back: {:#}",
        undone.body
    );
}

fn d_arc_13_a_deletion_needs_two_people(app: &TestApp) {
    let customer = app.customer("王芳").create();
    let manager = app.manager();
    let body = json!({"scope": "person", "customer_id": customer, "ground": "asked"});
    let id = manager.post("/deletions", &body).created().text("/id");
    manager.post("/deletions", &body).expect_problem(409, "already_exists");
    let confirm = format!("/deletions/{id}/confirm");
    manager.post(&confirm, &json!({})).expect_problem(403, "forbidden");
    app.hq().post(&format!("/deletions/{id}/reject"), &json!({})).ok();
    app.hq()
        .post(&confirm, &json!({}))
        .expect_problem(409, "decided_already");
    let id = app.hq().post("/deletions", &body).created().text("/id");
    let confirm = format!("/deletions/{id}/confirm");
    app.hq()
        .post(&confirm, &json!({}))
        .expect_problem(409, "second_person_needed");
    // Another log-in of the same person is no second person.
    let other = app.hire("zhang-2", "hq_admin", &[]);
    let (of, me) = (
        format!("/staff/{}", other.text("/id")),
        app.hq().get("/me").ok().text("/staff_id"),
    );
    let version = app.hq().get(&of).header("etag").expect("an ETag").to_owned();
    app.hq().patch(&of, &version, &json!({"same_person_as": me})).ok();
    app.first_log_in("zhang-2")
        .post(&confirm, &json!({}))
        .expect_problem(409, "second_person_needed");
    assert_eq!(
        app.hq().get(&format!("/customers/{customer}")).ok()["erased"],
        json!(false)
    );
    second(app).post(&confirm, &json!({})).ok();
    assert_eq!(
        app.hq().get(&format!("/customers/{customer}")).ok()["erased"],
        json!(true)
    );
    let listed = app.auditor().get("/deletions?state=done").ok().list("/items");
    assert_eq!(listed.len(), 1, "the auditor sees it");
    app.cashier().post("/deletions", &body).expect_problem(403, "forbidden");
    let elsewhere = app.customer("李娜").with("store_id", app.west()).create();
    let body = json!({"scope": "person", "customer_id": elsewhere, "ground": "asked"});
    manager.post("/deletions", &body).expect_problem(403, "forbidden");
}

fn d_arc_19_an_identity_number_or_a_record_alone_is_deleted(app: &TestApp) {
    let form = app
        .customer("诸葛亮")
        .phone(PHONE)
        .with("identity_number", "110105198706050026");
    let customer = form.create();
    let (_, record) = write(app, &customer);
    let delete = |body: Value| {
        let id = app.hq().post("/deletions", &body).created().text("/id");
        second(app).post(&format!("/deletions/{id}/confirm"), &json!({})).ok();
    };
    delete(json!({"scope": "identity", "customer_id": customer, "ground": "law"}));
    let shown = app.hq().get(&format!("/customers/{customer}")).ok();
    assert_eq!(
        (&shown["identity_number"], &shown["phones"]),
        (&Value::Null, &json!(["139****5678"]))
    );
    let found = |query: &str| {
        app.hq()
            .get(&format!("/customers?query={query}"))
            .ok()
            .list("/items")
            .len()
    };
    assert_eq!((found("110105198706050026"), found(PHONE)), (0, 1));
    delete(json!({"scope": "record", "customer_id": customer, "record_id": record, "ground": "mistake"}));
    let shown = app.hq().get(&format!("/records/{record}")).ok();
    assert_eq!((&shown["erased"], &shown["values"]), (&json!(true), &json!({})));
    let again = json!({"scope": "record", "customer_id": customer, "record_id": record, "ground": "mistake"});
    app.hq().post("/deletions", &again).expect_problem(409, "erased");
}

#[track_caller]
fn done(site: &Site, arguments: &[&str]) -> String {
    let mut process = Process::start(site.cardea(arguments));
    let success = process.wait().success();
    let told = process.seen.join("\n");
    assert!(success, "{told}");
    told
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a path in UTF-8").to_owned()
}

fn an_older_backup_brings_nobody_back(backend: Backend) {
    let app = TestApp::start(backend);
    let member = someone(&app);
    let deletion = ask(&app, &member.customer);
    let (hq, second) = (app.hq().token().to_owned(), second(&app).token().to_owned());
    app.follow_the_machines_clock();
    let site = app.leave();
    let (folder, keys) = (path(site.folder(), "copies/books"), path(site.folder(), "keys-copy"));
    done(&site, &["backup", &folder, "--keys-to", &keys]);
    let mut served = Served::start(site.cardea(&LISTEN));
    let confirm = format!("/deletions/{deletion}/confirm");
    let confirmed = Actor::nobody(&served.url)
        .with_token(&second)
        .post(&confirm, &json!({}));
    assert_eq!(confirmed.ok().text("/state"), "done");
    served.stop();

    let elsewhere = Site::empty(backend);
    let later = path(site.folder(), "cardea-data/keys");
    let told = done(
        &elsewhere,
        &["restore", &folder, "--keys-from", &keys, "--erased-from", &later],
    );
    assert!(told.contains("1 customers who had been erased"), "{told}");
    assert!(told.lines().any(|line| line == "clean"), "{told}");
    let mut served = Served::start(elsewhere.cardea(&LISTEN));
    let hq = Actor::nobody(&served.url).with_token(&hq);
    let shown = hq.get(&format!("/customers/{}", member.customer)).ok();
    assert_eq!((&shown["erased"], &shown["phones"]), (&json!(true), &json!([])));
    let card = hq.get(&format!("/cards/{}", member.card)).ok();
    assert_eq!(
        crate::harness::points_of(&card).available,
        1000,
        "the books are those of the backup"
    );
    let noted = hq
        .get(&format!("/deletions?customer_id={}&state=done", member.customer))
        .ok();
    assert_eq!(noted.text("/items/0/ground"), "again");
    served.stop();

    // Whoever has no newer list is told so.
    let third = Site::empty(backend);
    let told = done(&third, &["restore", &folder, "--keys-from", &keys]);
    assert!(told.contains("--erased-from"), "{told}");
}
