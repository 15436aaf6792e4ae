//! A thousand planted phones, identity numbers, mail and postal addresses: after everything has run over them, none is
//! found by grep, and neither are they nor names where people and machines are told of what happened.

use super::privacy::files;
use crate::harness::database::query;
use crate::harness::process::{LISTEN, Process, Served};
use crate::harness::{Actor, Backend, Field, Member, Site, TestApp, fresh_key, time};
use cardea_engine::plugin::RecordedInput;
use libtest_mimic::{Completion, Trial};
use serde_json::{Value, json};
use std::collections::HashSet;

const PEOPLE: usize = 1000;

pub fn tests() -> Vec<Trial> {
    let story = |backend: Backend| {
        backend.trial(
            "planted::d_arc_12_no_planted_number_or_address_is_found_in_clear",
            move || {
                nothing_is_found(backend);
                Ok(Completion::Completed)
            },
        )
    };
    Backend::ALL.iter().copied().map(story).collect()
}

fn phone(n: usize) -> String {
    format!("1957{:07}", 3_141_592 + n * 7)
}

/// A resident's number with its check digit.
fn identity(n: usize) -> String {
    let body = format!(
        "11010519{:02}0{}{:02}{:03}",
        60 + n / 250 % 30,
        1 + n % 9,
        1 + n / 9 % 28,
        n % 1000
    );
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .chars()
        .zip(weights)
        .map(|(c, w)| c.to_digit(10).expect("a digit") * w)
        .sum();
    let last = b"10X98765432"[sum as usize % 11] as char;
    format!("{body}{last}")
}

fn mail(n: usize) -> String {
    format!("gepflanzt{n:04}@example.com")
}

fn address(n: usize) -> String {
    format!("暗河路{n:04}号")
}

/// What begins a planted value, and all of them: a prefix is quickly searched, a set quickly asked.
struct Planted {
    sorts: [(&'static str, usize, HashSet<Vec<u8>>); 4],
}

impl Planted {
    fn new() -> Self {
        let all = |of: fn(usize) -> String| (0..PEOPLE).map(|n| of(n).into_bytes()).collect::<HashSet<_>>();
        Self {
            sorts: [
                ("1957", phone(0).len(), all(phone)),
                ("11010519", identity(0).len(), all(identity)),
                ("gepflanzt", mail(0).len(), all(mail)),
                ("暗河路", address(0).len(), all(address)),
            ],
        }
    }

    /// The first one that stands in clear in `bytes`.
    fn within(&self, bytes: &[u8]) -> Option<String> {
        self.sorts.iter().find_map(|(prefix, length, all)| {
            let prefix = prefix.as_bytes();
            let places = bytes
                .windows(prefix.len())
                .enumerate()
                .filter(|(_, window)| *window == prefix);
            let mut found = places.filter_map(|(at, _)| bytes.get(at..at + length));
            let value = found.find(|value| all.contains(*value))?;
            Some(String::from_utf8_lossy(value).into_owned())
        })
    }

    #[track_caller]
    fn absent(&self, bytes: &[u8], place: &str) {
        assert_eq!(self.within(bytes), None, "in clear: {place}");
    }
}

/// Where it happens.
struct Shop {
    east: String,
    consultant: String,
    now: String,
}

impl Shop {
    fn of(app: &TestApp) -> Self {
        Self {
            east: app.east().to_owned(),
            consultant: app.consultant().to_owned(),
            now: time::instant(&app.now()),
        }
    }
}

/// What plugins were asked, of admissions and exchanges; what they were asked of sales stands readable in the bills.
fn plugin_inputs(app: &TestApp) -> Vec<String> {
    let mut conn = app.server().engine().database().connect().expect("a connection");
    let lines = query(
        &mut conn,
        "SELECT hex(hash) || ' ' || hex(bytes) AS line FROM recorded_inputs",
        "SELECT encode(hash, 'hex') || ' ' || encode(bytes, 'hex') AS line FROM recorded_inputs",
    );
    let unpacked = |line: String| {
        let (hash, bytes) = line.split_once(' ').expect("two columns");
        let sha256 = bytes_of(hash).try_into().expect("a SHA-256");
        let input = RecordedInput {
            bytes: bytes_of(bytes),
            sha256,
        };
        input.unpack().expect("an input").1.to_string()
    };
    lines.into_iter().map(unpacked).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|at| &hex[at..at + 2]);
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).expect("a byte"))
        .collect()
}

