//! What a bill costs that stored value, points and a voucher pay, of a member who has a pass, against the same bill in cash.

use super::figures::{length, millis, report};
use super::load::{self, Load};
use cardea_tests::harness::{Backend, Field, Member, Sale, TestApp, at_once, time};
use serde_json::json;
use std::cell::Cell;
use std::time::Duration;

/// Enough that a member rarely buys twice in the same moment.
const MEMBERS: usize = 400;
const FILLERS: usize = 8;
const CLIENTS: usize = 64;
/// In turns: what else the machine does meanwhile meets both.
const ROUNDS: u32 = 2;

const VOUCHER: i64 = 1_00;
/// Worth as much money in minor units.
const POINTS: i64 = 5;
const BILL: i64 = 19_80;

pub fn measure(backend: Backend) {
    let shop = Shop::open(backend);
    for clients in [1, CLIENTS] {
        let (mut cash, mut value) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            cash.push(shop.sell(&shop.in_cash, clients));
            value.push(shop.sell(&shop.with_value, clients));
        }
        let took = |loads: &[Load]| loads.iter().map(|load| 1.0 / load.per_second).sum::<f64>();
        let p50 = |loads: &[Load]| loads.iter().map(|load| millis(load.p50)).sum::<f64>();
        let name = |what: &str| format!("{}_{clients}_clients_bill_by_value_{what}", backend.name());
        let times = took(&value) / took(&cash);
        report(&name("times_of_cash"), times, 1.5 / times, 1.0);
        let times = p50(&value) / p50(&cash);
        report(&name("p50_times_of_cash"), times, 1.5 / times, 1.0);
    }
    shop.app.finish();
}

struct Shop {
    app: TestApp,
    head: String,
    in_cash: Vec<String>,
    with_value: Vec<String>,
    loads: Cell<u64>,
}

impl Shop {
    fn open(backend: Backend) -> Self {
        let app = TestApp::start_with(backend, &|_| {});
        app.configure()
            .term("value", json!({"draw": "pro_rata"}))
            .points_pay(1, 1, 1, 1_000_000)
            .publish();
        // Where no law limits what an account may hold.
        let elsewhere = json!({"value": {"jurisdiction": "HK", "class": "scale"}});
        app.hq().patch("/prepaid-issuer", "\"0\"", &elsewhere).ok();
        let rules = json!({"worth": {"kind": "amount", "amount": VOUCHER}, "uses": 1000});
        let kind = json!({"code": "one", "name": {"zh": "代金券", "en": "Voucher"}, "rules": rules});
        let kind = app.hq().post("/voucher-kinds", &kind).created().text("/id");
        let bodies = at_once(FILLERS, |thread| {
            let own = (thread..MEMBERS).step_by(FILLERS);
            own.map(|n| bodies(&app, &kind, n)).collect::<Vec<_>>()
        });
        let (in_cash, with_value) = bodies.into_iter().flatten().unzip();
        let head = format!(
            "POST /api/v1/sales HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n",
            app.server().addr(),
            app.till().token()
        );
        Self {
            app,
            head,
            in_cash,
            with_value,
            loads: Cell::new(0),
        }
    }

    fn sell(&self, bodies: &[String], clients: usize) -> Load {
        self.loads.set(self.loads.get() + 1);
        let load = self.loads.get();
        let request = |n: u64| {
            let body = bodies[n as usize % bodies.len()].replace("@RECEIPT@", &format!("P{load}-{n}"));
            let key = format!("0198c0de-{:04x}-7{load:03x}-8000-{n:012x}", n >> 16 & 0xffff);
            let (head, length) = (&self.head, body.len());
            format!("{head}idempotency-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
        };
        load::run(
            self.app.server().addr(),
            clients,
            length() / 2,
            Duration::ZERO,
            &request,
        )
    }
}

/// The bills of one more member, who has a pass, more value than is spent here, and a code: in cash, and by all else.
fn bodies(app: &TestApp, kind: &str, n: usize) -> (String, String) {
    let member = app.member(&format!("会员{n}"));
    let (east, till) = (app.east(), app.till());
    let receipt = |what: &str| format!("{what}{n}");
    let top_up = json!({
        "card": member.number, "store_id": east, "till": "T1", "receipt": receipt("V"), "amount": 50_000_00,
        "tenders": [{"kind": "cash", "amount": 50_000_00}],
    });
    till.post("/top-ups", &top_up).created();
    let pass = json!({
        "member": {"card": member.number}, "store_id": east, "till": "T1", "receipt": receipt("C"),
        "occurred_at": time::instant(&app.now()), "service": "facial",
        "name": "面部护理", "category": "treatment", "sessions": 10, "price": 1000_00, "list_price": 150_00,
        "valid_through": null, "tenders": [{"kind": "cash", "amount": 1000_00}],
    });
    till.post("/passes", &pass).created();
    let voucher = json!({"kind_id": kind, "membership_id": member.membership});
    let code = app.hq().post("/vouchers", &voucher).created().text("/code");
    let by_value = bill(app, &member).voucher(&code, VOUCHER).points(POINTS);
    let by_value = by_value.tender("value", BILL - VOUCHER - POINTS);
    (bill(app, &member).body().to_string(), by_value.body().to_string())
}

fn bill<'a>(app: &'a TestApp, member: &Member) -> Sale<'a> {
    let sale = app.sale_to(member).receipt("@RECEIPT@");
    sale.line("cream", "skin", 12_50).line("comb", "hair", 7_30)
}
