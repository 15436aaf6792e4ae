//! Messages over the death of the server that sends them (D-HQ-3): what was acknowledged is sent, and what comes twice has one id.

use super::messages::{reachable, set_mail};
use crate::harness::mail::MailServer;
use crate::harness::process::{LISTEN, Served};
use crate::harness::{Actor, Backend, Field, Member, Site, TestApp};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const LOSSES: usize = 18;
/// Mails that are on their way at the same time.
const IN_FLIGHT: usize = 6;

pub fn tests() -> Vec<Trial> {
    let on = |backend: Backend| {
        backend.trial("messages::d_hq_3_kill_9_while_sending_loses_none", move || {
            killed_while_sending(backend);
            Ok(Completion::Completed)
        })
    };
    Backend::ALL.iter().copied().map(on).collect()
}

fn start(site: &Site) -> Served {
    let mut command = site.cardea(&LISTEN);
    command
        .env("CARDEA_MESSAGE_NETWORKS", "127.0.0.1")
        .env("CARDEA_MESSAGE_LEASE", "3");
    Served::start(command)
}

fn member(app: &TestApp, number: usize) -> Member {
    let customer = reachable(app, "王芳", &format!("m{number}@cards.example"), false);
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    app.issue(&customer)
}

fn in_state(hq: &Actor, state: &str) -> usize {
    hq.get(&format!("/messages?kind=card_lost&state={state}&limit=200"))
        .ok()
        .list("/items")
        .len()
}

fn killed_while_sending(backend: Backend) {
    let app = TestApp::start(backend);
    let server = MailServer::start();
    server.slow(Duration::from_millis(300));
    set_mail(&app, server.port, "0", Value::Null);
    let members: Vec<Member> = (0..LOSSES).map(|number| member(&app, number)).collect();
    app.follow_the_machines_clock();
    let token = app.hq().token().to_owned();
    let site = app.leave();

    let mut served = start(&site);
    let hq = Actor::nobody(&served.url).with_token(&token);
    for member in &members {
        let loss = json!({"reason": "x", "caller_verified": true, "questions": ["birthday"]});
        hq.post(&format!("/cards/{}/report-loss", member.card), &loss).ok();
    }
    server.wait_for(3);
    served.process.kill();
    let before = server.mails().len();
    assert!(before < LOSSES, "it was killed in the middle");

    let mut served = start(&site);
    let hq = Actor::nobody(&served.url).with_token(&token);
    let begun = Instant::now();
    while in_state(&hq, "sent") < LOSSES {
        assert!(begun.elapsed() < Duration::from_secs(60), "the rest is sent");
        std::thread::sleep(Duration::from_millis(100));
    }
    let mails = server.mails();
    let ids: BTreeSet<&str> = mails.iter().map(|mail| mail.id.as_str()).collect();
    let people: BTreeSet<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(people.len(), LOSSES, "nobody is forgotten");
    assert_eq!(ids.len(), LOSSES, "who got two got the same one");
    assert!(
        mails.len() - ids.len() <= IN_FLIGHT,
        "{} came twice",
        mails.len() - ids.len()
    );
    served.stop();
}
