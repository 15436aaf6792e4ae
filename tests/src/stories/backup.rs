//! A backup taken while tills sell, restored elsewhere: everything acknowledged before it began is there, and the books
//! are clean.

use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Backend, Field, Member, Site, TestApp, fresh_key, points_of};
use libtest_mimic::{Completion, Trial};
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const TILLS: usize = 4;
/// Bills before the backup begins, and at least while and after it.
const BILLS: usize = 60;

pub fn tests() -> Vec<Trial> {
    let on = |backend: Backend| {
        let of = move |name: &str, story: fn(Backend)| {
            backend.trial(&format!("backup::{name}"), move || {
                story(backend);
                Ok(Completion::Completed)
            })
        };
        [
            of("taken_under_load_and_restored_elsewhere", under_load),
            of("what_cant_be_right_is_refused", refused),
        ]
    };
    Backend::ALL.iter().copied().flat_map(on).collect()
}

fn run(site: &Site, arguments: &[&str]) -> (bool, String) {
    let mut process = Process::start(site.cardea(arguments));
    let success = process.wait().success();
    (success, process.seen.join("\n"))
}

#[track_caller]
fn done(site: &Site, arguments: &[&str]) -> String {
    let (success, told) = run(site, arguments);
    assert!(success, "{told}");
    told
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().expect("a path in UTF-8").to_owned()
}

/// A till that sells for 10.00 until it is told to stop.
fn sell(actor: &Actor, sale: &Value, till: usize, sold: &AtomicUsize, enough: &AtomicBool) {
    let mut number = 0;
    while !enough.load(Ordering::Relaxed) {
        let mut body = sale.clone();
        body["till"] = format!("K{till}").into();
        body["receipt"] = format!("{number}").into();
        actor.post("/sales", &body).created();
        sold.fetch_add(1, Ordering::Relaxed);
        number += 1;
    }
}

#[track_caller]
fn wait_for(sold: &AtomicUsize, bills: usize) {
    for _ in 0..3000 {
        if sold.load(Ordering::Relaxed) >= bills {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the tills sold only {} bills in a minute", sold.load(Ordering::Relaxed));
}

fn under_load(backend: Backend) {
    let app = TestApp::start(backend);
    let members: Vec<Member> = (0..TILLS).map(|_| app.member("王芳")).collect();
    app.follow_the_machines_clock();
    let sales: Vec<Value> = members
        .iter()
        .map(|member| app.sale_to(member).line("cream", "skin", 10_00).body())
        .collect();
    let contract = b"%PDF-1.7 signed";
    let customer = app.customer("李娜").create();
    let upload = app.hq().request("POST", &format!("/customers/{customer}/files"));
    let upload = upload.key(&fresh_key()).header("File-Name", "a.pdf").file(contract);
    let file = upload.send().created().text("/id");
    let (token, hq) = (app.till().token().to_owned(), app.hq().token().to_owned());
    let site = app.leave();
    let (folder, keys) = (path(site.folder(), "copies/books"), path(site.folder(), "keys-copy"));
    let mut served = Served::start(site.cardea(&LISTEN));
    let (sold, enough) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = std::thread::scope(|scope| {
        for (till, sale) in sales.iter().enumerate() {
            let actor = Actor::nobody(&served.url).with_token(&token);
            let (sold, enough) = (&sold, &enough);
            scope.spawn(move || sell(&actor, sale, till, sold, enough));
        }
        wait_for(&sold, BILLS);
        let before = sold.load(Ordering::Relaxed);
        let told = done(&site, &["backup", &folder, "--keys-to", &keys]);
        assert!(told.contains("bytes in") && told.contains(&keys), "{told}");
        wait_for(&sold, sold.load(Ordering::Relaxed) + BILLS);
        enough.store(true, Ordering::Relaxed);
        before
    });
    served.stop();

    let elsewhere = Site::empty(backend);
    let told = done(&elsewhere, &["restore", &folder, "--keys-from", &keys]);
    assert!(told.lines().any(|line| line == "clean"), "{told}");
    let mut served = Served::start(elsewhere.cardea(&LISTEN));
    let hq = Actor::nobody(&served.url).with_token(&hq);
    let content = hq.get(&format!("/files/{file}/content")).ok();
    assert_eq!(content, "%PDF-1.7 signed", "files are in the backup");
    let cards: Vec<Value> = members
        .iter()
        .map(|member| hq.get(&format!("/cards/{}", member.card)).ok())
        .collect();
    let points: i64 = cards.iter().map(|card| points_of(card).available).sum();
    // 1000 from joining each, 10 from each bill.
    let bills = usize::try_from((points - 1000 * TILLS as i64) / 10).expect("more than nothing");
    let all = sold.load(Ordering::Relaxed);
    assert!((before..all).contains(&bills), "{before} ≤ {bills} < {all}");
    let phone = cards[0].text("/customer/phone_masked");
    assert!(phone.starts_with("138****"), "{phone}: the keys fit");
    served.stop();
}

fn refused(backend: Backend) {
    let app = TestApp::start(backend);
    app.member("王芳");
    let site = app.leave();
    let folder = |name: &str| path(site.folder(), name);
    let refuses = |at: &Site, arguments: &[&str], why: &str| {
        let (success, told) = run(at, arguments);
        assert!(!success && told.contains(why), "{arguments:?}: {why:?} in {told}");
    };
    refuses(
        &site,
        &["backup", &folder("one"), "--keys-to", &folder("one/keys")],
        "lie in each other",
    );
    done(&site, &["backup", &folder("one"), "--keys-to", &folder("keys")]);
    refuses(&site, &["backup", &folder("one")], "is there already");
    let told = done(&site, &["backup", &folder("two")]);
    assert!(told.contains("can't be restored without them"), "{told}");

    // What is there is never overwritten.
    let restore = |from: &str, keys: &str| ["restore", from, "--keys-from", keys].map(str::to_owned);
    let with = |at: &Site, from: &str, keys: &str, why: &str| {
        let arguments = restore(&folder(from), &folder(keys));
        refuses(at, &arguments.each_ref().map(String::as_str), why);
    };
    with(&site, "one", "keys", "into an empty");
    let elsewhere = Site::empty(backend);
    with(&elsewhere, "nowhere", "keys", "is no backup of Cardea");
    with(&elsewhere, "one", "two", "holds no keys");
    let copy = std::fs::read_dir(folder("two"))
        .expect("the backup")
        .flatten()
        .map(|entry| entry.path());
    let copy = copy
        .into_iter()
        .find(|path| path.is_file() && path.extension().is_none_or(|end| end != "json"));
    let copy = copy.expect("the copy");
    let mode = std::os::unix::fs::PermissionsExt::mode(&copy.metadata().expect("the copy").permissions());
    assert_eq!(mode & 0o777, 0o600, "nobody else reads it, wherever its folder goes");
    let mut bytes = std::fs::read(&copy).expect("its bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&copy, bytes).expect("written");
    with(&elsewhere, "two", "keys", "its bytes have changed");
    assert!(
        !elsewhere.folder().join("cardea-data").exists(),
        "a refusal leaves nothing behind"
    );
    let arguments = restore(&folder("one"), &folder("keys"));
    done(&elsewhere, &arguments.each_ref().map(String::as_str));
}