/// What the server is told of each; the name is as planted as the rest, but lies readable in its table.
fn form(shop: &Shop, n: usize) -> Value {
    json!({
        "name": format!("暗河{n:04}"), "phones": [phone(n)], "identity_number": identity(n), "store_id": shop.east,
        "form_of_address": "ms", "birthday": "1990-05-20", "consultant_id": shop.consultant,
        "consent": {"marketing": true, "privacy": true}, "introducer_customer_id": null,
        "card": {"contact": {"mail": mail(n), "address": address(n)}},
    })
}

/// The first customer's way through everything that keeps or tells something, with the n-th one's numbers.
fn live(shop: &Shop, hq: &Actor, served: &Member, kind: &str, n: usize) {
    let entry =
        json!({"category": "need", "description": format!("{} {} {} {}", phone(n), identity(n), mail(n), address(n))});
    let journal = format!("/customers/{}/journal", served.customer);
    hq.post(&journal, &entry).created();
    let values = json!({"text": address(n), "phone": phone(n), "mail": mail(n), "identity": identity(n)});
    let record = json!({"type_id": kind, "customer_id": served.customer, "values": values});
    let record = hq.post("/records", &record).created().text("/id");
    hq.patch(
        &format!("/records/{record}"),
        "\"1\"",
        &json!({"values": {"phone": phone(n + 1)}}),
    )
    .ok();
    let reveal = json!({"fields": ["phones", "identity_number", "card"], "purpose": "other", "note": phone(n)});
    let shown = hq
        .post(&format!("/customers/{}/reveal", served.customer), &reveal)
        .created();
    assert_eq!(
        shown.text("/identity_number"),
        identity(0),
        "it is there for who may see it"
    );
    for found in [phone(n), mail(n), identity(n), address(n)] {
        let path = format!("/search?q={}", crate::harness::query_value(&found));
        hq.get(&path).ok();
    }
    let sale = json!({
        "store_id": shop.east, "source": "till", "till": "T1", "receipt": format!("R{n}"),
        "occurred_at": shop.now, "member": {"card": served.number},
        "lines": [{"sku": "a", "category": "skin", "quantity": 1000, "amount": 1000, "list_amount": 1000, "discount": 0}],
        "tenders": [{"kind": "cash", "amount": 1000}],
    });
    hq.post("/sales", &sale).created();
    let card = format!("/cards/{}", served.card);
    let found = json!({"reason": "x", "handed_in_by": format!("{} {}", phone(n), address(n))});
    hq.post(&format!("{card}/hand-in"), &found).ok();
    let back = json!({"reason": "x", "identity_checked": true});
    hq.post(&format!("{card}/cancel-loss"), &back).ok();
}

/// Requests that are refused, each with something planted in it.
fn refusals(shop: &Shop, hq: &Actor, planted: &Planted) {
    let with = |field: &str, value: Value| {
        let mut body = form(shop, 3);
        body[field] = value;
        body
    };
    let bodies = [
        form(shop, 3),
        with("phones", json!(phone(3))),
        with("phones", json!([format!("{}x", phone(3))])),
        with("identity_number", json!(format!("{}0", &identity(3)[..17]))),
        with("birthday", json!(identity(3))),
        with("form_of_address", json!(mail(3))),
        with(
            "card",
            json!({"contact": {"mail": format!("{}@@", mail(3)), "address": 7}}),
        ),
        with("store_id", json!(address(3))),
        with("consent", json!({"marketing": phone(3)})),
    ];
    for body in bodies {
        let answer = hq.post("/customers", &body);
        assert!((400..500).contains(&answer.status), "{:#}", answer.body);
        let told = answer.body.to_string();
        planted.absent(told.as_bytes(), &told);
        assert!(!told.contains("暗河0003"), "{told}");
    }
    let odd = format!("/customers/{}", phone(3));
    planted.absent(hq.get(&odd).body.to_string().as_bytes(), "a path of no customer");
    let cut = hq
        .request("POST", "/customers")
        .key(&fresh_key())
        .text(&form(shop, 3).to_string()[..200])
        .send();
    planted.absent(cut.body.to_string().as_bytes(), "half a body");
}

