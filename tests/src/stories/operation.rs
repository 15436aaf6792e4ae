//! The program as an operator runs it: a process with settings, a first log-in and a signal to stop.

use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Backend, Field, Site, fresh_key};
use libtest_mimic::{Completion, Failed, Trial};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

pub fn tests() -> Vec<Trial> {
    type Test = fn(&Site) -> Result<(), Failed>;
    let all: [(&str, Test); 5] = [
        (
            "the_first_run_prints_one_log_in_and_keeps_its_data",
            the_first_run_prints_one_log_in,
        ),
        ("sigterm_finishes_what_is_in_flight", sigterm_finishes_what_is_in_flight),
        (
            "a_second_server_on_the_same_data_is_refused",
            a_second_server_is_refused,
        ),
        ("a_bad_setting_is_named", a_bad_setting_is_named),
        ("verify_finds_clean_books", verify_finds_clean_books),
    ];
    let on = |backend: Backend| {
        all.into_iter().map(move |(name, test)| {
            backend.trial(&format!("process::{name}"), move || {
                test(&Site::new(backend))?;
                Ok(Completion::Completed)
            })
        })
    };
    Backend::ALL.iter().copied().flat_map(on).collect()
}

fn serve(site: &Site) -> Served {
    Served::start(site.cardea(&LISTEN))
}

/// Chain, user and password of the printed log-in.
fn first_login(served: &mut Served) -> [String; 3] {
    served.process.wait_for_line("password");
    ["chain", "user", "password"].map(|name| {
        let lines = &served.process.seen;
        let value = lines.iter().find_map(|line| line.trim().strip_prefix(name));
        value
            .unwrap_or_else(|| panic!("no {name} in {lines:#?}"))
            .trim()
            .to_owned()
    })
}

/// Logs in with the printed password and replaces it.
fn take_over(served: &mut Served) -> Actor {
    let [chain, user, password] = first_login(served);
    let first = Actor::log_in(&served.url, &chain, &user, &password);
    let change = json!({"old_password": password, "new_password": "an operator's own phrase"});
    first.request("POST", "/auth/password").json(&change).send().expect(204);
    Actor::log_in(&served.url, &chain, &user, "an operator's own phrase")
}

fn the_first_run_prints_one_log_in(site: &Site) -> Result<(), Failed> {
    let mut served = serve(site);
    let hq = take_over(&mut served);
    let me = hq.get("/me").ok();
    assert_eq!(me.text("/role"), "hq_admin");
    served.stop();
    let data = site.folder().join("cardea-data");
    assert_eq!(std::fs::metadata(&data)?.permissions().mode() & 0o777, 0o700);
    // The second run finds everything and prints no password again.
    let mut again = serve(site);
    let hq = Actor::log_in(
        &again.url,
        &me.text("/chain/code"),
        &me.text("/user"),
        "an operator's own phrase",
    );
    assert_eq!(hq.get("/me").ok(), me);
    again.stop();
    assert!(
        !again.process.seen.join("\n").contains("password"),
        "{}",
        again.process.seen.join("\n")
    );
    Ok(())
}

fn sigterm_finishes_what_is_in_flight(site: &Site) -> Result<(), Failed> {
    let mut served = serve(site);
    let hq = take_over(&mut served);
    let store = |n: usize| json!({"code": format!("s{n}"), "name": "店", "region_id": null, "time_zone": "Asia/Shanghai", "kind": "own"});
    let sent: Vec<_> = (0..24)
        .map(|n| {
            let (hq, body) = (hq.clone(), store(n));
            std::thread::spawn(move || {
                hq.request("POST", "/stores")
                    .key(&fresh_key())
                    .json(&body)
                    .try_send()
                    .ok()
                    .map(|answer| answer.status)
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(30));
    served.process.terminate();
    let answers: Vec<Option<u16>> = sent.into_iter().map(|call| call.join().expect("no panic")).collect();
    assert!(served.process.wait().success(), "{}", served.process.seen.join("\n"));
    // Whatever was accepted was answered in full, and what was acknowledged is there.
    let acknowledged = answers.iter().filter(|status| **status == Some(201)).count();
    assert!(
        answers.iter().all(|status| matches!(status, None | Some(201))),
        "{answers:?}"
    );
    let again = serve(site);
    let hq = Actor::log_in(&again.url, "main", "admin", "an operator's own phrase");
    let stored = hq.get("/stores?limit=200").ok().list("/items").len();
    assert!(stored >= acknowledged, "{acknowledged} acknowledged, {stored} stored");
    assert!(
        acknowledged > 0,
        "the signal came before anything was accepted: {answers:?}"
    );
    Ok(())
}

fn a_second_server_is_refused(site: &Site) -> Result<(), Failed> {
    let _first = serve(site);
    let mut second = Process::start(site.cardea(&LISTEN));
    assert!(!second.wait().success());
    let said = second.seen.join("\n");
    assert!(said.contains("cardea-data"), "the folder is named: {said}");
    assert!(said.contains("another server uses this database"), "{said}");
    Ok(())
}

fn a_bad_setting_is_named(site: &Site) -> Result<(), Failed> {
    let refuse = |command: std::process::Command, named: &[&str]| {
        let mut process = Process::start(command);
        assert!(!process.wait().success());
        let said = process.seen.join("\n");
        assert!(named.iter().all(|name| said.contains(name)), "{named:?} in {said}");
    };
    refuse(site.cardea(&["--listen", "nowhere"]), &["listen", "nowhere"]);
    refuse(site.cardea(&["--database", "mysql://x"]), &["database", "mysql"]);
    let mut environment = site.cardea(&[]);
    environment.env("CARDEA_LISTEN", "0.0.0.0:http");
    refuse(environment, &["CARDEA_LISTEN"]);
    let mut misspelt = site.cardea(&[]);
    misspelt.env("CARDEA_LISTE", "127.0.0.1:0");
    refuse(misspelt, &["CARDEA_LISTE", "liste"]);
    std::fs::write(site.folder().join("cardea.toml"), "listen = 8080\n")?;
    refuse(site.cardea(&[]), &["cardea.toml", "listen"]);
    Ok(())
}

fn verify_finds_clean_books(site: &Site) -> Result<(), Failed> {
    serve(site).stop();
    let hash = |site: &Site| {
        let mut process = Process::start(site.cardea(&["verify"]));
        assert!(process.wait().success(), "{}", process.seen.join("\n"));
        let said = process.seen.join("\n");
        let is_hash = |word: &&str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        said.split_whitespace()
            .find(is_hash)
            .unwrap_or_else(|| panic!("no hash in {said}"))
            .to_owned()
    };
    assert_eq!(hash(site), hash(site), "the same books, the same hash");
    Ok(())
}
