//! What an operator reads when the database is damaged or a key is missing: what it is, and what to do next.

use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Backend, DATA, Site, wait};
use cardea_engine::bootstrap::NewChain;
use libtest_mimic::{Completion, Trial};
use std::path::PathBuf;

pub fn tests() -> Vec<Trial> {
    type Test = fn(&Site);
    let all: [(&str, Test); 2] = [
        ("a_missing_key_says_what_to_do_next", a_missing_key),
        (
            "keys_may_lie_outside_and_the_start_says_so_when_they_do_not",
            keys_outside,
        ),
    ];
    let on = |backend: Backend| {
        all.into_iter().map(move |(name, test)| {
            backend.trial(&format!("damage::{name}"), move || {
                test(&Site::new(backend));
                Ok(Completion::Completed)
            })
        })
    };
    let mut found: Vec<Trial> = Backend::ALL.iter().copied().flat_map(on).collect();
    // PostgreSQL's files are its own server's.
    found.push(
        Backend::Sqlite.trial("damage::a_damaged_database_says_what_to_do_next", || {
            a_damaged_database(&Site::new(Backend::Sqlite));
            Ok(Completion::Completed)
        }),
    );
    found
}

/// A site with an installation; its keys' folder.
fn installed(site: &Site) -> PathBuf {
    let engine = site.open();
    wait(engine.bootstrap(NewChain::first())).expect("an installation");
    site.folder().join(DATA).join("keys")
}

/// What a command that must fail prints.
#[track_caller]
fn refused(site: &Site, arguments: &[&str]) -> String {
    let mut process = Process::start(site.cardea(arguments));
    let status = process.wait();
    let seen = process.seen.join("\n");
    assert!(!status.success(), "{seen}");
    seen
}

#[track_caller]
fn passes(site: &Site, arguments: &[&str]) {
    let mut process = Process::start(site.cardea(arguments));
    assert!(process.wait().success(), "{}", process.seen.join("\n"));
}

fn a_missing_key(site: &Site) {
    let keys = installed(site);
    let (master, aside) = (keys.join("master.key"), site.folder().join("aside"));
    std::fs::rename(&master, &aside).expect("moved");
    let seen = refused(site, &["verify"]);
    for told in ["master.key is missing", "--keys", "backup of your keys"] {
        assert!(seen.contains(told), "{told:?} in {seen}");
    }
    assert!(!master.exists(), "no new key hides the loss");
    let seen = refused(site, &["verify", "--keys", "nowhere"]);
    assert!(seen.contains("nowhere/master.key is missing"), "{seen}");
    assert!(!site.folder().join("nowhere").exists());

    std::fs::write(&aside, [7; 32]).expect("another key");
    std::fs::rename(&aside, &master).expect("moved");
    let seen = refused(site, &["verify"]);
    for told in ["belong to another installation", "--keys", "--database"] {
        assert!(seen.contains(told), "{told:?} in {seen}");
    }
}

fn keys_outside(site: &Site) {
    const TOLD: &str = "the keys lie inside the data folder";
    let inside = installed(site);
    let mut served = Served::start(site.cardea(&LISTEN));
    served.stop();
    assert!(
        served.process.seen.join("\n").contains(TOLD),
        "{:?}",
        served.process.seen
    );

    std::fs::rename(inside, site.folder().join("safe")).expect("moved");
    let mut served = Served::start(site.cardea(&[&LISTEN[..], &["--keys", "safe"]].concat()));
    served.stop();
    assert!(
        !served.process.seen.join("\n").contains(TOLD),
        "{:?}",
        served.process.seen
    );
    passes(site, &["verify", "--keys", "safe"]);
}

fn a_damaged_database(site: &Site) {
    installed(site);
    // After a process of its own the write-ahead log is empty.
    passes(site, &["verify"]);
    let file = site.folder().join(DATA).join("cardea.sqlite");
    let whole = std::fs::read(&file).expect("the database");
    let mut torn = whole.clone();
    torn[100..8192.min(whole.len())].fill(0xa5);
    for damaged in [b"this is a spreadsheet, not a database".repeat(100), torn] {
        for extension in ["sqlite-wal", "sqlite-shm"] {
            std::fs::remove_file(file.with_extension(extension)).ok();
        }
        std::fs::write(&file, &damaged).expect("damaged");
        let seen = refused(site, &["verify"]);
        for told in ["cardea.sqlite is damaged", "last backup", "cardea verify", ".recover"] {
            assert!(seen.contains(told), "{told:?} in {seen}");
        }
        assert_eq!(std::fs::read(&file).expect("the file"), damaged, "left as it was found");
    }
    std::fs::write(&file, whole).expect("the backup");
    passes(site, &["verify"]);
}