fn record_type(hq: &Actor) -> String {
    let label = json!({"zh": "栏", "en": "Field"});
    let fields = ["text", "phone", "mail", "identity"].map(|kind| json!({"name": kind, "label": label, "kind": kind}));
    let form = json!({"code": "planted", "name": label, "columns": ["text"], "fields": fields});
    hq.post("/record-types", &form).created().text("/id")
}

/// The customer's way in a process that logs everything; answers what it told of itself.
fn traced(site: &Site, token: &str, planted: &Planted, shop: &Shop, served: &Member, kind: &str) -> [String; 3] {
    let mut command = site.cardea(&LISTEN);
    command.env("CARDEA_LOG", "trace");
    let mut server = Served::start(command);
    let hq = Actor::nobody(&server.url).with_token(token);
    live(shop, &hq, served, kind, 1);
    refusals(shop, &hq, planted);
    let csv = hq.get(&format!("/record-types/{kind}/records.csv")).ok();
    assert!(csv.to_string().contains("195****"), "masked: {csv:#}");
    let why = json!({"purpose": "asked"});
    let own = hq.post(&format!("/customers/{}/own-data", served.customer), &why).ok();
    assert_eq!(own.text("/customer/0/phones/0"), format!("+86{}", phone(0)));
    let metrics = hq.get("!/metrics");
    assert_eq!(metrics.status, 200);
    let folder = site.folder().join("copy").to_str().expect("a path").to_owned();
    let mut backup = Process::start(site.cardea(&["backup", &folder]));
    assert!(backup.wait().success(), "{:?}", backup.seen);
    server.stop();
    let log = &server.process.seen;
    assert!(log.iter().any(|line| line.contains("TRACE")), "it logged everything");
    [metrics.body.to_string(), log.join("\n"), backup.seen.join("\n")]
}

fn nothing_is_found(backend: Backend) {
    let planted = Planted::new();
    for there in [phone(999), identity(0), mail(500), address(0)] {
        assert_eq!(
            planted.within(format!("x{there}y").as_bytes()),
            Some(there),
            "the search finds what is there"
        );
    }
    let app = TestApp::start(backend);
    let kind = record_type(&app.hq());
    let shop = Shop::of(&app);
    for n in 0..PEOPLE {
        app.hq().post("/customers", &form(&shop, n)).created();
    }
    let known = app.hq().get(&format!("/customers?query={}", phone(0))).ok();
    assert_eq!(known.list("/items").len(), 1);
    let customer = known.text("/items/0/id");
    app.sale().customer(&customer).line("gift-box", "gifts", 1000_00).ring();
    let member = app.issue(&customer);
    live(&shop, &app.hq(), &member, &kind, 0);
    app.night();
    let inputs = plugin_inputs(&app);
    assert!(!inputs.is_empty(), "plugins were asked");
    for input in inputs {
        planted.absent(input.as_bytes(), &input);
        assert!(!input.contains("暗河"), "{input}");
    }
    app.follow_the_machines_clock();
    let (token, shop) = (app.hq().token().to_owned(), Shop::of(&app));
    let site = app.leave();
    for text in traced(&site, &token, &planted, &shop, &member, &kind) {
        planted.absent(text.as_bytes(), "logs or metrics");
        assert!(!text.contains("暗河"), "a name in logs or metrics");
    }
    let mut lying = files(site.folder());
    assert!(lying.len() > 5);
    let tables = site.database().dump();
    lying.extend(tables.map(|text| ("the tables".into(), text.into_bytes())));
    assert!(
        lying
            .iter()
            .any(|(_, bytes)| bytes.windows(10).any(|window| window == "暗河0003".as_bytes())),
        "the search looks where the data is: names stay readable"
    );
    for (path, bytes) in lying {
        planted.absent(&bytes, &path.display().to_string());
    }
}
