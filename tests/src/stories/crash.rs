//! A server that is killed under load, again and again: whatever it has acknowledged is there, once.

use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Backend, Field, Member, Site, TestApp, entries_of, fresh_key, points_of};
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

/// Tills, each with a member of its own, who wait for an answer before they go on.
const TILLS: usize = 6;
const ROUNDS: usize = 5;
/// Bills that are acknowledged before the server is killed.
const BILLS: usize = 120;

pub fn tests() -> Vec<Trial> {
    let on = |backend: Backend| {
        backend.trial("crash::what_was_acknowledged_survives_kill_9_once", move || {
            killed_under_load(backend);
            Ok(Completion::Completed)
        })
    };
    Backend::ALL.iter().copied().map(on).collect()
}

/// A request and what came of it.
struct Sent {
    path: String,
    key: String,
    body: Value,
    /// None while it is not acknowledged.
    answer: Option<Value>,
}

struct Till {
    name: String,
    member: Member,
    /// Paid in cash, and partly with points.
    sales: [Value; 2],
    sent: Vec<Sent>,
}

impl Till {
    fn new(app: &TestApp, number: usize, member: Member) -> Self {
        let cash = app.sale_to(&member).line("cream", "skin", 30_00);
        let points = app.sale_to(&member).line("comb", "hair", 30_00).points(5_00);
        Self {
            name: format!("K{number}"),
            sales: [cash.body(), points.body()],
            member,
            sent: Vec::new(),
        }
    }

    /// By turns a sale, one with points, and the return of the first.
    fn next(&self) -> Sent {
        let number = self.sent.len();
        let (path, mut body) = match number % 3 {
            kind @ (0 | 1) => ("/sales".to_owned(), self.sales[kind].clone()),
            _ => {
                let sale = self.sent[number - 2].answer.as_ref().expect("acknowledged long ago");
                let body = json!({
                    "store_id": self.sales[0]["store_id"], "source": "till", "till": "", "receipt": "",
                    "occurred_at": self.sales[0]["occurred_at"], "lines": [], "reason": "changed their mind",
                });
                (format!("/sales/{}/returns", sale.text("/id")), body)
            }
        };
        body["till"] = self.name.as_str().into();
        body["receipt"] = format!("{}-{number}", self.name).into();
        Sent {
            path,
            key: fresh_key(),
            body,
            answer: None,
        }
    }

    /// Sends what is not acknowledged, or something new. False if no whole answer came.
    fn send(&mut self, actor: &Actor) -> bool {
        if self.sent.last().is_none_or(|last| last.answer.is_some()) {
            self.sent.push(self.next());
        }
        let last = self.sent.last_mut().expect("something to send");
        let request = actor.request("POST", &last.path).key(&last.key).json(&last.body);
        match request.try_send() {
            // A cut body is no document.
            Ok(answer) if answer.body.is_object() => {
                last.answer = Some(answer.created());
                true
            }
            _ => false,
        }
    }

    fn trade(&mut self, actor: &Actor, acknowledged: &Sender<()>) {
        while self.send(actor) {
            // Nobody counts any more while the server is being killed.
            acknowledged.send(()).ok();
        }
    }

    /// The books against what was answered, per receipt.
    fn check(&self, hq: &Actor) {
        let mut answered: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for sent in &self.sent {
            let answer = sent.answer.as_ref().expect("acknowledged at last");
            let amounts = answered.entry(sent.body.text("/receipt")).or_default();
            amounts.extend(answer.list("/entries").iter().map(|entry| entry.int("/amount")));
        }
        let mut booked: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for entry in entries_of(hq, &self.member.card) {
            let receipt = entry["receipt"].as_str().unwrap_or_default();
            if receipt.starts_with(&self.name) {
                booked.entry(receipt.to_owned()).or_default().push(entry.int("/amount"));
            }
        }
        assert_eq!(booked, answered, "every acknowledged bill is there once, and no other");
        let card = hq.get(&format!("/cards/{}", self.member.card)).ok();
        let sum: i64 = answered.values().flatten().sum();
        assert_eq!(points_of(&card).available, 1000 + sum);
    }
}

/// Starts a server, lets the tills trade and kills it between any two of its steps.
fn round(site: &Site, token: &str, tills: &mut [Till]) {
    let served = Served::start(site.cardea(&LISTEN));
    let (sender, acknowledged) = channel();
    thread::scope(|scope| {
        // In here, so that a failure kills it too and lets the tills end.
        let mut served = served;
        for till in tills {
            let actor = Actor::nobody(&served.url).with_token(token);
            let sender = sender.clone();
            scope.spawn(move || till.trade(&actor, &sender));
        }
        for _ in 0..BILLS {
            let waited = acknowledged.recv_timeout(Duration::from_secs(60));
            waited.expect("bills are acknowledged");
        }
        served.process.kill();
    });
}

fn killed_under_load(backend: Backend) {
    let app = TestApp::start(backend);
    app.configure().points_pay(1, 1_00, 1, 1_000_000).publish();
    let members: Vec<Member> = (0..TILLS).map(|_| app.member("王芳")).collect();
    app.follow_the_machines_clock();
    let tills = members.into_iter().enumerate();
    let mut tills: Vec<Till> = tills.map(|(number, member)| Till::new(&app, number, member)).collect();
    let (token, hq) = (app.till().token().to_owned(), app.hq().token().to_owned());
    let site = app.leave();
    for _ in 0..ROUNDS {
        round(&site, &token, &mut tills);
    }
    let mut served = Served::start(site.cardea(&LISTEN));
    let cut = tills
        .iter()
        .filter(|till| till.sent.last().is_some_and(|last| last.answer.is_none()))
        .count();
    assert!(cut > 0, "nobody was waiting for an answer when the server was killed");
    let actor = Actor::nobody(&served.url).with_token(&token);
    let hq = Actor::nobody(&served.url).with_token(&hq);
    for till in &mut tills {
        if till.sent.last().is_some_and(|last| last.answer.is_none()) {
            assert!(till.send(&actor), "an answer");
        }
        till.check(&hq);
    }
    served.stop();
    let mut verify = Process::start(site.cardea(&["verify"]));
    assert!(verify.wait().success(), "{}", verify.seen.join("\n"));
}
