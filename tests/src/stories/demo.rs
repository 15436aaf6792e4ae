//! The demo chains: the same seed means the same books, on either database.

use crate::harness::process::Served;
use crate::harness::{Actor, Backend, Field, Site, TestApp, wait};
use cardea_engine::demo::{self, Size, Watch};
use libtest_mimic::{Completion, Failed, Trial};

pub fn tests() -> Vec<Trial> {
    let mut all = crate::stories!("demo": no_server_but_the_demos_offers_log_ins);
    all.extend([Backend::Sqlite, Backend::Postgres].map(|backend| {
        backend.trial("demo::the_demo_tells_what_to_try_first", move || {
            what_to_try_first(backend);
            Ok(Completion::Completed)
        })
    }));
    all.push(
        Backend::Postgres.trial("demo::a_seed_means_the_same_books_as_on_sqlite", || {
            the_same_books()?;
            Ok(Completion::Completed)
        }),
    );
    all
}

fn no_server_but_the_demos_offers_log_ins(app: &TestApp) {
    let offered = Actor::nobody(app.base()).get("/demo").ok();
    assert!(offered.list("/logins").is_empty() && offered.list("/members").is_empty());
}

/// The terminal ends with log-ins that work, somebody whom a till finds, and the address; the log-in page is told the same.
fn what_to_try_first(backend: Backend) {
    let site = Site::new(backend);
    let small = async {
        let engine = site.open();
        demo::fill(&engine, demo::SEED, Size::Small, demo::last_day(), &mut Silent).await
    };
    wait(small).expect("a demo");
    let mut served = Served::start(site.cardea(&["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let told = served.process.seen.clone();
    assert!(told.last().is_some_and(|line| line.contains(&served.url)), "{told:#?}");
    let offered = Actor::nobody(&served.url).get("/demo").ok();
    let (logins, members) = (offered.list("/logins"), offered.list("/members"));
    assert_eq!(members.len(), 2, "{members:#?}");
    let first = told
        .iter()
        .position(|line| line == "Try first:")
        .expect("those to try first");
    for login in &logins[..4] {
        let [chain, user, password] = ["/chain", "/user", "/password"].map(|field| login.text(field));
        let shown = told[first..].iter().find(|line| line.contains(&password));
        assert!(shown.is_some_and(|line| line.contains(&chain) && line.contains(&user)));
        let actor = Actor::log_in(&served.url, &chain, &user, &password);
        let member = members.iter().find(|member| member.text("/chain") == chain);
        let member = member.expect("a member of the chain");
        for field in ["/card", "/phone", "/name"] {
            let code = member.text(field);
            assert!(told.iter().any(|line| line.contains(&code)), "{code} in {told:#?}");
            // A cashier finds by name only those of the own store.
            if field == "/name" && user == "cashier" {
                continue;
            }
            let found = actor
                .get(&format!("/cards?code={}", super::cards::encode(&code)))
                .ok()
                .list("/items");
            assert!(found.iter().any(|card| card["number"] == member["card"]), "{code}");
        }
    }
    served.stop();
}

struct Silent;

impl Watch for Silent {
    fn starts(&mut self, _events: u64) {}

    fn goes_on(&mut self, _events: u64) {}
}

fn the_same_books() -> Result<(), Failed> {
    let hash = |backend: Backend| {
        let (site, mut nobody) = (Site::new(backend), Silent);
        let engine = site.open();
        wait(demo::fill(
            &engine,
            demo::SEED,
            Size::Small,
            demo::last_day(),
            &mut nobody,
        ))
        .expect("a demo");
        let report = engine.verify().expect("the books can be read");
        assert_eq!(report.problems, Vec::<String>::new());
        assert!(report.entries > 1000);
        report.hash
    };
    assert_eq!(hash(Backend::Sqlite), hash(Backend::Postgres));
    Ok(())
}
